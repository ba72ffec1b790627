"""The block of stress hormones: what is left of the target that stress relaxes to, and that nothing else changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import FOCAL, PARTNER, STRANGER, assert_identical, make_rows, make_single, play, random_actions

ALWAYS = {"start_s": -1e9, "end_s": 1e9}


def dose(amount: float, **span: float) -> dict[str, Any]:
    return {"drug": "crf_antagonist", "dose": amount, **ALWAYS, **span}


def stress_of(env: Any, animal: int = FOCAL) -> float:
    return float(env.world.batch.animals["stress"][0, animal])


@pytest.mark.parametrize(
    ("doses", "without", "left"),
    [
        ([], 0.0, 1.0),
        ([0.25], 0.0, 0.75),
        ([1.0], 0.0, 0.0),
        ([0.25], 0.4, 0.85),  # 1 − 0.6 · 0.25
        ([1.0], 0.4, 0.4),
        ([0.5, 0.5], 0.0, 0.25),
        ([1.0], 1.0, 1.0),
    ],
)
def test_stress_relaxes_to_what_the_block_leaves_of_its_target(doses: list[float], without: float, left: float) -> None:
    """Alone the target is 1, in contact how unfamiliar the companion is; thirty hours are sixty time constants."""
    arguments = {"drugs": [dose(one) for one in doses], "stress_without_hormone": without, "stress_tau_s": 1800.0}
    alone = make_single(**arguments)
    alone.reset(seed=1, options={"cohousing_h": 1.0, "separation_h": 30.0})
    assert stress_of(alone) == pytest.approx(left, abs=1e-6)
    assert stress_of(alone, STRANGER) == 0.5, "nobody drugs an animal that does not act"
    together = make_single(**arguments, cohousing_contact_share=1.0, consolidation_gain_per_h=0.0, oxtr_gain=0.0)
    together.reset(seed=1, options={"cohousing_h": 30.0})
    known = together.world.batch.pairs["familiarity"][0]
    # familiarity still grows by 0.5 % in half an hour
    assert stress_of(together) == pytest.approx(left * (1.0 - float(known[FOCAL, PARTNER])), abs=0.01)
    assert stress_of(together, PARTNER) == pytest.approx(1.0 - float(known[PARTNER, FOCAL]), abs=0.01)


def test_of_the_slow_state_the_block_leaves_a_share_of_all_that_stress_goes_to() -> None:
    """Alone, a reactive animal under a stressor: b·(Z + stressor)."""
    ends = {"stressor_start_h": -20.0, "stressor_length_h": 20.0}
    env = make_single(drugs=[dose(0.5)], stress_without_hormone=0.2, stress_tau_s=1800.0, attachment=True)
    for stressor in (0.0, 1.5):
        options = {"cohousing_h": 1.0, "separation_h": 20.0, "reactivity": 1.25, "stressor": stressor, **ends}
        env.reset(seed=1, options=options)
        assert stress_of(env) == pytest.approx(0.6 * (1.25 + stressor), abs=1e-6)


def test_stress_comes_back_when_the_drug_is_gone() -> None:
    env = make_single(drugs=[dose(1.0, end_s=0.0)], stress_tau_s=1800.0, dt_s=15.0)
    env.reset(seed=1, options={"cohousing_h": 0.0, "separation_h": 0.0})
    begun = stress_of(env)
    for _ in range(120):  # 1800 s alone: one time constant
        env.step(0)
    assert stress_of(env) == pytest.approx(1.0 + (begun - 1.0) * np.exp(-1.0), rel=1e-6)


def test_the_block_changes_stress_and_no_other_term_of_the_reward() -> None:
    plain, blocked = (make_rows(10, drugs=drugs, cohousing_h=6.0) for drugs in ([], [dose(1.0)]))
    for env in (plain, blocked):
        env.reset(seed=2)
    one, other = (play(env, random_actions(env, 100)) for env in (plain, blocked))
    assert other.terms["stress"].sum() > 0.5 * one.terms["stress"].sum()
    assert (other.terms["stress"] > one.terms["stress"]).any()
    at = plain.observation_names.index("stress")
    for played in (one, other):
        played.observations[:, :, at] = 0.0
        played.rewards[:] = 0.0
        played.terms["stress"][:] = 0.0
    assert_identical(one, other)
