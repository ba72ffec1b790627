"""The measures that come with socialrl, one row each; `measure_table` adds those of other packages."""

from __future__ import annotations

import math

from socialrl.analysis.care_measures import CARE, OF_CARE, SHARED
from socialrl.analysis.habitat_measures import HABITATS, HOME, OF_THE_PARTNER
from socialrl.analysis.lever_measures import LEVER, OF_THE_LEVER
from socialrl.analysis.life_measures import OF_LIVES, OF_RECOVERY, OF_TWO, RECOVERY
from socialrl.analysis.measure import PROBES_IN_A_ROW, Measure, counted
from socialrl.analysis.place_measures import OF_PLACES

PREFERENCE = "PartnerPreference"
ENCOUNTER = "StrangerEncounter"
RELEASE = "OxytocinRelease"
_PROTOCOL = "Beery 2021 Curr Protoc (PMC8221176)"


_P, _S = "huddle_s_partner", "huddle_s_stranger"
_BOTH = ("all",)
"""The session of a choice between two: beside an empty chamber there is no preference."""
_FRACTION = "fraction"
_HUDDLED = (PREFERENCE, LEVER, ENCOUNTER, RECOVERY)

MEASURES: tuple[Measure, ...] = (
    Measure(
        "preference",
        "Preference",
        _FRACTION,
        "P / (P + S); not a number when P + S = 0",
        _PROTOCOL,
        assays=(PREFERENCE,),
        sessions=_BOTH,
        high=1.0,
        chance=0.5,
        sum=(_P,),
        per=(_P, _S),
        smallest=0.05,
        same_within=0.1667,
        why="1/6 is the way from chance (1/2) to the guide line of 2/3; 0.05 is a choice",
    ),
    Measure(
        "selectivity",
        "Selectivity index",
        "index",
        "(P − S) / (P + S) = 2 × preference − 1",
        assays=(PREFERENCE,),
        sessions=_BOTH,
        low=-1.0,
        high=1.0,
        chance=0.0,
        sum=(_P,),
        minus=(_S,),
        per=(_P, _S),
    ),
    Measure(
        "total_huddle_s",
        "Total huddle",
        "s",
        "P + S",
        _PROTOCOL,
        assays=(PREFERENCE,),
        sum=(_P, _S),
        digits=0,
        smallest=120.0,
        why="two minutes of a test; a choice",
    ),
    Measure(
        "huddle_share",
        "Huddle share of the test",
        _FRACTION,
        "(P + S) / test length",
        assays=(PREFERENCE,),
        high=1.0,
        sum=(_P, _S),
        per=("duration_s",),
    ),
    counted(_P, "Huddle with partner", "s", _HUDDLED, "seconds of side-by-side contact: P"),
    counted(_S, "Huddle with stranger", "s", _HUDDLED, "seconds of side-by-side contact: S"),
    *(
        Measure(
            f"latency_s_{who}",
            f"Latency to huddle with the {who}",
            "s",
            "time of the first huddle; the test length when there was none",
            assays=(PREFERENCE, LEVER, ENCOUNTER),
            sum=(f"latency_s_{who}",),
            missing="duration_s",
            digits=0,
        )
        for who in ("partner", "stranger")
    ),
    *(
        Measure(
            f"bout_s_{who}",
            f"Mean bout with the {who}",
            "s",
            "huddle seconds / number of bouts",
            assays=(PREFERENCE, LEVER, ENCOUNTER),
            sum=(f"huddle_s_{who}",),
            per=(f"bouts_{who}",),
            digits=0,
        )
        for who in ("partner", "stranger")
    ),
    *(
        counted(f"chamber_s_{name}", label, "s", (PREFERENCE,), f"seconds in the {words}")
        for name, label, words in (
            ("partner", "Partner chamber", "partner's chamber"),
            ("centre", "Centre chamber", "centre chamber"),
            ("stranger", "Stranger chamber", "stranger's chamber"),
        )
    ),
    Measure(
        "steps_to_criterion",
        "Steps to criterion",
        "training steps",
        f"first of {PROBES_IN_A_ROW} probes in a row with preference ≥ 2/3; censored when not reached",
        "2/3 is a guide line of the field (scripts deposited by Sadino et al. 2023); two in a row is our choice",
        assays=(PREFERENCE,),
        time_to="preference",
        along="steps",
        digits=0,
    ),
    Measure(
        "cohousing_to_criterion_h",
        "Cohousing to criterion",
        "h",
        "shortest tested cohousing from which on preference ≥ 2/3 at every tested time; no interpolation; censored",
        "after Black et al. 2025 Curr Biol 35:4178 (graded cohousing); definition ours",
        assays=(PREFERENCE,),
        time_to="preference",
        digits=0,
        smallest=6.0,
        why="the shortest step between tested times; a choice",
    ),
    *OF_THE_LEVER,
    *OF_THE_PARTNER,
    counted(
        "contact_s_partner",
        "Contact with the cage mate",
        "s",
        (*HABITATS, HOME, SHARED),
        "seconds of contact with the cage mate",
    ),
    Measure(
        "contact_share",
        "Contact with the cage mate",
        _FRACTION,
        "seconds of contact with the cage mate / length of the test",
        assays=(HOME, SHARED),
        high=1.0,
        sum=("contact_s_partner",),
        per=("duration_s",),
        smallest=0.05,
        same_within=0.1,
        why="a choice",
    ),
    Measure(
        "together_share",
        "Time in one chamber",
        _FRACTION,
        "seconds in one chamber with the cage mate, touching or not / length of the test",
        assays=(HOME, SHARED),
        high=1.0,
        sum=("together_s_partner",),
        per=("duration_s",),
    ),
    Measure(
        "nest_share",
        "Time in the nest",
        _FRACTION,
        "seconds in the nest / length of the test",
        assays=(HOME, *CARE),
        high=1.0,
        sum=("chamber_s_nest",),
        per=("duration_s",),
    ),
    counted(
        "contact_s_others", "Contact with others", "s", HABITATS, "seconds of contact with each of the others, added"
    ),
    Measure(
        "attacks",
        "Attacks",
        "per test",
        "rejections of the stranger in an encounter",
        "resident-intruder test; direction: Black et al. 2025 Curr Biol 35:4178",
        assays=(ENCOUNTER,),
        sum=("attacks",),
        digits=1,
        smallest=0.5,
        why="one attack in two tests; a choice",
    ),
    Measure(
        "avoidance",
        "Time apart from the stranger",
        "fraction",
        "seconds in another chamber than the stranger / test length",
        "direction: Black et al. 2025 Curr Biol 35:4178; definition ours",
        assays=(ENCOUNTER,),
        high=1.0,
        sum=("chamber_s_apart",),
        per=("chamber_s_apart", "chamber_s_with_stranger"),
        smallest=0.05,
        why="half a minute of ten; a choice",
    ),
    Measure(
        "rejections",
        "Rejections of partner and stranger",
        "per test",
        "rejections of partner and stranger together",
        assays=(PREFERENCE, LEVER),
        sum=("rejections_partner", "rejections_stranger"),
        digits=1,
    ),
    counted(
        "rejections_stranger",
        "Rejections of the stranger",
        "per test",
        (PREFERENCE, LEVER),
        "times that the stranger was driven off by the tested animal",
        1,
    ),
    counted(
        "rejections_partner",
        "Rejections of the partner",
        "per test",
        (PREFERENCE, LEVER, ENCOUNTER, *HABITATS, HOME, SHARED),
        "times that the partner was driven off by the tested animal",
        1,
    ),
    counted(
        "rejections_others",
        "Rejections of others",
        "per test",
        HABITATS,
        "times that others than the partner were driven off by the tested animal",
        1,
    ),
    *OF_RECOVERY,
    *OF_LIVES,
    *OF_TWO,
    *OF_CARE,
    *OF_PLACES,
    Measure(
        "release_peak",
        "Peak of evoked release",
        "ΔF/F",
        "highest ΔF/F of a recording",
        "direction: Black et al. 2025 Curr Biol 35:4178",
        assays=(RELEASE,),
        low=-math.inf,
        sum=("peak",),
        digits=3,
        smallest=0.005,
        why="the assumed noise of a frame of one second",
    ),
    Measure(
        "release_area",
        "Area of evoked release",
        "ΔF/F × s",
        "area under ΔF/F of a recording",
        "direction: Black et al. 2025 Curr Biol 35:4178",
        assays=(RELEASE,),
        low=-math.inf,
        sum=("area",),
        digits=1,
    ),
    Measure(
        "return",
        "Return",
        "reward per test",
        "sum of the reward over a test",
        low=-math.inf,
        sum=("return",),
        digits=1,
    ),
)
