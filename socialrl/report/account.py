"""The words around the numbers: what was run, assumed and learned, what is missing, how to repeat it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from socialrl.analysis import statistics
from socialrl.assays import study_of
from socialrl.drawing import wording
from socialrl.report.study import Study
from socialrl.report.summary import MIN_ANIMALS, Summary


@dataclass(frozen=True)
class Fact:
    """One line of a description list."""

    name: str
    text: str


@dataclass(frozen=True)
class RunAccount:
    """One run: what was done, and what is needed to do it again."""

    name: str
    facts: list[Fact]
    provenance: list[Fact]
    commands: list[str]
    config: str


def runs(study: Study) -> list[RunAccount]:
    """Return the account of every run of a study."""
    accounts = []
    for run in study.runs:
        name = study.names[run.path]
        accounts.append(
            RunAccount(
                name=name,
                facts=_facts(study, name),
                provenance=_provenance(run.meta),
                commands=_commands(run.meta, run.path),
                config=run.config_text,
            )
        )
    return accounts


def learned(study: Study, summary: Summary) -> list[Fact]:
    """Return what follows from the equations and what was learned, with the numbers of this study where it has them."""
    facts = [
        Fact(
            "Equations, the same before and after training",
            "How oxytocin follows contact, what the receptor passes on, how familiarity grows and fades, and what each"
            " minute of contact, exploring or effort pays. The receptor gain enters in five places: oxytocin release,"
            " growth of the bond, worth of contact, defence against strangers, and protection of the bond. What works"
            " without the receptor (the parameters with “floor” in their name) is assumed, guided by two facts about"
            " knockouts only: they prefer a partner after about a week, and they release less oxytocin. So a "
            "preference"
            " of knockouts after 168 h is a check of that choice, not a prediction.",
        )
    ]
    familiarity = []
    for condition in study.conditions:
        rows = [row for row in summary.means if row.condition == condition and row.familiarity_start_partner.n]
        values = [f"{row.group.label} {wording.number(row.familiarity_start_partner.value)}" for row in rows]
        if values:
            familiarity.append(f"{condition.short}: {', '.join(values)}")
    if familiarity:
        facts.append(
            Fact(
                "Follows from the equations alone",
                "How familiar the partner is when a test begins (0 to 1; no behaviour is involved, cohousing "
                "integrates"
                f" the same equations). Means: {'; '.join(familiarity)}.",
            )
        )
    facts.append(
        Fact(
            "Follows in part",
            "The bonus for contact with a familiar animal is familiarity × (a part without the receptor + a part with"
            " it). So for an animal that maximises its reward, some selectivity follows from the equations, and more "
            "of"
            " it at a higher gain. What does not follow: whether and how fast the animal finds it by trial and error, "
            "how it"
            " balances huddling against exploring, rest and effort, how much the animals huddle at all, and with whom.",
        )
    )
    before = _before_training(study)
    facts.append(
        Fact(
            "Learned",
            "Everything the animals do. Neither the observation nor the reward marks an animal as the partner; the "
            "partner"
            " is the animal that has become familiar. A network starts with random weights." + before,
        )
    )
    return facts


def notices(study: Study) -> list[str]:
    """Return what is missing from the tests of a study, with the command that adds it; empty when it is complete."""
    found = []
    for run in study.runs:
        name = study.names[run.path]
        of_run = study.measured[study.measured["run"] == name] if len(study.measured) else study.measured
        if of_run.empty:
            found.append(f"{name}: no animal has been tested yet; {wording.next_step(run.path, run.finished)}.")
        elif study.final_is_probe[name]:
            found.append(
                f"{name}: there is no evaluation, so the tests below are the last probes of training (fewer repeats);"
                f" {wording.next_step(run.path, run.finished)}."
            )
    return found


def warnings(study: Study) -> list[str]:
    """Return one sentence for all runs that have equally few animals."""
    few: dict[tuple[int, bool], list[str]] = {}
    for name, config in study.configs.items():
        planned, assay = config.get("animals"), (config.get("env") or {}).get("id")
        if not isinstance(planned, int):
            continue
        in_pairs = assay is not None and study_of(str(assay)).pairs
        n = planned // 2 if in_pairs else planned
        if n < MIN_ANIMALS:
            few.setdefault((n, in_pairs), []).append(name)
    sentences = []
    for (n, in_pairs), names in few.items():
        one, several = ("pair of cage mates", "pairs of cage mates") if in_pairs else ("animal", "animals")
        has = "has" if len(names) == 1 else "have"
        sentences.append(
            f"{wording.listed(names)} {has} {n} {one if n == 1 else several} per group."
            f" Below {MIN_ANIMALS} no finding is judged: intervals of so few {'pairs' if in_pairs else 'animals'} are"
            " far too narrow."
        )
    return sentences


def unfinished(study: Study) -> list[str]:
    """Return one sentence for every unfinished run, with the command that resumes it."""
    sentences = []
    for run in study.runs:
        if not run.finished:
            name = study.names[run.path]
            done, planned = _animals_done(study, name), _planned(study.configs[name])
            of = f" of {planned}" if planned else ""
            sentences.append(
                f"{name} is unfinished: {done}{of} animals have finished training. The page shows the results so far;"
                f" `{wording.command('resume', run.path)}` resumes it."
            )
    return sentences


def _facts(study: Study, name: str) -> list[Fact]:
    config = study.configs[name]
    env = config.get("env") or {}
    groups = [group for group in study.groups if group.run == name]
    facts = [
        Fact(
            "Groups",
            "; ".join(f"{group.name.partition(', gain')[0]}, receptor gain {group.gain:g}" for group in groups)
            or wording.MISSING,
        )
    ]
    planned, done = config.get("animals"), _animals_done(study, name)
    spread = config.get("individual_spread")
    if planned:
        text = (
            f"{planned} per group, each with its own network that learns only from its own experience; {done} "
            "finished training."
        )
        if spread is not None:
            text += (
                f" They are {wording.individuals(spread)}; animals of equal number are the same individual except "
                "for the gain."
            )
        facts.append(Fact("Animals", text))
    steps, dt_s, duration_s = config.get("steps"), env.get("dt_s"), env.get("duration_s")
    if steps:
        text = f"PPO, {wording.number(steps, 0)} steps per animal"
        if config.get("lives"):
            text += f" over {config['lives']} parallel lives"
        if dt_s and duration_s:
            n_tests, hours = steps * dt_s / duration_s, steps * dt_s / 3600
            time = f"{wording.number(hours / 24, 0)} days" if hours >= 48 else f"{wording.number(hours, 1)} h"
            text += (
                f"; a step is {dt_s:g} s of a vole's time, so this is the time of {wording.number(n_tests, 0)} tests"
                f" of {wording.length(duration_s)} ({time})"
            )
        facts.append(Fact("Training", text + "."))
    training_hours = (env.get("reset") or {}).get("cohousing_h")
    if training_hours is not None:
        listed = training_hours if isinstance(training_hours, list | tuple) else [training_hours]
        drawn = "drawn for each episode" if len(listed) > 1 else "before every episode"
        facts.append(Fact("Cohousing in training", f"{', '.join(f'{h:g}' for h in listed)} h, {drawn}."))
    conditions = [c.label for c in study.conditions_of(name)]
    if conditions:
        length = f"test of {_length_of_tests(study, name)}" if duration_s else "test"
        facts.append(
            Fact(
                "Tests",
                f"A {length} in three chambers, partner and stranger tethered at the two ends, after cohousing of"
                f" {'; '.join(conditions)}. The network is frozen and its actions are sampled: always choosing the "
                "likeliest"
                f" action would turn 60 : 40 into 100 : 0. {_repeats(study, name)}",
            )
        )
    elsewhere = study.measured[study.measured["run"] == name] if len(study.measured) else study.measured
    if len(elsewhere) and not conditions:
        tests = ", ".join(dict.fromkeys(elsewhere["test"]))
        facts.append(
            Fact(
                "Tests",
                f"{_length_of_tests(study, name)} each: {tests}. The network is frozen and its actions are sampled.",
            )
        )
    tellers: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
        ("arms", "Receptor arms changed", wording.arms),
        ("drugs", "Drugs", wording.drugs),
    )
    probed = (
        [c.label for c in study.conditions_in(study.probes[study.probes["run"] == name])] if len(study.probes) else []
    )
    if probed and not study.final_is_probe[name]:
        facts.append(Fact("Probes in training", f"Tests of the frozen network after cohousing of {'; '.join(probed)}."))
    for key, label, told in tellers:
        if env.get(key):
            facts.append(Fact(label, told(env[key])))
    return facts


def _length_of_tests(study: Study, name: str) -> str:
    """The lengths of a run's last tests: a test's own, else `evaluation.duration_s`, else that of training."""
    config = study.configs[name]
    probes, evaluation = config.get("probes") or {}, config.get("evaluation") or {}
    usual, tests = config["env"]["duration_s"], probes.get("tests") or ()
    if not study.final_is_probe[name]:
        usual, tests = evaluation.get("duration_s") or usual, evaluation.get("tests") or tests
    lengths = {test.get("duration_s") or usual for test in tests} or {usual}
    return " or ".join(wording.length(one) for one in sorted(lengths))


def _repeats(study: Study, name: str) -> str:
    of_run = study.final[study.final["run"] == name] if len(study.final) else study.final
    if of_run.empty:
        return ""
    n = int(of_run["n_repeats"].max())
    return f"Each animal took each test {n} times; its seconds are averaged first." if n > 1 else "One test each."


def _before_training(study: Study) -> str:
    """Preference of untrained networks in the key condition, where the probes include step 0."""
    condition = study.key_condition()
    if condition is None or study.probes.empty:
        return ""
    at_zero = study.of(study.probes, None, condition)
    at_zero = at_zero[at_zero["steps"] == 0]
    parts = []
    for group in study.groups:
        estimate = statistics.mean_interval(study.of(at_zero, group)["preference"] if len(at_zero) else [])
        if estimate.n:
            parts.append(f"{group.label} {wording.interval(estimate)} (n = {estimate.n})")
    if not parts:
        return ""
    return f" Their preference after {condition.cohousing} before any training: {'; '.join(parts)}."


def _animals_done(study: Study, name: str) -> int:
    if study.animals.empty:
        return 0
    rows = study.animals[study.animals["run"] == name]
    return int(rows["finished"].astype(bool).sum()) if "finished" in rows else len(rows)


def _planned(config: dict[str, Any]) -> int:
    animals, groups = config.get("animals"), config.get("habitats") or config.get("genotypes") or {}
    return animals * len(groups) if isinstance(animals, int) else 0


def _provenance(meta: dict[str, Any]) -> list[Fact]:
    facts = []
    for key, value in meta.items():
        if value is None or key in ("command", "format", "commit_has_changes"):
            continue
        if isinstance(value, dict):
            text = ", ".join(f"{name} {version}" for name, version in value.items() if version is not None)
        else:
            text = str(value)
        if key == "commit" and meta.get("commit_has_changes"):
            text += " (with changes that were not committed)"
        facts.append(Fact(key.replace("_", " "), text))
    return facts


def _commands(meta: dict[str, Any], path: Any) -> list[str]:
    lines = [f"git checkout {meta['commit']}"] if meta.get("commit") else []
    if meta.get("command"):
        lines.append(str(meta["command"]))
    if "demo" in str(meta.get("command", "")).split()[1:2]:
        return lines  # the demo evaluates and reports, too
    return [*lines, wording.command("evaluate", path), wording.command("report", path)]
