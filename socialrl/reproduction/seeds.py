"""One battery under several seeds: a reproduction of its own for each, then all of them beside each other.

What a seed gives does not depend on the others: its folder has the same scorecard as a reproduction with this seed
alone. Animals of different seeds share no random numbers, so that all animals of all seeds can be judged together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl.config.given_parameters import GivenParameters
from socialrl.errors import UserError
from socialrl.findings import scorecard
from socialrl.findings.beside import Beside, set_beside
from socialrl.findings.outcome import result_of
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.results import read_result
from socialrl.reproduction.driver import is_done, provenance, reproduce, stage_table
from socialrl.reproduction.elsewhere import run_side_by_side
from socialrl.reproduction.folder import output_folder, usable
from socialrl.reproduction.playable import check_playable
from socialrl.reproduction.presets import PRESETS, Preset
from socialrl.reproduction.resources import check_resources
from socialrl.reproduction.stages import CohortStage, stages_of
from socialrl.scorecard.beside import of_seeds, write_beside
from socialrl.scorecard.made import MadeWith
from socialrl.storage.files import read_json
from socialrl.work.asked import Asked

_ANIMALS_APART = 8_000_000
"""What is added to the numbers of animals from seed to seed: more than any group has, and whole habitats."""


def seed_folder(output: Path, seed: int) -> Path:
    """Return the folder of one seed."""
    return output / f"seed-{seed}"


def reproduce_seeds(
    output: Path | str,
    preset_name: str,
    seeds: Sequence[int],
    *,
    quiet: bool = False,
    say: Callable[[str], None] = lambda _: None,
    preset: Preset | None = None,
    registry: Registry | None = None,
    findings: Sequence[str] = (),
    parameters: GivenParameters | None = None,
    command: Callable[[int], str | None] = lambda _: None,
    work: Asked | None = None,
) -> tuple[Path, Beside]:
    """Reproduce the battery under each seed in `output`/seed-N, and return the page over them with its content.

    Arguments as in `driver.reproduce`; `work` does the stages of all seeds side by side; `command` gives the command
    line that makes one seed alone. Finished seeds are not repeated. All folders are checked before anything is run.
    """
    preset, book = preset or PRESETS[preset_name], registry or load_registry()
    check_playable(book)
    output = usable(output)
    if (output / "scorecard.json").exists():
        raise UserError(f"--output {output} holds a reproduction of one seed; choose another folder for several")
    planned = {seed: stages_of(preset, seed, usable(seed_folder(output, seed)), book, parameters) for seed in seeds}
    with output_folder(output):
        missing = [stage for stages in planned.values() for stage in stages if not is_done(stage)]
        check_resources(missing, output)
        if work is not None and work.anything:
            run_side_by_side(missing, output, work, quiet=quiet, say=say)
        for number, (seed, stages) in enumerate(planned.items(), start=1):
            place = seed_folder(output, seed)
            title = f"seed {seed}, {number} of {len(planned)}"
            if _is_finished(place, stages, provenance(preset_name, seed, findings, None, parameters)):
                say(f"{title}: done before")
                continue
            say(title)
            reproduce(
                place,
                preset_name,
                seed,
                quiet=quiet,
                say=say,
                preset=preset,
                registry=registry,
                findings=findings,
                parameters=parameters,
                command=command(seed),
            )
        say("all seeds together")
        results = {f"seed {seed}": read_result(seed_folder(output, seed) / "scorecard.json") for seed in planned}
        given = (parameters or GivenParameters()).recorded()
        tables = joined({seed: _tables(stages) for seed, stages in planned.items()})
        card = scorecard.score(tables, book, parameters=given["values"])
        beside = set_beside(results, pooled=result_of(card, output.name, made={"parameters": given}))
        members = [MadeWith(label, one.made) for label, one in results.items()]
        page = write_beside(beside, of_seeds(beside), members, output)
    return page, beside


def joined(tables: Mapping[int, Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Return the evaluation tables of several seeds as one study, in which animals of different seeds are different.

    Their numbers, and the names of their units (pairs), are made unique; animals that are compared in pairs within a
    seed stay pairs.
    """
    pieces: dict[str, list[pd.DataFrame]] = {}
    for number, (seed, of_seed) in enumerate(tables.items()):
        for assay, table in of_seed.items():
            own = table.assign(index=table["index"] + number * _ANIMALS_APART)
            if "unit" in own:
                own["unit"] = [unit if pd.isna(unit) else f"seed {seed}, {unit}" for unit in own["unit"]]
            pieces.setdefault(assay, []).append(own)
    return {assay: pd.concat(some, ignore_index=True) for assay, some in pieces.items()}


def _tables(stages: Sequence[CohortStage]) -> dict[str, pd.DataFrame]:
    """The tables of the registry's groups; animals with changed arms or parameters decide no verdict."""
    return {stage.assay: stage_table(stage) for stage in stages if not stage.part}


def _is_finished(place: Path, stages: Sequence[CohortStage], made: Mapping[str, Any]) -> bool:
    """Whether a seed's scorecard is there, made from these stages with this version, whatever the command line was."""
    files = [place / name for name in ("scorecard.json", "scorecard.html", "reproduction.json")]
    if not all(file.exists() for file in files) or not all(is_done(stage) for stage in stages):
        return False
    kept = read_json(files[0]).get("made") or {}
    unlike = {name for name in made if name != "command" and kept.get(name) != made[name]}
    return not unlike and not made["commit_has_changes"]
