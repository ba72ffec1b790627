"""The result of a scorecard as one typed object: written to `scorecard.json`, read back, and shown by page, terminal
and Markdown, which take nothing else.

Numbers that do not exist are NaN here and null in the file. Format 2 has every key of format 1, and adds to a
comparison `kind`, `label`, `digits`, `missing`, `note`, `replicate`, `per_group`, `this`, `than`, `value` and
`reference`, and to the whole `notes` and `measures`. Older files of format 2 lack `mechanism`, `mechanisms` and
`could_see`.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator, TypeAdapter, ValidationError

from socialrl.analysis.statistics import Estimate
from socialrl.config.strict_yaml import key_path
from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import json_text, read_json

FORMAT = 2
"""The format of `scorecard.json`; increased when a reader of the old one would misread the new one."""

Number = Annotated[float, BeforeValidator(lambda value: math.nan if value is None else value)]


@dataclass(frozen=True)
class SideResult:
    """One side of a comparison over its `n` animals or pairs: mean with 95 % interval, and standard deviation."""

    mean: Number
    low: Number
    high: Number
    sd: Number
    n: int

    @property
    def estimate(self) -> Estimate:
        """The mean with its interval."""
        return Estimate(self.mean, self.low, self.high, self.n, "")


@dataclass(frozen=True)
class PublishedResult:
    """A published distribution that animals were compared with."""

    mean: Number
    sd: Number
    n: int


@dataclass(frozen=True)
class ComparisonResult:
    """One comparison: what was compared, the difference in `unit`, the standardised effect, and the verdict.

    `comparison` is what is expected in words, `part` a, b, …; `tests` and `groups` are names joined by spaces.
    `missing` says why there are no numbers. `replicate` is what `n` counts ("animal" or "pair"), `per_group` whether it
    counts them in each of two groups. `value` is the number that `this` side is compared with. `mechanism` names the
    parameters of what was added to the model because of this comparison, `off` those of them that are off here.
    `could_see` is the smallest difference (or, where the sides are expected to be the same, margin) that so many
    animals show in four of five repetitions; NaN in older files.
    """

    part: str
    comparison: str
    grade: str
    use: str
    assay: str
    tests: str
    groups: str
    measure: str
    expected: str
    unit: str
    difference: Number
    difference_low: Number
    difference_high: Number
    interval: str
    effect_size: Number
    effect_size_low: Number
    effect_size_high: Number
    effect_size_is: str
    n: int
    p: Number
    p_test: str
    p_holm: Number
    smallest: Number
    same_within: Number
    verdict: str
    because: str
    decides: bool
    notes: str
    kind: str
    label: str
    digits: int
    missing: str
    note: str
    replicate: str
    per_group: bool
    this: SideResult | None
    than: SideResult | None
    value: Number
    reference: PublishedResult | None
    mechanism: tuple[str, ...] = ()
    off: tuple[str, ...] = ()
    could_see: Number = math.nan

    @property
    def difference_estimate(self) -> Estimate:
        """The difference with its interval."""
        return Estimate(self.difference, self.difference_low, self.difference_high, self.n, self.interval)

    @property
    def size_estimate(self) -> Estimate:
        """The standardised effect with its interval."""
        return Estimate(self.effect_size, self.effect_size_low, self.effect_size_high, self.n, self.interval)


@dataclass(frozen=True)
class SourceResult:
    """Where a finding comes from."""

    citation: str
    doi: str | None
    note: str


@dataclass(frozen=True)
class FindingResult:
    """One finding with its verdict and comparisons; `kind` as in `scorecard.Judged`.

    `hangs_on` names the one assumed parameter whose change loses the finding, or is None.
    """

    id: str
    title: str
    statement: str
    question: str
    source: SourceResult
    grade: str
    confidence: str
    use: str
    published: str
    verdict: str
    kind: str
    counted: bool
    hangs_on: str | None
    may_fail: str
    comparisons: tuple[ComparisonResult, ...]

    @property
    def leading(self) -> ComparisonResult | None:
        """The comparison that decided the verdict: the first deciding one with the same verdict, else the first."""
        deciding = [one for one in self.comparisons if one.decides]
        same = [one for one in deciding if one.verdict == self.verdict]
        return next(iter([*same, *deciding, *self.comparisons]), None)


@dataclass(frozen=True)
class MeasureResult:
    """What counts as a difference of a measure, and why; NaN where nothing is fixed for all comparisons."""

    label: str
    unit: str
    smallest: Number
    same_within: Number
    why: str


@dataclass(frozen=True)
class MechanismResult:
    """A parameter that switches a mechanism which was added because of `rows`.

    `value` is that of these animals, of females where the sexes differ, unless a group has its own; `in_words` has both
    sexes. `on` is None in files older than it, where a value of 0 is off.
    """

    name: str
    value: Number
    unit: str
    low: Number
    high: Number
    meaning: str
    evidence: str
    source: str
    rows: tuple[str, ...]
    on: bool | None = None
    in_words: str = ""

    @property
    def off(self) -> bool:
        """Whether these animals do not have it."""
        return self.value == 0 if self.on is None else not self.on


@dataclass(frozen=True)
class Result:
    """A whole scorecard. `made` says how its tables were made, `counts` how many findings of a kind have a verdict."""

    format: int
    socialrl: str
    name: str
    made: dict[str, Any]
    rule: str
    min_animals: int
    alpha: float
    counts: dict[str, dict[str, int]]
    findings: tuple[FindingResult, ...]
    notes: tuple[str, ...]
    measures: tuple[MeasureResult, ...]
    mechanisms: tuple[MechanismResult, ...] = ()

    def of_kind(self, kind: str) -> list[FindingResult]:
        """Return the findings of a kind in their order."""
        return [one for one in self.findings if one.kind == kind]


def flat_rows(result: Result) -> pd.DataFrame:
    """Return a result as a table, one row per comparison, with the columns of `scorecard.csv`."""
    return pd.DataFrame(
        {
            "finding": finding.id,
            "part": row.part,
            "title": finding.title,
            "comparison": row.comparison,
            "question": finding.question,
            "source": finding.source.citation,
            "doi": finding.source.doi,
            "grade": row.grade,
            "confidence": finding.confidence,
            **{name: getattr(row, name) for name in _FLAT},
            "finding_verdict": finding.verdict,
            "finding_kind": finding.kind,
            "counted": finding.counted,
            "mechanism": " ".join(row.mechanism),
            "could_see": row.could_see,
            "notes": row.notes,
        }
        for finding in result.findings
        for row in finding.comparisons
    )


def write_result(result: Result, folder: Path) -> None:
    """Write `scorecard.json` and `scorecard.csv` into `folder`, which is created if needed."""
    with naming_the_place(f"create {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / "scorecard.json", as_json(result).encode())
    write_bytes(folder / "scorecard.csv", flat_rows(result).to_csv(index=False, lineterminator="\n").encode())


def as_json(result: Result) -> str:
    """Return the text of `scorecard.json`."""
    return json_text(dataclasses.asdict(result))


def read_result(path: Path) -> Result:
    """Return the result in a `scorecard.json`; one that is damaged or of another format raises `UserError`."""
    return result_from(read_json(path), path)


def result_from(content: Mapping[str, Any], path: Path) -> Result:
    """Return the result in the content of `path`, as `read_result` does."""
    made_as = content.get("format")
    if made_as != FORMAT:
        older = isinstance(made_as, int) and made_as < FORMAT
        hint = "make it again with `socialrl reproduce`" if older else "it needs a newer socialrl"
        raise UserError(f"{path} has scorecard format {made_as}, and this version reads {FORMAT}; {hint}")
    try:
        return TypeAdapter(Result).validate_python(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{path} is damaged: {key_path(first['loc'])}: {first['msg']}") from error


_NAMES = [field.name for field in dataclasses.fields(ComparisonResult)]
_FLAT = _NAMES[_NAMES.index("use") : _NAMES.index("decides") + 1]
