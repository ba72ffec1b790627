"""A stranger in the home: it roams and approaches, can be driven off and avoided; the bond outlasts absence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import EXPLORE, REST, against, channel, make_rows, make_single, play, random_actions, toward

ENCOUNTER = "socialrl/StrangerEncounter-v0"
RESIDENT, STRANGER, PARTNER = range(3)
HOME, REFUGE = range(2)


def begun(n_rows: int = 200, session: str = "alone", side: str | None = None, seed: int = 1, **arguments: Any) -> Any:
    env = make_rows(n_rows, ENCOUNTER, session=session, **arguments)
    env.reset(seed=seed, options={"side": side})
    return env


def test_the_stranger_roams_and_comes_to_a_resident_that_rests() -> None:
    env = begun()
    chambers, intents = [], []
    for _ in range(120):
        env.step(np.full(200, REST))
        chambers.append(env.world.batch.animals["chamber"][:, STRANGER].copy())
        intents.append(env.world.batch.animals["intent"][:, STRANGER].copy())
    counted = env.counters()
    huddle_s = counted["huddle_s"][:, STRANGER]
    assert (huddle_s > 0.0).mean() > 0.95, "a resident that rests is visited"
    assert 60.0 < huddle_s.mean() < 400.0
    assert counted["entries"].sum() == 0.0, "the resident stays where it was"
    in_refuge = np.mean(np.array(chambers) == REFUGE, axis=0)
    assert (in_refuge > 0.0).mean() > 0.9
    assert (in_refuge < 1.0).all()
    # intents are drawn 0.4, 0.4, 0.2 and held for a minute on average
    held = np.array(intents)
    assert (held[1:] != held[:-1]).mean() == pytest.approx(5.0 / 60.0 * (1.0 - 0.4**2 - 0.4**2 - 0.2**2), abs=0.012)


def test_seeking_the_absent_partner_is_no_way_out_of_contact() -> None:
    resting, seeking = begun(seed=5), begun(seed=5)
    for _ in range(120):
        resting.step(np.full(200, REST))
        seeking.step(toward(seeking, PARTNER))
    huddle_s = [env.counters()["huddle_s"][:, STRANGER] for env in (resting, seeking)]
    np.testing.assert_array_equal(*huddle_s)
    assert huddle_s[0].mean() > 60.0


def test_contact_pays_and_costs_the_resident_what_the_equations_say() -> None:
    env = make_single(ENCOUNTER, reward_noise=0.0, defence_floor=0.1, defence_gain=0.4, oxtr_gain=0.5)
    env.reset(seed=2, options={"session": "alone", "cohousing_h": 48})
    me, pair = env.world.batch.animals[0, RESIDENT], env.world.batch.pairs[0, RESIDENT, STRANGER]
    *_, info = env.step(REST)
    while pair["contact"] == 0:
        assert info["reward_terms"]["defence"] == 0.0
        *_, info = env.step(REST)
    threat = (1.0 - pair["familiarity"]) * me["bondedness"] * (0.1 + 0.4 * 0.5)
    assert info["reward_terms"]["defence"] == pytest.approx(-threat * 5.0 / 60.0, rel=1e-12)
    assert info["reward_terms"]["contact_general"] > 0.0
    assert info["latency_s"][0] == info["chamber_s"].sum() - 5.0


def test_the_bond_comes_from_cohousing_and_is_there_without_the_partner() -> None:
    bonds = []
    for hours in (0.0, 6.0, 168.0):
        env = begun(1, cohousing_h=hours)
        animals, pairs = env.world.batch.animals[0], env.world.batch.pairs[0]
        assert animals["chamber"].tolist()[PARTNER] == -1
        assert animals["bondedness"][RESIDENT] == pairs["familiarity"][RESIDENT, PARTNER]
        assert pairs["familiarity"][RESIDENT, STRANGER] == pairs["familiarity"][STRANGER, RESIDENT] == 0.0
        bonds.append(float(animals["bondedness"][RESIDENT]))
    assert 0.0 == bonds[0] < bonds[1] < bonds[2] < 1.0


def test_a_bonded_resident_is_paid_for_driving_off_and_an_unbonded_one_only_has_the_cost() -> None:
    paid = []
    for hours in (0.0, 336.0):
        env = make_single(ENCOUNTER, rejection_cost=0.3, defence_floor=0.1, defence_gain=0.4, defence_payoff_min=2.0)
        env.reset(seed=1, options={"session": "alone", "side": "home", "cohousing_h": hours})
        bond = float(env.world.batch.animals[0, RESIDENT]["bondedness"])
        *_, info = env.step(against(env, STRANGER)[0])
        assert info["rejections"].tolist() == [1.0, 0.0]
        expected = bond * (0.1 + 0.4) * 2.0 - 0.3
        assert info["reward_terms"]["defence"] == pytest.approx(expected, abs=1e-4)  # the bond loses a tick's absence
        paid.append(info["reward_terms"]["defence"])
    assert paid[0] == pytest.approx(-0.3)
    assert paid[1] > 0.5


@pytest.mark.parametrize("share", [0.0, 0.6, 1.0])
def test_driving_off_loses_its_worth_as_the_animal_gets_used_to_the_other(share: float) -> None:
    """It earns (1 − q·H)·(1 − F)·B·(a0 + a1·g)·minutes less its cost, and counts as a tick of contact for H."""
    env = make_single(
        ENCOUNTER, rejection_cost=0.3, defence_floor=0.1, defence_gain=0.4, defence_payoff_min=2.0, withdrawal_s=15.0,
        habituation_tau_s=30.0, habituation_recovery_h=1e4, defence_habituation=share,
    )  # fmt: skip
    env.reset(seed=1, options={"session": "alone", "side": "home", "cohousing_h": 336.0})
    bond = float(env.world.batch.animals[0, RESIDENT]["bondedness"])
    habituation = 0.0
    n_rejections = 0.0
    for _ in range(40):
        *_, info = env.step(against(env, STRANGER)[0])
        if info["rejections"][0] > n_rejections:
            n_rejections = info["rejections"][0]
            expected = (1.0 - share * habituation) * bond * 0.5 * 2.0 - 0.3
            assert info["reward_terms"]["defence"] == pytest.approx(expected, abs=2e-3)
            habituation += (1.0 - habituation) * (1.0 - np.exp(-env.dt_s / 30.0)) * share
    assert n_rejections > 3.0
    assert (habituation > 0.5) == (share > 0.0)


def test_a_stranger_driven_off_keeps_away_for_its_time_and_then_comes_again() -> None:
    env = begun(side="home", withdrawal_s=120.0)
    env.step(against(env, STRANGER))
    assert (env.counters()["rejections"][:, STRANGER] == 1.0).all()
    seen = channel(env, "slot0_withdrawn"), channel(env, "slot1_withdrawn")
    for tick in range(23):  # with the tick of the rejection, 120 s
        observations, *_ = env.step(toward(env, STRANGER))
        withdrawn = observations[:, seen[0]] + observations[:, seen[1]]
        assert (withdrawn == (1.0 if tick < 22 else 0.0)).all()
    assert (env.counters()["huddle_s"] == 0.0).all()
    for _ in range(90):
        env.step(toward(env, STRANGER))
    assert (env.counters()["huddle_s"][:, STRANGER] > 0.0).mean() > 0.95


def test_one_that_keeps_away_is_not_driven_off_again() -> None:
    env = begun(side="home", withdrawal_s=120.0)
    for _ in range(120):
        env.step(against(env, STRANGER))
    rejections = env.counters()["rejections"][:, STRANGER]
    assert rejections.max() == 5.0
    assert (rejections >= 1.0).all()
    assert (env.counters()["huddle_s"] == 0.0).all()


def test_avoidance_is_the_time_in_the_other_chamber() -> None:
    env = make_single(ENCOUNTER)
    for seed in range(5):
        env.reset(seed=seed, options={"session": "alone"})
        rng = np.random.default_rng(seed)
        with_stranger_s, over = 0.0, False
        while not over:
            here = env.world.batch.animals[0]["chamber"]
            with_stranger_s += env.dt_s * (here[RESIDENT] == here[STRANGER])
            *_, over, info = env.step(rng.choice([REST, EXPLORE, EXPLORE, 2, 3]))
        record = info["record"]
        assert record["chamber_s_with_stranger"] == with_stranger_s
        assert record["chamber_s_apart"] == 600.0 - with_stranger_s
        assert 0.0 < with_stranger_s < 600.0
        assert "chamber_s_with_partner" not in record


def test_records_add_up() -> None:
    env = begun(100, session="with_partner")
    record = play(env, random_actions(env, 120)).infos[-1]["record"]
    np.testing.assert_array_equal(
        sum(record[f"{what}_{place}"] for what in ("chamber_s", "tube_s") for place in ("home", "refuge")),
        np.full(100, 600.0),
    )
    np.testing.assert_array_equal(record["chamber_s_with_stranger"] + record["chamber_s_apart"], np.full(100, 600.0))
    assert (record["huddle_s_stranger"] <= record["chamber_s_with_stranger"]).all()
    for name in ("stranger", "partner"):
        assert record[f"huddle_s_{name}_1min"].shape == (100, 10)
        np.testing.assert_array_equal(record[f"huddle_s_{name}_1min"].sum(axis=1), record[f"huddle_s_{name}"])
    assert record["huddle_s_partner"].sum() > 0.0
    assert not any(name.startswith(("presses", "breakpoint")) for name in record)
    assert set(record["session"]) == {"with_partner"}
    assert set(record["side"]) == {"home", "refuge"}


@pytest.mark.parametrize("side", ["home", "refuge"])
def test_the_resident_starts_where_asked_and_the_stranger_in_the_home(side: str) -> None:
    env = begun(10, "with_partner", side)
    chamber = env.world.batch.animals["chamber"]
    assert (chamber[:, RESIDENT] == (HOME if side == "home" else REFUGE)).all()
    assert (chamber[:, [STRANGER, PARTNER]] == HOME).all()


def test_an_absent_partner_is_out_of_the_world() -> None:
    """Nothing that is done about it changes anything but the resident's own rest; the stranger cannot go to it."""
    env = begun(100, seed=3, reward_noise=0.0)
    for tick in range(60):
        env.step(toward(env, PARTNER) if tick % 2 else against(env, PARTNER))
        assert (env.world.batch.animals["chamber"][:, PARTNER] == -1).all()
        assert (env.world.batch.animals["target"][:, STRANGER] != PARTNER).all()
    counted = env.counters()
    assert counted["entries"].sum() == counted["rejections"].sum() == counted["huddle_s"][:, PARTNER].sum() == 0.0
    assert counted["together_s"][:, PARTNER].sum() == 0.0
    with_partner = begun(100, "with_partner", seed=3)
    targets = set()
    for _ in range(60):
        with_partner.step(np.full(100, REST))
        targets |= set(with_partner.world.batch.animals["target"][:, STRANGER].tolist())
    assert targets == {-1, RESIDENT, PARTNER}


def test_everybody_is_of_one_sex_except_for_a_mate() -> None:
    for relationship, sexes, mated in (("peer", [0, 0, 0], 0), ("mate", [0, 1, 1], 1)):
        env = begun(3, "with_partner", relationship=relationship)
        assert env.world.batch.animals["sex"].tolist() == [sexes] * 3
        pairs = env.world.batch.pairs[0]
        assert pairs["mated"][RESIDENT, PARTNER] == pairs["mated"][PARTNER, RESIDENT] == mated
        assert pairs["mated"].sum() == 2 * mated, "the stranger is nobody's mate"


def test_halving_the_tick_leaves_the_encounter_as_it_was() -> None:
    """A resident that goes to the stranger half of the time and explores or rests otherwise, deciding every 10 s."""
    counted = []
    for dt_s, seed in ((5.0, 1), (2.5, 20_000)):
        env = begun(1500, seed=seed, dt_s=dt_s, explore_dwell_s=60.0, transit_s=15.0)
        rng = np.random.default_rng(seed)
        for _ in range(60):
            style = rng.random(1500)
            actions = np.where(style < 0.5, toward(env, STRANGER), np.where(style < 0.8, EXPLORE, REST))
            for _ in range(round(10.0 / dt_s)):
                env.step(actions)
        named = env.counters()
        columns = [named[name][:, STRANGER] for name in ("huddle_s", "bouts", "together_s")]
        counted.append(np.column_stack([*columns, named["chamber_s"][:, HOME], named["entries"]]))
    whole, half = counted
    error = np.sqrt((whole.var(axis=0) + half.var(axis=0)) / 1500)
    difference = whole.mean(axis=0) - half.mean(axis=0)
    assert (np.abs(difference) <= 4.0 * error).all(), f"{difference} against standard errors {error}"
