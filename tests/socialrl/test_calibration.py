"""Calibration: populations, emulator, recovery of known parameters, the verb's files."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from described_tables import undescribed
from figure_words import touching, words
from synthetic_voles import CONTACT, EXPLORE, N_FREE, SELECTIVE, SPACE, stand_in, surrogate, voles

from socialrl.animals.animal import animals_of
from socialrl.calibration import population as pop
from socialrl.calibration import run, summaries
from socialrl.calibration.calibrate import calibrate
from socialrl.calibration.emulator import Emulator, describe, raw_from
from socialrl.calibration.figures import subjects
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.plan import Plan
from socialrl.calibration.report import parameters_yaml, verdict, write_results
from socialrl.calibration.simulate import conditions, trained_cohorts
from socialrl.config.loading import config_from_data, load_config
from socialrl.drawing import style
from socialrl.errors import UserError
from socialrl.progress import Silent
from socialrl_envs.parameters import parameter

DEFENCE = SPACE.names.index("defence")


# --- populations


def test_members_of_a_total_move_together_so_the_receptor_independent_split_stays():
    factors = np.zeros((2, N_FREE))
    factors[1, CONTACT] = math.log(2.0)
    values = SPACE.members(factors)
    for name in ("contact_floor", "contact_gain"):
        assert values[name] == pytest.approx([parameter(name).value, 2 * parameter(name).value])
    assert values["defence_gain"] == pytest.approx([parameter("defence_gain").value] * 2)


def test_spread_of_a_total_and_of_its_members():
    contact = SPACE.free[CONTACT]
    b0, b1 = (parameter(name).value for name in contact.members)
    s0, s1 = (parameter(name).spread for name in contact.members)
    assert contact.table_spread({}) == pytest.approx(math.hypot(b0 * s0, b1 * s1) / (b0 + b1))
    member = contact.member_spread(0.2, {})
    rng = np.random.default_rng(0)
    total = b0 * np.exp(member * rng.standard_normal(200_000)) + b1 * np.exp(member * rng.standard_normal(200_000))
    assert np.log(total).std() == pytest.approx(0.2, abs=0.01)


def test_animals_are_wild_types_with_gain_one_inside_the_table():
    space = pop.Space.around({"stress_cost": 0.7})
    animal = space.animals(np.full((1, space.n), 5.0), 12)[0]
    assert (animal.id, animal.index, animal.oxtr_gain) == ("vector-00012", 12, 1.0)
    assert animal.parameters["oxtr_gain"] == 1.0
    assert animal.parameters["stress_cost"] == 0.7
    assert animal.parameters["recognition_noise"] == parameter("recognition_noise").high


def test_draws_are_even_and_repeatable():
    one = pop.Population(np.zeros(N_FREE), np.ones(N_FREE))
    drawn = one.draw(50, 1, "x")
    assert np.array_equal(drawn, one.draw(50, 1, "x"))
    assert not np.array_equal(drawn, one.draw(50, 2, "x"))
    assert np.abs(drawn.mean(axis=0)).max() < 0.05
    assert np.abs(SPACE.spread_out(64, 1)).max() <= pop.BOX


# --- emulator


def test_describing_a_test_can_be_undone():
    raw = np.array([[3000.0, 40, 6000, 2800, 2000, 15, 10_800], [0, 5000, 300, 4500, 6000, 10_800, 30]])
    np.testing.assert_allclose(raw_from(describe(raw)), raw, atol=1e-6)


def test_emulator_predicts_what_a_quadratic_can_and_says_how_well():
    factors = SPACE.spread_out(150, 3)
    emulator = Emulator.fit(factors, surrogate(factors, 0)[:, None], np.ones(150))
    assert (emulator.skill[0, :4] > 0.9).all()
    fresh = SPACE.spread_out(40, 4)
    expected = describe(surrogate(fresh, 5, "", 400)).mean(axis=1)
    predicted = describe(emulator.tests(fresh, np.zeros((1, 6))))[:, 0]
    assert np.abs(predicted - expected)[:, :4].mean() < 0.1
    shuffled = np.random.default_rng(0).permutation(150)
    assert Emulator.fit(factors[shuffled], surrogate(factors, 0)[:, None], np.ones(150)).skill.max() < 0.3


# --- recovery


@pytest.fixture(scope="module")
def recovered() -> tuple[Calibration, np.ndarray, np.ndarray]:
    median, spread = np.zeros(N_FREE), np.full(N_FREE, 0.15)
    median[[CONTACT, SELECTIVE, EXPLORE]] = [0.35, -0.4, 0.4]
    spread[SELECTIVE] = 0.55
    plan = Plan(vectors=128, rounds=2, resamples=8, starts=2, seed=5)
    return calibrate(voles(120, median, spread), stand_in(), plan, SPACE), median, spread


def test_known_parameters_are_recovered_within_tolerance(recovered):
    result, median, spread = recovered
    for k in (CONTACT, SELECTIVE, EXPLORE):
        assert result.after.median[k] == pytest.approx(median[k], abs=0.15), SPACE.names[k]
    assert result.after.spread[SELECTIVE] == pytest.approx(spread[SELECTIVE], abs=0.15)


def test_recovery_brings_fresh_simulations_to_sampling_noise(recovered):
    result, _, _ = recovered
    assert result.improved
    assert result.distance("before") > 3.0
    assert result.distance("after") < 1.8
    assert result.matches["peers"].as_far["before"] < 0.05


def test_what_the_tests_do_not_determine_is_called_open_and_stays_at_the_table(recovered):
    table = recovered[0].parameters().set_index("quantity")
    assert table.loc["selective", "median_is"] == "determined"
    assert table.loc["defence", "median_is"] != "determined"
    assert table.loc["defence", "width_median"] > 2 * table.loc["selective", "width_median"]
    assert abs(recovered[0].after.median[DEFENCE]) < 0.2


def test_a_ratio_can_be_determined_where_neither_part_is(recovered):
    result = recovered[0]
    assert result.combinations().empty  # eight resamples have no narrowest direction of their own
    known = result.prior[:200].copy()
    known[:, SELECTIVE] = known[:, CONTACT] + 0.05 * result.prior[200:400, DEFENCE]  # other draws
    first = replace(result, posterior=known).combinations().iloc[0]
    assert sorted(first["combination"].split()[1::2]) == ["contact", "selective"]
    assert re.fullmatch(r"\+0\.7[01] \w+ −0\.7[01] \w+", first["combination"])
    assert first["width"] == pytest.approx(0.05 / math.sqrt(2), rel=0.25)
    assert first["width_by_chance"] > 0.5


def test_too_few_voles_are_refused():
    with pytest.raises(UserError, match="at least 8 animals, got 5"):
        calibrate(voles(5, np.zeros(N_FREE), np.ones(N_FREE)), stand_in(), Plan(vectors=16), SPACE)


# --- files


PROVENANCE = {
    "seed": 5,
    "started": "2020-01-01T00:00:00+00:00",
    "command": "socialrl calibrate scores.csv",
    "versions": {"socialrl": "0"},
    "data": {
        "file": "scores.csv",
        "sha256": "0" * 64,
        "animals": 160,
        "animals_by_kind": {"peers": 160},
        "animals_tested_twice": 0,
        "pairs": "all",
        "timepoint": "early",
        "notes": ["n"],
    },
    "simulated": {
        "cohousing_h": 24.0,
        "retest_h": 288.0,
        "relationships": ["peer"],
        "oxtr_gain": 1.0,
        "dt_s": 15.0,
        "not_fitted": "",
        "repeats": 4,
        "steps": 9,
        "animals_trained": 3,
        "resamples": 12,
    },
}


def test_results_are_whole(recovered, tmp_path):
    result = recovered[0]
    write_results(result, tmp_path / "out", PROVENANCE)
    names = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*") if path.is_file()}
    drawn = ("distributions-peers", "distance", "course", "bouts", "regions")
    figures = {f"figures/{name}.{kind}" for name in drawn for kind in ("png", "svg")}
    tables = {f"{name}.csv" for name in ("goals", "parameters", "summaries", "course", "bouts")}
    assert names == figures | tables | {"calibration.json", "calibration.html", "parameters.yaml"}
    assert undescribed(tmp_path / "out", "goals", "parameters", "summaries", "course", "bouts") == {}
    stored = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert stored["distance"]["peers"]["after"]["all"] == pytest.approx(result.distance("after"))
    assert stored["provenance"]["data"]["sha256"] == "0" * 64
    page = (tmp_path / "out" / "calibration.html").read_text()
    assert "http" not in page.replace("http-equiv", "")
    assert verdict(result).split(" (")[0] in page
    assert "Prefers the stranger (below 1/3)" in page


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_of_a_figure_stands_on_another(recovered, narrow):
    for subject in subjects(recovered[0]).values():
        with style.house_style():
            found = words(subject.draw(recovered[0], narrow))
        assert len(found) > 10
        assert not touching(found)


def test_train_takes_the_calibrated_population_as_it_is(recovered, tmp_path):
    result = recovered[0]
    piece = tmp_path / "parameters.yaml"
    piece.write_text(parameters_yaml(result, PROVENANCE))
    smoke = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
    config = load_config(smoke, ["animals=400", "genotypes={wt: {oxtr_gain: 1.0}}"], [piece])
    expected = parameter("exploration_reward").value * math.exp(result.after.median[EXPLORE])
    assert config.env.parameters["exploration_reward"] == pytest.approx(expected, rel=0.01)
    members = result.members()
    assert set(config.env.changed_parameters) == set(members)
    assert config.individual_spread == {
        "scale": 1.0,
        **{name: pytest.approx(one["spread"], rel=0.01, abs=1e-9) for name, one in members.items()},
    }
    # The animals that train makes are the population: medians and spreads of the totals.
    animals = [animal.parameters for animal in animals_of(config)]
    for k, free in enumerate(SPACE.free):
        logs = np.log([sum(animal[member] for member in free.members) for animal in animals])
        assert np.median(logs) == pytest.approx(math.log(free.total({})) + result.after.median[k], abs=0.15), free.name
        assert logs.std() == pytest.approx(result.after.spread[k], rel=0.2, abs=0.02), free.name


def test_parameters_that_were_given_and_not_fitted_are_kept_for_train(recovered, tmp_path):
    space = pop.Space({"table": "v1", "retention": 0.6, "novelty_reward": 1.5}, recovered[0].space.free)
    piece = tmp_path / "parameters.yaml"
    piece.write_text(parameters_yaml(replace(recovered[0], space=space), PROVENANCE))
    smoke = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
    parameters = load_config(smoke, [], [piece]).env.parameters
    assert parameters["table"] == "v1"
    assert parameters["retention"] == 0.6
    k = SPACE.names.index("novelty_reward")
    assert parameters["novelty_reward"] == pytest.approx(1.5 * math.exp(recovered[0].after.median[k]), rel=0.01)


def test_the_verdict_names_what_got_worse(recovered):
    result = recovered[0]
    match = result.matches["peers"]
    after = {**match.distances["after"], "chamber_s_centre": match.distances["before"]["chamber_s_centre"] + 1.0}
    worse = replace(match, distances={**match.distances, "after": after})
    told = verdict(replace(result, matches={"peers": worse}))
    assert "Matched worse than before: centre chamber." in told
    assert "Matched worse" not in verdict(result)


def test_a_calibration_that_made_things_worse_says_keep_the_table(recovered):
    result = recovered[0]
    match = result.matches["peers"]
    swapped = {"before": match.distances["after"], "after": match.distances["before"]}
    worse = replace(result, matches={"peers": replace(match, distances=swapped)})
    assert verdict(worse).endswith("not nearer; keep the table.")
    assert "keep the table" in parameters_yaml(worse, PROVENANCE)


# --- the verb


@pytest.fixture
def scores(tmp_path) -> Path:
    path = tmp_path / "scores.csv"
    voles(12, np.zeros(N_FREE), np.full(N_FREE, 0.3)).assign(when="ST").to_csv(path, index=False)
    return path


def test_the_whole_verb_with_trained_animals(scores, tmp_path):
    plan = Plan(vectors=4, rounds=2, resamples=2, starts=1, seed=3)
    config = config_from_data(
        {
            "name": "tiny",
            "seed": 9,
            "env": {"id": run.ASSAY, "dt_s": 60},
            "genotypes": {"ko": {"oxtr_gain": 0.0}},
            "animals": 1,
            "lives": 2,
            "steps": 64,
            "workers": 1,
            "ppo": {"n_steps": 32, "batch_size": 32, "n_epochs": 1, "net_arch": [8]},
        }
    )
    heard: list[tuple[int, int]] = []

    class Listening(Silent):
        def update(self, done_steps: int, total_steps: int, text: str = "") -> None:  # noqa: ARG002
            heard.append((done_steps, total_steps))

    result = run.run_calibration(scores, tmp_path / "out", config=config, plan=plan, progress=Listening())
    sets = result.matches["peers"].sets
    assert sets["after"].shape == (2 * run.REPEATS, 7)
    np.testing.assert_allclose(sets["after"][:, 2:5].sum(axis=1), summaries.TEST_S)
    assert heard[-1] == (plan.n_trained * 64, plan.n_trained * 64)
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    provenance = json.loads((tmp_path / "out" / "calibration.json").read_text())["provenance"]
    assert provenance["data"]["animals"] == 12
    assert provenance["simulated"]["relationships"] == ["peer"]
    with pytest.raises(UserError, match=r"holds a calibration; give another --output"):
        run.run_calibration(scores, tmp_path / "out", config=config, plan=plan, progress=Silent())


def test_only_untreated_wild_types_in_this_assay():
    base = {"name": "x", "seed": 1, "genotypes": {"wt": {"oxtr_gain": 1.0}}, "animals": 1, "steps": 4096}
    drugged = [{"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 60}]
    for env, told in (
        ({"id": run.ASSAY, "arms": {"release": "knockout"}}, r"the configuration has arms as knockout \(release\)"),
        ({"id": run.ASSAY, "drugs": drugged}, "the configuration has drugs"),
        ({"id": run.ASSAY, "duration_s": 1800}, r"^env.duration_s must be 10800 \(3 h, the .* real tests\), got 1800;"),
    ):
        with pytest.raises(UserError, match=told):
            run.training_settings(config_from_data({**base, "env": env}), 1, None, ["peers"])
    short = {**base, "env": {"id": run.ASSAY, "duration_s": 1800}, "evaluation": {"duration_s": 10_800}}
    assert run.training_settings(config_from_data(short), 1, None, ["peers"]).env.duration_s == 1800
    changed = run.training_settings(config_from_data({**base, "env": {"id": run.ASSAY}}), 8, 9000, ["mates"])
    assert (changed.seed, changed.steps, changed.env.reset.relationship) == (8, 9000, ("mate",))


def test_the_same_vectors_train_to_the_same_tests():
    config = run.training_settings(None, 1, 2048, ["peers"])
    config = config.model_copy(update={"workers": 1})
    simulate = trained_cohorts(config, SPACE, conditions(["peers"], 24.0, 288.0), repeats=2)
    factors = SPACE.spread_out(3, 1)
    both = [simulate(factors, 40, ""), simulate(factors, 40, "")]
    pd.testing.assert_frame_equal(*both)
    # an animal does not depend on who else is in its cohort
    pd.testing.assert_frame_equal(simulate(factors[:2], 40, ""), both[0][:4])
