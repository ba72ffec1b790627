"""What TensorBoard shows of an animal: names are a public contract, listed in the README."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from stable_baselines3.common.logger import Logger

from .. import measures

_PHYSIOLOGY = ("familiarity_start_partner", "familiarity_end_partner", "familiarity_end_stranger")
_ASSAY = ("huddle_s_partner", "huddle_s_stranger", "chamber_s_partner", "chamber_s_centre", "chamber_s_stranger",
          "rejections_partner", "rejections_stranger")  # fmt: skip


def episode_scalars(episodes: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Return means over training episodes: reward terms per episode, familiarity, seconds."""
    if not episodes:
        return {}
    table = pd.DataFrame(episodes)
    terms = [str(name) for name in table if str(name).startswith("reward_")]
    scalars = {f"reward/{name[7:]}": table[name].mean() for name in terms}
    scalars["rollout/ep_rew_mean"] = table["return"].mean()
    scalars |= {f"physiology/{name}": table[name].mean() for name in _PHYSIOLOGY if name in table}
    scalars |= {f"assay/{name}": table[name].mean() for name in _ASSAY if name in table}
    return {name: float(value) for name, value in scalars.items()}


# what TensorBoard shows of a probe, of the columns that the assay has
_EVAL = ("huddle_s_partner", "huddle_s_stranger", "contact_s_partner", "contact_s_others", "presses_partner",
         "presses_stranger", "accesses_partner", "accesses_stranger", "rejections_stranger", "rejections_others",
         "return")  # fmt: skip


def headline(probe: pd.DataFrame) -> tuple[str, pd.Series]:
    """Return the assay's main measure of one test: its name, and its values by genotype and animal.

    Partner's share of contact in a group, presses per session where there is work, otherwise preference; rejections
    of the stranger where no partner is there.
    """
    means = probe.groupby(["genotype", "animal"], sort=False)[[name for name in _EVAL if name in probe]].mean()
    if "contact_s_partner" in means:
        return "partner share", pd.Series(
            measures.preference(means["contact_s_partner"], means["contact_s_others"]), index=means.index
        )
    if "presses_partner" in means:
        return "presses", means["presses_partner"] + means["presses_stranger"]
    preference = pd.Series(
        measures.preference(means["huddle_s_partner"], means["huddle_s_stranger"]), index=means.index
    )
    if (means["huddle_s_partner"] == 0).all() and (means["rejections_stranger"] > 0).any():
        return "rejections", means["rejections_stranger"]
    return "preference", preference


def probe_scalars(probe: pd.DataFrame) -> dict[str, float]:
    """Return, for every test of a probe, the assay's measures of one animal (or the mean over animals)."""
    scalars: dict[str, float] = {}
    for test, rows in probe.groupby("test", sort=False):
        name, values = headline(rows)
        scalars[f"eval/{test}/{name.replace(' ', '_')}"] = float(values.mean())
        for column in _EVAL:
            if column in rows:
                scalars[f"eval/{test}/{column}"] = float(rows[column].mean())
    return scalars


def spread_tag(name: str) -> str:
    """Return the tag of a curve's standard deviation over animals: `eval/x` -> `eval_sd/x`, a section of its own."""
    section, _, rest = name.partition("/")
    return f"{section}_sd/{rest}"


def record_episodes(logger: Logger, episodes: Sequence[dict[str, Any]]) -> None:
    """Log the last training episodes of an animal; SB3 writes them at its next dump."""
    for name, value in episode_scalars(episodes).items():
        logger.record(name, value)


def record_probe(logger: Logger, probe: pd.DataFrame) -> None:
    """Log a probe of an animal; SB3 writes it at its next dump."""
    for name, value in probe_scalars(probe).items():
        if value == value:  # an animal that never huddled has no preference; TensorBoard would draw a hole as zero
            logger.record(name, value)
