"""The whole battery: train all groups on every assay, play the registry's tests, score the findings.

Every assay is a run folder of its own under the output folder, so a stage that is done is not repeated and one that was
stopped is resumed. All assays share the parameter table; nothing is fitted here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from socialrl import seeding
from socialrl.animals import animals_of
from socialrl.config import Config, TestCondition, config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.findings.registry import load_registry, registry_assays, registry_conditions
from socialrl.progress import open_progress
from socialrl.protocol import load_policies, play_tests
from socialrl.provenance import collect_meta
from socialrl.runs import RunFolder

from .release import release_table
from .training_plan import STEPS, TRAINING

_RELEASE = "OxytocinRelease"
_GAINS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
_ALL_ARMS = ("release", "consolidation", "reward", "defence", "retention")


@dataclass(frozen=True)
class Preset:
    """How large a reproduction is: animals per group (a multiple of 8), steps per animal, repeats of each test."""

    animals: int
    steps: dict[str, int]
    repeats: int
    doses: bool
    note: str


PRESETS = {
    "quick": Preset(
        8,
        STEPS["quick"],
        2,
        False,
        "Preset quick: 8 animals a group and short training, so intervals are wide and some animals have not learned.",
    ),
    "full": Preset(
        16,
        STEPS["full"],
        4,
        True,
        "Preset full: 16 animals a group.",
    ),
}


def reproduce(output: Path, preset_name: str, seed: int, *, quiet: bool = False) -> Path:
    """Run every stage that is not done under `output`, write scorecard and page there, and return the page's path.

    A folder that was made with another preset or seed raises `UserError`.
    """
    from socialrl.report.scorecard_page import write_scorecard

    preset = PRESETS[preset_name]
    tables = {}
    for assay in registry_assays():
        if assay == _RELEASE:
            both_sexes = replace(preset, animals=2 * preset.animals)
            tables[assay] = release_table(
                animals_of(battery_config("StrangerEncounter", both_sexes, seed, output)), seed
            )
        else:
            tables[assay] = _assay_table(output, assay, preset, seed, quiet)
    return write_scorecard(tables, output, name=output.name, notes=[preset.note])


def battery_config(assay: str, preset: Preset, seed: int, output: Path) -> Config:
    """Return the configuration that trains one assay's groups: the registry's, and the dose-response's."""
    registry = load_registry()
    groups: dict[str, Any] = {"wt": {"oxtr_gain": 1.0}, "het": {"oxtr_gain": 0.5}, "ko": {"oxtr_gain": 0.0}}
    known = {name for group in registry.groups.values() for name in group.names} & set(groups)
    for name, group in registry.groups.items():
        if not known & set(group.names):
            groups[name] = {"oxtr_gain": group.oxtr_gain, "arms": dict(group.arms)}
    if preset.doses:
        groups |= {f"gain_{gain:g}": {"oxtr_gain": gain} for gain in _GAINS if gain not in (0.0, 0.5, 1.0, 1.5)}
    training = TRAINING[assay]
    return config_from_data(
        {
            "name": assay,
            "output": str(output),
            "seed": seed,
            "engine": "cohort",
            "env": {"id": f"socialrl/{assay}-v0", **training["env"]},
            "genotypes": groups,
            "animals": preset.animals,
            "lives": training["lives"],
            "steps": preset.steps[assay],
            "ppo": training.get("ppo", {}),
            "probes": {"every_steps": 10**9, "repeats": 1, "tests": []},
            "evaluation": {"repeats": preset.repeats, "tests": _tests(assay)},
        },
        f"battery, {assay}",
    )


def _tests(assay: str) -> list[dict[str, Any]]:
    """The registry's conditions as tests; what only relabels the result is no test of its own."""
    tests = []
    for condition in registry_conditions(assay):
        session = "alone" if assay == "StrangerEncounter" else condition["session"]
        kept = ("name", "cohousing_h", "relationship", "separation_h", "mating", "drugs")
        tests.append({**{name: condition[name] for name in kept}, "session": session})
    return tests


def _assay_table(output: Path, assay: str, preset: Preset, seed: int, quiet: bool) -> pd.DataFrame:
    """Train and test one assay, or read what an earlier call has done."""
    from socialrl.training.cohort_run import resume_run, train_run

    config = battery_config(assay, preset, seed, output)
    path = config.run_path
    if (path / "meta.json").exists():
        run = RunFolder.open(path)
        if run.config != config:
            raise UserError(f"{path} was made with another preset, seed or version; choose another --output")
        if not run.finished:
            with RunFolder.resume(path) as run, open_progress(assay, quiet=quiet) as progress:
                resume_run(run, progress=progress)
    else:
        meta = collect_meta(seed)
        made = RunFolder.create(path, config_yaml=config_to_yaml(config), meta=meta)
        with made as run, open_progress(assay, quiet=quiet) as progress:
            train_run(config, run, progress=progress)
    if not run.has_table("evaluation"):
        with run:
            run.lock()
            _evaluate(run, config, assay)
    return run.read_table("evaluation")


def _evaluate(run: RunFolder, config: Config, assay: str) -> None:
    animals = animals_of(config)
    tests: tuple[TestCondition, ...] = config.evaluation.tests
    table = play_tests(
        config,
        animals,
        load_policies(run, animals),
        tests,
        repeats=config.evaluation.repeats,
        purpose="evaluation",
        steps=config.steps,
    )
    for condition in registry_conditions(assay):
        if condition["partner_is"] == "shuffled":
            table = _with_shuffled_labels(table, condition["name"], config.seed)
    if assay == "GroupHabitat":
        # cage mates share their contact, so the pair is the replicate; pairs of one habitat are not independent either
        table["unit"] = [f"pair {index // 2}" for index in table["index"]]
    run.write_table("evaluation", table, csv=True)


def _with_shuffled_labels(table: pd.DataFrame, test: str, seed: int) -> pd.DataFrame:
    """Swap partner and stranger in a random half of a test's rows: a null control of the labels."""
    rng = seeding.generator(seed, "shuffle", test)
    chosen = (table["test"] == test).to_numpy() & (rng.random(len(table)) < 0.5)
    swapped = table.copy()
    for name in [str(name) for name in table if str(name).endswith("_partner")]:
        other = f"{name.removesuffix('_partner')}_stranger"
        if other in table:
            swapped[name] = table[name].where(~chosen, table[other])
            swapped[other] = table[other].where(~chosen, table[name])
    return swapped
