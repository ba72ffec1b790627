"""Folders of simulations: kept cohort by cohort, resumed, checked when read; what is damaged is refused in one line."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from made_simulations import made_simulations

from socialrl.errors import UserError
from socialrl.inference.battery import ASSAYS, BATTERY, BY_NAME, MATE, PEER, RELEASE, with_tubes
from socialrl.inference.designs import Design, raw_features, simulated
from socialrl.inference.folder import Writing, problems, read_simulations
from socialrl.inference.simulate import Size, config_of, plan_of
from socialrl.inference.traits import traits_of
from socialrl_envs.parameters import OF_ATTACHMENT


def test_what_was_written_is_read_again(tmp_path):
    scores = made_simulations(tmp_path / "made", n=40)
    sims = read_simulations(tmp_path / "made")
    assert np.array_equal(sims.scores[:, 0], scores)
    assert sims.names == ("cohoused_24h", "evoked_release")
    assert sims.repeats == 3
    assert sims.notes() == []
    assert problems(tmp_path / "made") == []
    raw = raw_features(sims)
    assert raw["evoked_release"].shape == (40, 3, 3)
    peaks = sims.tests[(sims.tests["test"] == "evoked_release") & (sims.tests["index"] == 7)].sort_values("repeat")
    assert np.array_equal(raw["evoked_release"][7, :, 0], peaks["peak"])


def test_a_stopped_simulation_goes_on_and_keeps_what_is_there(tmp_path):
    folder = tmp_path / "made"
    traits, scores = traits_of()[:1], np.zeros((4, 1))
    plan = {"seed": 1, "animals": 4, "repeats": 2, "cohorts": ["a", "b"]}
    meta = {"versions": {}, "commit": "1", "command": "socialrl simulate"}
    table = pd.DataFrame({"index": [0], "test": "evoked_release", "repeat": 0})
    with Writing.open(folder, plan, meta, traits, scores, {}) as writing:
        writing.keep("a", lambda: table)
    with pytest.raises(UserError, match=r"unfinished: 1 of 2 cohorts are missing; go on with `socialrl simulate`"):
        read_simulations(folder)
    with Writing.open(folder, plan, {**meta, "commit": "2"}, traits, scores, {}) as writing:
        assert writing.done("a")
        assert not writing.done("b")
        writing.keep("a", lambda: pytest.fail("it is there"))
    about = json.loads((folder / "simulations.json").read_text())
    assert [about["begun"]["commit"], *(one["commit"] for one in about["continued"])] == ["1", "2"]
    with pytest.raises(UserError, match=r"another plan \(animals: 4 there, 5 here\)"):
        Writing.open(folder, {**plan, "animals": 5}, meta, traits, scores, {})
    with Writing.open(folder, plan, meta, traits, scores, {}), pytest.raises(UserError, match="is being written by"):
        Writing.open(folder, plan, meta, traits, scores, {})


def test_other_folders_are_not_touched(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files but no simulations"):
        Writing.open(tmp_path, {"cohorts": []}, {}, (), np.zeros((0, 0)), {})
    assert [one.name for one in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(UserError, match="is a file"):
        Writing.open(tmp_path / "notes.txt", {"cohorts": []}, {}, (), np.zeros((0, 0)), {})


def spoil(folder, what: str) -> None:
    path = folder / "simulations.json"
    about = json.loads(path.read_text())
    table = folder / "tests" / "Made-001.parquet"
    if what == "a table is missing":
        table.unlink()
    elif what == "a table was changed":
        content = bytearray(table.read_bytes())
        content[len(content) // 2] ^= 1
        table.write_bytes(content)
    elif what == "a table was cut":
        table.write_bytes(table.read_bytes()[:100])
    elif what == "another format":
        path.write_text(json.dumps({**about, "format": 99}))
    elif what == "no JSON":
        path.write_text("{")
    elif what == "no plan":
        path.write_text(json.dumps({**about, "plan": None}))
    elif what == "the plan was changed":
        path.write_text(json.dumps({**about, "plan": {**about["plan"], "repeats": 2}}))
    elif what == "no sums":
        (folder / "sums.json").unlink()


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("a table is missing", "made is damaged: tests/Made-001.parquet is missing"),
        ("a table was changed", "made is damaged: tests/Made-001.parquet was changed after it was written"),
        ("a table was cut", "made is damaged: tests/Made-001.parquet has 100 bytes and was written with"),
        ("another format", "was made by a newer socialrl (format 99 of simulations"),
        ("no JSON", "simulations.json is damaged: not valid JSON"),
        ("no plan", "simulations.json is damaged: plan cannot be read"),
        ("the plan was changed", "made is damaged: simulations.json"),
        ("no sums", "made is damaged: simulations.json is in no list of what was written"),
    ],
)
def test_damage_is_one_line(what, told, tmp_path):
    made_simulations(tmp_path / "made", n=40)
    spoil(tmp_path / "made", what)
    with pytest.raises(UserError) as error:
        read_simulations(tmp_path / "made")
    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_what_is_no_folder_of_simulations(tmp_path):
    with pytest.raises(UserError, match="no such folder of simulations; make one with `socialrl simulate --output"):
        read_simulations(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"is no folder of simulations \(it has no simulations.json\)"):
        read_simulations(tmp_path)


def test_another_parameter_table_is_said(tmp_path):
    made_simulations(tmp_path / "made", n=40)
    sims = read_simulations(tmp_path / "made")
    about = {
        **sims.about,
        "table": {
            **{name: one for name, one in sims.about["table"].items() if name not in OF_ATTACHMENT},
            "contact_floor": [9.0, 0.1],
            "gone": [1.0, 0.0],
            "off": [0.0, 0.2],
        },
    }
    (note,) = type(sims)(sims.path, sims.traits, sims.scores, sims.tests, about).notes()
    assert "contact_floor 9 (log-sd 0.1) there, " in note
    assert "gone only there" in note
    assert "off" not in note, "what is switched off then and now is no difference"
    assert not any(name in note for name in ("more", *OF_ATTACHMENT)), "no simulated test has attachment"


def test_the_tests_are_those_of_the_registry():
    from socialrl.findings.conditions import as_test
    from socialrl.findings.registry import load_registry

    registry = load_registry()
    for assay in ASSAYS:
        known = {one.name: as_test(one) for one in registry.conditions_in(assay)}
        for test in BATTERY:
            if test.assay == assay and assay != RELEASE:
                assert known[test.name] == {**known[test.name], **test.condition}, test.name
                assert set(test.condition) >= {"cohousing_h"}
    assert {PEER, MATE} < set(BY_NAME)


def test_a_design_takes_other_repeats_in_every_draw(tmp_path):
    made_simulations(tmp_path / "made", n=40)
    raw = raw_features(read_simulations(tmp_path / "made"))
    once, twice = Design.of("evoked_release"), Design.of("evoked_release", "evoked_release")
    x = simulated(once, raw, 1)
    assert all(one in raw["evoked_release"][5, :, 0] for one in x[5, :, 0])
    assert len(set(x[5, :, 0])) > 1
    both = simulated(twice, raw, 1)
    peaks = raw["evoked_release"][5, :, 0]
    means = {round((a + b) / 2, 9) for k, a in enumerate(peaks) for b in peaks[k + 1 :]}
    assert {round(one, 9) for one in both[5, :, 0]} <= means
    assert twice.title == "2 × evoked release"
    with pytest.raises(UserError, match="taken 4 times, and the simulations hold 3 repeats"):
        simulated(Design.of(*["evoked_release"] * 4), raw, 1)


def test_seconds_in_a_tube_count_for_the_chamber_that_was_left():
    rows = pd.DataFrame({"chamber_s_partner": [10.0], "tube_s_partner": [2.0], "chamber_s_centre": [5.0]})
    assert with_tubes(rows)["chamber_s_partner"].tolist() == [12.0]
    assert with_tubes(rows)["chamber_s_centre"].tolist() == [5.0]


def test_settings_are_those_of_the_studies_and_only_learning_can_be_changed():
    size = Size(animals=64, steps=50_000)
    config = config_of("SocialOperant", size, 3, ["ppo.learning_rate=0.002"])
    assert config.ppo.learning_rate == 0.002
    assert config.steps == 50_000
    assert [test.name for test in config.evaluation.tests] == ["operant_peer_partner", "operant_peer_stranger"]
    with pytest.raises(
        UserError, match=r"can change ppo\., lives, env\.parameters, device, workers only, got 'env\.id'"
    ):
        config_of("SocialOperant", size, 3, ["env.id=socialrl/GroupHabitat-v0"])
    other = config_of("SocialOperant", size, 3)
    assay = "SocialOperant"
    assert plan_of([assay], {assay: config}, size, 3) != plan_of([assay], {assay: other}, size, 3)
    assert Size(animals=100).parts() == [(0, 64), (64, 100)]
