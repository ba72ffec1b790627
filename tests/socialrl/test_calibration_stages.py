"""A calibration that was stopped resumes after its last stage, with the same numbers, and only with the same plan."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from calibrate_killed import tiny
from synthetic_voles import N_FREE, SPACE, stand_in, surrogate, voles

from socialrl.calibration import fit, run
from socialrl.calibration.calibrate import calibrate
from socialrl.calibration.plan import Plan
from socialrl.calibration.stages import Stages
from socialrl.calibration.tables import cohort_table, read_cohort
from socialrl.errors import UserError
from socialrl.progress import Silent

PLAN = Plan(vectors=24, rounds=2, resamples=3, starts=1, seed=4)
META = {
    "seed": 4,
    "started": "2020-01-01T00:00:00+00:00",
    "command": "socialrl calibrate",
    "versions": {},
    "commit": None,
}


@pytest.fixture(scope="module", autouse=True)
def _hasty():
    """Fits that stop early: what they find does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit, "_MOST_ITERATIONS", 2)
        yield


@pytest.fixture(scope="module")
def tests() -> pd.DataFrame:
    return voles(20, np.zeros(N_FREE), np.full(N_FREE, 0.3))


@pytest.fixture(scope="module")
def whole(tests):
    return calibrate(tests, stand_in(), PLAN, SPACE)


class Killed(Exception):
    pass


def same(one, other) -> None:
    for name in ("posterior", "prior"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.after.vector, other.after.vector)
    assert one.matches.keys() == other.matches.keys()
    for kind, match in one.matches.items():
        for name, raw in match.sets.items():
            np.testing.assert_array_equal(raw, other.matches[kind].sets[name])
        assert (match.distances, match.as_far) == (other.matches[kind].distances, other.matches[kind].as_far)
    assert (one.as_far_of_both, one.rounds, one.skill) == (other.as_far_of_both, other.rounds, other.skill)
    for table in ("time_course", "bouts"):
        pd.testing.assert_frame_equal(getattr(one, table)(), getattr(other, table)())


STAGES = ["round-1", "fit-1", "round-2", "fit-2", "region", "check-before", "check-after"]


@pytest.mark.parametrize("killed_at", STAGES)
def test_a_killed_calibration_goes_on_with_the_same_numbers(tests, whole, tmp_path, killed_at):
    def killing(stages: Stages, at: str):
        def keep(name, make):
            if name == at:
                raise Killed
            return stages.keep(name, make)

        return keep

    with Stages.open(tmp_path, {"seed": 4}, META) as stages, pytest.raises(Killed):
        calibrate(tests, stand_in(), PLAN, SPACE, keep=killing(stages, killed_at))
    done = STAGES[: STAGES.index(killed_at)]
    assert {path.stem for path in (tmp_path / "stages").iterdir()} == set(done)
    trained = []

    def counting(factors, first_index, text, *, everything=False):
        trained.append(text.replace(" ", "-"))
        return stand_in()(factors, first_index, text, everything=everything)

    with Stages.open(tmp_path, {"seed": 4}, META) as stages:
        assert [stage for stage in STAGES if stages.done(stage)] == done
        result = calibrate(tests, counting, PLAN, SPACE, keep=stages.keep)
    same(result, whole)
    assert trained == [stage for stage in PLAN.cohorts if stage not in done], "what is done is not trained again"


def test_tables_give_back_every_bit():
    factors = np.random.default_rng(1).normal(size=(5, N_FREE))
    played = stand_in(("peers", "mates"))(factors, 3, "", everything=True)
    cohort = read_cohort(cohort_table(factors, played, SPACE.names), ("peers", "mates"))
    np.testing.assert_array_equal(cohort.factors, factors)
    for k, kind in enumerate(("peers", "mates")):
        np.testing.assert_array_equal(cohort.tests[:, k], surrogate(factors, 3, "", 4, kind))
    pd.testing.assert_frame_equal(cohort.played, played)


# --- the folder


def test_another_plan_is_refused_and_named_and_nothing_is_lost(tmp_path):
    with Stages.open(tmp_path, {"seed": 4, "vectors": 24, "score sheet": "a" * 64}, META) as stages:
        stages.keep("round-1", lambda: pd.DataFrame({"x": [1.0]}))
    with pytest.raises(
        UserError, match=r"a calibration with another plan \(vectors: 24 there, 32 here; another score sheet\); repeat"
    ):
        Stages.open(tmp_path, {"seed": 4, "vectors": 32, "score sheet": "b" * 64}, META)
    with Stages.open(tmp_path, {"seed": 4, "vectors": 24, "score sheet": "a" * 64}, META) as stages:
        assert stages.done("round-1"), "the refused call left the lock and the stages as they were"
        assert stages.continued == [], "a call that differs in its time alone is not listed"
    newer = {**META, "versions": {"numpy": "9.9"}}
    for _ in range(2):
        with Stages.open(tmp_path, {"seed": 4, "vectors": 24, "score sheet": "a" * 64}, newer) as stages:
            assert stages.continued == [newer]


def test_overwrite_begins_anew(tmp_path):
    with Stages.open(tmp_path, {"seed": 4}, META) as stages:
        stages.keep("round-1", lambda: pd.DataFrame({"x": [1.0]}))
    (tmp_path / "calibration.json").write_text("{}")
    with pytest.raises(UserError, match="holds a calibration"):
        Stages.open(tmp_path, {"seed": 4}, META)
    with Stages.open(tmp_path, {"seed": 5}, META, overwrite=True) as stages:
        assert not stages.done("round-1")
        assert not (tmp_path / "calibration.json").exists()
        assert stages.continued == []


def test_only_one_process_writes(tmp_path):
    with Stages.open(tmp_path, {"seed": 4}, META), pytest.raises(UserError, match="is being written by process"):
        Stages.open(tmp_path, {"seed": 4}, META)
    with Stages.open(tmp_path, {"seed": 4}, META):
        pass


def test_a_damaged_stage_is_named(tmp_path):
    with Stages.open(tmp_path, {"seed": 4}, META) as stages:
        stages.keep("region", lambda: pd.DataFrame({"x": [1.0]}))
    path = tmp_path / "stages" / "region.parquet"
    other = pd.DataFrame({"x": [2.0]})
    for damage, told in (
        (lambda: path.write_bytes(b"nothing"), r"region.parquet is damaged"),
        (lambda: other.to_parquet(path), r"region.parquet is damaged"),
        (path.unlink, r"region.parquet cannot be read: No such file"),
    ):
        damage()
        with Stages.open(tmp_path, {"seed": 4}, META) as stages, pytest.raises(UserError, match=told):
            stages.keep("region", lambda: pd.DataFrame({"x": [1.0]}))


@pytest.mark.parametrize("lost", ["plan", "begun", "continued", "stages", "format"])
def test_a_manifest_that_lacks_something_is_refused(tmp_path, lost):
    with Stages.open(tmp_path, {"seed": 4}, META):
        pass
    path = tmp_path / "manifest.json"
    manifest = json.loads(path.read_text())
    del manifest[lost]
    path.write_text(json.dumps(manifest))
    with pytest.raises(UserError, match=r"manifest.json is not a calibration of this version"):
        Stages.open(tmp_path, {"seed": 4}, META)


# --- the verb


@pytest.fixture
def scores(tests, tmp_path):
    path = tmp_path / "scores.csv"
    tests.assign(when="ST").to_csv(path, index=False)
    return path


def test_the_verb_goes_on_and_says_so(scores, tmp_path, monkeypatch):
    trained = []

    def fake_cohorts(config, _space, _tests, *, repeats, on_steps):
        def simulate(factors, first_index, text, *, everything=False):
            on_steps(len(factors) * config.steps, text)
            if len(trained) == 1 and text == "round 2":
                trained.append("killed")
                raise Killed
            trained.append(text)
            return stand_in(repeats=repeats)(factors, first_index, text, everything=everything)

        return simulate

    monkeypatch.setattr(run, "trained_cohorts", fake_cohorts)
    heard: list[tuple[int, int]] = []

    class Listening(Silent):
        def update(self, done_steps: int, total_steps: int, text: str = "") -> None:  # noqa: ARG002
            heard.append((done_steps, total_steps))

    said: list[str] = []

    def call(config=None, plan=PLAN):
        settings = tiny() if config is None else config
        return run.run_calibration(
            scores, tmp_path / "out", config=settings, plan=plan, progress=Listening(), say=said.append
        )

    with pytest.raises(Killed):
        call()
    assert not (tmp_path / "out" / "calibration.json").exists()
    for change, told in (
        ({"config": tiny(ppo={"n_steps": 32, "batch_size": 32, "gamma": 0.9})}, r"ppo.gamma: 0.99 there, 0.9 here"),
        ({"plan": Plan(vectors=26, rounds=2, resamples=3, starts=1, seed=4)}, r"vectors: 24 there, 26 here"),
    ):
        with pytest.raises(UserError, match=told):
            call(**change)
    heard.clear()
    result = call()
    assert trained == ["round 1", "killed", "round 2", "check before", "check after"]
    assert f"resuming in {tmp_path / 'out'}; already trained: round-1" in said
    total = PLAN.n_trained * 64
    assert heard[-1] == (total, total)
    assert min(done for done, _ in heard) >= PLAN.vectors * 64, "what was done before counts as done"
    stored = json.loads((tmp_path / "out" / "calibration.json").read_text())
    assert stored["provenance"]["continued"] == [], "nothing but the time differs between the calls"
    assert stored["distance"]["peers"]["after"] == result.matches["peers"].distances["after"]


def test_mistakes_leave_no_folder(tmp_path):
    few = tmp_path / "few.csv"
    voles(5, np.zeros(N_FREE), np.full(N_FREE, 0.3)).assign(when="ST").to_csv(few, index=False)
    with pytest.raises(UserError, match="at least 8 animals, got 5"):
        run.run_calibration(few, tmp_path / "out", plan=PLAN, progress=Silent())
    assert not (tmp_path / "out").exists()
