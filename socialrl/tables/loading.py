"""`socialrl.load`: opens what a command of socialrl has written, whatever it is."""

from __future__ import annotations

import warnings
from pathlib import Path

from socialrl.assays.table import STUDIES
from socialrl.config.paths import expanded
from socialrl.errors import UserError
from socialrl.storage.files import read_json
from socialrl.storage.run_folder import RunFolder
from socialrl.tables.folders import Lineage, Reproduction
from socialrl.tables.loaded import Run
from socialrl.tables.results import KINDS, Export, Results, results_in

Loaded = Run | Reproduction | Lineage | Results | Export

_OTHERS = "sweeps, lineages, scorecards, plans, simulations, inferences, calibrations, recordings, imports, CSV exports"
_MARKS = ("meta.json", "lineage.json", "scorecard.json", "seeds.json", "export.json", *(one.mark for one in KINDS))
"""Files of which one is in every folder that can be opened."""


def load(path: str | Path) -> Loaded:
    """Return what is in a folder to read; see `socialrl.load`."""
    place = expanded(path)
    found: Loaded
    if _is_lineage(place):
        found = Lineage(place)
    elif not (place / "meta.json").exists() and _is_reproduction(place):
        found = Reproduction(place)
    elif not (place / "meta.json").exists() and (results := results_in(place)) is not None:
        found = results
    else:
        found = _run(place)
    if not found.finished:
        warnings.warn(f"{place} is unfinished; it has what is done so far", stacklevel=3)
    return found


def _run(place: Path) -> Run:
    try:
        return Run(RunFolder.open(place))
    except UserError as error:
        if (place / "meta.json").exists() or not place.exists():
            raise
        whole = next((one for one in place.parents[:2] if any((one / name).is_file() for name in _MARKS)), None)
        if whole is not None:
            told = f"{place} is a part of {whole}; give that folder, and read a CSV file in it with pandas"
            raise UserError(told) from error
        if place.is_file():
            raise
        raise UserError(f"{error}; socialrl.load opens runs and folders of {_OTHERS}") from error


def _is_lineage(place: Path) -> bool:
    if (place / "lineage.json").is_file():
        return True
    manifest = place / "manifest.json"
    return manifest.is_file() and "cells" in str(read_json(manifest).get("plan", {}))


def _is_reproduction(place: Path) -> bool:
    """Whether there is what a reproduction leaves, or what its first stages do before there is a scorecard."""
    if any((place / name).is_file() for name in ("reproduction.json", "scorecard.json", "seeds.json")):
        return True
    studied = {study.name for study in STUDIES}
    return any(one.parent.name.partition("-")[0] in studied for one in place.glob("*/meta.json"))
