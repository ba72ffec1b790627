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


def probe_scalars(probe: pd.DataFrame) -> dict[str, float]:
    """Return, for every test of a probe, preference and huddle seconds of one animal (or the mean over animals)."""
    scalars: dict[str, float] = {}
    for test, rows in probe.groupby("test", sort=False):
        partner, stranger = rows["huddle_s_partner"].mean(), rows["huddle_s_stranger"].mean()
        scalars[f"eval/{test}/preference"] = float(measures.preference(partner, stranger))
        scalars[f"eval/{test}/huddle_s_partner"] = float(partner)
        scalars[f"eval/{test}/huddle_s_stranger"] = float(stranger)
        scalars[f"eval/{test}/return"] = float(rows["return"].mean())
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
