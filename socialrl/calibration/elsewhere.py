"""Cohorts of a calibration in pieces: its animals learn side by side, in processes of this machine or on a cluster.

An animal learns and is tested the same, to the last bit, in whatever company; so a cohort may be taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from socialrl.animals.animal import Animal
from socialrl.calibration.population import Space
from socialrl.calibration.simulate import train_and_test
from socialrl.config.loading import Config, TestCondition
from socialrl.work.pieces import Pieces, Wanted
from socialrl.work.task import Seat

TOGETHER = 24
"""Animals of a piece: those of a candidate of the search; fixed, so that pieces of an earlier call can be used."""

Cohort = tuple[NDArray[Any], int, str]
"""Log factors (n, n_free), the first animal's index, and the name of a cohort."""


@dataclass(frozen=True)
class SideBySide:
    """The simulator of a calibration (`plan.Simulate`), whose cohorts are made in `pieces`; as `trained_cohorts`."""

    config: Config
    space: Space
    tests: Sequence[TestCondition]
    repeats: int
    pieces: Pieces
    on_steps: Callable[[int, str], None]

    def __call__(self, factors: NDArray[Any], first_index: int, text: str, *, everything: bool = False) -> pd.DataFrame:
        """Return the tests of one cohort."""
        return self.together([(factors, first_index, text)], everything=everything)[0]

    def together(self, cohorts: Sequence[Cohort], *, everything: bool = False) -> list[pd.DataFrame]:
        """Return the tests of several cohorts, all pieces of which are made side by side."""
        tests = [test for test in self.tests if everything or not test.name.endswith("_late")]
        wanted: dict[str, Wanted] = {}
        names: list[list[str]] = []
        for factors, first_index, text in cohorts:
            animals = self.space.animals(factors, first_index)
            own = []
            for number, first in enumerate(range(0, len(animals), TOGETHER)):
                own.append(f"{_file_name(text)}-{number:03d}")
                given = {"animals": animals[first : first + TOGETHER], "tests": tests, "repeats": self.repeats}
                wanted[own[-1]] = Wanted(
                    "socialrl.calibration.elsewhere:cohort_piece",
                    {"config": self.config, **given, "follow": everything},
                )
            names.append(own)
        n, label = sum(len(factors) for factors, _, _ in cohorts), cohorts[0][2]

        def done(ended: int) -> None:
            self.on_steps(n * self.config.steps * ended // len(wanted), label)

        tables = self.pieces.tables(wanted, done)
        return [pd.concat([tables[name] for name in own], ignore_index=True) for own in names]


def cohort_piece(
    *,
    config: Config,
    animals: list[Animal],
    tests: Sequence[TestCondition],
    repeats: int,
    follow: bool,
    seat: Seat,
) -> pd.DataFrame:
    """Train and test some animals of a cohort; a task."""
    return train_and_test(
        config.model_copy(update={"workers": seat.threads}),
        animals,
        tests,
        repeats=repeats,
        follow=follow,
        on_steps=lambda steps: seat.progress.update(steps, config.steps),
    )


def _file_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())
