"""The named reward terms, by hand and in the limits where a weight is zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    EXPLORE,
    FOCAL,
    PARTNER,
    REST,
    STRANGER,
    against,
    make_rows,
    make_single,
    play,
    random_actions,
    toward,
    until_together,
)

from socialrl_envs.rewards import terms_of

MINUTES = 0.25  # a tick of 15 s
SOCIAL = ("contact_general", "contact_selective", "defence", "novelty")


def huddling_with(animal: int, n_ticks: int, **overrides: Any) -> tuple[Any, list[dict[str, float]], list[float]]:
    """Walk to `animal`, stay in contact for `n_ticks`; return the environment, terms and rewards of those ticks."""
    env = make_single(transit_s=15.0, **overrides)
    env.reset(seed=1)
    until_together(env, animal)
    steps = [env.step(toward(env, animal)[0]) for _ in range(n_ticks)]
    return env, [info["reward_terms"] for *_, info in steps], [reward for _, reward, *_ in steps]


def state(env: Any) -> tuple[Any, Any]:
    return env.world.batch.animals[0, FOCAL], env.world.batch.pairs[0, FOCAL]


def test_the_reward_is_the_sum_of_its_terms() -> None:
    env = make_rows(50, relationship=["peer", "mate"], courtship_reward=1.0)
    env.reset(seed=0)
    out = play(env, random_actions(env, 400))
    assert tuple(out.terms) == terms_of(False)
    np.testing.assert_allclose(out.rewards, sum(out.terms.values()), rtol=0, atol=1e-12)
    for name, values in out.terms.items():
        assert np.ptp(values) > 0.0, f"{name} never paid"


def test_without_selective_and_defence_weights_partner_and_stranger_pay_the_same() -> None:
    """The zero limit: nothing else in the reward may know who the other is (novelty, noise and stress set aside)."""
    blind = {
        "selective_floor": 0.0,
        "selective_gain": 0.0,
        "selective_mate": 0.0,
        "defence_floor": 0.0,
        "defence_gain": 0.0,
        "novelty_reward": 0.0,
        "uncertainty_cost": 0.0,
        "stress_cost": 0.0,
    }
    _, _, partner = huddling_with(PARTNER, 100, **blind)
    _, _, stranger = huddling_with(STRANGER, 100, **blind)
    assert partner == stranger
    _, _, partner = huddling_with(PARTNER, 100, **{**blind, "selective_floor": 0.5})
    assert partner != stranger


@pytest.mark.parametrize("gain", [0.0, 1.0])
@pytest.mark.parametrize("animal", [PARTNER, STRANGER])
def test_contact_pays_b0_plus_b1_times_signal_whoever_it_is(gain: float, animal: int) -> None:
    """(b0 + b1·X)·(1 + k·C), with C = 1 − exp(−t/τ_settle) since the contact began."""
    weights = {"contact_floor": 1.5, "contact_gain": 0.7, "settling_worth": 2.0, "settling_tau_s": 300.0}
    env, terms, _ = huddling_with(animal, 30, oxtr_gain=gain, oxytocin_tau_s=100.0, receptor_half=2.0, **weights)
    for tick, term in enumerate(terms, start=1):
        oxytocin = 1.0 - np.exp(-tick * 15.0 / 100.0)
        # at gain 1 release is full; what is left from cohousing is too little to tell
        signal = gain * 3.0 * oxytocin / (2.0 + oxytocin)
        settled = 1.0 + 2.0 * (1.0 - np.exp(-tick * 15.0 / 300.0))
        assert term["contact_general"] == pytest.approx((1.5 + 0.7 * signal) * settled * MINUTES, rel=1e-3)
    assert state(env)[1][animal]["contact"] == 1


@pytest.mark.parametrize("relationship", ["peer", "mate"])
def test_the_selective_term_is_familiarity_times_its_worth(relationship: str) -> None:
    env, terms, _ = huddling_with(
        PARTNER,
        40,
        relationship=relationship,
        oxtr_gain=1.0,
        v1a_gain=0.5,
        selective_floor=0.2,
        selective_gain=0.9,
        selective_mate=0.6,
    )
    me, pairs = state(env)
    worth = 0.2 + 0.9 * me["receptor_signal"] + (0.6 * 0.5 if relationship == "mate" else 0.0)
    assert terms[-1]["contact_selective"] == pytest.approx(pairs[PARTNER]["familiarity"] * worth * MINUTES, rel=1e-12)
    assert terms[-1]["contact_selective"] > 0.0


def test_contact_with_the_unfamiliar_costs_a_bonded_animal() -> None:
    """−(1 − F)·B·(a0 + a1·g), for the stranger much, for the partner little, for an unbonded animal nothing."""
    for gain in (0.0, 0.5, 1.0):
        weights = {"oxtr_gain": gain, "defence_floor": 0.2, "defence_gain": 0.8}
        for animal in (PARTNER, STRANGER):
            env, terms, _ = huddling_with(animal, 10, cohousing_h=24.0, **weights)
            me, pairs = state(env)
            threat = (1.0 - pairs[animal]["familiarity"]) * me["bondedness"] * (0.2 + 0.8 * gain)
            assert terms[-1]["defence"] == pytest.approx(-threat * MINUTES, rel=1e-12)
            assert threat > 0.0
    env, terms, _ = huddling_with(
        STRANGER, 1, cohousing_h=0.0, defence_floor=5.0, consolidation_floor_per_h=0.0, consolidation_gain_per_h=0.0
    )
    assert terms[0]["defence"] == 0.0


def test_driving_off_pays_for_the_threat_minus_its_cost_once() -> None:
    env = make_single(
        defence_floor=0.2, defence_gain=0.8, oxtr_gain=1.0, defence_payoff_min=3.0, rejection_cost=0.4, withdrawal_s=600
    )
    env.reset(seed=1)
    until_together(env, STRANGER)
    *_, info = env.step(against(env, STRANGER)[0])
    me, pairs = state(env)
    threat = (1.0 - pairs[STRANGER]["familiarity"]) * me["bondedness"] * 1.0
    assert info["reward_terms"]["defence"] == pytest.approx(threat * 3.0 - 0.4, rel=1e-12)
    for _ in range(5):
        *_, info = env.step(against(env, STRANGER)[0])
        assert info["reward_terms"]["defence"] == 0.0


def test_novelty_pays_until_it_is_spent() -> None:
    _, terms, _ = huddling_with(STRANGER, 60, novelty_reward=2.0, uncertainty_cost=0.0, habituation_tau_s=150.0)
    paid = [term["novelty"] for term in terms]
    np.testing.assert_allclose(paid, [2.0 * MINUTES * np.exp(-tick * 15.0 / 150.0) for tick in range(1, 61)], rtol=1e-9)


def test_exploring_pays_the_drive_and_moving_costs() -> None:
    env = make_single(exploration_reward=3.0, move_cost=0.2, transit_s=15.0)
    _, info = env.reset(seed=1)
    for _ in range(100):
        entries = float(info["entries"].sum())
        passing = bool(state(env)[0]["travel_s"] > 0.0)
        *_, info = env.step(EXPLORE)
        me, _ = state(env)
        assert info["reward_terms"]["exploration"] == pytest.approx(3.0 * MINUTES * me["activity_drive"], rel=1e-12)
        sets_out = not passing and (me["travel_s"] > 0.0 or info["entries"].sum() > entries)
        assert info["reward_terms"]["effort"] == (-0.2 if sets_out else 0.0)
        assert info["reward_terms"]["rest"] == 0.0
    assert info["entries"].sum() > 3


def test_resting_pays_alone_and_stress_always_costs() -> None:
    env = make_single(rest_reward=0.4, stress_cost=0.8, uncertainty_cost=0.0)
    env.reset(seed=1)
    *_, info = env.step(REST)
    terms = info["reward_terms"]
    assert terms["rest"] == pytest.approx(0.4 * MINUTES, rel=1e-12)
    assert terms["stress"] == pytest.approx(-0.8 * MINUTES * state(env)[0]["stress"], rel=1e-12)
    for name in (*SOCIAL, "exploration", "effort"):
        assert terms[name] == 0.0
    until_together(env, PARTNER)
    *_, info = env.step(toward(env, PARTNER)[0])
    assert info["reward_terms"]["rest"] == 0.0


def test_terms_outside_the_receptor_do_not_know_the_gain() -> None:
    """Same seed, same actions: exploration, effort, novelty, rest and noise are the same for every gain, to the bit."""
    plays = []
    for gain in (0.0, 0.5, 1.0, 2.0):
        env = make_rows(20, oxtr_gain=gain)
        env.reset(seed=3)
        plays.append(play(env, random_actions(env, 300)))
    for other in plays[1:]:
        for name in ("exploration", "effort", "novelty", "rest", "noise"):
            np.testing.assert_array_equal(plays[0].terms[name], other.terms[name], err_msg=name)
        for name in ("contact_general", "contact_selective", "defence"):
            assert not np.array_equal(plays[0].terms[name], other.terms[name]), name


def test_zero_weights_leave_nothing_but_noise() -> None:
    off = dict.fromkeys(
        (
            "contact_floor",
            "contact_gain",
            "selective_floor",
            "selective_gain",
            "selective_mate",
            "defence_floor",
            "defence_gain",
            "rejection_cost",
            "exploration_reward",
            "novelty_reward",
            "uncertainty_cost",
            "move_cost",
            "rest_reward",
            "stress_cost",
        ),
        0.0,
    )
    env = make_rows(10, **off)
    env.reset(seed=0)
    out = play(env, random_actions(env, 200))
    np.testing.assert_array_equal(out.rewards, out.terms["noise"])
    silent = make_rows(10, reward_noise=0.0, **off)
    silent.reset(seed=0)
    assert (play(silent, random_actions(env, 200)).rewards == 0.0).all()
