"""The verb `calibrate`: from a score sheet and a configuration to a folder of results."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import torch as th

import socialrl_envs
from socialrl.animals.animal import of_sex
from socialrl.calibration.calibrate import calibrate
from socialrl.calibration.elsewhere import SideBySide
from socialrl.calibration.limits import check_work
from socialrl.calibration.objective import course_of
from socialrl.calibration.outcome import Calibration
from socialrl.calibration.pairs import RELATIONSHIPS, by_kind
from socialrl.calibration.plan import Keep, Plan, Simulate
from socialrl.calibration.population import Space
from socialrl.calibration.search import need_cma
from socialrl.calibration.simulate import conditions, search_conditions, trained_cohorts
from socialrl.calibration.stages import Stages
from socialrl.calibration.summaries import TEST_S
from socialrl.calibration.voles import Voles, read_voles
from socialrl.config import limits
from socialrl.config.given_parameters import read_parameters
from socialrl.config.loading import Config, TestCondition, config_from_data, with_overrides
from socialrl.config.values import TABLE
from socialrl.errors import UserError
from socialrl.progress import Progress
from socialrl.storage.files import checksum, csv_text
from socialrl.storage.provenance import collect_meta
from socialrl.training import cohort
from socialrl.training.devices import usable_device
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.pieces import Pieces
from socialrl_envs.compiled import sources_digest
from socialrl_envs.parameters import markdown
from socialrl_envs.vocabulary import SEXES

ASSAY = "socialrl/PartnerPreference-v0"
REPEATS = 4
RETEST_DAYS = 12.0
"""Days between the early and the late tests of Brusman et al. 2024."""

DEFAULTS: dict[str, Any] = {
    "name": "calibration",
    "env": {"id": ASSAY},
    "genotypes": {"wt": {"oxtr_gain": 1.0}},
    "animals": 1,
    "steps": 80_000,
}
"""The configuration of a calibration that is given none: what differs from the schema's values."""


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
    retest_days: float | None = None,
    parameters: Sequence[str] = (),
    overwrite: bool = False,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
    work: Asked | None = None,
) -> Calibration:
    """Calibrate on the early tests of a score sheet and write the results to `output`, stage by stage.

    A repeated call resumes after the last finished stage. `config` gives training and world (default: `DEFAULTS`); its
    groups are not used, all animals are wild types. The partners of FM pairs are mates, those of FF and MM pairs peers;
    a sheet with both is fitted with one population. `pairs` and `where` ("COLUMN=VALUE") pick rows of the sheet. Late
    tests of the same animals, `retest_days` later, are not fitted, only compared. The fit starts from the parameters of
    `config` with `parameters` on top (`read_parameters`), and a direct search (`plan.search`, needs the library `cma`)
    from there. `say` receives the notes on the sheet even if it cannot be used. `work` trains animals side by side.
    Raises `UserError` for what cannot be used, and for a folder with another plan.
    """
    Stages.refuse_finished(output, overwrite)
    if plan.search:
        need_cma()
    notes: list[str] = []
    where = list(where)
    try:
        voles = read_voles(data, pairs, where, notes)
    finally:
        for note in notes:
            say(f"note: {note}")
    settings = starting_from(training_settings(config, plan.seed, steps, voles.kinds), parameters)
    hours = {"cohousing_h": cohousing_h, "retest_h": _retest_h(cohousing_h, retest_days, say)}
    space = space_of(settings)
    check_work(plan, settings)
    counts = ", ".join(f"{len(tests)} with {kind}" for kind, tests in by_kind(voles.early).items())
    say(
        f"{len(voles.early)} tests of {voles.sheet.name} ({counts}); {plan.n_trained} animals learn {settings.steps}"
        " steps each"
    )
    if left_out := space.left_out():
        say(left_out)
    everything = whole_plan(plan, settings, space, voles, hours, pairs, where)
    meta = collect_meta(plan.seed, settings.env.table)
    if plan.search:
        meta["versions"] = {**meta["versions"], "cma": metadata.version("cma")}
    with Stages.open(output, everything, meta, overwrite=overwrite) as stages:
        there = [stage for stage in plan.cohorts if stages.done(stage)]
        if there:
            say(f"resuming in {output}; already trained: {_in_words(there, plan)}")
        th.set_num_threads(settings.workers or th.get_num_threads())
        before = sum(plan.cohorts[stage] for stage in there) * settings.steps
        counter = _Counter(progress, plan.n_trained * settings.steps, before)
        course = course_of(voles.kinds, cohousing_h)
        with _simulators(settings, space, stages, work, counter, say) as (cohorts, keep):
            simulate = cohorts(conditions(voles.kinds, cohousing_h, hours["retest_h"]))
            try_out = cohorts(search_conditions(voles.kinds, cohousing_h, course)) if plan.search else None
            result = calibrate(
                voles.early,
                simulate,
                plan,
                space,
                late=voles.late,
                try_out=try_out,
                course=course,
                on_stage=counter.stage,
                keep=keep,
            )
        provenance = _provenance(stages, data, voles, plan, settings, space, hours, pairs, where, notes)
        # Here and not above, because drawing libraries are needed only now.
        from socialrl.calibration.report import write_results

        write_results(result, output, provenance)
    return result


@contextlib.contextmanager
def _simulators(
    settings: Config,
    space: Space,
    stages: Stages,
    work: Asked | None,
    counter: _Counter,
    say: Callable[[str], None],
) -> Iterator[tuple[Callable[[Sequence[TestCondition]], Simulate], Keep]]:
    """Provide what makes a simulator of some tests, and what keeps stages: in this process, or side by side."""
    if work is None or not work.anything:
        yield partial(trained_cohorts, settings, space, repeats=REPEATS, on_steps=counter), stages.keep
        return
    with open_executor(work, stages.folder) as executor, open_call(stages.folder) as ticket:
        say(f"animals learn on {executor.where}")
        pieces = Pieces(stages.folder, executor, ticket)

        def keep(stage: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
            table = stages.keep(stage, make)
            pieces.drop()
            return table

        def cohorts(tests: Sequence[TestCondition]) -> Simulate:
            return SideBySide(settings, space, tests, REPEATS, pieces, counter)

        yield cohorts, keep


def _in_words(stages: Sequence[str], plan: Plan) -> str:
    """Return the names of finished stages; the generations of a search, which come first and can be many, as one."""
    searched = [stage for stage in stages if stage in plan.generations]
    told = [f"{searched[0]} to {searched[-1]}"] if len(searched) > 2 else searched
    return ", ".join([*told, *stages[len(searched) :]])


def space_of(settings: Config) -> Space:
    """Return the free quantities around the parameters of a configuration: its table, and what differs from it."""
    return Space.around({**of_sex(settings.env.changed_parameters, SEXES[0]), TABLE: settings.env.table})


def _retest_h(cohousing_h: float, retest_days: float | None, say: Callable[[str], None]) -> float:
    """Return the hours from the early to the late test: as many as were asked for, else `RETEST_DAYS` if they fit."""
    most = limits.MAX_COHOUSING_H - cohousing_h
    if not 0.0 <= cohousing_h <= limits.MAX_COHOUSING_H:
        raise UserError(f"cohousing_h must be from 0 to {limits.MAX_COHOUSING_H:g}, got {cohousing_h:g}")
    if retest_days is not None:
        if not 0.0 <= 24.0 * retest_days <= most:
            raise UserError(
                f"retest_days must be from 0 to {most / 24.0:g} (pairs are cohoused for {limits.MAX_COHOUSING_H:g} h at"
                f" most, {cohousing_h:g} h of them before the early test), got {retest_days:g}"
            )
        return 24.0 * retest_days
    if most < 24.0 * RETEST_DAYS:
        say(
            f"note: late tests are simulated {most / 24.0:.3g} days after the early ones, because pairs are cohoused"
            f" for {limits.MAX_COHOUSING_H:g} h at most"
        )
    return min(most, 24.0 * RETEST_DAYS)


def whole_plan(
    plan: Plan,
    settings: Config,
    space: Space,
    voles: Voles,
    hours: Mapping[str, float],
    pairs: str,
    where: Iterable[str] = (),
) -> dict[str, Any]:
    """Return everything that the numbers of a calibration depend on, by name."""
    world = Path(socialrl_envs.__file__).parent
    training = settings.model_dump(mode="json", include={"device", "env", "lives", "ppo", "steps"})
    late = "" if voles.late is None else csv_text(voles.late)
    return {
        **vars(plan),
        "pairs": pairs,
        "where": sorted(where),
        **hours,
        "repeats": REPEATS,
        "set of free quantities": "; ".join(f"{one.name} {one.median_sd:g} {one.spread_sd:g}" for one in space.free),
        **dict(_flat(training)),
        "score sheet": voles.sheet.sha256,
        "reading of the score sheet": checksum((csv_text(voles.early) + late).encode()),
        "parameter table": checksum(markdown(settings.env.table).encode()),
        "code of the model": sources_digest(world) + sources_digest(world / "assays"),
        "code of the training": sources_digest(Path(cohort.__file__).parent),
        **({"code of the search": _search_digest()} if plan.search else {}),
    }


def _search_digest() -> str:
    """Return the checksum of what says how candidates are proposed and judged; other code must not go on with them."""
    own = Path(__file__).parent
    return checksum(
        b"".join((own / name).read_bytes() for name in ("goals.py", "objective.py", "search.py", "target.py"))
    )


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def training_settings(config: Config | None, seed: int, steps: int | None, kinds: Sequence[str]) -> Config:
    """Return the configuration of the cohorts; one that does not test wild types in this assay raises `UserError`.

    Each animal learns with partners of all `kinds` of pairs.
    """
    if config is None:
        config = config_from_data({**DEFAULTS, "seed": seed})
    if config.env.id != ASSAY:
        raise UserError(f"score sheets are of partner-preference tests: env.id must be {ASSAY}, got {config.env.id}")
    usable_device(config.device)  # a missing GPU is refused before anything is made
    tests_s = config.for_evaluation().env.duration_s
    if tests_s != TEST_S:
        key = "env" if config.evaluation.duration_s is None else "evaluation"
        raise UserError(
            f"{key}.duration_s must be {TEST_S:g} (3 h, the length of the real tests), got {tests_s:g}; shorter"
            f" training episodes need evaluation.duration_s: {TEST_S:g}"
        )
    switched = [arm for arm, setting in config.env.arms.items() if setting == "knockout"]
    if switched or config.env.drugs:
        what = f"arms as knockout ({', '.join(switched)})" if switched else "drugs"
        raise UserError(f"a calibration uses untreated wild types only; the configuration has {what}")
    usable_device(config.device)  # a missing GPU is refused before anything is made
    relationships = ", ".join(RELATIONSHIPS[kind] for kind in kinds)
    changes = [f"seed={seed}", f"env.reset.relationship=[{relationships}]"]
    return with_overrides(config, changes + ([f"steps={steps}"] if steps is not None else []))


def starting_from(config: Config, parameters: Sequence[str]) -> Config:
    """Return the configuration with other parameters to start from; see `read_parameters`, also for errors."""
    given = read_parameters(parameters, start=config.env.parameters)
    if given.individual_spread != 1.0:
        raise UserError("--parameters: individual_spread is what a calibration fits; leave it out of the file")
    return config.model_copy(update={"env": config.env.model_copy(update={"parameters": given.parameters})})


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
    voles: Voles,
    plan: Plan,
    settings: Config,
    space: Space,
    hours: Mapping[str, float],
    pairs: str,
    where: list[str],
    notes: list[str],
) -> dict[str, Any]:
    kinds = by_kind(voles.early)
    return {
        **stages.begun,
        "command": stages.begun["command"].replace(str(data), data.name),
        "continued": [{name: one[name] for name in ("started", "versions", "commit")} for one in stages.continued],
        "data": {
            "file": data.name,
            "sha256": voles.sheet.sha256,
            "animals": len(voles.early),
            "animals_by_kind": {kind: len(tests) for kind, tests in kinds.items()},
            "animals_tested_twice": 0 if voles.late is None else len(voles.late),
            "pairs": pairs,
            "where": where,
            "pair_types": {
                str(kind): int(n) for kind, n in voles.early["pair_type"].value_counts(dropna=False).items()
            },
            "timepoint": "early",
            "notes": notes,
        },
        "simulated": {
            **hours,
            "relationships": [RELATIONSHIPS[kind] for kind in kinds],
            "oxtr_gain": 1.0,
            "repeats": REPEATS,
            "dt_s": settings.env.dt_s,
            "steps": settings.steps,
            "not_fitted": space.left_out(),
            "vectors": plan.vectors,
            "rounds": plan.rounds,
            "animals_per_later_round_and_check": plan.part,
            "animals_trained": plan.n_trained,
            "resamples": plan.resamples,
            "search": {
                "generations": plan.search,
                "candidates": plan.candidates,
                "animals_per_candidate": plan.candidate_animals,
                "hours_together": list(course_of(tuple(kinds), hours["cohousing_h"])),
            },
        },
    }
