"""When animals pressed levers, opened doors and drove others off, recorded while frozen animals are tested.

A *rejection* happens at the start of its tick: contact with the other is over in that tick already. Work at a *lever*
goes on through a tick at one press in `press_s` seconds, so a press is complete when the work for its door reaches the
next whole number; presses that a test or a schedule leaves incomplete (`ratio_step` 0.5) add up with the next ones, as
in the counter. An *access* lasts from the end of the tick in which its last press was made until the door is shut.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.evaluation.event_rows import ACCESS, PRESS, REJECTION, rows_of_kind
from socialrl_envs import SocialVectorEnv
from socialrl_envs.counters import named

_ENOUGH = 1e-9
"""The world takes work for done when less than this is left of it."""

Places = NDArray[np.int64]


class Rejections:
    """Watches who drives whom off; `note` is called after every tick."""

    def __init__(self, env: SocialVectorEnv) -> None:
        acting = env.world.batch.animals[:, : len(env.assay.acting)]
        self._drove_off, self._target = acting["drove_off"], acting["target"]  # views, (n_worlds, n_acting)
        self._n_animals = env.assay.n_animals
        self._noted: list[tuple[int, Places]] = []  # tick, row · n_animals + the other

    def note(self, tick: int) -> None:
        """Record what happened in the tick that was just played."""
        drove_off = self._drove_off > 0
        if drove_off.any():
            self._noted.append((tick, np.flatnonzero(drove_off) * self._n_animals + self._target[drove_off]))

    def events(self, dt_s: float, chamber_at: Callable[[Places, Places], Places]) -> pd.DataFrame:
        """Return the rejections so far, as moments; `chamber_at` says where rows are during ticks."""
        tick, at = _joined(self._noted)
        row, other = np.divmod(at, self._n_animals)
        return rows_of_kind(REJECTION, row, tick * dt_s, tick * dt_s, chamber_at(row, tick), other=other)


class Levers:
    """Watches the levers of an assay with doors; `note` is called after every tick."""

    def __init__(self, env: SocialVectorEnv) -> None:
        world, n_acting = env.world, len(env.assay.acting)
        self._env = env
        self._dt_s = env.dt_s
        counts = named(world.counters, env.assay.n_animals, len(env.assay.habitat.names))
        self._presses, self._accesses = counts["presses"], counts["accesses"]  # (n_worlds, n_acting, n_animals)
        self._pressed, self._opened = self._presses.copy(), self._accesses.copy()
        self._at_work = world.batch.animals["presses"][:, :n_acting]
        self._open_s = world.batch.animals["access_s"]  # of the animal behind the door, (n_worlds, n_animals)
        self._was_open = self._open_s > 0.0
        in_a_tick = world.rates["presses"][world.record_of[:, :n_acting]]  # presses that fit into a tick
        self._in_a_tick = np.broadcast_to(in_a_tick[..., None], self._presses.shape).ravel()
        # tick, places in the counters, presses before and after
        self._work: list[tuple[int, Places, NDArray[np.float64], NDArray[np.float64]]] = []
        self._openings: list[tuple[int, Places]] = []  # ends of ticks, places in the counters
        self._closings: list[tuple[int, Places]] = []  # ends of ticks, world · n_animals + animal

    def note(self, tick: int) -> None:
        """Record what happened in the tick that was just played."""
        if (self._at_work > 0.0).any():
            worked = self._presses > self._pressed
            at = np.flatnonzero(worked)
            self._work.append((tick, at, self._pressed[worked], self._presses[worked]))
            np.copyto(self._pressed, self._presses)
            opened = self._accesses > self._opened
            if opened.any():
                self._openings.append((tick + 1, np.flatnonzero(opened)))
                np.copyto(self._opened, self._accesses)
        is_open = self._open_s > 0.0
        shut = self._was_open & ~is_open
        if shut.any():
            self._closings.append((tick + 1, np.flatnonzero(shut)))
        self._was_open = is_open

    def events(self, n_ticks: int) -> pd.DataFrame:
        """Return presses, as moments, and accesses; what is open at the end of the test ends with it."""
        return pd.concat([self._press_events(), self._access_events(n_ticks)], ignore_index=True)

    def _press_events(self) -> pd.DataFrame:
        tick, at = _joined([one[:2] for one in self._work])
        before = np.concatenate([np.empty(0), *(one[2] for one in self._work)])
        after = np.concatenate([np.empty(0), *(one[3] for one in self._work)])
        first = np.floor(before + _ENOUGH).astype(np.int64) + 1
        n = np.floor(after + _ENOUGH).astype(np.int64) + 1 - first  # presses completed in that tick
        nth = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n)
        done = np.repeat(first, n) + nth - np.repeat(before, n)  # presses since the start of the tick
        at, tick = np.repeat(at, n), np.repeat(tick, n)
        moment_s = (tick + np.clip(done / self._in_a_tick[at], 0.0, 1.0)) * self._dt_s
        row, other = np.divmod(at, self._presses.shape[-1])
        lever = np.full(len(row), self._env.world.stage.lever, dtype=np.int64)
        return rows_of_kind(PRESS, row, moment_s, moment_s, lever, other=other)

    def _access_events(self, n_ticks: int) -> pd.DataFrame:
        _, n_acting, n_animals = self._presses.shape
        opened, at = _joined(self._openings)
        row, other = np.divmod(at, n_animals)
        world = row // n_acting
        door = world * n_animals + other
        shut, of_door = _joined(self._closings)
        # the first closing of a door after it was opened; what is still open closes after the last tick
        stride = n_ticks + 2
        closings = np.sort(np.r_[of_door * stride + shut, door * stride + n_ticks + 1])
        first = closings[np.searchsorted(closings, door * stride + opened, side="right")] - door * stride
        tests = self._env.world.batch.worlds
        # an access of no time at all is over before its tick ends
        end = np.where(tests["access_s"][world] > _ENOUGH, np.minimum(first, n_ticks), opened)
        keepers = self._env.world.stage.keepers[tests["placement"][world]]  # (n, n_chambers)
        chamber = np.argmax(keepers == other[:, None], axis=1).astype(np.int64)
        return rows_of_kind(ACCESS, row, opened * self._dt_s, end * self._dt_s, chamber, other=other)


def _joined(noted: Sequence[tuple[int, Places]]) -> tuple[Places, Places]:
    """Return ticks and places of what was noted, one of each for every event."""
    tick = np.repeat([one[0] for one in noted], [len(one[1]) for one in noted]).astype(np.int64)
    return tick, np.concatenate([np.empty(0, np.int64), *(one[1] for one in noted)])
