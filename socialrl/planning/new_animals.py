"""Animals that are trained for a plan: the groups that are compared, and no others, under a seed of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from socialrl import seeding
from socialrl.assays import short_id, study_of
from socialrl.config import limits
from socialrl.config.given_parameters import GivenParameters
from socialrl.config.loading import Config, config_to_yaml, with_overrides
from socialrl.errors import UserError, unknown
from socialrl.evaluation.playing import evaluate_run
from socialrl.findings.conditions import RELEASE
from socialrl.findings.records import Contrast, Finding
from socialrl.findings.registry import Registry
from socialrl.planning.animals import Animals, of_table
from socialrl.planning.question import Question
from socialrl.progress import Progress
from socialrl.protocols.evaluating import evaluate_protocol
from socialrl.reproduction.driver import stage_table
from socialrl.reproduction.groups import compared_in
from socialrl.reproduction.playable import check_playable
from socialrl.reproduction.presets import PRESETS, Size
from socialrl.reproduction.resources import check_resources
from socialrl.reproduction.stages import CohortStage, check_folder, run_stage, stage_config
from socialrl.storage.provenance import collect_meta
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS

_PRESET = "quick"
"""The size of a reproduction whose training new animals get where no run says how long to train."""


def new_seed(seed: int) -> int:
    """Return the seed of new animals, which is not that of any run but by a chance of one in four milliards."""
    return seeding.seed_int(seed, "plan", "new animals") % limits.MAX_SEED


def train(
    question: Question,
    like: Path | None,
    n: int,
    folder: Path,
    seed: int,
    opened: Callable[[str], Progress],
) -> tuple[Animals, Question]:
    """Return `n` new animals a group, trained and tested in `folder` as those of the run or reproduction `like` were.

    Without `like` they are trained as in a quick reproduction. `opened` is given a title and returns a display. What
    was trained before is not trained again; another question, number or seed in the same folder raises `UserError`.
    """
    if like is not None and (like / "meta.json").exists():
        return _as_in_run(question, RunFolder.open(like), n, folder, seed, opened)
    if question.protocol is not None:
        raise UserError(f"{question.protocol}: --train needs --run, the run folder that says how animals are trained")
    return _as_in_battery(question, like, n, folder, seed, opened), question


def _as_in_battery(
    question: Question, like: Path | None, n: int, folder: Path, seed: int, opened: Callable[[str], Progress]
) -> Animals:
    book = _needed(question)
    check_playable(book)
    stages = [_stage(assay, book, like, n, folder, seed) for assay in book.assays]
    for stage in stages:
        if stage.assay != RELEASE:
            check_folder(stage)
    folder.mkdir(parents=True, exist_ok=True)
    check_resources([one for one in stages if one.assay != RELEASE], folder)
    tables = {}
    for stage in stages:
        if stage.assay != RELEASE:
            run_stage(stage, opened(f"training {stage.n_animals} animals in {stage.assay}"))
        tables[stage.assay] = stage_table(stage)
    first = stages[0].config
    return Animals("new animals", tables, {"seed": seed, "table": first.env.table, "steps": first.steps})


def _stage(assay: str, book: Registry, like: Path | None, n: int, folder: Path, seed: int) -> CohortStage:
    """The cohort of the compared groups in one assay, with steps, repeats and parameters as in `like`."""
    trained = "StrangerEncounter" if assay == RELEASE else assay
    config = None if like is None or assay == RELEASE else RunFolder.open(like / assay).config
    usual = PRESETS[_PRESET].size
    steps, repeats = (
        (usual.steps_in(trained), usual.repeats) if config is None else (config.steps, config.evaluation.repeats)
    )
    study = study_of(trained)
    together = len(ASSAYS[study.id].acting) if study.pairs else 1
    if n % together or n < study.least_animals:
        allowed = f"a multiple of {together}, " if together > 1 else ""
        raise UserError(f"--train must be {allowed}{max(study.least_animals, together)} or more in {assay}, got {n}")
    given = GivenParameters()
    if config is not None:
        given = GivenParameters(parameters=config.env.parameters, individual_spread=config.individual_spread)
    members = compared_in(assay, book)
    size = Size(n, {trained: steps}, repeats, many=False)
    made = stage_config(f"new-{assay}", assay, members, size, seed, folder, book, given)
    return CohortStage(f"new {assay}", "", assay, tuple(members), made, book)


def _needed(question: Question) -> Registry:
    """The findings of a question with the comparisons that are planned for, and no others."""
    kept: dict[str, tuple[Finding, list[Contrast]]] = {}
    for one in question.comparisons:
        if one.finding is not None:
            kept.setdefault(one.finding.id, (one.finding, []))[1].append(one.contrast)
    findings = [finding.model_copy(update={"contrasts": tuple(contrasts)}) for finding, contrasts in kept.values()]
    return question.registry.only(findings)


def _as_in_run(
    question: Question, like: RunFolder, n: int, folder: Path, seed: int, opened: Callable[[str], Progress]
) -> tuple[Animals, Question]:
    """New animals of a run's own configuration, which play its tests or the protocol."""
    # Only now, because a plan from tables needs no torch.
    from socialrl.training.run import check_fits, resume_run, train_run

    before = like.config
    if before.habitats:
        raise UserError(f"{like.path} has habitats of several genotypes, whose animals cannot be trained apart; "
                        "leave out --train")  # fmt: skip
    config = with_overrides(before, [f"name={_name(question)}", f"output={folder}", f"seed={seed}", f"animals={n}"])
    groups = _groups(question, before)
    config = config.model_copy(update={"genotypes": {name: config.genotypes[name] for name in groups}})
    path = config.run_path
    if (path / "meta.json").exists():
        run = RunFolder.open(path)
        if run.config_text != config_to_yaml(config):
            raise UserError(f"{path} holds other animals; choose another --output, or delete it")
    else:
        check_fits(config)
        meta = collect_meta(config.seed, config.env.table)
        run = RunFolder.create(path, config_yaml=config_to_yaml(config), meta=meta)
        with run:
            train_run(config, run, progress=opened(f"training {n * len(groups)} animals"))
    if not run.finished:
        with RunFolder.resume(path) as run:
            resume_run(run, progress=opened(f"training {n * len(groups)} animals"))
    table = "evaluation" if question.protocol is None else f"protocol_{question.name}"
    if not run.has_table(table):
        with run:
            run.lock()
            progress = opened("testing")
            repeats = int(like.read_table(table)["repeat"].nunique()) if like.has_table(table) else None
            if question.protocol is None:
                evaluate_run(run, repeats=repeats, progress=progress)
            else:
                evaluate_protocol(run, question.protocol, repeats=repeats, progress=progress)
    found, explained = of_table(RunFolder.open(path), table, question)
    about = {"seed": seed, "table": config.env.table, "steps": config.steps}
    return Animals("new animals", found.tables, about), explained


def _name(question: Question) -> str:
    return "new-" + "".join(letter if letter.isalnum() else "-" for letter in question.name)


def _groups(question: Question, config: Config) -> list[str]:
    """The groups of a configuration that the comparisons ask for, under its own names."""
    found = []
    for comparison in question.comparisons:
        for name in comparison.contrast.groups:
            other = question.registry.groups.get(name)
            names = (name, *(other.names if other is not None else ()))
            here = next((one for one in names if one in config.genotypes), None)
            if here is None:
                raise UserError(f"{short_id(config.env.id)}: {unknown('group', name, list(config.genotypes))}")
            found.append(here)
    return list(dict.fromkeys(found))
