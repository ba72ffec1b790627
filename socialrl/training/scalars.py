"""What TensorBoard shows of an animal: names are a public contract, listed in the README."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from stable_baselines3.common.logger import Logger

from socialrl.analysis import measures

_PHYSIOLOGY = ("familiarity_start_partner", "familiarity_end_partner", "familiarity_end_stranger")
_ASSAY = ("huddle_s_partner", "huddle_s_stranger", "chamber_s_partner", "chamber_s_centre", "chamber_s_stranger",
          "rejections_partner", "rejections_stranger")  # fmt: skip


def episode_scalars(episodes: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return means over training episodes, one row an animal: reward terms, return, familiarity, seconds.

    Whole columns at a time, because a cohort ends hundreds of episodes at a tick.
    """
    if not episodes:
        return pd.DataFrame()
    tags = {name: f"reward/{name[7:]}" for name in episodes[0] if name.startswith("reward_")}
    tags |= {"return": "rollout/ep_rew_mean"}
    tags |= {name: f"physiology/{name}" for name in _PHYSIOLOGY if name in episodes[0]}
    tags |= {name: f"assay/{name}" for name in _ASSAY if name in episodes[0]}
    table = pd.DataFrame({name: [row[name] for row in episodes] for name in ["genotype", "animal", *tags]})
    return table.groupby(["genotype", "animal"], sort=False).mean().rename(columns=tags)


# what TensorBoard shows of a probe, of the columns that the assay has
_EVAL = ("huddle_s_partner", "huddle_s_stranger", "contact_s_partner", "contact_s_others", "presses_partner",
         "presses_stranger", "accesses_partner", "accesses_stranger", "rejections_stranger", "rejections_others",
         "return")  # fmt: skip


def headline(probe: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the assay's main measure of one test: its name, and its values by genotype and animal.

    Partner's share of contact in a group, presses per session where there is work, otherwise preference; rejections
    of the stranger where no partner is there.
    """
    return _headline(_means(probe))


def _means(probe: pd.DataFrame) -> pd.DataFrame:
    columns = [name for name in _EVAL if name in probe]
    return probe.groupby(["genotype", "animal"], sort=False)[columns].mean()


def _headline(means: pd.DataFrame) -> tuple[str, pd.Series]:
    if "contact_s_partner" in means:
        share = measures.preference(means["contact_s_partner"], means["contact_s_others"])
        return "partner share", pd.Series(share, index=means.index)
    if "presses_partner" in means:
        return "presses", means["presses_partner"] + means["presses_stranger"]
    if (means["huddle_s_partner"] == 0).all() and (means["rejections_stranger"] > 0).any():
        return "rejections", means["rejections_stranger"]
    preference = measures.preference(means["huddle_s_partner"], means["huddle_s_stranger"])
    return "preference", pd.Series(preference, index=means.index)


def probe_scalars(probe: pd.DataFrame) -> pd.DataFrame:
    """Return, for every test of a probe, the assay's measures, one row an animal."""
    pieces = []
    for test, rows in probe.groupby("test", sort=False):
        means = _means(rows)
        name, values = _headline(means)
        named = means.assign(**{name.replace(" ", "_"): values})
        pieces.append(named.add_prefix(f"eval/{test}/"))
    return pd.concat(pieces, axis=1)


def spread(animals: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation over animals of every scalar that is a number for at least one of them."""
    numbers = animals.dropna(axis=1, how="all")
    means, sds = numbers.mean(), numbers.std(ddof=1).fillna(0.0)
    return dict(zip(map(str, numbers), zip(means.tolist(), sds.tolist(), strict=True), strict=True))


def spread_tag(name: str) -> str:
    """Return the tag of a curve's standard deviation over animals: `eval/x` -> `eval_sd/x`, a section of its own."""
    section, _, rest = name.partition("/")
    return f"{section}_sd/{rest}"


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
        logger.record(spread_tag(name), sd)
