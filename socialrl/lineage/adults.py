"""Adults in the assays asked for: every animal learns with the body that care gave it, and is tested frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from socialrl.analysis.measure_table import shown_in
from socialrl.analysis.measure_values import values
from socialrl.animals.animal import Animal
from socialrl.config.loading import Config
from socialrl.evaluation.playing import play_tests
from socialrl.training.frozen_cohort import train_frozen


def assayed(
    assays: Mapping[str, Config], animals: list[Animal], on_steps: Callable[[int, str], None] = lambda *_: None
) -> pd.DataFrame:
    """Return one row per animal (index: its id): every measure of every test, `<measure>_<test>`.

    All animals learn an assay as one cohort. `on_steps` is given the steps of each animal so far, and the assay.
    """
    columns = {}
    for name, config in assays.items():
        policies, steps = train_frozen(config, animals, lambda done, name=name: on_steps(done, name))  # type: ignore[misc]
        played = play_tests(
            config.for_evaluation(),
            animals,
            policies,
            config.evaluation.tests,
            repeats=config.evaluation.repeats,
            purpose="evaluation",
            steps=steps,
        )
        for test in config.evaluation.tests:
            rows = played[played["test"] == test.name]
            for measure in shown_in(name):
                if measure.of_one_test and all(one in rows for one in measure.columns):
                    columns[f"{measure.name}_{test.name}"] = values(rows, measure, ["animal"])
    return pd.DataFrame(columns, index=[animal.id for animal in animals])
