"""Neither side nor slot carries identity: swapping the tethered animals mirrors the result."""

from __future__ import annotations

import numpy as np
from playing import EXPLORE, PARTNER, STRANGER, make_rows, make_single, play, random_actions

N_ROWS, N_TICKS = 200, 300


def test_swapping_the_sides_mirrors_everything_bit_by_bit() -> None:
    """Without exploring (which numbers the ways out from left to right) the same seed plays the mirror image."""
    left, right = make_rows(N_ROWS), make_rows(N_ROWS)
    left.reset(seed=1, options={"side": "left"})
    right.reset(seed=1, options={"side": "right"})
    actions = random_actions(left, N_TICKS)
    actions[actions == EXPLORE] = 0
    a, b = play(left, actions), play(right, actions)
    mirrored = b.observations.copy()
    mirrored[:, :, [0, 1, 2]] = b.observations[:, :, [2, 1, 0]]
    np.testing.assert_array_equal(a.observations, mirrored)
    np.testing.assert_array_equal(a.rewards, b.rewards)
    for name, counted in left.counters().items():
        other = right.counters()[name]
        if name in ("chamber_s", "entries", "tube_s"):
            other = other[:, ::-1]
        np.testing.assert_array_equal(counted, other, err_msg=name)
    assert (left.counters()["huddle_s"][:, [PARTNER, STRANGER]].min(axis=0) >= 0.0).all()
    assert left.counters()["entries"].sum() > 100 * N_ROWS / 10, "nobody moved"


def test_the_record_is_the_same_on_either_side() -> None:
    """Records name chambers by who lives there, so the mirror image has the same record, except for the side itself."""
    records = {}
    for side in ("left", "right"):
        env = make_single(duration_s=3000.0)
        env.reset(seed=7, options={"side": side})
        rng = np.random.default_rng(0)
        over = False
        while not over:
            *_, over, info = env.step(rng.choice([0, 2, 3, 4, 5]))
        records[side] = info["record"]
        assert records[side].pop("side") == side
    assert records["left"].keys() == records["right"].keys()
    for name, value in records["left"].items():
        np.testing.assert_array_equal(value, records["right"][name], err_msg=name)
    assert records["left"]["chamber_s_partner"] != records["left"]["chamber_s_stranger"]


def test_an_explorer_visits_both_sides_alike() -> None:
    """With exploring, the mirror holds in the mean: 1500 rows, four standard errors."""
    sides = []
    for seed, side in ((10, "left"), (10_000, "right")):
        env = make_rows(1500)
        env.reset(seed=seed, options={"side": side})
        play(env, random_actions(env, N_TICKS, seed))
        counted = env.counters()
        chamber_s = counted["chamber_s"][:, :: 1 if side == "left" else -1]
        sides.append(np.hstack([counted["huddle_s"][:, 1:], counted["bouts"][:, 1:], chamber_s]))
    a, b = sides
    error = np.sqrt((a.var(axis=0) + b.var(axis=0)) / 1500)
    assert (np.abs(a.mean(axis=0) - b.mean(axis=0)) < 4.0 * error).all()
    assert (error > 0.0).all()


def test_slot_and_side_are_drawn_independently_of_each_other_and_of_identity() -> None:
    env = make_rows(4000)
    env.reset(seed=0)
    first_slot_is_partner = env.world.batch.slots[:, 0, 0] == PARTNER
    partner_is_left = env.world.batch.animals["chamber"][:, PARTNER] == 0
    table = np.histogram2d(first_slot_is_partner, partner_is_left, bins=2)[0]
    assert np.abs(table - 1000.0).max() < 4.0 * np.sqrt(4000 * 0.25 * 0.75)


def test_asking_for_a_side_leaves_the_slots_as_they_were() -> None:
    drawn, asked = make_rows(50), make_rows(50)
    drawn.reset(seed=0)
    asked.reset(seed=0, options={"side": "right"})
    np.testing.assert_array_equal(drawn.world.batch.slots, asked.world.batch.slots)
