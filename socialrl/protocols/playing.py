"""Plays the planned tests of a protocol with frozen animals: one row per animal, test and repeat.

The animals of a history are the same from its first phase to its last: familiarity, habituation, mating, stress,
activity and oxytocin go from stretch to stretch and from test to test. Every repeat starts with new, naive animals.
Random streams depend on the animal's pair number, on the how-manieth test it is and on the repeat, not on the group or
the history: groups and histories are compared in pairs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.animals.animal import Animal
from socialrl.animals.policies import FrozenPolicies
from socialrl.assays import short_id
from socialrl.config.loading import Config, EnvSection
from socialrl.errors import UserError
from socialrl.evaluation.events import EventRecorder
from socialrl.protocols.begun import BegunTest
from socialrl.protocols.begun_at_home import HomeTest
from socialrl.protocols.planned import PlannedTest
from socialrl_envs import ASSAYS
from socialrl_envs.observation import space_of


def play_protocol(
    config: Config,
    animals: Sequence[Animal],
    policies: FrozenPolicies,
    histories: Sequence[Sequence[PlannedTest]],
    *,
    repeats: int,
    steps: int = 0,
    events: EventRecorder | None = None,
) -> pd.DataFrame:
    """Return one row per animal, test and repeat: the columns of an evaluation, and `history`, `phase`, `doses`.

    `histories` come from `plan.plan`. Where one of them has companions by name, the columns `offered_<place>` say who
    was in which place of a test. Drugs are those of the protocol alone: `env.drugs` of the configuration belongs to
    its own tests. A test that the networks do not fit raises `UserError` before anything is played.
    """
    check_fit(policies, histories, config.env)
    tell_offers = any(test.home is not None for tests in histories for test in tests)
    pieces = []
    for tests in histories:
        before: BegunTest | None = None
        for test in tests:
            before = begin(config, animals, test, repeats, before)
            pieces.append(before.play(policies, events, tell_offers=tell_offers).assign(steps=steps))
    return pd.concat(pieces, ignore_index=True)


def begin(
    config: Config, animals: Sequence[Animal], test: PlannedTest, repeats: int, before: BegunTest | None = None
) -> BegunTest:
    """Return a test that has begun; `before` is the test before it in its history."""
    kind = BegunTest if test.home is None else HomeTest
    return kind(config, animals, test, repeats, before)


def check_fit(policies: FrozenPolicies, histories: Sequence[Sequence[PlannedTest]], trained: EnvSection) -> None:
    """Raise `UserError` for the first test whose observations or actions the networks of a run do not fit."""
    have = (policies.n_features, policies.n_actions)
    for test in (one for tests in histories for one in tests):
        assay = ASSAYS[test.assay]
        seen = space_of(assay, attachment=trained.attachment, tones_apart=trained.tones_apart)
        needed = (seen.shape[0], assay.n_actions)
        if needed != have:
            advice = f"; train with env.id={assay.id}" if assay.id != trained.id else ""
            raise UserError(
                f"{test.where}: {short_id(test.assay)} has {needed[0]} observation channels and {needed[1]} actions, "
                f"the networks of this run (trained in {short_id(trained.id)}) take {have[0]} and {have[1]}{advice}"
            )


def begun_state(config: Config, animals: Sequence[Animal], test: PlannedTest) -> dict[str, NDArray[np.float64]]:
    """Return what `animals` are like and are to each other at the beginning of a life's first test, by name."""
    return begin(config, animals, test, 1).state()
