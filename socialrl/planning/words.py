"""What a plan says in words: the answer, the warning, every assumption, and a paragraph for an ethics form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from socialrl import __version__
from socialrl.analysis.statistics import Estimate
from socialrl.drawing.wording import listed, number
from socialrl.planning.plan import Part, Plan, Planned
from socialrl.planning.power import Smallest

_FEW = 16
"""Animals below which a plan says that they are few."""

_TOLD = 4
"""Assumptions that the paragraph has in its own words: outcome, effect, spread and test."""

WARNING = (
    "The spread between animals is the model's, not your colony's. Simulated animals differ in a few parameters only, "
    "are tested without handling or experimenter, and have no litters and cohorts; real animals usually scatter more."
)
_INSTEAD = "Give your own score sheet with --sheet, or plan with the upper end of the interval."


def percent(share: float) -> str:
    """Return "80 %"."""
    return f"{100 * share:g} %"


def smallest_n(one: Smallest, most: int) -> str:
    """Return "17 [6, 82]"; a number above the largest n that was tried as "> 500", and alone if all three are."""
    above = f"> {most}"
    n, low, high = (above if end is None else str(end) for end in (one.n, one.low, one.high))
    return n if n == low == high == above else f"{n} [{low}, {high}]"


def test_name(part: Part, paired: bool) -> str:
    """Return what the test of a comparison is called."""
    criterion = part.criterion
    if criterion.sign == 0:
        return f"{percent(1 - criterion.alpha)} t interval within ±{number(part.margin, 3)}"
    if criterion.test == "t":
        return "one-sample t test" if paired else "Welch's t test"
    return "Wilcoxon signed-rank test" if paired else "Mann–Whitney test"


def housing(planned: Planned) -> str:
    """Return how animals are housed: "alone", or in cages of how many and how alike they are."""
    return f"{planned.cages.size} a cage, ICC {planned.cages.icc:g}" if planned.cages.any else "no cage effect"


def answer(part: Part, planned: Planned) -> str:
    """Return the numbers for all targets in a sentence."""
    curve, design = planned.curve, planned.design
    found = [
        f"{one.n} {design.counts}{_in_all(planned, one.n)} for a power of {percent(one.target)}"
        for one in curve.smallest
        if one.n is not None
    ]
    never = [one for one in curve.smallest if one.n is None]
    if never:
        best = max(curve.points, key=lambda point: point.power)
        found.append(
            f"no n up to {curve.most} for {' and '.join(percent(one.target) for one in never)} "
            f"(at best {percent(round(best.power, 2))}, with {best.n} {design.counts})"
        )
    return f"{part.comparison.name}: {', '.join(found)} ({design.title}, {housing(planned)})."


def _in_all(planned: Planned, n: int) -> str:
    return f" ({planned.design.animals * n} animals in all)" if planned.design.animals > 1 else ""


def lede(plan: Plan) -> str:
    """Return the answers of all comparisons, headline designs only."""
    return " ".join(answer(part, part.first) for part in plan.parts)


def warnings(part: Part) -> list[str]:
    """Return what a reader must know before a number of this comparison is used."""
    own, pool = part.material, part.first.pool
    told = [f"{WARNING} {_INSTEAD}" if part.sheet is None else of_spread(part)]
    if own.n < _FEW:
        told.append(
            f"Only {own.n} simulated {part.replicate}s a group are behind this, so that the intervals are wide. Train "
            "more with --train."
        )
    sign = part.criterion.sign
    if all(np.ptp(side) == 0.0 for side in pool.values()):
        told.append("These animals do not scatter at all, so that a number from them means nothing.")
    if sign and pool.difference * sign <= 0.0:
        told.append(
            f"These animals do not differ as expected ({difference(part)}, expected {part.comparison.contrast.expected}"
            "), so that no number of them shows it."
        )
    if sign == 0 and not abs(pool.difference) < part.margin:
        told.append(f"These animals differ by more than the margin ({difference(part)}), so that no number shows it.")
    return told


def of_spread(part: Part) -> str:
    """Return the plain warning: whose spread it is."""
    if part.sheet is None:
        return WARNING
    given = part.material.difference is not None
    return (
        f"The spread between animals is that of {len(part.sheet.values)} tests in {part.sheet.name} (standard "
        f"deviation {number(part.sheet.sd, 3)}), the same in all groups. The difference is "
        f"{'the one that was given' if given else 'still that of the model, not of your colony'}."
    )


def difference(part: Part) -> str:
    """Return the difference that is planned for, with its unit."""
    value = number(part.first.pool.difference, max(part.measure.digits, 2))
    unit = "" if part.unit in ("fraction", "index") else f" {part.unit}"
    return f"{'+' if part.first.pool.difference > 0 else ''}{value}{unit}"


def assumptions(plan: Plan, part: Part, *, form: bool = False) -> list[str]:
    """Return everything that the numbers of a comparison rest on, a sentence or two each.

    For a `form` without what is told to the user of the command: options, other designs, and the scorecard.
    """
    own, first, assumed = part.material, part.first, plan.assumed
    n_tests = own.this.shape[1]
    told = [
        f"Outcome: {part.measure.label.lower()} ({part.unit}), {part.measure.formula.replace('·', '×')}, in "
        f"{part.assay}, tests {', '.join(part.comparison.contrast.conditions)}. Each {part.replicate} is tested once "
        f"(the simulated ones were tested {n_tests} times each, and single tests are drawn).",
        f"Effect: {difference(part)}, d = {number(first.pool.standardised)}. "
        + (
            f"It was given with --difference.{_beyond(part)}"
            if own.difference is not None
            else "It is that of the simulated animals and taken as the true one."
        ),
        _spread(part),
        f"Test: {test_name(part, first.design.paired)}, two-sided, α = {assumed.alpha:g}; an experiment counts if it "
        f"is significant and lies in the expected direction ({part.comparison.contrast.expected})."
        if part.criterion.sign
        else f"Test: the {test_name(part, first.design.paired)}; the scorecard takes a bootstrap interval instead.",
        "One comparison, planned beforehand: α is not corrected for others.",
        "Animals are independent of each other, but for cages where these are named; none is left out afterwards.",
    ]
    if part.criterion.sign and part.criterion.test == "rank" and not form:
        told.append(
            "This rank test is the scorecard's. The scorecard asks in addition that the 95 % bootstrap interval of the "
            "mean lies on the expected side"
            + (
                f"; with {part.alone.curve.smallest[0].n} {part.alone.design.counts}, without cages, it would call "
                f"{_interval(part.scorecard)} of {part.scorecard.n} experiments reproduced."
                if part.scorecard is not None
                else "."
            )
        )
    told += _pairs(part, form)
    for one in part.planned:
        if one.cages.any and one.source == first.source and one.design == first.design:
            told.append(_cages(one, assumed.cages_given, form))
    if part.replicate == "pair":
        told.append("A pair of cage mates is one replicate, because the two share their contact.")
    told.append(_losses(first.pool.missing, assumed.lost))
    told.append(
        f"Power is the share of {assumed.effort.experiments} experiments of each size, drawn with replacement. "
        f"Intervals of n hold the middle 95 % of what {assumed.effort.pools} other draws of as many simulated animals "
        "would have said; that the model itself is wrong is in none of them."
    )
    return told


def _beyond(part: Part) -> str:
    """How many values a difference that was given moved to where the measure cannot be."""
    pool, measure = part.first.pool, part.measure
    if pool.paired or part.comparison.contrast.kind != "groups":
        return ""
    moved = pool.values()[0]
    share = float(np.mean((moved < measure.low) | (moved > measure.high)))
    return f" {percent(round(share, 3))} of the moved values lie where the measure cannot be." if share else ""


def _losses(missing: float, lost: float) -> str:
    """Whom n leaves out, and that they are ordered."""
    parts = [f"{percent(round(missing, 3))} of the simulated tests have no value"] if missing else []
    parts += [f"{percent(lost)} of animals are expected to be lost"] if lost else []
    if not parts:
        return "Every test gives a value (as all simulated ones did), and no animal is lost."
    told = " and ".join(parts)
    return f"{told[0].upper()}{told[1:]}; n counts animals with a value, and those to order are more by as much."


def _spread(part: Part) -> str:
    sds = [number(float(side.std(ddof=1)), 3) for side in part.first.pool.values()]
    if part.sheet is not None:
        return f"Spread: that of single tests in {part.sheet.name}, {number(part.sheet.sd, 3)}, in every group."
    if part.first.design.paired:
        what = "of differences within pairs" if part.material.than is not None else "between animals"
        return f"Spread: a standard deviation of {sds[0]} {what}, that of the simulated animals."
    return f"Spread: standard deviations of {sds[0]} and {sds[1]} in the two groups, those of the simulated animals."


def _pairs(part: Part, form: bool) -> list[str]:
    """What two values of a pair have in common, in the model and in a laboratory."""
    own, contrast = part.material, part.comparison.contrast
    told = _several_tests(part)
    paired = part.first.design.paired if form else any(one.design.paired for one in part.planned)
    if own.than is None or not paired:
        return told
    if own.within is not None:
        given = "as assumed" if form else "as given with --within"
        return [*told, f"Pairs: a correlation of {own.within:g} within pairs, {given}."]
    r = f"r = {number(own.correlation)}"
    rounds = (
        "tests of different rounds, which share no random numbers, are set against each other"
        if own.this.shape[1] > 1
        else "the two tests share their random numbers in the model, so that this is too high"
    )
    if contrast.kind == "conditions":
        advice = "" if form else " Give your own r with --within."
        return [
            *told,
            f"Pairs: an animal is compared with itself, {r} between its two tests ({rounds}). The first test leaves "
            f"nothing behind: in the model each is the animal's first.{advice}",
        ]
    advice = "" if form else ": give the r of yours with --within"
    return [
        *told,
        f"Pairs: {r} within pairs of the simulated animals ({rounds}). They share their individual traits and the "
        f"random numbers of their training, which is more than litter mates do{advice}.",
    ]


def _several_tests(part: Part) -> list[str]:
    """Whether the tests of one animal that a value is made of share their random numbers."""
    contrast, rounds = part.comparison.contrast, part.material.this.shape[1]
    of_a_side = max(len(side.conditions) + len(side.minus) for side in contrast.sides)
    if of_a_side * len(contrast.this.group) == 1:
        return []
    n = sum((len(side.conditions) + len(side.minus)) * len(side.group) for side in contrast.sides)
    if contrast.kind != "matched" and rounds >= n:
        return ["A value is made of several tests here, each of another round, so that they share no random numbers."]
    few = "" if contrast.kind == "matched" else f" ({rounds} rounds for {n} tests)"
    return [
        f"A value is made of several tests here, of which some share their random numbers in the model{few}, so that"
        " values do not scatter as those of real tests."
    ]


def _cages(one: Planned, given: bool, form: bool) -> str:
    cages = one.cages
    guess = "assumed" if form else "a guess of ours: set --cages and --icc"
    told = (
        f"Cages: {cages.size} {one.design.counts.split()[0]} of one group to a cage, which are alike with an "
        f"intra-class correlation of {cages.icc:g} ({'given' if given else guess}); "
        f"design effect {number(cages.design_effect)}. The cage is then the unit, and means of cages are tested."
    )
    if one.alarms is not None:
        told += (
            f" Testing animals as if each were alone would give p < α in {_interval(one.alarms)} of experiments "
            "without any effect."
        )
    return told


def _interval(share: Estimate) -> str:
    return f"{100 * share.value:.1f} % [{100 * share.low:.1f}, {100 * share.high:.1f}]"


def ethics(plan: Plan, part: Part) -> str:
    """Return a paragraph for an ethics form: the number, how it was found, all assumptions, and the warning."""
    first, own, assumed = part.first, part.material, plan.assumed
    design, curve, cages = first.design, first.curve, first.cages
    sides = [own.this] if own.than is None else [own.this, own.than]
    counts = " and ".join(dict.fromkeys(str(len(side)) for side in sides))
    each = "" if own.than is None else " on each side"
    said = [
        f"The sample size was found by simulation with socialrl {__version__}, a model of prairie voles; no animal was "
        f"used for it. The comparison is: {part.comparison.contrast.says.rstrip('.')}. The outcome is "
        f"{part.measure.label.lower()} ({part.unit}) in {part.assay}. {counts} simulated {part.replicate}s{each}"
        f" ({listed([one.label for one in plan.animals])}) gave a difference of "
        f"{_found(part)}. {_given(part)}{_spread(part)} From single tests of them {assumed.effort.experiments} "
        f"experiments of each size were drawn and tested with the {test_name(part, design.paired)}"
        + (f", two-sided, α = {assumed.alpha:g}, in the expected direction." if part.criterion.sign else ".")
    ]
    for one in curve.smallest:
        if one.n is None:
            said.append(f"No number up to {curve.most} {design.counts} reaches a power of {percent(one.target)}.")
            continue
        ends = ["more than " + str(curve.most) if end is None else str(end) for end in (one.low, one.high)]
        ordered = first.ordered(one.n, assumed.lost)
        more = "" if ordered == design.animals * one.n else f"; with those that give no value, {ordered} animals"
        said.append(
            f"A power of {percent(one.target)} needs {one.n} {design.counts}{_in_all(first, one.n)}{more}"
            f"{f', {cages.size} to a cage' if cages.any else ''} (95 % "
            f"interval for other simulated animals: {ends[0]} to {ends[1]}"
            + (f"; a t test of normal values with this effect: {one.analytic})." if one.analytic else ").")
        )
    said += [
        f"{_housed(other)}: {_numbers(other)}."
        for other in part.planned
        if other.design == design and other.cages != first.cages and other.source == first.source
    ]
    return " ".join([*said, "Assumptions:", *assumptions(plan, part, form=True)[_TOLD:], of_spread(part)])


def _found(part: Part) -> str:
    """The difference in the animals themselves, whatever is planned for."""
    own = replace(part.material, difference=None, sheet=None, within=None).pool(part.first.design.paired)
    return f"{number(own.difference, max(part.measure.digits, 2))} (d = {number(own.standardised)})"


def _given(part: Part) -> str:
    given = part.material.difference
    if given is None:
        return ""
    return f"Instead, a difference of {difference(part)} is planned for. "


def _housed(planned: Planned) -> str:
    """The beginning of a sentence on other housing."""
    if not planned.cages.any:
        return "Without any cage effect"
    what = planned.design.counts.split()[0]
    return f"With {planned.cages.size} {what} to a cage and an intra-class correlation of {planned.cages.icc:g}"


def _numbers(planned: Planned) -> str:
    found = [
        f"{'more than ' + str(planned.curve.most) if one.n is None else one.n} {planned.design.counts} for "
        f"{percent(one.target)}"
        for one in planned.curve.smallest
    ]
    return ", ".join(found)
