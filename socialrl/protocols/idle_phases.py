"""Phases of a protocol that change nothing: with or without them, the first test begins in the same state."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from socialrl.animals.animal import Animal
from socialrl.config.experiment import Config
from socialrl.errors import UserError
from socialrl.protocols.phases import SLOW_KINDS, Phase
from socialrl.protocols.plan import plan
from socialrl.protocols.planned import PlannedTest, drugs_in_test
from socialrl.protocols.playing import begun_state
from socialrl.protocols.schema import Protocol, place

NO_TRACE = 1e-4
CHILDHOOD = ("rear", "wean")


def idle_phases(config: Config, animals: Sequence[Animal], protocol: Protocol, where: str) -> list[str]:
    """Return a line for each phase before the first test of a history that leaves no trace in `animals`.

    Each phase is left out in turn and the animals' state at the beginning of the first test is compared; a difference
    of less than `NO_TRACE` in every quantity (of the order of 1) counts as none. A dose that still acts in a test is
    never idle, even if it has had no effect before.
    """
    lives: list[tuple[str | None, Sequence[Phase]]] = [*(protocol.histories or {}).items()]
    lines = [] if config.env.attachment else _without_slow_state(protocol)
    for name, phases in lives or [(None, protocol.phases or ())]:
        first = next(number for number, phase in enumerate(phases) if phase.assay is not None)
        whole = _first_test(config, protocol, name, phases, where)
        if whole is None:
            continue
        state = begun_state(config, animals, whole)
        for number in range(first):
            # childhood: what the reference family does is nothing by definition, and without attachment all is said
            if phases[number].kind in (CHILDHOOD if config.env.attachment else SLOW_KINDS):
                continue
            left = [*phases[:number], *phases[number + 1 :]]
            without = _first_test(config, protocol, name, left, where)
            if without is None or drugs_in_test(whole) != drugs_in_test(without):
                continue
            other = begun_state(config, animals, without)
            # an animal that one of the two lives does not have is like one that was never met
            keys = [*state, *(key for key in other if key not in state)]
            traces = {key: float(np.abs(state.get(key, 0.0) - other.get(key, 0.0)).max()) for key in keys}
            largest = max(traces, key=lambda key: traces[key])
            if traces[largest] < NO_TRACE:
                much = "nothing" if traces[largest] == 0.0 else f"almost nothing ({largest} by {traces[largest]:.0e})"
                lines.append(f"{place(name, number + 1, phases[number].kind)} changes {much}{_why(phases, number)}")
    return lines


def _without_slow_state(protocol: Protocol) -> list[str]:
    """Return a line on the phases that move the slow state, of a run whose animals have none."""
    lives = [protocol.phases or (), *(protocol.histories or {}).values()]
    there = {phase.kind for phases in lives for phase in phases}
    company = [kind for kind in SLOW_KINDS if kind in there and kind in ("wean", "isolate")]
    nothing = [kind for kind in SLOW_KINDS if kind in there and kind not in company]
    if not company and not nothing:
        return []
    told = [
        f"{', '.join(kinds)} change{'s' if len(kinds) == 1 else ''} {what}"
        for kinds, what in ((nothing, "nothing"), (company, "only whom the animal lives with"))
        if kinds
    ]
    return [
        f"{'; '.join(told)}: these phases move the slow state, which the animals of this run do not have; train with "
        "env.attachment=true"
    ]


def _first_test(
    config: Config, protocol: Protocol, name: str | None, phases: Sequence[Phase], where: str
) -> PlannedTest | None:
    """Return the first test of a life, or None for a life that is not possible (a dose before its beginning)."""
    changed = {"phases": tuple(phases)} if name is None else {"histories": {name: tuple(phases)}}
    try:
        return plan(protocol.model_copy(update=changed), config.env, where)[0][0]
    except UserError:
        return None


def _why(phases: Sequence[Phase], number: int) -> str:
    phase = phases[number]
    before = phases[:number]
    if phase.separate is not None and not any(one.cohouse for one in before):
        return ": the animal has not met anybody before it"
    if phase.dose is None and phase.wean is None and phase.hours_long == 0.0:
        return ": it lasts 0 h"
    return ": nothing that happens while the dose acts depends on it" if phase.dose is not None else ""
