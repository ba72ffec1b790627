"""Raw counters in `info` and the record of a finished test, against what was seen tick by tick."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from playing import FOCAL, PARTNER, STRANGER, channel, make_rows, make_single, play, random_actions

from socialrl_envs.parameters import parameter
from socialrl_envs.rewards import terms_of

NAMES = {PARTNER: "partner", STRANGER: "stranger"}


@pytest.mark.parametrize(("dt_s", "duration_s"), [(15.0, 10_800.0), (20.0, 3100.0)])
def test_the_record_agrees_with_what_was_seen(dt_s: float, duration_s: float) -> None:
    env = make_single(dt_s=dt_s, duration_s=duration_s, withdrawal_s=60.0)
    observed, first = env.reset(seed=9)
    slot = {animal: int(np.argmax(env.world.batch.slots[0, 0] == animal)) for animal in NAMES}
    chambers = [int(np.argmax(observed[:3]))]
    seen: dict[str, list[float]] = {f"{what}_{who}": [] for what in ("contact", "withdrawn") for who in NAMES.values()}
    rng = np.random.default_rng(3)
    over, was = False, dict.fromkeys(NAMES, 0.0)
    rejections = dict.fromkeys(NAMES, 0)
    while not over:
        action = int(rng.choice(6, p=[0.1, 0.1, 0.35, 0.35, 0.05, 0.05]))
        observed, _, _, over, info = env.step(action)
        chambers.append(int(np.argmax(observed[:3])))
        for animal, name in NAMES.items():
            # how settled it is makes the channel more or less, contact makes it more than 0
            in_contact = observed[channel(env, f"slot{slot[animal]}_in_contact")] > 0.0
            seen[f"contact_{name}"].append(float(in_contact))
            withdrawn_s = float(env.world.batch.pairs["withdrawn_s"][0, animal, FOCAL])
            rejections[animal] += withdrawn_s > was[animal]
            was[animal] = withdrawn_s
    record = info["record"]
    n_ticks = round(duration_s / dt_s)
    assert record["duration_s"] == duration_s
    assert len(chambers) == n_ticks + 1
    by_chamber = dict(zip(("left", "centre", "right"), np.bincount(chambers[:-1], minlength=3) * dt_s, strict=True))
    entered = [after for before, after in itertools.pairwise(chambers) if after != before]
    transit_s = parameter("transit_s").value
    assert sum(record[f"tube_s_{name}"] for name in ("partner", "centre", "stranger")) == len(entered) * transit_s
    entries = dict(zip(("left", "centre", "right"), np.bincount(entered, minlength=3), strict=True))
    partner_side, stranger_side = (record["side"], "right" if record["side"] == "left" else "left")
    for name, place in (("partner", partner_side), ("centre", "centre"), ("stranger", stranger_side)):
        # what is seen of an animal in a tube is the chamber that it left
        assert record[f"chamber_s_{name}"] + record[f"tube_s_{name}"] == by_chamber[place]
        assert record[f"entries_{name}"] == entries[place]
    for animal, name in NAMES.items():
        contact = np.array(seen[f"contact_{name}"])
        assert record[f"huddle_s_{name}"] == contact.sum() * dt_s > 0.0
        onsets = np.flatnonzero(np.diff(contact, prepend=0.0) == 1.0)
        assert record[f"bouts_{name}"] == len(onsets) > 1
        assert record[f"latency_s_{name}"] == onsets[0] * dt_s
        assert record[f"rejections_{name}"] == rejections[animal] > 0
        bins = record[f"huddle_s_{name}_10min"]
        assert bins.shape == (int(np.ceil(duration_s / 600.0)),)
        expected = np.bincount((np.arange(n_ticks) * dt_s // 600.0).astype(int), contact * dt_s, minlength=len(bins))
        np.testing.assert_array_equal(bins, expected)
        familiarity = float(env.world.batch.pairs["familiarity"][0, FOCAL, animal])
        assert record[f"familiarity_end_{name}"] == familiarity
        assert record[f"familiarity_start_{name}"] == first["familiarity_start"][animal - 1]


def test_seconds_add_up_in_every_record_of_many_animals() -> None:
    env = make_rows(200, duration_s=3600.0)
    env.reset(seed=0)
    record = play(env, random_actions(env, 240)).infos[-1]["record"]
    names = ("partner", "centre", "stranger")
    chambers = sum(record[f"chamber_s_{name}"] + record[f"tube_s_{name}"] for name in names)
    assert (chambers == 3600.0).all()
    for name in ("partner", "stranger"):
        np.testing.assert_array_equal(record[f"huddle_s_{name}_10min"].sum(axis=1), record[f"huddle_s_{name}"])
        assert (record[f"huddle_s_{name}"] <= record[f"chamber_s_{name}"]).all()
    started = play(env, random_actions(env, 1)).infos[-1]  # the reset that follows clears everything
    assert started["huddle_s"].sum() == started["chamber_s"].sum() == 0.0
    assert np.isinf(started["latency_s"]).all()
    again = play(env, random_actions(env, 240, seed=2)).infos[-1]["record"]
    for name in ("partner", "stranger"):
        np.testing.assert_array_equal(again[f"huddle_s_{name}_10min"].sum(axis=1), again[f"huddle_s_{name}"])


def test_an_animal_that_never_huddled_has_no_latency() -> None:
    env = make_single(duration_s=150.0)
    _, info = env.reset(seed=0)
    for _ in range(10):
        assert np.isinf(info["latency_s"]).all(), "not yet"
        *_, info = env.step(0)
    for name in NAMES.values():
        assert np.isnan(info["record"][f"latency_s_{name}"])
        assert info["record"][f"huddle_s_{name}"] == info["record"][f"bouts_{name}"] == 0.0


def test_the_record_says_what_the_animal_had_lived_through() -> None:
    env = make_single(duration_s=30.0)
    env.reset(seed=0, options={"cohousing_h": 12, "separation_h": 6, "relationship": "mate", "side": "right"})
    env.step(0)
    *_, info = env.step(0)
    record = info["record"]
    assert (record["cohousing_h"], record["separation_h"]) == (12.0, 6.0)
    assert (record["relationship"], record["side"]) == ("mate", "right")


@pytest.mark.parametrize(
    ("history", "mated"),
    [
        ({"relationship": "mate"}, True),
        ({"relationship": "mate", "mating": False}, False),
        ({"relationship": "mate", "cohousing_h": 0}, False),
        ({"relationship": "peer"}, False),
    ],
)
@pytest.mark.parametrize("env_id", ["socialrl/PartnerPreference-v0", "socialrl/StrangerEncounter-v0"])
def test_the_record_says_whether_partners_have_mated(env_id: str, history: dict[str, Any], mated: bool) -> None:
    env = make_single(env_id, duration_s=15.0)
    env.reset(seed=0, options={"cohousing_h": 3, **history})
    over = False
    while not over:
        _, _, _, over, info = env.step(0)
    assert info["record"]["mating"] is mated
    assert list(info["record"]).index("mating") == list(info["record"]).index("relationship") + 1


def test_a_record_is_plain_numbers_and_texts() -> None:
    """So that it goes into a table, JSON or a log line as it is."""
    env = make_single(duration_s=15.0)
    env.reset(seed=0)
    *_, info = env.step(0)
    for name, value in info["record"].items():
        if name.endswith("_10min"):
            assert isinstance(value, np.ndarray)
        else:
            assert type(value) in (float, int, str, bool), name


def test_infos_are_copies_with_all_counters_for_partner_and_stranger() -> None:
    env = make_single()
    _, at_start = env.reset(seed=0)
    *_, one = env.step(1)
    kept = {name: np.array(value) for name, value in one.items() if name not in ("reward_terms", "record")}
    assert tuple(one["reward_terms"]) == terms_of(False)
    for name in ("huddle_s", "bouts", "rejections", "latency_s", "familiarity_start", "familiarity_end"):
        assert one[name].shape == (2,)
    for name in ("chamber_s", "entries", "tube_s"):
        assert one[name].shape == (3,)
    np.testing.assert_array_equal(at_start["familiarity_start"], at_start["familiarity_end"])
    assert at_start["familiarity_start"][0] > at_start["familiarity_start"][1] == 0.0
    for _ in range(50):
        *_, later = env.step(2)
    for name, value in kept.items():
        np.testing.assert_array_equal(one[name], value)
    later["chamber_s"][:] = -1.0
    *_, after = env.step(2)
    assert after["chamber_s"].sum() == 52 * env.dt_s - after["tube_s"].sum()
