"""The plan: for every comparison and design, power against n and the smallest n, from each source of animals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_values import NotRun
from socialrl.analysis.statistics import Estimate
from socialrl.errors import UserError
from socialrl.findings.contrasts import single_tests
from socialrl.findings.records import SIGNS
from socialrl.planning.animals import Animals, named
from socialrl.planning.designs import Design, designs_of
from socialrl.planning.material import Material, material, together
from socialrl.planning.pools import NO_CAGES, Cages, Pool
from socialrl.planning.power import Curve, Effort, Experiments, Smallest, power_curve
from socialrl.planning.question import Comparison, Question
from socialrl.planning.sheet import SheetSpread
from socialrl.planning.significance import Criterion
from socialrl.planning.verdicts import share_reproduced

FEWEST = 3
"""Animals with a value below which nothing is drawn from them."""
TOGETHER = "together"
_REPLAYED = 200
"""Experiments that the scorecard's whole rule is replayed on."""
_NULLS = 2000
_OF_VALUES = ("groups", "conditions", "against")
"""Kinds of comparisons of the measure's own values; the others are of differences and slopes of them."""


@dataclass(frozen=True)
class Assumed:
    """What a user assumes: level and test, targets of power, cages, share of animals lost, and what replaces the model.

    `difference` and `within` as in `material.Material`.
    """

    targets: tuple[float, ...] = (0.8, 0.9)
    alpha: float = 0.05
    test: str = "rank"
    cages: Cages = field(default_factory=lambda: Cages(2, 0.2))
    cages_given: bool = False
    lost: float = 0.0
    difference: float | None = None
    within: float | None = None
    seed: int = 1
    effort: Effort = field(default_factory=Effort)


@dataclass(frozen=True)
class Planned:
    """Power of one design in one kind of housing, from one source of animals.

    `pool` is what was drawn from. `alarms` is how often p < alpha would come up without any effect if animals in cages
    were tested as if each were alone; None without cages.
    """

    design: Design
    cages: Cages
    source: str
    curve: Curve
    pool: Pool
    alarms: Estimate | None = None

    def ordered(self, n: int, lost: float) -> int:
        """Return how many animals to order for `n`: all groups together, with those that will give no value."""
        return math.ceil(self.design.animals * n / ((1.0 - self.pool.missing) * (1.0 - lost)) - 1e-9)


@dataclass(frozen=True)
class Part:
    """One comparison: what was found in the animals, and its designs; the first of them is the one of the headline.

    `sources` are the materials by name, the last of them the one that is planned with. `scorecard` is the share of
    experiments of `alone`, with the smallest n of the first target, that the scorecard would call reproduced.
    """

    comparison: Comparison
    measure: Measure
    assay: str
    unit: str
    margin: float
    criterion: Criterion
    replicate: str
    sources: Mapping[str, Material]
    planned: tuple[Planned, ...]
    sheet: SheetSpread | None = None
    scorecard: Estimate | None = None

    @property
    def material(self) -> Material:
        """The animals that are planned with."""
        return self.sources[self.planned[0].source]

    @property
    def first(self) -> Planned:
        """The headline: the usual design, in cages if these were given."""
        return self.planned[0]

    @property
    def alone(self) -> Planned:
        """The usual design without cages."""
        return next(one for one in self.planned if not one.cages.any)


@dataclass(frozen=True)
class Plan:
    """Everything that `socialrl plan` says."""

    question: Question
    assumed: Assumed
    animals: tuple[Animals, ...]
    parts: tuple[Part, ...]
    made: Mapping[str, Any] = field(default_factory=dict)


def make_plan(
    question: Question,
    animals: Sequence[Animals],
    assumed: Assumed,
    spread: Callable[[Comparison], SheetSpread] | None = None,
    say: Callable[[int, int, str], None] = lambda _done, _all, _text: None,
) -> Plan:
    """Return the plan for all comparisons of a question, from the animals of each source and of all together.

    `spread` gives the sheet's values for a comparison. `say` is told how many comparisons are done. Animals that lack
    what a comparison needs raise `UserError`.
    """
    check_assumed(question, assumed)
    labels = named(animals)
    parts = []
    for number, one in enumerate(question.comparisons):
        say(number, len(question.comparisons), one.name)
        found = {label: _tested(one, own, question, label) for label, own in zip(labels, animals, strict=True)}
        parts.append(_part(one, question, found, assumed, None if spread is None else spread(one)))
    say(len(question.comparisons), len(question.comparisons), "")
    return Plan(question, assumed, tuple(animals), tuple(parts))


def check_assumed(question: Question, assumed: Assumed) -> None:
    """Refuse what is assumed for comparisons that it cannot be of."""
    several = [one.name for one in question.comparisons]
    if assumed.difference is not None and len(several) > 1:
        raise UserError(f"--difference is that of one comparison; choose it with --only: {', '.join(several)}")
    if assumed.difference is not None:
        (one,) = question.comparisons
        measure = question.measure(one)
        span = measure.high - measure.low
        if one.contrast.kind in _OF_VALUES and abs(assumed.difference) > span:
            raise UserError(
                f"--difference must be from {-span:g} to {span:g}: {measure.label.lower()} lies between"
                f" {measure.low:g} and {measure.high:g}, got {assumed.difference:g}"
            )
    if assumed.within is not None and all(one.contrast.than is None for one in question.comparisons):
        raise UserError(f"--within is the correlation within pairs, and there are none in {' and '.join(several)}")


def _tested(one: Comparison, animals: Animals, question: Question, label: str) -> tuple[Material, str, str]:
    """The material of one source, its unit, and what its rows are."""
    try:
        tests = single_tests(one.contrast, animals.tables, question.registry)
    except NotRun as reason:
        raise UserError(f"{one.name} cannot be planned with {label}: {reason}") from reason
    found = material(tests.this, tests.than, tests.value, tests.after)
    if found.n < FEWEST:
        raise UserError(
            f"{one.name} cannot be planned with {label}: {found.n} with a value, and {FEWEST} animals are needed"
        )
    numbered = pd.api.types.is_numeric_dtype(tests.this.index)
    return found, tests.unit, "animal" if numbered else "pair"


def _part(
    one: Comparison,
    question: Question,
    found: Mapping[str, tuple[Material, str, str]],
    assumed: Assumed,
    sheet: SheetSpread | None,
) -> Part:
    unit, replicate = next((unit, replicate) for _, unit, replicate in found.values())
    sources = {label: own for label, (own, _, _) in found.items()}
    if len(sources) > 1:
        sources[TOGETHER] = together(list(sources.values()))
    changes: dict[str, Any] = {"difference": assumed.difference, "within": assumed.within}
    if sheet is not None:
        changes["sheet"] = sheet.values
    sources = {label: replace(own, **changes) for label, own in sources.items()}
    margin = question.margin(one)
    criterion = Criterion(SIGNS[one.contrast.expected], assumed.alpha, assumed.test, margin)
    *others, chosen = sources
    designs = designs_of(one.contrast, replicate)
    usable = [design for design in designs if not design.paired or sources[chosen].n_pairs >= FEWEST]
    planned = []
    housings = [NO_CAGES, *([assumed.cages] if assumed.cages.any else [])]
    for cages in reversed(housings) if assumed.cages_given else housings:
        planned += [_planned(design, cages, chosen, sources[chosen], criterion, assumed) for design in usable]
    planned += [_planned(usable[0], planned[0].cages, label, sources[label], criterion, assumed) for label in others]
    alone = next(one for one in planned if not one.cages.any)
    return Part(
        comparison=one,
        measure=question.measure(one),
        assay=question.assay(one),
        unit=unit,
        margin=margin,
        criterion=criterion,
        replicate=replicate,
        sources=sources,
        planned=tuple(planned),
        sheet=sheet,
        scorecard=_by_the_whole_rule(alone, one, question.smallest(one), margin, assumed),
    )


def _planned(
    design: Design, cages: Cages, source: str, own: Material, criterion: Criterion, assumed: Assumed
) -> Planned:
    pool = own.pool(design.paired)
    curve = power_curve(
        pool,
        criterion,
        targets=assumed.targets,
        cages=cages,
        effort=assumed.effort,
        redrawn=list(own.redrawn(design.paired, assumed.effort.pools, assumed.seed)),
        seed=assumed.seed,
    )
    alarms = _false_alarms(pool, criterion, cages, curve.smallest, assumed) if cages.any and criterion.sign else None
    return Planned(design, cages, source, curve, pool, alarms)


def _false_alarms(
    pool: Pool, criterion: Criterion, cages: Cages, smallest: Sequence[Smallest], assumed: Assumed
) -> Estimate | None:
    """How often p < alpha without any effect where animals in cages are tested as if each were alone."""
    n = smallest[0].n
    if n is None:
        return None
    if pool.paired:
        known = pool.values()[0] - pool.values()[0].mean()
        null = Pool((np.concatenate([known, -known])[:, None],))  # the same on both sides of zero
    else:
        null = Pool((pool.sides[0], pool.sides[0]))
    drawn = Experiments([null], min(_NULLS, assumed.effort.experiments), criterion, cages, assumed.seed, "plan", "null")
    wrong = criterion.significant(drawn.animals(n))
    return _share(int(wrong.sum()), wrong.size)


def _by_the_whole_rule(
    first: Planned, one: Comparison, smallest: float, margin: float, assumed: Assumed
) -> Estimate | None:
    n = first.curve.smallest[0].n
    if n is None or assumed.test != "rank" or assumed.alpha != 0.05:
        return None
    count = min(_REPLAYED, assumed.effort.experiments)
    criterion = Criterion(SIGNS[one.contrast.expected], margin=margin)
    drawn = Experiments([first.pool], count, criterion, NO_CAGES, assumed.seed, "plan", "whole rule")
    return share_reproduced(drawn.samples(n), one.contrast.expected, smallest, margin)


def _share(count: int, of: int) -> Estimate:
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, of, method="wilson")
    return Estimate(count / of, float(low), float(high), of, "Wilson")
