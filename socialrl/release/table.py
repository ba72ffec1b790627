"""Evoked release of a population, which takes no training: a recording of every animal's slice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.animals.animal import Animal, arms_per_row, per_row, table_of
from socialrl.config.experiment import RELEASE
from socialrl.config.recording import NoiseSection, ReleaseSection, StimulationSection

BIN_S = 5.0


def release_table(
    animals: Sequence[Animal],
    seed: int,
    *,
    env: ReleaseSection | None = None,
    stimulation: StimulationSection | None = None,
    recording: NoiseSection | None = None,
) -> pd.DataFrame:
    """Return one row per animal: peak, area and decay of a noisy recording, and its trace.

    The model has no sex difference in release. `fluorescence` holds ΔF/F in means over `BIN_S` seconds (over ticks
    where those are longer). Slices and frames depend on `seed`, the animal and its group. Unlike the noise of
    behaviour, they are not shared in pairs, because two animals are never recorded in one slice.
    """
    from socialrl_envs.parameters import record
    from socialrl_envs.recording import Recording
    from socialrl_envs.release import evoked_release, pulse_train

    env, train = env or ReleaseSection(), stimulation or StimulationSection()
    trace = evoked_release(
        record(
            len(animals),
            dict(per_row(list(animals), 1)),
            table_of(animals),
            sex=[animal.sex for animal in animals],
        ),
        pulse_train(train.pulses, train.rate_hz, train.start_s),
        pulse_s=train.pulse_s,
        strength=train.strength,
        sex=[animal.sex for animal in animals],
        recording=Recording(**(recording or NoiseSection()).model_dump()),
        seed=[seeding.seed_int(seed, "animal", animal.index, "slice", animal.genotype) for animal in animals],
        dt_s=env.dt_s,
        duration_s=env.duration_s,
        arms=_settings(animals),
        drugs=[dose.model_dump() for dose in env.drugs],
    )
    common = pd.DataFrame([animal.common() for animal in animals])
    return common.assign(
        **trace.columns(),
        fluorescence=list(trace.binned(BIN_S)),
        test="evoked_release",
        assay=RELEASE,
        duration_s=env.duration_s,
        repeat=0,
        steps=0,
    )


def _settings(animals: Sequence[Animal]) -> Mapping[str, NDArray[Any]]:
    return {arm: np.array(settings) for arm, settings in arms_per_row(list(animals), 1).items()}
