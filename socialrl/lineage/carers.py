"""Carers: animals learn to rear a litter, alone or in pairs, and are watched with it when they learn no more.

What is kept of a carer is what it does in a test, never its parameters: pups get behaviour and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from socialrl.animals.animal import Animal
from socialrl.config.loading import Config, TestCondition
from socialrl.evaluation.playing import play_tests
from socialrl.training.frozen_cohort import train_frozen
from socialrl_envs.litters import families

OF_CARER = ("nest_share", "licking_share", "latency_to_return_s", "care_given")
"""What is kept of each carer: shares of the test, seconds, and touch × occupancy that the litter has from it."""
OF_LITTER = ("litter_care", "litter_contact_share")
"""What its litter has from all carers: touch × occupancy, and the share of the time in contact with any of them."""

Watch = Callable[[Mapping[int, Config], list[Animal], Mapping[str, int], Callable[[int], None]], pd.DataFrame]
"""The kind of function that `watched` is."""


def watched(
    care: Mapping[int, Config],
    parents: list[Animal],
    n_carers: Mapping[str, int],
    on_steps: Callable[[int], None],
) -> pd.DataFrame:
    """Return one row per parent (index: its id) with `OF_CARER` and `OF_LITTER`.

    `parents` are dams and sires in turn, `n_carers` says of each dam how many carers its litter has: 2, or 1, of whose
    sire nothing is known then. Those of one number learn as one cohort, by `care[number]`, and are frozen for the test.
    `on_steps` is given the steps that all of them have made so far.
    """
    pieces, before = [], 0
    for n, config in care.items():
        dams = [k for k in range(0, len(parents), 2) if n_carers[parents[k].id] == n]
        carers = [parents[k + one] for k in dams for one in range(n)]
        if not carers:
            continue
        done = partial(_add, on_steps, before, len(carers))
        policies, steps = train_frozen(config, carers, done)
        before += config.steps * len(carers)
        played = play_tests(
            config.for_evaluation(),
            carers,
            policies,
            [_test(n)],
            repeats=config.evaluation.repeats,
            purpose="care",
            steps=steps,
        )
        pieces.append(of_carers(played, carers, n))
    return pd.concat(pieces).reindex([one.id for one in parents]).pipe(_litter_of_sires, parents)


def of_carers(played: pd.DataFrame, carers: list[Animal], n: int) -> pd.DataFrame:
    """Return the rows of `watched` from those of tests of `n` carers a litter, repeats averaged."""
    place = {one.id: k for k, one in enumerate(carers)}
    at = played["animal"].map(place)
    # litter by litter and repeat by repeat, its carers next to each other
    tests = played.assign(litter=at // n, carer=at % n).sort_values(["litter", "repeat", "carer"], kind="stable")
    family = families(tests, n)
    litters = tests["litter"].to_numpy()[::n]
    of_litter = pd.DataFrame({"litter_care": family.care, "litter_contact_share": family.contact_share})
    seconds = played["duration_s"]
    own = pd.DataFrame(
        {
            "animal": played["animal"],
            "nest_share": played["chamber_s_nest"] / seconds,
            "licking_share": played["licking_s"] / seconds,
            "latency_to_return_s": played["latency_to_return_s"],
            "care_given": played["care_received"],
        }
    )
    means = own.groupby("animal", sort=False).mean().loc[list(place)]
    of_litter = of_litter.groupby(litters).mean().loc[[k // n for k in place.values()]]
    return means.join(of_litter.set_axis(means.index))[[*OF_CARER, *OF_LITTER]]


def _add(on_steps: Callable[[int], None], before: int, size: int, done: int) -> None:
    on_steps(before + done * size)


def _test(n: int) -> TestCondition:
    """Return the test in which carers are watched; two have lived together for a week."""
    if n == 1:
        return TestCondition(name="care", cohousing_h=0.0)
    return TestCondition(name="care", cohousing_h=168.0, relationship="mate")


def _litter_of_sires(rows: pd.DataFrame, parents: list[Animal]) -> pd.DataFrame:
    """Give sires that do not care the litter of their dam."""
    litters = rows[list(OF_LITTER)].to_numpy().copy()
    litters[1::2] = litters[::2]
    assert len(litters) == len(parents)
    return rows.assign(**{name: litters[:, k] for k, name in enumerate(OF_LITTER)})
