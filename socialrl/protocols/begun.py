"""One test of all animals, begun: in worlds that lived through what comes before it, and then played to its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.animals.animal import Animal
from socialrl.animals.policies import FrozenPolicies
from socialrl.animals.rows import Lineup
from socialrl.config.loading import Config
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import play_out
from socialrl.protocols.companions import NOBODY
from socialrl.protocols.planned import Drugs, PlannedTest, Stretch
from socialrl.protocols.stimulus_animals import others_are_paired, partner_of, stranger_of
from socialrl_envs import ASSAYS, SocialVectorEnv
from socialrl_envs.vocabulary import SLOW
from socialrl_envs.world import World

INNER_STATE = ("stress", "oxytocin", "receptor_signal", "bondedness", "activity_drive")
"""What an animal is like at the start and the end of a test: columns `<name>_start` and `<name>_end`."""
SLOW_STATE = tuple(variable.name for variable in SLOW)
"""What it has become over days, where the run has `env.attachment`: columns of the same form."""


class BegunTest:
    """One test of all animals, begun: they have lived through what comes before it."""

    def __init__(
        self, config: Config, animals: Sequence[Animal], test: PlannedTest, repeats: int, before: BegunTest | None
    ) -> None:
        self._test, self._attachment = test, config.env.attachment
        lineup = Lineup(ASSAYS[test.assay], animals, repeats)
        self._rows, self._order = lineup.rows, lineup.order
        self._own = {**lineup.arguments(), "tones_apart": config.env.tones_apart}
        path = [("protocol", animal.index, test.number, repeat) for animal, repeat in self._rows]
        self._seeds = np.array([seeding.seed_int(config.seed, "test", *one) for one in path])
        self._keys = np.array([seeding.seed_int(config.seed, "choice", *one) for one in path], dtype=np.uint64)
        self._world_seeds = lineup.world_seeds(self._seeds)
        self._env: SocialVectorEnv
        self._begin(before)

    def _begin(self, before: BegunTest | None) -> None:
        """Live through what comes before the test, with the animals of the test before it, if there was one."""
        test = self._test
        last: World | None = None
        for stretch in test.life:
            env = self._make(stretch.drugs)
            if last is not None:
                last.grow()
                _pass_on(last, env.world, [(i, i) for i in range(env.assay.n_animals)])
                keep_contexts(last, env.world)
            elif before is not None:
                # animals that were not in the test before are new
                self._reset(env, Stretch(0.0, 0.0, test.relationship, False), continued=False)
                before._env.world.grow()
                _pass_on(before._env.world, env.world, _the_same(before._test, test))
                keep_contexts(before._env.world, env.world)
            lives_on = last is not None or before is not None
            self._observations = self._reset(env, stretch, continued=lives_on, conditioned=stretch is test.life[-1])
            self._env, last = env, env.world

    def play(
        self, policies: FrozenPolicies, events: EventRecorder | None = None, *, tell_offers: bool = False
    ) -> pd.DataFrame:
        """Play the test to its end and return its rows, animal by animal.

        With `tell_offers` there is a column `offered_<place>` for every place: who was in it.
        """
        test = self._test
        common = [animal.common() for animal, _ in self._rows]
        whose = {name: [one[name] for one in common] for name in common[0]}
        repeat = [repeat for _, repeat in self._rows]
        if events is not None:
            labels: dict[str, list[Any]] = {**whose, "test": [test.name] * len(repeat), "repeat": repeat}
            events.follow(self._env, self._order, labels)
        begun = self._state_columns("start")
        sums, record = play_out(self._env, self._order, self._observations, self._keys, policies, events=events)
        offered = self._offered() if tell_offers else {}
        columns: dict[str, Any] = {
            **whose,
            "steps": 0,
            "test": test.name,
            "history": test.history,
            "phase": test.phase,
            "assay": test.assay,
            "repeat": repeat,
            "seed": self._seeds,
            "return": sums.sum(axis=0),
            **{f"reward_{term}": sums[k] for k, term in enumerate(self._env.world.terms)},
            **{name: list(column) if column.ndim > 1 else column for name, column in record.items()},
            **begun,
            **self._state_columns("end"),
            **offered,
            # of the whole history, where the world knows its last stretch only
            "cohousing_h": test.cohousing_h,
            "separation_h": test.separation_h,
            "mating": test.mated,
            "doses": test.doses,
        }
        return pd.DataFrame(columns)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what the animals are like and are to each other now, (n_worlds, …) by name."""
        batch = self._env.world.batch
        # without the age, in which lives of different length differ anyhow
        slow = [name for name in SLOW_STATE if name != "age_d"] if self._attachment else []
        tones = ("dopamine_tone", "d2_tone", "v1a_gain")
        values = ("value_left", "value_right") if ASSAYS[self._test.assay].contexts else ()
        inner = {name: np.array(batch.animals[name]) for name in (*INNER_STATE, *tones, *values, *slow)}
        return inner | {name: np.array(batch.pairs[name]) for name in ("familiarity", "habituation", "mated")}

    def _state_columns(self, when: str) -> dict[str, NDArray[np.float64]]:
        """Return the columns of `INNER_STATE` as they are now, animal by animal."""
        acting = list(self._env.assay.acting)
        animals = self._env.world.batch.animals
        names = (*INNER_STATE, *(SLOW_STATE if self._attachment else ()))
        return {f"{name}_{when}": animals[name][:, acting].ravel()[self._order] for name in names}

    def _offered(self) -> dict[str, str]:
        """Return the columns that say who was in the test, or shared a context in conditioning, by its own name."""
        if not ASSAYS[self._test.assay].contexts:
            return {f"offered_{place}": name for place, name in self.offers().items()}
        place = self._test.conditioned_with or NOBODY
        return {"conditioned_with": self.offers().get(place, place)}

    def offers(self) -> dict[str, str]:
        """Return who is in each place beside the tested animal, by the assay's names of places."""
        assay, cast = ASSAYS[self._test.assay], self._test.cast
        return {name: name if cast.has(i) else NOBODY for i, name in enumerate(assay.animals) if i not in assay.acting}

    def _make(self, drugs: Drugs) -> SocialVectorEnv:
        # a world for every stretch, because drug times count from its end
        env = gym.make_vec(
            self._test.assay,
            num_envs=len(self._rows),
            vectorization_mode="vector_entry_point",
            autoreset_mode=AutoresetMode.DISABLED,
            dt_s=self._test.dt_s,
            duration_s=self._test.duration_s,
            drugs=list(drugs),
            attachment=self._attachment,
            **self._own,
        ).unwrapped
        assert isinstance(env, SocialVectorEnv)
        return env

    def _reset(
        self, env: SocialVectorEnv, stretch: Stretch, *, continued: bool, conditioned: bool = False
    ) -> NDArray[np.float32]:
        """Live through a stretch; days of conditioning come after the last one before the test, if `conditioned`."""
        options: Mapping[str, Any] = {
            "cohousing_h": stretch.cohousing_h,
            "separation_h": stretch.separation_h,
            "relationship": stretch.relationship,
            "mating": stretch.mating,
            "session": self._test.session,
            "stranger_sex": self._test.stranger_sex,
            "continued": continued,
        }
        own: dict[str, Any] = dict(self._test.options)
        if self._test.conditioned_with is not None:
            own["conditioned_with"] = self._test.conditioned_with
            own["conditioning_days"] = own["conditioning_days"] if conditioned else 0.0
        return env.reset(seed=self._world_seeds, options={**options, **own})[0]


def keep_contexts(old: World, new: World) -> None:
    """Leave the contexts that animals know on their sides."""
    if old.assay.contexts and new.assay.contexts:
        new.batch.worlds["placement"][:] = old.batch.worlds["placement"]


def _the_same(before: PlannedTest, test: PlannedTest) -> list[tuple[int, int]]:
    """Return which animals of the test before are which of this one, as pairs of indices."""
    old, new = ASSAYS[before.assay], ASSAYS[test.assay]
    if old is new and others_are_paired(new):
        return [(i, i) for i in range(new.n_animals)]
    same = [(old.acting[0], new.acting[0]), (partner_of(old), partner_of(new))]
    strangers = stranger_of(old), stranger_of(new)
    if test.stranger == "same" and strangers[0] is not None and strangers[1] is not None:
        same.append((strangers[0], strangers[1]))
    return same


def _pass_on(old: World, new: World, who: Sequence[tuple[int, int]]) -> None:
    """Write what animals have become, and what they are to each other, from one batch of worlds into another."""
    for i, k in who:
        new.batch.animals[:, k] = old.batch.animals[:, i]
        for j, m in who:
            new.batch.pairs[:, k, m] = old.batch.pairs[:, i, j]
