"""The time before a test: hours of cohousing and separation against closed forms, mates, and other bouts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import FOCAL, ONE_DOPAMINE, PARTNER, STRANGER, channel, make_single

from socialrl_envs.parameters import parameter

ALONE = {"absence_loss_per_h": 0.0, "interference_per_h": 0.0}


def before_test(cohousing_h: float, separation_h: float = 0.0, relationship: str = "peer", **overrides: Any) -> Any:
    """Reset a fresh environment and return it."""
    env = make_single(**overrides)
    env.reset(seed=3, options={"cohousing_h": cohousing_h, "separation_h": separation_h, "relationship": relationship})
    return env


def familiarity(env: Any, of: int = PARTNER) -> float:
    return float(env.world.batch.pairs["familiarity"][0, FOCAL, of])


@pytest.mark.parametrize("hours", [0.0, 2.0, 24.0, 168.0, 336.0])
def test_a_knockouts_familiarity_grows_with_hours_of_contact(hours: float) -> None:
    """Without the receptor the rate is κ0: F = 1 − exp(−κ0 · hours of contact). Whole cycles; Euler steps: 0.5 %."""
    env = before_test(
        hours,
        oxtr_gain=0.0,
        consolidation_floor_per_h=0.05,
        cohousing_contact_share=0.5,
        cohousing_bout_s=1200.0,
        **ALONE,
    )
    assert familiarity(env) == pytest.approx(1.0 - np.exp(-0.05 * 0.5 * hours), rel=5e-3, abs=1e-12)
    assert familiarity(env, STRANGER) == 0.0


@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0])
def test_the_receptor_adds_its_share_of_the_rate(gain: float) -> None:
    """With fast oxytocin (10 s) X = g · occupancy(level) throughout contact, so the rate is κ0 + κ1·X."""
    env = before_test(
        8.0,
        oxtr_gain=gain,
        oxytocin_tau_s=10.0,
        release_floor=0.4,
        receptor_half=2.0,
        consolidation_floor_per_h=0.01,
        consolidation_gain_per_h=0.1,
        cohousing_contact_share=0.25,
        cohousing_bout_s=1200.0,
        **ALONE,
    )
    level = 0.4 + 0.6 * min(gain, 1.0)
    signal = gain * 3.0 * level / (2.0 + level)
    assert familiarity(env) == pytest.approx(1.0 - np.exp(-(0.01 + 0.1 * signal) * 2.0), rel=5e-3)


@pytest.mark.parametrize("share", [0.0, 0.1, 1 / 3, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("bout_s", [60.0, 100.0, 1200.0, 5000.0])
def test_the_share_of_contact_holds_whatever_the_length_of_a_bout(share: float, bout_s: float) -> None:
    """336 h hold enough bouts to average over the last one; the rate is small enough for F to be the share itself."""
    env = before_test(
        336.0,
        oxtr_gain=0.0,
        consolidation_floor_per_h=1e-5,
        cohousing_contact_share=share,
        cohousing_bout_s=bout_s,
        **ALONE,
    )
    assert familiarity(env) / (1e-5 * 336.0) == pytest.approx(share, rel=0.03, abs=1e-12)


def test_cohousing_comes_in_bouts_of_the_stated_length() -> None:
    """After half a bout the animals are in contact, in the second half of the cycle apart: oxytocin tells."""
    parameters = {"cohousing_bout_s": 1200.0, "cohousing_contact_share": 0.5, "oxytocin_tau_s": 10.0, "oxtr_gain": 1.0}
    after = {minutes: before_test(minutes / 60.0, **parameters) for minutes in (10, 18, 22, 38, 42, 58, 62)}
    oxytocin = {minutes: float(env.world.batch.animals["oxytocin"][0, FOCAL]) for minutes, env in after.items()}
    for minutes in (10, 18, 42, 58):
        assert oxytocin[minutes] == pytest.approx(1.0, abs=1e-4)
    for minutes in (22, 38, 62):
        assert oxytocin[minutes] == pytest.approx(0.0, abs=1e-4)


def test_familiarity_does_not_depend_on_the_tests_own_tick() -> None:
    assert familiarity(before_test(24.0, dt_s=15.0)) == familiarity(before_test(24.0, dt_s=60.0))


def test_separation_undoes_at_the_rates_of_the_table() -> None:
    parameters = {"absence_loss_per_h": 0.01, "habituation_recovery_h": 20.0, "stress_tau_s": 1800.0}
    together, apart = before_test(24.0, **parameters), before_test(24.0, separation_h=30.0, **parameters)
    was, now = (env.world.batch.pairs[0, FOCAL, PARTNER] for env in (together, apart))
    assert now["familiarity"] == pytest.approx(was["familiarity"] * np.exp(-0.01 * 30.0), rel=1e-3)
    assert now["habituation"] == pytest.approx(was["habituation"] * np.exp(-30.0 / 20.0), rel=1e-3)
    me = apart.world.batch.animals[0, FOCAL]
    assert me["oxytocin"] == pytest.approx(0.0, abs=1e-6)
    assert me["stress"] == pytest.approx(1.0, abs=1e-6)
    # a home cage has nothing to explore: the drive is as full as it gets on a day like this, 1 − calm·u
    assert 0.0 < me["day"] < 1.0
    full = 1.0 - parameter("day_calm").value * float(me["day"])
    assert me["activity_drive"] == pytest.approx(full, abs=1e-6)


def test_separation_without_cohousing_leaves_a_stranger() -> None:
    env = before_test(0.0, separation_h=5.0)
    assert familiarity(env) == familiarity(env, STRANGER) == 0.0


def test_mates_bond_without_the_receptor() -> None:
    """κ_mate · dopamine tone comes on top of κ0 for a mate, and only for a mate."""
    parameters = {"oxtr_gain": 0.0, "consolidation_floor_per_h": 0.02, "consolidation_mate_per_h": 0.3, **ALONE}
    parameters |= ONE_DOPAMINE
    for tone in (0.0, 0.5, 1.0):
        env = before_test(6.0, relationship="mate", dopamine_tone=tone, cohousing_contact_share=0.5, **parameters)
        assert familiarity(env) == pytest.approx(1.0 - np.exp(-(0.02 + 0.3 * tone) * 3.0), rel=6e-3)
    peer = before_test(6.0, cohousing_contact_share=0.5, **parameters)
    assert familiarity(peer) == pytest.approx(1.0 - np.exp(-0.02 * 3.0), rel=5e-3)


@pytest.mark.parametrize("gain", [0.0, 0.25, 1.0, 1.5])
@pytest.mark.parametrize("block", [0.0, 0.5, 1.0])
def test_a_block_shuts_as_much_of_the_mating_route_as_grew_up_with_the_receptor(gain: float, block: float) -> None:
    """min(g, 1) · (1 − block) + 1 − min(g, 1): open after a lifelong loss, closed by a full block in wild types."""
    parameters = {"consolidation_floor_per_h": 0.0, "consolidation_gain_per_h": 0.0, "consolidation_mate_per_h": 0.3}
    drugs = [{"drug": "antagonist", "dose": block, "start_s": -21_600.0, "end_s": 0.0}]
    env = before_test(
        6.0, relationship="mate", oxtr_gain=gain, drugs=drugs, cohousing_contact_share=0.5, **parameters, **ALONE
    )
    grown = min(gain, 1.0)
    assert familiarity(env) == pytest.approx(1.0 - np.exp(-0.3 * (1.0 - grown * block) * 3.0), rel=6e-3, abs=1e-12)


@pytest.mark.parametrize(("parameter", "relationship"), [("dopamine_tone", "peer"), ("v1a_gain", "mate")])
def test_dopamine_and_v1a_scale_their_routes_to_a_bond(parameter: str, relationship: str) -> None:
    """Dopamine acts on the receptor's route (Liu & Wang 2003), V1a on that of mates (Cho et al. 1999)."""
    routes = {"consolidation_floor_per_h": 0.0, "consolidation_mate_per_h": 0.3, "consolidation_gain_per_h": 0.1}
    routes |= ONE_DOPAMINE
    if relationship == "mate":
        routes["consolidation_gain_per_h"] = 0.0
    traces = {
        tone: familiarity(before_test(6.0, relationship=relationship, **{parameter: tone}, **routes, **ALONE))
        for tone in (0.0, 0.5, 1.0)
    }
    assert traces[0.0] == 0.0
    assert np.log1p(-traces[0.5]) == pytest.approx(0.5 * np.log1p(-traces[1.0]), rel=0.01)


def test_mates_and_peers_look_different_and_partner_and_stranger_alike() -> None:
    for relationship, same in (("peer", 1.0), ("mate", 0.0)):
        env = make_single()
        observation, _ = env.reset(seed=0, options={"relationship": relationship})
        for slot in (0, 1):
            assert observation[channel(env, f"slot{slot}_same_sex")] == same
            assert observation[channel(env, f"slot{slot}_other_sex")] == 1.0 - same


def test_a_stranger_of_the_other_sex_is_no_mate_and_neither_is_a_partner_never_met() -> None:
    mated = before_test(1.0, relationship="mate").world.batch.pairs["mated"][0, FOCAL]
    assert mated.tolist() == [0, 1, 0]
    assert before_test(0.0, relationship="mate").world.batch.pairs["mated"].sum() == 0


def test_a_list_of_hours_is_drawn_from_anew_in_every_episode() -> None:
    env = make_single(cohousing_h=[0.0, 24.0, 168.0], relationship=["peer", "mate"], duration_s=15.0)
    seen = []
    env.reset(seed=0)
    for _ in range(300):
        env.reset()
        world = env.world.batch.worlds[0]
        seen.append((float(world["cohousing_h"]), int(world["relationship"])))
    kinds, counts = np.unique(np.array(seen), axis=0, return_counts=True)
    assert len(kinds) == 6, "hours and relationship are drawn independently of each other"
    assert counts.min() > 30  # 50 expected, sd 6.5
