"""What tests require and training never had: a mate, a drug at the test, a session.

Frozen networks act on what they learned. An animal that never met a mate perceives that the other is one, but nothing
has taught it what that is worth, so such a test is played with a note.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from socialrl.config.experiment import Config
from socialrl_envs import ASSAYS

_MOST_NAMES = 3


@dataclass(frozen=True)
class Demand:
    """What a test requires: the sex of the others, the drugs (name, dose) that act during the test, the session.

    `session` is None if the test does not name one.
    """

    test: str
    assay: str
    relationship: str
    drugs: tuple[tuple[str, float], ...] = ()
    session: str | None = None


def demands_of(config: Config) -> list[Demand]:
    """Return what the evaluation tests of a configuration require."""
    return [
        Demand(
            test.name,
            config.env.id,
            test.relationship,
            tuple(
                (one.drug, one.dose) for one in test.drugs if one.start_s < config.env.duration_s and one.end_s > 0.0
            ),
            test.session,
        )
        for test in config.evaluation.tests or config.probes.tests
    ]


def unmet(config: Config, demands: Iterable[Demand]) -> list[str]:
    """Return a line for each thing that the tests require and that training never had, with what to add to training."""
    met = set(config.env.reset.relationship)
    given = {one.drug for one in config.env.drugs}
    relationships: dict[str, list[str]] = {}
    drugs: dict[str, tuple[float, list[str]]] = {}
    sessions: dict[str, list[str]] = {}
    for one in demands:
        if one.session is not None and config.env.reset.session not in (None, one.session):
            sessions.setdefault(one.session, []).append(one.test)
        if one.relationship not in met and len(ASSAYS[one.assay].acting) == 1:
            relationships.setdefault(one.relationship, []).append(one.test)
        for drug, dose in one.drugs:
            if drug not in given:
                drugs.setdefault(drug, (dose, []))[1].append(one.test)
    lines = [
        f"no animal of this run met a {relationship} in training, which {_tests(tests)}; "
        f"train with env.reset.relationship=[{', '.join([*sorted(met, reverse=True), relationship])}]"
        for relationship, tests in relationships.items()
    ]
    lines += [
        f"no animal of this run was in the session {session} in training, which {_tests(tests)}; "
        "train without env.reset.session, which then draws from all sessions"
        for session, tests in sessions.items()
    ]
    duration = f"{config.env.duration_s:g}"
    lines += [
        f"no animal of this run was under the {drug} in training, which {_tests(tests)}; train with "
        f"env.drugs=[{{drug: {drug}, dose: {dose:g}, start_s: 0, end_s: {duration}, share: 0.1}}]"
        for drug, (dose, tests) in drugs.items()
    ]
    return lines


def _tests(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    named = ", ".join(unique[:_MOST_NAMES]) + (
        f" and {len(unique) - _MOST_NAMES} more" if len(unique) > _MOST_NAMES else ""
    )
    return f"the test {named} requires" if len(unique) == 1 else f"the tests {named} require"
