"""What the configuration of a recording may contain: evoked release of animals that are not trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from socialrl.config import limits, words
from socialrl.config.checks import choice, folder, number, one_or_list, optional_choice, refuse, run_name, whole
from socialrl.config.experiment import RELEASE, Genotype, check_whole_ticks, numbered, some_groups, usable_groups
from socialrl.config.paths import expanded
from socialrl.config.values import (
    Arms,
    DosesOfTest,
    FrozenDict,
    NonNegative,
    ParametersOfWorld,
    Positive,
    Section,
    Spread,
    TickLength,
    WorldParameters,
)
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.vocabulary import SEXES


class ReleaseSection(Section, ParametersOfWorld):
    """The preparation; `parameters`, `arms` and `drugs` as in other assays, drugs in seconds from the first frame."""

    id: Annotated[str, choice(RELEASE)] = RELEASE
    dt_s: TickLength = 1.0
    duration_s: Annotated[float, number(10, limits.MAX_DURATION_S)] = 600.0
    parameters: WorldParameters = Field(default=CURRENT, validate_default=True)
    arms: Arms = FrozenDict()
    drugs: DosesOfTest = ()

    @model_validator(mode="after")
    def _whole_ticks(self) -> ReleaseSection:
        check_whole_ticks(self.dt_s, self.duration_s)
        return self


class StimulationSection(Section):
    """A train of pulses; `strength` 1 releases as much as contact of the same length."""

    pulses: Annotated[int, whole(1, limits.MAX_PULSES)] = 30
    rate_hz: Positive = 1.0
    start_s: NonNegative = 60.0
    pulse_s: Positive = 1.0
    strength: Annotated[float, number(0, 100)] = 1.0

    @model_validator(mode="after")
    def _apart(self) -> StimulationSection:
        if self.pulses > 1 and self.pulse_s * self.rate_hz > 1.0 + 1e-9:
            raise refuse(
                f"must be at most {1.0 / self.pulse_s:g}, so that pulses of {self.pulse_s:g} s do not overlap, got "
                f"{self.rate_hz:g}",
                key="rate_hz",
            )
        return self


class NoiseSection(Section):
    """The noise of a recording, see `socialrl_envs.recording.Recording`; all zero: the equations alone."""

    slice_spread: Annotated[float, number(0, 1)] = 0.3
    frame_noise: Annotated[float, number(0, 0.1)] = 0.005
    smoothing_s: Annotated[float, number(0, 60)] = 5.0


class RecordedGroup(Genotype):
    """A group of animals as in an experiment; `sex` null: those of the recording's key `sex`."""

    sex: Annotated[str | None, optional_choice(lambda: words.SEXES)] = None  # type: ignore[assignment]


class RecordingConfig(Section):
    """A whole recording, as read by `socialrl.config.load_recording`; `animals` counts per genotype, over all `sex`.

    `sex` is that of the groups that name none of their own: the first half of a group has the first, the rest the
    second.
    """

    name: Annotated[str, run_name()]
    output: Annotated[str, folder()] = "runs"
    seed: Annotated[int, whole(0, limits.MAX_SEED)]
    env: ReleaseSection = ReleaseSection()
    stimulation: StimulationSection = StimulationSection()
    recording: NoiseSection = NoiseSection()
    genotypes: Annotated[dict[str, RecordedGroup], AfterValidator(some_groups), AfterValidator(usable_groups)]
    animals: Annotated[int, whole(1, limits.MAX_ANIMALS)]
    sex: Annotated[tuple[str, ...], one_or_list(choice(*SEXES))] = SEXES
    individual_spread: Spread = 1.0

    @model_validator(mode="after")
    def _fits(self) -> RecordingConfig:
        if len(set(self.sex)) < len(self.sex):
            raise refuse(f"must name each sex once, got {', '.join(self.sex)}", key="sex")
        if self.animals % len(self.sex):
            raise refuse(
                f"must be a multiple of {len(self.sex)}, so that there are as many of each sex, got {self.animals}",
                key="animals",
            )
        train = self.stimulation
        end_s = train.start_s + (train.pulses - 1) / train.rate_hz + train.pulse_s
        if end_s > self.env.duration_s:
            text = f"must end within env.duration_s = {self.env.duration_s:g} s, but its last pulse ends at {end_s:g} s"
            raise refuse(text, key="stimulation", involves=["stimulation", "env.duration_s"])
        return self

    @property
    def path(self) -> Path:
        """The folder of the results, `<output>/<name>`."""
        return expanded(self.output) / self.name

    def animal_ids(self, group: str) -> list[str]:
        """Return the ids `<group>-<NN>` of a group's animals, in the order of their index."""
        return numbered(group, self.animals)
