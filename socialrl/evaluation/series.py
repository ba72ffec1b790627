"""What two animals that act in one world do and feel, tick by tick, while frozen animals are tested.

The series behind the table `synchrony`. Two kinds of company are compared: the two that were put together before the
test (`pair`) and, where several pairs share a world, one animal of a pair with one of the next (`others`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis.synchrony import ACTIONS, SERIES, Pairs, synchrony
from socialrl.budget import check_series
from socialrl.evaluation.events import LABELS
from socialrl_envs import Assay, SocialVectorEnv
from socialrl_envs.state import AFFILIATE, EXPLORE, REJECT, REST

_FELT = ("activity_drive", "oxytocin", "stress")
_ACTION_OF = {REST: "rest", EXPLORE: "explore", AFFILIATE: "affiliate", REJECT: "reject"}
PAIR, OTHERS = "pair", "others"


def dyads(assay: Assay) -> list[tuple[int, int, str]]:
    """Return the two animals of every pair of an assay that are compared, by their numbers, and their company."""
    mates = [(i, assay.cohoused_with[i]) for i in assay.acting if i < assay.cohoused_with[i] <= assay.acting[-1]]
    ring = [(one[1], after[0]) for one, after in zip(mates, [*mates[1:], mates[0]], strict=True)] if mates[1:] else []
    return [*((i, j, PAIR) for i, j in mates), *((i, j, OTHERS) for i, j in ring)]


class SeriesRecorder:
    """Watches tests from their first tick to their last and keeps every tick of every animal that acts.

    `follow` begins, `note` is called after every step, `finish` ends; any number of blocks of tests may follow each
    other. It needs about 15 bytes an animal and tick, and `follow` raises `UserError` if that is not there.
    """

    def __init__(self) -> None:
        self._rows: list[pd.DataFrame] = []  # whose series they are, of every block
        self._series: list[dict[str, NDArray[Any]]] = []  # (n_rows, n_ticks)
        self._dyads: list[pd.DataFrame] = []
        self._touching: list[NDArray[np.bool_]] = []  # (n_dyads, n_ticks)
        self._dt_s = 0.0

    def follow(self, env: SocialVectorEnv, order: NDArray[np.int64], rows: Mapping[str, Sequence[Any]]) -> None:
        """Begin to watch tests that have begun; arguments as those of `EventRecorder.follow`."""
        world, n_acting = env.world, len(env.assay.acting)
        n_ticks = world.stage.n_ticks
        check_series(len(order), n_ticks)
        self._dt_s = env.dt_s
        test_of = np.empty(len(order), dtype=np.int64)  # of an environment's row
        test_of[order] = np.arange(len(order))
        labels = pd.DataFrame({name: list(rows[name]) for name in LABELS if name in rows})
        self._rows.append(labels.iloc[test_of].reset_index(drop=True))
        self._pairs = dyads(env.assay)
        animals, shape = world.batch.animals[:, :n_acting], (n_ticks, world.n_worlds, n_acting)
        self._animals, self._contact = animals, world.batch.pairs["contact"]
        self._now: dict[str, NDArray[Any]] = {
            name: np.empty(shape, np.float32 if name in _FELT else np.int8) for name in SERIES
        }
        self._met = np.empty((n_ticks, world.n_worlds, len(self._pairs)), dtype=np.bool_)
        self._was_in = animals["chamber"].copy()
        self._codes = np.zeros(max(_ACTION_OF) + 2, dtype=np.int8)  # waiting for an absent animal is rest
        for intent, action in _ACTION_OF.items():
            self._codes[intent] = ACTIONS.index(action)
        self._tick = 0

    def note(self) -> None:
        """Record the tick that was just played."""
        animals, tick, n_acting = self._animals, self._tick, self._animals.shape[1]
        chamber = animals["chamber"]
        exploring, arrived = animals["intent"] == EXPLORE, chamber != self._was_in
        self._now["moving"][tick] = exploring | arrived | (animals["moved"] > 0) | (animals["travel_s"] > 0.0)
        self._now["in_contact"][tick] = self._contact[:, :n_acting, :].any(axis=2)
        self._now["action"][tick] = self._codes[animals["intent"]]
        for name in _FELT:
            self._now[name][tick] = animals[name]
        for at, (i, j, _) in enumerate(self._pairs):
            self._met[tick, :, at] = self._contact[:, i, j]
        self._was_in[:] = chamber
        self._tick += 1

    def finish(self) -> None:
        """Keep the series of the tests that have ended."""
        n_ticks, n_worlds, n_acting = self._now["moving"].shape
        kept = {name: np.moveaxis(one, 0, 2).reshape(-1, n_ticks) for name, one in self._now.items()}
        rows, first = self._rows[-1], np.arange(n_worlds) * n_acting
        numbers = np.array([pair[:2] for pair in self._pairs]).reshape(-1, 2)
        both = (first[None, :, None] + numbers[:, None, :]).reshape(-1, 2)  # dyad by dyad, world by world
        company = np.repeat([pair[2] for pair in self._pairs], n_worlds)
        self._series.append(kept)
        self._dyads.append(_of_two(rows, both, company))
        self._touching.append(np.moveaxis(self._met, 0, 2).swapaxes(0, 1).reshape(-1, n_ticks))
        del self._now, self._met

    def table(self, of: Sequence[str] = SERIES, shifts: bool = True) -> pd.DataFrame:
        """Return the table `synchrony` of all tests, test by test; empty where no two animals of a world act.

        `of` names the series that are asked for, and `shifts` says whether surrogates by shifting are.
        """
        found = []
        for test in dict.fromkeys(name for two in self._dyads for name in two["test"]):
            labels, values, touching = [], [], []
            for two, kept, met in zip(self._dyads, self._series, self._touching, strict=True):
                own = two[two["test"] == test]
                labels.append(own)
                values.append({name: kept[name][own[["row", "other_row"]].to_numpy()] for name in of})
                touching.append(met[own.index])
            # a test is of one length in all blocks; blocks that do not have it have nothing to add
            there = [at for at, own in enumerate(labels) if len(own)]
            series = {name: np.concatenate([values[at][name] for at in there]) for name in of}
            pairs = Pairs(
                pd.concat([labels[at] for at in there]),
                series,
                np.concatenate([touching[at] for at in there]),
                self._dt_s,
            )
            found.append(synchrony(pairs, shifts))
        return pd.concat(found, ignore_index=True) if found else pd.DataFrame()

    def series(self) -> pd.DataFrame:
        """Return the series themselves: one row per tick and animal, `LABELS`, `time_s` and `SERIES`."""
        parts = []
        for rows, kept in zip(self._rows, self._series, strict=True):
            n_ticks = kept["moving"].shape[1]
            part = rows.loc[rows.index.repeat(n_ticks)].reset_index(drop=True)
            part["time_s"] = np.tile((np.arange(n_ticks) + 1) * self._dt_s, len(rows))
            for name in SERIES:
                values = kept[name].ravel()
                part[name] = pd.Categorical.from_codes(values, list(ACTIONS)) if name == "action" else values
            parts.append(part.astype(dict.fromkeys(("moving", "in_contact"), bool)))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _of_two(rows: pd.DataFrame, both: NDArray[np.int64], company: NDArray[np.str_]) -> pd.DataFrame:
    """Return dyads with the labels of both animals: one word where they are alike, "a + b" where they differ."""
    first, second = (rows.iloc[side].reset_index(drop=True) for side in both.T)
    labels = first.drop(columns=["index"]).assign(other=second["animal"], company=company)
    for name in ("genotype", "sex"):
        mixed = [" + ".join(sorted(pair)) for pair in zip(first[name], second[name], strict=True)]
        labels[name] = first[name].where(first[name] == second[name], mixed)
    return labels.assign(row=both[:, 0], other_row=both[:, 1])
