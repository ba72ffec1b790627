"""The scorecard: every finding of the registry with what the model gave, and a verdict by one fixed rule.

The rule, for one comparison with its difference d, the 95 % interval of d over animals and the smallest difference that
counts (in the registry, fixed beforehand):

- fewer than six animals or pairs: inconclusive;
- expected higher or lower: *not reproduced* when the whole interval is smaller than the smallest difference that
  counts, or lies on the other side of zero; *reproduced* when it lies on the expected side and the rank test gives
  p < 0.05; else *inconclusive*;
- expected same: *reproduced* when the whole interval lies inside the margin, *not reproduced* when it lies outside,
  else *inconclusive*.

A finding is reproduced when all its deciding comparisons are, not reproduced when one of them is not, else
inconclusive. Calibrated comparisons, and those for which a mechanism was added to the model, are marked and decide only
where a finding has no other. A comparison whose evidence is press copy (grade C) is judged but never decides a finding
that has better evidence, and a finding that has none is not counted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl import __version__
from socialrl.analysis import statistics
from socialrl.analysis.measure_table import Measure
from socialrl.analysis.statistics import Estimate
from socialrl.findings.contrasts import Effect, Tables, evaluate, prepared
from socialrl.findings.records import SIGNS, Contrast, Finding
from socialrl.findings.registry import Registry, load_registry
from socialrl.storage.atomic import naming_the_place, write_bytes

REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, NOT_RUN = "reproduced", "not reproduced", "inconclusive", "not run"
NOT_COMPARED = "not compared"
KINDS = ("predicted", "press", "mechanism", "calibrated", "control")
"""What findings are counted apart by; see `Judged.kind`."""
MIN_ANIMALS = 6
_RANK = {"predicted": 0, "control": 0, "context": 0, "mechanism": 1, "calibrated": 2}  # the lowest of a finding decide
ALPHA = 0.05
FORMAT = 1
"""Of `scorecard.json`; raised when a reader of the old one would misread the new one."""


@dataclass(frozen=True)
class Row:
    """One comparison of one finding. `part` is a, b, …; `use` and `grade` are those of the comparison."""

    finding: Finding
    contrast: Contrast
    measure: Measure
    part: str
    use: str
    grade: str
    assay: str
    effect: Effect
    verdict: str
    because: str
    decides: bool
    smallest: float
    same_within: float

    @property
    def name(self) -> str:
        """The id of the finding with the part, such as F01a."""
        return f"{self.finding.id}{self.part}"


@dataclass(frozen=True)
class Judged:
    """One finding with its comparisons and the verdict over them.

    `kind` is `predicted`, `press` (predicted, but known from press copy only), `mechanism`, `calibrated` or `control`,
    and `context` where nothing is compared. Only `predicted` ones are tests of the model.
    """

    finding: Finding
    rows: tuple[Row, ...]
    verdict: str
    kind: str

    @property
    def counted(self) -> bool:
        """Whether the finding enters the totals of predictions."""
        return self.kind == "predicted"

    @property
    def leading(self) -> Row | None:
        """The comparison that made the verdict: the first deciding one with the same verdict, else the first."""
        deciding = [row for row in self.rows if row.decides]
        same = [row for row in deciding if row.verdict == self.verdict]
        return next(iter([*same, *deciding, *self.rows]), None)


@dataclass(frozen=True)
class Scorecard:
    """All findings in the order of the registry."""

    findings: tuple[Judged, ...]
    registry: Registry

    @property
    def rows(self) -> list[Row]:
        """All comparisons, in order."""
        return [row for judged in self.findings for row in judged.rows]

    def counts(self) -> dict[str, dict[str, int]]:
        """Return how many findings of each of `KINDS` have which verdict."""
        verdicts = (REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, NOT_RUN)
        found = [(judged.kind, judged.verdict) for judged in self.findings]
        return {kind: {verdict: found.count((kind, verdict)) for verdict in verdicts} for kind in KINDS}


def score(tables: Tables, registry: Registry | None = None, genotypes: Mapping[str, str] | None = None) -> Scorecard:
    """Return the scorecard of evaluation tables: `{assay id: rows}`, the column `test` naming the condition.

    Findings whose tables are absent get the verdict "not run" with the reason. `genotypes` as in `contrasts.evaluate`.
    """
    book = registry or load_registry()
    ready = prepared(tables)
    return Scorecard(tuple(_judge(finding, ready, book, genotypes) for finding in book.findings), book)


def judge(
    expected: str, difference: Estimate, p: float, n: int, smallest: float = 0.0, same_within: float = math.nan
) -> tuple[str, str]:
    """Return (verdict, why) of one comparison by the rule of this module; lengths in the unit of `difference`.

    A `p` that is not a number (no rank test exists for the comparison) leaves the interval to decide.
    """
    low, high = difference.low, difference.high
    if n < MIN_ANIMALS:
        return INCONCLUSIVE, f"n = {n}, fewer than {MIN_ANIMALS}"
    if not (math.isfinite(low) and math.isfinite(high)):
        return INCONCLUSIVE, "no interval: " + difference.method
    if expected == "same":
        if -same_within <= low and high <= same_within:
            return REPRODUCED, "the interval lies inside the margin"
        if low > same_within or high < -same_within:
            return NOT_REPRODUCED, "the interval lies outside the margin"
        return INCONCLUSIVE, "the interval crosses the margin"
    if -smallest < low and high < smallest:
        return NOT_REPRODUCED, "the difference, if any, is too small to count"
    toward, away = (low, high) if SIGNS[expected] > 0 else (-high, -low)
    if away < 0:
        return NOT_REPRODUCED, "the difference is in the other direction"
    if toward > 0 and not p >= ALPHA:
        return REPRODUCED, "the interval lies on the expected side"
    if toward > 0:
        return INCONCLUSIVE, f"the interval lies on the expected side, but p = {p:.3f}"
    return INCONCLUSIVE, "the interval includes zero"


def _judge(finding: Finding, tables: Tables, registry: Registry, genotypes: Mapping[str, str] | None) -> Judged:
    uses = [finding.use_of(contrast) for contrast in finding.contrasts]
    grades = [finding.grade_of(contrast) for contrast in finding.contrasts]
    press_only = all(grade == "C" for grade in grades)
    may_decide = [
        contrast.decides and (press_only or grade != "C")
        for contrast, grade in zip(finding.contrasts, grades, strict=True)
    ]
    # A finding that went into the parameters can still hold a comparison that did not; that one then decides.
    best = min((_RANK[use] for use, may in zip(uses, may_decide, strict=True) if may), default=0)
    rows = []
    for number, contrast in enumerate(finding.contrasts):
        effect = evaluate(contrast, tables, registry, genotypes)
        measure = registry.measures[contrast.measure]
        # The unit of a distribution or a slope is another than the measure's, so the measure's margins do not apply.
        own_unit = contrast.kind in ("distribution", "trend")
        smallest = contrast.smallest or (0.0 if own_unit else measure.smallest or 0.0)
        same_within = contrast.same_within or (math.nan if own_unit else measure.same_within or math.nan)
        if effect.missing:
            verdict, because = NOT_RUN, effect.missing
        else:
            verdict, because = judge(contrast.expected, effect.difference, effect.p, effect.n, smallest, same_within)
        rows.append(
            Row(
                finding=finding,
                contrast=contrast,
                measure=measure,
                part="" if len(finding.contrasts) == 1 else "abcdefghijklmnopqrstuvwxyz"[number],
                use=uses[number],
                grade=grades[number],
                assay=registry.assay(contrast),
                effect=effect,
                verdict=verdict,
                because=because,
                decides=may_decide[number] and _RANK[uses[number]] == best,
                smallest=smallest,
                same_within=same_within,
            )
        )
    kind = next((row.use for row in rows if row.decides), finding.use)
    return Judged(finding, tuple(rows), _overall(rows), "press" if kind == "predicted" and press_only else kind)


def _overall(rows: Iterable[Row]) -> str:
    verdicts = [row.verdict for row in rows if row.decides]
    if not verdicts:
        return NOT_COMPARED
    if all(verdict == NOT_RUN for verdict in verdicts):
        return NOT_RUN
    if NOT_REPRODUCED in verdicts:
        return NOT_REPRODUCED
    return REPRODUCED if all(verdict == REPRODUCED for verdict in verdicts) else INCONCLUSIVE


def flat_rows(scorecard: Scorecard) -> pd.DataFrame:
    """Return the scorecard as a table, one row per comparison, estimates as columns; `p_holm` over predicted rows."""
    rows = scorecard.rows
    predicted = [row.effect.p if row.use == "predicted" else math.nan for row in rows]
    corrected = list(statistics.holm(predicted)) if rows else []
    verdict_of = {judged.finding.id: judged for judged in scorecard.findings}
    return pd.DataFrame(
        {
            "finding": row.finding.id,
            "part": row.part,
            "title": row.finding.title,
            "comparison": row.contrast.says,
            "question": row.finding.question,
            "source": row.finding.source.citation,
            "doi": row.finding.source.doi,
            "grade": row.grade,
            "confidence": row.finding.confidence,
            "use": row.use,
            "assay": row.assay,
            "tests": " ".join(row.contrast.conditions),
            "groups": " ".join(row.contrast.groups),
            "measure": row.contrast.measure,
            "expected": row.contrast.expected,
            "unit": row.effect.unit,
            "difference": row.effect.difference.value,
            "difference_low": row.effect.difference.low,
            "difference_high": row.effect.difference.high,
            "interval": row.effect.difference.method,
            "effect_size": row.effect.size.value,
            "effect_size_low": row.effect.size.low,
            "effect_size_high": row.effect.size.high,
            "effect_size_is": row.effect.size_name,
            "n": row.effect.n,
            "p": row.effect.p,
            "p_test": row.effect.p_name,
            "p_holm": corrected[number],
            "smallest": row.smallest,
            "same_within": row.same_within,
            "verdict": row.verdict,
            "because": row.because,
            "decides": row.decides,
            "finding_verdict": verdict_of[row.finding.id].verdict,
            "finding_kind": verdict_of[row.finding.id].kind,
            "counted": verdict_of[row.finding.id].counted,
            "notes": "; ".join(row.effect.notes),
        }
        for number, row in enumerate(rows)
    )


def as_json(
    scorecard: Scorecard,
    name: str = "",
    made: Mapping[str, Any] | None = None,
    hangs_on: Mapping[str, str] | None = None,
) -> str:
    """Return `scorecard.json`: the rule, the counts, and one record per finding with its comparisons; NaN is null.

    `made` says how the tables came about (preset, seed, command, versions); `hangs_on` which findings survive every change
    of an assumed parameter but those of one, finding → parameter.
    """
    table = flat_rows(scorecard)
    records: dict[str, list[dict[str, Any]]] = {}
    per_finding = {
        "finding",
        "title",
        "question",
        "source",
        "doi",
        "confidence",
        "finding_verdict",
        "finding_kind",
        "counted",
    }
    for record in table.to_dict("records") if len(table) else []:
        row = {str(key): _plain(value) for key, value in record.items() if key not in per_finding}
        records.setdefault(str(record["finding"]), []).append(row)
    content = {
        "format": FORMAT,
        "socialrl": __version__,
        "name": name,
        "made": dict(made or {}),
        "rule": (__doc__ or "").strip(),
        "min_animals": MIN_ANIMALS,
        "alpha": ALPHA,
        "counts": scorecard.counts(),
        "findings": [
            {
                "id": judged.finding.id,
                "title": judged.finding.title,
                "statement": judged.finding.statement,
                "question": judged.finding.question,
                "source": judged.finding.source.model_dump(),
                "grade": judged.finding.grade,
                "confidence": judged.finding.confidence,
                "use": judged.finding.use,
                "published": judged.finding.published,
                "verdict": judged.verdict,
                "kind": judged.kind,
                "counted": judged.counted,
                "hangs_on": (hangs_on or {}).get(judged.finding.id),
                "may_fail": judged.finding.may_fail,
                "comparisons": records.get(judged.finding.id, []),
            }
            for judged in scorecard.findings
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_tables(
    scorecard: Scorecard,
    folder: Path,
    name: str = "",
    made: Mapping[str, Any] | None = None,
    hangs_on: Mapping[str, str] | None = None,
) -> None:
    """Write `scorecard.json` (`as_json`) and `scorecard.csv` into `folder`, which is made when it is not there."""
    with naming_the_place(f"create {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
    write_bytes(folder / "scorecard.json", as_json(scorecard, name, made, hangs_on).encode())
    write_bytes(folder / "scorecard.csv", flat_rows(scorecard).to_csv(index=False, lineterminator="\n").encode())


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
