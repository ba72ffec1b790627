"""The statistics of a lineage: known variances are found again, litters are counted once, mothers once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from socialrl.lineage.comparisons import contrasts, correlation, families, litter_means, transmission, trends
from socialrl.lineage.variance import variance_split


def animals(birth: float, rearing: float, rest: float, *, fostered: bool, n: int = 60, seed: int = 1) -> pd.DataFrame:
    """Return pups of one generation whose value has known standard deviations; two a litter."""
    rng = np.random.default_rng(seed)
    of_birth, of_rearing = birth * rng.standard_normal(n), rearing * rng.standard_normal(n)
    rows = []
    for litter in range(n):
        for k, sex in enumerate(("female", "male")):
            nest = (litter + 1 + k) % n if fostered else litter
            rows.append(
                {
                    "cell": "wt",
                    "generation": 1,
                    "sex": sex,
                    "after_weaning": "siblings",
                    "carers": 2,
                    "born_to": "wt",
                    "reared_by": "wt",
                    "birth_litter": f"b{litter}",
                    "rearing_litter": f"b{nest}",
                    "value_": 10.0 + k + of_birth[litter] + of_rearing[nest] + rest * rng.standard_normal(),
                }
            )
    return pd.DataFrame(rows)


def test_birth_and_rearing_are_told_apart_where_pups_are_fostered():
    splits = []
    for seed in (1, 2, 3, 4):
        split, effects = variance_split(animals(2.0, 1.0, 1.0, fostered=True, n=36, seed=seed), ["value_"])
        assert effects.empty, "one group, one treatment"
        splits.append(split.set_index("component"))
        assert splits[-1]["share"].sum() == pytest.approx(1.0)
        assert (splits[-1]["low"] <= splits[-1]["share"]).all()
        assert (splits[-1]["share"] <= splits[-1]["high"]).all()
    assert splits[0].loc["birth", ["n_animals", "n_births", "n_rearings"]].tolist() == [72, 36, 36]
    mean = sum(one["variance"] for one in splits) / len(splits)
    assert mean["birth"] == pytest.approx(4.0, rel=0.3)
    assert mean["rearing"] == pytest.approx(1.0, rel=0.5)
    assert mean["rest"] == pytest.approx(1.0, rel=0.3)


def test_a_component_that_is_not_there_is_near_0():
    split, _ = variance_split(animals(0.0, 1.5, 1.0, fostered=True, n=40), ["value_"])
    assert (
        split.set_index("component").loc["birth", "share"] < 0.15 < split.set_index("component").loc["rearing", "low"]
    )


def test_where_nobody_is_fostered_the_family_is_the_analysis_of_variance():
    pups = animals(1.0, 1.0, 1.0, fostered=False, n=40)
    split, _ = variance_split(pups, ["value_"])
    assert list(split["component"]) == ["family", "rest"]
    # with two pups a litter, and the sexes' means taken out
    pairs = (pups["value_"] - pups.groupby("sex")["value_"].transform("mean")).to_numpy().reshape(-1, 2)
    between, within = 2.0 * pairs.mean(axis=1).var(ddof=1), 0.5 * (pairs[:, 0] - pairs[:, 1]).var(ddof=1)
    assert split["share"].iloc[0] == pytest.approx((between - within) / (between + within), abs=1e-3)
    assert split["variance"].iloc[1] == pytest.approx(within, rel=1e-2)


def test_what_cannot_be_split_says_why():
    alike = animals(0.0, 0.0, 0.0, fostered=False, n=4).assign(value_=1.0)
    assert set(variance_split(alike, ["value_"])[0]["note"]) == {"all animals equal"}
    alone = animals(1.0, 1.0, 1.0, fostered=False, n=4).drop_duplicates("birth_litter")
    assert set(variance_split(alone, ["value_"])[0]["note"]) == {"needs several animals a litter"}


def test_the_fixed_effect_of_a_treatment_is_found_in_its_own_unit():
    pups = pd.concat(
        [
            animals(0.5, 0.5, 0.5, fostered=False, n=30, seed=2),
            animals(0.5, 0.5, 0.5, fostered=False, n=30, seed=3).assign(
                cell="alone",
                after_weaning="isolation",
                value_=lambda rows: rows["value_"] - 3.0,
                birth_litter=lambda rows: "x" + rows["birth_litter"],
                rearing_litter=lambda rows: "x" + rows["rearing_litter"],
            ),
        ]
    )
    _, effects = variance_split(pups, ["value_"])
    assert effects["effect"].tolist() == ["after weaning siblings rather than isolation"]
    assert effects["difference"].iloc[0] == pytest.approx(3.0, abs=0.6)
    assert effects["low"].iloc[0] < 3.0 < effects["high"].iloc[0]
    assert 0.1 < effects["smallest_seen"].iloc[0] < 1.0


def lived(values: dict[tuple[str, int], list[float]]) -> pd.DataFrame:
    """Return two pups a litter with the values of `values`, by cell and generation."""
    rows = []
    for (cell, generation), litters in values.items():
        for place, value in enumerate(litters):
            for k, sex in enumerate(("female", "male")):
                litter = f"{cell}-{generation}-{place}" if generation else ""
                rows.append(
                    {
                        "cell": cell,
                        "generation": generation,
                        "animal": f"{cell}{generation}{place}{sex[0]}",
                        "sex": sex,
                        "place": place,
                        "survived": True,
                        "pair": f"{cell}-{generation + 1}-{place}",
                        "rearing_litter": litter,
                        "dam": f"{cell}{generation - 1}{place}f" if generation else "",
                        "rearing_dam": f"{cell}{generation - 1}{place}f" if generation else "",
                        "value_": value + (0.5 if k else -0.5),
                    }
                )
    return pd.DataFrame(rows)


def test_a_litter_counts_once_and_a_slope_is_that_of_generations():
    table = lived(
        {("wt", generation): [1.0 + generation, 2.0 + generation, 3.0 + generation] for generation in range(3)}
    )
    litters = litter_means(table, ["value_"])
    assert len(litters) == 9
    assert litters["value_"].tolist() == [1.0, 2.0, 3.0, 2.0, 3.0, 4.0, 3.0, 4.0, 5.0]
    slope = trends(litters, ["value_"]).iloc[0]
    assert slope["value"] == pytest.approx(1.0)
    assert slope["low"] < 1.0 < slope["high"]


def test_cells_are_compared_within_litters_of_equal_number():
    table = lived({("a", 1): [1.0, 5.0, 9.0, 13.0], ("b", 1): [2.0, 6.0, 10.0, 14.5]})
    found = contrasts(litter_means(table, ["value_"]), ["value_"], "a").iloc[0]
    assert (found["cell"], found["compared_with"], found["n"]) == ("b", "a", 4)
    assert found["difference"] == pytest.approx(1.125)
    assert found["smallest_seen"] == pytest.approx(2.8016 * 0.25 / 2.0, rel=1e-3), "2.8 standard errors"


def test_mothers_count_once_with_the_mean_of_their_daughters():
    table = lived({("wt", 0): [1.0, 2.0, 4.0, 3.0], ("wt", 1): [2.0, 4.0, 8.0, 6.0]})
    mothers = families(table, ["value_"])
    assert len(mothers) == 8, "four mothers, by birth and by rearing"
    found = transmission(mothers)
    assert found.loc[found["over"] == "all mothers", "r"].tolist() == pytest.approx([1.0, 1.0])
    assert set(found["n"]) == {4}


def test_without_spread_there_is_no_correlation():
    nothing = correlation(pd.Series([1.0, 1.0, 1.0]), pd.Series([1.0, 2.0, 3.0]))
    assert np.isnan(nothing.value)
    assert nothing.method == "needs three animals that differ"
