"""Evoked release of the battery's animals, which takes no training: a recording of every animal's slice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from socialrl import seeding
from socialrl.animals import Animal, arms_per_row, per_row

BIN_S = 5.0


def release_table(animals: Sequence[Animal], seed: int) -> pd.DataFrame:
    """Return one row per animal: peak, area and decay of a noisy recording, and its trace.

    In every group the first half of the animals, by `index`, are females and the rest males, so that no animal is both;
    the model has no sex difference. `fluorescence` holds ΔF/F in means over `BIN_S` seconds. Slices and frames hang on
    `seed` and on the animal itself, its group among it: other than the noise of behaviour they are not shared in pairs,
    for two animals are never recorded in one slice.
    """
    from socialrl_envs.parameters import record
    from socialrl_envs.recording import Recording
    from socialrl_envs.release import DURATION_S, SEXES, evoked_release

    n_females = (max(animal.index for animal in animals) + 1) // 2
    sexes = [SEXES[animal.index >= n_females] for animal in animals]
    trace = evoked_release(
        record(len(animals), dict(per_row(list(animals), 1))),
        sex=sexes,
        recording=Recording(),
        seed=[seeding.seed_int(seed, "animal", animal.index, "slice", animal.genotype) for animal in animals],
        arms={arm: np.array(settings) for arm, settings in arms_per_row(list(animals), 1).items()},
    )
    common = pd.DataFrame([animal.common() for animal in animals])
    return common.assign(
        **trace.columns(),
        fluorescence=list(trace.binned(BIN_S)),
        test="evoked_release",
        assay="socialrl/OxytocinRelease-v0",
        duration_s=DURATION_S,
        repeat=0,
        steps=0,
    )
