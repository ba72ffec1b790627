"""Folders that hold more than one run, as Python reads them: a reproduction with its scorecard, a lineage."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError
from socialrl.storage.files import read_json, read_parquet
from socialrl.storage.run_folder import RunFolder
from socialrl.tables.described import Tables, typed
from socialrl.tables.loaded import Run
from socialrl.tables.named import Named

_OWN = ("animals", "reference")
"""Tables of a lineage that are there before it is finished."""


class Reproduction(Tables):
    """The folder of `socialrl reproduce`. `runs` holds the run of every stage, `seeds` the folders of several seeds.

    `finished` says whether the scorecard is there; stages that are done or under way can be read without it. `tables`
    has the scorecard and those beside it: `animals`, `dose_response`, `ablation`, `sensitivity`, …
    """

    def __init__(self, path: Path) -> None:
        files = {name: path / f"{name}.csv" for name in ("scorecard", "seeds") if (path / f"{name}.csv").is_file()}
        files |= {one.stem: one for one in sorted((path / "scorecard_tables").glob("*.csv"))}
        super().__init__(path, "reproduction", files)

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
        name = next((one for one in ("seeds", "scorecard") if one in self.names), None)
        if name is None:
            raise UserError(f"{self.path} has no scorecard.csv; `socialrl reproduce` writes it")
        return self.table(name)

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished: no scorecard yet"
        inside = ", ".join([*self.runs, *self.seeds])
        return f"<reproduction {self.path}, {state}; runs: {inside}>"


class Lineage(Tables):
    """The folder of `socialrl lineage`; while it is not `finished`, it has the generations that are done.

    `tables` are `animals`, `reference` and those of the page: `means`, `contrasts`, `trends`, `variance`, `mothers`, …
    """

    def __init__(self, path: Path) -> None:
        others = {one.stem: one for one in sorted(path.glob("*.csv")) if one.stem not in _OWN}
        super().__init__(path, "lineage", {name: path / f"{name}.csv" for name in _OWN} | others)

    @property
    def finished(self) -> bool:
        """Whether all generations and results are there."""
        return (self.path / "lineage.json").is_file()

    @functools.cached_property
    def animals(self) -> pd.DataFrame:
        """One row per animal of every generation, founders first: its family, childhood, slow state, care and tests."""
        return self.table("animals")

    @functools.cached_property
    def reference(self) -> pd.DataFrame:
        """One row per carer of the reference families."""
        return self.table("reference")

    def _of(self, name: str) -> pd.DataFrame:
        if self.finished or name not in _OWN:
            return super()._of(name)
        if name == "reference":
            return typed(self._stage(name), f"lineage/{name}")
        done = sorted(one for one in self._stages if one.startswith("generation-"))
        if not done:
            raise UserError(f"{self.path} has no generation yet; repeat `socialrl lineage` to go on")
        return typed(pd.concat([self._stage(one) for one in done], ignore_index=True), f"lineage/{name}")

    def __repr__(self) -> str:
        state = "finished" if self.finished else "unfinished: tables have the generations that are done"
        return f"<lineage {self.path}, {state}; tables: {', '.join(self.names)}>"

    @functools.cached_property
    def _stages(self) -> Mapping[str, str]:
        stages = read_json(self.path / "manifest.json").get("stages")
        return stages if isinstance(stages, dict) else {}

    def _stage(self, name: str) -> pd.DataFrame:
        if name not in self._stages:
            raise UserError(f"{self.path} has no stage {name} yet; repeat `socialrl lineage` to go on")
        return read_parquet(self.path / "stages" / f"{name}.parquet", self._stages[name]).to_pandas()
