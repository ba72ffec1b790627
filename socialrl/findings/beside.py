"""Scorecards beside each other: the same comparison in each of them, what changed, and how much effects scatter.

Comparisons are the same where they have the same tests, groups, measure and expected direction, or the same words: a
comparison that was only reworded, or whose measure only got another name, is still itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from socialrl.findings.results import ComparisonResult, FindingResult, Result
from socialrl.findings.scorecard import NO_VERDICT, NOT_COMPARED, NOT_RUN

NAN = math.nan
_NONE = (NOT_RUN, NOT_COMPARED, NO_VERDICT)


@dataclass(frozen=True)
class Scatter:
    """How an effect differs between `n` scorecards: mean, standard deviation (n − 1), smallest and largest value."""

    mean: float
    sd: float
    low: float
    high: float
    n: int

    @property
    def range(self) -> float:
        """The largest less the smallest value."""
        return self.high - self.low


@dataclass(frozen=True)
class RowBeside:
    """One comparison: `of` holds it as it is in each scorecard, None where it is not there; `pooled` over all animals.

    `name` is its id in the last scorecard that has it, such as F01a.
    """

    name: str
    of: tuple[ComparisonResult | None, ...]
    pooled: ComparisonResult | None
    note: str = ""

    @property
    def last(self) -> ComparisonResult:
        """The comparison in the last scorecard that has it."""
        return next(one for one in (*reversed(self.of), self.pooled) if one is not None)

    @property
    def verdicts(self) -> list[str]:
        """The verdicts where it is and was run."""
        return [one.verdict for one in self.of if one is not None and one.verdict not in _NONE]

    @property
    def same_unit(self) -> bool:
        """Whether its effects are all in one unit."""
        return len({one.unit for one in self.of if one is not None and not one.missing}) < 2

    @property
    def scatter(self) -> Scatter:
        """Mean, spread and range of its difference over the scorecards; NaN where units differ or nothing was run."""
        values = [one.difference for one in self.of if one is not None and math.isfinite(one.difference)]
        if not values or not self.same_unit:
            return Scatter(NAN, NAN, NAN, NAN, 0)
        sd = float(np.std(values, ddof=1)) if len(values) > 1 else NAN
        return Scatter(float(np.mean(values)), sd, min(values), max(values), len(values))

    @property
    def sd_by_animals(self) -> float:
        """The standard deviation that effects would have if scorecards differed in nothing but the animals drawn.

        From the widths of the intervals, as if they were normal (± 1.96 standard errors); NaN where there are none.
        """
        widths = [one.difference_high - one.difference_low for one in self.of if one is not None]
        known = [width / (2 * 1.96) for width in widths if math.isfinite(width)]
        return math.sqrt(sum(error**2 for error in known) / len(known)) if known and self.same_unit else NAN

    @property
    def apart(self) -> bool:
        """Whether the intervals of two scorecards do not overlap."""
        known = [one for one in self.of if one is not None and math.isfinite(one.difference_low)]
        known = [one for one in known if math.isfinite(one.difference_high)]
        if not known or not self.same_unit:
            return False
        return max(one.difference_low for one in known) > min(one.difference_high for one in known)


@dataclass(frozen=True)
class FindingBeside:
    """One finding in each scorecard, None where it is not there, with its comparisons."""

    id: str
    of: tuple[FindingResult | None, ...]
    pooled: FindingResult | None
    rows: tuple[RowBeside, ...]
    note: str = ""

    @property
    def last(self) -> FindingResult:
        """The finding in the last scorecard that has it."""
        return next(one for one in (*reversed(self.of), self.pooled) if one is not None)

    @property
    def verdicts(self) -> list[str]:
        """The verdicts where it was compared and run."""
        return [one.verdict for one in self.of if one is not None and one.verdict not in _NONE]


@dataclass(frozen=True)
class Beside:
    """Several scorecards beside each other: `labels` name them in order, `findings` are those of all of them."""

    labels: tuple[str, ...]
    results: tuple[Result, ...]
    findings: tuple[FindingBeside, ...]
    pooled: Result | None = None

    @property
    def rows(self) -> list[RowBeside]:
        """All comparisons, in order."""
        return [row for one in self.findings for row in one.rows]


def differs(one: FindingBeside | RowBeside) -> bool:
    """Whether verdicts differ between scorecards; one that is in a single scorecard, or was run in one, does not."""
    return len(set(one.verdicts)) > 1


def several(one: FindingBeside | RowBeside) -> bool:
    """Whether there are two verdicts or more, so that they can agree or differ."""
    return len(one.verdicts) > 1


def agreement(items: Sequence[FindingBeside] | Sequence[RowBeside]) -> tuple[int, int]:
    """Return how many have the same verdict everywhere, and how many have two verdicts or more."""
    known = [one for one in items if several(one)]
    return sum(not differs(one) for one in known), len(known)


def changes(one: FindingBeside | RowBeside, labels: Sequence[str], *, verdicts: bool = True) -> list[str]:
    """Return in words what is not the same in all scorecards: verdict, use, where it is, unit, size of the effect.

    `verdicts` false leaves verdicts out, for readers who have them in columns beside it.
    """
    told = []
    there = [(label, each) for label, each in zip(labels, one.of, strict=True) if each is not None]
    if len(there) < len(labels):
        told.append(f"only in {', '.join(label for label, _ in there)}")
    if verdicts and len({each.verdict for _, each in there}) > 1:
        told.append("verdict: " + " → ".join(each.verdict for _, each in there))
    uses = [each.kind if isinstance(each, FindingResult) else each.use for _, each in there]
    if len(set(uses)) > 1:
        told.append(f"use: {' → '.join(uses)}")
    if isinstance(one, RowBeside):
        told += _changes_of_a_row(one)
    return told


def _changes_of_a_row(row: RowBeside) -> Iterator[str]:
    there = [one for one in row.of if one is not None]
    decides = [one.decides for one in there]
    if len(set(decides)) > 1:
        yield "decides, and did not before" if decides[-1] else "decided before, and does not now"
    if len({one.expected for one in there}) > 1:
        yield "expected: " + " → ".join(one.expected for one in there)
    units = [one.unit for one in there if not one.missing]
    if len(set(units)) > 1:
        yield "unit: " + " → ".join(units)
    if row.apart:
        yield "effect: intervals do not overlap"


def set_beside(
    results: Mapping[str, Result], *, pooled: Result | None = None, notes: Mapping[str, str] | None = None
) -> Beside:
    """Return scorecards, by label and in order, beside each other; `pooled` is one over the animals of all of them.

    `notes` are reasons by id of a finding or comparison (F10, F10b); `names_of` lists the ids that there are. The order
    is that of the last scorecard; what only earlier ones have comes after it.
    """
    known = dict(notes or {})
    columns = [*results.values(), *([pooled] if pooled else [])]
    by_id = [{one.id: one for one in result.findings} for result in columns]
    order = dict.fromkeys(name for result in reversed(list(results.values())) for name in _ids(result))
    findings = []
    for name in order:
        members = [column.get(name) for column in by_id]
        own, joint = (members[:-1], members[-1]) if pooled else (members, None)
        rows: list[RowBeside] = []
        for cells in _aligned(members):
            row = _row(name, cells, pooled is not None, known)
            if row.name in {one.name for one in rows}:  # a letter that stood for another comparison before
                only = next(label for label, one in zip(results, row.of, strict=True) if one is not None)
                row = replace(row, name=f"{row.name} of {only}")
            rows.append(row)
        findings.append(FindingBeside(name, tuple(own), joint, tuple(rows), known.get(name, "")))
    return Beside(tuple(results), tuple(results.values()), tuple(findings), pooled)


def names_of(beside: Beside) -> list[str]:
    """Return all ids that notes can be about: findings and comparisons."""
    return list(dict.fromkeys(name for one in beside.findings for name in (one.id, *(row.name for row in one.rows))))


def _ids(result: Result) -> list[str]:
    return [one.id for one in result.findings]


def _row(
    finding: str, cells: Sequence[ComparisonResult | None], with_pooled: bool, notes: Mapping[str, str]
) -> RowBeside:
    own, joint = (cells[:-1], cells[-1]) if with_pooled else (cells, None)
    name = finding + next(one for one in (*reversed(own), joint) if one is not None).part
    # A finding with one comparison has one name for both; its note stands at the finding.
    return RowBeside(name, tuple(own), joint, notes.get(name, "") if name != finding else "")


def _aligned(members: Sequence[FindingResult | None]) -> list[list[ComparisonResult | None]]:
    """The comparisons of one finding, one line each, with a cell a scorecard; the last scorecard's come first."""
    lines: list[list[ComparisonResult | None]] = []
    for column in reversed(range(len(members))):
        member = members[column]
        left = list(member.comparisons) if member else []
        for alike in (_alike, _same_content_and_unit, _same_content, _same_words):
            for line in lines:
                model = next(one for one in line if one is not None)
                match = next((one for one in left if line[column] is None and alike(one, model)), None)
                if match is not None:
                    line[column] = match
                    left = [one for one in left if one is not match]
        for one in left:
            lines.append([None] * len(members))
            lines[-1][column] = one
    return lines


def _alike(one: ComparisonResult, other: ComparisonResult) -> bool:
    return _same_content(one, other) and _same_words(one, other)


def _same_content_and_unit(one: ComparisonResult, other: ComparisonResult) -> bool:
    return _same_content(one, other) and one.unit == other.unit


def _same_content(one: ComparisonResult, other: ComparisonResult) -> bool:
    keys = ("assay", "tests", "groups", "measure", "expected")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _same_words(one: ComparisonResult, other: ComparisonResult) -> bool:
    return one.comparison == other.comparison and one.assay == other.assay
