"""The description of an assay: habitat, animals, who acts, where they start. All assays share the step."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .conspecifics import RULES
from .errors import ParameterError
from .habitat import Habitat
from .parameters import is_number, without_effect
from .state import Stage
from .vocabulary import MAX_COHOUSING_H, MAX_RATIO_STEP, MAX_SEPARATION_H, RELATIONSHIPS

__all__ = [
    "BIN_S", "COHOUSING_DT_S", "MAX_COHOUSING_H", "MAX_RATIO_STEP", "MAX_SEPARATION_H", "Assay", "count_ticks",
]  # fmt: skip

COHOUSING_DT_S = (
    120.0  # ticks of the time before a test; independent of dt_s, so that familiarity does not depend on it
)
BIN_S = 600.0  # huddling is also counted in 10-min bins, the form in which partner-preference tests are printed


def count_ticks(dt_s: float, duration_s: float) -> int:
    """Return how many ticks of `dt_s` make `duration_s`; values that do not fit raise `ParameterError`."""
    if not (is_number(dt_s) and 0.0 < dt_s <= 600.0):
        raise ParameterError(f"dt_s must be above 0 and at most 600 s, got {dt_s!r}")
    n_ticks = round(duration_s / dt_s) if is_number(duration_s) else 0
    if n_ticks < 1 or abs(n_ticks * dt_s - duration_s) > 1e-6 * duration_s:
        raise ParameterError(f"duration_s must be a positive multiple of dt_s = {dt_s:g} s, got {duration_s!r}")
    return n_ticks


@dataclass(frozen=True)
class Assay:
    """The fixed description of an assay.

    `animals` names every animal of a world; `acting` are the indices of those that act; `cohoused_with` gives each
    animal's cage mate before the test (−1: none); `placements` maps a placement name (for a tethered test: the side of
    the partner) to the start chamber of every animal; `chambers` names the chambers in records, from the acting
    animal's point of view, for each placement. `sessions` maps a session name to 1 or 0 for each animal: who takes
    part (empty: one session "all"). `rules` says how each animal that does not act behaves (`conspecifics.RULES`;
    empty: tethered). `doors` are the chambers behind doors: each keeps the animal placed in it, and its door opens
    after lever presses in chamber `lever` (the k-th access costs k presses; the option `access_s` says for how long).
    In a `known_place` exploring is worth the share `known_place_exploration` of what it is in a new one. `new_places`
    are the sessions that are held in another place of the same shape, which is new to all: for each of them the start
    chambers, by placement. They are played only where they are named, as are those `on_request`. `shut_doors` are the
    sessions in which the doors between chambers stay shut whatever anybody does, with the start chambers by placement;
    these, too, are played only where they are named. Huddling is also counted in bins of `bin_s`.
    `relationships` are those that cage mates may have; "mate" makes the animals that do not act ones of the other sex
    than the animal that acts (a stranger: unless `stranger_sex` says otherwise), so it is not possible where more than
    one pair lives together. `usual` are options of an episode whose default is another one here. `of_attachment`: the
    assay is about the slow state, so its option `attachment` is always on. `restrains`: while a stressor lasts, the
    animals that act are held in place. `contexts`: the two chambers are contexts in which the animal is conditioned
    before the test (conditioning.py); the first placement has the one with company in chamber 0, the second in chamber
    1. `litter` is the animal that stands for a litter of pups (−1: there is none), and `food` the chamber in which
    exploring is foraging.
    """

    id: str
    habitat: Habitat
    animals: tuple[str, ...]
    acting: tuple[int, ...]
    cohoused_with: tuple[int, ...]
    placements: dict[str, tuple[int, ...]]
    chambers: dict[str, tuple[str, ...]]
    duration_s: float
    paper: str
    dt_s: float = 15.0
    bin_s: float = BIN_S
    sessions: dict[str, tuple[int, ...]] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    doors: tuple[int, ...] = ()
    lever: int = 0
    known_place: bool = False
    new_places: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    on_request: tuple[str, ...] = ()
    relationships: tuple[str, ...] = RELATIONSHIPS
    shut_doors: dict[str, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    usual: dict[str, float | str] = field(default_factory=dict)
    of_attachment: bool = False
    restrains: bool = False
    contexts: bool = False
    litter: int = -1
    food: int = -1

    @property
    def n_animals(self) -> int:
        """Animals in a world."""
        return len(self.animals)

    @property
    def session_table(self) -> dict[str, tuple[int, ...]]:
        """Who takes part in which session."""
        return self.sessions or {"all": (1,) * self.n_animals}

    @property
    def strangers(self) -> tuple[int, ...]:
        """The animals that nobody has met: those that do not act, have no cage mate and are no litter."""
        others = [i for i, mate in enumerate(self.cohoused_with) if mate < 0 and i not in self.acting]
        return tuple(i for i in others if i != self.litter)

    def without_effect(self, attachment: bool) -> frozenset[str]:
        """Return the names of the parameters that nothing here reads, with or without the option `attachment`."""
        return without_effect(attachment=attachment, contexts=self.contexts, litter=self.has_litter)

    @property
    def has_litter(self) -> bool:
        """Whether the animals that act care for a litter."""
        return self.litter >= 0

    @property
    def n_actions(self) -> int:
        """Rest, explore, affiliate and reject for each of the others, and lick where there is a litter."""
        return 2 + 2 * (self.n_animals - 1) + int(self.has_litter)

    @property
    def usual_sessions(self) -> tuple[str, ...]:
        """The sessions that an episode is drawn from where none is named: all but those played only where named."""
        named = (*self.new_places, *self.shut_doors, *self.on_request)
        return tuple(name for name in self.session_table if name not in named)

    def chamber_labels(self, session: str) -> tuple[str, ...]:
        """Return what the chambers are called in pictures; in a new place they have no names, only numbers."""
        names = self.habitat.names
        return tuple(f"chamber {k + 1}" for k in range(len(names))) if session in self.new_places else names

    @property
    def is_group(self) -> bool:
        """Whether more than one pair lives together."""
        return sum(mate >= 0 for mate in self.cohoused_with) > 2

    def __post_init__(self) -> None:
        # rows of a world and the columns of its counters rely on this order
        assert self.acting == tuple(range(len(self.acting))), "acting animals come first"
        assert all(here[i] for here in self.session_table.values() for i in self.acting), "who acts takes part"
        own_starts = {**self.new_places, **self.shut_doors}
        named = {*own_starts, *self.on_request}
        assert named < set(self.session_table), "there are sessions beside those that are played only where named"
        assert all(list(starts) == list(self.placements) for starts in own_starts.values()), "same placements"

    def keepers(self) -> NDArray[np.int64]:
        """Return (n_placements, n_chambers): the animal behind a chamber's door, −1 where there is no door."""
        table = np.full((len(self.placements), len(self.habitat.names)), -1, dtype=np.int64)
        for row, chambers in zip(table, self.placements.values(), strict=True):
            for chamber in self.doors:
                row[chamber] = chambers.index(chamber)
        return table

    def has_attachment(self, asked: bool | None) -> bool:
        """Return whether its worlds have a slow state, where a user `asked` for one (None: as usual here).

        What is no truth value, and False in an assay about the slow state, raise `ParameterError`.
        """
        if asked is not None and not isinstance(asked, (bool, np.bool_)):
            raise ParameterError(f"attachment must be True or False, got {asked!r}")
        if asked is not None and not asked and self.of_attachment:
            raise ParameterError(f"attachment must be True in {self.id}, which is about stress; got False")
        return self.of_attachment or bool(asked)

    def stage(self, dt_s: float, duration_s: float, *, attachment: bool = False, tones_apart: bool = False) -> Stage:
        """Return the compiled step's constants; `dt_s` must be positive and divide `duration_s`.

        `attachment`: whether the slow state is alive; `tones_apart`: whether animals perceive the dopamine tone at D2
        receptors beside that at D1 receptors.
        """
        n_ticks = count_ticks(dt_s, duration_s)
        own_starts = {**self.new_places, **self.shut_doors}
        acts = np.zeros(self.n_animals, dtype=np.int64)
        acts[list(self.acting)] = 1
        return Stage(
            share_of_way=self.habitat.distance / max(1, self.habitat.distance.max()),
            next_hop=self.habitat.next_hop,
            neighbours=self.habitat.neighbours,
            degree=self.habitat.degree,
            acting=np.array(self.acting, dtype=np.int64),
            acts=acts,
            strangers=np.isin(np.arange(self.n_animals), self.strangers).astype(np.int64),
            cohoused_with=np.array(self.cohoused_with, dtype=np.int64),
            placements=np.array(
                [list(own_starts.get(name, self.placements).values()) for name in self.session_table],
                dtype=np.int64,
            ),
            sessions=np.array(list(self.session_table.values()), dtype=np.int64),
            tones_apart=int(tones_apart),
            known_place=np.array(
                [self.known_place and name not in self.new_places for name in self.session_table], dtype=np.int64
            ),
            new_place=np.array([name in self.new_places for name in self.session_table], dtype=np.int64),
            shut=np.array([name in self.shut_doors for name in self.session_table], dtype=np.int64),
            rules=np.array([RULES.index(rule) for rule in self.rules or ("tethered",) * self.n_animals]),
            keepers=self.keepers(),
            has_doors=int(bool(self.doors)),
            lever=self.lever,
            dt_s=float(dt_s),
            n_ticks=n_ticks,
            bin_s=self.bin_s,
            cohousing_dt_s=COHOUSING_DT_S,
            attachment=int(attachment),
            restrains=int(self.restrains),
            contexts=int(self.contexts),
            litter=self.litter,
            food=self.food,
        )
