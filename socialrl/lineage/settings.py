"""From the file of a lineage to the configurations of its cohorts: one to learn to rear, one for each assay."""

from __future__ import annotations

from typing import Any

from socialrl.assays import short_id, study_of
from socialrl.config.loading import Config, config_from_data
from socialrl.errors import UserError, unknown
from socialrl.lineage.schema import Learning, LineageConfig
from socialrl_envs.vocabulary import SLOW

CARE = {1: "socialrl/Caregiving-v0", 2: "socialrl/SharedCaregiving-v0"}
"""The assay of care by the number of carers."""


def care_settings(config: LineageConfig, where: str) -> dict[int, Config]:
    """Return the configurations in which animals learn to rear and are watched, by the number of carers."""
    return {n: _settings(config, config.care, assay, f"{where}: care", ()) for n, assay in CARE.items()}


def assay_settings(config: LineageConfig, where: str) -> dict[str, Config]:
    """Return the configuration of every assay that adults are tested in, by its short id."""
    from socialrl_envs import ASSAYS

    found: dict[str, Config] = {}
    tests: dict[str, str] = {}
    alone = {short_id(name): name for name in ASSAYS if len(ASSAYS[name].acting) == 1 and name not in CARE.values()}
    for name, learning in config.assays.items():
        if name not in alone:
            raise UserError(
                f"{where}: assays: {unknown('assay', name, alone, listed_as='assays in which one animal acts')}"
            )
        if not learning.tests:
            raise UserError(
                f"{where}: assays.{name}.tests must name at least one test, such as "
                "{name: day, cohousing_h: 24}; without one nothing is measured"
            )
        found[name] = _settings(config, learning, alone[name], f"{where}: assays.{name}", learning.tests)
        for test in found[name].evaluation.tests:
            if test.name in tests:
                raise UserError(
                    f"{where}: assays.{name}.tests has a test called '{test.name}', as has {tests[test.name]}; tests "
                    "are columns of one table, so each needs a name of its own"
                )
            tests[test.name] = name
    return found


def _settings(
    config: LineageConfig, learning: Learning, assay: str, where: str, tests: tuple[dict[str, Any], ...]
) -> Config:
    from socialrl_envs import ASSAYS

    study = study_of(assay)
    usual = dict(study.training.get("env", {}))
    reset = {name: value for name, value in usual.get("reset", {}).items() if name not in {one.name for one in SLOW}}
    given = learning.env.get("reset", {})
    for one in SLOW:
        if isinstance(given, dict) and one.name in given:
            raise UserError(
                f"{where}.env.reset.{one.name} cannot be set: in a lineage the slow state is what care has made of each"
                " animal"
            )
    if isinstance(given, dict):
        mates = {"relationship": "mate"} if assay == CARE[2] else {}
        given = {**reset, **mates, **given}
    env = {**usual, **learning.env, "reset": given, "id": assay, "attachment": True}
    env |= {"parameters": dict(config.env.parameters), "arms": dict(config.env.arms)}
    return config_from_data(
        {
            "name": config.name,
            "output": config.output,
            "seed": config.seed,
            "workers": config.workers,
            "engine": "cohort",
            "env": env,
            # who learns are the animals of the lineage; these stand for them where a configuration is checked
            "genotypes": {"dam": {"oxtr_gain": 1.0}, "sire": {"oxtr_gain": 1.0, "sex": "male"}},
            "habitats": {"pair": ["dam", "sire"]} if assay == CARE[2] else {},
            "animals": len(ASSAYS[assay].acting),
            "individual_spread": config.individual_spread,
            "lives": learning.lives or study.training.get("lives", 16),
            "steps": learning.steps or study.steps.get("full", 80_000),
            "ppo": {**study.training.get("ppo", {}), **learning.ppo},
            "probes": {"every_steps": 10**9, "repeats": 1, "tests": []},
            "evaluation": {
                "repeats": learning.repeats,
                "duration_s": learning.duration_s or study.test_s,
                "tests": list(tests),
            },
        },
        where,
    )
