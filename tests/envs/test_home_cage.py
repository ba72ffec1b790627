"""A home cage: with one companion it is the time before a test, with several each bond is kept for itself."""

from __future__ import annotations

import numpy as np
import pytest
from playing import make_rows

from socialrl_envs.home_cage import HomeCage
from socialrl_envs.world import World


def world(n_rows: int = 3, **arguments: object) -> World:
    return make_rows(n_rows, duration_s=600.0, **arguments).world


def test_one_companion_is_what_cohousing_before_a_test_makes_of_it() -> None:
    env = make_rows(3, duration_s=600.0)
    env.reset(seed=1, options={"cohousing_h": 20, "separation_h": 5})
    cage = HomeCage(env.world, [False])
    cage.live(20.0, [1])
    cage.live(5.0)
    for name in ("familiarity", "habituation"):
        np.testing.assert_array_equal(cage.pairs[name][:, 0, 1], env.world.batch.pairs[name][:, 0, 1], err_msg=name)
    np.testing.assert_array_equal(cage.animals["stress"][:, 0], env.world.batch.animals["stress"][:, 0])


def test_who_is_elsewhere_fades_and_stays_the_bond_in_a_test_of_others() -> None:
    env = make_rows(3, duration_s=600.0, absence_loss_per_h=0.01)
    cage = HomeCage(env.world, [True, False])
    cage.live(48.0, [1])
    bond = cage.pairs["familiarity"][:, 0, 1].copy()
    cage.live(10.0, [2])
    assert (cage.pairs["familiarity"][:, 0, 1] < bond * np.exp(-0.1) + 1e-3).all()
    env.reset(seed=1, options={"cohousing_h": 0})
    cage.take_to(env.world, {0: 0, 2: 1})
    env.reset(seed=1, options={"cohousing_h": 0, "separation_h": 0, "continued": True})
    env.step(np.zeros(3, dtype=np.int64))
    known = cage.pairs["familiarity"][:, 0, 1]
    np.testing.assert_array_equal(env.world.batch.animals["bondedness"][:, 0], known)
    assert (known > cage.pairs["familiarity"][:, 0, 2]).all()


def test_the_slow_state_moves_only_with_attachment() -> None:
    for attachment in (False, True):
        cage = HomeCage(world(attachment=attachment), [], age_d=0.0)
        cage.rear(24.0 * 21, carers=1)
        assert (cage.animals["expression"][:, 0] < 1.0).all() == attachment
        assert (cage.animals["age_d"][:, 0] == (21.0 if attachment else 0.0)).all()


def test_an_enriched_cage_never_lowers_stress_below_none() -> None:
    cage = HomeCage(world(attachment=True, enrichment=1.0), [False])
    cage.live(48.0, [1], enriched=True)
    assert (cage.animals["stress"] >= 0.0).all()
    assert cage.animals["stress"][:, 0] == pytest.approx(0.0, abs=0.05)
    alone = HomeCage(world(attachment=True), [False])
    alone.live(2.0, stressor=2.0)
    assert (alone.animals["stress"][:, 0] > 2.5).all()
    assert (alone.animals["stress"][:, 1] <= 1.0).all(), "a stressor acts on the tested animal alone"
