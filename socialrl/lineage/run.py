"""The verb `lineage`: from a file to a folder with a table row per animal, a page, and what both rest on."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import torch as th

import socialrl_envs
from socialrl.budget import check_tests
from socialrl.config.loading import Config, load_as
from socialrl.errors import UserError
from socialrl.lineage.adults import assayed
from socialrl.lineage.carers import Watch, watched
from socialrl.lineage.elsewhere import SideBySide
from socialrl.lineage.findings import check_asked
from socialrl.lineage.folder import REFERENCE, Generations, stage_of
from socialrl.lineage.generations import Maker, Test, reference_of
from socialrl.lineage.outcome import Lineage
from socialrl.lineage.schema import LineageConfig
from socialrl.lineage.settings import assay_settings, care_settings
from socialrl.progress import Progress
from socialrl.storage.files import checksum
from socialrl.storage.provenance import collect_meta
from socialrl.training import cohort
from socialrl.training.run import check_fits
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.pieces import Pieces
from socialrl_envs.compiled import sources_digest
from socialrl_envs.parameters import markdown

Write = Callable[[Lineage, Path, dict[str, Any]], None]
"""The kind of function that writes results: `report.write_results`."""

_OWN = ("adults", "animals", "carers", "generations", "genetics", "pedigree", "rearing", "settings")
"""The modules here that decide numbers of animals."""


def load_lineage(path: Path, overrides: Sequence[str] = ()) -> LineageConfig:
    """Return the lineage that a YAML file describes, with overrides; errors as in `load_config`."""
    return load_as(LineageConfig, path, "lineage", overrides)


def run_lineage(
    config: LineageConfig,
    where: str,
    *,
    overwrite: bool = False,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
    watch: Watch = watched,
    test: Test = assayed,
    write: Write | None = None,
    work: Asked | None = None,
) -> Lineage:
    """Make every generation that is not there yet, write the results to `config.run_path`, and return them.

    `where` names the file in errors. `watch` and `test` train and test animals, `write` writes the results; with `work`
    animals of a generation are trained and tested side by side. A repeated call goes on after the last finished
    generation. A finished lineage, one with another plan, a folder with other files and a generation in which a cell
    has no survivors raise `UserError`.
    """
    folder = config.run_path
    care, assays = care_settings(config, where), assay_settings(config, where)
    check_asked(config.findings, config.cells, Lineage.measures_of(assays), config.generations, where)
    Generations.refuse_finished(folder, overwrite)
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "manifest.json").is_file():
        raise UserError(f"{folder} holds files but no lineage; choose another name, nothing was touched")
    check_size(config, [*care.values(), *assays.values()])
    meta = collect_meta(config.seed, config.env.table)
    with Generations.open(folder, _plan(config, [*care.values(), *assays.values()]), meta, overwrite=overwrite) as kept:
        before = [name for name in (REFERENCE, *map(stage_of, range(config.generations + 1))) if kept.done(name)]
        if before:
            say(f"resuming in {folder}; already there: {', '.join(before)}")
        th.set_num_threads(config.workers or th.get_num_threads())
        counter = _Counter(progress, config, care, assays)
        with _keeping(kept, work, watch, test, say) as (watch, test, keep):
            maker = Maker(config, care, assays, watch, test, counter)
            families = keep(REFERENCE, maker.reference_families)
            counter.stage(REFERENCE, 0)
            reference = reference_of(families)
            animals = keep(stage_of(0), maker.founders)
            counter.stage("founders", 1)
            tables = [animals]
            for number in range(1, config.generations + 1):
                parents = animals
                animals = keep(stage_of(number), lambda: maker.generation(number, parents, reference))  # noqa: B023
                counter.stage(f"generation {number}", number + 1)
                tables.append(animals)
        lineage = Lineage.of(config, assays, reference, families, tables)
        continued = [{name: one[name] for name in _TOLD} for one in kept.continued]
        (write or _results_writer())(lineage, folder, {**kept.begun, "continued": continued})
    return lineage


Keep = Callable[[str, Callable[[], pd.DataFrame]], pd.DataFrame]


@contextlib.contextmanager
def _keeping(
    kept: Generations, work: Asked | None, watch: Watch, test: Test, say: Callable[[str], None]
) -> Iterator[tuple[Watch, Test, Keep]]:
    """Provide what watches, tests and keeps: as given, or, with `work`, in pieces that are made side by side."""
    if work is None or not work.anything:
        yield watch, test, kept.keep
        return
    with open_executor(work, kept.folder) as executor, open_call(kept.folder) as ticket:
        say(f"animals learn on {executor.where}")
        pieces = Pieces(kept.folder, executor, ticket)
        beside = SideBySide(pieces)

        def keep(stage: str, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
            table = kept.keep(stage, make)
            pieces.drop()
            return table

        yield beside.watch, beside.test, keep


def check_size(config: LineageConfig, cohorts: Sequence[Config]) -> None:
    """Raise `UserError` if a generation that learns and is tested by `cohorts` does not fit into memory or time."""
    n = max(config.litters * config.pups * len(config.cells), 2 * config.reference_families)
    for one in cohorts:
        check_fits(one, n)
        n_tests, repeats = max(len(one.evaluation.tests), 1), one.evaluation.repeats
        longest_s = max([one.for_evaluation().env.duration_s, *map(one.length_of, one.evaluation.tests)])
        ticks = round(longest_s / one.env.dt_s)
        check_tests(n, n_tests, repeats, longest_s, ticks, at_once=n * n_tests * repeats)


def _results_writer() -> Write:
    # imported here, because drawing libraries are needed only at the end
    from socialrl.lineage.report import write_results

    return write_results


_TOLD = ("started", "versions", "commit")


def _plan(config: LineageConfig, cohorts: Sequence[Config]) -> dict[str, Any]:
    """Return everything that the numbers of a lineage depend on, by name."""
    world, here = Path(socialrl_envs.__file__).parent, Path(__file__).parent
    given = config.model_dump(mode="json", exclude={"name", "output", "workers", "findings", "care", "assays"})
    trained = [
        one.model_dump(mode="json", include={"device", "env", "lives", "ppo", "steps", "evaluation"}) for one in cohorts
    ]
    return {
        **dict(_flat(given)),
        **{name: one for section in trained for name, one in _flat(section, f"{section['env']['id']} ")},
        "parameter table": checksum(markdown(config.env.table).encode()),
        "code of the model": sources_digest(world) + sources_digest(world / "assays"),
        "code of the training": sources_digest(Path(cohort.__file__).parent),
        "code of the generations": checksum(b"".join((here / f"{name}.py").read_bytes() for name in _OWN)),
    }


def _flat(section: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in section.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class _Counter:
    """Adds up the steps of all cohorts of a lineage for the display; every generation counts as equally long."""

    def __init__(self, progress: Progress, config: LineageConfig, care: Mapping[int, Any], assays: Any) -> None:
        n = config.litters * config.pups * len(config.cells)
        self._of_care = care[2].steps * n
        self._of_assays = {name: one.steps * n for name, one in assays.items()}
        self._reference = care[2].steps * 2 * config.reference_families
        self._each = self._of_care + sum(self._of_assays.values())
        self._total = self._reference + self._each * (config.generations + 1)
        self._progress, self._before, self._cohort, self._so_far, self._now = progress, 0, "", 0, 0

    def __call__(self, steps: int, cohort: str) -> None:
        if cohort != self._cohort:
            self._so_far, self._cohort = self._so_far + self._now, cohort
        self._now = steps
        self._progress.update(min(self._before + self._so_far + self._now, self._total), self._total, cohort)

    def stage(self, text: str, number: int) -> None:
        """Note that a stage is there, whether it was made now or before."""
        self._before, self._so_far, self._now, self._cohort = self._reference + self._each * number, 0, 0, ""
        self._progress.update(self._before, self._total, text)
