"""What TensorBoard shows of an animal: names are a public contract, listed in docs/run_folder.md."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from stable_baselines3.common.logger import Logger

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_called, measures_of, shown_in
from socialrl.analysis.measure_values import values, values_of_several
from socialrl.assays import AssayStudy, study_of

_ANIMAL = ("genotype", "animal")

HEADLINE = "Headline"
"""The section of the assay's main measure. Its capital sorts before all other sections, so TensorBoard opens on it."""

_PHYSIOLOGY = ("familiarity_start_partner", "familiarity_end_partner", "familiarity_end_stranger")


def episode_scalars(episodes: Sequence[dict[str, Any]], assay: str) -> pd.DataFrame:
    """Return means over training episodes in an assay, one row an animal: reward terms, return, familiarity, counters.

    Whole columns at a time, because a cohort ends hundreds of episodes at a tick.
    """
    if not episodes:
        return pd.DataFrame()
    tags = {name: f"reward/{name[7:]}" for name in episodes[0] if name.startswith("reward_")}
    tags |= {"return": "rollout/ep_rew_mean"}
    tags |= {name: f"physiology/{name}" for name in _PHYSIOLOGY if name in episodes[0]}
    tags |= {one.sum[0]: f"assay/{one.name}" for one in _counters(assay) if one.sum[0] in episodes[0]}
    table = pd.DataFrame({name: [row[name] for row in episodes] for name in ["genotype", "animal", *tags]})
    return table.groupby(["genotype", "animal"], sort=False).mean().rename(columns=tags)


def headline(probe: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the main measure of one test: its name, and its values by genotype and animal.

    `probe` has the rows of one test, which says in the column `assay` what kind of test it is.
    """
    measure = measure_called(_study(probe).headline)
    return measure.name, values(probe, measure, _ANIMAL)


def probe_scalars(probe: pd.DataFrame) -> pd.DataFrame:
    """Return the measures of every test of a probe, one row an animal; the main one also under `Headline`."""
    pieces = []
    for test, rows in probe.groupby("test", sort=False):
        study = _study(rows)
        columns = values_of_several(rows, shown_in(study.name), _ANIMAL)
        pieces.append(pd.DataFrame({f"{HEADLINE}/{study.headline}/{test}": columns[study.headline]}))
        pieces.append(pd.DataFrame(columns).add_prefix(f"eval/{test}/"))
    return pd.concat(pieces, axis=1)


def _counters(assay: str) -> list[Measure]:
    """The measures of an assay that are a plain counter in the record of a test."""
    return [one for one in measures_of(assay) if len(one.columns) == 1 and one.hours is None and one.name != "return"]


def _study(rows: pd.DataFrame) -> AssayStudy:
    """The study of the one assay that these rows are tests of."""
    names = rows["assay"].unique()
    if len(names) != 1:
        raise ValueError(f"one test is of one assay, got {', '.join(map(str, names))}")
    return study_of(str(names[0]))


def spread(animals: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation over animals of every scalar that is a number for at least one of them."""
    numbers = animals.dropna(axis=1, how="all")
    means, sds = numbers.mean(), numbers.std(ddof=1).fillna(0.0)
    return dict(zip(map(str, numbers), zip(means.tolist(), sds.tolist(), strict=True), strict=True))


def spread_tag(name: str) -> str:
    """Return the tag of a curve's standard deviation over animals, in a section of its own: `eval/x` -> `eval_sd/x`."""
    section, _, rest = name.partition("/")
    return f"{section}_sd/{rest}"


def has_spread(name: str) -> bool:
    """Return whether a scalar gets a curve of its standard deviation; that of the headline stands under `eval_sd`."""
    return not name.startswith(f"{HEADLINE}/")


def record_animal(logger: Logger, animals: pd.DataFrame) -> None:
    """Log the scalars of one animal (a table of one row); SB3 writes them at its next dump.

    A preference that is not a number (an animal that never huddled) is left out: TensorBoard would draw it as zero.
    """
    for name, (value, _) in spread(animals).items():
        logger.record(name, value)


def record_group(logger: Logger, animals: pd.DataFrame) -> None:
    """Log means over the animals of a group, and their standard deviations in the `_sd` sections."""
    for name, (mean, sd) in spread(animals).items():
        logger.record(name, mean)
        if has_spread(name):
            logger.record(spread_tag(name), sd)
