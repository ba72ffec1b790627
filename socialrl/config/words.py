"""What the words that a configuration may hold mean, in a few words each: errors list them beside the names."""

from __future__ import annotations

from collections.abc import Mapping

from socialrl.extensions import load_extensions
from socialrl_envs.vocabulary import DRUGS

RELATIONSHIPS: Mapping[str, str] = {"peer": "a partner of the same sex", "mate": "a partner of the other sex"}

SEXES: Mapping[str, str] = {
    "female": "all females",
    "male": "all males",
    "mixed": "females and males in turn, cage by cage where several live together",
}
"""The sex of a group's animals."""

STRANGER_SEXES: Mapping[str, str] = {
    "as_partner": "the sex of the partner",
    "same": "the sex of the tested animal",
    "other": "the other sex than that of the tested animal",
}

CONDITIONED_WITH: Mapping[str, str] = {
    "partner": "company is the cage mate",
    "stranger": "company is an animal that it has never met",
    "nobody": "it is alone in both contexts",
}

ARMS: Mapping[str, str] = {
    "release": "how much oxytocin contact releases",
    "consolidation": "how fast contact makes an animal familiar",
    "reward": "what contact with a familiar animal is worth",
    "defence": "what rejecting a stranger is worth",
    "retention": "how well familiarity lasts",
}
"""Where the receptor acts (docs/model.md, "Where the receptor acts")."""

ARM_SETTINGS: Mapping[str, str] = {
    "own": "the animal's own gain",
    "wild_type": "gain 1",
    "knockout": "gain 0",
}


def drugs() -> dict[str, str]:
    """Return the drugs and what a unit of their dose does, those of other packages included."""
    load_extensions()
    return {name: drug.meaning for name, drug in DRUGS.items()}
