"""Whether a registry can be played by the battery, asked before anything runs.

The registry checks what a world allows. Here it is what the battery does: which assays it trains, how long its tests
are, and where a shuffled partner has a meaning.
"""

from __future__ import annotations

from socialrl.assays import registered_studies, study_of
from socialrl.errors import UserError
from socialrl.findings.conditions import RELEASE, twin
from socialrl.findings.records import Condition
from socialrl.findings.registry import Registry

_RECORDING_S = 600.0


def check_playable(registry: Registry) -> None:
    """Raise `UserError`, one line, for the first condition of a registry that the battery cannot play as it is written."""
    for name, condition in registry.conditions.items():
        if wrong := _mistake(name, condition, registry):
            raise UserError(f"{registry.origin[name]} {wrong}")


def _mistake(name: str, condition: Condition, registry: Registry) -> str:
    assay = registry.assay_of[name]
    study = study_of(assay)
    trained = [one.name for one in registered_studies() if one.training]
    if assay != RELEASE and not study.training:
        return f"is of the assay {assay}, which the battery does not train; it has {', '.join([*trained, RELEASE])}"
    test_s = _RECORDING_S if assay == RELEASE else study.test_s or study.training["env"]["duration_s"]
    late = [dose for dose in condition.drugs if dose.start_s >= test_s]
    if late:
        return f"gives {late[0].drug} {late[0].start_s:g} s after the start of a test that ends after {test_s:g} s"
    if condition.partner_is != "shuffled":
        return ""
    if study.shuffle is None:
        allowed = ", ".join(one.name for one in registered_studies() if one.shuffle)
        return f"has partner_is shuffled, which has no meaning in {assay}; allowed in {allowed}"
    sessions = study.sessions
    if condition.session in sessions and twin(name, registry.conditions, sessions) is None:
        other = sessions[condition.session == sessions[0]]
        return f"has partner_is shuffled and needs a twin to exchange with: the same condition with session {other}"
    return ""
