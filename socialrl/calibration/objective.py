"""What the direct search minimises: one number for the tests of one cohort of model animals.

It adds up, for each kind of pair, the squared distance from the voles and how far the goals of a calibration are missed
(`goals.GOALS`); and two things that a score sheet of early tests cannot show, from other sources:

- *Repeatability.* Tests of one day do not tell what lasts in an animal from the state of the day, so a fit could make
  all differences last. Over repeated tests of the same animal, each on a day of its own, the repeatability of total
  huddling may be at most 0.55: that of animal behaviour is 0.37 on average (Bell, Hankison & Laskowski 2009, Anim
  Behav 77:771). The sheet's late tests are not used.
- *The course of the preference.* Wild types prefer a peer little after 6 h together, more after 24 h and most after a
  week (Williams et al. 1992, Horm Behav 26:339; Black et al. 2025, Curr Biol 35:4178). The steps and the limit are
  ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import measures
from socialrl.calibration import goals
from socialrl.calibration.goals import GOALS, Goal
from socialrl.calibration.summaries import RAW, SHORTEST_LATENCY_S
from socialrl.calibration.tables import raw_tests
from socialrl.calibration.target import Target
from socialrl_envs.elementary import log

MOST_REPEATABLE = 0.55
COURSE_KIND = "peers"
COURSE_H = (6.0, 24.0, 168.0)
"""Hours together after which the preference for a peer is looked at."""
MOST_AFTER_6_H = 0.64
LEAST_RISE = (0.12, 0.04)
"""By how much the preference should rise from each of `COURSE_H` to the next."""

_MOST_OUTSIDE = 1.5
_WEIGHT_REPEATABILITY = 2.0
_WEIGHT_COURSE = 5.0

_Array = NDArray[np.float64]


def course_of(kinds: tuple[str, ...], cohousing_h: float) -> dict[float, str]:
    """Return by hours together (`COURSE_H`) the timepoint of the test with a peer; nothing without tests with peers.

    Where the voles were tested after as many hours that is their own test, "early".
    """
    if COURSE_KIND not in kinds:
        return {}
    return {hours: "early" if hours == cohousing_h else f"{hours:g}h" for hours in COURSE_H}


@dataclass(frozen=True)
class Objective:
    """What is minimised: `targets` and the `allowed` intervals of the goals (n_goals, 2) by kind of pair.

    `course` gives the timepoint of the tests by hours together (`course_of`).
    """

    targets: Mapping[str, Target]
    allowed: Mapping[str, _Array]
    course: Mapping[float, str]

    @classmethod
    def of(
        cls, real: Mapping[str, _Array], targets: Mapping[str, Target], course: Mapping[float, str], seed: int
    ) -> Objective:
        """Return the objective for real tests (n_voles, 7) by kind of pair."""
        allowed = {
            kind: np.array([goals.interval(raw, partial(_scaled, goal), seed) for goal in GOALS])
            for kind, raw in real.items()
        }
        return cls(targets, allowed, course)

    def parts(self, played: pd.DataFrame) -> dict[str, float]:
        """Return the objective of a cohort's tests (`tables.Cohort.played`), and the numbers that it is made of.

        For each kind of pair the distance, `outside` (how far the goals are missed, in widths of the intervals) and the
        repeatability of total huddling; then the preference after each of `COURSE_H` and how far their course is off.
        """
        found: dict[str, float] = {}
        total = 0.0
        for kind, target in self.targets.items():
            tests = raw_tests(played, kind, "early")
            raw = tests.reshape(-1, len(RAW))
            distance, outside = target.distance(raw), self._outside(kind, raw)
            repeatable = repeatability(tests[..., 0] + tests[..., 1])
            found |= {
                f"distance_{kind}": distance,
                f"outside_{kind}": outside,
                f"repeatability_{kind}": repeatable,
            }
            total += distance**2 + outside + _WEIGHT_REPEATABILITY * max(0.0, repeatable - MOST_REPEATABLE)
        if self.course:
            preferences = [_preference(raw_tests(played, COURSE_KIND, self.course[hours])) for hours in COURSE_H]
            off = course_off(preferences)
            found |= {f"preference_{hours:g}_h": one for hours, one in zip(COURSE_H, preferences, strict=True)}
            found["course_off"] = off
            total += _WEIGHT_COURSE * off
        return {"objective": total, **found}

    def _outside(self, kind: str, raw: _Array) -> float:
        """Return how far the goals lie outside their intervals, in widths, each counted up to a limit."""
        # One animal more or less is the least that an interval of no width can mean.
        least = 1.0 / self.targets[kind].n
        sum_outside = 0.0
        for goal, (low, high) in zip(GOALS, self.allowed[kind], strict=True):
            value = float(_scaled(goal, raw))
            apart = max(0.0, float(low) - value, value - float(high))
            sum_outside += min(apart / max(float(high - low), least), _MOST_OUTSIDE)
        return sum_outside


def repeatability(values: _Array) -> float:
    """Return the repeatability of values (n_animals, n_repeats): the share of variance that lies between animals.

    The intraclass correlation of an analysis of variance (Lessells & Boag 1987, Auk 104:116); 0 where nothing differs.
    """
    n_animals, n_repeats = values.shape
    means = values.mean(axis=1)
    between = n_repeats * float(((means - means.mean()) ** 2).sum()) / (n_animals - 1)
    within = float(((values - means[:, None]) ** 2).sum()) / (n_animals * (n_repeats - 1))
    whole = between + (n_repeats - 1) * within
    return (between - within) / whole if whole > 0.0 else 0.0


def course_off(preferences: list[float]) -> float:
    """Return how far preferences after `COURSE_H` are from the course that wild types take; 0 for one that fits."""
    off = max(0.0, preferences[0] - MOST_AFTER_6_H)
    for earlier, later, rise in zip(preferences, preferences[1:], LEAST_RISE, strict=False):
        off += max(0.0, rise - (later - earlier))
    return off


def _preference(tests: _Array) -> float:
    """Return the mean preference of tests (…, 7); a test without any huddle counts as no preference."""
    shares = measures.preference(tests[..., 0], tests[..., 1])
    return float(np.where(np.isnan(shares), measures.CHANCE, shares).mean())


def _scaled(goal: Goal, raw: _Array) -> _Array:
    """Return a goal's number of raw tests (…, n_tests, 7) on the scale of its penalty: seconds as logarithms."""
    value = goal.of(raw)
    return log(value + SHORTEST_LATENCY_S) if goal.unit == "s" else value
