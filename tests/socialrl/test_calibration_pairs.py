"""Calibration on peers and mates together: two targets, one population; what is free; gradients of the fit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from calibrate_killed import tiny
from figure_words import touching, words
from synthetic_voles import CONTACT, EXPLORE, N_FREE, SELECTIVE, SPACE, stand_in, surrogate, voles

from socialrl.calibration import fit, page_tables, report, run
from socialrl.calibration.calibrate import calibrate
from socialrl.calibration.emulator import Emulator
from socialrl.calibration.figures import subjects
from socialrl.calibration.fit import loss_of
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.pairs import by_kind, check_enough, unclear
from socialrl.calibration.plan import Plan
from socialrl.calibration.population import FREE, Free, Space
from socialrl.calibration.report import verdict
from socialrl.calibration.simulate import played_table
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.calibration.target import Target
from socialrl.calibration.voles import read_voles
from socialrl.drawing import style
from socialrl.errors import UserError
from socialrl.progress import Silent
from socialrl_envs.parameters import parameter

BOTH = ("peers", "mates")


def sheet(n: int = 20) -> pd.DataFrame:
    """Tests of `n` animals with peers and of `n` with mates."""
    return pd.concat([voles(n, np.zeros(N_FREE), np.full(N_FREE, 0.3), kind) for kind in BOTH], ignore_index=True)


# --- two targets


@pytest.fixture(scope="module")
def planted() -> tuple[Calibration, np.ndarray]:
    """A population in which contact, selectivity and exploration differ from the table, seen with peers and mates."""
    median = np.zeros(N_FREE)
    median[[CONTACT, SELECTIVE, EXPLORE]] = [0.35, -0.4, 0.3]
    tests = [voles(80, median, np.full(N_FREE, 0.15), kind) for kind in BOTH]
    plan = Plan(vectors=96, rounds=2, resamples=4, starts=2, seed=5)
    return calibrate(pd.concat(tests, ignore_index=True), stand_in(BOTH), plan, SPACE), median


def test_one_population_is_fitted_to_both(planted):
    result, median = planted
    for k in (CONTACT, SELECTIVE, EXPLORE):
        assert result.after.median[k] == pytest.approx(median[k], abs=0.12), SPACE.names[k]
    assert list(result.matches) == list(BOTH)
    for kind in BOTH:
        assert result.distance("before", kind) > 3.0
        assert result.distance("after", kind) < 1.8
    mean = (result.distance("after", "peers") + result.distance("after", "mates")) / 2
    assert result.distance("after") == pytest.approx(mean)


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_of_a_figure_of_both_kinds_stands_on_another(planted, narrow):
    found = subjects(planted[0])
    assert list(found) == ["distributions-peers", "distributions-mates", "distance", "course", "bouts", "regions"]
    for name in ("distance", "course", "bouts"):  # the others are drawn for one kind, too
        with style.house_style():
            seen = words(found[name].draw(planted[0], narrow))
        assert {"Peers", "Mates"} <= {text.split(",")[0] for text, _ in seen}
        assert not touching(seen)


def test_a_quantity_that_only_mates_show_is_determined_by_them():
    """What tests with peers leave open comes from the tests with mates: the loss sums the terms of both."""
    factors = SPACE.spread_out(150, 3)
    tests = np.stack([surrogate(factors, 0), surrogate(factors, 0)], axis=1)
    novelty = SPACE.names.index("novelty_reward")
    shown = np.clip(factors[:, novelty], -0.9, 0.9)[:, None]
    tests[:, 1, :, 0] *= np.exp(0.3 * shown)
    emulator = Emulator.fit(factors, tests, np.ones(150))
    drawn = 0.15 * np.random.default_rng(8).standard_normal((80, N_FREE))
    peers = raw_of(voles(80, np.zeros(N_FREE), np.full(N_FREE, 0.15)))
    mates = emulator.tests(drawn + 0.6 * np.eye(N_FREE)[novelty], emulator.residuals[:80])[:, 1]
    targets = {"peers": Target.of(peers, 1), "mates": Target.of(mates, 1)}
    found = {}
    for kinds in (("peers",), BOTH):
        some = {kind: targets[kind] for kind in kinds}
        one = Emulator.fit(factors, tests[:, : len(kinds)], np.ones(150))
        centre = SPACE.anchor()
        population, _ = fit.fit_population(SPACE, some, one, centre, centre.vector[None], 1, "x")
        found[kinds] = population.median[novelty]
    assert abs(found[("peers",)]) < 0.15
    assert found[BOTH] > 0.3


def test_the_verdict_says_of_which_pairs(planted):
    result, _ = planted
    changes = {"peers": {"preference": 3.0, "failures": 2.5}, "mates": {"preference": 4.0, "failures": 0.1}}
    matches = {}
    for kind, match in result.matches.items():
        level = dict.fromkeys(match.distances["before"], 5.0)
        after = {**dict.fromkeys(level, 1.0), **changes[kind]}
        matches[kind] = replace(match, distances={"before": level, "after": after})
    told = verdict(replace(result, matches=matches))
    assert told.startswith(
        "Distance of trained animals from the voles: peers 5.00 with the table, 1.00 calibrated;"
        " mates 5.00 with the table, 1.00 calibrated (1 = sampling noise)."
    )
    assert told.endswith("Still further than twice the noise: both preference; peers failures.")


def test_bouts_stand_together_peers_first(planted):
    table = page_tables.bouts(planted[0])
    shown = [[cell.text for cell in row[:3]] for row in table.rows]
    sets = ["model, table", "model, calibrated"]
    assert shown == [[kind, who, one] for kind in BOTH for who in ("partner", "stranger") for one in sets]


def test_gradients_are_those_of_the_loss():
    factors = SPACE.spread_out(120, 3)
    tests = np.stack([surrogate(factors, 0, kind=kind) for kind in BOTH], axis=1)
    emulator = Emulator.fit(factors, tests, np.ones(120))
    targets = {kind: Target.of(raw_of(rows), 1) for kind, rows in by_kind(sheet(30)).items()}
    loss = loss_of(SPACE, targets, emulator, SPACE.anchor(), 1, "x")
    rng = np.random.default_rng(2)
    for _ in range(3):
        at = np.clip(SPACE.anchor().vector + 0.1 * rng.standard_normal(2 * N_FREE), *SPACE.bounds())
        _, gradient = loss(at)
        steps = 1e-5 * np.eye(2 * N_FREE)
        by_differences = [(loss(at + step)[0] - loss(at - step)[0]) / 2e-5 for step in steps]
        np.testing.assert_allclose(gradient, by_differences, rtol=0.02, atol=0.02 * np.abs(gradient).max())


def test_kinds_of_pairs():
    tests = pd.DataFrame({"animal": list("abcde"), "pair_type": ["FM", "FF", "MM", None, "sibling"]})
    kinds = by_kind(tests)
    assert {kind: list(rows["animal"]) for kind, rows in kinds.items()} == {"peers": list("bcde"), "mates": ["a"]}
    (note,) = unclear(tests)
    assert note == "2 tests have a pair type that is not FF, MM or FM ('sibling', without one); taken as peers"
    assert unclear(tests[:3]) == []
    assert unclear(tests[3:4]) == ["the sheet has no pair types; all pairs are taken as peers"]
    with pytest.raises(
        UserError, match="8 animals of each kind of pair, got 4 of peers; leave them out with --pairs m"
    ):
        check_enough(kinds)
    with pytest.raises(UserError, match=r"at least 8 animals, got 1$"):
        check_enough({"mates": kinds["mates"]})


@pytest.mark.parametrize("kinds", [("peers",), ("mates",), BOTH])
def test_animals_train_and_are_tested_with_the_pairs_of_the_sheet(kinds, tmp_path, monkeypatch):
    made = sheet(12)
    rows = pd.concat([by_kind(made)[kind] for kind in kinds])
    rows.assign(when="ST").to_csv(tmp_path / "scores.csv", index=False)
    asked = []

    def cohorts(config, space, tests, *, repeats, on_steps):  # noqa: ARG001
        asked.append((config.env.reset.relationship, [(one.name, one.relationship, one.cohousing_h) for one in tests]))
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "trained_cohorts", cohorts)
    with pytest.raises(KeyboardInterrupt):
        run.run_calibration(
            tmp_path / "scores.csv", tmp_path / "out", config=tiny(), plan=Plan(vectors=4), progress=Silent()
        )
    ((relationships, tests),) = asked
    word = {"peers": "peer", "mates": "mate"}
    assert relationships == tuple(word[kind] for kind in kinds)
    assert tests == [
        (f"{kind}_{time}", word[kind], hours) for time, hours in (("early", 24.0), ("late", 312.0)) for kind in kinds
    ]


def test_the_whole_verb_with_both_kinds(tmp_path, monkeypatch):
    """Trained animals, early and late tests, and every table, from a sheet with peers and mates, early and late."""
    monkeypatch.setattr(report, "subjects", lambda _: {})  # figures are drawn elsewhere
    early = sheet(8).assign(when="ST")
    pd.concat([early, early.assign(when="LT")]).to_csv(tmp_path / "scores.csv", index=False)
    plan = Plan(vectors=4, rounds=1, resamples=2, starts=1, seed=3)
    out = tmp_path / "out"
    result = run.run_calibration(tmp_path / "scores.csv", out, config=tiny(workers=1), plan=plan, progress=Silent())
    played = result.checks["after"]
    assert len(played) == 2 * 2 * 2 * run.REPEATS
    assert set(zip(played["pairs"], played["timepoint"], strict=True)) == {
        (kind, time) for kind in BOTH for time in ("early", "late")
    }
    for who in ("partner", "stranger"):
        for name in (f"bin_s_{who}", f"bout_s_{who}"):
            np.testing.assert_allclose([sum(one) for one in played[name]], played[f"huddle_s_{who}"], rtol=1e-9)
    stored = json.loads((out / "calibration.json").read_text())
    assert stored["provenance"]["data"]["animals_by_kind"] == {"peers": 8, "mates": 8}
    assert stored["distance"]["both"]["after"]["all"] == pytest.approx(result.distance("after"))
    real = [row["real"] for row in stored["retest_not_fitted"] if row["pairs"] == "both"]
    assert real == pytest.approx([1.0] * 6), "the late rows are copies of the early ones"
    assert len(pd.read_csv(out / "course.csv")) == 2 * 2 * 18 * 2
    assert set(pd.read_csv(out / "bouts.csv")["pairs"]) == set(BOTH)
    page = (out / "calibration.html").read_text()
    for text in ("8 with peers and 8 with mates", "Early and late tests (not fitted)", "Bouts a test", "Reached"):
        assert text in page


def test_seconds_in_tubes_belong_to_the_chamber_that_was_left():
    raw = dict.fromkeys(RAW, 0.0) | {
        "chamber_s_partner": 5000.0,
        "chamber_s_centre": 2500.0,
        "chamber_s_stranger": 2600.0,
    }
    tubes = {"tube_s_partner": 400.0, "tube_s_centre": 200.0, "tube_s_stranger": 100.0}
    rows = pd.DataFrame([{"index": 1, "test": "mates_late", "repeat": 0, **raw, **tubes}])
    table = played_table(rows)
    assert list(table.loc[0, ["pairs", "timepoint"]]) == ["mates", "late"]
    np.testing.assert_allclose(table.loc[0, list(RAW[2:5])].astype(float), [5400, 2700, 2700])


# --- late tests


def test_late_rows_never_reach_the_fit(tmp_path, monkeypatch):
    monkeypatch.setattr(fit, "_MOST_ITERATIONS", 3)
    early = sheet(12).assign(when="ST")
    late = early.assign(when="LT", huddle_s_partner=early["huddle_s_partner"].to_numpy()[::-1])
    kept: list[dict[str, pd.DataFrame]] = []

    def cohorts(_config, _space, _tests, *, repeats, on_steps):  # noqa: ARG001
        return stand_in(BOTH, repeats)

    monkeypatch.setattr(run, "trained_cohorts", cohorts)
    monkeypatch.setattr(report, "write_results", lambda *_: None)
    found = {}
    for name, rows in (("without", early), ("with", pd.concat([early, late]))):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
        said: list[str] = []
        out = tmp_path / name
        plan = Plan(vectors=24, rounds=2, resamples=3, starts=1, seed=4)
        found[name] = run.run_calibration(
            tmp_path / f"{name}.csv", out, config=tiny(), plan=plan, progress=Silent(), say=said.append
        )
        kept.append({path.name: pd.read_parquet(path) for path in (out / "stages").iterdir()})
    for stage, table in kept[0].items():
        pd.testing.assert_frame_equal(table, kept[1][stage])
    assert "note: 24 late tests are not fitted; they are only correlated with the early ones" in said
    assert found["without"].retests.empty
    assert set(found["with"].retests["pairs"]) == {"peers", "mates", "both"}
    assert found["with"].distance("after") == found["without"].distance("after")


def late_of(early: pd.DataFrame, **changes) -> pd.DataFrame:
    return early.assign(**{"when": "LT", **changes})


@pytest.mark.parametrize(
    ("late", "where", "told", "n"),
    [
        (lambda early: late_of(early[:5]), [], "5 late tests are not fitted; they are only correlated with", 5),
        (lambda early: late_of(early), ["when=ST"], "", 0),
        (lambda early: late_of(early, drug="OTA"), [], "the late tests are not used: scores.csv, line 18", 0),
        (
            lambda early: pd.concat([late_of(early)] * 2),
            [],
            "the late tests are not used: scores.csv: animal 0 has 2",
            0,
        ),
        (lambda early: late_of(early, animal=[f"x{k}" for k in range(16)]), [], "no animal has an early and a late", 0),
        (lambda early: late_of(early, when="week 9"), [], "16 tests left out because their timepoint is not early", 0),
    ],
    ids=["some", "not picked", "treated", "twice", "other animals", "another word"],
)
def test_late_tests_that_cannot_be_used_are_noted_and_stop_nothing(late, where, told, n, tmp_path):
    early = sheet(8).assign(when="ST", drug="saline")
    pd.concat([early, late(early)]).to_csv(tmp_path / "scores.csv", index=False)
    notes: list[str] = []
    voles_of = read_voles(tmp_path / "scores.csv", "all", where, notes)
    assert len(voles_of.early) == 16
    assert (0 if voles_of.late is None else len(voles_of.late)) == n
    assert any(note.startswith(told) for note in notes)


@pytest.mark.parametrize(
    ("hours", "days", "told"),
    [
        (24.0, 13.5, r"^retest_days must be from 0 to 13 \(pairs are cohoused for 336 h at most, 24 h .*\), got 13.5$"),
        (24.0, float("nan"), "^retest_days must be from 0 to 13"),
        (400.0, None, "^cohousing_h must be from 0 to 336, got 400$"),
    ],
)
def test_more_cohousing_than_there_may_be_leaves_no_folder(hours, days, told, tmp_path):
    sheet(8).assign(when="ST").to_csv(tmp_path / "scores.csv", index=False)
    with pytest.raises(UserError, match=told):
        run.run_calibration(
            tmp_path / "scores.csv",
            tmp_path / "out",
            plan=Plan(vectors=4),
            cohousing_h=hours,
            retest_days=days,
            progress=Silent(),
        )
    assert not (tmp_path / "out").exists()


def test_long_cohousing_leaves_less_time_to_the_late_test_and_says_so(tmp_path, monkeypatch):
    sheet(8).assign(when="ST").to_csv(tmp_path / "scores.csv", index=False)
    asked = []

    def stopped(_config, _space, tests, **_more):
        asked.extend(one.cohousing_h for one in tests)
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "trained_cohorts", stopped)
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        run.run_calibration(
            tmp_path / "scores.csv",
            tmp_path / "out",
            config=tiny(),
            plan=Plan(vectors=4),
            cohousing_h=168.0,
            progress=Silent(),
            say=said.append,
        )
    assert asked == [168.0, 168.0, 336.0, 336.0]
    assert any("late tests are simulated 7 days after the early ones" in line for line in said)


# --- what is free


def test_what_is_switched_off_is_left_out_and_said():
    floor = parameter("defence_floor").value
    candidates = (
        *(free for free in FREE if free.name in ("contact", "selective", "defence")),
        Free("rest_reward", ("rest_reward",), "worth of rest"),
        Free("stress_tau_s", ("stress_tau_s",), "time constant of stress", needs="stress_cost"),
    )
    space = Space.around({"rest_reward": 0.0, "stress_cost": 0.0, "defence_gain": 0.0}, candidates)
    assert space.names == ("contact", "selective", "defence")
    assert space.free[2].total(space.base) == floor
    assert space.left_out(candidates) == (
        "not fitted, because their mechanism is off: rest_reward (rest_reward is 0), stress_tau_s (stress_cost is 0)"
    )
    assert Space.around({}, candidates).n == 5
    assert Space.around({}, candidates).left_out(candidates) == ""
    assert "habituation_tau_s" in SPACE.names


def test_no_parameter_is_free_twice():
    members = [member for free in FREE for member in free.members]
    assert len(set(members)) == len(members)
    assert len({free.name for free in FREE}) == len(FREE)
    assert {"selective_mate", "rest_reward"} <= set(members)
    # set by tests after 6 h, which a score sheet of tests after 24 h cannot show
    assert "consolidation_mate_per_h" not in members


def test_mechanisms_are_free_once_they_are_switched_on():
    on = Space.around({"settling_worth": 2.0, "rhythm_depth": 0.5, "activity_budget": 1.0})
    off = Space.around({"settling_worth": 0.0, "rhythm_depth": 0.0, "activity_budget": 0.0})
    ours = {"settling_worth", "settling_tau_s", "settling_loss_s", "rhythm_depth", "rhythm_h", "activity_budget"}
    assert set(on.names) - set(off.names) == ours
    assert "settling_tau_s (settling_worth is 0)" in off.left_out()
    # a share stays one, however large its factor
    values = on.members(np.full((1, on.n), 0.9))
    assert values["activity_budget"] == 1.0
    assert values["settling_worth"] == pytest.approx(2.0 * np.exp(0.9))


def test_the_prior_of_each_quantity_is_its_own():
    narrow = Free("contact", FREE[0].members, "contact", median_sd=0.05, spread_sd=0.01)
    space = Space.around({}, (narrow, FREE[1]))
    drawn = space.draw_prior(4000, 1)
    assert drawn[:, 0].std() == pytest.approx(0.05, rel=0.05)
    assert drawn[:, 2].std() == pytest.approx(0.01, rel=0.05)
    assert drawn[:, 1].std() > 0.4


def test_the_verb_says_what_is_not_fitted(tmp_path, monkeypatch):
    sheet(8).assign(when="ST").to_csv(tmp_path / "scores.csv", index=False)

    def stopped(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "calibrate", stopped)
    said: list[str] = []
    config = tiny(env={"id": run.ASSAY, "dt_s": 60, "parameters": {"novelty_reward": 0.0}})
    with pytest.raises(KeyboardInterrupt):
        run.run_calibration(
            tmp_path / "scores.csv",
            tmp_path / "out",
            config=config,
            plan=Plan(vectors=4),
            progress=Silent(),
            say=said.append,
        )
    (told,) = (line for line in said if line.startswith("not fitted, because their mechanism is off: "))
    assert "novelty_reward (novelty_reward is 0)" in told
