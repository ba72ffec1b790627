"""The driver of a reproduction: runs the stages of a preset, joins their tables, and writes the scorecard.

Every trained cohort is a run folder under the output folder. A stage that is done is not repeated, one that was stopped
goes on from its checkpoint, and presets that share a stage share its run. All assays share the parameter table; nothing
is fitted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.animals.animal import animals_of
from socialrl.progress import open_progress
from socialrl.release.table import release_table
from socialrl.reproduction.presets import PRESETS, Preset
from socialrl.reproduction.stages import RELEASE, Stage, check_folder, run_stage, stages_of
from socialrl.storage.files import json_text
from socialrl.storage.provenance import collect_meta, world_checksum


def reproduce(
    output: Path,
    preset_name: str,
    seed: int,
    *,
    quiet: bool = False,
    say: Callable[[str], None] = lambda _: None,
    preset: Preset | None = None,
) -> Path:
    """Run every stage that is not done under `output`, write scorecard and page there, and return the page's path.

    `say` is given one line per stage. `preset` takes the place of the one called `preset_name`. A folder with a stage of
    another preset, seed or version of the model raises `UserError` before anything is run.
    """
    from socialrl.scorecard.page import write_scorecard
    from socialrl.storage.atomic import write_bytes

    preset = preset or PRESETS[preset_name]
    stages = stages_of(preset, seed, output)
    for stage in stages:
        if stage.assay != RELEASE:
            check_folder(stage)
    made = provenance(preset_name, seed)
    tables: dict[str, list[pd.DataFrame]] = {}
    seconds: dict[str, float] = {}
    for number, stage in enumerate(stages, start=1):
        begun = time.perf_counter()
        say(f"stage {number} of {len(stages)}: {stage.title}, {stage.n_animals} animals")
        if stage.assay == RELEASE:
            table = release_table(animals_of(stage.config), seed)
        else:
            with open_progress(f"{number}/{len(stages)} {stage.title}", quiet=quiet) as progress:
                table = run_stage(stage, progress).read_table("evaluation")
        tables.setdefault(stage.assay, []).append(labelled(table, stage))
        seconds[stage.config.name] = round(time.perf_counter() - begun, 1)
    say("scorecard")
    joined = {assay: pd.concat(pieces, ignore_index=True) for assay, pieces in tables.items()}
    page = write_scorecard(joined, output, name=output.name, notes=[preset.note], made=made)
    # Apart from the scorecard, which is the same whenever it is made.
    when = {**collect_meta(seed), "preset": preset_name, "seconds_of_this_call": seconds}
    write_bytes(output / "reproduction.json", json_text(when).encode())
    return page


def provenance(preset_name: str, seed: int) -> dict[str, Any]:
    """Return what a scorecard says about how it was made; equal for equal calls on one machine, so without the time."""
    meta = collect_meta(seed)
    kept = ("command", "versions", "commit", "commit_has_changes", "python", "platform")
    return {"preset": preset_name, "seed": seed, "world": world_checksum(), **{name: meta[name] for name in kept}}


def labelled(table: pd.DataFrame, stage: Stage) -> pd.DataFrame:
    """Return a stage's rows with the columns of their groups: arm and arm_setting, parameter and factor."""
    columns: Sequence[str] = list(dict.fromkeys(name for group in stage.groups for name in group.columns))
    named: Mapping[str, Mapping[str, Any]] = {group.name: group.columns for group in stage.groups}
    kind = table["genotype"].astype(object)
    new = {
        column: [named[one].get(column, one if column == "genotype" else None) for one in kind] for column in columns
    }
    return table.assign(**new)
