"""Folders that hold more than one run, as Python reads them: a reproduction with its scorecard, a lineage."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.files import read_json, read_parquet
from socialrl.storage.run_folder import RunFolder
from socialrl.tables.loaded import Run
from socialrl.tables.named import Named


class Reproduction:
    """The folder of `socialrl reproduce`. `runs` holds the run of every stage, `seeds` the folders of several seeds.

    `finished` says whether the scorecard is there; stages that are done or under way can be read without it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def finished(self) -> bool:
        """Whether there is a scorecard, of one seed or of several."""
        return any((self.path / name).is_file() for name in ("scorecard.json", "seeds.json"))

    @functools.cached_property
    def runs(self) -> Mapping[str, Run]:
        """The runs of the stages by name, such as `PartnerPreference`."""
        paths = {one.parent.name: one.parent for one in sorted(self.path.glob("*/meta.json"))}
        return Named(self.path, "stage", paths, lambda name: Run(RunFolder.open(paths[name])))

    @functools.cached_property
    def seeds(self) -> Mapping[str, Reproduction]:
        """The reproductions of several seeds by name, such as `seed-1`; empty without `--seeds`."""
        paths = {one.name: one for one in sorted(self.path.glob("seed-*")) if one.is_dir()}
        return Named(self.path, "seed", paths, lambda name: Reproduction(paths[name]))

    @functools.cached_property
    def scorecard(self) -> pd.DataFrame:
        """One row per comparison: finding, groups, measure, difference with its interval, verdict (`scorecard.csv`)."""
        name = "seeds.csv" if (self.path / "seeds.csv").is_file() else "scorecard.csv"
        return _csv(self.path / name, "`socialrl reproduce` writes it")

    @functools.cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables beside the scorecard by name: `animals`, `dose_response`, `ablation`, `sensitivity`, …"""
        paths = {one.stem: one for one in sorted((self.path / "scorecard_tables").glob("*.csv"))}
        return Named(self.path, "table", paths, lambda name: _csv(paths[name]))

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished: no scorecard yet"
        inside = ", ".join([*self.runs, *self.seeds])
        return f"<reproduction {self.path}, {state}; runs: {inside}>"


class Lineage:
    """The folder of `socialrl lineage`; while it is not `finished`, it has the generations that are done."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def finished(self) -> bool:
        """Whether all generations and results are there."""
        return (self.path / "lineage.json").is_file()

    @functools.cached_property
    def animals(self) -> pd.DataFrame:
        """One row per animal of every generation, founders first: its family, childhood, slow state, care and tests."""
        if self.finished:
            return _csv(self.path / "animals.csv")
        done = sorted(name for name in self._stages if name.startswith("generation-"))
        if not done:
            raise UserError(f"{self.path} has no generation yet; repeat `socialrl lineage` to go on")
        return pd.concat([self._stage(name) for name in done], ignore_index=True)

    @functools.cached_property
    def reference(self) -> pd.DataFrame:
        """One row per carer of the reference families."""
        return _csv(self.path / "reference.csv") if self.finished else self._stage("reference")

    @functools.cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables of the page by name: `means`, `contrasts`, `trends`, `variance`, `mothers`, `care`, …"""
        own = ("animals", "reference")
        paths = {one.stem: one for one in sorted(self.path.glob("*.csv")) if one.stem not in own}
        return Named(self.path, "table", paths, lambda name: _csv(paths[name]))

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished: tables have the generations that are done"
        return f"<lineage {self.path}, {state}; tables: {', '.join(['animals', 'reference', *self.tables])}>"

    @functools.cached_property
    def _stages(self) -> Mapping[str, str]:
        stages = read_json(self.path / "manifest.json").get("stages")
        return stages if isinstance(stages, dict) else {}

    def _stage(self, name: str) -> pd.DataFrame:
        if name not in self._stages:
            raise UserError(f"{self.path} has no stage {name} yet; repeat `socialrl lineage` to go on")
        return read_parquet(self.path / "stages" / f"{name}.parquet", self._stages[name]).to_pandas()


def _csv(path: Path, hint: str = "") -> pd.DataFrame:
    if not path.is_file():
        raise UserError(f"{path.parent} has no {path.name}" + (f"; {hint}" if hint else ""))
    with naming_the_place(f"read {path}"):
        return pd.read_csv(path)
