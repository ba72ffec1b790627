"""What a configuration may contain: one immutable record per section, with ranges; pydantic holds them.

Values given as lists are tuples and mappings are `FrozenDict`, so a loaded configuration cannot change under a run that
has already written it to its folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from socialrl.config.checks import (
    IDENTIFIER,
    choice,
    folder,
    identifier,
    listed,
    number,
    one_or_list,
    refuse,
    run_name,
    shown,
    whole,
)
from socialrl.config.habitats import check_habitats
from socialrl.config.spread import check_spread
from socialrl.errors import unknown
from socialrl.extensions import load_extensions
from socialrl_envs.vocabulary import (
    ARM_SETTINGS,
    ARMS,
    DRUGS,
    MAX_COHOUSING_H,
    MAX_RATIO_STEP,
    RELATIONSHIPS,
    RELEASE_ID,
)

Key = TypeVar("Key")
Value = TypeVar("Value")

RELEASE = RELEASE_ID
"""The assay without an acting animal: it is recorded, not trained."""


def _known_drug(value: Any) -> str:
    """Accept a drug of the table as it is now: extensions may have added rows."""
    known: str = choice(*DRUGS).func(value)  # type: ignore[call-arg, arg-type]
    return known


DrugName = Annotated[str, BeforeValidator(_known_drug)]
NonNegative = Annotated[float, number(0)]
Positive = Annotated[float, number(above=0)]
OptionalPositive = Annotated[float | None, number(above=0, optional=True)]
Fraction = Annotated[float, number(0, 1)]
Count = Annotated[int, whole(1)]


class FrozenDict(dict[Key, Value]):
    """A dict that cannot be changed after it was made; it pickles, copies and compares like a dict."""

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError("a configuration cannot be changed; use with_overrides to get a changed copy")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    update = pop = popitem = clear = setdefault = _refuse  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        # The default way of unpickling a dict subclass sets items one by one, which is refused here.
        return type(self), (dict(self),)


class Section(BaseModel):
    """A section of the configuration: unknown keys are refused and nothing can be assigned."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Drug(Section):
    """One dose: `start_s` and `end_s` count from the start of the test; negative times lie before it.

    In training it is given in `share` of the episodes, drawn for each, so that animals learn what contact is worth under a
    drug and without. Tests leave out what is not given in every episode; a dose of a test has no share.
    """

    drug: DrugName
    dose: NonNegative
    start_s: Annotated[float, number()]
    end_s: Annotated[float, number()]
    share: Annotated[float, number(0, 1, above=0)] = 1.0

    @model_validator(mode="after")
    def _span(self) -> Drug:
        if self.start_s >= self.end_s:
            raise refuse(f"must be before end_s, got {self.start_s:g} and {self.end_s:g}", key="start_s")
        return self


class ResetSection(Section):
    """Conditions of training episodes; one value of each tuple is drawn uniformly per episode."""

    cohousing_h: Annotated[tuple[float, ...], one_or_list(number(0, MAX_COHOUSING_H))] = (0.0, 6.0, 24.0, 72.0, 168.0)
    relationship: Annotated[tuple[str, ...], one_or_list(choice(*RELATIONSHIPS))] = ("peer",)
    separation_h: Annotated[tuple[float, ...], one_or_list(number(0))] = (0.0,)
    session: Annotated[str | None, identifier(optional=True)] = None
    ratio_step: Annotated[tuple[float, ...], one_or_list(number(0, MAX_RATIO_STEP))] = (1.0,)


def numbered(group: str, animals: int) -> list[str]:
    """Return the ids `<group>-<NN>` of so many animals."""
    width = max(2, len(str(animals - 1)))
    return [f"{group}-{index:0{width}d}" for index in range(animals)]


def _known_assay(value: Any) -> Any:
    # Imported here, because compiled code behind the registry makes the import slow for those who only read tables.
    from socialrl_envs import ASSAYS

    load_extensions()
    if not isinstance(value, str):
        raise refuse(f"must be the id of an assay ({', '.join(ASSAYS)}), got {shown(value)}")
    if value == RELEASE:
        raise refuse(f"must be an assay in which animals act; {value} is recorded: socialrl record FILE")
    if value not in ASSAYS:
        raise refuse(f"is not usable: {unknown('assay', value, ASSAYS)} (`socialrl envs` lists them)")
    return value


def _known_parameters(value: Any) -> Any:
    from socialrl_envs.parameters import NAMES, check_override

    if not isinstance(value, dict):
        raise refuse(f"must be a mapping of parameter names to numbers, got {shown(value)}")
    checked: dict[str, float] = {}
    for name, given in value.items():
        if name == "oxtr_gain":
            raise refuse("is not set here: the gain belongs to each group, genotypes.<name>.oxtr_gain", key=name)
        if name in NAMES and (isinstance(given, bool) or not isinstance(given, int | float)):
            raise refuse(f"must be one number, got {shown(given)}", key=name)
        try:
            checked[name] = float(check_override(name, given))
        except ValueError as error:
            raise refuse(f"is not usable: {error}", key=name) from error
    return checked


def _known_arms(value: Any) -> Any:
    if not isinstance(value, dict):
        raise refuse(f"must be a mapping of arms ({', '.join(ARMS)}) to settings, got {shown(value)}")
    for arm, setting in value.items():
        if arm not in ARMS:
            raise refuse(f"is not usable: {unknown('arm', str(arm), ARMS)}", key=arm)
        if setting not in ARM_SETTINGS:
            raise refuse(f"must be {' or '.join(ARM_SETTINGS)}, got {shown(setting)}", key=arm)
    return value


def _known_doses(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    if drugs:
        from socialrl_envs.drugs import schedule

        try:
            schedule([drug.model_dump() for drug in drugs])
        except ValueError as error:
            raise refuse(f"is not usable: {error}") from error
    return drugs


def _doses_of_a_test(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    for dose in drugs:
        if dose.share < 1.0:
            raise refuse(f"must be 1 in a test, where every dose is given, got {dose.share:g}", key="share")
    return _known_doses(drugs)


DosesOfTest = Annotated[tuple[Drug, ...], AfterValidator(_doses_of_a_test)]
# Frozen last, because pydantic hands on a plain dict from its own check of a dict.
Parameters = Annotated[dict[str, float], BeforeValidator(_known_parameters), AfterValidator(FrozenDict)]
Arms = Annotated[dict[str, str], BeforeValidator(_known_arms), AfterValidator(FrozenDict)]
Spread = Annotated[
    float | dict[str, float],
    BeforeValidator(check_spread),
    AfterValidator(lambda spread: FrozenDict(spread) if isinstance(spread, dict) else spread),
]


def check_whole_ticks(dt_s: float, duration_s: float) -> None:
    """Refuse a length in the section `env` that its ticks do not make up."""
    ticks = duration_s / dt_s
    if round(ticks) < 1 or abs(ticks - round(ticks)) > 1e-6:
        text = f"must be a multiple of env.dt_s = {dt_s:g} s, got {duration_s:g} s"
        raise refuse(text, key="duration_s", involves=["env.dt_s", "env.duration_s"])


class EnvSection(Section):
    """The world that the animals live in; `parameters` and `arms` are handed to it as they are."""

    id: Annotated[str, BeforeValidator(_known_assay)]
    dt_s: Positive = 15.0
    duration_s: Positive = 10_800.0
    parameters: Parameters = FrozenDict()
    arms: Arms = FrozenDict()
    drugs: Annotated[tuple[Drug, ...], AfterValidator(_known_doses)] = ()
    reset: ResetSection = ResetSection()

    @property
    def drugs_of_tests(self) -> tuple[Drug, ...]:
        """The doses that are given in every episode, and so in tests, too."""
        return tuple(dose for dose in self.drugs if dose.share == 1.0)

    @model_validator(mode="after")
    def _whole_ticks(self) -> EnvSection:
        check_whole_ticks(self.dt_s, self.duration_s)
        return self


class Genotype(Section):
    """A group of animals; `oxtr_gain` is relative to the wild type: knockout 0, over-expression above 1.

    `arms` switches places of receptor action for this group, before those of `env.arms`; `parameters` are biological
    parameters of this group, before those of `env.parameters`.
    """

    oxtr_gain: Annotated[float, number(0, 2)]
    arms: Arms = FrozenDict()
    parameters: Parameters = FrozenDict()


class PPOSection(Section):
    """PPO settings under the names and meanings of Stable-Baselines3."""

    learning_rate: Positive = 1e-3
    n_steps: Count = 128
    batch_size: Annotated[int, whole(2)] = 256
    n_epochs: Count = 4
    gamma: Fraction = 0.99
    gae_lambda: Fraction = 0.95
    clip_range: Positive = 0.2
    clip_range_vf: OptionalPositive = None
    normalize_advantage: bool = Field(default=True, strict=True)
    ent_coef: NonNegative = 0.05
    vf_coef: NonNegative = 0.5
    max_grad_norm: Positive = 0.5
    target_kl: OptionalPositive = None
    net_arch: Annotated[tuple[int, ...], listed(whole(1, 65_536))] = (64, 64)


class TestCondition(Section):
    """One test of frozen animals: hours cohoused with the partner, hours apart afterwards, and who the partner is.

    A mate (`relationship: mate`) mates during cohousing unless `mating` is false.
    """

    __test__ = False  # not a test class, whatever its name tells pytest

    name: Annotated[str, identifier()]
    cohousing_h: Annotated[float, number(0, MAX_COHOUSING_H)]
    relationship: Annotated[str, choice(*RELATIONSHIPS)] = "peer"
    separation_h: NonNegative = 0.0
    mating: Annotated[bool | None, Field(strict=True)] = None
    session: Annotated[str | None, identifier(optional=True)] = None
    drugs: DosesOfTest = ()

    @model_validator(mode="after")
    def _mates_mate(self) -> TestCondition:
        if self.mating and self.relationship == "peer":
            raise refuse("must be false where the relationship is peer, got true", key="mating")
        return self

    def history(self) -> dict[str, Any]:
        """Return the reset options of the environment; `mating` and `session` where the test says something of them."""
        options = {name: getattr(self, name) for name in ("cohousing_h", "relationship", "separation_h")}
        given = {name: getattr(self, name) for name in ("mating", "session") if getattr(self, name) is not None}
        return {**options, **given}


def _unique_names(tests: tuple[TestCondition, ...]) -> tuple[TestCondition, ...]:
    names = [test.name for test in tests]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refuse(f"has two tests called '{twice[0]}'; each test needs a name of its own")
    return tests


Tests = Annotated[tuple[TestCondition, ...], AfterValidator(_unique_names)]


class ProbesSection(Section):
    """Tests played during training with frozen animals: at the start, every `every_steps`, and at the end."""

    every_steps: Count = 25_000
    repeats: Count = 2
    tests: Tests = ()


class EvaluationSection(Section):
    """Tests that `socialrl evaluate` plays with the trained animals, of `duration_s` where training episodes are shorter."""

    repeats: Count = 4
    duration_s: OptionalPositive = None
    tests: Tests = ()


def _usable_groups(groups: dict[str, Value]) -> dict[str, Value]:
    seen: dict[str, str] = {}
    for name in groups:
        if not IDENTIFIER.fullmatch(name):
            raise refuse(f"has a group called '{name}'; a group's name is made of letters, digits and underscores")
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            # They become file names, and some file systems do not tell capitals apart.
            raise refuse(f"has groups '{twin}' and '{name}', which differ only in capital letters")
    return FrozenDict(groups)


def _some_groups(groups: dict[str, Genotype]) -> dict[str, Genotype]:
    if not groups:
        raise refuse("must name at least one group, for example wild_type: {oxtr_gain: 1.0}")
    return groups


Genotypes = Annotated[dict[str, Genotype], AfterValidator(_some_groups), AfterValidator(_usable_groups)]
# For each kind of habitat the genotypes of its animals, in order.
Habitats = Annotated[dict[str, Annotated[tuple[str, ...], listed(identifier())]], AfterValidator(_usable_groups)]


class Config(Section):
    """A whole experiment, as read by `socialrl.config.load_config`; `steps` counts per animal over all its lives."""

    name: Annotated[str, run_name()]
    output: Annotated[str, folder()] = "runs"
    seed: Annotated[int, whole(0, 2**63 - 1)]
    engine: Annotated[str, choice("cohort", "sb3")] = "cohort"
    device: Annotated[str, choice("cpu", "cuda", "auto")] = "cpu"
    workers: Annotated[int | None, whole(1, 4096, optional=True)] = None
    env: EnvSection
    genotypes: Genotypes
    habitats: Habitats = FrozenDict()
    animals: Annotated[int, whole(1, 100_000)]
    individual_spread: Spread = 1.0
    lives: Annotated[int, whole(1, 65_536)] = 16
    steps: Annotated[int, whole(1, 10**12)]
    ppo: PPOSection = PPOSection()
    probes: ProbesSection = ProbesSection()
    evaluation: EvaluationSection = EvaluationSection()

    @model_validator(mode="after")
    def _rollouts(self) -> Config:
        rollout = self.lives * self.ppo.n_steps
        product = f"lives × ppo.n_steps = {self.lives} × {self.ppo.n_steps} = {rollout}"
        involves = ["lives", "ppo.n_steps", "ppo.batch_size", "steps"]
        if self.ppo.batch_size > rollout:
            text = f"must be at most the size of a rollout, {product}, got {self.ppo.batch_size}"
            raise refuse(text, key="ppo.batch_size", involves=involves[:3])
        if self.steps < rollout:
            text = f"must be at least one rollout, {product}, got {self.steps}"
            raise refuse(text, key="steps", involves=[*involves[:2], "steps"])
        return self

    @model_validator(mode="after")
    def _fits_the_assay(self) -> Config:
        from socialrl_envs import ASSAYS
        from socialrl_envs.assay import count_ticks

        assay = ASSAYS[self.env.id]
        if self.animals % len(assay.acting):
            text = f"must be a multiple of {len(assay.acting)}, the animals of one {assay.id}, got {self.animals}"
            raise refuse(text, key="animals", involves=["animals", "env.id"])
        if self.engine == "sb3" and len(assay.acting) > 1:
            text = f"must be cohort in {assay.id}, whose animals live and learn in one world, got sb3"
            raise refuse(text, key="engine", involves=["engine", "env.id"])
        check_habitats(self.habitats, self.genotypes, assay)
        if self.evaluation.duration_s is not None:
            try:
                count_ticks(self.env.dt_s, self.evaluation.duration_s)
            except ValueError as error:
                text = f"is not usable: {error}"
                raise refuse(
                    text, key="evaluation.duration_s", involves=["env.dt_s", "evaluation.duration_s"]
                ) from error
        named = {"env.reset.session": self.env.reset.session}
        for section, tests in (("probes", self.probes.tests), ("evaluation", self.evaluation.tests)):
            named |= {f"{section}.tests.{k}.session": test.session for k, test in enumerate(tests)}
        for key, session in named.items():
            if session is not None and session not in assay.session_table:
                raise refuse(f"is not usable: {unknown('session', session, assay.session_table)}", key=key)
        return self

    def for_evaluation(self) -> Config:
        """Return the configuration with the length of the tests of `evaluation` in place of that of training episodes."""
        if self.evaluation.duration_s is None:
            return self
        env = self.env.model_copy(update={"duration_s": self.evaluation.duration_s})
        return self.model_copy(update={"env": env})

    @property
    def run_path(self) -> Path:
        """The run folder, `<output>/<name>`."""
        return Path(self.output).expanduser() / self.name

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The genotypes of each group's animals: animal `index` has number `index` modulo their count.

        A group is a kind of habitat where there are `habitats`, else a genotype.
        """
        return dict(self.habitats) or {name: (name,) for name in self.genotypes}

    def animal_ids(self, group: str) -> list[str]:
        """Return the ids `<group>-<NN>` of a group's animals, in the order of their pair index."""
        return numbered(group, self.animals)
