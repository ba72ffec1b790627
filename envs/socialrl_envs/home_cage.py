"""Life outside of tests, from birth on: reared by carers, then in a cage with any number of companions, or alone.

A world of an assay holds the animals of one test. A home cage holds all companions of a life, one after another or at
once: the state of each, and what they are to each other, is kept here and taken to the worlds of tests and back. It
obeys the equations of `life.py`, tick by tick, as the time before a test does (`life.live_before_test`); with one
companion the two give the same numbers. Where the world has `attachment`, the slow state of the tested animal develops
as well (`development.py`): with its family by the day, later by what it lives through.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .attachment import keep_stress
from .compiled import compiled
from .development import Day, SlowState, day, family_share, grow, grow_lived
from .drugs import ALL_DOSES, NO_DRUG, levels, schedule
from .life import live
from .physiology import familiarity_loss
from .state import ANIMAL_DTYPE, PAIR_DTYPE
from .vocabulary import CONDITIONED_WITH, SLOW
from .world import World

_DAY_H = 24.0


class HomeCage:
    """The animals of one life in each of `n` rows: animal 0 is the one that is tested, the others its companions.

    `world` is one of a test with one acting animal; the cage has its parameters, its tested animals' sexes and its
    `attachment`. `other_sex` says of each companion whether it is of the other sex, `age_d` how old the tested animal
    is at the beginning. `animals` (n, 1 + companions) and `pairs` (n, 1 + companions, 1 + companions) are records as in
    a world (`state.Batch`).
    """

    def __init__(self, world: World, other_sex: Sequence[bool], *, age_d: float | None = None) -> None:
        assert len(world.assay.acting) == 1, "a home cage is that of one tested animal"
        n, n_animals = world.n_worlds, 1 + len(other_sex)
        self.animals = np.zeros((n, n_animals), dtype=ANIMAL_DTYPE)
        self.pairs = np.zeros((n, n_animals, n_animals), dtype=PAIR_DTYPE)
        self.attachment = world.attachment
        self._rates = world._cohousing_rates
        self._dt_s = world.stage.cohousing_dt_s
        own = world.sexes[:, None]
        self.animals["sex"] = np.where([False, *other_sex], 1 - own, own)
        # the last two records are those of females and of males that do not act
        self._rates_of = len(self._rates) - 2 + self.animals["sex"].astype(np.int64)
        self._rates_of[:, 0] = world.record_of[:, 0]
        self._parameters = world.parameters[self._rates_of[:, 0]]
        for animal in range(n_animals):
            self.renew(animal)
        if age_d is not None:
            self.animals["age_d"][:, 0] = age_d

    def renew(self, animal: int) -> None:
        """Put another animal in the place of `animal`, which nobody has met."""
        for name, value in UNTOUCHED.items():
            self.animals[name][:, animal] = value
        for pairs in (self.pairs[:, animal], self.pairs[:, :, animal]):
            pairs[...] = np.zeros((), dtype=PAIR_DTYPE)

    def mate(self, companion: int) -> None:
        """Let the tested animal and a companion have mated."""
        self.pairs["mated"][:, 0, companion] = 1
        self.pairs["mated"][:, companion, 0] = 1

    # ------------------------------------------------------------------ time

    def live(
        self,
        hours: float,
        together: Sequence[int] = (),
        *,
        alone: Sequence[int] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        stressor: float = 0.0,
        enriched: bool = False,
    ) -> None:
        """Let `hours` pass: the tested animal shares its cage with the companions `together`, the others are `alone`.

        Bouts of contact are those of cohousing, and in each the whole cage huddles in one pile. `alone` (default: all
        others) live each in a cage of its own; who is in neither keeps its state, but fades from the tested animal's
        memory. Times of `drugs` count from the end of these hours. With attachment, a `stressor` (0 to 2) acts on the
        tested animal, an `enriched` cage on all that live in it, and the tested animal develops, day by day.
        """
        if not self.attachment:
            self._tick(hours, together, alone, drugs, 0.0, False, attachment=False)
            return
        left_h = hours
        while left_h > 1e-9:
            now_h = min(left_h, _DAY_H)
            left_h -= now_h
            # times of doses count from the end of this day
            later_s = left_h * 3600.0
            shifted = [{**one, "start_s": one["start_s"] + later_s, "end_s": one["end_s"] + later_s} for one in drugs]
            self._tick(now_h, together, alone, shifted, stressor, enriched, attachment=True)
            grow_lived(self.animals[:, 0], self._parameters)

    def rear(
        self,
        hours: float,
        *,
        carers: int,
        litter: Sequence[int] = (),
        alone: Sequence[int] | None = None,
        apart_h: float = 0.0,
        stressor: float = 0.0,
        stressor_h: float = 0.0,
        drugs: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Let `hours` pass in the nest with `carers` (0 to 2) and the siblings in `litter`, which huddle as cage mates.

        Carers are in contact for the share of the day that `development.family_share` says, less `apart_h` hours a day
        in which the pup is away from them; a `stressor` acts for `stressor_h` hours a day. The slow state follows by
        days that are alike, cut where a dose begins or ends; times of `drugs` count from the end of these hours.
        """
        self._tick(hours, litter, alone, drugs, 0.0, False, attachment=False)
        if not self.attachment:
            return
        share = family_share(self._parameters, carers, apart_h)
        doses = schedule(drugs)
        edges = {-hours * 3600.0, 0.0, *doses[:, 2].tolist(), *doses[:, 3].tolist()}
        cuts = sorted(time for time in edges if -hours * 3600.0 <= time <= 0.0)
        for start_s, end_s in itertools.pairwise(cuts):
            drug = levels(doses, ALL_DOSES, 0.5 * (start_s + end_s))
            state = self.slow_state()
            here = day(
                self._parameters,
                share,
                state=state,
                agonist=drug.oxytocin,
                antagonist=1.0 - drug.receptor,
                hormone_block=1.0 - drug.stress,
                stressor=stressor,
                stressor_h=stressor_h,
            )
            self._grow(state, here, (end_s - start_s) / 86_400.0)

    def rear_by(
        self,
        hours: float,
        *,
        care: ArrayLike,
        contact_share: ArrayLike,
        reference_share: float,
        litter: Sequence[int] = (),
        alone: Sequence[int] | None = None,
    ) -> None:
        """Let `hours` pass in the nest with carers that were watched, and the siblings in `litter`.

        `care` (n,) is u, what the litter gets from all its carers relative to the reference family, `contact_share`
        (n,) the share of the day in which it is in contact with any of them, and `reference_share` that of the
        reference family. Development is that of `rear`, with days that are alike.
        """
        self._tick(hours, litter, alone, (), 0.0, False, attachment=False)
        state = self.slow_state()
        lived = day(self._parameters, contact_share, state=state)
        usual = day(self._parameters, reference_share)
        self._grow(state, Day(care, lived.strain, lived.contact_share), hours / _DAY_H, reference_strain=usual.strain)

    def _grow(self, state: SlowState, here: Day, days: float, **reference: Any) -> None:
        """Let the tested animals, in `state`, develop over `days` that are all like `here`."""
        grown = grow(
            state,
            self._parameters,
            days,
            care=here.care,
            strain=here.strain,
            contact_share=here.contact_share,
            **reference,
        )
        for variable in SLOW:
            self.animals[variable.name][:, 0] = getattr(grown, variable.name)

    def slow_state(self) -> SlowState:
        """Return the slow state of the tested animals, arrays (n,)."""
        return SlowState(**{variable.name: self.animals[variable.name][:, 0].copy() for variable in SLOW})

    def _tick(
        self,
        hours: float,
        together: Sequence[int],
        alone: Sequence[int] | None,
        drugs: Sequence[Mapping[str, Any]],
        stressor: float,
        enriched: bool,
        *,
        attachment: bool,
    ) -> None:
        n_animals = self.animals.shape[1]
        in_cage, lives = np.zeros((2, n_animals), dtype=np.int64)
        in_cage[[0, *together]] = 1 if len(together) else 0
        lives[[0, *together]] = 1
        lives[list(range(n_animals) if alone is None else alone)] = 1
        lowered = self._parameters["enrichment"] if enriched else np.zeros(len(self._parameters))
        stressors = np.zeros((len(self._parameters), n_animals))
        stressors[:, [0, *together]] = -lowered[:, None]
        stressors[:, 0] += stressor
        n_ticks = int(hours * 3600.0 / self._dt_s + 0.5)
        _live_at_home(
            self.animals,
            self.pairs,
            self._rates_of,
            self._rates,
            schedule(drugs),
            in_cage,
            lives,
            int(attachment),
            stressors,
            n_ticks,
            self._dt_s,
        )

    # ------------------------------------------------------------------ tests

    def take_to(self, world: World, places: Mapping[int, int], *, new_day: bool = False) -> None:
        """Write animals of the cage and what they are to each other into a world; `places`: cage index → world's.

        The bond with an animal that has no place there is carried along (`bond_elsewhere`). On a `new_day` the state of
        the day is the one that the world has drawn, else that of the last test.
        """
        for i, k in places.items():
            kept = {name: world.batch.animals[name][:, k].copy() for name in ("sex", *(("day",) if new_day else ()))}
            world.batch.animals[:, k] = self.animals[:, i]
            for name, own in kept.items():  # set by the world, for this test
                world.batch.animals[name][:, k] = own
            for j, m in places.items():
                world.batch.pairs[:, k, m] = self.pairs[:, i, j]
        absent = [i for i in range(self.animals.shape[1]) if i not in places]
        elsewhere = self.pairs["familiarity"][:, 0, absent].max(axis=1, initial=0.0)
        world.batch.animals["bond_elsewhere"][:, places[0]] = elsewhere

    def bring_back(self, world: World, places: Mapping[int, int], alone: Sequence[int]) -> None:
        """Take the state of animals from a world in which a test is over; `places` as in `take_to`.

        Those that were not there have lived through the same hours, conditioning included: companions in `alone` each
        in a cage of its own, and in the tested animal's memory all of them fade as they do in absence, with
        interference for the share of the time in which it was in contact with another.
        """
        for i, k in places.items():
            sex = self.animals["sex"][:, i].copy()
            self.animals[:, i] = world.batch.animals[:, k]
            self.animals["sex"][:, i] = sex
            self.animals["bond_elsewhere"][:, i] = 0.0
            for j, m in places.items():
                self.pairs[:, i, j] = world.batch.pairs[:, k, m]
        for name in ("contact", "together"):
            self.pairs[name] = 0
        self.pairs["withdrawn_s"] = 0.0
        if self.attachment:
            grow_lived(self.animals[:, 0], self._parameters)
        absent, lives = np.zeros((2, self.animals.shape[1]), dtype=np.int64)
        absent[[one for one in range(len(absent)) if one not in places]] = 1
        lives[[one for one in alone if one not in places]] = 1
        before_s, touched_s = self._conditioning(world)
        touched_s = touched_s + world.batch.bins[:, 0].sum(axis=(1, 2))
        _live_elsewhere(
            self.animals,
            self.pairs,
            self._rates_of,
            self._rates,
            world._doses,
            absent,
            lives,
            int(self.attachment),
            np.minimum(touched_s / (before_s + world.duration_s), 1.0),
            int(before_s / self._dt_s + 0.5),
            int((before_s + world.duration_s) / self._dt_s + 0.5),
            self._dt_s,
        )

    def _conditioning(self, world: World) -> tuple[float, NDArray[np.float64]]:
        """Return how long conditioning before a test was, and seconds in contact in it (n,)."""
        test = world.batch.worlds
        if not world.assay.contexts:
            return 0.0, np.zeros(len(test))
        sessions = 0.5 * test["conditioning_days"] * (test["conditioned_with"] != CONDITIONED_WITH.index("nobody"))
        contact_s = 3600.0 * sessions * test["conditioning_h"] * self._parameters["cohousing_contact_share"]
        return 3600.0 * _DAY_H * float(test["conditioning_days"][0]), contact_s


UNTOUCHED: Mapping[str, float] = {
    "oxytocin": 0.0,
    "receptor_signal": 0.0,
    "activity_drive": 0.5,
    "activity_ceiling": 1.0,
    "stress": 0.5,
    "bondedness": 0.0,
    "value_left": 0.0,
    "value_right": 0.0,
    **{variable.name: variable.reference for variable in SLOW},
}
"""The state of an animal that nothing has happened to, as in `begin.py`."""


@compiled
def _live_at_home(  # type: ignore[no-untyped-def]
    animals, pairs, rates_of, rates, doses, in_cage, lives, attachment, stressors, n_ticks, dt_s
):
    """Advance all rows by `n_ticks` of `dt_s`; `in_cage` and `lives` (n_animals,) are flags, `stressors` per animal."""
    n_animals = animals.shape[1]
    for w in range(animals.shape[0]):
        share = rates[rates_of[w, 0]].cohousing_contact_share
        bout_s = rates[rates_of[w, 0]].cohousing_bout_s
        bout_left_s = 0.0
        contact_s = 0.0
        for tick in range(n_ticks):
            # as in `life.live_before_test`
            if bout_left_s <= 0.0 < share and contact_s <= share * tick * dt_s + 1e-6:
                bout_left_s = bout_s
            contact = 1 if bout_left_s > 0.0 else 0
            bout_left_s -= dt_s
            contact_s += contact * dt_s
            for i in range(n_animals):
                for j in range(n_animals):
                    pairs[w, i, j].contact = contact if i != j and in_cage[i] > 0 and in_cage[j] > 0 else 0
            if attachment > 0:
                keep_stress(animals[w])
            drugged = levels(doses, ALL_DOSES, (tick - n_ticks) * dt_s)
            for i in range(n_animals):
                if lives[i] > 0:
                    drug = drugged if i == 0 else NO_DRUG
                    own = rates[rates_of[w, i]]
                    live(own, animals[w], pairs[w], i, False, drug, attachment, stressors[w, i], dt_s)
        for i in range(n_animals):
            for j in range(n_animals):
                pairs[w, i, j].contact = 0


@compiled
def _live_elsewhere(  # type: ignore[no-untyped-def]
    animals, pairs, rates_of, rates, doses, absent, lives, attachment, share, n_before, n_ticks, dt_s
):
    """Let the absent (n_animals,) live alone, where they live, and fade; `share` (n,) of the time was in contact.

    Of the `n_ticks`, `n_before` are before the test, from whose start times of doses count.
    """
    n_animals = animals.shape[1]
    for w in range(animals.shape[0]):
        mine = rates[rates_of[w, 0]]
        for i in range(1, n_animals):
            if absent[i] > 0:
                pair = pairs[w, 0, i]
                for tick in range(n_ticks):
                    receptor = levels(doses, ALL_DOSES, (tick - n_before) * dt_s).receptor
                    protection = mine.retention * min(mine.gain_retention * receptor, 1.0)
                    interference = share[w] * mine.interference
                    loss = familiarity_loss(pair.familiarity, mine.absence_loss, interference, protection)
                    pair.familiarity -= loss
                    pair.habituation -= pair.habituation * mine.recovery
                    if lives[i] > 0:
                        own = rates[rates_of[w, i]]
                        live(own, animals[w], pairs[w], i, False, NO_DRUG, attachment, 0.0, dt_s)
