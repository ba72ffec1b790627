"""Folders of results that hold tables and no animals: sweeps, plans, simulations, inferences, calibrations, imports."""

from __future__ import annotations

import functools
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.errors import UserError
from socialrl.storage.files import read_json
from socialrl.storage.run_folder import RunFolder
from socialrl.tables.described import Tables
from socialrl.tables.loaded import Run
from socialrl.tables.named import Named

_TESTS = "tests"


@dataclass(frozen=True)
class _Kind:
    """A kind of folder: the file that marks it, and the files of its tables by name."""

    name: str
    mark: str
    files: Mapping[str, str]


def _csv(*names: str) -> dict[str, str]:
    return {name: f"{name}.csv" for name in names}


KINDS: tuple[_Kind, ...] = (
    _Kind("sweep", "sweep.json", {"points": "sweep.csv", **_csv("measures", "seeds")}),
    _Kind("plan", "plan.json", _csv("plan", "power")),
    _Kind("simulations", "simulations.json", {"animals": "animals.parquet", _TESTS: ""}),
    _Kind("inference", "inference.json", _csv("animals", "groups", "predictive", "recovery")),
    _Kind(
        "validation",
        "validation.json",
        _csv(
            "information", "recovery", "traits", "ranks", "coverage", "populations", "population_coverage", "predictive"
        ),
    ),
    _Kind(
        "calibration",
        "calibration.json",
        _csv("goals", "parameters", "summaries", "course", "bouts", "retest", "search"),
    ),
    _Kind("recording", "recording.json", _csv("release", "traces")),
    _Kind(
        "import",
        "import.json",
        {"events": "events.parquet", "evaluation": "evaluation.parquet", "scores": "scores.csv"},
    ),
)


class Results(Tables):
    """A folder of results: `kind` says of which command, `about` is what its JSON file says.

    `tables["measures"]` and `table("measures")` are the same data frame. Of a sweep, `runs` holds the points' runs.
    """

    def __init__(self, path: Path, kind: _Kind) -> None:
        files = {name: path / file for name, file in kind.files.items() if file and (path / file).is_file()}
        if _TESTS in kind.files:
            files[_TESTS] = path / _TESTS
        super().__init__(path, kind.name, files)
        self._mark = path / kind.mark

    @functools.cached_property
    def about(self) -> dict[str, Any]:
        """What the folder's JSON file says: how it was made, from what, notes."""
        return read_json(self._mark)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do; commands other than `sweep` and `simulate` write their folders at once."""
        if self.kind == "simulations":
            return not [one for one in self._cohorts if not (self.path / _TESTS / f"{one}.parquet").is_file()]
        return bool(self.about.get("finished", True))

    @property
    def leave(self) -> Collection[str]:  # type: ignore[override]
        """The keys of a sweep, whose values are numbers or texts."""
        return self.about.get("keys", ()) if self.kind == "sweep" else ()

    @property
    def sums(self) -> Mapping[str, str]:
        """The SHA-256 that the files of an import were written with."""
        return _sums(self.about) if self.kind == "import" else {}

    @functools.cached_property
    def runs(self) -> Mapping[str, Run]:
        """The runs of a sweep's points by name; empty for other folders."""
        paths = {one.parent.name: one.parent for one in sorted(self.path.glob("*/meta.json"))}
        return Named(self.path, "point", paths, lambda name: Run(RunFolder.open(paths[name])))

    @property
    def _cohorts(self) -> list[str]:
        return [str(one) for one in (self.about.get("plan") or {}).get("cohorts", ())]

    def _of(self, name: str) -> pd.DataFrame:
        if (self.kind, name) != ("simulations", _TESTS):
            return super()._of(name)
        cohorts = {one: self.path / _TESTS / f"{one}.parquet" for one in self._cohorts}
        pieces = [
            Tables(self.path, self.kind, {_TESTS: one}).table(_TESTS) for one in cohorts.values() if one.is_file()
        ]
        if not pieces:
            raise UserError(f"{self.path} has no cohort of tests yet; repeat `socialrl simulate` to go on")
        return pd.concat(pieces, ignore_index=True)


class Export(Tables):
    """An export as CSV: the tidy tables of a run, typed; its columns are described as those of the run."""

    def __init__(self, path: Path) -> None:
        self.about = read_json(path / "export.json")
        made = self.about.get("format")
        if made != "csv":
            told = f"an export in the format {made}; the program that it is for reads it"
            raise UserError(f"{path} is {told}, and socialrl.load the run that it was made from")
        super().__init__(path, "export", {one.stem: one for one in sorted(path.glob("*.csv"))})

    @property
    def sums(self) -> Mapping[str, str]:
        """The SHA-256 that its files were written with."""
        return _sums(self.about)

    @property
    def finished(self) -> bool:
        """Whether it is whole; it always is."""
        return True


def _sums(about: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(one["sha256"]) for name, one in (about.get("files") or {}).items()}


def results_in(path: Path) -> Results | Export | None:
    """Return what is in a folder, if its marks say that it is one of these; None else."""
    if (path / "export.json").is_file():
        return Export(path)
    for kind in KINDS:
        if (path / kind.mark).is_file():
            return Results(path, kind)
    return None
