"""When an animal was where, with whom, and what it did: a table of events, recorded while frozen animals are tested.

Six kinds of rows, each of one animal. `chamber`: it was in a chamber. `passage`: it was in the tube between two
chambers; `start_s` is when it went in at one end and `end_s` when it came out at the other, as readers at both ends of
a tube would record it. `contact`: side-by-side contact with one other animal. Chambers and passages of an
animal follow each other without gap or overlap from the start of the test to its end. `press`, `access` and
`rejection`: what it did at a lever, and whom it drove off (see `acts`); presses and rejections are moments, whose
`end_s` is their `start_s`.

Times are exact for this world, whose resolution is the tick (`dt_s`): contact lasts whole ticks; who sets out arrives
at the end of a tick, and went into the tube its own `transit_s` before. An animal that is put back from behind a door
is carried: its passage takes no time. Counters follow the same rule: `chamber_s_<name>` are its chamber intervals,
`tube_s_<name>` its passages from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.evaluation.acts import Levers, Rejections
from socialrl.evaluation.event_rows import CHAMBER, CONTACT, KINDS, PASSAGE, rows_of_kind
from socialrl_envs import SocialVectorEnv
from socialrl_envs.counters import named

LABELS = ("animal", "genotype", "index", "sex", "habitat_type", "habitat", "test", "repeat")
"""Columns of a table of tests that say whose row it is; a world is a habitat, test and repeat."""


# tick at which it happened, rows, chambers reached, seconds in the tube on the way
_Move = tuple[int, NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class EventRecorder:
    """Watches tests from their first tick to their last and records changes only.

    `follow` begins, `note` is called after every step, `finish` ends; any number of blocks of tests may follow each
    other. `table` returns all of them.
    """

    def __init__(self) -> None:
        self._blocks: list[pd.DataFrame] = []

    def follow(self, env: SocialVectorEnv, order: NDArray[np.int64], rows: Mapping[str, Sequence[Any]]) -> None:
        """Begin to watch tests that have begun and have not been stepped yet.

        `order` (`Lineup.order`) has the environment's row of every test; `rows` the tests' columns, `LABELS` among
        them.
        """
        self._env, self._order = env, order
        self._labels = {name: list(rows[name]) for name in LABELS if name in rows}
        world, n_acting = env.world, len(env.assay.acting)
        # views of the state, so that a tick costs two comparisons
        self._chamber = world.batch.animals["chamber"][:, :n_acting]  # (n_worlds, n_acting)
        self._passage_s = world.batch.animals["passage_s"][:, :n_acting]
        # contact from its counter, so that intervals add up to it: a closing door ends contact within a tick
        huddle_s = named(world.counters, env.assay.n_animals, len(env.assay.habitat.names))["huddle_s"]
        self._huddle_s = huddle_s  # (n_worlds, n_acting, n_animals)
        self._was_in, self._huddled_s = self._chamber.copy(), huddle_s.copy()
        self._first_in = self._was_in.ravel().copy()
        self._touching = np.zeros(huddle_s.shape, dtype=np.bool_)
        self._tick = 0
        # tick at which it changed, rows, the chambers reached and the time in the tube; tick from which on it is so,
        # and pair
        self._moves: list[_Move] = []
        self._turns: list[tuple[int, NDArray[np.int64]]] = []
        self._rejections = Rejections(env)
        self._levers = Levers(env) if env.assay.doors else None

    def note(self) -> None:
        """Record what has changed in the tick that was just played."""
        touching = self._huddle_s > self._huddled_s
        turned = touching != self._touching
        if turned.any():
            self._turns.append((self._tick, np.flatnonzero(turned)))
            self._touching = touching
        if touching.any():
            np.copyto(self._huddled_s, self._huddle_s)
        self._rejections.note(self._tick)
        if self._levers is not None:
            self._levers.note(self._tick)
        self._tick += 1
        moved = self._chamber != self._was_in
        if moved.any():
            self._moves.append((self._tick, np.flatnonzero(moved), self._chamber[moved], self._passage_s[moved]))
            np.copyto(self._was_in, self._chamber)

    def finish(self) -> None:
        """Compute the events of the tests that have ended."""
        moves, dt_s, n_ticks = _Moves(self._moves, self._first_in), self._env.dt_s, self._tick
        found = [
            moves.whereabouts(dt_s, n_ticks),
            _contacts(self._turns, moves, self._huddle_s.shape, dt_s, n_ticks),
            self._rejections.events(dt_s, lambda row, tick: moves.chamber_at(row, tick, n_ticks)),
        ]
        if self._levers is not None:
            found.append(self._levers.events(n_ticks))
        self._blocks.append(self._named(pd.concat(found, ignore_index=True)))

    def table(self) -> pd.DataFrame:
        """Return all events: whose (`LABELS`), `kind`, `start_s`, `end_s`, `chamber`, `to`, `other`.

        Times are seconds from the start of the test. `chamber` is where it happened; for a passage, it is the chamber
        that was left, and `to` the one that was reached; for an access, the one behind the door. `other` is the animal
        of a contact, a rejection, or behind the door that was worked for: the id of an animal that was tested, too, or
        the name of a stimulus animal (`partner`); a contact of two tested animals has a row for each of them. Rows go
        test by test, by start.
        """
        if not self._blocks:
            return pd.DataFrame(columns=[*LABELS, "kind", "start_s", "end_s", "chamber", "to", "other"])
        return pd.concat(self._blocks, ignore_index=True)

    def _named(self, events: pd.DataFrame) -> pd.DataFrame:
        """Put names in place of numbers (−1: nothing), tests in their order."""
        assay, n_acting = self._env.assay, self._chamber.shape[1]
        test_of = np.empty(len(self._order), dtype=np.int64)  # of an environment's row
        test_of[self._order] = np.arange(len(self._order))
        events = events.assign(test=test_of[events["row"]], lasts=events["end_s"] > events["start_s"])
        events = events.sort_values(["test", "start_s", "lasts", "kind"], kind="stable")  # carried, then where to
        row, test, chamber, to, other = (events[name].to_numpy() for name in ("row", "test", "chamber", "to", "other"))
        # the animal's view: which chamber is its partner's depends on the placement
        seen = [name for names in assay.chambers.values() for name in names]
        first_seen = self._env.world.batch.worlds["placement"][row // n_acting] * len(assay.habitat.names)
        # stimulus animals have their names in the assay; those that were tested, too, have their ids
        other_row = np.minimum(row // n_acting * n_acting + other, len(self._order) - 1)
        named_as = np.where(other < n_acting, len(assay.animals) + test_of[other_row], other)
        return pd.DataFrame(
            {
                **{name: _column(values, test) for name, values in self._labels.items()},
                "kind": _column(KINDS, events["kind"].to_numpy()),
                "start_s": events["start_s"].to_numpy(),
                "end_s": events["end_s"].to_numpy(),
                "chamber": _column(seen, first_seen + chamber),
                "to": _column(seen, np.where(to >= 0, first_seen + to, -1)),
                "other": _column([*assay.animals, *self._labels["animal"]], np.where(other >= 0, named_as, -1)),
            }
        )


def _column(values: Sequence[Any], which: NDArray[np.int64]) -> Any:
    """Return `values[which]`, missing where −1; taken as a whole, because there may be millions."""
    return pd.api.extensions.take(pd.Series(values).array, which, allow_fill=True)


class _Moves:
    """All changes of chamber of a block of tests, row by row and in time."""

    def __init__(self, noted: Sequence[_Move], first_in: NDArray[np.int64]) -> None:
        tick = np.repeat([one[0] for one in noted], [len(one[1]) for one in noted]).astype(np.int64)
        row = np.concatenate([np.empty(0, np.int64), *(one[1] for one in noted)])
        to = np.concatenate([np.empty(0, np.int64), *(one[2] for one in noted)])
        # every row begins with a move to where it was put
        by_row = np.lexsort((np.r_[np.zeros(len(first_in), np.int64), tick], np.r_[np.arange(len(first_in)), row]))
        self.row = np.r_[np.arange(len(first_in)), row][by_row]
        self.tick = np.r_[np.zeros(len(first_in), np.int64), tick][by_row]
        self.to = np.r_[first_in, to][by_row]
        passage_s = np.concatenate([np.empty(0), *(one[3] for one in noted)])
        self.passage_s = np.r_[np.zeros(len(first_in)), passage_s][by_row]  # on the way there

    def whereabouts(self, dt_s: float, n_ticks: int) -> pd.DataFrame:
        """Return stays in chambers and passages between them."""
        came_s = self.tick * dt_s
        last = np.r_[self.row[1:] != self.row[:-1], True]
        left = np.flatnonzero(~last)  # stays that end with a passage to the next
        came_out_s = came_s[left + 1]
        went_in_s = np.full(len(came_s), n_ticks * dt_s)
        went_in_s[left] = came_out_s - self.passage_s[left + 1]
        stays = rows_of_kind(CHAMBER, self.row, came_s, went_in_s, self.to)
        passages = rows_of_kind(
            PASSAGE, self.row[left], went_in_s[left], came_out_s, self.to[left], to=self.to[left + 1]
        )
        return pd.concat([stays[stays["end_s"] > stays["start_s"]], passages], ignore_index=True)

    def chamber_at(self, row: NDArray[np.int64], tick: NDArray[np.int64], n_ticks: int) -> NDArray[np.int64]:
        """Return the chambers in which rows are during ticks."""
        known, asked = self.row * (n_ticks + 1) + self.tick, row * (n_ticks + 1) + tick
        chambers: NDArray[np.int64] = self.to[np.searchsorted(known, asked, side="right") - 1]
        return chambers


def _contacts(
    turns: Sequence[tuple[int, NDArray[np.int64]]], moves: _Moves, shape: tuple[int, ...], dt_s: float, n_ticks: int
) -> pd.DataFrame:
    """Return the intervals between turns: a pair's first turn begins contact, its second ends it, and so on."""
    tick = np.repeat([one[0] for one in turns], [len(one[1]) for one in turns]).astype(np.int64)
    pair = np.concatenate([np.empty(0, np.int64), *(one[1] for one in turns)])
    goes_on = np.flatnonzero(np.bincount(pair, minlength=1) % 2)
    tick, pair = np.r_[tick, np.full(len(goes_on), n_ticks)], np.r_[pair, goes_on]
    in_turn = np.lexsort((tick, pair))
    began, ended, pair = tick[in_turn][::2], tick[in_turn][1::2], pair[in_turn][::2]
    row, other = np.divmod(pair, shape[-1])
    return rows_of_kind(CONTACT, row, began * dt_s, ended * dt_s, moves.chamber_at(row, began, n_ticks), other=other)
