"""Dopamine at D1 and at D2 receptors: what each tone does, that nothing else changes, and what is perceived of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import FOCAL, ONE_DOPAMINE, PARTNER, assert_identical, make_rows, make_single, play, random_actions

from socialrl_envs.drugs import ALL_DOSES, NO_DRUG, levels, schedule
from socialrl_envs.errors import ParameterError
from socialrl_envs.observation import D2_TONE, OF_ATTACHMENT, names, space

OPERANT = "socialrl/SocialOperant-v0"
ALWAYS = {"start_s": -1e9, "end_s": 1e9}


def dose(drug: str, amount: float) -> dict[str, Any]:
    return {"drug": drug, "dose": amount, **ALWAYS}


def played(assay: str, drugs: list[dict[str, Any]], **arguments: Any) -> Any:
    env = make_rows(20, assay, drugs=drugs, tones_apart=False, cohousing_h=6.0, **ONE_DOPAMINE, **arguments)
    env.reset(seed=2)
    return play(env, random_actions(env, 150)), env.world.batch.pairs["familiarity"].copy()


@pytest.mark.parametrize("relationship", ["peer", "mate"])
def test_blocking_both_receptors_is_the_dopamine_antagonist_to_the_last_bit(relationship: str) -> None:
    both, bonds = played(OPERANT, [dose("d1_antagonist", 0.7), dose("d2_antagonist", 0.7)], relationship=relationship)
    one, same_bonds = played(OPERANT, [dose("dopamine_antagonist", 0.7)], relationship=relationship)
    assert_identical(both, one)
    np.testing.assert_array_equal(bonds, same_bonds)


def test_d1_is_effort_and_d2_is_the_bond() -> None:
    """A D1 block changes the effort term and no other, a D2 block or an agonist the bond and not effort."""
    plain, bonds = played(OPERANT, [])
    without_d1, same_bonds = played(OPERANT, [dose("d1_antagonist", 1.0)])
    np.testing.assert_array_equal(bonds, same_bonds)
    for term in set(plain.terms) - {"effort"}:
        np.testing.assert_array_equal(plain.terms[term], without_d1.terms[term], err_msg=term)
    assert without_d1.terms["effort"].sum() < 2.0 * plain.terms["effort"].sum() < 0.0
    for drug, changed in (("d2_antagonist", np.less), ("dopamine_agonist", np.greater)):
        other, other_bonds = played(OPERANT, [dose(drug, 1.0)])
        np.testing.assert_array_equal(plain.terms["effort"], other.terms["effort"])
        assert changed(other_bonds[:, FOCAL, PARTNER], bonds[:, FOCAL, PARTNER]).all(), drug


@pytest.mark.parametrize(
    ("tone", "drugs", "d1", "d2"),
    [
        (0.9, [("d2_antagonist", 0.5)], 0.9, 0.45),
        (0.9, [("dopamine_agonist", 0.5)], 0.9, 1.4),
        (0.0, [("dopamine_agonist", 0.5)], 0.0, 0.5),
        (1.6, [("dopamine_agonist", 1.0)], 1.6, 2.0),
        (1.0, [("dopamine_agonist", 0.6), ("dopamine_agonist", 0.6)], 1.0, 2.0),
        (1.0, [("dopamine_agonist", 0.5), ("d2_antagonist", 0.5)], 1.0, 0.75),
        (1.0, [("dopamine_agonist", 0.5), ("dopamine_antagonist", 0.5)], 0.5, 0.75),
        (1.0, [("dopamine_agonist", 1.0), ("d2_antagonist", 1.0)], 1.0, 0.0),
        (0.8, [("d1_antagonist", 0.5), ("dopamine_antagonist", 0.5)], 0.2, 0.4),
    ],
)
def test_the_tones_by_hand_and_as_they_are_perceived(
    tone: float, drugs: list[tuple[str, float]], d1: float, d2: float
) -> None:
    """An agonist adds to the tone, at most to 2; a block takes its share of what is then there."""
    doses = [dose(*one) for one in drugs]
    env = make_single(drugs=doses, dopamine_tone=tone, cohousing_h=0.0, tones_apart=True, tone_as_work=0.0)
    observation, _ = env.reset(seed=1)
    at = [env.observation_names.index(name) for name in ("dopamine_tone", "d2_tone")]
    assert at[1] == len(observation) - 1
    for _ in range(2):
        assert observation[at] == pytest.approx([d1, d2], rel=1e-6)
        me = env.world.batch.animals[0, FOCAL]
        assert (me["dopamine_tone"], me["d2_tone"]) == (pytest.approx(d1), pytest.approx(d2))
        observation, *_ = env.step(1)


def test_bonds_grow_with_the_tone_at_d2_receptors() -> None:
    """−ln(1 − F) = κ1·X·D2·hours of contact: in proportion to the tone, in peers and in mates."""
    routes = {"consolidation_floor_per_h": 0.0, "consolidation_mate_per_h": 0.02, "consolidation_gain_per_h": 0.02}
    routes |= ONE_DOPAMINE

    def grown(relationship: str, *drugs: tuple[str, float]) -> float:
        env = make_single(
            drugs=[dose(*one) for one in drugs], cohousing_h=6.0, relationship=relationship, absence_loss_per_h=0.0,
            **routes
        )  # fmt: skip
        env.reset(seed=1)
        return float(-np.log1p(-env.world.batch.pairs["familiarity"][0, FOCAL, PARTNER]))

    for relationship in ("peer", "mate"):
        plain = grown(relationship)
        assert grown(relationship, ("dopamine_agonist", 0.5)) == pytest.approx(1.5 * plain, rel=2e-3)
        assert grown(relationship, ("d2_antagonist", 0.25)) == pytest.approx(0.75 * plain, rel=2e-3)
        assert grown(relationship, ("d2_antagonist", 1.0)) == 0.0
        assert grown(relationship, ("d1_antagonist", 1.0)) == plain


@pytest.mark.parametrize(
    ("drug", "apart"),
    [
        (None, False),
        ("agonist", False),
        ("dopamine_antagonist", False),
        ("d1_antagonist", True),
        ("d2_antagonist", True),
        ("dopamine_agonist", True),
    ],
)
def test_a_channel_for_the_d2_tone_comes_with_a_drug_that_parts_the_tones(drug: str | None, apart: bool) -> None:
    drugs = [] if drug is None else [dose(drug, 0.5)]
    env = make_single(drugs=drugs)
    usual = names(("left", "centre", "right"), 2)
    assert env.observation_names == ((*usual, D2_TONE[0]) if apart else usual)
    assert env.observation_space == space(3, 2, tones_apart=apart)
    assert env.observation_space.shape == (len(env.observation_names),)
    for asked in (True, False):  # as in the training of a network, whatever the drugs of a test
        told = make_single(drugs=drugs, tones_apart=asked)
        assert told.observation_space.shape == (28 + asked,)
        observation, _ = told.reset(seed=1)
        assert told.observation_space.contains(observation)


def test_the_channel_of_the_d2_tone_leaves_the_others_alone() -> None:
    worlds = [make_rows(6, tones_apart=asked) for asked in (False, True)]
    for env in worlds:
        env.reset(seed=3)
    without, with_channel = (play(env, random_actions(env, 60)).observations for env in worlds)
    np.testing.assert_array_equal(without, with_channel[:, :, :-1])
    assert (with_channel[:, :, -1] == 1.0).all()


def test_an_impossible_word_for_the_channel_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"tones_apart must be True, False or None .as the drugs are., got 'yes'"):
        make_single(tones_apart="yes")


def test_the_doses_of_an_agonist_add_up() -> None:
    doses = schedule([dose("dopamine_agonist", 0.25), dose("dopamine_agonist", 0.5), dose("d2_antagonist", 0.5)])
    assert levels(doses, ALL_DOSES, 0.0) == NO_DRUG._replace(d2_agonist=0.75, d2=0.5)


def test_with_a_slow_state_the_d2_tone_comes_before_its_channels() -> None:
    usual = names(("left", "centre", "right"), 2)
    alone, both = (
        make_single(attachment=True, tones_apart=apart, drugs=[dose("d2_antagonist", 0.75)], duration_s=60.0)
        for apart in (False, True)
    )
    assert both.observation_names == (*usual, D2_TONE[0], *(name for name, _ in OF_ATTACHMENT))
    at = len(usual)
    for limit in ("low", "high"):
        bounds = [getattr(env.observation_space, limit) for env in (alone, both)]
        np.testing.assert_array_equal(bounds[0], np.delete(bounds[1], at))
    options = {"expression": 0.8, "competence": 1.2, "reactivity": 1.5, "load": 0.3, "contact_recent": 0.1}
    seen = [env.reset(seed=4, options=options)[0] for env in (alone, both)]
    for action in (1, 2, 0):
        assert seen[1][at] == pytest.approx(0.25)
        np.testing.assert_array_equal(seen[0], np.delete(seen[1], at))
        assert seen[1][at + 3 : at + 5] == pytest.approx([1.5, seen[0][at + 3]])
        seen = [env.step(action)[0] for env in (alone, both)]
