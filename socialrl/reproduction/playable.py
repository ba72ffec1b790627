"""Whether a registry can be played by the battery, asked before anything runs.

The registry checks what a world allows. Here it is what the battery does: which assays it trains, how long its tests
are, where a shuffled partner has a meaning, and whether the tests have the columns that a measure needs.
"""

from __future__ import annotations

import functools

import numpy as np

from socialrl.analysis.synchrony import FORMS
from socialrl.assays import registered_studies, study_of
from socialrl.config.loading import EnvSection
from socialrl.errors import UserError, nearest
from socialrl.findings.condition import Condition
from socialrl.findings.conditions import RELEASE, twin
from socialrl.findings.registry import Registry
from socialrl.protocols.begun import INNER_STATE, SLOW_STATE
from socialrl.reproduction.lives import planned

_RECORDING_S = 600.0
_OF_LIVES = frozenset(f"{name}_{when}" for name in (*INNER_STATE, *SLOW_STATE) for when in ("start", "end"))
"""Columns of tests after a life: what the animal is like at the start of the test and at its end."""


def check_playable(registry: Registry) -> None:
    """Raise `UserError`, one line, for the first condition of a registry that the battery cannot play as written."""
    for name, condition in registry.conditions.items():
        if wrong := _mistake(name, condition, registry):
            raise UserError(f"{registry.origin[name]} {wrong}")
    for finding in registry.findings:
        for contrast in finding.contrasts:
            assay = registry.assay(contrast)
            lived = all(registry.conditions[name].life for name in contrast.conditions)
            known = frozenset() if assay == RELEASE else _columns_in(assay) | (_OF_LIVES if lived else frozenset())
            for column in _needed(contrast.measure, registry) if assay != RELEASE else ():
                if column not in known:
                    near = nearest(column, known)
                    hint = f"; did you mean '{near}'?" if near else ""
                    raise UserError(
                        f"{finding.id}: the measure {contrast.measure} needs the column '{column}',"
                        f" which tests in {assay} do not have{hint}"
                    )


def _needed(measure: str, registry: Registry) -> tuple[str, ...]:
    """Return the columns that a measure comes from, those of the measures that it is made of included."""
    one = registry.measures[measure]
    parts = [part for part in (one.first, one.less, one.time_to) if part is not None]
    return (*one.columns, *(column for part in parts for column in _needed(part, registry)))


@functools.cache
def _columns_in(assay: str) -> frozenset[str]:
    """Return the columns that a test of an assay is recorded in, from a world in which it has just begun."""
    from socialrl_envs import ASSAYS
    from socialrl_envs.records import columns
    from socialrl_envs.world import World

    study = study_of(assay)
    world = World(ASSAYS[study.id], 1, cohousing_h=0.0, attachment=study.attachment)
    everyone = np.ones(1, dtype=np.bool_)
    world.seed(np.zeros(1, dtype=np.uint64), everyone)
    world.begin(everyone)
    recorded = columns(world, np.zeros(1, dtype=np.int64))
    steps = [f"synchrony_{series}_{form}" for series in study.synchrony for form in FORMS]
    return frozenset([*recorded, "return", "steps", *(f"reward_{term}" for term in world.terms), *steps])


def _mistake(name: str, condition: Condition, registry: Registry) -> str:
    from socialrl_envs.assay import count_ticks

    assay = registry.assay_of[name]
    study = study_of(assay)
    trained = [one.name for one in registered_studies() if one.training]
    if assay != RELEASE and not study.training:
        return f"is of the assay {assay}, which the battery does not train; it has {', '.join([*trained, RELEASE])}"
    test_s = _RECORDING_S if assay == RELEASE else study.test_s or study.training["env"]["duration_s"]
    if condition.life:
        env = EnvSection.model_validate({"id": study.id, **study.training["env"]})
        planned(condition, assay, env, registry.origin[name])
        return ""
    if condition.duration_s is not None:
        try:
            count_ticks(study.training["env"]["dt_s"], condition.duration_s)
        except ValueError as error:
            return f"cannot be played: {error}"
        test_s = condition.duration_s
    late = [dose for dose in condition.drugs if dose.start_s >= test_s]
    if late:
        return f"gives {late[0].drug} {late[0].start_s:g} s after the start of a test that ends after {test_s:g} s"
    if condition.partner_is != "shuffled":
        return ""
    if study.shuffle is None:
        allowed = ", ".join(one.name for one in registered_studies() if one.shuffle)
        return f"has partner_is shuffled, which is not possible in {assay}; allowed in {allowed}"
    sessions = study.sessions
    if condition.session in sessions and twin(name, registry.conditions, sessions) is None:
        other = sessions[condition.session == sessions[0]]
        return f"has partner_is shuffled and needs a twin to exchange with: the same condition with session {other}"
    return ""
