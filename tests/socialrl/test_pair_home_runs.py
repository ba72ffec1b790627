"""Two at home as an experiment: who may live with whom, training, tests, pictures, and strangers behind a shut door."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from socialrl.analysis.synchrony import over_repeats
from socialrl.animals.animal import animals_of
from socialrl.animals.companions import FrozenCompanionsEnv, frozen_companions
from socialrl.animals.policies import FrozenPolicies
from socialrl.config.loading import Config, config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run, play_tests
from socialrl.evaluation.series import SeriesRecorder
from socialrl.film import films
from socialrl.progress import Silent
from socialrl.report import account, protocol_summary, protocols, tables, terminal_summary, write_report
from socialrl.report.study import load
from socialrl.report.summary import summarise
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run

EXAMPLE = "configs/pair_home.yaml"
SMALL = ["animals=4", "steps=256", "lives=2", "ppo.n_steps=64", "ppo.batch_size=64", "ppo.net_arch=[8]",
         "env.duration_s=3600", "probes.every_steps=128", "evaluation.repeats=1",
         "evaluation.duration_s=7200"]  # fmt: skip
MATES = [
    "genotypes={f: {oxtr_gain: 1, sex: female}, m: {oxtr_gain: 1, sex: male}}",
    "habitats={wt: [f, m]}",
    "env.reset.relationship=mate",
    "probes.tests=[{name: bonded, cohousing_h: 168, relationship: mate}]",
    "evaluation.tests=[{name: bonded, cohousing_h: 168, relationship: mate, session: together}]",
]


def refusal(*overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load_config(EXAMPLE, list(overrides))
    return str(caught.value)


def test_the_example_has_two_in_a_home_and_strangers_behind_a_door() -> None:
    config = load_config(EXAMPLE)
    animals = animals_of(config)
    assert [one.habitat for one in animals[:4]] == ["wt-0", "wt-0", "wt-1", "wt-1"]
    assert {test.name: (test.cohousing_h, test.session) for test in config.evaluation.tests}["apart"] == (0, "apart")


def test_relationship_and_sexes_that_do_not_fit_are_refused_in_one_line() -> None:
    told = refusal("env.reset.relationship=mate")
    assert "env.reset.relationship must be peer where the two of wt are of one sex, got mate" in told
    assert "make a group of females and one of males" in told
    assert "env.reset.relationship must be mate where the two of wt are a female and a male, got peer" in refusal(
        *MATES[:2]
    )
    assert "evaluation.tests.1.relationship must be mate" in refusal(
        *MATES[:4], "evaluation.tests=[{name: a, cohousing_h: 1, relationship: mate}, {name: b, cohousing_h: 1}]"
    )
    assert "give each one sex" in refusal(MATES[0].replace("female", "mixed"), MATES[1])
    assert "animals must be a multiple of 2" in refusal("animals=5")
    for line in (told, refusal(*MATES[:2])):
        assert "\n" not in line


@pytest.fixture(scope="module")
def mates(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    config = load_config(EXAMPLE, [*SMALL, *MATES, f"output={tmp_path_factory.mktemp('mates')}"])
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={}) as run:
        train_run(config, run, progress=Silent())
        evaluate_run(run, progress=Silent())
        write_report([run])
    return run


def test_mates_learn_are_tested_and_reported(mates: RunFolder) -> None:
    table = mates.read_table("evaluation")
    assert list(table["genotype"]) == ["f", "m"] * 2
    assert (table["mating"]).all()
    np.testing.assert_array_equal(table["contact_s_partner"][::2], table["contact_s_partner"][1::2])
    assert set(mates.read_table("synchrony")["genotype"]) == {"f + m"}
    assert set(mates.read_table("synchrony")["sex"]) == {"female + male"}
    page = (mates.path / "report.html").read_text(encoding="utf-8")
    assert "Contact with the cage mate" in page
    assert "Who falls into step?" in page
    networks = [mates.path / "models" / f"wt-{number:02d}.safetensors" for number in range(4)]
    assert len({one.read_bytes() for one in networks}) == 4


def test_one_of_them_can_be_replaced_and_filmed(mates: RunFolder, tmp_path: Path) -> None:
    env = FrozenCompanionsEnv(frozen_companions(mates, "wt-01"), oxtr_gain=0.0)
    env.reset(seed=1)
    assert env.observation_names[0].endswith("nest")
    assert env.world.sexes.tolist() == [1, 0]  # the male was replaced
    png = tmp_path / "home.png"
    films.render_test(mates, animal="wt-01", session="apart", png=png, every_s=1800.0)
    assert png.exists()


@pytest.fixture
def tested(tmp_path: Path) -> RunFolder:
    """Four animals of one group in two homes, with a test and a protocol; cage mates share their contact."""
    config = load_config(EXAMPLE, ["animals=4", "genotypes={wt: {oxtr_gain: 1}}", f"output={tmp_path}"])
    share = {"wt-0": 0.2, "wt-1": 0.6}
    rows = pd.DataFrame(
        {
            **one.common(),
            "steps": 1,
            "test": "home",
            "assay": config.env.id,
            "repeat": repeat,
            "return": float(one.index),
            "contact_s_partner": share[one.habitat] * 100.0,
            "duration_s": 100.0,
            "cohousing_h": 24.0,
            "relationship": "peer",
            "separation_h": 0.0,
            "session": "together",
        }
        for one in animals_of(config)
        for repeat in range(2)
    )
    with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={}) as run:
        run.write_table("animals", pd.DataFrame({**one.common(), "finished": True} for one in animals_of(config)))
        run.write_table("evaluation", rows)
        run.write_table("protocol_days", rows.assign(history="p", phase=1), csv=True)
        run.finish()
    return run


def test_the_pair_is_the_replicate_wherever_animals_are_counted(tested: RunFolder) -> None:
    for summary in (protocol_summary(tested, "protocol_days"), terminal_summary(tested)):
        head, line = summary.splitlines()[1:3]
        assert (head.split()[-1], line.split()[-1]) == ("pairs", "2"), summary
        assert " 0.40 [" in line
    study = load([tested])
    (of_protocol,) = protocols.table(protocols.played_of(study, tested, "protocol_days"))
    (of_run,) = tables.measured(summarise(study))
    for table in (of_protocol, of_run):
        assert [cell.text for cell in table.rows[0]][2] == "2"
        assert "Means over pairs of cage mates" in table.note
        assert "n: pairs of cage mates" in table.note
    plate = protocols.plate(protocols.played_of(study, tested, "protocol_days"))
    assert "interval over pairs of cage mates" in plate.caption
    assert "has 2 pairs of cage mates per group. Below 6" in account.warnings(study)[0]


def networks(n: int) -> list[dict[str, np.ndarray]]:
    """Networks that do anything, each with inclinations of its own."""
    rng = np.random.default_rng(5)
    return [
        {
            "mlp_extractor.policy_net.0.weight": rng.normal(0, 0.1, (4, 18)).astype(np.float32),
            "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
            "action_net.weight": rng.normal(0, 1, (4, 4)).astype(np.float32),
            "action_net.bias": np.array([0.0, 0.5, 1.0, -1.0], np.float32),
        }
        for _ in range(n)
    ]


def series_of(config: Config, test: str) -> pd.DataFrame:
    animals, series = animals_of(config), SeriesRecorder()
    tests = [one for one in config.evaluation.tests if one.name == test]
    play_tests(config, animals, FrozenPolicies(networks(len(animals))), tests, repeats=1, purpose="evaluation",
               steps=0, series=series)  # fmt: skip
    return series.table()


def test_two_strangers_behind_shut_doors_have_no_synchrony() -> None:
    config = load_config(EXAMPLE, ["animals=32", "genotypes={wt: {oxtr_gain: 1}}", "env.duration_s=43200"])
    pairs = over_repeats(series_of(config, "apart"))
    whole = pairs[pairs["hour"].isna()]
    assert (whole["contact_share"] == 0.0).all()
    tested = 0
    for (name, form), rows in whole.groupby(["series", "form"]):
        for kind in ("index_pseudo", "index_shift"):
            values = rows[kind].dropna()
            if len(values):
                tested += 1
                assert abs(values.mean()) <= 3.5 * values.std() / np.sqrt(len(values)), (name, form, kind)
    assert tested >= 12
    # in contact with nobody, and no oxytocin: nothing to compare
    assert whole.loc[whole["series"].isin(["in_contact", "oxytocin"]), "index_pseudo"].isna().all()
