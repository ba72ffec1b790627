"""The words for animals of a life: companions with their relationship and sex, strangers, and nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from socialrl.errors import nearest

PARTNER = "partner"
STRANGER = "stranger"
OTHER_STRANGER = "stranger_of_other_sex"
STRANGERS = (STRANGER, OTHER_STRANGER)
"""Animals that a test may offer and that nobody has met."""
NOBODY = "nobody"
"""Offered where a place of a test stays empty."""

RELATIONSHIPS: Mapping[str, str] = {
    "peer": "a companion of the same sex",
    "mate": "a companion of the other sex",
    "sibling": "a litter mate of either sex, which never mates",
}
SEXES: Mapping[str, str] = {"same": "the sex of the tested animal", "other": "the other sex"}
USUAL = (PARTNER, "second_partner", "third_partner", "sister", "brother", "sibling")
"""Names that a slip is looked for in, whether a history has introduced them or not."""


@dataclass(frozen=True)
class Companion:
    """An animal that the tested one lives with: its name in the history, what it is to it, and its sex."""

    name: str
    relationship: str
    other_sex: bool

    @property
    def mates(self) -> bool:
        """Whether the two mate, unless the file says that they do not."""
        return self.relationship == "mate"

    def __str__(self) -> str:
        sex = " of the other sex" if self.other_sex and self.relationship == "sibling" else ""
        return f"{self.name} ({self.relationship}{sex})"


def slip_of(name: str, known: Iterable[str]) -> str | None:
    """Return the companion that a new name is a slip of; None for a name of its own."""
    names = dict.fromkeys([*known, *USUAL])
    return None if name in names else nearest(name, names)
