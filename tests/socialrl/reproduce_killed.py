"""A whole reproduction in about a second, to be killed: one finding of two wild types, one assay, two rollouts of training."""

from __future__ import annotations

import gc
import json
import os
import types
from pathlib import Path
from unittest import mock

import statsmodels.stats.multitest  # noqa: F401 -- as below
import tiny_reproduction as tiny
import torch._dynamo  # noqa: F401 -- what the first optimiser imports; once here, and not in every fork
from killed import without_times

from socialrl.findings import Registry, load_registry
from socialrl.reproduction import driver, stages
from socialrl.reproduction.presets import Preset, Size
from socialrl.scorecard import page
from socialrl.storage.provenance import collect_meta
from socialrl.training import cohort_trainer

PRESET = Preset(Size(2, {"StrangerEncounter": 64}, 1), doses=False, arms=False, parameters=None, note="Tiny.")
_STILL = types.SimpleNamespace(perf_counter=lambda: 0.0)


def registry() -> Registry:
    """The shipped registry with one comparison of wild types alone."""
    side = {"group": "wild_type", "conditions": "intruder_168h"}
    contrast = {"says": "x", "kind": "against", "measure": "attacks", "this": side, "value": 0, "expected": "higher"}
    finding = load_registry().finding("F06").model_dump() | {"id": "X01", "contrasts": [contrast], "conditions": {}}
    added = load_registry().adding({"findings": [finding]})
    return added.only([added.finding("X01")])


REGISTRY = registry()
_META = {**collect_meta(1), "started": "2020-01-01T00:00:00+00:00", "command": "tiny", "commit": None}
"""What a run says of itself, the same in every process."""


def work(root: Path) -> None:
    tiny.shrink_training(setattr)
    os.chdir(root)  # configurations hold the output, which is then the same in all roots
    with (
        mock.patch.object(stages, "collect_meta", return_value=_META),
        mock.patch.object(driver, "collect_meta", return_value=_META),
        mock.patch.object(page, "draw", return_value=[]),
        mock.patch.object(gc, "collect"),  # a library asks for it, and it is the slowest part of all this
        # Seconds, times of day in ZIP files and event files named by them are the only things that may differ.
        mock.patch.object(cohort_trainer, "time", _STILL),
        mock.patch.object(cohort_trainer, "export_zip"),
        mock.patch.object(cohort_trainer, "configure", lambda folder, _: cohort_trainer.Logger(folder, [])),
    ):
        driver.reproduce(Path("out"), "tiny", 1, quiet=True, preset=PRESET, registry=REGISTRY)


def normal(path: Path) -> bytes:
    """Return the bytes of a file without the seconds that stages took."""
    if path.name == "reproduction.json":
        content = json.loads(path.read_text(encoding="utf-8"))
        return json.dumps({**content, "seconds_of_this_call": sorted(content["seconds_of_this_call"])}).encode()
    return without_times(path)
