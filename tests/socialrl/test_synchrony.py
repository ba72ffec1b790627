"""The index of synchrony on series whose answer is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from socialrl.analysis.synchrony import FORMS, Pairs, synchrony
from socialrl.analysis.synchrony.correlation import Series, peaks, standardised, without_contact

N_TICKS = 720  # half a day of minutes
DT_S = 60.0


def _smooth(rng: np.random.Generator, *shape: int) -> NDArray[np.float64]:
    """Noise with a memory of some minutes, as behaviour has it."""
    noise = rng.normal(size=(*shape, N_TICKS + 20))
    kernel = np.exp(-np.arange(10) / 3.0)
    return np.apply_along_axis(lambda row: np.convolve(row, kernel, "valid")[:N_TICKS], -1, noise)


def _table(both: NDArray[np.float64], contact: NDArray[np.bool_] | None = None, **labels: list[object]) -> pd.DataFrame:
    n = len(both)
    who = {"animal": [f"a{i}" for i in range(n)], "other": [f"b{i}" for i in range(n)]}
    places = {"genotype": ["wt"] * n, "test": ["home"] * n, "habitat": [f"h{i}" for i in range(n)], "repeat": [0] * n}
    none = np.zeros((n, both.shape[2]), dtype=np.bool_)
    labelled = pd.DataFrame({**who, **places, **labels})
    return synchrony(Pairs(labelled, {"stress": both}, none if contact is None else contact, DT_S))


def _whole(table: pd.DataFrame, form: str = "raw") -> pd.DataFrame:
    return table[table["hour"].isna() & (table["form"] == form)].set_index("animal")


def test_correlation_and_lag_are_those_of_numpy_over_the_ticks_that_overlap() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(2, 100))
    used_first, used_second = rng.random((2, 100)) < 0.7
    sides = [Series(standardised(one[None]), used) for one, used in ((first, used_first), (second, used_second))]
    found = peaks(sides[0], [sides[1]], max_lag=3, span=100, least=5)
    expected = {}
    for lag in range(-3, 4):
        there = np.arange(max(0, -lag), min(100, 100 - lag))
        there = there[used_first[there] & used_second[there + lag]]
        expected[lag] = np.corrcoef(first[there], second[there + lag])[0, 1]
    best = max(expected, key=lambda lag: expected[lag])
    assert found.peak[0, -1] == pytest.approx(expected[best])
    assert found.lag[0, -1] == best
    assert found.peak[0, 0] == pytest.approx(found.peak[0, 1])  # one span is the whole


def test_spans_add_up_to_the_hours_of_their_own_and_the_last_may_be_shorter() -> None:
    rng = np.random.default_rng(2)
    first, second = (Series(standardised(rng.normal(size=(1, 150))), np.ones(150, dtype=np.bool_)) for _ in range(2))
    found = peaks(first, [second], max_lag=0, span=60, least=20)
    for span, (start, end) in enumerate(((0, 60), (60, 120), (120, 150), (0, 150))):
        expected = np.corrcoef(first.values[0, start:end], second.values[0, start:end])[0, 1]
        assert found.peak[0, span] == pytest.approx(expected)
    assert found.n_ticks[0].tolist() == [60, 60, 30, 150]


def test_categories_correlate_fully_with_themselves_and_not_when_exchanged() -> None:
    rng = np.random.default_rng(3)
    action = (rng.integers(3, size=300)[None] == np.arange(4)[:, None]).astype(float)
    used = np.ones(300, dtype=np.bool_)
    own, exchanged = (Series(standardised(one), used) for one in (action, np.roll(action, 1, axis=0)))
    same, moved = (peaks(own, [one], 0, 300, 20) for one in (own, exchanged))
    assert same.peak[0, -1] == pytest.approx(1.0)
    assert moved.peak[0, -1] < 0.1


def test_two_equal_series_shifted_by_five_minutes_have_a_peak_of_one_there() -> None:
    rng = np.random.default_rng(4)
    own = _smooth(rng, 6)
    table = _table(np.stack([own, np.roll(own, 5, axis=1)], axis=1))
    whole = _whole(table)
    assert (whole["peak"] > 0.97).all()
    assert (whole["lag_s"] == 300.0).all()
    assert (whole["index_pseudo"] > 4).all()
    assert (whole["index_shift"] > 4).all()
    assert (whole["note"] == "").all()


def test_independent_noise_is_zero_against_both_surrogates() -> None:
    both = _smooth(np.random.default_rng(5), 20, 2)
    whole = _whole(_table(both))
    for kind in ("index_pseudo", "index_shift"):
        mean, error = whole[kind].mean(), whole[kind].std() / np.sqrt(len(whole))
        assert abs(mean) < 2.5 * error
        assert 0.5 < whole[kind].std() < 2.0  # in units of the surrogates' own SD


def test_without_shifts_all_else_is_the_same() -> None:
    both = _smooth(np.random.default_rng(6), 12, 2)
    who = {"animal": [f"a{i}" for i in range(12)], "other": [f"b{i}" for i in range(12)]}
    labels = pd.DataFrame({**who, "habitat": range(12)})
    pairs = Pairs(labels, {"stress": both}, np.zeros((12, both.shape[2]), dtype=np.bool_), DT_S)
    whole, without = synchrony(pairs), synchrony(pairs, shifts=False)
    of_shifts = ["shift_mean", "shift_sd", "n_shift", "index_shift", "note"]
    pd.testing.assert_frame_equal(whole.drop(columns=of_shifts), without.drop(columns=of_shifts))
    assert (whole["n_shift"] > 0).any()
    assert (without["n_shift"] == 0).all()


def test_a_common_rhythm_is_no_synchrony() -> None:
    rng = np.random.default_rng(6)
    rhythm = np.sin(2 * np.pi * np.arange(N_TICKS) / 180)
    whole = _whole(_table(rhythm + 0.7 * _smooth(rng, 12, 2) / 1.7))
    assert (whole["peak"] > 0.4).all()
    error = whole["index_pseudo"].std() / np.sqrt(len(whole))
    assert abs(whole["index_pseudo"].mean()) < 2.5 * error
    assert (whole["index_shift"] < 3.0).all()
    error = whole["index_shift"].std() / np.sqrt(len(whole))
    assert abs(whole["index_shift"].mean()) < 2.5 * error
    alone = _whole(_table(rhythm + 0.7 * _smooth(rng, 1, 2) / 1.7))  # shifts come into step again and again
    assert (alone["index_shift"] < 2.0).all()


def test_a_common_start_is_no_synchrony() -> None:
    """All animals run about at first and settle down; nothing else is common."""
    rng = np.random.default_rng(17)
    course = 8.0 * np.exp(-np.arange(N_TICKS) / 60.0)
    whole = _whole(_table(course + _smooth(rng, 12, 2)))
    assert (whole["peak"] > 0.4).all()
    for kind in ("index_pseudo", "index_shift"):
        error = whole[kind].std() / np.sqrt(len(whole))
        assert abs(whole[kind].mean()) < 2.5 * error, kind


def test_animals_that_only_follow_the_clock_have_an_index_of_zero() -> None:
    course = np.exp(-np.arange(N_TICKS) / 60.0)
    whole = _whole(_table(np.broadcast_to(course, (6, 2, N_TICKS))))
    assert np.allclose(whole["peak"], 1.0)
    assert (whole["index_pseudo"] == 0.0).all()
    assert whole["index_shift"].isna().all()
    assert (whole["note"] == "nothing but the course of the clock to be shifted").all()


def _in_contact(rng: np.random.Generator, n: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Pairs that have nothing in common but their contact, and their contact."""
    contact = _smooth(rng, n) > 0.5
    rise = np.exp(-np.arange(60) / 8.0)  # what contact does outlasts it
    felt = np.stack([np.convolve(row, rise)[:N_TICKS] for row in contact.astype(float)])
    return felt[:, None] + 0.5 * _smooth(rng, n, 2), contact


def test_what_agrees_only_in_contact_vanishes_when_contact_is_partialled_out() -> None:
    both, contact = _in_contact(np.random.default_rng(7), 12)
    table = _table(both, contact)
    assert (_whole(table)["index_pseudo"] > 2.5).all()
    left = _whole(table, "contact_partialled")
    assert abs(left["index_pseudo"].mean()) < 2.5 * left["index_pseudo"].std() / np.sqrt(len(left))
    assert left["peak"].mean() < 0.4 < _whole(table)["peak"].mean()


def test_what_agrees_apart_from_contact_stays_in_all_three_forms() -> None:
    rng = np.random.default_rng(8)
    both, contact = _in_contact(rng, 8)
    table = _table(both + 2.0 * _smooth(rng, 8, 1), contact)
    for form in FORMS:
        assert (_whole(table, form)["index_pseudo"] > 2.5).all(), form


def test_contact_itself_is_trivial_and_has_no_other_form() -> None:
    rng = np.random.default_rng(9)
    contact = _smooth(rng, 5) > 0.5
    table = _table(np.stack([contact, contact], axis=1).astype(float), contact)
    assert np.allclose(_whole(table)["peak"], 1.0)
    for form in ("outside_contact", "contact_partialled"):
        assert _whole(table, form)["peak"].isna().all()
        assert _whole(table, form)["note"].str.startswith("a series is constant").all()


def test_a_constant_series_has_no_index_and_says_so() -> None:
    both = _smooth(np.random.default_rng(10), 4, 2)
    both[:, 1] = 3.3
    table = _table(both)
    assert table[["peak", "index_pseudo", "index_shift"]].isna().all(axis=None)
    assert table["note"].str.contains("constant").all()


def test_one_pair_has_no_pseudo_pairs_and_says_so() -> None:
    whole = _whole(_table(_smooth(np.random.default_rng(11), 1, 2)))
    assert whole["n_pseudo"].tolist() == [0]
    assert whole["index_pseudo"].isna().all()
    assert whole["index_shift"].notna().all()
    assert "no other pair in another world" in whole["note"].iloc[0]
    assert "the course of the clock is not taken out for shifts" in whole["note"].iloc[0]


def test_pairs_of_one_world_and_the_same_pair_in_another_repeat_lend_nothing() -> None:
    both = _smooth(np.random.default_rng(12), 4, 2)
    one_world = _table(both, habitat=["h0"] * 4)
    assert (one_world["n_pseudo"] == 0).all()
    names = {"animal": ["a0", "a1", "a0", "a1"], "other": ["b0", "b1", "b0", "b1"]}
    repeats = _table(both, habitat=["h0"] * 4, repeat=[0, 0, 1, 1], **names)
    whole = repeats[repeats["hour"].isna()]
    assert (whole["n_pseudo"] == 2).all()  # the other pair of the other repeat, on either side
    assert whole["note"].str.contains("too few pseudo-pairs with a peak").all()


def test_conditions_do_not_lend_to_each_other() -> None:
    both = _smooth(np.random.default_rng(13), 6, 2)
    table = _table(both, genotype=["wt", "wt", "wt", "ko", "ko", "ko"])
    assert (_whole(table)["n_pseudo"] == 4).all()


def test_a_short_test_has_no_shifts_and_a_shorter_one_nothing() -> None:
    both = _smooth(np.random.default_rng(14), 4, 2)
    hour = _whole(_table(both[:, :, :60]))
    assert (hour["n_shift"] == 0).all()
    assert (hour["note"] == "too short for shifts").all()
    assert hour["index_pseudo"].notna().all()
    minutes = _table(both[:, :, :15])
    assert minutes["peak"].isna().all()


def test_hours_have_an_index_of_their_own() -> None:
    rng = np.random.default_rng(15)
    both = _smooth(rng, 12, 2)
    both[:, 1, 180:240] = both[:, 0, 180:240]  # in step in the fourth hour only
    table = _table(both)
    raw = table[table["form"] == "raw"]
    means = raw.groupby("hour")["index_pseudo"].mean()
    assert list(means.index) == [float(hour) for hour in range(12)]
    assert means.idxmax() == 3.0
    assert means[3.0] > 1.0
    assert raw[raw["hour"] == 3.0]["peak"].to_numpy() == pytest.approx(np.ones(12))


def test_partialling_leaves_nothing_of_a_series_that_is_contact_and_its_past() -> None:
    contact = _smooth(np.random.default_rng(16), 1)[0] > 0.3
    kept = np.exp(-60.0 / 600.0)
    past = np.zeros(N_TICKS)
    level = float(contact[0])
    for tick, now in enumerate(contact):
        level = kept * level + (1 - kept) * float(now)
        past[tick] = level
    left = without_contact(standardised(past[None]), contact, 60.0)
    assert np.abs(left).max() == 0.0


def test_partialling_leaves_nothing_of_stress_that_contact_calms_the_more_the_better_the_two_know_each_other() -> None:
    contact = _smooth(np.random.default_rng(18), 1)[0] > 0.3
    kept = np.exp(-60.0 / 1800.0)
    stress, level, familiarity = np.zeros(N_TICKS), 0.5, 0.0
    for tick, now in enumerate(contact):
        familiarity += (1.0 - familiarity) * 0.003 * now
        level = kept * level + (1 - kept) * (1.0 - familiarity * now)
        stress[tick] = level
    assert np.abs(without_contact(standardised(stress[None]), contact, 60.0)).max() == 0.0
