"""Gymnasium worlds of social reward in prairie voles. Importing this registers the assays and loads no learning library."""

from __future__ import annotations

import gymnasium as gym

from .assay import Assay
from .assays.group_habitat import (
    GROUP_HABITAT,
    GROUP_MEMBER,
    GroupHabitatVectorEnv,
    GroupMemberEnv,
    GroupMemberVectorEnv,
    refuse_single,
)
from .assays.oxytocin_release import RELEASE_ID, RELEASE_PAPER, OxytocinReleaseEnv
from .assays.partner_preference import PARTNER_PREFERENCE, PartnerPreferenceEnv, PartnerPreferenceVectorEnv
from .assays.social_operant import SOCIAL_OPERANT, SocialOperantEnv, SocialOperantVectorEnv
from .assays.stranger_encounter import STRANGER_ENCOUNTER, StrangerEncounterEnv, StrangerEncounterVectorEnv
from .single import SocialEnv
from .vector import SocialVectorEnv

# the one table: assay, single environment (none where several animals act), vector environment
_TABLE: tuple[tuple[Assay, type[SocialEnv] | None, type[SocialVectorEnv]], ...] = (
    (PARTNER_PREFERENCE, PartnerPreferenceEnv, PartnerPreferenceVectorEnv),
    (SOCIAL_OPERANT, SocialOperantEnv, SocialOperantVectorEnv),
    (STRANGER_ENCOUNTER, StrangerEncounterEnv, StrangerEncounterVectorEnv),
    (GROUP_HABITAT, None, GroupHabitatVectorEnv),
    (GROUP_MEMBER, GroupMemberEnv, GroupMemberVectorEnv),
)
ASSAYS: dict[str, Assay] = {assay.id: assay for assay, _, _ in _TABLE}
# of everything registered, the release protocol included
PAPERS: dict[str, str] = {**{name: assay.paper for name, assay in ASSAYS.items()}, RELEASE_ID: RELEASE_PAPER}


def register() -> None:
    """Register every assay with Gymnasium; once is enough, and importing this package has done it."""
    for assay, single, vector in _TABLE:
        if assay.id not in gym.registry:
            gym.register(
                id=assay.id,
                entry_point=f"{(single or refuse_single).__module__}:{(single or refuse_single).__name__}",
                vector_entry_point=f"{vector.__module__}:{vector.__name__}",
            )
    # not in the table, which trainers and testers read: it has no habitat, and nobody acts or is rewarded in it
    if RELEASE_ID not in gym.registry:
        gym.register(id=RELEASE_ID, entry_point=f"{OxytocinReleaseEnv.__module__}:{OxytocinReleaseEnv.__name__}")


register()

__all__ = ["ASSAYS", "PAPERS", "Assay", "SocialEnv", "SocialVectorEnv", "register"]
