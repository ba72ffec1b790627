"""A home cage: with one companion it is the time before a test, with several each bond is kept for itself."""

from __future__ import annotations

import numpy as np
import pytest
from playing import make_rows

from socialrl_envs.development import open_days
from socialrl_envs.home_cage import HomeCage
from socialrl_envs.parameters import record
from socialrl_envs.world import World


def world(n_rows: int = 3, **arguments: object) -> World:
    return make_rows(n_rows, duration_s=600.0, **arguments).world


@pytest.mark.parametrize(
    ("drug", "acts_on"),
    [
        (None, ()),
        ("antagonist", ("familiarity", "stress")),
        ("d1_antagonist", ()),
        ("d2_antagonist", ("familiarity", "stress")),
        ("dopamine_agonist", ("familiarity", "stress")),
        ("crf_antagonist", ("stress",)),
    ],
)
def test_one_companion_is_what_cohousing_before_a_test_makes_of_it(drug: str | None, acts_on: tuple[str, ...]) -> None:
    """Under a drug, too, which acts until half an hour before the test."""
    doses = [{"drug": drug, "dose": 0.7, "start_s": -80_000.0, "end_s": -1800.0}] if drug else []
    env, plain = (make_rows(3, duration_s=600.0, drugs=drugs, peer_dopamine_free=0.0) for drugs in (doses, []))
    for one in (env, plain):
        one.reset(seed=1, options={"cohousing_h": 20, "separation_h": 5})
    cage = HomeCage(env.world, [False])
    later = [{**one, "start_s": one["start_s"] + 18_000.0, "end_s": one["end_s"] + 18_000.0} for one in doses]
    cage.live(20.0, [1], drugs=later)
    cage.live(5.0, drugs=doses)
    states = {
        "familiarity": [of.pairs["familiarity"][:, 0, 1] for of in (cage, env.world.batch, plain.world.batch)],
        "habituation": [of.pairs["habituation"][:, 0, 1] for of in (cage, env.world.batch, plain.world.batch)],
        "stress": [of.animals["stress"][:, 0] for of in (cage, env.world.batch, plain.world.batch)],
    }
    for name, (at_home, before_a_test, without) in states.items():
        np.testing.assert_array_equal(at_home, before_a_test, err_msg=name)
        assert (at_home != without).any() == (name in acts_on), name


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


@pytest.mark.parametrize(("drugs", "relative"), [((), 1.0), ((0.5,), 0.6), ((0.5, 0.5), 0.4)])
def test_a_block_of_stress_hormones_lowers_the_strain_of_the_nest(drugs: tuple[float, ...], relative: float) -> None:
    """1 − (1 − u)·(1 − left), u = 0.2: reactivity and load follow the strain that is left, care and age do not."""
    arms = {"strain_to_reactivity": 0.5, "stress_without_hormone": 0.2}
    one, other = (HomeCage(world(attachment=True, **arms), [], age_d=0.0) for _ in range(2))
    doses = [{"drug": "crf_antagonist", "dose": dose, "start_s": -1e9, "end_s": 0.0} for dose in drugs]
    one.rear(24.0 * 200, carers=2, drugs=doses)
    other.rear(24.0 * 200, carers=2)
    grown, usual = one.slow_state(), other.slow_state()
    assert grown.load == pytest.approx(relative * usual.load, rel=1e-3), "after 200 days load is the mean stress"
    p = record(1, arms)
    moved = 1.0 - np.exp(-open_days(p, 0.0, 200.0) / p["development_tau_d"])
    assert grown.reactivity == pytest.approx(1.0 + 0.5 * (relative - 1.0) * np.repeat(moved, 3))
    for name in ("age_d", "expression", "competence", "contact_recent", "set_point"):
        np.testing.assert_array_equal(getattr(grown, name), getattr(usual, name), err_msg=name)


def test_an_enriched_cage_never_lowers_stress_below_none() -> None:
    cage = HomeCage(world(attachment=True, enrichment=1.0), [False])
    cage.live(48.0, [1], enriched=True)
    assert (cage.animals["stress"] >= 0.0).all()
    assert cage.animals["stress"][:, 0] == pytest.approx(0.0, abs=0.05)
    alone = HomeCage(world(attachment=True), [False])
    alone.live(2.0, stressor=2.0)
    assert (alone.animals["stress"][:, 0] > 2.5).all()
    assert (alone.animals["stress"][:, 1] <= 1.0).all(), "a stressor acts on the tested animal alone"


def test_a_cage_of_many_rows_finds_the_rates_of_every_animal() -> None:
    """Numbers of records do not fit into the 16 bits in which a record keeps an animal's sex."""
    n = 2**15
    cage = HomeCage(world(n, contact_floor=np.full(n, 1.0)), [False, True])
    assert cage._rates_of[:, 0].tolist() == list(range(n))
    assert set(cage._rates_of[:, 1]) == {n}, "a female that does not act has the last record but one"
    assert set(cage._rates_of[:, 2]) == {n + 1}
