"""One record for each assay: its measures, its training in the battery, its tests and figures. Light, and data only.

Nothing else guesses an assay from the columns of a table. A new assay is registered twice: its world with
`socialrl_envs.register_assay`, what is studied in it with `register_study`. An assay without a study can be trained and
tested like any other; its only measure is then the return.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from socialrl.errors import UserError

Shuffle = Literal["columns", "sessions", "members"]

SIZES = ("quick", "full", "sensitivity")
"""The keys of `AssayStudy.steps`."""


@dataclass(frozen=True)
class AssayStudy:
    """What is studied in one assay.

    `id` is the assay's id in Gymnasium, `title` its name in sentences. `measures` are names of the measures table
    (`socialrl.analysis.measure_table`): the headline first, then what tables and curves show beside it. `figures` are
    plates of a report by name. `pairs`: cage mates are tested in one world and share their contact, so the pair is the
    replicate.

    Of the battery (`socialrl reproduce`): `training` are the sections `env` and `ppo` and the key `lives` of a
    configuration, where they differ from its defaults; `steps` the training steps per animal over all its lives, by
    `SIZES`; `test_s` the length of tests in seconds, None for that of training episodes; `least_animals` the animals a
    group below which no verdict is possible. `shuffle` says how the null control of the labels exchanges partner and
    stranger: the columns of one test, the rows of the two `sessions` with one animal each, or the cage mate with
    another member of the group. `times` multiplies the animals of a preset where effects are expected to be small.
    `synchrony` names series of two animals whose index is a measure.
    `care`: there is a litter; `contexts`: what an animal has learned of two places is tested. `called` is the study's
    name where its assay is studied a second time, with animals that learned otherwise.
    """

    id: str
    title: str
    measures: tuple[str, ...] = ("return",)
    figures: tuple[str, ...] = ("measures",)
    pairs: bool = False
    training: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, int] = field(default_factory=dict)
    test_s: float | None = None
    least_animals: int = 0
    times: int = 1
    shuffle: Shuffle | None = None
    sessions: tuple[str, ...] = ()
    synchrony: tuple[str, ...] = ()
    called: str = ""
    care: bool = False
    contexts: bool = False

    def __post_init__(self) -> None:
        if not self.measures:
            raise UserError(f"the study of {self.id} needs at least one measure, its headline")
        if self.shuffle == "sessions" and len(self.sessions) != 2:
            raise UserError(f"the study of {self.id} exchanges rows of two sessions, got {list(self.sessions)}")

    @property
    def name(self) -> str:
        """What it is called: without a name of its own the short id, "socialrl/SocialOperant-v0" is SocialOperant."""
        return self.called or short_id(self.id)

    @property
    def attachment(self) -> bool:
        """Whether its animals are trained with a slow state, which lives before tests move."""
        return bool(self.training.get("env", {}).get("attachment", False))

    @property
    def headline(self) -> str:
        """The name of the main measure."""
        return self.measures[0]


def short_id(assay: str) -> str:
    """Return the name of an assay without namespace and version: "socialrl/SocialOperant-v0" is SocialOperant."""
    return assay.rsplit("/", 1)[-1].rsplit("-v", 1)[0]
