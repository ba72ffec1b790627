"""The assays that come with socialrl: one row each.

Training settings are numbers only, chosen on wild types (docs/benchmarks/learning.md); what a row does not name is the
default of a configuration.
"""

from __future__ import annotations

from socialrl.assays.study import AssayStudy

_THREE_CHAMBERS = AssayStudy(
    id="socialrl/PartnerPreference-v0",
    title="partner preference",
    measures=(
        "preference",
        "total_huddle_s",
        "huddle_s_partner",
        "huddle_s_stranger",
        "latency_s_partner",
        "rejections_stranger",
        "return",
    ),
    figures=("learning", "preference", "huddle", "time_course", "reward", "criterion"),
    training={
        "env": {
            "dt_s": 15,
            "duration_s": 10_800,
            "reset": {
                "cohousing_h": [0, 6, 24, 72, 168],
                "relationship": ["peer", "mate"],
                "stranger_sex": ["as_partner", "other"],
            },
            # one test in ten under each of the drugs that animals are tested under: a network that is frozen at the
            # test can only do what it has learned, and an animal that perceives its drug reacts at once
            "drugs": [
                {"drug": "agonist", "dose": 4.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
                {"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
                {"drug": "v1a_antagonist", "dose": 1.0, "start_s": 0, "end_s": 10_800, "share": 0.1},
            ],
        },
        "lives": 16,
    },
    steps={"quick": 60_000, "full": 80_000, "sensitivity": 40_000},
    shuffle="columns",
)

# Animals of every slow state: a network that is frozen at the test can only do what it has met. So one training serves
# for all lives from birth on, and for all strengths of the arms of development.
_LIVED = AssayStudy(
    id="socialrl/PartnerPreference-v0",
    called="LivedPreference",
    title="partner preference after a life",
    measures=(
        "preference",
        "total_huddle_s",
        "huddle_s_partner",
        "huddle_s_stranger",
        "chamber_s_stranger",
        "cohousing_to_criterion_h",
        "bond_start",
        "expression_start",
        "reactivity_start",
        "load_start",
        "stress_start",
        "return",
    ),
    training={
        "env": {
            "dt_s": 15,
            "duration_s": 10_800,
            "attachment": True,
            "reset": {
                "cohousing_h": [0, 6, 24, 72, 168],
                "relationship": ["peer", "mate"],
                "stranger_sex": ["as_partner", "other"],
                "session": ["all", "all", "all", "stranger"],
                "expression": [0.5, 0.7, 1, 1.3],
                "competence": [0.7, 1, 1.3],
                "reactivity": [0.5, 0.7, 1, 1.5, 2],
                "load": [0, 0.3, 0.6, 1],
            },
        },
        "lives": 16,
    },
    steps={"quick": 60_000, "full": 80_000, "sensitivity": 40_000},
    times=3,  # what happens early is expected to do little later
)

_LEVER = AssayStudy(
    id="socialrl/SocialOperant-v0",
    title="lever pressing for company",
    measures=(
        "presses",
        "presses_partner",
        "presses_stranger",
        "partner_presses",
        "breakpoint",
        "accesses_partner",
        "accesses_stranger",
        "huddle_per_access_s",
        "return",
    ),
    training={
        # sessions at a fixed ratio of 1 among those at a progressive one: the lever has to be found before work can
        # pay, as animals in the laboratory are shaped before they are tested
        "env": {
            "dt_s": 10,
            "duration_s": 1_800,
            "reset": {
                "cohousing_h": [24, 168],
                "relationship": ["peer", "mate"],
                "ratio_step": [0, 0, 1],
                # some longer accesses: what an animal feels in one that lasts is new to a network that never had any
                "access_s": [60, 60, 60, 300],
            },
            "drugs": [{"drug": "agonist", "dose": 4.0, "start_s": 0, "end_s": 1_800, "share": 0.1}],
        },
        "lives": 16,
        # more entropy than elsewhere: work has to be found before it can pay
        "ppo": {"ent_coef": 0.1, "learning_rate": "lin_3e-3", "batch_size": 256},
    },
    steps={"quick": 140_000, "full": 200_000, "sensitivity": 125_000},
    shuffle="sessions",
    sessions=("partner", "stranger"),
)

_ENCOUNTER = AssayStudy(
    id="socialrl/StrangerEncounter-v0",
    title="stranger encounter",
    measures=("attacks", "avoidance", "huddle_s_stranger", "rejections_partner", "return"),
    training={
        "env": {
            "dt_s": 5,
            "duration_s": 600,
            # half of the encounters at home, half in a neutral cage
            "reset": {"cohousing_h": [0, 24, 168], "session": ["alone", "neutral"]},
            "drugs": [
                {"drug": "agonist", "dose": 4.0, "start_s": 0, "end_s": 3_600, "share": 0.1},
                {"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 3_600, "share": 0.1},
            ],
        },
        "lives": 16,
        "ppo": {"learning_rate": "lin_3e-3", "batch_size": 256},
    },
    steps={"quick": 40_000, "full": 50_000, "sensitivity": 40_000},
)

_HABITAT_MEASURES = (
    "partner_share",
    "contact_s_partner",
    "contact_s_others",
    "rejections_partner",
    "rejections_others",
    "return",
)
_HABITAT = AssayStudy(
    id="socialrl/GroupHabitat-v0",
    title="group habitat",
    measures=_HABITAT_MEASURES,
    figures=("habitat", "synchrony", "measures"),
    pairs=True,
    # short episodes and many lives, so that the seven others are met in many orders of the slots
    training={"env": {"dt_s": 60, "duration_s": 43_200, "reset": {"cohousing_h": 168}}, "lives": 16},
    steps={"quick": 80_000, "full": 150_000, "sensitivity": 50_000},
    test_s=432_000,  # five days, because the registry compares the first with the last of five
    least_animals=16,  # eight pairs; the pair is the replicate there, and a verdict needs six
    shuffle="members",
)

_MEMBER = AssayStudy(
    id="socialrl/GroupMember-v0",
    title="one animal in a group habitat",
    measures=_HABITAT_MEASURES,
)

_HOME = AssayStudy(
    id="socialrl/PairHome-v0",
    title="two at home",
    measures=("contact_share", "together_share", "nest_share", "rejections_partner", "return"),
    figures=("synchrony", "measures"),
    pairs=True,
    training={
        "env": {
            "dt_s": 60,
            "duration_s": 43_200,
            "attachment": True,
            # strangers, peers and bonded peers; one episode in four behind a shut door
            "reset": {"cohousing_h": [0, 24, 168], "session": ["together", "together", "together", "apart"]},
        },
        "lives": 16,
    },
    steps={"quick": 80_000, "full": 150_000, "sensitivity": 50_000},
    test_s=86_400,
    least_animals=16,  # eight pairs; the pair is the replicate there, too
    times=2,
    synchrony=("moving", "stress", "action"),
)

_RECOVERY = AssayStudy(
    id="socialrl/StressRecovery-v0",
    title="recovery from restraint",
    measures=("stress_half_s", "stress_area", "stress_peak", "huddle_s_partner", "huddle_s_stranger", "return"),
    training={
        "env": {
            "dt_s": 15,
            "duration_s": 14_400,
            "attachment": True,
            # animals of every slow state and calm ones: a frozen network can only do what it has met
            "reset": {
                "cohousing_h": [0, 24, 168],
                "stressor": [0, 1, 2],
                "expression": [0.7, 1, 1.3],
                "reactivity": [0.5, 0.7, 1, 1.5, 2],
                "load": [0, 0.3, 0.6, 1],
            },
        },
        "lives": 16,
    },
    steps={"quick": 60_000, "full": 80_000, "sensitivity": 40_000},
    times=2,
)

_PLACES = AssayStudy(
    id="socialrl/PlacePreference-v0",
    title="social conditioned place preference",
    measures=("place_preference", "place_score", "entries_social", "value_social", "value_solitary", "return"),
    contexts=True,
    training={
        "env": {
            "dt_s": 15,
            "duration_s": 1_800,
            # animals that know nothing of either context, that were alone in both, and that had company in one
            "reset": {
                "cohousing_h": [0, 24, 168],
                "relationship": ["peer", "mate"],
                "conditioning_days": [0, 2, 6],
                "conditioned_with": ["partner", "partner", "stranger", "nobody"],
            },
        },
        "lives": 16,
    },
    steps={"quick": 60_000, "full": 80_000, "sensitivity": 40_000},
)

_CARE_MEASURES = (
    "litter_share",
    "licking_share",
    "nest_share",
    "latency_to_return_s",
    "care_received",
    "litter_need",
    "litter_alone_s",
)
_CARE_STEPS = {"quick": 60_000, "full": 80_000, "sensitivity": 40_000}
_CAREGIVING = AssayStudy(
    id="socialrl/Caregiving-v0",
    title="care of a litter",
    measures=(*_CARE_MEASURES, "return"),
    training={
        "env": {
            "dt_s": 15,
            "duration_s": 14_400,
            "attachment": True,
            # carers of every slow state, as a lineage makes them
            "reset": {
                "cohousing_h": 0,
                "expression": [0.5, 0.7, 1, 1.3],
                "reactivity": [0.5, 0.7, 1, 1.5, 2],
                "load": [0, 0.3, 0.6, 1],
            },
            "drugs": [{"drug": "antagonist", "dose": 1.0, "start_s": 0, "end_s": 43_200, "share": 0.1}],
        },
        "lives": 16,
    },
    steps=_CARE_STEPS,
    test_s=43_200,
    times=2,
    care=True,
)
_SHARED_CAREGIVING = AssayStudy(
    id="socialrl/SharedCaregiving-v0",
    title="care of a litter by two",
    measures=(*_CARE_MEASURES, "attended_share", "contact_share", "together_share", "rejections_partner", "return"),
    figures=("synchrony", "measures"),
    pairs=True,
    training={
        "env": {"dt_s": 15, "duration_s": 14_400, "reset": {"cohousing_h": 168}},
        "lives": 16,
        "ppo": {"ent_coef": 0.1},
    },
    steps=_CARE_STEPS,
    test_s=43_200,
    least_animals=12,  # six pairs
    care=True,
)

STUDIES: tuple[AssayStudy, ...] = (
    _THREE_CHAMBERS,
    _LEVER,
    _ENCOUNTER,
    _HABITAT,
    _MEMBER,
    _HOME,
    _RECOVERY,
    _PLACES,
    _CAREGIVING,
    _SHARED_CAREGIVING,
    _LIVED,
)
