"""A test of a life with companions by name: they live in a home cage, and those offered are taken to the test's world.

Every companion of a history exists from its beginning, alone until it is met. During a test, those that are not
offered live on alone and fade from the tested animal's memory.
"""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.animals.policies import FrozenPolicies
from socialrl.evaluation.events import EventRecorder
from socialrl.protocols.begun import BegunTest, keep_contexts
from socialrl.protocols.companions import OTHER_STRANGER, STRANGERS
from socialrl.protocols.offers import indices
from socialrl.protocols.planned import Home, Stretch
from socialrl_envs.home_cage import HomeCage
from socialrl_envs.life import NIGHT_H


class HomeTest(BegunTest):
    """One test of all animals, begun: they have lived at home through what comes before it."""

    _cage: HomeCage

    def _begin(self, before: BegunTest | None) -> None:
        home, test = self._home, self._test
        env = self._make(home.drugs)
        # the world's own newcomers first, of which those are replaced that come from the cage
        self._reset(env, Stretch(0.0, 0.0, test.relationship, False), continued=False)
        if isinstance(before, HomeTest):
            self._cage = before._cage
        else:
            differ = [one.other_sex for one in home.companions]
            self._cage = HomeCage(
                env.world, [*differ, *(name == OTHER_STRANGER for name in STRANGERS)], age_d=home.begins_d
            )
        self._live()
        if test.stranger == "new":
            for name in STRANGERS:
                self._cage.renew(self._in_cage(name))
        lived_h = sum(spell.hours for spell in home.spells)
        self._cage.take_to(env.world, self._places(), new_day=before is None or lived_h >= NIGHT_H)
        if before is not None:
            keep_contexts(before._env.world, env.world)
        last = Stretch(0.0, 0.0, test.relationship, False)
        self._observations = self._reset(env, last, continued=True, conditioned=True)
        self._env = env

    def _live(self) -> None:
        for spell in self._home.spells:
            together = [self._in_cage(name) for name in spell.together]
            for name in spell.mates:
                self._cage.mate(self._in_cage(name))
            if spell.nest is not None:
                self._cage.rear(
                    spell.hours, litter=together, alone=self._companions(), drugs=spell.drugs, **asdict(spell.nest)
                )
            else:
                self._cage.live(
                    spell.hours,
                    together,
                    alone=self._companions(),
                    drugs=spell.drugs,
                    stressor=spell.stressor,
                    enriched=spell.enriched,
                )

    def play(
        self, policies: FrozenPolicies, events: EventRecorder | None = None, *, tell_offers: bool = True
    ) -> pd.DataFrame:
        """Play the test to its end and return its rows; `familiarity_<companion>_…` is that with each companion."""
        begun = self._familiarity("start")
        rows = super().play(policies, events, tell_offers=tell_offers)
        self._cage.bring_back(self._env.world, self._places(), self._companions())
        return rows.assign(**begun, **self._familiarity("end"))

    def offers(self) -> dict[str, str]:
        """Return who is in each place beside the tested animal, by the assay's names of places."""
        return dict(self._home.offered)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what the animals are like and are to each other now, (n_worlds, …) by name."""
        state = super().state()
        for name in ("familiarity", "habituation", "mated"):
            del state[name]
            for at, one in enumerate(self._home.companions, 1):
                state[f"{name} of {one.name}"] = np.array(self._cage.pairs[name][:, 0, at])
        return state

    @property
    def _home(self) -> Home:
        assert self._test.home is not None
        return self._test.home

    def _companions(self) -> list[int]:
        return list(range(1, 1 + len(self._home.companions)))

    def _in_cage(self, name: str) -> int:
        """Return the index of an animal in the cage; strangers come last."""
        return 1 + [*(one.name for one in self._home.companions), *STRANGERS].index(name)

    def _places(self) -> dict[int, int]:
        """Return the index in the test's world of every animal that is in it, by its index in the cage."""
        offered = indices(self._test.assay, self._home.offered)
        return {0: 0, **{self._in_cage(name): k for name, k in offered.items()}}

    def _familiarity(self, when: str) -> dict[str, NDArray[np.float64]]:
        """Return a column for each companion: its familiarity to the tested animal, animal by animal."""
        return {
            f"familiarity_{one.name}_{when}": self._cage.pairs["familiarity"][:, 0, at][self._order].copy()
            for at, one in enumerate(self._home.companions, 1)
        }
