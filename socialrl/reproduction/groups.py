"""The groups of animals of a battery: those of the registry, other gains, single arms, changed parameters."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from socialrl.assays import study_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.findings.conditions import RELEASE
from socialrl.findings.development import ALL_ARMS, NO_ARM
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.variants import SETTINGS, UNCHANGED
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameter_rows import CARE, CONTEXTS
from socialrl_envs.parameters import OF_ATTACHMENT, OF_ONE_ASSAY, parameter, rows_of
from socialrl_envs.vocabulary import ARMS

GAINS = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.25, 1.5)
"""Gains of the dose-response; a group of the registry with such a gain is used for it."""

FACTORS = (0.5, 1.5)
TIME_CONSTANTS_S = (10.0, 30.0, 60.0, 300.0, 600.0, 1800.0)
"""Values of `oxytocin_tau_s`, for which no vole measurement exists, in place of `FACTORS`."""


ACTS_WITH: Mapping[str, tuple[str, ...]] = {
    "settling_tau_s": ("settling_worth", "incentive_comfort"),
    "settling_loss_s": ("settling_worth", "incentive_comfort"),
    "rhythm_h": ("rhythm_depth",),
}
"""Parameters that change nothing where all the parameters that they act with are 0."""

_ELSEWHERE = OF_ATTACHMENT | OF_ONE_ASSAY
"""Parameters that change nothing in assays of adults, whose sensitivity analysis leaves them out."""

SWITCHED_ON: Mapping[str, float] = {"care_to_competence": 0.3, "need_gain": 0.3, "contagion": 1.0}
"""What parameters of attachment are set to that are 0 in the table, so that they have no factor: as far as expression
follows care, the need of mice, and once an hour."""

DEVELOPMENT: Mapping[str, str] = {
    "expression": "care_to_expression",
    "competence": "care_to_competence",
    "reactivity": "strain_to_reactivity",
}
"""The three arms of development and the parameters that switch them."""


@dataclass(frozen=True)
class TrainedGroup:
    """Animals of one kind: `name` in configurations, their settings, and the columns that mark them in tables.

    `sex` None is that of a configuration, in evoked release as many females as males. `columns` are set in the group's
    rows, `genotype` among them where a table is to show another name.
    """

    name: str
    oxtr_gain: float
    arms: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sex: str | None = None
    columns: Mapping[str, str | float] = field(default_factory=dict)

    def section(self) -> dict[str, Any]:
        """Return the group as a configuration has it."""
        own = {} if self.sex is None else {"sex": self.sex}
        return {"oxtr_gain": self.oxtr_gain, "arms": dict(self.arms), "parameters": dict(self.parameters), **own}


@dataclass(frozen=True)
class Change:
    """One assumed parameter set to `factor` times its value; `UNCHANGED` is the comparison, with nothing set."""

    parameter: str
    factor: float
    value: float | None

    def applied_to(self, group: TrainedGroup) -> TrainedGroup:
        """Return the group under this change; its rows keep the group's own name."""
        name = f"{self.parameter}_x{self.factor:g}_{group.name}".replace(".", "_")
        own = {} if self.value is None else {self.parameter: self.value}
        columns: dict[str, str | float] = {"genotype": group.name, "parameter": self.parameter, "factor": self.factor}
        return TrainedGroup(name, group.oxtr_gain, group.arms, {**group.parameters, **own}, group.sex, columns)


def registered(registry: Registry | None = None) -> list[TrainedGroup]:
    """Return the groups of the registry, wild type, heterozygote and knockout under their short names, first."""
    book = registry or load_registry()
    short = {"wild_type": "wt", "heterozygote": "het", "knockout": "ko"}
    return [
        TrainedGroup(short.get(name, name), group.oxtr_gain, group.arms, group.parameters, group.sex)
        for name, group in book.groups.items()
    ]


def compared_in(assay: str, registry: Registry | None = None) -> list[TrainedGroup]:
    """Return the groups that findings compare in one assay."""
    return _used(assay, registry or load_registry(), ("context",))


def changed_in(assay: str, registry: Registry | None = None, *, novel: bool = False) -> list[TrainedGroup]:
    """Return the groups that a sensitivity analysis changes in one assay: those that verdicts of findings need.

    Groups of the null controls, of novel comparisons alone (unless `novel`), and of one sex alone are left out.
    """
    left_out = ("context", "control") if novel else ("context", "control", "novel")
    used = _used(assay, registry or load_registry(), left_out)
    return [group for group in used if group.sex is None and not group.parameters]


def in_all_assays(registry: Registry | None = None) -> list[TrainedGroup]:
    """Return the registry's groups that are trained in every assay: all but those that are special to a comparison."""
    book = registry or load_registry()
    kinds = zip(registered(book), book.groups.values(), strict=True)
    return [group for group, record in kinds if not record.special]


def _used(assay: str, book: Registry, left_out: Collection[str]) -> list[TrainedGroup]:
    used = {
        name
        for finding in book.findings
        for contrast in finding.contrasts
        if finding.use not in left_out and finding.use_of(contrast) not in left_out and book.assay(contrast) == assay
        for name in contrast.groups
    }
    return [group for name, group in zip(book.groups, registered(book), strict=True) if name in used]


def doses(registry: Registry | None = None) -> list[TrainedGroup]:
    """Return groups for those of `GAINS` that no group of the registry has; the column `dose` marks their rows."""
    plain = [group for group in registered(registry) if not group.arms and not group.parameters]
    known = {group.oxtr_gain for group in plain if group.sex in (None, "female")}
    return [
        TrainedGroup(f"gain_{gain:g}".replace(".", "_"), gain, columns={"dose": gain})
        for gain in GAINS
        if gain not in known
    ]


def single_arms() -> list[TrainedGroup]:
    """Return wild types with one arm as in a knockout, and knockouts with one arm as in a wild type."""
    kinds = {"knockout": (1.0, "ko"), "wild_type": (0.0, "wt")}
    return [
        TrainedGroup(f"arm_{arm}_{short}", gain, {arm: setting}, columns={"arm": arm, "arm_setting": setting})
        for setting in SETTINGS
        for gain, short in [kinds[setting]]
        for arm in ARMS
    ]


def developmental_arms(
    assay: str, registry: Registry | None = None, given: GivenParameters | None = None
) -> list[TrainedGroup]:
    """Return the groups that lives are compared in with each arm of development alone, all three, and none.

    An arm that is off in the given parameters has the strength of `SWITCHED_ON`. The column `development` marks their
    rows, which keep the group's own name.
    """
    usual = (given or GivenParameters()).values()
    on = {arm: usual[name] or SWITCHED_ON.get(name, 0.0) for arm, name in DEVELOPMENT.items()}
    settings = {**{arm: {arm} for arm in DEVELOPMENT}, ALL_ARMS: set(DEVELOPMENT), NO_ARM: set[str]()}
    return [
        TrainedGroup(
            f"development_{setting}_{group.name}",
            group.oxtr_gain,
            group.arms,
            {DEVELOPMENT[arm]: on[arm] if arm in kept else 0.0 for arm in DEVELOPMENT},
            columns={"genotype": group.name, "development": setting},
        )
        for setting, kept in settings.items()
        for group in changed_in(assay, registry, novel=True)
    ]


def assumed_parameters(table: str = CURRENT) -> list[str]:
    """Return the names of the parameters whose evidence is "assumed" in the table of that name."""
    return [row.name for row in rows_of(table) if row.evidence == "assumed"]


def own_parameters(assay: str) -> frozenset[str] | None:
    """Return the parameters that are tried in one assay because they act in none of the others; None: all others."""
    if assay == RELEASE:
        return None
    if study_of(assay).contexts:
        return frozenset(row.name for row in CONTEXTS)
    if not study_of(assay).attachment:
        return None
    return OF_ATTACHMENT | {row.name for row in CARE if study_of(assay).care}


def changes(given: GivenParameters | None = None, own: Collection[str] | None = None) -> list[Change]:
    """Return the comparison with nothing changed, then every assumed parameter times `FACTORS`, inside its range.

    Tried are the parameters `own` (see `own_parameters`), or all that act in assays of adults. The factors are of the
    values that are `given`. A parameter whose value is 0, a mechanism that is off, has no factor and is left out
    or, if `SWITCHED_ON` has it, is given that value, which then takes the factor's place. Left out is as well one that
    acts only in mechanisms that are off (`ACTS_WITH`), one that differs between the sexes, and a change that the range
    leaves without effect.
    """
    given = given or GivenParameters()
    usual = given.values()
    found = [Change(UNCHANGED, 1.0, None)]
    for name in assumed_parameters(given.table):
        row, usually = parameter(name, given.table), usual[name]
        if name in _ELSEWHERE if own is None else name not in own:
            continue
        if usually == 0.0 and name in SWITCHED_ON:
            found.append(Change(name, SWITCHED_ON[name], SWITCHED_ON[name]))
            continue
        if isinstance(usually, Mapping) or row.male is not None or usually == 0.0:
            continue
        if name in ACTS_WITH and all(usual[switch] == 0.0 for switch in ACTS_WITH[name]):
            continue
        values = TIME_CONSTANTS_S if name == "oxytocin_tau_s" else [usually * factor for factor in FACTORS]
        inside = dict.fromkeys(float(value) for value in np.clip(values, row.low, row.high))
        found += [Change(name, round(value / usually, 4), value) for value in inside if value != usually]
    return found
