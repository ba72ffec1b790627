"""How each assay is trained: numbers only, to be tuned on wild types.

`TRAINING` holds what differs from the defaults of a configuration (sections `env`, `ppo` and the key `lives`), `TEST_S` the
length of tests where it is another than that of training episodes, `STEPS` the steps per animal, over all its lives, and
`LEAST_ANIMALS` the animals a group where presets with fewer could not give a verdict.
"""

from __future__ import annotations

from typing import Any

TRAINING: dict[str, dict[str, Any]] = {
    "PartnerPreference": {
        "env": {
            "dt_s": 15,
            "duration_s": 10_800,
            "reset": {"cohousing_h": [0, 6, 24, 72, 168], "relationship": ["peer", "mate"]},
            # one test in ten under each of the drugs that animals are tested under: a network that is frozen at the test
            # can only do what it has learned, and an animal that feels worse for its drug notices at once
            "drugs": [
                {"drug": "agonist", "dose": 4.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
                {"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
                {"drug": "v1a_antagonist", "dose": 1.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
            ],
        },
        "lives": 16,
    },
    "SocialOperant": {
        # sessions at a fixed ratio of 1 among those at a progressive one: the lever has to be found before work can pay,
        # as animals in the laboratory are shaped before they are tested
        "env": {
            "dt_s": 10,
            "duration_s": 1_800,
            "reset": {"cohousing_h": [24, 168], "relationship": ["peer", "mate"], "ratio_step": [0, 0, 1]},
        },
        "lives": 16,
        "ppo": {"ent_coef": 0.1},  # more than elsewhere: work has to be found before it can pay
    },
    "StrangerEncounter": {
        "env": {"dt_s": 5, "duration_s": 600, "reset": {"cohousing_h": [0, 24, 168], "session": "alone"}},
        "lives": 16,
    },
    "GroupHabitat": {
        # short episodes and many lives, so that the seven others are met in many orders of the slots
        "env": {"dt_s": 60, "duration_s": 43_200, "reset": {"cohousing_h": 168}},
        "lives": 32,
    },
}  # fmt: skip

TEST_S: dict[str, float] = {
    "GroupHabitat": 432_000,  # five days, because the registry compares the first with the last of five
}

LEAST_ANIMALS: dict[str, int] = {
    "GroupHabitat": 16,  # eight pairs; the pair is the replicate there, and a verdict needs six
}

STEPS: dict[str, dict[str, int]] = {
    "quick": {"PartnerPreference": 120_000, "SocialOperant": 280_000, "StrangerEncounter": 60_000, "GroupHabitat": 120_000},
    "full": {"PartnerPreference": 200_000, "SocialOperant": 400_000, "StrangerEncounter": 100_000, "GroupHabitat": 300_000},
    "sensitivity": {"PartnerPreference": 80_000, "SocialOperant": 250_000, "StrangerEncounter": 60_000, "GroupHabitat": 100_000},
}  # fmt: skip
