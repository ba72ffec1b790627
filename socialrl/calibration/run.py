"""The verb `calibrate`: from a score sheet and a configuration to a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import torch as th

import socialrl_envs
from socialrl.animals.animal import of_sex
from socialrl.calibration.calibrate import Plan, calibrate, check_enough
from socialrl.calibration.limits import check_length, check_work
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.simulate import trained_cohorts
from socialrl.calibration.stages import Stages, refuse_finished
from socialrl.config.loading import Config, TestCondition, config_from_data, with_overrides
from socialrl.errors import UserError
from socialrl.interop.formats import read_tests
from socialrl.interop.groups import only_untreated_wild_types
from socialrl.interop.score_sheets import ScoreSheet, choose_tests
from socialrl.progress import Progress
from socialrl.storage.files import checksum, csv_text
from socialrl.storage.provenance import collect_meta
from socialrl.training import cohort
from socialrl.training.devices import usable_device
from socialrl_envs.compiled import sources_digest
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import markdown
from socialrl_envs.vocabulary import SEXES

ASSAY = "socialrl/PartnerPreference-v0"
REPEATS = 4


def run_calibration(
    data: Path,
    output: Path,
    *,
    config: Config | None = None,
    plan: Plan,
    steps: int | None = None,
    pairs: str = "all",
    where: Iterable[str] = (),
    cohousing_h: float = 24.0,
    overwrite: bool = False,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Calibrate on the early tests of a score sheet and write the results to `output`, stage by stage.

    A repeated call resumes after the last finished stage. `config` gives training and world (default: the
    schema's values, 150 000 steps); its groups are not used, all animals are wild types. With `pairs` FM the simulated
    partner is a mate, else a peer; `where` picks rows of the sheet ("COLUMN=VALUE"). `say` receives the notes on the
    sheet even if it cannot be used. Raises `UserError` for what cannot be used, and for a folder with another plan.
    """
    refuse_finished(output, overwrite)
    notes: list[str] = []
    where = list(where)
    try:
        sheet, tests = _read(data, pairs, where, notes)
    finally:
        for note in notes:
            say(f"note: {note}")
    relationship = "mate" if set(tests["pair_type"]) == {"FM"} else "peer"
    settings = training_settings(config, plan.seed, steps, relationship)
    test = TestCondition(name="calibration", cohousing_h=cohousing_h, relationship=relationship)
    check_work(plan, settings)
    say(f"{len(tests)} tests of {sheet.name}; {plan.n_trained} animals learn {settings.steps} steps each")
    everything = whole_plan(plan, settings, test, sheet.sha256, tests, pairs, where)
    with Stages.open(output, everything, collect_meta(plan.seed), overwrite=overwrite) as stages:
        there = [stage for stage in plan.cohorts if stages.done(stage)]
        if there:
            say(f"resuming in {output}; already trained: {', '.join(there)}")
        th.set_num_threads(settings.workers or th.get_num_threads())
        before = sum(plan.cohorts[stage] for stage in there) * settings.steps
        counter = _Counter(progress, plan.n_trained * settings.steps, before)
        simulate = trained_cohorts(settings, test, repeats=REPEATS, on_steps=counter)
        base = of_sex(settings.env.changed_parameters, SEXES[0])
        result = calibrate(tests, simulate, plan, base, on_stage=counter.stage, keep=stages.keep)
        provenance = _provenance(stages, data, sheet.sha256, tests, plan, settings, test, pairs, where, notes)
        # Here and not above, because drawing libraries are needed only now.
        from socialrl.calibration.report import write_results

        write_results(result, output, provenance)
    return result


def _read(data: Path, pairs: str, where: list[str], notes: list[str]) -> tuple[ScoreSheet, pd.DataFrame]:
    """Return the sheet and the tests to calibrate on: early, of untreated wild types, enough, about 3 h."""
    sheet = read_tests(data, where=where, notes=notes)
    tests, more = choose_tests(sheet, pairs)
    notes += more
    notes += only_untreated_wild_types(sheet.groups, set(tests["line"]), sheet.name)
    check_enough(tests)
    check_length(tests, sheet.name)
    return sheet, tests


def whole_plan(
    plan: Plan,
    settings: Config,
    test: TestCondition,
    sha256: str,
    tests: pd.DataFrame,
    pairs: str,
    where: Iterable[str] = (),
) -> dict[str, Any]:
    """Return everything that the numbers of a calibration depend on, by name."""
    world = Path(socialrl_envs.__file__).parent
    training = settings.model_dump(mode="json", include={"device", "env", "lives", "ppo", "steps"})
    return {
        **vars(plan),
        "pairs": pairs,
        "where": sorted(where),
        "cohousing_h": test.cohousing_h,
        "relationship": test.relationship,
        "repeats": REPEATS,
        **dict(_flat(training)),
        "score sheet": sha256,
        "reading of the score sheet": checksum(csv_text(tests).encode()),
        "parameter table": checksum(markdown().encode()),
        "code of the model": sources_digest(world) + sources_digest(world / "assays"),
        "code of the training": sources_digest(Path(cohort.__file__).parent),
    }


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def training_settings(config: Config | None, seed: int, steps: int | None, relationship: str) -> Config:
    """Return the configuration of the cohorts; one that does not test wild types in this assay raises `UserError`."""
    if config is None:
        config = config_from_data(
            {
                "name": "calibration",
                "seed": seed,
                "env": {"id": ASSAY},
                "genotypes": {"wt": {"oxtr_gain": 1.0}},
                "animals": 1,
                "steps": 150_000,
            }
        )
    if config.env.id != ASSAY:
        raise UserError(f"score sheets are of partner-preference tests: env.id must be {ASSAY}, got {config.env.id}")
    switched = [arm for arm, setting in config.env.arms.items() if setting == "knockout"]
    if switched or config.env.drugs:
        what = f"arms as knockout ({', '.join(switched)})" if switched else "drugs"
        raise UserError(f"a calibration uses untreated wild types only; the configuration has {what}")
    if config.env.table != CURRENT:
        raise UserError(f"a calibration starts from the current parameter table, {CURRENT}; got {config.env.table}")
    usable_device(config.device)  # a missing GPU is refused before anything is made
    changes = [f"seed={seed}", f"env.reset.relationship={relationship}"]
    return with_overrides(config, changes + ([f"steps={steps}"] if steps is not None else []))


class _Counter:
    """Adds up the steps of one cohort after another for the display."""

    def __init__(self, progress: Progress, total: int, before: int) -> None:
        self._progress, self._total = progress, total
        self._before, self._now, self._cohort = before, 0, ""

    def __call__(self, steps: int, cohort: str) -> None:
        if cohort != self._cohort:
            self._before, self._cohort = self._before + self._now, cohort
        self._now = steps
        self._progress.update(self._before + self._now, self._total, cohort)

    def stage(self, text: str) -> None:
        self._progress.update(self._before + self._now, self._total, text)


def _provenance(
    stages: Stages,
    data: Path,
    sha256: str,
    tests: Any,
    plan: Plan,
    settings: Config,
    test: TestCondition,
    pairs: str,
    where: list[str],
    notes: list[str],
) -> dict[str, Any]:
    return {
        **stages.begun,
        "command": stages.begun["command"].replace(str(data), data.name),
        "continued": [{name: one[name] for name in ("started", "versions", "commit")} for one in stages.continued],
        "data": {
            "file": data.name,
            "sha256": sha256,
            "animals": len(tests),
            "pairs": pairs,
            "where": where,
            "pair_types": {str(kind): int(n) for kind, n in tests["pair_type"].value_counts(dropna=False).items()},
            "timepoint": "early",
            "notes": notes,
        },
        "simulated": {
            "cohousing_h": test.cohousing_h,
            "relationship": test.relationship,
            "oxtr_gain": 1.0,
            "repeats": REPEATS,
            "steps": settings.steps,
            "vectors": plan.vectors,
            "rounds": plan.rounds,
            "animals_per_later_round_and_check": plan.part,
            "animals_trained": plan.n_trained,
            "resamples": plan.resamples,
        },
    }
