"""The records of a batch of worlds, and the fixed description of their stage.

Batch axis first: tests `(n_worlds,)`, animals `(n_worlds, n_animals)`, pairs `(n_worlds, n_animals, n_animals)`, where
`pairs[w, i, j]` is what animal i carries about animal j. Every animal is simulated alike, whether it acts or not.

In memory a world is *one* record that holds its animals and pairs side by side (`world_dtype`). That record type says
how many animals there are, so the compiled step knows every size and unrolls its loops; and one world is one place in
memory. `Batch` has the views of it that Python code reads and writes.
"""

from __future__ import annotations

import functools
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .vocabulary import OPTIONS, RELATIONSHIPS, SLOW, Option

__all__ = [
    "ABSENT",
    "AFFILIATE",
    "ANIMAL_DTYPE",
    "EXPLORE",
    "MATE",
    "PAIR_DTYPE",
    "PEER",
    "REJECT",
    "RELATIONSHIPS",
    "REST",
    "TEST_DTYPE",
    "WAIT",
    "Batch",
    "Stage",
    "world_dtype",
]  # fmt: skip

REST, EXPLORE, AFFILIATE, REJECT, WAIT = range(5)  # WAIT: an action directed at an absent animal
ABSENT = -1  # the chamber of an animal that takes no part in a session
PEER, MATE = range(2)


def _fields(options: tuple[Option, ...]) -> list[tuple[str, type]]:
    own = [option for option in options if not option.of_animals]
    return [(option.name, np.float64 if option.is_number else np.int64) for option in own]


TEST_DTYPE = np.dtype(
    [
        ("key", np.uint64),  # the key of every random number of this world
        ("episode", np.int64),
        ("tick", np.int64),
        *_fields(OPTIONS[:3]),
        ("placement", np.int64),
        *_fields(OPTIONS[3:]),  # words as their places in the assay's lists
        ("mating", np.int64),  # whether mates that were cohoused have mated
        ("continued", np.int64),  # whether the animals of the last episode live on
        ("social_first", np.int64),  # whether conditioning began in the context with company
        ("given", np.int64),  # which doses of the drug schedule are given in this episode, one bit each
    ]
)
_SMALL = np.int16
"""For places, animals and flags. Every tick reads all worlds, and thousands of them do not fit into a fast cache."""


def _without_gaps(fields: list[tuple[str, Any]]) -> np.dtype[Any]:
    """Return a record type with the large fields first and no bytes between or after that nobody sets.

    Every field then stands where the processor reads it fastest, and two equal records are the same bytes.
    """
    ordered = sorted(fields, key=lambda field: -np.dtype(field[1]).itemsize)
    n_free = -sum(np.dtype(kind).itemsize for _, kind in fields) % 8 // np.dtype(_SMALL).itemsize
    return np.dtype([*ordered, *((f"free{i}", _SMALL) for i in range(n_free))])


ANIMAL_DTYPE = _without_gaps(
    [
        ("chamber", _SMALL),
        ("travel_to", _SMALL),  # the chamber it is passing to, where travel_s > 0
        ("travel_s", np.float64),
        ("passage_s", np.float64),  # how long the passage is in the tube: the last so many seconds of travel_s
        ("intent", _SMALL),
        ("target", _SMALL),
        ("sex", _SMALL),  # sexes.FEMALE or MALE; of an animal that acts it is set once, with its world
        ("oxytocin", np.float64),
        ("receptor_signal", np.float64),
        # these three as they are now, drugs included; `dopamine_tone` is the tone at D1 receptors
        ("dopamine_tone", np.float64),
        ("d2_tone", np.float64),
        ("v1a_gain", np.float64),
        ("activity_drive", np.float64),
        ("activity_ceiling", np.float64),  # what the activity drive rises to now
        ("day", np.float64),  # the state of the day, 0 … 1
        ("phase", np.float64),  # of the rest-activity rhythm at the start of the test, 0 … 1
        ("stress", np.float64),
        ("bondedness", np.float64),
        ("bond_elsewhere", np.float64),  # familiarity of the most familiar animal that has no place in this world
        ("moved", _SMALL),  # whether it set out for another chamber at this tick
        ("drove_off", _SMALL),  # whether it drove its target off at this tick
        ("newness", np.float64),  # and the share of that act's worth that habituation to the target left
        ("presses", np.float64),  # lever presses made at this tick
        # of an animal behind a door: presses still to do, accesses so far, and for how long the door is open
        ("work_left", np.float64),
        ("accesses", np.int64),
        ("access_s", np.float64),
        # the slow state (vocabulary.SLOW), read and moved only where `Stage.attachment` is set
        *((variable.name, np.float64) for variable in SLOW),
        ("stress_before", np.float64),  # stress at the start of the tick
        # lived since the reset: seconds, seconds in contact, ∫ touch · occupancy dt and ∫ stress dt
        ("lived_s", np.float64),
        ("lived_contact_s", np.float64),
        ("lived_care_s", np.float64),
        ("lived_stress_s", np.float64),
        # of the test: highest stress, ∫ stress dt, and seconds from the end of the stressor to half of the highest
        ("stress_peak", np.float64),
        ("stress_area_s", np.float64),
        ("stress_half_s", np.float64),
        # what it has learned that chamber 0 and chamber 1 are worth, in reward per minute, where these are contexts
        ("value_left", np.float64),
        ("value_right", np.float64),
        # of a carer, read and moved only where there is a litter: whether it licks at this tick; the litter's need and
        # its own energy; seconds since it left the nest without coming back to the litter (−1: it has not left), and
        # since anybody was in contact with the litter
        ("licks", _SMALL),
        ("litter_need", np.float64),
        ("energy", np.float64),
        ("away_s", np.float64),
        ("litter_alone_s", np.float64),
    ]
)
PAIR_DTYPE = _without_gaps(
    [
        ("familiarity", np.float64),
        ("habituation", np.float64),
        ("recognition_error", np.float64),
        ("test_error", np.float64),  # the part of it that lasts the test, in standard deviations
        ("comfort", np.float64),  # how far i has settled with j
        ("withdrawn_s", np.float64),  # time for which i still keeps away from j
        ("contact", _SMALL),
        ("together", _SMALL),  # in the same chamber, neither of them passing
        ("mated", _SMALL),
        ("offspring", _SMALL),  # whether one of the two is the litter of the other
    ]
)


class Stage(NamedTuple):
    """The constants of a run: the chamber graph, who acts, the clock."""

    share_of_way: NDArray[np.float64]  # (n_chambers, n_chambers) chambers to go, 1 = the longest way
    next_hop: NDArray[np.int64]  # (n_chambers, n_chambers)
    neighbours: NDArray[np.int64]  # (n_chambers, max_degree), padded with −1
    degree: NDArray[np.int64]  # (n_chambers,)
    acting: NDArray[np.int64]  # (n_acting,) animal indices
    acts: NDArray[np.int64]  # (n_animals,) 1 for animals that act (and get the drugs), 0 for the others
    strangers: NDArray[np.int64]  # (n_animals,) 1 for animals that nobody has met, see `Assay.strangers`
    cohoused_with: NDArray[np.int64]  # (n_animals,) animal index or −1
    placements: NDArray[np.int64]  # (n_sessions, n_placements, n_animals) start chambers
    sessions: NDArray[np.int64]  # (n_sessions, n_animals) 1 for animals that take part
    tones_apart: int  # whether the D2 tone is perceived beside the D1 tone
    known_place: NDArray[np.int64]  # (n_sessions,) 1 where exploring is worth `known_place_exploration` of its worth
    new_place: NDArray[np.int64]  # (n_sessions,) 1 where the session is held in a place that is new to all
    shut: NDArray[np.int64]  # (n_sessions,) 1 where no door opens: nobody gets into another chamber
    rules: NDArray[np.int64]  # (n_animals,) how an animal that does not act behaves: conspecifics.RULES
    keepers: NDArray[np.int64]  # (n_placements, n_chambers) the animal behind a chamber's door, −1: no door
    has_doors: int
    lever: int  # the lever's chamber, where an animal is put when its access is over
    dt_s: float
    n_ticks: int
    bin_s: float
    cohousing_dt_s: float
    attachment: int  # 1 where the slow state is alive, felt and perceived
    restrains: int  # 1 where a stressor of the test holds the acting animals in place
    contexts: int  # 1 where the chambers are two contexts, in which animals are conditioned before the test
    litter: int  # the animal that is a litter, −1: there is none
    food: int  # the chamber in which exploring is foraging, −1: there is none

    def packed(self) -> NDArray[np.void]:
        """Return the same as a record array (1,): its type has the sizes in it, and one argument is quick to pass."""
        fields = {name: np.asarray(value) for name, value in self._asdict().items()}
        dtype = np.dtype([(name, array.dtype, array.shape) for name, array in fields.items()])
        record = np.zeros(1, dtype=_same_object(dtype))
        for name, array in fields.items():
            record[name][0] = array
        return record


class Batch(NamedTuple):
    """Everything that changes, as views of the records of all worlds."""

    worlds: NDArray[np.void]  # (n_worlds,) TEST_DTYPE
    animals: NDArray[np.void]  # (n_worlds, n_animals) ANIMAL_DTYPE
    pairs: NDArray[np.void]  # (n_worlds, n_animals, n_animals) PAIR_DTYPE
    slots: NDArray[np.int64]  # (n_worlds, n_acting, n_animals − 1): which animal is in which observation slot
    counters: NDArray[np.float64]  # (n_worlds, n_acting, n_counters), laid out by counters.py
    bins: NDArray[np.float64]  # (n_worlds, n_acting, n_animals, n_bins) huddle seconds


def world_dtype(n_animals: int, n_acting: int) -> np.dtype[np.void]:
    """Return the record of one world. `rates_of` says which rates record each animal has."""
    dtype = np.dtype(
        [
            ("test", TEST_DTYPE),
            ("animals", ANIMAL_DTYPE, (n_animals,)),
            ("pairs", PAIR_DTYPE, (n_animals, n_animals)),
            ("slots", np.int64, (n_acting, n_animals - 1)),
            ("rates_of", np.int64, (n_animals,)),
        ]
    )
    return _same_object(dtype)


@functools.cache
def _same_object(dtype: np.dtype[np.void]) -> np.dtype[np.void]:
    """Return the first dtype that was equal to this one.

    A compiled function knows the type of an argument by its identity; an equal copy is compared field by field at every
    call, which a second single environment in a process would pay with a third of its speed.
    """
    return dtype
