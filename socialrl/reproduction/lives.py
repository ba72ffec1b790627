"""Tests of the registry after a life: the phases of a condition as a history of a protocol, played with its animals.

A condition's `life` comes first, then the hours with the partner and apart, then the test: so hours of cohousing, mates
and drugs mean the same after a life as without one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from socialrl.animals.animal import Animal
from socialrl.assays import study_of
from socialrl.config.loading import Config, EnvSection
from socialrl.errors import UserError
from socialrl.evaluation.playing import load_policies
from socialrl.findings.base import HOUR_S
from socialrl.findings.condition import Condition
from socialrl.findings.registry import Registry
from socialrl.progress import Progress
from socialrl.protocols.plan import plan
from socialrl.protocols.planned import PlannedTest
from socialrl.protocols.playing import play_protocol
from socialrl.protocols.schema import protocol_from_data
from socialrl.storage.run_folder import RunFolder

_ROWS_AT_ONCE = 4096


def phases_of(condition: Condition, assay: str) -> list[dict[str, Any]]:
    """Return the phases of a condition with a life, its test last, as a protocol file has them."""
    phases: list[dict[str, Any]] = [dict(one) for one in condition.life]
    if condition.cohousing_h:
        cohouse = {"with": "partner", "hours": condition.cohousing_h, "relationship": condition.relationship}
        if condition.mating is not None:
            cohouse["mating"] = condition.mating
        if condition.met_at_d is not None:
            cohouse["age_d"] = condition.met_at_d
        phases.append({"cohouse": cohouse})
    if condition.separation_h:
        phases.append({"separate": {"hours": condition.separation_h}})
    for dose in condition.drugs:
        hours = {"start_h": dose.start_s / HOUR_S, "hours": (dose.end_s - dose.start_s) / HOUR_S}
        phases.append({"dose": {"drug": dose.drug, "dose": dose.dose, **hours}})
    test: dict[str, Any] = {"id": study_of(assay).id, **condition.slow}
    if condition.offered:
        test["with"] = list(condition.offered)
    if condition.stranger_sex != "as_partner":
        test["stranger_sex"] = condition.stranger_sex
    if condition.duration_s is not None:
        test["minutes"] = condition.duration_s / 60.0
    return [*phases, {"assay": test}]


def planned(condition: Condition, assay: str, env: EnvSection, where: str) -> tuple[PlannedTest, ...]:
    """Return the one test of a condition, as animals trained in `env` play it; mistakes raise `UserError`."""
    if condition.met_at_d is not None and not condition.cohousing_h:
        raise UserError(f"{where}: met_at_d needs hours of cohousing, cohousing_h, got 0")
    data = {"name": "lives", "histories": {condition.name: phases_of(condition, assay)}}
    return plan(protocol_from_data(data, where), env, where)[0]


def play_lives(
    run: RunFolder, config: Config, animals: Sequence[Animal], assay: str, registry: Registry, progress: Progress
) -> pd.DataFrame:
    """Return the rows of an assay's conditions with a life: those of a protocol, `test` naming the condition.

    A life takes longer than its test, so only the groups live it that a comparison asks for; animals of no group of
    the registry, such as those with a changed parameter, live all.
    """
    repeats = config.evaluation.repeats
    conditions = [one for one in registry.conditions_in(assay) if one.life]
    known = {name for group in registry.groups for name in _genotypes(group, registry)}
    at_once = max(1, _ROWS_AT_ONCE // repeats)
    pieces = []
    for number, condition in enumerate(conditions):
        progress.update(number, len(conditions), "lives tested")
        tests = planned(condition, assay, config.env, condition.name)
        asked = {
            name
            for finding in registry.findings
            for contrast in finding.contrasts
            if condition.name in contrast.conditions
            for group in contrast.groups
            for name in _genotypes(group, registry)
        }
        living = [one for one in animals if one.genotype in asked or one.genotype not in known]
        for first in range(0, len(living), at_once):
            some = living[first : first + at_once]
            rows = play_protocol(config, some, load_policies(run, some), [tests], repeats=repeats, steps=config.steps)
            pieces.append(rows)
    progress.update(len(conditions), len(conditions), "lives tested")
    return pd.concat(pieces, ignore_index=True)


def _genotypes(group: str, registry: Registry) -> tuple[str, ...]:
    """The names under which the animals of a group of the registry are found."""
    return (group, *registry.groups[group].names)
