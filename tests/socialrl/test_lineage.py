"""Lineages: what is handed on and what is not, who rears whom, what a killed run ends with."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from lineage_stand_in import Care, made, plain_settings, preference, receptor, tiny

from socialrl import seeding
from socialrl.errors import UserError
from socialrl.lineage import run
from socialrl.lineage.genetics import SEGREGATING, Genome, founder, gain_of, offspring
from socialrl.lineage.pedigree import paired

OFF = {"parameters": {"care_to_expression": 0, "care_to_competence": 0, "strain_to_reactivity": 0}}


@pytest.fixture(autouse=True)
def _without_care(monkeypatch):
    monkeypatch.setattr(run, "care_settings", plain_settings)


# --- genetics


def test_half_of_the_variance_segregates_and_the_population_keeps_it():
    rng = np.random.default_rng(1)
    dams, sires = ([founder(1.0, rng) for _ in range(20_000)] for _ in range(2))
    pups = [offspring(dam, sire, rng) for dam, sire in zip(dams, sires, strict=True)]
    middle = np.array([0.5 * (dam.deviate + sire.deviate) for dam, sire in zip(dams, sires, strict=True)])
    own = np.array([pup.deviate for pup in pups])
    assert np.var(own - middle) == pytest.approx(SEGREGATING, rel=0.03)
    assert np.var(own) == pytest.approx(1.0, rel=0.03)
    assert np.polyfit(middle, own, 1)[0] == pytest.approx(1.0, abs=0.03), "a pup is the mean of its parents"
    # full siblings share half of the additive variance
    siblings = np.array([offspring(dam, sire, rng).deviate for dam, sire in zip(dams, sires, strict=True)])
    assert np.cov(own, siblings)[0, 1] == pytest.approx(0.5, abs=0.02)


def test_the_gain_of_a_genotype_is_the_mean_of_the_parents_and_a_knockout_has_none():
    rng = np.random.default_rng(1)
    assert offspring(Genome(0.0, 2.0), Genome(1.0, 0.0), rng).gain == 0.5
    knockout = offspring(Genome(0.0, 2.0), Genome(0.0, 1.0), rng)
    assert gain_of(knockout, 1.0, "v2") == 0.0
    assert gain_of(Genome(1.0, 3.0), 0.0, "v2") == 1.0
    assert gain_of(Genome(1.0, 100.0), {"oxtr_gain": 1.0}, "v2") == 2.0, "it stays in the table's range"


# --- families


def test_siblings_do_not_mate_and_every_pup_has_its_parents(tmp_path):
    animals = made(tiny(), tmp_path).animals
    own = animals.set_index("animal")
    assert len(animals) == 12 * 3
    for pair, rows in animals[animals["pair"] != ""].groupby("pair"):
        assert sorted(rows["sex"]) == ["female", "male"]
        births = list(rows["birth_litter"])
        assert births[0] != births[1] or births == ["", ""], pair
    pups = animals[animals["generation"] > 0]
    for pup in pups.to_dict("records"):
        dam, sire = own.loc[pup["dam"]], own.loc[pup["sire"]]
        assert dam["generation"] == sire["generation"] == pup["generation"] - 1
        assert dam["pair"] == sire["pair"] == pup["birth_litter"] == pup["rearing_litter"]
        assert pup["genotype_gain"] == 1.0
    assert animals["animal"].is_unique


def test_a_litter_whose_first_daughter_died_breeds_by_her_sister():
    rows = [
        {"cell": "wt", "generation": 1, "place": place, "rank": rank, "sex": sex, "birth_litter": f"wt-1-{place:02d}"}
        for place in range(3)
        for rank in range(2)
        for sex in ("female", "male")
    ]
    animals = pd.DataFrame(rows)
    animals["survived"] = (animals["sex"] == "male") | (animals["rank"] == 1)
    found = paired(animals)
    mothers = found[(found["sex"] == "female") & found["breeds"]]
    assert mothers["pair"].tolist() == ["wt-2-00", "wt-2-01", "wt-2-02"]
    assert set(mothers["rank"]) == {1}
    assert (found.loc[~found["survived"], "pair"] == "").all()
    assert (found.loc[(found["sex"] == "male") & (found["rank"] == 1), "pair"] == "").all(), "no daughters are left"


def test_fostered_litter_mates_get_different_carers_and_every_dam_as_many_pups(tmp_path):
    cells = {
        "home": {"dams": "wt", "reared_by": "others"},
        "wt_by_ko": {"dams": "wt", "reared_by": "ko_by_wt"},
        "ko_by_wt": {"dams": "ko", "sires": "wt", "reared_by": "wt_by_ko"},
    }
    animals = made(tiny(cells=cells, generations=1), tmp_path).animals
    pups = animals[animals["generation"] == 1]
    assert (pups["birth_litter"] != pups["rearing_litter"]).all()
    assert (pups.groupby("birth_litter")["rearing_litter"].nunique() == 2).all()
    assert (pups.groupby("rearing_litter")["birth_litter"].nunique() == 2).all()
    assert (pups.groupby("rearing_litter").size() == 2).all()
    cell_of = animals.set_index("animal")["cell"]
    assert set(pups.loc[pups["cell"] == "wt_by_ko", "rearing_dam"].map(cell_of)) == {"ko_by_wt"}
    assert set(pups.loc[pups["cell"] == "ko_by_wt", "genotype_gain"]) == {0.5}, "knockout dams, wild-type sires"
    assert set(pups.loc[pups["cell"] == "wt_by_ko", "genotype_gain"]) == {1.0}


# --- what care does


def test_with_all_arms_off_expression_is_1_in_every_generation(tmp_path):
    lineage = made(tiny(env=OFF, generations=3), tmp_path, Care(lambda animal: 0.3 + receptor(animal)))
    lived = lineage.animals
    assert lineage.pups["care"].std() > 0.01, "care does differ"
    for name in ("expression", "competence", "reactivity"):
        assert (lived[name] == 1.0).all(), name
    assert "all animals equal" in set(lineage.tables["variance"]["note"])


def test_two_carers_that_care_as_the_reference_leave_pups_in_the_reference_state(tmp_path):
    lineage = made(tiny(), tmp_path, Care(lambda _: 1.0))
    assert lineage.reference.care_received == pytest.approx(0.1)
    np.testing.assert_allclose(lineage.pups["care"], 1.0)
    np.testing.assert_allclose(lineage.pups["expression_weaned"], 1.0)
    np.testing.assert_allclose(lineage.pups["reactivity_weaned"], 1.0)
    founders = lineage.animals[lineage.animals["generation"] == 0]
    np.testing.assert_allclose(founders["expression_weaned"], 1.0)
    assert founders["care"].isna().all(), "nobody watched those that reared founders"
    assert founders["expression"].mean() == pytest.approx(lineage.pups["expression"].mean(), abs=0.01)


def as_its_kind(animal) -> float:
    """Wild types care as the reference, knockouts half as much, and not all alike."""
    more = 0.1 * seeding.generator(5, "care", animal.index).standard_normal()
    return (1.0 if animal.parameters["oxtr_gain"] > 0.0 else 0.5) + more


def test_expression_follows_the_rearing_dam_and_not_the_birth_dam(tmp_path):
    cells = {
        "wt_by_wt": {"dams": "wt", "reared_by": "others"},
        "wt_by_ko": {"dams": "wt", "reared_by": "ko_by_wt"},
        "ko_by_wt": {"dams": "ko", "reared_by": "wt_by_ko"},
        "ko_by_ko": {"dams": "ko", "reared_by": "others"},
    }
    lineage = made(tiny(cells=cells, generations=1), tmp_path, Care(as_its_kind))
    means = lineage.pups.groupby("cell")[["care", "expression_weaned", "expression"]].mean()
    for cell, care in (("wt_by_wt", 1.0), ("wt_by_ko", 0.5), ("ko_by_wt", 1.0), ("ko_by_ko", 0.5)):
        assert means.loc[cell, "care"] == pytest.approx(care, abs=0.1)
        assert (means.loc[cell, "expression_weaned"] > 0.93) == (care == 1.0)
    effects = lineage.tables["effects"].set_index(["measure", "effect"])
    reared = effects.loc[("expression", "reared by wt rather than ko")]
    born = effects.loc[("expression", "born to wt rather than ko")]
    assert reared["low"] > 0.02
    assert abs(born["difference"]) < 0.003
    split = lineage.tables["variance"].set_index(["measure", "component"])["share"]
    assert split[("expression", "rearing")] > 0.9 > 0.1 > split[("expression", "birth")]


def test_a_dam_that_is_alone_gives_half_and_her_pups_express_less(tmp_path):
    cells = {"two": {"dams": "wt"}, "one": {"dams": "wt", "carers": 1, "in_generations": 1}}
    lineage = made(tiny(cells=cells, generations=2), tmp_path, Care(lambda _: 1.0))
    care = lineage.pups.groupby(["cell", "generation"])["care"].mean()
    assert care["two"].tolist() == pytest.approx([1.0, 1.0])
    assert care["one"].tolist() == pytest.approx([0.5, 1.0]), "the treatment is that of generation 1 alone"
    founders = lineage.animals[(lineage.animals["cell"] == "one") & (lineage.animals["generation"] == 0)]
    assert founders.loc[founders["sex"] == "male", "care_given"].isna().all(), "sires of single mothers do nothing"


def test_isolation_after_weaning_leaves_load_and_lowers_the_set_point(tmp_path):
    cells = {
        "control": {"dams": "wt"},
        "alone": {"dams": "wt", "after_weaning": "isolation", "in_generations": [1]},
        "rich": {"dams": "wt", "after_weaning": "enrichment", "in_generations": [1]},
    }
    animals = made(tiny(cells=cells, generations=2), tmp_path, Care(lambda _: 1.0)).animals
    means = animals[animals["generation"] > 0].groupby(["cell", "generation"])[["load", "set_point"]].mean()
    assert means.loc[("alone", 1), "load"] > means.loc[("control", 1), "load"] > means.loc[("rich", 1), "load"]
    assert means.loc[("alone", 1), "set_point"] < 0.1 < means.loc[("control", 1), "set_point"]
    pd.testing.assert_series_equal(
        means.loc[("alone", 2)], means.loc[("control", 2)], check_names=False
    )  # nothing but care is handed on, and that is the same here


def test_litters_that_nobody_comes_to_die_and_the_others_go_on(tmp_path):
    lazy = {"wt-0-02f0", "wt-0-02m0"}
    lineage = made(tiny(), tmp_path, Care(lambda animal: 0.0 if animal.id in lazy else 1.0))
    first = lineage.animals[lineage.animals["generation"] == 1]
    assert list(first.loc[~first["survived"], "birth_litter"].unique()) == ["wt-1-02"]
    assert first.loc[~first["survived"], ["expression", "preference_day", "care_given"]].isna().all(axis=None)
    assert lineage.lost == 2
    assert len(lineage.animals[lineage.animals["generation"] == 2]) == 10


def test_a_generation_without_survivors_of_a_cell_is_one_line_and_what_is_there_stays(tmp_path):
    nobody = Care(lambda animal: 0.0 if animal.id.startswith("wt-1-") else 1.0)
    with pytest.raises(UserError, match="generation 2 of cell 'wt' has no survivors: no daughter of its 6 litters"):
        made(tiny(), tmp_path, nobody)
    assert sorted(one.name for one in (tmp_path / "tiny" / "stages").glob("*")) == [
        "generation-00.parquet",
        "generation-01.parquet",
        "reference.parquet",
    ]
    assert not (tmp_path / "tiny" / "lineage.html").exists()


def test_reference_families_that_never_care_are_refused(tmp_path):
    with pytest.raises(UserError, match="the reference families never touched their pups"):
        made(tiny(), tmp_path, Care(lambda _: 0.0))


# --- the folder


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_lineage_that_was_stopped_ends_with_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "collect_meta", lambda _seed, _table: {
        "seed": 3, "started": "2026-01-01", "command": "socialrl lineage", "versions": {}, "commit": None})  # fmt: skip
    whole = Care()
    made(tiny(), tmp_path / "whole", whole, write=None)
    assert len(whole.calls) == 4, "reference families, founders and two generations"

    stopped = Care()

    def killed_in_generation_1(assays, animals, on_steps):
        if animals[0].id.startswith("wt-1"):
            raise KeyboardInterrupt
        return preference(assays, animals, on_steps)

    with pytest.raises(KeyboardInterrupt):
        made(tiny(), tmp_path / "stopped", stopped, killed_in_generation_1)
    made(tiny(), tmp_path / "stopped", stopped, write=None)
    assert len(stopped.calls) == 3 + 2, "reference families and founders are not trained again"
    one, other = contents(tmp_path / "whole"), contents(tmp_path / "stopped")
    for found in (one, other):  # it names its own folder
        found["tiny/lineage.yaml"] = re.sub(rb"output: .*", b"", found["tiny/lineage.yaml"])
    assert one.keys() == other.keys()
    assert {"tiny/lineage.html", "tiny/animals.csv", "tiny/variance.csv", "tiny/figures/pedigree.svg"} <= one.keys()
    assert [name for name in one if one[name] != other[name]] == []


def test_a_finished_lineage_and_other_plans_are_refused(tmp_path):
    made(tiny(generations=1), tmp_path)
    (tmp_path / "tiny" / "lineage.json").write_text("{}")
    with pytest.raises(UserError, match="holds a lineage; choose another name, or replace it with --overwrite"):
        made(tiny(generations=1), tmp_path)
    (tmp_path / "tiny" / "lineage.json").unlink()
    with pytest.raises(UserError, match=r"another plan \(seed: 3 there, 4 here\)"):
        made(tiny(generations=1, seed=4), tmp_path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files but no lineage"):
        made(tiny(name="other"), tmp_path)
    assert [one.name for one in (tmp_path / "other").iterdir()] == ["notes.txt"]
