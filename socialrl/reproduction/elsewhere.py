"""Stages side by side: every cohort of a reproduction is a task, in a process of this machine or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from socialrl.findings.conditions import RELEASE
from socialrl.progress import open_progress
from socialrl.reproduction.stages import CohortStage, run_stage
from socialrl.training.run import memory_of
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.executors import run_all
from socialrl.work.task import Outcome, Seat, Task
from socialrl.work.waiting import when_free


def run_side_by_side(
    stages: Sequence[CohortStage], folder: Path, work: Asked, *, quiet: bool, say: Callable[[str], None]
) -> None:
    """Train and test stages where `work` says, those of the most animals and steps first; `folder` is locked.

    Stages that fail are named in one `UserError` after the others have ended. Release, which is recorded in every
    call, is left out.
    """
    trained = [one for one in stages if one.assay != RELEASE]
    if not trained:
        return
    # the longest first, so that none is left over at the end
    trained.sort(key=lambda one: -one.n_animals * one.config.steps)
    with open_executor(work, folder) as executor, open_call(folder) as ticket:
        executor.check_room([memory_of(one.config, one.n_animals) for one in trained])
        say(f"{len(trained)} stages on {executor.where}")
        names = _names(trained, folder)
        tasks = [
            Task(name, "socialrl.reproduction.elsewhere:make_stage", {"stage": _absolute(one)}, ticket)
            for name, one in zip(names, trained, strict=True)
        ]
        with open_progress("stages", quiet=quiet) as progress:
            progress.update(0, len(tasks))

            def done(outcome: Outcome, number: int) -> None:
                if outcome.error:
                    say(f"note: {outcome.name} failed: {outcome.error}\n{outcome.trace}".rstrip())
                progress.update(number, len(tasks), outcome.name)

            run_all(executor, tasks, "stage", done)


def make_stage(*, stage: CohortStage, seat: Seat) -> None:
    """Train and test one stage; a task."""
    when_free(lambda: run_stage(stage, seat.progress, seat.threads), seat)


def _names(stages: Sequence[CohortStage], folder: Path) -> list[str]:
    """Return the paths of run folders from the folder of the reproduction: `SocialOperant`, `seed-2/SocialOperant`."""
    return [one.config.run_path.relative_to(folder).as_posix() for one in stages]


def _absolute(stage: CohortStage) -> CohortStage:
    """Return a stage whose run folder is found from any working folder."""
    from dataclasses import replace

    place = str(stage.config.run_path.parent.resolve())
    return replace(stage, config=stage.config.model_copy(update={"output": place}))
