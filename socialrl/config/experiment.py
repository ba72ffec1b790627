"""What a configuration may contain: one immutable record per section, with ranges; pydantic holds them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from socialrl.config import limits, shapes, words
from socialrl.config.checks import (
    IDENTIFIER,
    choice,
    explained_choice,
    folder,
    identifier,
    listed,
    number,
    refuse,
    run_name,
    shown,
    whole,
)
from socialrl.config.conditions import (
    OF_ATTACHMENT,
    OF_CONTEXTS,
    ResetSection,
    TestCondition,
    Tests,
    check_conditioning,
    check_slow_state,
    check_stressor_begins,
)
from socialrl.config.habitats import check_habitats, check_relationships
from socialrl.config.paths import expanded
from socialrl.config.shapes import Checked
from socialrl.config.values import (
    Arms,
    Drug,
    Duration,
    Fraction,
    FrozenDict,
    LengthOfTest,
    NonNegative,
    OptionalPositive,
    OptionalSchedule,
    Parameters,
    ParametersOfWorld,
    Positive,
    Repeats,
    Schedule,
    Section,
    Spread,
    TickLength,
    Value,
    WorldParameters,
    known_doses,
)
from socialrl.errors import shortened, unknown
from socialrl.extensions import load_extensions
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.vocabulary import RELEASE_ID, parts_tones

RELEASE = RELEASE_ID
"""The assay without an acting animal: it is recorded, not trained."""


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
        raise refuse(f"must be an assay with acting animals; {value} is recorded, not trained: socialrl record FILE")
    if value not in ASSAYS:
        raise refuse(f"is not usable: {unknown('assay', value, ASSAYS)} (`socialrl envs` lists them)")
    return value


def _shape_of_assay() -> shapes.JSON:
    from socialrl_envs import ASSAYS

    load_extensions()
    return shapes.one_of(ASSAYS.keys())


def check_whole_ticks(dt_s: float, duration_s: float) -> None:
    """Refuse a length in the section `env` that its ticks do not make up."""
    ticks = duration_s / dt_s
    involves = ["env.dt_s", "env.duration_s"]
    if round(ticks) < 1 or abs(ticks - round(ticks)) > 1e-6:
        text = f"must be a multiple of env.dt_s = {dt_s:g} s, got {duration_s:g} s"
        raise refuse(text, key="duration_s", involves=involves)
    if ticks > limits.MAX_TICKS:
        text = f"must be at most {limits.MAX_TICKS:,} ticks of env.dt_s = {dt_s:g} s, got {duration_s:g} s"
        raise refuse(text, key="duration_s", involves=involves)


class EnvSection(Section, ParametersOfWorld):
    """The world that the animals live in; `parameters` and `arms` are passed on to it.

    `attachment` gives the animals a slow state (`socialrl_envs.vocabulary.SLOW`) that is felt and perceived.
    """

    id: Annotated[str, Checked(_known_assay, shape=lambda: _shape_of_assay())]
    dt_s: TickLength = 15.0
    duration_s: Duration = 10_800.0
    parameters: WorldParameters = Field(default=CURRENT, validate_default=True)
    arms: Arms = FrozenDict()
    drugs: Annotated[tuple[Drug, ...], AfterValidator(known_doses)] = ()
    attachment: bool = Field(default=False, strict=True)
    reset: ResetSection = ResetSection()

    @property
    def drugs_of_tests(self) -> tuple[Drug, ...]:
        """The doses that are given in every episode, and so in tests, too."""
        return tuple(dose for dose in self.drugs if dose.share == 1.0)

    @property
    def tones_apart(self) -> bool:
        """Whether the animals perceive the dopamine tone at D2 receptors beside that at D1 receptors.

        They do if training gives them a drug that moves one of the two alone. Their networks have a channel for it,
        so it is the same in every test, whatever its drugs.
        """
        return parts_tones(dose.drug for dose in self.drugs)

    @model_validator(mode="after")
    def _whole_ticks(self) -> EnvSection:
        check_whole_ticks(self.dt_s, self.duration_s)
        return self

    @model_validator(mode="after")
    def _slow_state(self) -> EnvSection:
        given = {name: getattr(self.reset, name) for name in OF_ATTACHMENT}
        check_slow_state(self.id, self.attachment, {f"reset.{name}": value for name, value in given.items()})
        check_stressor_begins(given["stressor_start_h"] or (), self.duration_s)
        return self

    @model_validator(mode="after")
    def _conditioning(self) -> EnvSection:
        check_conditioning(self.id, {f"reset.{name}": getattr(self.reset, name) for name in OF_CONTEXTS})
        return self


class Genotype(Section):
    """A group of animals; `oxtr_gain` is relative to the wild type: knockout 0, over-expression above 1.

    `sex` is female, male, or mixed: females and males in turn, so that animals of equal number are of one sex in all
    mixed groups. `arms` switches places of receptor action for this group, before those of `env.arms`; `parameters` are
    biological parameters of this group, before those of `env.parameters`.
    """

    oxtr_gain: Annotated[float, number(0, 2)]
    arms: Arms = FrozenDict()
    parameters: Parameters = FrozenDict()
    sex: Annotated[str, explained_choice(lambda: words.SEXES)] = "female"


class PPOSection(Section):
    """PPO settings under the names and meanings of Stable-Baselines3.

    A learning rate or clip range such as `lin_3e-3` falls in a straight line from 3e-3 to 0 over training, as RL Zoo
    writes it.
    """

    learning_rate: Schedule = "lin_0.004"
    n_steps: Annotated[int, whole(1, limits.MAX_ROLLOUT_STEPS)] = 64
    batch_size: Annotated[int, whole(2, limits.MAX_LIVES * limits.MAX_ROLLOUT_STEPS)] = 64
    n_epochs: Annotated[int, whole(1, limits.MAX_EPOCHS)] = 4
    gamma: Fraction = 0.99
    gae_lambda: Fraction = 0.95
    clip_range: Schedule = 0.2
    clip_range_vf: OptionalSchedule = None
    normalize_advantage: bool = Field(default=True, strict=True)
    ent_coef: NonNegative = 0.05
    vf_coef: NonNegative = 0.5
    max_grad_norm: Positive = 0.5
    target_kl: OptionalPositive = None
    net_arch: Annotated[tuple[int, ...], listed(whole(1, limits.MAX_UNITS), most=limits.MAX_LAYERS)] = (64, 64)


class ProbesSection(Section):
    """Tests played during training with frozen animals: at the start, every `every_steps`, and at the end."""

    every_steps: Annotated[int, whole(1, limits.MAX_STEPS)] = 25_000
    repeats: Repeats = 2
    tests: Tests = ()


class EvaluationSection(Section):
    """Tests that `socialrl evaluate` plays; `duration_s` is their length if training episodes are shorter."""

    repeats: Repeats = 4
    duration_s: LengthOfTest = None
    tests: Tests = ()


def usable_groups(groups: dict[str, Value]) -> dict[str, Value]:
    """Refuse names of groups that cannot be names of files; the result cannot be changed."""
    seen: dict[str, str] = {}
    if len(groups) > limits.MAX_GROUPS:
        raise refuse(f"must have at most {limits.MAX_GROUPS:,} groups, got {len(groups):,}")
    for name in groups:
        if not IDENTIFIER.fullmatch(name):
            raise refuse(
                f"has a group called '{shortened(name)}'; a group's name is made of letters, digits and underscores"
            )
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            # They become file names, and some file systems do not tell capitals apart.
            raise refuse(f"has groups '{twin}' and '{name}', which differ only in capital letters")
    return FrozenDict(groups)


def some_groups(groups: dict[str, Value]) -> dict[str, Value]:
    """Refuse an experiment without groups."""
    if not groups:
        raise refuse("must name at least one group, for example wild_type: {oxtr_gain: 1.0}")
    return groups


Genotypes = Annotated[dict[str, Genotype], AfterValidator(some_groups), AfterValidator(usable_groups)]
# For each kind of habitat the genotypes of its animals, in order.
Habitats = Annotated[dict[str, Annotated[tuple[str, ...], listed(identifier())]], AfterValidator(usable_groups)]


class Config(Section):
    """A whole experiment, as read by `socialrl.config.load_config`; `steps` counts per animal over all its lives."""

    name: Annotated[str, run_name()]
    output: Annotated[str, folder()] = "runs"
    seed: Annotated[int, whole(0, limits.MAX_SEED)]
    engine: Annotated[str, choice("cohort", "sb3")] = "cohort"
    device: Annotated[str, choice("cpu", "cuda", "auto")] = "cpu"
    workers: Annotated[int | None, whole(1, limits.MAX_WORKERS, optional=True)] = None
    env: EnvSection
    genotypes: Genotypes
    habitats: Habitats = FrozenDict()
    animals: Annotated[int, whole(1, limits.MAX_ANIMALS)]
    individual_spread: Spread = 1.0
    lives: Annotated[int, whole(1, limits.MAX_LIVES)] = 16
    steps: Annotated[int, whole(1, limits.MAX_STEPS)]
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
            text = (
                f"must be a multiple of {len(assay.acting)}, the number of animals in one {assay.id}, got "
                f"{self.animals}"
            )
            raise refuse(text, key="animals", involves=["animals", "env.id"])
        if self.engine == "sb3" and len(assay.acting) > 1:
            text = f"must be cohort in {assay.id}, whose animals live and learn in one world, got sb3"
            raise refuse(text, key="engine", involves=["engine", "env.id"])
        sexes = {name: one.sex for name, one in self.genotypes.items()}
        check_habitats(self.habitats, sexes, assay)
        lengths = {"evaluation.duration_s": self.evaluation.duration_s}
        named = {"env.reset": self.env.reset.session or ()}
        strangers = {"env.reset": self.env.reset.stranger_sex}
        relationships = {"env.reset": self.env.reset.relationship}
        for section, tests in (("probes", self.probes.tests), ("evaluation", self.evaluation.tests)):
            for k, test in enumerate(tests):
                key = f"{section}.tests.{k}"
                lengths[f"{key}.duration_s"] = test.duration_s
                named[key] = () if test.session is None else (test.session,)
                strangers[key] = (test.stranger_sex,)
                relationships[key] = (test.relationship,)
                slow = {name: getattr(test, name) for name in OF_ATTACHMENT}
                of_test = {f"{key}.{name}": value for name, value in slow.items()}
                check_slow_state(assay.id, self.env.attachment, of_test, section="")
                check_conditioning(assay.id, {f"{key}.{name}": getattr(test, name) for name in OF_CONTEXTS}, section="")
                begins_h = [slow["stressor_start_h"]] if slow["stressor_start_h"] is not None else []
                usual = self.for_evaluation() if section == "evaluation" else self
                check_stressor_begins(begins_h, usual.length_of(test), key=f"{key}.stressor_start_h")
                if test.access_s is not None and not assay.doors:
                    text = f"is not allowed in {assay.id}, which has no doors; got {test.access_s:g}"
                    raise refuse(text, key=f"{key}.access_s", involves=[f"{key}.access_s", "env.id"])
        check_relationships(self.members, sexes, relationships, assay)
        for key, duration_s in lengths.items():
            if duration_s is None:
                continue
            try:
                count_ticks(self.env.dt_s, duration_s)
            except ValueError as error:
                raise refuse(f"is not usable: {error}", key=key, involves=["env.dt_s", key]) from error
        for key, sessions in named.items():
            for session in sessions:
                if session not in assay.session_table:
                    text = f"is not usable: {unknown('session', session, assay.session_table)}"
                    raise refuse(text, key=f"{key}.session")
            here = [assay.session_table[name] for name in sessions or assay.session_table]
            met = any(one[stranger] for one in here for stranger in assay.strangers)
            # between contexts nobody is met, but a stranger may have been in one of them
            if not (met or assay.contexts) and set(strangers[key]) != {"as_partner"}:
                where = f"the session {', '.join(sessions)}" if assay.strangers else assay.id
                text = f"must be as_partner in {where}, where there is no stranger, got {', '.join(strangers[key])}"
                raise refuse(text, key=f"{key}.stranger_sex", involves=[f"{key}.stranger_sex", "env.id"])
        return self

    def for_evaluation(self) -> Config:
        """Return the configuration with the length of the evaluation tests instead of that of training episodes."""
        if self.evaluation.duration_s is None:
            return self
        env = self.env.model_copy(update={"duration_s": self.evaluation.duration_s})
        return self.model_copy(update={"env": env})

    def length_of(self, test: TestCondition) -> float:
        """Return the seconds that a test lasts."""
        return self.env.duration_s if test.duration_s is None else test.duration_s

    @property
    def run_path(self) -> Path:
        """The run folder, `<output>/<name>`."""
        return expanded(self.output) / self.name

    @property
    def members(self) -> dict[str, tuple[str, ...]]:
        """The genotypes of each group's animals: animal `index` has number `index` modulo their count.

        A group is a kind of habitat where there are `habitats`, else a genotype.
        """
        return dict(self.habitats) or {name: (name,) for name in self.genotypes}

    def animal_ids(self, group: str) -> list[str]:
        """Return the ids `<group>-<NN>` of a group's animals, in the order of their pair index."""
        return numbered(group, self.animals)
