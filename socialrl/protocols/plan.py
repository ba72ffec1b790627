"""From the phases of a protocol to the tests of its histories, and what comes before each (`planned`)."""

from __future__ import annotations

from collections.abc import Sequence

from socialrl.config.loading import EnvSection
from socialrl.errors import UserError
from socialrl.protocols.companions import PARTNER
from socialrl.protocols.contrasts import check_tests, read_contrasts
from socialrl.protocols.home_life import HomeLife
from socialrl.protocols.pair_life import PairLife
from socialrl.protocols.phases import Phase
from socialrl.protocols.planned import PlannedTest
from socialrl.protocols.schema import Protocol
from socialrl.protocols.stimulus_animals import is_group
from socialrl_envs import ASSAYS
from socialrl_envs.assay import MAX_COHOUSING_H, MAX_SEPARATION_H
from socialrl_envs.vocabulary import CONDITIONED_WITH


def plan(protocol: Protocol, env: EnvSection, where: str = "protocol") -> tuple[tuple[PlannedTest, ...], ...]:
    """Return the tests of every history, in order.

    `env` is the run's own environment: its tick and length are used where a phase plays the same assay. Impossible
    sequences, and contrasts of tests that do not come, raise `UserError`: `where` (the file), the phase, what is
    allowed, what was given.
    """
    lives: list[tuple[str | None, Sequence[Phase]]] = [*(protocol.histories or {}).items()]
    if protocol.phases is not None:
        lives = [(None, protocol.phases)]
    planned = []
    for name, phases in lives:
        in_group = any(phase.assay is not None and is_group(ASSAYS[phase.assay.id]) for phase in phases)
        # a slow state develops from phase to phase at home; groups live through one history in their world
        as_pair = protocol.age_d is None and is_pair_life(phases) and (in_group or not env.attachment)
        kind = PairLife if as_pair else HomeLife
        planned.append(tuple(kind(protocol.name, name, phases, env, where, protocol.age_d).tests()))
    taken: dict[str, str] = {}
    for test in (one for tests in planned for one in tests):
        if test.name in taken:
            raise UserError(
                f"{test.where}: the test has the name '{test.name}' of {taken[test.name]}; give it another name"
            )
        taken[test.name] = test.where.removeprefix(f"{where}: ")
    assay_of = {test.name: test.assay for tests in planned for test in tests}
    check_tests(read_contrasts(protocol.contrasts, where), assay_of, where)
    return tuple(planned)


def is_pair_life(phases: Sequence[Phase]) -> bool:
    """Return whether a history is one with a single partner, which a world can live through before its tests.

    All others are lived in a home cage: other companions, kinds of phases, ages or offers in tests, or more hours.
    """
    cohoused_h = apart_h = 0.0
    for phase in phases:
        if phase.age_d is not None:
            return False
        if phase.cohouse is not None:
            one = phase.cohouse[0]
            if len(phase.cohouse) > 1 or one.with_ != (PARTNER,) or one.sex is not None:
                return False
            if one.relationship not in (None, "peer", "mate"):
                return False
            cohoused_h += one.hours_long
        elif phase.separate is not None:
            if phase.separate.from_:
                return False
            apart_h += phase.separate.hours_long
        elif phase.assay is not None:
            assay = ASSAYS[phase.assay.id]
            if not set(phase.assay.with_) <= set(assay.animals) and not is_group(assay):
                return False
            if phase.assay.conditioned_with not in (None, *CONDITIONED_WITH):
                return False
        elif phase.dose is None:
            return False
    return cohoused_h <= MAX_COHOUSING_H and apart_h <= MAX_SEPARATION_H
