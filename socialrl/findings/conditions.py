"""Checks whether a condition of the registry is possible in its assay, and gives the test that is played for it.

Every key of a condition either changes what is played or is refused, here or where the record is read: nothing in a
file of findings is silently ignored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from socialrl.assays import registered_studies, short_id
from socialrl.errors import unknown
from socialrl.extensions import load_extensions
from socialrl.findings.condition import Condition

RELEASE = "OxytocinRelease"
"""The assay without a policy: slices are recorded, and no animals are housed together."""

PLAYED = (
    "name", "cohousing_h", "relationship", "separation_h", "mating", "session", "stranger_sex", "access_s", "drugs",
    "duration_s",
)  # fmt: skip
"""The keys of a condition that a test has, too, beside those of attachment and conditioning.

`partner_is` is applied afterwards.
"""
_OF_A_RECORDING = ("name", "drugs", "note")


def as_test(condition: Condition) -> dict[str, Any]:
    """Return the section `evaluation.tests[…]` of a configuration that plays a condition."""
    return {**condition.model_dump(include=set(PLAYED)), **condition.slow, **condition.conditioning}


def mistake(assay: str, condition: Condition) -> str:
    """Return why a condition cannot be played in an assay (short id), as the end of an error line; empty if it can."""
    from socialrl_envs import ASSAYS  # imported late, because the compiled code behind it is slow to import

    load_extensions()
    worlds = {short_id(one.id): one for one in ASSAYS.values()}
    # an assay may be studied twice, with animals that learned otherwise
    worlds |= {study.name: ASSAYS[study.id] for study in registered_studies() if study.id in ASSAYS}
    if assay not in (*worlds, RELEASE):
        return f"is of an {unknown('assay', assay, [*worlds, RELEASE])}"
    if assay == RELEASE:
        return _mistake_of_a_recording(condition)
    world = worlds[assay]
    if (condition.life or condition.slow) and assay not in _with_slow_state():
        what = "a life" if condition.life else next(iter(condition.slow))
        allowed = ", ".join(_with_slow_state())
        return f"must have no {what} in {assay}, whose animals have no slow state; allowed in {allowed}"
    for name, value in condition.conditioning.items():
        if not world.contexts:
            return f"must have no {name} in {assay}, which has no conditioning"
        if name == "conditioning_days" and value % 2.0 != 0.0:
            return f"must have an even number of conditioning_days, sessions of both contexts in turn, got {value:g}"
    if condition.life:
        return ""  # who is in its test is checked with its phases, where they are played
    if condition.relationship not in world.relationships:
        allowed = " or ".join(world.relationships)
        return f"must have relationship {allowed} in {assay}, got {condition.relationship}"
    sessions = list(world.session_table)
    if condition.session is None and len(world.usual_sessions) > 1:
        return f"must name a session in {assay}: {', '.join(sessions)}"
    if condition.session is not None and condition.session not in sessions:
        return f"has an {unknown('session', condition.session, sessions)}"
    if condition.access_s is not None and not world.doors:
        return f"must have no access_s in {assay}, which has no doors"
    if condition.stranger_sex != "as_partner":
        here = world.session_table[condition.session or sessions[0]]
        conditioned = world.contexts and condition.conditioned_with == "stranger"
        if not conditioned and not any(here[stranger] for stranger in world.strangers):
            place = f"the session {condition.session}" if world.strangers else assay
            return f"must have stranger_sex as_partner in {place}, where there is no stranger"
    return ""


def _with_slow_state() -> list[str]:
    """The studies whose animals are trained with attachment on."""
    return [study.name for study in registered_studies() if study.attachment]


def twin(name: str, conditions: Mapping[str, Condition], sessions: Iterable[str]) -> str | None:
    """Return the condition that differs from `name` in its session only, both of `sessions`; None if there is none."""
    kinds = tuple(sessions)
    own = {"name", "session", "note"}
    wanted = conditions[name].model_dump(exclude=own)
    others = {one: other for one, other in conditions.items() if other.session in kinds and one != name}
    alike = (one for one, other in others.items() if other.model_dump(exclude=own) == wanted)
    return next((one for one in alike if others[one].session != conditions[name].session), None)


def _mistake_of_a_recording(condition: Condition) -> str:
    given = condition.model_fields_set - set(_OF_A_RECORDING)
    if given:
        listed = ", ".join(sorted(given))
        return f"must have no {listed} in {RELEASE}, where slices are recorded; allowed: {', '.join(_OF_A_RECORDING)}"
    return ""
