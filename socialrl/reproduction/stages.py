"""The stages of a reproduction: which cohorts are trained, in which run folders, how one stage is run or resumed."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from socialrl.assays import study_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.config.loading import Config, config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.findings.condition import Condition
from socialrl.findings.conditions import RELEASE, as_test
from socialrl.findings.registry import Registry, load_registry
from socialrl.progress import Progress
from socialrl.reproduction import groups
from socialrl.reproduction.evaluation import evaluate
from socialrl.reproduction.groups import TrainedGroup
from socialrl.reproduction.lives import phases_of
from socialrl.reproduction.presets import Preset, Size
from socialrl.storage.atomic import naming_the_place
from socialrl.storage.provenance import collect_meta, world_checksum
from socialrl.storage.run_folder import RunFolder

CHANGES_AT_ONCE = 10
"""Changed parameters in one run, so that little is lost by a kill and one run takes little memory."""


@dataclass(frozen=True)
class CohortStage:
    """One cohort: its groups in one assay, trained and tested in the run folder of `config` (release: recorded).

    `part` is empty for the groups of the registry and the dose-response, else "arms", "development" or "parameters".
    `registry` holds the conditions that are played.
    """

    title: str
    part: str
    assay: str
    groups: tuple[TrainedGroup, ...]
    config: Config
    registry: Registry

    @property
    def n_animals(self) -> int:
        """Animals in all groups."""
        return self.config.animals * len(self.groups)


def stages_of(
    preset: Preset,
    seed: int,
    output: Path,
    registry: Registry | None = None,
    parameters: GivenParameters | None = None,
) -> list[CohortStage]:
    """Return the stages of a preset in their order: the registry's groups, then single arms, then changed parameters.

    Assays come in the order of the registry; one that no comparison uses has no stage. All animals have `parameters`.
    """
    book, given = registry or load_registry(), parameters or GivenParameters()
    found = []

    def add(part: str, number: int, assay: str, members: Sequence[TrainedGroup], size: Size) -> None:
        if members:
            found.append(_stage(part, number, assay, members, size, seed, output, book, given))

    # lives and places are asked of the groups that are compared alone
    with_curves = [one for one in book.assays if not (study_of(one).attachment or study_of(one).contexts)]
    for assay in book.assays:
        # without a dose-response, only the groups that are compared
        members = compared = groups.compared_in(assay, book)
        if preset.doses and assay in with_curves:
            everywhere = {group.name for group in [*groups.in_all_assays(book), *compared]}
            members = [*(one for one in groups.registered(book) if one.name in everywhere), *groups.doses(book)]
        add("", 0, assay, members, preset.size)
    if preset.arms:
        for assay in book.assays:
            if any(one.life for one in book.conditions_in(assay)):
                add("development", 0, assay, groups.developmental_arms(assay, book, given), preset.size.once)
            elif assay in with_curves:
                add("arms", 0, assay, groups.single_arms(), preset.size)
    if preset.parameters is not None:
        size = preset.parameters.once
        # those with little training first, so that most results are there soon
        for assay in sorted(book.assays, key=lambda one: 0 if one == RELEASE else size.steps_in(one)):
            changes = groups.changes(given, groups.own_parameters(assay))
            for first in range(0, len(changes), CHANGES_AT_ONCE):
                some = changes[first : first + CHANGES_AT_ONCE]
                members = [change.applied_to(group) for change in some for group in groups.changed_in(assay, book)]
                add("parameters", first // CHANGES_AT_ONCE + 1, assay, members, size)
    return found


def check_folder(stage: CohortStage) -> RunFolder | None:
    """Return the run folder of a stage that was begun before, or None; one made otherwise raises `UserError`."""
    path = stage.config.run_path
    with naming_the_place(f"read {path}"):
        if not (path / "meta.json").exists():
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise UserError(
                    f"{path} is not a run folder but takes the place of one; move it, or choose another --output"
                )
            return None
    run = RunFolder.open(path)
    theirs, ours = _given(run.config), _given(stage.config)
    if theirs != ours:
        raise UserError(
            f"{path} was made with parameters {theirs.in_words()}, not {ours.in_words()}; choose another --output, or "
            "give the same --parameters"
        )
    if _essence(run.config) != _essence(stage.config) or run.meta.get("battery") != _battery(stage):
        raise UserError(
            f"{path} was made with another preset, seed, file of findings or version of the model;"
            " choose another --output, or delete it"
        )
    return run


def is_tested(run: RunFolder) -> bool:
    """Whether the evaluation of a finished run was written to the end; a damaged one raises `UserError`."""
    return run.finished and run.has_table("evaluation") and run.is_settled("evaluation")


def run_stage(stage: CohortStage, progress: Progress, threads: int | None = None) -> RunFolder:
    """Train and test what is missing of a stage, from its newest checkpoint if there is one; return its run folder.

    Finished work is not repeated. A run that another process is writing raises `UserError`. `threads`: as many as the
    training may use, instead of all processors.
    """
    # Only now, because a preset's stages can be listed without torch.
    from socialrl.training.run import train_run

    run, config = check_folder(stage), stage.config.model_copy(update={"workers": threads or stage.config.workers})
    if run is None:
        meta = {**collect_meta(stage.config.seed, stage.config.env.table), "battery": _battery(stage)}
        with RunFolder.create(stage.config.run_path, config_yaml=config_to_yaml(stage.config), meta=meta) as run:
            train_run(config, run, progress=progress)
    elif not run.finished:
        with RunFolder.resume(run.path) as run:
            train_run(config, run, progress=progress)
    with run:
        run.lock()  # also where nothing is left to do but to remove the lock of a killed process
        if not is_tested(run):
            # Needed only to resume training, and half of a stage's size.
            for folder in (run.checkpoints, run.path / "parts"):
                shutil.rmtree(folder, ignore_errors=True)
            # Rows under changed parameters are many and are not read one by one.
            table = evaluate(run, stage.assay, stage.registry, progress)
            run.write_table("evaluation", table, csv=stage.part != "parameters")
    return run


def _stage(
    part: str,
    number: int,
    assay: str,
    members: Sequence[TrainedGroup],
    size: Size,
    seed: int,
    output: Path,
    registry: Registry,
    given: GivenParameters,
) -> CohortStage:
    words = [assay, *([part] if part else []), *([str(number)] if number else [])]
    config = stage_config("-".join(words), assay, members, size, seed, output, registry, given)
    return CohortStage(" ".join(words), part, assay, tuple(members), config, registry)


def stage_config(
    name: str,
    assay: str,
    members: Sequence[TrainedGroup],
    size: Size,
    seed: int,
    output: Path,
    registry: Registry,
    given: GivenParameters,
) -> Config:
    """Return the configuration that trains and tests `members` in one assay, in the run folder `output`/`name`.

    Release takes no training; its configuration only says who the animals are, and both sexes are recorded. Two groups
    of one name raise `UserError`.
    """
    trained = "StrangerEncounter" if assay == RELEASE else assay
    study = study_of(trained)
    names = [group.name.casefold() for group in members]
    for group in members:
        if names.count(group.name.casefold()) > 1:
            place = registry.origin.get(group.name, "the registry")
            raise UserError(f"{place}: the battery has a group {group.name} of its own; choose another name")
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
            "evaluation": {
                "repeats": size.repeats,
                "duration_s": study.test_s,
                "tests": [] if assay == RELEASE else [as_test(one) for one in _without_a_life(registry, assay)],
            },
        },
        f"battery, {name}",
        layers=[] if given.usual else [("--parameters", given.settings())],
    )


def _given(config: Config) -> GivenParameters:
    """Return the parameters that all animals of a run were given."""
    return GivenParameters(parameters=config.env.parameters, individual_spread=config.individual_spread)


def _essence(config: Config) -> dict[str, Any]:
    """What decides a run's results: the whole configuration without its place and the number of processor cores."""
    return config.model_dump(exclude={"output", "workers"})


def _battery(stage: CohortStage) -> dict[str, Any]:
    """What else decides a run's results: the world's code and parameters, tests with shuffled partners, and lives."""
    conditions = stage.registry.conditions_in(stage.assay)
    shuffled = [one.name for one in conditions if one.partner_is == "shuffled"]
    lives = {one.name: phases_of(one, stage.assay) for one in conditions if one.life}
    return {"world": world_checksum(), "shuffled": shuffled, **({"lives": lives} if lives else {})}


def _without_a_life(registry: Registry, assay: str) -> list[Condition]:
    """The tests of the run itself; those after a life are played as protocols are."""
    return [one for one in registry.conditions_in(assay) if not one.life]
