"""What a lack of D2 tone leaves of bonds with peers and with mates, and D1 tone that is perceived as work; by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import FOCAL, PARTNER, REST, channel, make_single, toward

from socialrl_envs import SocialEnv
from socialrl_envs.parameters import parameter

OPERANT = "socialrl/SocialOperant-v0"
ALWAYS = {"start_s": -1e9, "end_s": 1e9}
ROUTES = {"consolidation_floor_per_h": 0.0, "consolidation_gain_per_h": 0.02, "consolidation_mate_per_h": 0.02}


def dose(drug: str, amount: float) -> dict[str, Any]:
    return {"drug": drug, "dose": amount, **ALWAYS}


def grown(relationship: str, *drugs: tuple[str, float], mating: bool = True, **parameters: float) -> float:
    """Return −ln(1 − F) after 6 h, half of them in contact: what the rate of bond growth adds up to."""
    arguments = {**ROUTES, "absence_loss_per_h": 0.0, "cohousing_contact_share": 0.5, **parameters}
    env = make_single(drugs=[dose(*one) for one in drugs], cohousing_h=6.0, relationship=relationship, **arguments)
    env.reset(seed=1, options={} if mating else {"mating": False})
    return float(-np.log1p(-env.world.batch.pairs["familiarity"][0, FOCAL, PARTNER]))


@pytest.mark.parametrize(
    ("free", "drug", "share"),
    [
        (0.0, ("d2_antagonist", 0.5), 0.5),
        (0.4, ("d2_antagonist", 0.5), 0.7),  # 0.6 · 0.5 + 0.4
        (0.4, ("d2_antagonist", 1.0), 0.4),
        (1.0, ("dopamine_antagonist", 1.0), 1.0),
        (0.4, ("dopamine_agonist", 0.5), 1.5),
        (1.0, ("dopamine_agonist", 0.5), 1.5),
    ],
)
def test_a_share_of_the_bond_with_a_peer_needs_no_dopamine_and_an_agonist_raises_all_of_it(
    free: float, drug: tuple[str, float], share: float
) -> None:
    plain = grown("peer")
    assert grown("peer", peer_dopamine_free=free) == plain
    assert grown("peer", drug, peer_dopamine_free=free) == pytest.approx(share * plain, rel=2e-3)


@pytest.mark.parametrize("mating", [True, False])
def test_an_animal_of_the_other_sex_is_no_peer_mated_or_not(mating: bool) -> None:
    for drug in (("d2_antagonist", 0.5), ("dopamine_agonist", 0.5)):
        off, on = (grown("mate", drug, mating=mating, peer_dopamine_free=free) for free in (0.0, 1.0))
        assert on == off != grown("mate", mating=mating)


@pytest.mark.parametrize(
    ("need", "drug", "share"),
    [
        (0.0, ("d2_antagonist", 1.0), 1.0),
        (0.5, ("d2_antagonist", 1.0), 0.5),
        (0.5, ("d2_antagonist", 0.5), 0.75),
        (1.0, ("dopamine_antagonist", 1.0), 0.0),
        (1.0, ("dopamine_agonist", 1.0), 1.0),
        (1.0, ("d1_antagonist", 1.0), 1.0),
    ],
)
def test_growth_without_the_receptor_needs_dopamine_in_mates_only(
    need: float, drug: tuple[str, float], share: float
) -> None:
    """A knockout: nothing but κ0, 0.02/h, over 3 h of contact."""
    alone = {"oxtr_gain": 0.0, "consolidation_floor_per_h": 0.02, "consolidation_mate_per_h": 0.0}
    for mating in (True, False):
        found = grown("mate", drug, mating=mating, mate_dopamine_need=need, **alone)
        assert found == pytest.approx(share * 0.06, rel=2e-3, abs=1e-12)
    assert grown("peer", drug, mate_dopamine_need=need, **alone) == grown("peer", **alone)


def at_the_lever(tone: float, share: float) -> SocialEnv:
    env = make_single(OPERANT, drugs=[dose("d1_antagonist", 1.0 - tone)], tones_apart=False, tone_as_work=share)
    env.reset(seed=3, options={"session": "partner"})
    return env


@pytest.mark.parametrize(
    ("tone", "share", "presses", "felt"),
    [
        (1.0, 1.0, 1.0, 1.0),
        (0.5, 0.0, 1.0, 0.5),
        (0.5, 1.0, 2.0, 1.0),
        (0.5, 0.5, 1.5, 0.75),
        (0.25, 0.5, 2.5, 0.625),
        (0.0, 1.0, 20.0, 1.0),  # as in its cost, at most twenty-fold
    ],
)
def test_the_tone_is_perceived_as_presses_that_are_left(tone: float, share: float, presses: float, felt: float) -> None:
    env = at_the_lever(tone, share)
    slot = int(toward(env, PARTNER)[0]) - 2
    observation = env.world.observations[0]
    assert observation[channel(env, f"slot{slot}_work_left")] == pytest.approx(presses / (presses + 10.0))
    assert observation[channel(env, "dopamine_tone")] == pytest.approx(felt)


def test_an_opened_door_looks_the_same_with_and_without_the_block() -> None:
    """So a network that is frozen enters it as ever, while the press that opened it cost twenty times as much."""
    without, plain = at_the_lever(0.0, 1.0), at_the_lever(1.0, 1.0)
    today = at_the_lever(0.0, 0.0)
    seen, cost = [], []
    for env in (without, plain, today):
        *_, info = env.step(toward(env, PARTNER)[0])
        cost.append(info["reward_terms"]["effort"])
        assert float(env.world.batch.animals["access_s"][0, PARTNER]) > 0.0
        seen.append(env.step(REST)[0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert (seen[2] != seen[1]).any(), "as today, the tone is perceived by itself"
    assert cost == pytest.approx([20.0 * cost[1], cost[1], 20.0 * cost[1]])


def test_a_table_that_is_older_is_what_it_was() -> None:
    for name in ("peer_dopamine_free", "mate_dopamine_need", "tone_as_work", "stress_without_hormone"):
        assert parameter(name, "v1").value == 0.0
