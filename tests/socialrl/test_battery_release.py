"""Evoked release in the battery: different animals as females and males, own slices, the same for one seed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from socialrl.animals.animal import Animal
from socialrl.findings.scorecard import score
from socialrl.release.table import BIN_S, release_table
from socialrl_envs.vocabulary import SEXES

GAINS = {"wt": 1.0, "ko": 0.0}


def animals(n: int, **arms: str) -> list[Animal]:
    return [
        Animal(f"{genotype}-{index:02d}", genotype, gain, index, {"oxtr_gain": gain}, arms, sex=SEXES[index * 2 // n])
        for genotype, gain in GAINS.items()
        for index in range(n)
    ]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return release_table(animals(32), seed=3)


def test_no_animal_is_both_female_and_male(table: pd.DataFrame) -> None:
    assert table["animal"].is_unique
    assert table.groupby(["genotype", "sex"]).size().tolist() == [16, 16, 16, 16]
    assert table.groupby("index")["sex"].nunique().max() == 1, "pairs are of one sex"
    assert table["peak"].is_unique


def test_slices_are_not_shared_between_genotypes_of_a_pair(table: pd.DataFrame) -> None:
    peaks = table.pivot(index="index", columns="genotype", values="peak")
    assert abs(np.corrcoef(peaks["wt"], peaks["ko"])[0, 1]) < 0.5


def test_effects_have_the_size_of_effects_between_slices(table: pd.DataFrame) -> None:
    rows = [row for row in score({"OxytocinRelease": table}).rows if row.finding.id == "F05"]
    assert [row.effect.n for row in rows] == [16, 16]
    assert all(-4.0 < row.effect.size.value < -0.5 for row in rows)


def test_an_animal_keeps_its_recording_whoever_else_is_recorded(table: pd.DataFrame) -> None:
    alone = release_table([one for one in animals(32) if one.genotype == "ko"], seed=3)
    both = table[table["genotype"] == "ko"].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.drop(columns="fluorescence"), both.drop(columns="fluorescence"))
    assert (release_table(animals(2), seed=4)["peak"].to_numpy() != release_table(animals(2), seed=3)["peak"]).all()


def test_traces_are_in_bins_over_the_whole_protocol(table: pd.DataFrame) -> None:
    assert {len(trace) * BIN_S for trace in table["fluorescence"]} == set(table["duration_s"])
    mean = np.stack(table.loc[table["genotype"] == "wt", "fluorescence"].tolist()).mean(axis=0)
    assert abs(mean[:12]).max() < 0.002 < 0.05 < mean[17], "nothing before the train at 60 s, most at its end"


def test_switched_arms_act_on_release() -> None:
    rescued = release_table(animals(32, release="wild_type"), seed=3)
    peaks = rescued.groupby("genotype")["peak"].mean()
    assert peaks["ko"] == pytest.approx(peaks["wt"], rel=0.25)
