"""Mixed habitats: which genotypes live together, what animals are called, and a whole experiment with them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from socialrl.analysis.association import OWN_KIND, share_of_partner
from socialrl.animals.animal import animals_of, ids_by_group
from socialrl.animals.policies import load_policy
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.progress import Silent
from socialrl.report import write_report
from socialrl.storage.run_folder import RunFolder
from socialrl.tensorboard.results import write_results
from socialrl.training.run import train_run

EXAMPLE = "configs/mixed_habitat.yaml"
SMALL = ["steps=256", "lives=2", "ppo.n_steps=64", "ppo.batch_size=64", "ppo.net_arch=[8]", "env.duration_s=3600",
         "probes.every_steps=128", "evaluation.repeats=1"]  # fmt: skip
TWO = "habitats={wt: [wt,wt,wt,wt,wt,wt,wt,wt], mixed: [wt,ko,wt,ko,ko,ko,ko,wt]}"
MIXED = ["wt", "ko", "wt", "ko", "ko", "ko", "ko", "wt"]


def refusal(*overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load_config(EXAMPLE, overrides)
    return str(caught.value)


def test_animals_are_called_after_their_habitat_and_keep_their_own_genotype() -> None:
    animals = animals_of(load_config(EXAMPLE, [TWO, "animals=16"]))
    mixed = [one for one in animals if one.habitat_type == "mixed"]
    assert [one.id for one in mixed] == [f"mixed-{i:02d}" for i in range(16)]
    assert [one.genotype for one in mixed] == MIXED * 2
    assert [one.habitat for one in mixed] == ["mixed-0"] * 8 + ["mixed-1"] * 8
    assert [one.oxtr_gain for one in mixed[:2]] == [1.0, 0.0]
    common = mixed[9].common()
    assert list(common) == ["animal", "genotype", "oxtr_gain", "index", "sex", "habitat_type", "habitat"]
    assert (common["genotype"], common["habitat"], common["index"]) == ("ko", "mixed-1", 9)


def test_groups_are_genotypes_in_one_kind_of_habitat() -> None:
    groups = ids_by_group(animals_of(load_config(EXAMPLE, [TWO])))
    assert list(groups) == ["wt", "wt_in_mixed", "ko_in_mixed"]
    assert groups["wt_in_mixed"] == ["mixed-00", "mixed-02", "mixed-07"]
    assert len(groups["wt"]) == 8
    alone = animals_of(load_config("configs/smoke.yaml"))
    assert list(ids_by_group(alone)) == ["wt", "ko"]
    assert "habitat" not in alone[0].common()


def test_the_example_has_every_animal_as_wild_type_and_as_knockout() -> None:
    animals = animals_of(load_config(EXAMPLE))
    for kinds in (("wt", "ko"), ("mixed", "mirrored")):
        for index in range(8):
            own = [one for one in animals if one.habitat_type in kinds and one.index == index]
            assert sorted(one.genotype for one in own) == ["ko", "wt"]
            factors = [{k: v for k, v in one.parameters.items() if k != "oxtr_gain"} for one in own]
            assert factors[0] == factors[1]  # the same individual but for its gain


def test_without_habitats_each_genotype_lives_by_itself() -> None:
    config = load_config("configs/group_habitat.yaml")
    assert config.habitats == {}
    written_out = load_config(
        "configs/group_habitat.yaml", [f"habitats.{g}=[{','.join([g] * 8)}]" for g in config.genotypes]
    )
    assert animals_of(written_out) == animals_of(config)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["habitats.mixed=[wt,ko]"],
            "habitats.mixed must name the genotypes of 8 animals in order (0 and 1 are cage mates, 2 and 3, …), got 2",
        ),
        (
            ["habitats.mixed=[wt,wt,wt,wt,ko,ko,ko,k]"],
            "habitats.mixed is not usable: unknown genotype 'k'; known: wt, ko",
        ),
        (["habitats.mixed=wt"], "habitats.mixed must be a list, got the text 'wt'"),
        (
            ["habitats.a-b=[wt,wt,wt,wt,ko,ko,ko,ko]"],
            "habitats has a group called 'a-b'; a group's name is made of letters, digits and underscores",
        ),
        (
            ["habitats.wt=[wt,wt,wt,wt,ko,ko,ko,ko]"],
            "habitats.wt has the name of a genotype but holds other animals (wt, ko); rename it",
        ),
        (
            ["genotypes.het={oxtr_gain: 0.5}"],
            "genotypes.het is in no habitat; add it to one of the habitats (wt, ko, mixed, mirrored) or remove the "
            "group",
        ),
        (
            ["env.id=socialrl/GroupMember-v0"],
            "habitats can be set only for assays in which several animals act (socialrl/GroupHabitat-v0, "
            "socialrl/PairHome-v0, socialrl/SharedCaregiving-v0); in socialrl/GroupMember-v0 one animal acts",
        ),
        (
            ["animals=12"],
            "animals must be a multiple of 8, the number of animals in one socialrl/GroupHabitat-v0, got 12",
        ),
        (
            ["engine=sb3"],
            "engine must be cohort in socialrl/GroupHabitat-v0, whose animals live and learn in one world, got sb3",
        ),
    ],
)
def test_impossible_habitats_are_refused_in_one_line(overrides: list[str], message: str) -> None:
    assert refusal(*overrides) == f"command line: {message}"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    return trained(tmp_path_factory.mktemp("mixed"), TWO)


def trained(folder, *overrides: str) -> RunFolder:
    config = load_config(EXAMPLE, [*SMALL, f"output={folder}", *overrides])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": config.seed}) as run:
        train_run(config, run, progress=Silent())
        evaluate_run(run, progress=Silent())
    return run


@pytest.mark.slow
def test_tables_say_who_lived_where(run) -> None:
    for name in ("animals", "episodes", "probes", "evaluation", "events"):
        table = run.read_table(name)
        own = table.drop_duplicates("animal").set_index("animal")
        assert len(own) == 16, name
        assert own.loc["mixed-07", ["genotype", "habitat_type", "habitat"]].tolist() == ["wt", "mixed", "mixed-0"]
        assert own.loc["mixed-06", "genotype"] == "ko"
    assert run.config.habitats["mixed"] == tuple(MIXED)


@pytest.mark.slow
def test_each_animal_has_its_own_gain_in_the_shared_world(run) -> None:
    """Without a receptor there is no receptor signal to feel: bonds of knockouts begin weaker, mate by mate."""
    rows = run.read_table("evaluation").set_index("animal")
    start = rows["familiarity_start_partner"]
    for index, genotype in enumerate(MIXED):
        mixed, wild = start[f"mixed-{index:02d}"], start[f"wt-{index:02d}"]
        # the same individual after the same cohousing: the same bond as a wild type, a weaker one as a knockout
        assert (mixed == wild) if genotype == "wt" else (mixed < wild)


@pytest.mark.slow
def test_animals_of_equal_number_share_their_streams(run) -> None:
    animals = run.read_table("animals").set_index("animal")
    rows = run.read_table("evaluation").set_index("animal")
    for index in range(8):
        one, other = f"wt-{index:02d}", f"mixed-{index:02d}"
        assert animals.loc[one, "seed"] == animals.loc[other, "seed"]
        assert rows.loc[one, "seed"] == rows.loc[other, "seed"]
        assert rows.loc[one, "reward_noise"] == rows.loc[other, "reward_noise"]


@pytest.mark.slow
def test_a_habitat_is_the_same_whatever_others_are_in_the_experiment(run, tmp_path) -> None:
    alone = trained(tmp_path, "habitats={mixed: [wt,ko,wt,ko,ko,ko,ko,wt]}")
    for name, weights in load_policy(alone.models / "mixed-03.safetensors").items():
        np.testing.assert_allclose(
            load_policy(run.models / "mixed-03.safetensors")[name], weights, rtol=1e-4, atol=1e-5
        )


@pytest.mark.usefixtures("unrendered")
@pytest.mark.slow
def test_results_go_by_group_and_a_report_can_be_written(run) -> None:
    write_results(run)
    assert {path.name for path in run.tb.iterdir()} >= {"cohort", "wt", "wt_in_mixed", "ko_in_mixed"}
    assert "ko" not in {path.name for path in run.tb.iterdir()}
    page = write_report([run]).read_text(encoding="utf-8")
    assert "Does a pair stay together in a group?" in page
    assert "knockout (bonded: in mixed habitats)" in page
    assert "tested yet" not in page
    assert (run.path / "figures" / "fig_habitat.svg").exists()


def test_the_partners_share_counts_pairs_not_animals() -> None:
    """By hand: a pair in its own kind's habitat, a pair of two genotypes in a mixed one; two repeats, 48 hours."""

    def rows(animal: str, genotype: str, kind: str, index: int, partner_s: float, others_s: float) -> list[dict]:
        hourly = {"partner_s_hourly": [partner_s] * 24 + [0.0] * 24, "others_s_hourly": [others_s] * 48}
        common = {"animal": animal, "genotype": genotype, "oxtr_gain": 1.0, "index": index, "test": "bonded"}
        return [{**common, "habitat_type": kind, "habitat": f"{kind}-0", "repeat": k, **hourly} for k in range(2)]

    records = [
        *rows("wt-00", "wt", "wt", 0, 600.0, 100.0), *rows("wt-01", "wt", "wt", 1, 600.0, 500.0),
        *rows("mixed-02", "wt", "mixed", 2, 300.0, 300.0), *rows("mixed-03", "ko", "mixed", 3, 300.0, 900.0),
    ]  # fmt: skip
    table = share_of_partner(pd.DataFrame(records)).set_index(["company", "genotype", "pair"]).sort_index()
    assert sorted(set(table.index)) == [
        ("mixed", "ko", "mixed-0/1"),
        ("mixed", "wt", "mixed-0/1"),
        (OWN_KIND, "wt", "wt-0/0"),
    ]
    early, late = table[table["hour"] < 24], table[table["hour"] >= 24]
    assert table.loc[(OWN_KIND, "wt"), "hour"].tolist() == [2.0 * k + 1.0 for k in range(24)]
    assert early.loc[(OWN_KIND, "wt"), "share"].unique() == pytest.approx([1200 / 1800])
    assert early.loc[("mixed", "wt"), "share"].unique() == pytest.approx([0.5])
    assert early.loc[("mixed", "ko"), "share"].unique() == pytest.approx([0.25])
    assert (late["share"] == 0.0).all()
