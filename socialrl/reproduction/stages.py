"""The stages of a reproduction: which cohorts are trained, in which run folders, and how one stage is run or resumed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialrl.assays import study_of
from socialrl.config.loading import Config, config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.findings.registry import registry_assays, registry_conditions
from socialrl.progress import Progress
from socialrl.reproduction import groups
from socialrl.reproduction.evaluation import evaluate
from socialrl.reproduction.groups import Group
from socialrl.reproduction.presets import Preset, Size
from socialrl.storage.provenance import collect_meta, world_checksum
from socialrl.storage.run_folder import RunFolder

RELEASE = "OxytocinRelease"
"""The assay without a policy: its animals are recorded, not trained."""

CHANGES_AT_ONCE = 10
"""Changed parameters in one run, so that a run that is killed costs little and one run takes little memory."""


@dataclass(frozen=True)
class Stage:
    """One cohort: its groups in one assay, trained and tested in the run folder of `config` (release: recorded).

    `part` is empty for the groups of the registry and the dose-response, else "arms" or "parameters".
    """

    title: str
    part: str
    assay: str
    groups: tuple[Group, ...]
    config: Config

    @property
    def n_animals(self) -> int:
        """Animals in all groups."""
        return self.config.animals * len(self.groups)


def stages_of(preset: Preset, seed: int, output: Path) -> list[Stage]:
    """Return the stages of a preset in their order: the registry's groups, then single arms, then changed parameters."""
    assays = registry_assays()
    found = []
    for assay in assays:
        # without a dose-response, only the groups that something is said about
        members = [*groups.registered(), *groups.doses()] if preset.doses else groups.compared_in(assay, controls=True)
        found.append(_stage("", 0, assay, members, preset.size, seed, output))
    if preset.arms:
        found += [_stage("arms", 0, assay, groups.single_arms(), preset.size, seed, output) for assay in assays]
    if preset.parameters is not None:
        changes, size = groups.changes(), preset.parameters
        for assay in sorted(
            assays, key=lambda one: 0 if one == RELEASE else size.steps_in(one)
        ):  # so that most is there soon
            for first in range(0, len(changes), CHANGES_AT_ONCE):
                some = changes[first : first + CHANGES_AT_ONCE]
                members = [change.applied_to(group) for change in some for group in groups.compared_in(assay)]
                number = first // CHANGES_AT_ONCE + 1
                found.append(_stage("parameters", number, assay, members, preset.parameters, seed, output))
    return found


def check_folder(stage: Stage) -> RunFolder | None:
    """Return the run folder of a stage that was begun before, or None; one of another preset, seed or model is refused."""
    path = stage.config.run_path
    if not (path / "meta.json").exists():
        return None
    run = RunFolder.open(path)
    if _essence(run.config) != _essence(stage.config) or run.meta.get("battery") != _battery():
        raise UserError(
            f"{path} was made with another preset, seed or version of the model; choose another --output, or delete it"
        )
    return run


def run_stage(stage: Stage, progress: Progress) -> RunFolder:
    """Train and test what is missing of a stage, from its newest checkpoint if it was begun; return its run folder.

    What is done is not repeated. A run that another process is writing raises `UserError`.
    """
    # Only now, because a preset's stages can be listed without torch.
    from socialrl.training.run import resume_run, train_run

    run = check_folder(stage)
    if run is None:
        meta = {**collect_meta(stage.config.seed), "battery": _battery()}
        with RunFolder.create(stage.config.run_path, config_yaml=config_to_yaml(stage.config), meta=meta) as run:
            train_run(stage.config, run, progress=progress)
    elif not run.finished:
        with RunFolder.resume(run.path) as run:
            resume_run(run, progress=progress)
    if not run.has_table("evaluation"):
        with run:
            run.lock()
            shutil.rmtree(run.checkpoints, ignore_errors=True)  # half of a stage's size, and training is over
            # Rows under changed parameters are many, and nobody reads them one by one.
            run.write_table("evaluation", evaluate(run, stage.assay, progress), csv=stage.part != "parameters")
    return run


def _stage(part: str, number: int, assay: str, members: Sequence[Group], size: Size, seed: int, output: Path) -> Stage:
    words = [assay, *([part] if part else []), *([str(number)] if number else [])]
    config = stage_config("-".join(words), assay, members, size, seed, output)
    return Stage(" ".join(words), part, assay, tuple(members), config)


def stage_config(name: str, assay: str, members: Sequence[Group], size: Size, seed: int, output: Path) -> Config:
    """Return the configuration that trains and tests `members` in one assay, in the run folder `output`/`name`.

    Release takes no training; its configuration only says who the animals are, and both sexes are recorded.
    """
    trained = "StrangerEncounter" if assay == RELEASE else assay
    study = study_of(trained)
    return config_from_data(
        {
            "name": name,
            "output": str(output),
            "seed": seed,
            "engine": "cohort",
            "env": {"id": study.id, **study.training["env"]},
            "genotypes": {group.name: group.section() for group in members},
            "animals": size.animals * 2 if assay == RELEASE else size.animals_in(assay),
            "lives": study.training["lives"],
            "steps": size.steps_in(trained),
            "ppo": study.training.get("ppo", {}),
            "probes": {"every_steps": 10**9, "repeats": 1, "tests": []},
            "evaluation": {"repeats": size.repeats, "duration_s": study.test_s, "tests": _tests(trained)},
        },
        f"battery, {name}",
    )


def _tests(assay: str) -> list[dict[str, Any]]:
    """The registry's conditions as tests; what only relabels the result is no test of its own."""
    tests = []
    for condition in registry_conditions(assay):
        session = condition["session"] or study_of(assay).test_session
        kept = ("name", "cohousing_h", "relationship", "separation_h", "mating", "drugs")
        tests.append({**{name: condition[name] for name in kept}, "session": session})
    return tests


def _essence(config: Config) -> dict[str, Any]:
    """What decides a run's results: the whole configuration without its place and the number of processor cores."""
    return config.model_dump(exclude={"output", "workers"})


def _battery() -> dict[str, Any]:
    """What else decides them: the world's code and parameters."""
    return {"world": world_checksum()}
