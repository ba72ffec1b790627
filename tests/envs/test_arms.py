"""The five places of receptor action, each switched alone: the change of a knockout there, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import FOCAL, PARTNER, STRANGER, Played, assert_identical, make_rows, play, random_actions, toward

from socialrl_envs import SocialVectorEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.physiology import ARMS


def lived(animal: int, **arguments: Any) -> tuple[Played, SocialVectorEnv]:
    """Twelve rows walk to `animal` after 24 h of cohousing and spend half an hour in contact with it."""
    env = make_rows(12, transit_s=15.0, **arguments)
    env.reset(seed=3)
    return play(env, np.array([toward(env, animal)] * 120)), env


def pairs(env: SocialVectorEnv, name: str) -> Any:
    return env.world.batch.pairs[name][:, FOCAL, 1:]


@pytest.mark.parametrize(("setting", "gain", "own"), [("knockout", 0.0, 1.0), ("wild_type", 1.0, 0.0)])
def test_all_arms_together_are_the_genotype(setting: str, gain: float, own: float) -> None:
    """To the last bit, what the animal perceives of its receptor included: there is no sixth place."""
    arms = make_rows(20, oxtr_gain=own, arms=dict.fromkeys(ARMS, setting))
    genotype = make_rows(20, oxtr_gain=gain)
    for env in (arms, genotype):
        env.reset(seed=2)
    actions = random_actions(arms, 300)
    a, b = play(arms, actions), play(genotype, actions)
    assert_identical(a, b)


def test_own_is_what_comes_without_arms() -> None:
    a, b = (make_rows(5, oxtr_gain=0.6, arms=arms) for arms in ({}, dict.fromkeys(ARMS, "own")))
    a.reset(seed=1)
    b.reset(seed=1)
    actions = random_actions(a, 100)
    assert_identical(play(a, actions), play(b, actions))


def test_release_alone() -> None:
    """Oxytocin as in a knockout; the receptor passes it on with the animal's own gain."""
    (_, arm), (_, knockout) = lived(STRANGER, arms={"release": "knockout"}), lived(STRANGER, oxtr_gain=0.0)
    (_, wild) = lived(STRANGER)
    oxytocin = [env.world.batch.animals["oxytocin"][:, FOCAL] for env in (arm, knockout, wild)]
    np.testing.assert_array_equal(oxytocin[0], oxytocin[1])
    assert (oxytocin[0] < oxytocin[2]).all()
    assert (arm.world.batch.animals["receptor_signal"][:, FOCAL] > 0.0).all()


def test_consolidation_alone() -> None:
    """Bonds as in a knockout. Contact pays, and defence costs, by the wild type's rule (from the weaker bond)."""
    quiet = {"interference_per_h": 0.0}
    (ours, arm), (theirs, knockout) = (
        lived(PARTNER, arms={"consolidation": "knockout"}, **quiet),
        lived(PARTNER, oxtr_gain=0.0, **quiet),
    )
    wild_play, wild = lived(PARTNER, **quiet)
    np.testing.assert_array_equal(pairs(arm, "familiarity"), pairs(knockout, "familiarity"))
    assert (pairs(arm, "familiarity")[:, 0] < pairs(wild, "familiarity")[:, 0]).all()
    np.testing.assert_array_equal(ours.terms["contact_general"], wild_play.terms["contact_general"])
    assert (ours.terms["contact_general"][-1] > theirs.terms["contact_general"][-1]).all()


def test_reward_alone() -> None:
    """Contact pays and feels as in a knockout; state, defence and all other terms stay the wild type's."""
    ours, arm = lived(PARTNER, arms={"reward": "knockout"})
    theirs, _ = lived(PARTNER, oxtr_gain=0.0)
    wild_play, wild = lived(PARTNER)
    signal = arm.observation_names.index("receptor_signal")
    assert (ours.observations[:, :, signal] == 0.0).all()
    assert (wild_play.observations[-1, :, signal] > 0.0).all()
    ours.observations[:, :, signal] = wild_play.observations[:, :, signal]
    np.testing.assert_array_equal(ours.observations, wild_play.observations)
    np.testing.assert_array_equal(ours.terms["contact_general"], theirs.terms["contact_general"])
    floor = float(wild.world.parameters["selective_floor"][0]) * 0.25
    np.testing.assert_allclose(ours.terms["contact_selective"][-1], floor * pairs(arm, "familiarity")[:, 0], rtol=1e-12)
    for name in set(ours.terms) - {"contact_general", "contact_selective"}:
        np.testing.assert_array_equal(ours.terms[name], wild_play.terms[name], err_msg=name)


def test_defence_alone() -> None:
    ours, arm = lived(STRANGER, arms={"defence": "knockout"}, defence_floor=0.1, defence_gain=0.9)
    wild_play, _ = lived(STRANGER, defence_floor=0.1, defence_gain=0.9)
    np.testing.assert_array_equal(ours.observations, wild_play.observations)
    for name in set(ours.terms) - {"defence"}:
        np.testing.assert_array_equal(ours.terms[name], wild_play.terms[name], err_msg=name)
    np.testing.assert_allclose(ours.terms["defence"], 0.1 * wild_play.terms["defence"], rtol=1e-12)
    assert (ours.terms["defence"][-1] < 0.0).all()
    assert arm.world.batch.animals["bondedness"][0, FOCAL] > 0.0


def test_retention_alone() -> None:
    """The bond with the partner wears off in a stranger's company as fast as in a knockout."""
    slow = {"consolidation_gain_per_h": 0.0, "interference_per_h": 0.5, "retention": 0.9}
    (_, arm), (_, knockout), (_, wild) = (
        lived(STRANGER, arms={"retention": "knockout"}, **slow),
        lived(STRANGER, oxtr_gain=0.0, **slow),
        lived(STRANGER, **slow),
    )
    np.testing.assert_array_equal(pairs(arm, "familiarity"), pairs(knockout, "familiarity"))
    assert (pairs(arm, "familiarity")[:, 0] < pairs(wild, "familiarity")[:, 0]).all()


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        (
            {"releese": "knockout"},
            "unknown arm 'releese'; did you mean 'release'. Allowed: release, consolidation, reward, defence, "
            "retention",
        ),
        ({"release": "ko"}, "arm 'release' must be one of own, wild_type, knockout, got 'ko'"),
        ({"release": 0.0}, "arm 'release' must be one of"),
    ],
)
def test_bad_arms_are_refused(arms: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        make_rows(1, arms=arms)
