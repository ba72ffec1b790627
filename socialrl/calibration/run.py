"""The verb `calibrate`: from a score sheet and a configuration to a folder of results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch as th

from ..config import Config, TestCondition, config_from_data, with_overrides
from ..errors import UserError
from ..interop.score_sheets import choose_tests, read_score_sheet
from ..progress import Progress
from ..provenance import collect_meta
from .calibrate import Calibration, Plan, calibrate
from .simulate import trained_cohorts

ASSAY = "socialrl/PartnerPreference-v0"
REPEATS = 4
MARKER = "calibration.json"


def run_calibration(
    data: Path,
    output: Path,
    *,
    config: Config | None = None,
    plan: Plan,
    steps: int | None = None,
    pairs: str = "all",
    cohousing_h: float = 24.0,
    overwrite: bool = False,
    progress: Progress,
    say: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Calibrate on the early tests of a score sheet and write the results to `output`; nothing is written before the end.

    `config` gives training and world (default: the schema's values, 150 000 steps); its groups are not used, all animals are
    wild types. With `pairs` FM the simulated partner is a mate, else a peer. Raises `UserError` for what cannot be used.
    """
    if (output / MARKER).exists() and not overwrite:
        raise UserError(f"{output} holds a calibration; give another --output, or replace it with --overwrite")
    sheet = read_score_sheet(data)
    tests, notes = choose_tests(sheet, pairs)
    notes = [*sheet.notes, *notes]
    relationship = "mate" if set(tests["pair_type"]) == {"FM"} else "peer"
    settings = training_settings(config, plan.seed, steps, relationship)
    say(f"{len(tests)} tests of {sheet.name}; {plan.n_trained} animals learn {settings.steps} steps each")
    for note in notes:
        say(f"note: {note}")
    meta = collect_meta(plan.seed)  # now, because it holds the time of the start
    th.set_num_threads(settings.workers or th.get_num_threads())
    counter = _Counter(progress, plan.n_trained * settings.steps)
    test = TestCondition(name="calibration", cohousing_h=cohousing_h, relationship=relationship)
    simulate = trained_cohorts(settings, test, repeats=REPEATS, on_steps=counter)
    result = calibrate(tests, simulate, plan, dict(settings.env.parameters), on_stage=counter.stage)
    provenance = _provenance(meta, data, sheet.sha256, tests, plan, settings, test, pairs, notes)
    # Here and not above, because drawing libraries are needed only now.
    from .report import write_results

    write_results(result, output, provenance)
    return result


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
        raise UserError(f"a calibration is of untreated wild types; the configuration has {what}")
    changes = [f"seed={seed}", f"env.reset.relationship={relationship}"]
    return with_overrides(config, changes + ([f"steps={steps}"] if steps is not None else []))


class _Counter:
    """Adds up the steps of one cohort after another for the display."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._before, self._now, self._cohort = 0, 0, ""

    def __call__(self, steps: int, cohort: str) -> None:
        if cohort != self._cohort:
            self._before, self._cohort = self._before + self._now, cohort
        self._now = steps
        self._progress.update(self._before + self._now, self._total, cohort)

    def stage(self, text: str) -> None:
        self._progress.update(self._before + self._now, self._total, text)


def _provenance(
    meta: dict[str, Any],
    data: Path,
    sha256: str,
    tests: Any,
    plan: Plan,
    settings: Config,
    test: TestCondition,
    pairs: str,
    notes: list[str],
) -> dict[str, Any]:
    return {
        **meta,
        "command": meta["command"].replace(str(data), data.name),
        "data": {
            "file": data.name,
            "sha256": sha256,
            "animals": len(tests),
            "pairs": pairs,
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
