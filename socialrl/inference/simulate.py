"""Makes the stored simulations: animals drawn from the prior learn in every assay, are frozen, and take the tests.

Training is costly and is done once: all questions are answered from the same tables. Animals are trained in cohorts,
each animal with its own parameters; a cohort that is finished is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl import seeding
from socialrl.animals.animal import Animal, of_sex
from socialrl.assays import study_of
from socialrl.config.loading import Config, config_from_data
from socialrl.config.values import TABLE
from socialrl.errors import UserError, shortened, unknown
from socialrl.evaluation.playing import play_tests
from socialrl.inference import battery
from socialrl.inference.folder import Writing
from socialrl.inference.traits import GENOTYPE, Base, animals, draw_scores, traits_of
from socialrl.progress import Progress
from socialrl.storage.files import checksum, json_text
from socialrl.storage.provenance import collect_meta, world_checksum
from socialrl.training.frozen_cohort import train_frozen
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.pieces import Pieces, Wanted
from socialrl.work.task import Seat
from socialrl_envs.vocabulary import SEXES

LEAST_ANIMALS = 32
"""Fewer cannot be split into animals that a posterior learns from and animals that it is tested on."""

MOST_STEPS = 10**11
CHANGEABLE = ("ppo.", "lives", "env.parameters", "device", "workers")
"""Keys of a configuration that may differ from the studies'; the rest is what makes the tests those of the battery."""


@dataclass(frozen=True)
class Size:
    """How much is simulated: animals in all and in one cohort, repeats of each test, steps per animal.

    `steps` None: those of the studies' full preset, assay by assay.
    """

    animals: int = 256
    repeats: int = 4
    steps: int | None = None
    together: int = 64

    def steps_in(self, assay: str) -> int:
        """Return the training steps per animal in an assay (short id)."""
        return self.steps if self.steps is not None else study_of(assay).steps["full"]

    def parts(self) -> list[tuple[int, int]]:
        """Return first and past-the-last animal of every cohort."""
        return [(first, min(first + self.together, self.animals)) for first in range(0, self.animals, self.together)]


def simulate(
    output: Path,
    size: Size,
    seed: int,
    overrides: Sequence[str] = (),
    *,
    assays: Sequence[str] = battery.ASSAYS,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
    work: Asked | None = None,
) -> None:
    """Make the simulations in the folder `output`, or what is missing of them.

    `overrides` (`key=value`) change the configuration of every assay's training; `assays` are short ids. `work` does
    cohorts side by side. Raises `UserError` for what cannot be used and for a folder that holds something else.
    """
    if size.animals < LEAST_ANIMALS:
        raise UserError(f"simulations need at least {LEAST_ANIMALS} animals, got {size.animals}")
    if size.repeats < 2:
        raise UserError(f"simulations need at least 2 repeats of each test, got {size.repeats}")
    for assay in assays:
        if assay not in battery.ASSAYS:
            raise UserError(f"--assay: {unknown('assay', assay, battery.ASSAYS)}")
    wanted = [assay for assay in battery.ASSAYS if assay in assays]
    configs = {assay: config_of(assay, size, seed, overrides) for assay in wanted if assay != battery.RELEASE}
    total = sum(config.steps for config in configs.values()) * size.animals
    if total > MOST_STEPS:
        raise UserError(f"{total:.2g} training steps in all, at most {MOST_STEPS:.0e} are allowed; simulate less")
    base = _common_base(configs)
    traits = traits_of(base)
    scores = draw_scores(traits, size.animals, seed)
    plan, tests = plan_of(wanted, configs, size, seed), [test.name for one in wanted for test in battery.in_assay(one)]
    with Writing.open(output, plan, collect_meta(seed), traits, scores, base, tests) as folder:
        if work is not None and work.anything:
            wanted_cohorts = {
                cohort_name(assay, number): (assay, animals(traits, scores[first:last], first, base))
                for assay in configs
                for number, (first, last) in enumerate(size.parts())
                if not folder.done(cohort_name(assay, number))
            }
            _side_by_side(wanted_cohorts, configs, size, folder, work, progress, say)
        done = 0
        for assay in wanted:
            for number, (first, last) in enumerate(size.parts()):
                name = cohort_name(assay, number)
                own = animals(traits, scores[first:last], first, base)
                steps = configs[assay].steps * len(own) if assay in configs else 0
                if folder.done(name):
                    say(f"{name} is there")
                elif assay in configs:
                    count = _Count(progress, done, total, len(own), name)
                    folder.keep(name, lambda: tested(configs[assay], own, assay, size.repeats, count))  # noqa: B023
                else:
                    folder.keep(name, lambda: recorded(own, seed, size.repeats))  # noqa: B023
                done += steps
        progress.update(total, total)


def _side_by_side(
    cohorts: Mapping[str, tuple[str, list[Animal]]],
    configs: Mapping[str, Config],
    size: Size,
    folder: Writing,
    work: Asked,
    progress: Progress,
    say: Callable[[str], None],
) -> None:
    """Make cohorts (name to assay and animals) where `work` says, and keep their tables."""
    if not cohorts:
        return
    wanted = {
        name: Wanted(
            "socialrl.inference.simulate:cohort_piece",
            {"config": configs[assay], "own": own, "assay": assay, "repeats": size.repeats},
        )
        for name, (assay, own) in cohorts.items()
    }
    with open_executor(work, folder.path) as executor, open_call(folder.path) as ticket:
        say(f"{len(wanted)} cohorts on {executor.where}")
        pieces = Pieces(folder.path, executor, ticket)
        tables = pieces.tables(wanted, lambda n: progress.update(n, len(wanted), "cohorts"))
        for name, table in tables.items():
            folder.keep(name, lambda: table)  # noqa: B023
        pieces.drop()


def cohort_piece(*, config: Config, own: list[Animal], assay: str, repeats: int, seat: Seat) -> pd.DataFrame:
    """Return the table of one cohort; a task."""
    mine = config.model_copy(update={"workers": seat.threads})
    return tested(mine, own, assay, repeats, lambda steps: seat.progress.update(steps, config.steps))


def cohort_name(assay: str, number: int) -> str:
    """Return the name of a cohort's table, without its suffix."""
    return f"{assay}-{number:03d}"


def plan_of(assays: Sequence[str], configs: Mapping[str, Config], size: Size, seed: int) -> dict[str, Any]:
    """Return everything that the numbers of the simulations depend on, by name."""
    what = {assay: config.model_dump(mode="json", exclude={"output", "workers"}) for assay, config in configs.items()}
    return {
        "seed": seed,
        "animals": size.animals,
        "repeats": size.repeats,
        "steps": {assay: config.steps for assay, config in configs.items()},
        "training": checksum(json_text(what).encode()),
        "model": checksum(world_checksum().encode()),
        "cohorts": [cohort_name(assay, k) for assay in assays for k in range(len(size.parts()))],
    }


def config_of(assay: str, size: Size, seed: int, overrides: Sequence[str] = ()) -> Config:
    """Return the configuration that trains and tests the animals in an assay: that of its study, with overrides."""
    for one in overrides:
        key = one.partition("=")[0]
        if not key.startswith(CHANGEABLE):
            raise UserError(
                f"command line: simulations can change {', '.join(CHANGEABLE)} only, got '{shortened(key)}'"
            )
    study = study_of(assay)
    return config_from_data(
        {
            "name": f"simulations-{assay}",
            "seed": seed,
            "env": {"id": study.id, **study.training["env"]},
            "genotypes": {GENOTYPE: {"oxtr_gain": 1.0}},
            "animals": 1,
            "lives": study.training["lives"],
            "steps": size.steps_in(assay),
            "ppo": study.training.get("ppo", {}),
            "probes": {"every_steps": 10**9, "repeats": 1, "tests": []},
            "evaluation": {
                "repeats": size.repeats,
                "duration_s": study.test_s,
                "tests": [{"name": test.name, **test.condition} for test in battery.in_assay(assay)],
            },
        },
        f"simulations of {assay}",
        overrides,
    )


def tested(
    config: Config, own: list[Animal], assay: str, repeats: int, on_steps: Callable[[int], None]
) -> pd.DataFrame:
    """Train animals as one cohort, freeze them, and return one row per animal, test and repeat, with what is read."""
    policies, steps = train_frozen(config, own, on_steps)
    rows = play_tests(
        config.for_evaluation(),
        own,
        policies,
        config.evaluation.tests,
        repeats=repeats,
        purpose="evaluation",
        steps=steps,
    )
    return _what_is_read(battery.with_tubes(rows), assay)


def recorded(own: list[Animal], seed: int, repeats: int) -> pd.DataFrame:
    """Return recordings of evoked release of the animals, every repeat in a slice of its own."""
    from socialrl.release.table import release_table

    pieces = [
        release_table(own, seeding.seed_int(seed, "inference", "recording", repeat)).assign(repeat=repeat)
        for repeat in range(repeats)
    ]
    return _what_is_read(pd.concat(pieces, ignore_index=True), battery.RELEASE)


def _what_is_read(rows: pd.DataFrame, assay: str) -> pd.DataFrame:
    read = dict.fromkeys(name for test in battery.in_assay(assay) for name in test.columns)
    return rows[["index", "test", "repeat", *read]].sort_values(["index", "test", "repeat"], ignore_index=True)


def _common_base(configs: Mapping[str, Config]) -> Base:
    """Return the table and the parameters that all animals have; every assay has the same overrides."""
    if not configs:
        return {}
    env = next(iter(configs.values())).env
    return {TABLE: env.table, **of_sex(env.changed_parameters, SEXES[0])}


class _Count:
    """Shows the steps of all cohorts together."""

    def __init__(self, progress: Progress, before: int, total: int, n_animals: int, name: str) -> None:
        self._progress, self._before, self._total = progress, before, total
        self._n_animals, self._name = n_animals, name

    def __call__(self, steps: int) -> None:
        self._progress.update(self._before + steps * self._n_animals, self._total, self._name)
