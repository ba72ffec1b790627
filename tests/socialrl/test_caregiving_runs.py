"""Carers as an experiment: training, tests, pictures and report, of one carer and of a mother and a father."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from socialrl.animals.companions import FrozenCompanionsEnv, frozen_companions, random_companions
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.film import films
from socialrl.progress import Silent
from socialrl.report import write_report
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run
from socialrl_envs.assays.caregiving import SHARED_CAREGIVING
from socialrl_envs.litters import families

SMALL = ["animals=2", "steps=256", "lives=2", "ppo.n_steps=64", "ppo.batch_size=64", "ppo.net_arch=[8]",
         "env.duration_s=900", "probes.every_steps=128", "evaluation.repeats=1",
         "evaluation.duration_s=3600"]  # fmt: skip


def trained(example: str, folder: Path) -> RunFolder:
    config = load_config(f"configs/{example}.yaml", [*SMALL, f"output={folder}"])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={}) as run:
        train_run(config, run, progress=Silent())
        evaluate_run(run, progress=Silent())
        write_report([run])
    return run


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained("caregiving", tmp_path_factory.mktemp("alone"))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return trained("shared_caregiving", tmp_path_factory.mktemp("both"))


def test_a_carer_learns_is_tested_and_reported(alone: RunFolder) -> None:
    table = alone.read_table("evaluation")
    assert list(table["genotype"]) == ["wt", "wt", "ko", "ko"]
    assert {"reward_care", "reward_hunger", "care_received", "licking_s", "litter_alone_s"} <= set(table.columns)
    terms = [name for name in table if name.startswith("reward_")]
    np.testing.assert_allclose(table[terms].sum(axis=1), table["return"])
    page = (alone.path / "report.html").read_text(encoding="utf-8")
    for words in ("Contact with the litter", "Licking", "Latency to return", "Time in the nest"):
        assert words in page, words
    assert "lick" in set(alone.read_table("traces")["action"]) | {"lick"}
    assert len(families(table, carers=1).care) == 4


def test_a_mother_and_a_father_share_a_litter(both: RunFolder) -> None:
    table = both.read_table("evaluation")
    assert list(table["genotype"]) == ["wt_mother", "wt_father", "ko_mother", "ko_father"]
    assert table["mating"].all()
    np.testing.assert_array_equal(table["litter_contact_s"][::2], table["litter_contact_s"][1::2])
    assert set(both.read_table("synchrony")["genotype"]) == {"wt_father + wt_mother", "ko_father + ko_mother"}
    assert len(families(table, carers=2).care) == 2
    page = (both.path / "report.html").read_text(encoding="utf-8")
    assert "Time that the litter is attended" in page


def test_carers_can_be_filmed_and_one_of_two_be_replaced(alone: RunFolder, both: RunFolder, tmp_path: Path) -> None:
    for run, animal in ((alone, "wt-01"), (both, "ko-00")):
        png = tmp_path / f"{animal}.png"
        films.render_test(run, animal=animal, png=png, every_s=600.0)
        assert png.exists()
    for companions in (frozen_companions(both, "wt-01"), random_companions(SHARED_CAREGIVING)):
        env = FrozenCompanionsEnv(companions, sex="male", relationship="mate") if companions.world == {} else (
            FrozenCompanionsEnv(companions, oxtr_gain=0.0)
        )  # fmt: skip
        env.reset(seed=1)
        assert env.action_names[-1] == "lick"
        assert "reward_terms" in env.step(6)[4]


def test_what_does_not_fit_is_refused_in_one_line() -> None:
    for example, override, told in (
        ("shared_caregiving", "animals=5", "animals must be a multiple of 2"),
        ("shared_caregiving", "env.reset.relationship=peer", "env.reset.relationship must be mate"),
        ("shared_caregiving", "engine=sb3", "engine must be cohort in socialrl/SharedCaregiving-v0"),
        ("caregiving", "habitats={wt: [wt, wt]}", "habitats can be set only for assays in which several animals act"),
        ("caregiving", "env.id=socialrl/Caregivin-v0", "did you mean 'socialrl/Caregiving-v0'"),
        ("caregiving", "env.parameters={lick_costs: 1}", "did you mean 'lick_cost'"),
    ):
        with pytest.raises(UserError) as caught:
            load_config(f"configs/{example}.yaml", [override])
        assert told in str(caught.value)
        assert "\n" not in str(caught.value)
