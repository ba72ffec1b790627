"""Simulations for inference: trained and recorded animals in a folder, the same however often they were stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from described_tables import undescribed

from socialrl.inference import simulate as module
from socialrl.inference.folder import problems, read_simulations
from socialrl.inference.simulate import Size, simulate
from socialrl.progress import Silent

ASSAYS = ("StrangerEncounter", "OxytocinRelease")
SIZE = Size(animals=32, repeats=2, steps=64, together=16)
FAST = ["lives=2", "ppo.n_steps=16", "ppo.batch_size=16", "ppo.n_epochs=1", "ppo.net_arch=[8]"]


def make(path: Path) -> None:
    simulate(path, SIZE, 1, FAST, assays=ASSAYS, progress=Silent())


def tables(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.rglob("*.parquet")}


@pytest.mark.slow
def test_animals_are_trained_tested_and_kept_cohort_by_cohort(tmp_path, monkeypatch):
    make(tmp_path / "whole")
    sims = read_simulations(tmp_path / "whole")
    assert sims.names == ("intruder_168h", "evoked_release")
    assert problems(tmp_path / "whole") == []
    assert sims.notes() == []
    assert undescribed(tmp_path / "whole", "animals", "tests") == {}
    encounter = sims.tests[sims.tests["test"] == "intruder_168h"]
    assert sorted(encounter["index"].unique()) == list(range(32))
    apart = encounter["chamber_s_apart"] + encounter["chamber_s_with_stranger"]
    assert apart.to_numpy() == pytest.approx(np.full(64, 600.0))
    release = sims.tests[sims.tests["test"] == "evoked_release"]
    peaks = release.groupby("index")["peak"].mean()
    assert np.corrcoef(sims.scores[:, 0], peaks)[0, 1] > 0.3, "the receptor drives release"
    repeats = release.pivot(index="index", columns="repeat", values="peak")
    assert (repeats[0] != repeats[1]).all(), "every repeat is a slice of its own"

    real, calls = module.tested, []

    def stopped_in_the_second_cohort(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    monkeypatch.setattr(module, "tested", stopped_in_the_second_cohort)
    with pytest.raises(KeyboardInterrupt):
        make(tmp_path / "stopped")
    make(tmp_path / "stopped")
    assert len(calls) == 3, "the finished cohort is not trained again"
    assert tables(tmp_path / "stopped") == tables(tmp_path / "whole")
