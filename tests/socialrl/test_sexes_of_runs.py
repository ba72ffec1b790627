"""The sex of animals from the configuration to the page: who is of which, what tests offer, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from synthetic_run import write_run
from test_protocol_files import PPT, begun, cohouse, network, planned

from socialrl.animals.animal import Animal, animals_of, animals_recorded, per_row
from socialrl.animals.companions import FrozenCompanions, FrozenCompanionsEnv
from socialrl.animals.policies import FrozenPolicies
from socialrl.animals.rows import Lineup
from socialrl.config.loading import Config, load_config, load_recording
from socialrl.errors import UserError
from socialrl.evaluation.playing import evaluate_run
from socialrl.evaluation.unmet import Demand, unmet
from socialrl.findings import load_registry
from socialrl.findings.contrasts import evaluate
from socialrl.progress import Silent
from socialrl.protocols.evaluating import evaluate_protocol
from socialrl.report.between import run_contrasts
from socialrl.report.study import load
from socialrl.report.summary import summarise
from socialrl.reproduction.groups import registered
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run
from socialrl_envs import ASSAYS
from socialrl_envs.parameters import parameter
from socialrl_envs.vocabulary import SEXES

SMOKE, HABITAT = "configs/smoke.yaml", "configs/mixed_habitat.yaml"
BOTH = ["genotypes.wt.sex=mixed", "genotypes.ko.sex=mixed"]
TINY = ["steps=256", "lives=2", "ppo.n_steps=64", "ppo.batch_size=64", "ppo.net_arch=[8]", "env.duration_s=1800",
        "probes.every_steps=256", "probes.tests=[{name: a, cohousing_h: 24}]", "engine=cohort"]  # fmt: skip


def refusal(file: str, *overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load_config(file, overrides)
    return str(caught.value).removeprefix("command line: ")


# --- who is of which sex


def test_a_mixed_group_alternates_and_equal_numbers_are_of_one_sex_in_all_groups() -> None:
    animals = animals_of(load_config(SMOKE, [*BOTH, "animals=5"]))
    for genotype in ("wt", "ko"):
        assert [one.sex for one in animals if one.genotype == genotype] == [
            "female",
            "male",
            "female",
            "male",
            "female",
        ]
    plain = animals_of(load_config(SMOKE, ["genotypes.ko.sex=male"]))
    assert {one.genotype: one.sex for one in plain} == {"wt": "female", "ko": "male"}


def test_a_male_is_the_same_individual_as_the_female_of_its_number() -> None:
    females, males = (animals_of(load_config(SMOKE, [f"genotypes.wt.sex={sex}", "animals=4"])) for sex in SEXES)
    assert [one.parameters for one in males] == [one.parameters for one in females]
    assert {one.sex for one in males if one.genotype == "wt"} == {"male"}


def test_parameters_may_be_given_by_sex() -> None:
    given = ["env.parameters.stress_cost={female: 0.1, male: 0.2}", "genotypes.ko.parameters.move_cost={male: 0.4}"]
    config = load_config(SMOKE, [*BOTH, *given])
    animals = animals_of(config)
    assert [one.parameters["stress_cost"] for one in animals] == [0.1, 0.2] * 2
    # a parameter in which individuals of the table do not differ, so that nobody else has one of its own
    assert ["move_cost" in one.parameters for one in animals] == [False, False, False, True]
    usual = parameter("move_cost").value
    assert per_row(animals, 2)["move_cost"] == [usual] * 6 + [0.4] * 2
    assert load_config(SMOKE, [*BOTH, *given]) == config
    with pytest.raises(TypeError):
        config.env.parameters["stress_cost"]["male"] = 1.0
    assert refusal(SMOKE, "env.parameters.stress_cost={male: 99}").startswith(
        "env.parameters.stress_cost.male is not usable: parameter 'stress_cost' is out of range"
    )
    assert refusal(SMOKE, "env.parameters.stress_cost={males: 1}") == (
        "env.parameters.stress_cost must be one number, or numbers by sex (female, male), got a mapping"
    )


def test_in_a_habitat_cages_alternate_and_cage_mates_are_of_one_sex() -> None:
    config = load_config("configs/group_habitat.yaml", ["genotypes.wt.sex=mixed", "animals=16"])
    own = [one for one in animals_of(config) if one.genotype == "wt"]
    assert [one.sex for one in own] == ["female", "female", "male", "male"] * 4
    lineup = Lineup(ASSAYS[config.env.id], own, 3)
    sexes = np.array(lineup.arguments()["sex"])
    assert sexes.reshape(6, 8).tolist() == [["female", "female", "male", "male"] * 2] * 6, "world by world"


@pytest.mark.parametrize(
    ("file", "overrides", "message"),
    [
        (
            SMOKE,
            ["genotypes.wt.sex=males"],
            "genotypes.wt.sex must be female (all females), male (all males) or mixed (females and males in turn, cage "
            "by cage where several live together), got the text 'males'; did you mean 'male'?",
        ),
        (
            SMOKE,
            ["env.reset.stranger_sex=[same, opposite]"],
            "env.reset.stranger_sex must be as_partner (the sex of the partner), same (the sex of the tested animal) "
            "or other (the other sex than that of the tested animal), got the text 'opposite'",
        ),
        (
            HABITAT,
            ["env.reset.stranger_sex=other"],
            "env.reset.stranger_sex must be as_partner in socialrl/GroupHabitat-v0, where there is no stranger, got "
            "other",
        ),
        (
            "configs/social_operant.yaml",
            ["evaluation.tests=[{name: a, cohousing_h: 1, session: partner, stranger_sex: other}]"],
            "evaluation.tests.0.stranger_sex must be as_partner in the session partner, where there is no stranger, "
            "got other",
        ),
        (
            HABITAT,
            ["genotypes.ko.sex=male", "habitats={mixed: [wt, ko, ko, ko, wt, wt, ko, ko]}"],
            "habitats.mixed has wt (female) and ko (male) as cage mates, animals 0 and 1, which are of one sex; give "
            "both groups the same sex",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(file: str, overrides: list[str], message: str) -> None:
    assert refusal(file, *overrides) == message


def test_companions_keep_their_sexes_and_the_newcomer_is_of_that_of_its_cage_mate() -> None:
    none: tuple[dict[str, float], ...] = ({},) * 7
    sexes = ("male", "female", "female", "male", "male", "male", "male")
    policies = FrozenPolicies([network(75, 16)] * 7)
    env = FrozenCompanionsEnv(FrozenCompanions(tuple("abcdefg"), policies, none, none, {}, sexes))
    env.reset(seed=0)
    assert env.world.batch.animals["sex"][0].tolist() == [SEXES.index(one) for one in ("male", *sexes)]


def test_a_recording_has_the_sexes_of_its_groups_or_halves_of_its_key() -> None:
    def recorded(*overrides: str) -> dict[str, list[str]]:
        config = load_recording("configs/oxytocin_release.yaml", ["animals=4", *overrides])
        animals = animals_recorded(config, config.sex, {name: one.sex for name, one in config.genotypes.items()})
        return {name: [one.sex for one in animals if one.genotype == name] for name in config.genotypes}

    halves = ["female", "female", "male", "male"]
    assert recorded() == {"wt": halves, "het": halves, "ko": halves}
    assert recorded("genotypes.wt.sex=male", "genotypes.het.sex=mixed") == {
        "wt": ["male"] * 4, "het": ["female", "male"] * 2, "ko": halves,
    }  # fmt: skip


# --- protocols


def test_a_protocol_offers_a_stranger_of_the_other_sex_to_animals_of_either() -> None:
    config = load_config(SMOKE, ["env.duration_s=600"])
    other = {"assay": {**PPT["assay"], "stranger_sex": "other"}}
    for own, sex in enumerate(SEXES):
        env = begun(config, [cohouse(6), other], Animal("wt-00", "wt", 1.0, 0, sex=sex))
        assert env.world.batch.animals["sex"][0].tolist() == [own, own, 1 - own]


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (
            [{"assay": {"id": "SocialOperant", "with": "partner", "stranger_sex": "other"}}],
            "phase 1 (assay): stranger_sex needs a stranger in this assay, and there is none; leave it out, got other",
        ),
        (
            [
                cohouse(6),
                {"assay": {**PPT["assay"], "name": "a"}},
                {"assay": {**PPT["assay"], "name": "b", "stranger": "same", "stranger_sex": "other"}},
            ],
            "phase 3 (assay): the stranger must be of the same sex (relationship peer, or stranger_sex same), as it "
            "was before, got the other sex",
        ),
    ],
)
def test_a_stranger_that_cannot_be_is_refused_with_its_phase(phases: list[dict], message: str) -> None:
    with pytest.raises(UserError) as caught:
        planned(load_config(SMOKE), phases)
    assert str(caught.value) == f"protocol: {message}"


# --- what was never met


def test_a_stranger_of_a_sex_that_no_network_met_is_noted() -> None:
    def told(word: str, *reset: str, relationship: str = "peer") -> list[str]:
        config = load_config(SMOKE, [f"env.reset.{one}" for one in reset])
        return unmet(config, [Demand("a", config.env.id, relationship, stranger_sex=word)])

    assert told("as_partner") == told("same") == []
    assert told("other") == [
        "no animal of this run with a peer met a stranger of the other sex in training, which the test a requires; "
        "train with env.reset.stranger_sex=[as_partner, other]"
    ]
    assert told("other", "stranger_sex=[same, other]") == []
    assert told("other", "relationship=[peer, mate]") == told("other"), "only mates were met with such a stranger"
    assert told("other", "relationship=[peer, mate]", relationship="mate") == []


# --- a run, its tables and its page


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A trained and tested run of females and males that met strangers of both sexes."""
    from socialrl.config.loading import config_to_yaml

    tests = "[{name: a, cohousing_h: 24}, {name: b, cohousing_h: 24, stranger_sex: other}]"
    config = load_config(
        SMOKE, [*TINY, *BOTH, "animals=4", "env.reset.stranger_sex=[same, other]", f"evaluation.tests={tests}"]
    )
    with RunFolder.create(
        tmp_path_factory.mktemp("sexes") / "run", config_yaml=config_to_yaml(config), meta={"seed": 1}
    ) as folder:
        train_run(config, folder, progress=Silent())
        evaluate_run(folder, progress=Silent())
    return folder


def test_every_table_says_the_sex_and_tests_that_of_the_stranger(run: RunFolder, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("name: p\nphases:\n  - cohouse: {hours: 6}\n  - assay: {id: PartnerPreference, "
                    "with: [partner, stranger], stranger_sex: other}\n")  # fmt: skip
    evaluate_protocol(run, file, events=True, progress=Silent())
    expected = {f"{name}-{k:02d}": SEXES[k % 2] for name in ("wt", "ko") for k in range(4)}
    for name in ("animals", "episodes", "probes", "evaluation", "traces", "protocol_p", "events_p"):
        table = run.read_table(name)
        assert {**expected, **dict(zip(table["animal"], table["sex"], strict=True))} == expected, name
    tested = run.read_table("evaluation")
    assert dict(zip(tested["test"], tested["stranger_sex"], strict=True)) == {"a": "same", "b": "other"}
    assert set(run.read_table("protocol_p")["stranger_sex"]) == {"other"}
    assert set(run.read_table("episodes")["stranger_sex"]) == {"same", "other"}


def test_the_page_shows_females_and_males_apart_and_a_stranger_of_the_other_sex_as_another_test(run: RunFolder) -> None:
    study = load([run])
    names = ["wild type, females", "wild type, males", "knockout, females", "knockout, males"]
    assert [group.name for group in study.groups] == names
    assert len({group.colour for group in study.groups}) == 4
    assert [(one.name, other.name) for one, other in study.comparisons()] == [
        (names[2], names[0]),
        (names[3], names[1]),
    ]
    assert study.key_condition().test == "a"
    assert {one.test: one.label for one in study.conditions} == {
        "a": "24 h", "b": "24 h, peer, stranger of the other sex",
    }  # fmt: skip
    contrasts = [row for row in summarise(study).contrasts if row.condition.test == "a" and row.measure == "preference"]
    assert [(row.group.sex, row.paired.n <= 2) for row in contrasts] == [("female", True), ("male", True)]
    assert len(study.of(study.final, study.groups[1])) == 4  # two animals in two tests


def with_sexes(path: Path, sex: str) -> RunFolder:
    folder = RunFolder.open(write_run(path, animals=8, probe_steps=(0, 25_000), cohousing_h=(24,)))
    folder.write_table("evaluation", folder.read_table("evaluation").assign(sex=sex))
    return folder


def test_runs_of_females_and_of_males_are_not_taken_for_one_group(tmp_path: Path) -> None:
    study = load([with_sexes(tmp_path / "one", "female"), with_sexes(tmp_path / "two", "male")])
    tested = {(group.run, group.sex) for group in study.groups_in(study.final)}
    assert tested == {("one", "female"), ("two", "male")}
    assert run_contrasts(study) == []


def test_a_run_of_before_reads_as_females(tmp_path: Path) -> None:
    folder = RunFolder.open(write_run(tmp_path / "old", animals=3, probe_steps=(0, 25_000), cohousing_h=(24,)))
    assert "sex" not in pd.read_parquet(folder.path / "evaluation.parquet")
    for name in ("animals", "probes", "evaluation", "traces"):
        table = folder.read_table(name)
        assert list(table)[list(table).index("index") + 1] == "sex"
        assert set(table["sex"]) == {"female"}
    assert [group.sex for group in load([folder]).groups] == [""] * len(load([folder]).groups)


# --- findings


def with_males() -> dict[str, object]:
    side = {"group": "other_males", "conditions": "cohoused_24h"}
    return {
        "groups": {"other_males": {"oxtr_gain": 1.0, "names": ["other_males"], "sex": "male"}},
        "findings": [
            {
                "id": "U01", "title": "A", "statement": "A", "source": {"citation": "B 2001", "doi": None},
                "grade": "B", "confidence": "high", "use": "predicted", "question": "bond", "may_fail": "C",
                "contrasts": [{"says": "x", "kind": "against", "measure": "preference", "this": side, "value": 0.5,
                               "expected": "higher"}],
            }
        ],
    }  # fmt: skip


def test_a_group_of_males_is_trained_as_males_and_only_males_count() -> None:
    registry = load_registry().adding(with_males())
    (males,) = [one for one in registered(registry) if one.name == "other_males"]
    assert males.section()["sex"] == "male"
    (contrast,) = registry.finding("U01").contrasts
    rows = pd.DataFrame(
        {"genotype": "other_males", "oxtr_gain": 1.0, "test": "cohoused_24h", "index": [0, 1], "repeat": 0,
         "sex": list(SEXES), "huddle_s_partner": [0.0, 30.0], "huddle_s_stranger": [30.0, 10.0]}
    )  # fmt: skip
    effect = evaluate(contrast, {"PartnerPreference": rows}, registry)
    assert (effect.difference.value, effect.n) == (0.25, 1)
    females = evaluate(contrast, {"PartnerPreference": rows[rows["sex"] == "female"]}, registry)
    assert females.missing == "test cohoused_24h has no row of other_males with sex male"


def test_a_group_of_males_trains_in_every_assay() -> None:
    for file in ("configs/partner_preference.yaml", "configs/group_habitat.yaml", "configs/stranger_encounter.yaml"):
        config: Config = load_config(file, ["genotypes.wt.sex=male"])
        assert {one.sex for one in animals_of(config) if one.genotype == "wt"} == {"male"}
