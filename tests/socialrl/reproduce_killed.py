"""A reproduction in half a second, to be killed: one finding about wild types, one assay, two rollouts of training."""

from __future__ import annotations

import gc
import json
import types
from pathlib import Path
from typing import Any
from unittest import mock

import tiny_reproduction as tiny

from socialrl.findings import Registry, load_registry
from socialrl.reproduction import driver, stages
from socialrl.reproduction.presets import Preset, Size
from socialrl.scorecard import page
from socialrl.storage.provenance import collect_meta
from socialrl.training import cohort_trainer

PRESET = Preset(Size(2, {"StrangerEncounter": 64}, 1), doses=False, arms=False, parameters=None, note="Tiny.")
_STILL = types.SimpleNamespace(perf_counter=lambda: 0.0)
_META = {**collect_meta(1), "started": "2020-01-01T00:00:00+00:00", "command": "tiny", "commit": None}
_LISTS = ("DONE", "sums.json")


def registry() -> Registry:
    """The shipped registry with one comparison of wild types alone."""
    side = {"group": "wild_type", "conditions": "intruder_168h"}
    contrast = {"says": "x", "kind": "against", "measure": "attacks", "this": side, "value": 0, "expected": "higher"}
    finding = load_registry().finding("F06").model_dump() | {"id": "X01", "contrasts": [contrast], "conditions": {}}
    added = load_registry().adding({"findings": [finding]})
    return added.only([added.finding("X01")])


class Reproduction:
    """A job for `kill_windows`; figures have tests of their own."""

    def begin(self, folder: Path) -> None:
        """Nothing is there before."""

    def work(self, folder: Path) -> None:
        tiny.shrink_training(setattr)
        with (
            mock.patch.object(stages, "collect_meta", return_value=_META),
            mock.patch.object(driver, "collect_meta", return_value=_META),
            mock.patch.object(page, "draw", return_value=[]),
            mock.patch.object(gc, "collect"),  # a library asks for it, and it is the slowest part of all this
            # Seconds, times of day in ZIP files and event files named by them are the only things that may differ.
            mock.patch.object(cohort_trainer, "time", _STILL),
            mock.patch.object(cohort_trainer, "configure", lambda place, _: cohort_trainer.Logger(place, [])),
        ):
            driver.reproduce(folder / "out", "tiny", 1, quiet=True, preset=PRESET, registry=registry())

    def result(self, folder: Path) -> dict[str, Any]:
        """Return the content of every file by name, without seconds, times of day and the place of the folder."""
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        return {name: _lasting(path) for name, path in files.items()}


def _lasting(path: Path) -> Any:
    if path.name in _LISTS:
        listed = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name: states for name, states in listed.items() if name != "config.yaml"}
    if path.name == "config.yaml":
        return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("output:")]
    if path.name == "reproduction.json":
        content = json.loads(path.read_text(encoding="utf-8"))
        return {**content, "seconds_of_this_call": sorted(content["seconds_of_this_call"])}
    return path.read_bytes()


reproduction = Reproduction()
