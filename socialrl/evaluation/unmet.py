"""What tests require and training never had: mates, strangers of the other sex, drugs, sessions, long accesses, two
familiar animals, slow states, stressors.

Frozen networks act on what they learned. An animal that never met a mate perceives that the other is one, but nothing
has taught it what that is worth, so such a test is played with a note.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from socialrl.animals.animal import animals_of
from socialrl.config.experiment import Config
from socialrl_envs import ASSAYS
from socialrl_envs.parameters import parameter
from socialrl_envs.vocabulary import DRUGS, OPTIONS

_MOST_NAMES = 3
_FELT: dict[str, float] = {
    one.name: float(one.default or 0.0)
    for one in OPTIONS
    if one.of_attachment and one.name not in ("age_d", "stressor_start_h", "stressor_length_h")
}
"""Options of attachment that an animal perceives, with what it has where none is given."""


@dataclass(frozen=True)
class Demand:
    """What a test requires: the sex of the others, the drugs (name, dose) that act during the test, the session.

    `session` and `access_s` are None if the test does not name one. `stranger_sex` is a word of the worlds' option.
    `slow` are options of attachment by name: what the animal comes with, and its stressor. `familiar` are the animals
    it has lived with that are in the test, `conditioned` is whether it had company in a context on days before.
    """

    test: str
    assay: str
    relationship: str
    drugs: tuple[tuple[str, float], ...] = ()
    session: str | None = None
    stranger_sex: str = "as_partner"
    access_s: float | None = None
    slow: tuple[tuple[str, float], ...] = ()
    familiar: tuple[str, ...] = ()
    conditioned: bool = False


def demands_of(config: Config) -> list[Demand]:
    """Return what the evaluation tests of a configuration require."""
    return [
        Demand(
            test.name,
            config.env.id,
            test.relationship,
            tuple(
                (one.drug, one.dose) for one in test.drugs if one.start_s < config.length_of(test) and one.end_s > 0.0
            ),
            test.session,
            test.stranger_sex,
            test.access_s,
            tuple((name, getattr(test, name)) for name in _FELT if getattr(test, name) is not None),
            conditioned=bool(ASSAYS[config.env.id].contexts and test.history().get("conditioning_days") != 0.0)
            and test.conditioned_with != "nobody",
        )
        for test in config.evaluation.tests or config.probes.tests
    ]


def unmet(config: Config, demands: Iterable[Demand]) -> list[str]:
    """Return a line for each thing that the tests require and that training never had, with what to add to training.

    Two familiar animals are in no training, because worlds have one partner.
    """
    demands = list(demands)
    met = set(config.env.reset.relationship)
    been_in = set(config.env.reset.session or ASSAYS[config.env.id].usual_sessions)
    given = {one.drug for one in config.env.drugs} | _not_felt(config)
    relationships: dict[str, list[str]] = {}
    drugs: dict[str, tuple[float, list[str]]] = {}
    sessions: dict[str, list[str]] = {}
    accesses: dict[float, list[str]] = {}
    lengths = config.env.reset.model_dump()["access_s"]
    for one in demands:
        if one.session is not None and one.assay == config.env.id and one.session not in been_in:
            sessions.setdefault(one.session, []).append(one.test)
        if one.access_s is not None and one.assay == config.env.id and one.access_s not in lengths:
            accesses.setdefault(one.access_s, []).append(one.test)
        if one.relationship not in met and len(ASSAYS[one.assay].acting) == 1:
            relationships.setdefault(one.relationship, []).append(one.test)
        for drug, dose in one.drugs:
            if drug not in given:
                drugs.setdefault(drug, (dose, []))[1].append(one.test)
    strangers: dict[tuple[str, str, str], list[str]] = {}
    company = {(one, sex_of_stranger(one, word)) for one in met for word in config.env.reset.stranger_sex}
    for one in demands:
        sex = sex_of_stranger(one.relationship, one.stranger_sex)
        if ASSAYS[one.assay].strangers and one.relationship in met and (one.relationship, sex) not in company:
            strangers.setdefault((one.relationship, sex, one.stranger_sex), []).append(one.test)
    lines = [
        f"no animal of this run met a {relationship} in training, which {_tests(tests)}; "
        f"train with env.reset.relationship=[{', '.join([*sorted(met, reverse=True), relationship])}]"
        for relationship, tests in relationships.items()
    ]
    trained_with = config.env.reset.stranger_sex
    lines += [
        f"no animal of this run with a {relationship} met a stranger of the {sex} sex in training, which "
        f"{_tests(tests)}; train with env.reset.stranger_sex=[{', '.join([*trained_with, word])}]"
        for (relationship, sex, word), tests in strangers.items()
    ]
    lines += [
        f"no animal of this run was in the session {session} in training, which {_tests(tests)}; "
        f"train with env.reset.session=[{', '.join([*sorted(been_in), session])}]"
        for session, tests in sessions.items()
    ]
    had = ", ".join(f"{one:g}" for one in lengths)
    lines += [
        f"no animal of this run had an access of {access_s:g} s in training, which {_tests(tests)}; "
        f"train with env.reset.access_s=[{had}, {access_s:g}]"
        for access_s, tests in accesses.items()
    ]
    if chosen := [one.test for one in demands if len(one.familiar) > 1]:
        lines.append(
            f"no animal of this run met two familiar animals at once in training, which {_tests(chosen)}; training "
            "offers one, and strangers"
        )
    if conditioned := [one.test for one in demands if one.conditioned and one.assay == config.env.id]:
        lines += [f"{what}, which {_tests(conditioned)}; train with {key}" for what, key in _unconditioned(config)]
    lines += _beyond(config, demands)
    duration = f"{config.env.duration_s:g}"
    lines += [
        f"no animal of this run was under the {drug} in training, which {_tests(tests)}; train with "
        f"env.drugs=[{{drug: {drug}, dose: {dose:g}, start_s: 0, end_s: {duration}, share: 0.1}}]"
        for drug, (dose, tests) in drugs.items()
    ]
    return lines


def _unconditioned(config: Config) -> list[tuple[str, str]]:
    """What training lacked of conditioning in assays with contexts, and the key that adds it."""
    days, company = config.env.reset.model_dump()["conditioning_days"], config.env.reset.conditioned_with
    found = []
    if days is not None and not any(days):
        found.append(("no animal of this run was conditioned in training", "env.reset.conditioning_days=[0, 6]"))
    if company is not None and set(company) == {"nobody"}:
        what = "no animal of this run had company in a context in training"
        found.append((what, "env.reset.conditioned_with=[partner, nobody]"))
    return found


def _beyond(config: Config, demands: Iterable[Demand]) -> list[str]:
    """A line for each slow state or stressor that lies beyond all that training had."""
    reset, usual = config.env.reset.model_dump(), ASSAYS[config.env.id].usual
    had = {name: reset[name] or (float(usual.get(name, default)),) for name, default in _FELT.items()}
    found: dict[tuple[str, float], list[str]] = {}
    for one in demands:
        for name, value in one.slow:
            if name in had and not min(had[name]) <= value <= max(had[name]):
                found.setdefault((name, value), []).append(one.test)
    return [
        f"no animal of this run came to {name} {value:g} in training, which {_tests(tests)}; train with "
        f"env.attachment=true env.reset.{name}=[{', '.join(f'{each:g}' for each in sorted([*had[name], value]))}]"
        for (name, value), tests in found.items()
    ]


def states_beyond(config: Config, played: pd.DataFrame) -> list[str]:
    """Return a line for each slow state in which animals came to tests and which lies beyond all that training had.

    `played` are rows of tests with columns `<state>_start`. States are told to a tenth: a difference of a twentieth of
    the reference is none.
    """
    lines = []
    for name in ("expression", "competence", "reactivity", "load"):
        if f"{name}_start" not in played:
            continue
        had = config.env.reset.model_dump()[name] or (_FELT[name],)
        came = played[f"{name}_start"].round(1)
        beyond = (came < min(had)) | (came > max(had))
        if beyond.any():
            values = sorted({float(value) for value in (came[beyond].min(), came[beyond].max())})
            train = ", ".join(f"{value:g}" for value in sorted({*had, *values}))
            lines.append(
                f"no animal of this run came to {name} {' to '.join(f'{value:g}' for value in values)} in training, "
                f"which {_tests(played['test'][beyond].tolist())}; train with env.reset.{name}=[{train}]"
            )
    return lines


def _not_felt(config: Config) -> set[str]:
    """The drugs that change nothing that a network perceives by itself, so that there is nothing to learn of them.

    What a drug does at D2 receptors is not perceived unless training parted the tones; it acts on bonds, which grow
    slowly. What one does at D1 receptors is not where the animals perceive it as work (`tone_as_work` 1): doors that
    cost many presses are met in training without the drug.
    """
    sites = set() if config.env.tones_apart else {"d2", "d2_agonist"}
    usual = parameter("tone_as_work", config.env.table)
    if all(one.parameters.get("tone_as_work", usual.of(one.sex)) == 1.0 for one in animals_of(config)):
        sites.add("d1")
    if {"d1", "d2"} <= sites:
        sites.add("dopamine")
    return {name for name, drug in DRUGS.items() if drug.site in sites}


def sex_of_stranger(relationship: str, stranger_sex: str) -> str:
    """Return whether a stranger is of the "same" sex as the tested animal or of the "other"."""
    if stranger_sex != "as_partner":
        return stranger_sex
    return "other" if relationship == "mate" else "same"


def _tests(names: list[str]) -> str:
    unique = list(dict.fromkeys(names))
    named = ", ".join(unique[:_MOST_NAMES]) + (
        f" and {len(unique) - _MOST_NAMES} more" if len(unique) > _MOST_NAMES else ""
    )
    return f"the test {named} requires" if len(unique) == 1 else f"the tests {named} require"
