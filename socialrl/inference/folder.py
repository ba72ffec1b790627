"""A folder of simulations: what they were made with, the animals' scores, and a table of tests for every cohort.

Every file is listed in `sums.json` with its checksum. `simulations.json` is written first; the folder is complete when
every cohort that it plans has a table. A stopped simulation goes on after its last complete cohort.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.errors import UserError, command
from socialrl.inference.battery import BY_NAME
from socialrl.inference.traits import GAIN, Base, Trait, table_of
from socialrl.storage.atomic import naming_the_place, remove_leftovers
from socialrl.storage.files import data_frame, json_text, parquet_bytes, parquet_table, read_json
from socialrl.storage.locks import FileLock
from socialrl.storage.manifest import Manifest, write_listed
from socialrl.storage.places import take_lock

ABOUT = "simulations.json"
SUMS = "sums.json"
_SCORES = "animals.parquet"
_FORMAT = 1
_MOST_NAMED = 4


@dataclass(frozen=True)
class Simulations:
    """Stored simulations: `scores` (n_animals, n_traits) and `tests`, one row per animal (`index`), test and repeat.

    `about` is the content of `simulations.json`.
    """

    path: Path
    traits: tuple[Trait, ...]
    scores: NDArray[np.float64]
    tests: pd.DataFrame
    about: Mapping[str, Any]

    @property
    def repeats(self) -> int:
        """How often every animal took every test."""
        return int(self.about["plan"]["repeats"])

    @property
    def names(self) -> tuple[str, ...]:
        """The simulated tests."""
        return tuple(self.about["tests"])

    def notes(self) -> list[str]:
        """Return in what the current model differs from the one that was simulated, one line each."""
        from socialrl_envs.parameters import without_effect

        told, idle = [], without_effect()
        then, now = self.about["table"], _table_now(self.about["base"])
        moved = []
        for name in {**then, **now}:
            before, after = then.get(name), now.get(name)
            # One that is absent or 0 on both sides is switched off on both; no simulated test has `idle` ones.
            if before != after and any(one and one[0] for one in (before, after)) and name not in idle:
                if before is not None and after is not None:
                    moved.append(f"{name} {_short(before)} there, {_short(after)} now")
                else:
                    moved.append(f"{name} only {'there' if before else 'now'}")
        if moved:
            more = f" and {len(moved) - _MOST_NAMED} more" if len(moved) > _MOST_NAMED else ""
            told.append(
                f"{self.path} was simulated with another parameter table ({'; '.join(moved[:_MOST_NAMED])}{more});"
                " its answers are about the animals of that table"
            )
        return told


class Writing:
    """A folder of simulations that is being made; a context manager that holds its lock."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def open(
        cls,
        path: Path,
        plan: Mapping[str, Any],
        meta: Mapping[str, Any],
        traits: Sequence[Trait],
        scores: NDArray[np.float64],
        base: Base,
        tests: Sequence[str] = tuple(BY_NAME),
    ) -> Writing:
        """Begin simulations in `path`, or go on with those that are there; another plan there raises `UserError`."""
        if path.is_file():
            raise UserError(f"{path} is a file; simulations need a folder of their own")
        if path.is_dir() and any(path.iterdir()) and not (path / SUMS).is_file() and not (path / ".lock").is_file():
            raise UserError(f"{path} holds files but no simulations; choose another folder, nothing was touched")
        with naming_the_place(f"create {path}"):
            (path / "tests").mkdir(parents=True, exist_ok=True)
        made = cls(path, take_lock(path))
        try:
            made._begin(plan, meta, traits, scores, base, tests)
        except BaseException:
            made._lock.release()
            raise
        return made

    def _begin(
        self,
        plan: Mapping[str, Any],
        meta: Mapping[str, Any],
        traits: Sequence[Trait],
        scores: NDArray[np.float64],
        base: Base,
        tests: Sequence[str],
    ) -> None:
        for folder in (self.path, self.path / "tests"):
            remove_leftovers(folder)
        if (self.path / ABOUT).is_file():
            about = _about(self.path)
            if differ := _differences(about["plan"], plan):
                raise UserError(
                    f"{self.path} holds simulations with another plan ({differ}); repeat that plan to go on with it, or"
                    " choose another folder"
                )
            last = [about["begun"], *about["continued"]][-1]
            if all(last.get(name) == meta.get(name) for name in ("versions", "commit")):
                return
            about = {**about, "continued": [*about["continued"], dict(meta)]}
            self._write({ABOUT: json_text(about).encode()})
            return
        about = {
            "format": _FORMAT,
            "plan": dict(plan),
            "tests": list(tests),
            "traits": [trait.record() for trait in traits],
            "table": _table_now(base),
            "base": dict(base),
            "begun": dict(meta),
            "continued": [],
        }
        table = pd.DataFrame(scores, columns=[trait.name for trait in traits])
        self._write({_SCORES: parquet_bytes(table), ABOUT: json_text(about).encode()})

    def done(self, cohort: str) -> bool:
        """Whether the table of a cohort is there."""
        return f"tests/{cohort}.parquet" in Manifest.read(self.path, self.path / SUMS)

    def keep(self, cohort: str, make: Callable[[], pd.DataFrame]) -> None:
        """Write the table that `make` returns for a cohort, unless it is there."""
        if not self.done(cohort):
            self._write({f"tests/{cohort}.parquet": parquet_bytes(make())})

    def _write(self, files: Mapping[str, bytes]) -> None:
        write_listed(self.path, self.path / SUMS, files)

    def __enter__(self) -> Writing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()


def read_simulations(path: Path) -> Simulations:
    """Return the simulations in a folder; what is damaged, unfinished or something else raises `UserError`."""
    about = _about(path)
    listed = Manifest.read(path, path / SUMS)
    for name in (ABOUT, _SCORES):
        if name not in listed:
            raise UserError(f"{path} is damaged: {name} is in no list of what was written")
        listed.content(name)
    missing = [name for name in about["plan"]["cohorts"] if f"tests/{name}.parquet" not in listed]
    if missing:
        raise UserError(
            f"{path} is unfinished: {len(missing)} of {len(about['plan']['cohorts'])} cohorts are missing; go on with"
            f" `{about['begun'].get('command', command('simulate'))}`"
        )
    try:
        traits = tuple(Trait(**one) for one in about["traits"])
    except TypeError as error:
        raise UserError(f"{path / ABOUT} is damaged: its traits cannot be read") from error
    scores = _table(listed, _SCORES, [trait.name for trait in traits])
    pieces = [_table(listed, f"tests/{name}.parquet", ["index", "test", "repeat"]) for name in about["plan"]["cohorts"]]
    tests = pd.concat(pieces, ignore_index=True)
    _check_whole(path, tests, about, len(scores))
    values = scores[[trait.name for trait in traits]].to_numpy(np.float64)
    return Simulations(path, traits, values, tests, about)


def problems(path: Path) -> list[str]:
    """Read every listed file of a folder of simulations and return one line for each that is missing or changed."""
    return list(Manifest.read(path, path / SUMS).problems())


def _about(path: Path) -> dict[str, Any]:
    if not path.is_dir():
        raise UserError(
            f"{path}: no such folder of simulations; make one with `{command('simulate', '--output', path)}`"
        )
    if not (path / ABOUT).is_file():
        raise UserError(f"{path} is no folder of simulations (it has no {ABOUT})")
    about = read_json(path / ABOUT)
    made_as = about.get("format")
    if not isinstance(made_as, int) or made_as < 1:
        raise UserError(f"{path / ABOUT} is damaged: it names no format")
    if made_as > _FORMAT:
        raise UserError(
            f"{path} was made by a newer socialrl (format {made_as} of simulations; this version reads up to {_FORMAT})"
        )
    shape = {"plan": dict, "tests": list, "traits": list, "table": dict, "base": dict, "begun": dict, "continued": list}
    wrong = [name for name, kind in shape.items() if not isinstance(about.get(name), kind)]
    if wrong or not {"cohorts", "repeats"} <= set(about["plan"]) or set(about["tests"]) - set(BY_NAME):
        raise UserError(f"{path / ABOUT} is damaged: {', '.join(wrong) or 'its plan or its tests'} cannot be read")
    return about


def _table(listed: Manifest, name: str, needed: Sequence[str]) -> pd.DataFrame:
    path = listed.folder / name
    table = data_frame(parquet_table(listed.content(name), path), path)
    if lacking := [one for one in needed if one not in table]:
        raise UserError(f"{path} is damaged: it has no column {lacking[0]}")
    return table


def _check_whole(path: Path, tests: pd.DataFrame, about: Mapping[str, Any], n_animals: int) -> None:
    """Refuse tables in which an animal lacks a test: nothing may be filled in silently."""
    repeats = int(about["plan"]["repeats"])
    counted = tests.groupby(["test", "index"]).size()
    if len(counted) != n_animals * len(about["tests"]) or not (counted == repeats).all():
        raise UserError(
            f"{path} is damaged: its tables do not hold {repeats} tests of each kind of all {n_animals} animals"
        )


def _table_now(base: Base) -> dict[str, list[float]]:
    """Return value and spread of all parameters as they are now, by name."""
    from socialrl_envs.parameters import rows_of

    return {
        row.name: [float(base.get(row.name, row.value)), 0.0 if row.name == GAIN else row.spread]
        for row in rows_of(table_of(base))
    }


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    told = [
        f"another {name}" if _is_long(there.get(name)) or _is_long(here.get(name))
        else f"{name}: {there.get(name)} there, {here.get(name)} here"
        for name in names[:_MOST_NAMED]
    ]  # fmt: skip
    return "; ".join([*told, *(["…"] if len(names) > _MOST_NAMED else [])])


def _is_long(value: Any) -> bool:
    return isinstance(value, list | dict) or (isinstance(value, str) and len(value) > 40)


def _short(one: Sequence[float]) -> str:
    value, spread = one
    return f"{value:g}" if not spread or math.isnan(spread) else f"{value:g} (log-sd {spread:g})"
