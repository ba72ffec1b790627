"""The driver of a reproduction: runs the stages of a preset, joins their tables, and writes the scorecard.

Every trained cohort is a run folder under the output folder. A stage that is done is not repeated, one that was stopped
resumes from its checkpoint, and presets that share a stage share its run. All assays share one table of parameters;
nothing is fitted here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.config.given_parameters import GivenParameters
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.findings.conditions import RELEASE
from socialrl.findings.registry import Registry, load_registry
from socialrl.progress import open_progress
from socialrl.reproduction.elsewhere import run_side_by_side
from socialrl.reproduction.evaluation import record_release
from socialrl.reproduction.folder import output_folder, usable
from socialrl.reproduction.playable import check_playable
from socialrl.reproduction.presets import PRESETS, Preset
from socialrl.reproduction.resources import check_resources
from socialrl.reproduction.stages import CohortStage, check_folder, is_tested, run_stage, stages_of
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import json_text
from socialrl.storage.provenance import collect_meta, world_checksum
from socialrl.storage.run_folder import RunFolder
from socialrl.work.asked import Asked


def reproduce(
    output: Path | str,
    preset_name: str,
    seed: int,
    *,
    quiet: bool = False,
    say: Callable[[str], None] = lambda _: None,
    preset: Preset | None = None,
    registry: Registry | None = None,
    findings: Sequence[str] = (),
    parameters: GivenParameters | None = None,
    command: str | None = None,
    work: Asked | None = None,
) -> Path:
    """Run every stage that is not done under `output`, write scorecard and page there, and return the page's path.

    `say` is given one line per stage and note. `preset` takes the place of the one called `preset_name`, `registry`
    that of the shipped findings; for the record, `findings` names the files that it was read from, and `command` the
    command line that makes this folder, where that is not the one of this process. All animals have `parameters`, by
    default those of the current table. `work` does stages side by side. A folder with a stage of another preset, seed,
    registry, version of the model or other parameters, a condition that cannot be played, a damaged stage, or too
    little memory or disk space raises `UserError` before anything is run.
    """
    from socialrl.scorecard.page import write_scorecard

    preset, book = preset or PRESETS[preset_name], registry or load_registry()
    given = parameters or GivenParameters()
    check_playable(book)
    output = usable(output)
    stages = stages_of(preset, seed, output, book, given)
    with output_folder(output):
        check_resources([stage for stage in stages if not is_done(stage)], output)
        made = provenance(preset_name, seed, findings, command, given)
        notes = [note for stage in stages if not stage.part for note in _unmet_notes(stage)]
        for note in notes:
            say(f"note: {note}")
        if work is not None and work.anything:
            run_side_by_side([one for one in stages if not is_done(one)], output, work, quiet=quiet, say=say)
        tables: dict[str, list[pd.DataFrame]] = {}
        seconds: dict[str, float] = {}
        for number, stage in enumerate(stages, start=1):
            begun = time.perf_counter()
            say(f"stage {number} of {len(stages)}: {stage.title}, {stage.n_animals} animals")
            if stage.assay != RELEASE:
                with open_progress(f"{number}/{len(stages)} {stage.title}", quiet=quiet) as progress:
                    run_stage(stage, progress)
            tables.setdefault(stage.assay, []).append(stage_table(stage))
            seconds[stage.config.name] = round(time.perf_counter() - begun, 1)
        say("scorecard")
        joined = {assay: pd.concat(pieces, ignore_index=True) for assay, pieces in tables.items()}
        about = [preset.note, *([] if given.usual else [f"Parameters of all animals: {given.in_words()}."]), *notes]
        page = write_scorecard(joined, output, name=output.name, notes=about, registry=book, made=made)
        # Apart from the scorecard, which is the same whenever it is made.
        when = {
            **_meta(seed, command, given),
            "preset": preset_name,
            "parameters": given.recorded(),
            "seconds_of_this_call": seconds,
        }
        write_bytes(output / "reproduction.json", json_text(when).encode())
    return page


def provenance(
    preset_name: str,
    seed: int,
    findings: Sequence[str] = (),
    command: str | None = None,
    parameters: GivenParameters | None = None,
) -> dict[str, Any]:
    """Return what a scorecard says about how it was made; equal for equal calls on one machine, so without the time."""
    given = parameters or GivenParameters()
    meta = _meta(seed, command, given)
    kept = ("command", "versions", "commit", "commit_has_changes", "python", "platform")
    chosen = {"preset": preset_name, "findings": list(findings), "seed": seed, "world": world_checksum()}
    chosen["parameters"] = given.recorded()
    return {**chosen, **{name: meta[name] for name in kept}}


def stage_table(stage: CohortStage) -> pd.DataFrame:
    """Return the rows of a finished stage, with the columns of their groups; release is recorded here."""
    if stage.assay == RELEASE:
        sexes = {group.name: group.sex for group in stage.groups if group.sex is not None}
        return labelled(record_release(stage.config, stage.registry, sexes), stage)
    return labelled(RunFolder.open(stage.config.run_path).read_table("evaluation"), stage)


def labelled(table: pd.DataFrame, stage: CohortStage) -> pd.DataFrame:
    """Return a stage's rows with the columns of their groups: dose, arm and arm_setting, parameter and factor."""
    columns: Sequence[str] = list(dict.fromkeys(name for group in stage.groups for name in group.columns))
    named: Mapping[str, Mapping[str, Any]] = {group.name: group.columns for group in stage.groups}
    kind = table["genotype"].astype(object)
    new = {
        column: [named[one].get(column, one if column == "genotype" else None) for one in kind] for column in columns
    }
    return table.assign(**new)


def is_done(stage: CohortStage) -> bool:
    """Whether a stage is finished; its table is read, so that a damaged one is found before any work.

    Release, which is recorded in every call, counts as finished.
    """
    if stage.assay == RELEASE:
        return True
    run = check_folder(stage)
    if run is None:
        return False
    if not run.finished:
        run.check_pieces()
    if not is_tested(run):
        return False
    run.read_table("evaluation")
    return True


def _meta(seed: int, command: str | None, given: GivenParameters) -> dict[str, Any]:
    return {**collect_meta(seed, given.table), **({} if command is None else {"command": command})}


def _unmet_notes(stage: CohortStage) -> list[str]:
    """One line for each thing that the tests of a stage require and its animals never met in training."""
    if stage.assay == RELEASE:
        return []
    return [f"{stage.assay}: {line}" for line in unmet(stage.config, demands_of(stage.config))]
