"""How large a reproduction is: animals, steps and tests of each preset, and which changed animals it adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from socialrl.assays import study_of
from socialrl.errors import UserError


@dataclass(frozen=True)
class Size:
    """Animals a group (a multiple of 8, the animals of one habitat), length of training, repeats of each test.

    `steps` is a key of `AssayStudy.steps`, or the steps per animal by assay. `many`: where effects are expected to be
    small there are more animals (`AssayStudy.times`).
    """

    animals: int
    steps: str | Mapping[str, int]
    repeats: int
    many: bool = True

    def steps_in(self, assay: str) -> int:
        """Return the training steps per animal in an assay, over all its lives; none given raises `UserError`."""
        by_assay = study_of(assay).steps if isinstance(self.steps, str) else self.steps
        key = self.steps if isinstance(self.steps, str) else assay
        if key not in by_assay:
            raise UserError(f"the study of {assay} names no training steps ({key}), so it cannot be reproduced")
        return by_assay[key]

    def animals_in(self, assay: str) -> int:
        """Return the animals a group in an assay; some need more of them before a verdict is possible."""
        study = study_of(assay)
        return max(self.animals * (study.times if self.many else 1), study.least_animals)

    @property
    def once(self) -> Size:
        """The same without more animals where effects are small, for the many groups of changed animals."""
        return replace(self, many=False)


@dataclass(frozen=True)
class Preset:
    """What `socialrl reproduce` does: the groups of the registry, and further ones if requested.

    `doses` adds further receptor gains, `arms` animals with a single changed place of receptor action, `parameters`
    (their size) animals under changed assumed parameters. `note` is shown at the top of the page.
    """

    size: Size
    doses: bool
    arms: bool
    parameters: Size | None
    note: str


_FULL = Size(16, "full", 4)

PRESETS = {
    "quick": Preset(
        Size(8, "quick", 2),
        doses=False,
        arms=False,
        parameters=None,
        note="Preset quick: 8 animals a group (16 in the group habitat) and short training, so intervals are wide and"
        " some animals have not learned.",
    ),
    "full": Preset(_FULL, doses=True, arms=False, parameters=None, note="Preset full: 16 animals a group."),
    "study": Preset(
        _FULL,
        doses=True,
        arms=True,
        parameters=Size(16, "sensitivity", 2),
        note="Preset study: 16 animals a group; those under changed parameters are trained for a shorter time.",
    ),
}
