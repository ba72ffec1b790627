"""The scorecard: every finding of the registry with the model's result and a verdict by one fixed rule.

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
where a finding has no other. A mechanism whose parameter is off in the animals does not count as one (`mechanisms`). A
comparison that is `novel` has not been tested in animals: it is shown without a verdict and decides nothing. A
comparison whose evidence is press copy (grade C) is judged but never decides a finding that has better evidence, and a
finding that has none is not counted.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from socialrl.analysis.measure import Measure
from socialrl.analysis.statistics import Estimate
from socialrl.findings.contrasts import Effect, Tables, evaluate, prepared
from socialrl.findings.mechanisms import Given, switched_on
from socialrl.findings.records import SIGNS, Contrast, Finding
from socialrl.findings.registry import Registry, load_registry

REPRODUCED, NOT_REPRODUCED, INCONCLUSIVE, NOT_RUN = "reproduced", "not reproduced", "inconclusive", "not run"
NOT_COMPARED = "not compared"
NO_VERDICT = "no verdict"
KINDS = ("predicted", "press", "mechanism", "calibrated", "control")
"""The kinds of findings that are counted separately; see `Judged.kind`."""
MIN_ANIMALS = 6
_RANK = {
    "predicted": 0,
    "control": 0,
    "context": 0,
    "mechanism": 1,
    "calibrated": 2,
    "novel": 3,
}  # the lowest of a finding decide
ALPHA = 0.05


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

    `kind` is `predicted`, `press` (predicted, but known from press copy only), `mechanism`, `calibrated` or `control`;
    `novel` where no comparison has been tested in animals, and `context` where nothing is compared. Only `predicted`
    ones are tests of the model.
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
        """The comparison that decided the verdict: the first deciding one with the same verdict, else the first."""
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


def score(
    tables: Tables,
    registry: Registry | None = None,
    genotypes: Mapping[str, str] | None = None,
    parameters: Mapping[str, Given] | None = None,
) -> Scorecard:
    """Return the scorecard of evaluation tables: `{assay id: rows}`, the column `test` naming the condition.

    Findings whose tables are absent get the verdict "not run" with the reason. `genotypes` as in `contrasts.evaluate`.
    `parameters` are those that all animals had, by default the current table's; they say which mechanisms are on.
    """
    book = registry or load_registry()
    ready = prepared(tables)
    named = {name for one in book.findings for contrast in one.contrasts for name in one.mechanism_of(contrast)}
    on = switched_on(named, parameters)
    return Scorecard(tuple(_judge(finding, ready, book, genotypes, on) for finding in book.findings), book)


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


def _judge(
    finding: Finding, tables: Tables, registry: Registry, genotypes: Mapping[str, str] | None, on: Collection[str]
) -> Judged:
    uses = [finding.use_of(contrast, on) for contrast in finding.contrasts]
    grades = [finding.grade_of(contrast) for contrast in finding.contrasts]
    # what is only shown is no evidence that the finding has
    able = [one.decides and use != "novel" for one, use in zip(finding.contrasts, uses, strict=True)]
    press_only = any(able) and all(grade == "C" for one, grade in zip(able, grades, strict=True) if one)
    may_decide = [one and (press_only or grade != "C") for one, grade in zip(able, grades, strict=True)]
    # A finding that was used for the parameters can still hold a comparison that was not; that one then decides.
    best = min((_RANK[use] for use, may in zip(uses, may_decide, strict=True) if may), default=0)
    rows = []
    for number, contrast in enumerate(finding.contrasts):
        effect = evaluate(contrast, tables, registry, genotypes)
        measure = registry.measures[contrast.measure]
        # The unit of a distribution or a slope differs from the measure's, so the measure's margins do not apply.
        own_unit = contrast.kind in ("distribution", "trend")
        smallest = contrast.smallest or (0.0 if own_unit else measure.smallest or 0.0)
        same_within = contrast.same_within or (math.nan if own_unit else measure.same_within or math.nan)
        if effect.missing:
            verdict, because = NOT_RUN, effect.missing
        elif uses[number] == "novel":
            verdict, because = NO_VERDICT, "not tested in animals"
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
    novel = bool(rows) and all(use == "novel" for use in uses)
    kind = "novel" if novel else next((row.use for row in rows if row.decides), finding.use)
    return Judged(finding, tuple(rows), _overall(rows), "press" if kind == "predicted" and press_only else kind)


def _overall(rows: Iterable[Row]) -> str:
    rows = list(rows)
    verdicts = [row.verdict for row in rows if row.decides]
    if not verdicts:
        shown = {row.verdict for row in rows if row.use == "novel"}
        return NO_VERDICT if NO_VERDICT in shown else NOT_RUN if shown else NOT_COMPARED
    if all(verdict == NOT_RUN for verdict in verdicts):
        return NOT_RUN
    if NOT_REPRODUCED in verdicts:
        return NOT_REPRODUCED
    return REPRODUCED if all(verdict == REPRODUCED for verdict in verdicts) else INCONCLUSIVE
