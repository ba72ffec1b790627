"""The direct search of a calibration: its objective by hand, what it finds, its stages, its place in the whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from calibrate_killed import tiny
from figure_words import touching, words
from synthetic_voles import CONTACT, EXPLORE, N_FREE, SELECTIVE, stand_in, voles

from socialrl.calibration import fit, objective, report, run
from socialrl.calibration.calibrate import calibrate
from socialrl.calibration.figures import subjects
from socialrl.calibration.goals import GOALS
from socialrl.calibration.limits import check_work
from socialrl.calibration.objective import COURSE_H, Objective, course_of, course_off, repeatability
from socialrl.calibration.pairs import by_kind
from socialrl.calibration.plan import Plan
from socialrl.calibration.population import BOX, FREE, Space
from socialrl.calibration.search import _Strategy, by_generation, folded, limits, search
from socialrl.calibration.simulate import search_conditions
from socialrl.calibration.stages import Stages
from socialrl.calibration.summaries import RAW, raw_of
from socialrl.calibration.target import Target
from socialrl.drawing import style
from socialrl.errors import UserError
from socialrl.progress import Silent

BOTH = ("peers", "mates")
SPACE = Space.around({}, [free for free in FREE if free.name in ("contact", "selective", "exploration_reward")])
"""The three quantities that made-up animals do not ignore."""
PLANTED = np.array([1.3, -0.5, 0.5])
"""Medians as log factors; the first is farther from the table than an emulator around it reaches."""
META = {"seed": 4, "started": "2020-01-01T00:00:00+00:00", "command": "x", "versions": {}, "commit": None}


def whole(factors: np.ndarray) -> np.ndarray:
    """Log factors (n, 3) of `SPACE` as those of the made-up animals."""
    found = np.zeros((len(factors), N_FREE))
    found[:, [CONTACT, SELECTIVE, EXPLORE]] = factors
    return found


def made(kinds=BOTH, repeats: int = 4):
    own = stand_in(kinds, repeats)

    def simulate(factors, first_index, text, *, everything=False):
        return own(whole(factors), first_index, text, everything=everything)

    return simulate


def sheet(n: int = 24, planted: np.ndarray = PLANTED) -> pd.DataFrame:
    median = whole(planted[None])[0]
    return pd.concat([voles(n, median, np.full(N_FREE, 0.2), kind) for kind in BOTH], ignore_index=True)


@pytest.fixture(scope="module")
def judge() -> Objective:
    real = {kind: raw_of(rows) for kind, rows in by_kind(sheet()).items()}
    return Objective.of(real, {kind: Target.of(raw, 1) for kind, raw in real.items()}, {}, 1)


# --- the objective


def test_repeatability_is_the_share_of_variance_between_animals():
    # two animals, two tests: between 2·(1² + 1²)/1 = 4, within (4·0.5²)/2 = 0.5, so (4 − 0.5)/(4 + 0.5)
    assert repeatability(np.array([[0.5, 1.5], [2.5, 3.5]])) == pytest.approx(3.5 / 4.5)
    assert repeatability(np.array([[1.0, 1.0], [4.0, 4.0]])) == 1.0
    assert repeatability(np.array([[1.0, 4.0], [4.0, 1.0]])) == -1.0
    assert repeatability(np.full((3, 4), 2.0)) == 0.0
    rng = np.random.default_rng(1)
    values = rng.normal(0, 0.6, (4000, 1)) + rng.normal(0, 0.8, (4000, 4))
    assert repeatability(values) == pytest.approx(0.36, abs=0.02)


def test_the_course_of_the_preference():
    assert course_off([0.55, 0.75, 0.85]) == 0.0
    assert course_off([0.70, 0.90, 0.95]) == pytest.approx(0.06)  # too much after 6 h
    assert course_off([0.60, 0.65, 0.75]) == pytest.approx(0.07)  # too little more after 24 h
    assert course_off([0.50, 0.80, 0.70]) == pytest.approx(0.14)  # less after a week
    assert course_of(("mates",), 24.0) == {}
    assert course_of(BOTH, 24.0) == {6.0: "6h", 24.0: "early", 168.0: "168h"}
    asked = [
        (one.name, one.cohousing_h, one.relationship) for one in search_conditions(BOTH, 24.0, course_of(BOTH, 24))
    ]
    assert asked == [
        ("peers_early", 24.0, "peer"),
        ("mates_early", 24.0, "mate"),
        ("peers_6h", 6.0, "peer"),
        ("peers_168h", 168.0, "peer"),
    ]
    assert [one.name for one in search_conditions(("peers",), 48.0, course_of(("peers",), 48.0))] == [
        "peers_early",
        "peers_6h",
        "peers_24h",
        "peers_168h",
    ]


def played_of(raw: dict[str, np.ndarray], repeats: int, timepoints=("early",)) -> pd.DataFrame:
    """Tests of model animals, `repeats` of each, from raw tests (n, 7) by kind of pair."""
    tables = []
    for kind, tests in raw.items():
        for timepoint in timepoints:
            table = pd.DataFrame(tests, columns=list(RAW))
            index = np.repeat(np.arange(len(tests) // repeats), repeats)
            repeat = np.tile(np.arange(repeats), len(tests) // repeats)
            tables.append(table.assign(index=index, pairs=kind, timepoint=timepoint, repeat=repeat))
    return pd.concat(tables, ignore_index=True)


def test_the_objective_adds_up_what_is_missed(judge):
    real = {kind: raw_of(rows) for kind, rows in by_kind(sheet()).items()}
    same = judge.parts(played_of(real, 4))  # the voles' own tests, as if four voles had made four each
    assert same["outside_peers"] == same["outside_mates"] == 0.0
    assert same["objective"] == pytest.approx(sum(same[f"distance_{kind}"] ** 2 for kind in BOTH), abs=1e-12)
    assert same["repeatability_peers"] < 0.55
    # one goal beyond its interval: as many widths as there are, up to one and a half
    soon = {kind: raw.copy() for kind, raw in real.items()}
    k = [goal.name for goal in GOALS].index("latency_s_stranger")
    low, high = judge.allowed["peers"][k]
    soon["peers"][:, 6] = math.exp(high + 0.5 * (high - low)) - 15.0
    assert judge.parts(played_of(soon, 4))["outside_peers"] == pytest.approx(0.5)
    soon["peers"][:, 6] = 10_000.0
    assert judge.parts(played_of(soon, 4))["outside_peers"] == pytest.approx(1.5)
    # animals whose tests are all alike
    alike = {kind: np.repeat(raw[:8], 4, axis=0) for kind, raw in real.items()}
    found = judge.parts(played_of(alike, 4))
    assert found["repeatability_mates"] == 1.0
    rest = sum(found[f"distance_{kind}"] ** 2 + found[f"outside_{kind}"] for kind in BOTH)
    assert found["objective"] - rest == pytest.approx(2 * 2 * (1.0 - 0.55))


def test_the_course_counts_where_peers_were_tested(judge):
    course = course_of(BOTH, 24.0)
    with_course = replace(judge, course=course)
    real = {kind: raw_of(rows) for kind, rows in by_kind(sheet()).items()}
    flat = played_of(real, 4, ("early", "6h", "168h"))  # the same preference after any time
    found, without = with_course.parts(flat), judge.parts(flat)
    after = [found[f"preference_{hours:g}_h"] for hours in COURSE_H]
    assert after[0] == after[1] == after[2]
    assert found["course_off"] == pytest.approx(max(0.0, after[0] - 0.64) + 0.12 + 0.04)
    assert found["objective"] - without["objective"] == pytest.approx(5.0 * found["course_off"])
    silent = flat.assign(huddle_s_partner=0.0, huddle_s_stranger=0.0)
    assert with_course.parts(silent)["preference_6_h"] == 0.5, "animals that never huddle have no preference"


def test_an_interval_of_no_width_counts_as_wide_as_one_vole(judge):
    k = [goal.name for goal in GOALS].index("stranger_preferred")
    n = judge.targets["peers"].n
    allowed = judge.allowed["peers"].copy()
    allowed[:, 0], allowed[:, 1] = -np.inf, np.inf
    allowed[k] = 0.0
    one = replace(judge, allowed={**judge.allowed, "peers": allowed})
    raw = np.tile([5000.0, 0.0, 5400, 2700, 2700, 60, 90], (4 * n, 1))
    raw[:2, :2] = [0.0, 100.0]  # two tests of 4 n prefer the stranger: half a vole of n
    with np.errstate(invalid="ignore"):
        assert one.parts(played_of({"peers": raw, "mates": raw}, 4))["outside_peers"] == pytest.approx(0.5)


# --- the search

PLAN = Plan(vectors=16, rounds=1, resamples=2, starts=1, seed=4, search=3, candidates=6, candidate_animals=8)
GENERATIONS = ["search-1", "search-2", "search-3"]


def direct(judge, plan, keep=lambda _, make: make(), simulate=None):
    pytest.importorskip("cma", reason="the search needs the extra `fit`")
    return search(SPACE, simulate or made(), judge, plan, keep)


def test_it_moves_toward_the_planted_population(judge):
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    found, tried = direct(judge, Plan(seed=3, search=14, candidates=12, candidate_animals=12))
    assert found.median == pytest.approx(PLANTED, abs=0.35)
    assert found.median[0] > BOX, "an emulator around the table does not know what is there"
    table = by_generation(tried)
    assert list(table["generation"]) == list(range(1, 15))
    assert table["mean"].iloc[-1] < 0.2 * table["mean"].iloc[0]
    assert (table["best"] <= table["mean"]).all()
    assert table["best"].iloc[3] == tried.loc[tried["generation"] == 4, "objective"].min()
    assert np.array_equal(state, np.random.get_state()[1]), "the global stream is not used"  # noqa: NPY002


def test_candidates_of_a_generation_share_their_random_numbers_and_generations_do_not(judge):
    seen = []

    def watching(factors, first_index, text, *, everything=False):
        seen.append((first_index, text, factors))
        return made()(factors, first_index, text, everything=everything)

    _, tried = direct(judge, PLAN, simulate=watching)
    assert len(seen) == 3 * 6
    assert [first for first, _, _ in seen] == [0] * 6 + [8] * 6 + [16] * 6
    assert len({text for _, text, _ in seen}) == 18, "progress counts by text"
    scores = []
    for (_, _, factors), row in zip(seen, tried.to_dict("records"), strict=True):
        median, spread = (np.array([row[f"{part}_{name}"] for name in SPACE.names]) for part in ("median", "spread"))
        scores.append((factors - median) / spread)
    np.testing.assert_allclose(scores[1], scores[0], atol=1e-9)
    np.testing.assert_allclose(scores[5], scores[0], atol=1e-9)
    assert np.abs(scores[6] - scores[0]).max() > 0.1


def test_candidates_stay_where_parameters_can_be():
    space = Space.around({"activity_budget": 1.0, "recognition_noise": 0.5, "settling_worth": 2.0})
    low, high = limits(space)
    at = {name: k for k, name in enumerate(space.names)}
    assert high[at["recognition_noise"]] == pytest.approx(math.log(2.0))  # the table's range ends at 1
    assert high[at["activity_budget"]] == pytest.approx(0.3), "some room although it starts at its highest value"
    assert high[at["settling_worth"]] == pytest.approx(math.log(10.0))
    assert low[at["settling_tau_s"]] == pytest.approx(-math.log(10.0))
    assert (low[space.n :] == 0.02).all()
    assert (high[space.n :] == 0.9).all()


def test_what_is_beyond_a_limit_is_mirrored_at_it():
    low, high = np.array([0.0, -1.0]), np.array([2.0, 1.0])
    asked = np.array([[0.5, 0.25], [-0.5, 1.5], [2.5, -1.0], [4.5, 5.25]])
    np.testing.assert_allclose(folded(asked, low, high), [[0.5, 0.25], [0.5, 0.5], [1.5, -1.0], [0.5, 0.75]])


def test_generations_of_another_computer_count_as_they_are():
    """What it rounds differently moves the search by as little, even where its candidates lie beyond a limit."""
    pytest.importorskip("cma", reason="the search needs the extra `fit`")
    here, there = _Strategy(SPACE, PLAN), _Strategy(SPACE, PLAN)
    rng = np.random.default_rng(1)
    for number in range(1, 6):
        asked = here.ask(number)
        there.ask(number)
        assert number > 1 or (asked[:, 3:] < 0.02).any()
        rounded = asked * (1.0 + 2e-16 * rng.integers(-4, 5, asked.shape))
        worth = ((asked - 0.3) ** 2).sum(axis=1)
        here.tell(asked, worth)
        there.tell(rounded, worth)
        np.testing.assert_allclose(there.middle().vector, here.middle().vector, atol=1e-9)


class Killed(Exception):
    pass


@pytest.mark.parametrize("killed_at", [*GENERATIONS[1:], "search"])
def test_a_search_that_was_killed_goes_on_with_the_same_numbers(judge, tmp_path, killed_at):
    expected, all_tried = direct(judge, PLAN)
    trained = []

    def counting(factors, first_index, text, *, everything=False):
        trained.append(text)
        return made()(factors, first_index, text, everything=everything)

    def killing(stages: Stages):
        def keep(name, make):
            if name == killed_at:
                raise Killed
            return stages.keep(name, make)

        return keep

    with Stages.open(tmp_path, {"seed": 4}, META) as stages, pytest.raises(Killed):
        direct(judge, PLAN, killing(stages))
    with Stages.open(tmp_path, {"seed": 4}, META) as stages:
        found, tried = direct(judge, PLAN, stages.keep, counting)
    np.testing.assert_array_equal(found.vector, expected.vector)
    pd.testing.assert_frame_equal(tried, all_tried, check_exact=True)
    done = GENERATIONS.index(killed_at) if killed_at in GENERATIONS else 3
    assert len(trained) == (3 - done) * PLAN.candidates, "what is done is not trained again"


# --- its place in the whole


def test_plans_count_what_is_searched():
    assert list(PLAN.cohorts) == [*GENERATIONS, "round-1", "check-before", "check-after"]
    assert PLAN.n_trained == 3 * 6 * 8 + 16 + 8 + 8
    assert PLAN.at_once == 16
    assert replace(PLAN, candidate_animals=40).at_once == 40
    assert replace(PLAN, search=0, candidate_animals=40).at_once == 16
    for wrong in ({"search": -1}, {"candidates": 3}, {"candidate_animals": 1}):
        with pytest.raises(ValueError, match="a search needs"):
            replace(PLAN, **wrong)
    with pytest.raises(UserError, match=r"^3360032 animals with 80000 steps .*; lower --search, --vectors or --steps$"):
        check_work(replace(Plan(vectors=16, rounds=1), search=10_000), tiny(steps=80_000))


def test_without_a_search_nothing_moves(monkeypatch):
    monkeypatch.setattr(fit, "_MOST_ITERATIONS", 2)
    anchor, table = SPACE.anchor(), SPACE.table_population()
    from_table = replace(SPACE, start=anchor)
    small = replace(PLAN, search=0)
    told = [calibrate(sheet(), made(), small, space) for space in (SPACE, from_table)]
    np.testing.assert_array_equal(told[0].after.vector, told[1].after.vector)
    np.testing.assert_array_equal(told[0].posterior, told[1].posterior)
    np.testing.assert_array_equal(told[0].before.vector, table.vector)
    assert told[0].tried.empty
    assert told[0].space.start is None
    assert "search" not in subjects(told[0])


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """The whole verb with a search, made-up animals in place of trained ones."""
    pytest.importorskip("cma", reason="the search needs the extra `fit`")
    folder = tmp_path_factory.mktemp("searched")
    sheet(planted=np.array([0.2, -0.3, 0.3])).assign(when="ST").to_csv(folder / "scores.csv", index=False)
    asked, said, heard = [], [], []

    def cohorts(config, space, tests, *, repeats, on_steps):
        asked.append([one.name for one in tests])
        assert space.start is None, "factors are those on the table"

        def simulate(factors, first_index, text, *, everything=False):
            on_steps(len(factors) * config.steps, text)
            full = np.zeros((len(factors), N_FREE))
            for k, name in zip((CONTACT, SELECTIVE, EXPLORE), SPACE.names, strict=True):
                full[:, k] = factors[:, space.names.index(name)]
            played = stand_in(BOTH, repeats)(full, first_index, text, everything=everything)
            more = [name.split("_")[1] for name in asked[-1] if name.endswith("h")]
            peers = played[(played["pairs"] == "peers") & (played["timepoint"] == "early")]
            return pd.concat([played, *(peers.assign(timepoint=one) for one in more)], ignore_index=True)

        return simulate

    class Listening(Silent):
        def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
            heard.append((done_steps, total_steps, text))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "trained_cohorts", cohorts)
        patch.setattr(fit, "_MOST_ITERATIONS", 2)
        patch.setattr(report, "subjects", lambda _: {})  # figures are drawn elsewhere
        result = run.run_calibration(
            folder / "scores.csv", folder / "out", config=tiny(), plan=PLAN, progress=Listening(), say=said.append
        )
    return result, folder / "out", asked, said, heard


def test_the_rounds_start_from_what_the_search_found(searched):
    result, out, asked, said, heard = searched
    assert asked[1] == ["peers_early", "mates_early", "peers_6h", "peers_168h"]
    assert any("176 animals learn 64 steps each" in line for line in said)
    assert heard[-1][:2] == (176 * 64, 176 * 64)
    assert any(text == "search 2 of 3, candidate 5 of 6" for _, _, text in heard)
    manifest = json.loads((out / "manifest.json").read_text())
    assert list(manifest["stages"])[:5] == [*GENERATIONS, "search", "round-1"]
    plan = manifest["plan"]
    assert (plan["search"], plan["candidates"], plan["candidate_animals"]) == (3, 6, 8)
    assert "code of the search" in plan
    assert "cma" in manifest["begun"]["versions"]
    found = result.space.start
    stage = pd.read_parquet(out / "stages" / "search.parquet")
    np.testing.assert_array_equal(stage["median"], found.median)
    np.testing.assert_array_equal(result.before.median, np.zeros(result.space.n))
    round_1 = pd.read_parquet(out / "stages" / "round-1.parquet")
    assert round_1["index"].min() == 3 * 8, "animals of the search are not used again"
    logs = round_1.drop_duplicates("index")[[f"log_{name}" for name in result.space.names]].to_numpy()
    assert np.abs(logs - found.median).max() <= BOX
    np.testing.assert_allclose(logs.mean(axis=0), found.median, atol=0.1)
    apart = np.median(result.prior[:, : result.space.n], axis=0) - found.median
    assert np.abs(apart).max() < 0.1, "the prior is around it, too"


def test_the_page_tells_of_the_search(searched):
    result, out, *_ = searched
    page = (out / "calibration.html").read_text()
    for text in ("Direct search", "Bell, Hankison", "Repeatability, mates", "search.csv", "Williams et al. 1992"):
        assert text in page
    assert len(pd.read_csv(out / "search.csv")) == 3 * 6
    stored = json.loads((out / "calibration.json").read_text())
    assert [row["generation"] for row in stored["search"]] == [1, 2, 3]
    assert stored["search"][2]["mean"] == pytest.approx(result.search()["mean"].iloc[2])
    assert stored["provenance"]["simulated"]["search"]["hours_together"] == [6.0, 24.0, 168.0]


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_of_the_figure_stands_on_another(searched, narrow):
    subject = subjects(searched[0])["search"]
    with style.house_style():
        seen = words(subject.draw(searched[0], narrow))
    assert {"Generation", "best candidate"} <= {text for text, _ in seen}
    assert not touching(seen)


def test_generations_that_are_done_are_told_as_one():
    assert run._in_words([*GENERATIONS, "round-1"], PLAN) == "search-1 to search-3, round-1"
    assert run._in_words(["search-1"], PLAN) == "search-1"
    assert run._in_words(["round-1", "round-2"], replace(PLAN, search=0)) == "round-1, round-2"


def test_sources_are_named():
    for text in ("2009", "0.37", "Williams et al. 1992", "Black et al. 2025"):
        assert text in (objective.__doc__ or "")
