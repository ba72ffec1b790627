"""From parameter vectors to tests: one cohort in which every animal has its own vector learns, then plays frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from socialrl.animals.animal import Animal
from socialrl.calibration.course import WHO
from socialrl.calibration.objective import COURSE_KIND
from socialrl.calibration.pairs import RELATIONSHIPS
from socialrl.calibration.plan import Simulate
from socialrl.calibration.population import Space
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.config.loading import Config, TestCondition
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import play_tests
from socialrl.training.frozen_cohort import train_frozen


def conditions(kinds: Sequence[str], cohousing_h: float, retest_h: float) -> list[TestCondition]:
    """Return the tests of every animal: with each kind of partner after `cohousing_h`, and again `retest_h` after that.

    They are called by kind of pair and timepoint, such as `peers_early`. Partners stay together between the two.
    """
    times = {"early": cohousing_h, "late": cohousing_h + retest_h}
    return [
        TestCondition(name=f"{kind}_{timepoint}", cohousing_h=hours, relationship=RELATIONSHIPS[kind])
        for timepoint, hours in times.items()
        for kind in kinds
    ]


def search_conditions(kinds: Sequence[str], cohousing_h: float, course: Mapping[float, str]) -> list[TestCondition]:
    """Return the tests of every animal of a direct search: early ones, and those of the `course` of the preference.

    `course` gives timepoints by hours together (`objective.course_of`); they are tests with a peer.
    """
    early = conditions(kinds, cohousing_h, 0.0)[: len(kinds)]
    return early + [
        TestCondition(name=f"{COURSE_KIND}_{timepoint}", cohousing_h=hours, relationship=RELATIONSHIPS[COURSE_KIND])
        for hours, timepoint in course.items()
        if timepoint != "early"
    ]


def trained_cohorts(
    config: Config,
    space: Space,
    tests: Sequence[TestCondition],
    *,
    repeats: int,
    on_steps: Callable[[int, str], None] = lambda *_: None,
) -> Simulate:
    """Return the simulator of a calibration: it trains a cohort of the vectors it is given and tests it frozen.

    Every animal is a wild type (gain 1) that learns `config.steps` steps with the configuration's PPO, then plays
    each of `tests` (`conditions`) `repeats` times, the late ones only where everything is wanted. `on_steps` is
    called with the steps that all animals of the current cohort have made, and its name.
    """

    def simulate(factors: NDArray[Any], first_index: int, text: str, *, everything: bool = False) -> pd.DataFrame:
        animals = space.animals(factors, first_index)
        return train_and_test(
            config,
            animals,
            [test for test in tests if everything or not test.name.endswith("_late")],
            repeats=repeats,
            follow=everything,
            on_steps=lambda done: on_steps(done * len(animals), text),
        )

    return simulate


def train_and_test(
    config: Config,
    animals: list[Animal],
    tests: Sequence[TestCondition],
    *,
    repeats: int,
    follow: bool = False,
    on_steps: Callable[[int], None] = lambda _: None,
) -> pd.DataFrame:
    """Train `animals` as one cohort for `config.steps` each, freeze them, and return what they play.

    One row per animal, test and repeat with the columns of `tables.Cohort.played`; lists of bins and bouts only where
    tests are to be followed. Nothing is written.
    """
    policies, steps = train_frozen(config, animals, on_steps)
    events = EventRecorder() if follow else None
    rows = play_tests(
        config.for_evaluation(),
        animals,
        policies,
        tests,
        repeats=repeats,
        purpose="evaluation",
        steps=steps,
        events=events,
    )
    return played_table(rows, None if events is None else events.table())


def played_table(rows: pd.DataFrame, events: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return one row per test from rows of `play_tests`, with bins and bouts if the `events` of these tests are given.

    Columns as in `tables.Cohort.played`; tests are called by kind of pair and timepoint.
    """
    kind_and_time = rows["test"].str.split("_", n=1, expand=True)
    table = pd.DataFrame({"index": rows["index"], "pairs": kind_and_time[0], "timepoint": kind_and_time[1]})
    table["repeat"] = rows["repeat"]
    table[list(RAW)] = raw_of(rows)
    if events is not None:
        keys = ["index", "test", "repeat"]
        touched = events[events["kind"] == "contact"]
        lengths = (touched["end_s"] - touched["start_s"]).groupby([touched[name] for name in (*keys, "other")])
        bouts = lengths.agg(list)
        for who in WHO:
            table[f"bin_s_{who}"] = rows[f"huddle_s_{who}_10min"]
            own = bouts.xs(who, level="other") if who in bouts.index.get_level_values("other") else bouts.iloc[:0]
            of_test = dict(own.items())
            names = zip(*(rows[name] for name in keys), strict=True)
            table[f"bout_s_{who}"] = [of_test.get(name, []) for name in names]
    order = {kind: k for k, kind in enumerate(RELATIONSHIPS)}
    return table.sort_values(
        ["index", "timepoint", "pairs", "repeat"],
        key=lambda one: one.map(order) if one.name == "pairs" else one,
        ignore_index=True,
    )
