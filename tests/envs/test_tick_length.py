"""Halving the tick changes the resolution, not the behaviour of a fixed policy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from playing import EXPLORE, SWITCHED_OFF, make_rows, make_single

N_ROWS, N_DECISIONS, DECISION_S = 2000, 240, 15.0
# stated, not left to the table: whole numbers of either tick, so that nothing is rounded
PARAMETERS = {"transit_s": 15.0, "explore_dwell_s": 75.0, "withdrawal_s": 120.0}

Policy = Callable[[np.random.Generator, int], NDArray[np.int64]]


def anything(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    return rng.integers(0, 6, n)


def explorer(_: np.random.Generator, n: int) -> NDArray[np.int64]:
    return np.full(n, EXPLORE)


def mostly_explorer(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    return np.where(rng.random(n) < 0.8, EXPLORE, anything(rng, n))


def mostly_social(rng: np.random.Generator, n: int) -> NDArray[np.int64]:
    return np.where(rng.random(n) < 0.6, rng.integers(2, 4, n), anything(rng, n))


def behaviour(policy: Policy, dt_s: float, seed: int) -> dict[str, NDArray[np.float64]]:
    """Let the policy decide every 15 s, hold each action for the ticks between, and return the counters."""
    env = make_rows(N_ROWS, dt_s=dt_s, duration_s=N_DECISIONS * DECISION_S, **PARAMETERS)
    env.reset(seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(N_DECISIONS):
        actions = policy(rng, N_ROWS)
        for _ in range(round(DECISION_S / dt_s)):
            env.step(actions)
    return {name: array.copy() for name, array in env.counters().items()}


@pytest.mark.parametrize("policy", [anything, explorer, mostly_explorer, mostly_social], ids=lambda p: p.__name__)
def test_halving_the_tick_leaves_behaviour_as_it_was(policy: Policy) -> None:
    whole, half = behaviour(policy, 15.0, seed=1), behaviour(policy, 7.5, seed=50_000)
    for name in ("huddle_s", "bouts", "rejections", "chamber_s", "entries"):
        difference = whole[name].mean(axis=0) - half[name].mean(axis=0)
        error = np.sqrt((whole[name].var(axis=0) + half[name].var(axis=0)) / N_ROWS)
        assert (np.abs(difference) <= 4.0 * error).all(), f"{name}: {difference} against standard errors {error}"
    if policy is not explorer:
        first = [np.where(np.isfinite(c["latency_s"]), c["latency_s"], 3600.0)[:, 1:] for c in (whole, half)]
        error = np.sqrt((first[0].var(axis=0) + first[1].var(axis=0)) / N_ROWS)
        assert (np.abs(first[0].mean(axis=0) - first[1].mean(axis=0)) <= 4.0 * error).all()


@pytest.mark.parametrize("dt_s", [5.0, 15.0, 30.0])
def test_an_explorer_stays_in_a_chamber_as_long_as_the_parameter_says(dt_s: float) -> None:
    """A stay and a passage together last `explore_dwell_s` + `transit_s` on average, whatever the tick."""
    hours = 4.0
    env = make_rows(1000, dt_s=dt_s, duration_s=hours * 3600.0, explore_dwell_s=90.0, transit_s=30.0)
    env.reset(seed=0)
    for _ in range(int(hours * 3600.0 / dt_s)):
        env.step(np.full(1000, EXPLORE))
    per_row = env.counters()["entries"].sum(axis=1)
    # a passage that is under way at the end is missing from the count: half a cycle a row
    mean_cycle_s = hours * 3600.0 / (per_row.mean() + 0.25)
    assert mean_cycle_s == pytest.approx(120.0, rel=0.015)


def after_ten_minutes_of_rest(dt_s: float, **arguments: float) -> np.void:
    env = make_single(dt_s=dt_s, **arguments)
    env.reset(seed=0, options={"cohousing_h": 0})
    for _ in range(round(600.0 / dt_s)):
        env.step(0)
    me: np.void = env.world.batch.animals[0, 0]
    return me


@pytest.mark.parametrize("dt_s", [15.0, 7.5, 3.0])
def test_relaxations_do_not_depend_on_the_tick(dt_s: float) -> None:
    """Ten minutes of rest alone: oxytocin, stress and drive are where their exponentials say, to rounding."""
    time_constants = {"stress_tau_s": 1800.0, "activity_rise_s": 900.0, "oxytocin_tau_s": 120.0}
    me = after_ten_minutes_of_rest(dt_s, **SWITCHED_OFF, **time_constants)
    assert me["stress"] == pytest.approx(1.0 - 0.5 * np.exp(-600.0 / 1800.0), rel=1e-12)
    assert me["activity_drive"] == pytest.approx(1.0 - 0.5 * np.exp(-600.0 / 900.0), rel=1e-12)
    assert me["oxytocin"] == 0.0


@pytest.mark.parametrize("dt_s", [15.0, 7.5, 3.0])
def test_a_drive_with_a_budget_depends_on_the_tick_by_less_than_one_in_ten_thousand(dt_s: float) -> None:
    """dA/dt = ((1 − b)·(1 − A) + b)/τ below the ceiling: A = 1/(1 − b) − (1/(1 − b) − A₀)·exp(−(1 − b)·t/τ).

    The two parts are added tick by tick, so the error is of first order in the tick; it is 8e-5 at 15 s.
    """
    me = after_ten_minutes_of_rest(dt_s, activity_budget=0.9, activity_rise_s=1800.0, day_calm=0.0)
    expected = 10.0 - 9.5 * np.exp(-0.1 * 600.0 / 1800.0)
    assert me["activity_drive"] == pytest.approx(expected, abs=1e-4 * dt_s / 15.0)
