"""The measures that come with socialrl, one row each; `measure_table` adds those of other packages."""

from __future__ import annotations

import math

from socialrl.analysis.habitat_measures import HABITATS, OF_THE_PARTNER
from socialrl.analysis.measure import PROBES_IN_A_ROW, Measure

PREFERENCE = "PartnerPreference"
LEVER = "SocialOperant"
ENCOUNTER = "StrangerEncounter"
RELEASE = "OxytocinRelease"
_PROTOCOL = "Beery 2021 Curr Protoc (PMC8221176)"
_LEVER_PAPER = "Beery et al. 2021 eLife 10:e72684"


def _counted(
    name: str,
    label: str,
    unit: str,
    assays: tuple[str, ...],
    formula: str,
    digits: int = 0,
    sessions: tuple[str, ...] = (),
) -> Measure:
    """A counter as it is in the record of a test."""
    return Measure(name, label, unit, formula, assays=assays, sessions=sessions, sum=(name,), digits=digits)


_P, _S = "huddle_s_partner", "huddle_s_stranger"
_FRACTION = "fraction"

MEASURES: tuple[Measure, ...] = (
    Measure(
        "preference",
        "Preference",
        _FRACTION,
        "P / (P + S); not a number when P + S = 0",
        _PROTOCOL,
        assays=(PREFERENCE,),
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
    _counted(_P, "Huddle with partner", "s", (PREFERENCE, LEVER, ENCOUNTER), "seconds of side-by-side contact: P"),
    _counted(_S, "Huddle with stranger", "s", (PREFERENCE, LEVER, ENCOUNTER), "seconds of side-by-side contact: S"),
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
        _counted(f"chamber_s_{name}", label, "s", (PREFERENCE,), f"seconds in the {words}")
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
    Measure(
        "presses",
        "Presses",
        "per 30-min session",
        "lever presses for partner and stranger together",
        _LEVER_PAPER,
        assays=(LEVER,),
        sum=("presses_partner", "presses_stranger"),
        digits=1,
        smallest=2.0,
        same_within=5.0,
        why="55 presses buy 10 accesses (Beery et al. 2021), so 5 presses are about one access in the middle of a"
        " session; 2 is a choice",
    ),
    _counted(
        "presses_partner",
        "Presses for the partner",
        "per session",
        (LEVER,),
        "lever presses for the partner",
        1,
        ("partner", "choice"),
    ),
    _counted(
        "presses_stranger",
        "Presses for the stranger",
        "per session",
        (LEVER,),
        "lever presses for the stranger",
        1,
        ("stranger", "choice"),
    ),
    Measure(
        "partner_presses",
        "Partner's share of presses",
        _FRACTION,
        "presses for the partner / all presses, where both are behind doors",
        _LEVER_PAPER,
        assays=(LEVER,),
        sessions=("choice",),
        high=1.0,
        chance=0.5,
        sum=("presses_partner",),
        per=("presses_partner", "presses_stranger"),
    ),
    Measure(
        "breakpoint",
        "Breakpoint",
        "presses for the last access",
        "presses that the last access cost, partner and stranger together",
        _LEVER_PAPER,
        assays=(LEVER,),
        sum=("breakpoint_partner", "breakpoint_stranger"),
        digits=1,
        smallest=0.5,
        why="half a step of the schedule; a choice",
    ),
    Measure(
        "accesses",
        "Accesses",
        "per 30-min session",
        "doors opened to partner and stranger together",
        _LEVER_PAPER,
        assays=(LEVER,),
        sum=("accesses_partner", "accesses_stranger"),
        digits=1,
    ),
    _counted(
        "accesses_partner",
        "Accesses to the partner",
        "per session",
        (LEVER,),
        "doors opened to the partner",
        1,
        ("partner", "choice"),
    ),
    _counted(
        "accesses_stranger",
        "Accesses to the stranger",
        "per session",
        (LEVER,),
        "doors opened to the stranger",
        1,
        ("stranger", "choice"),
    ),
    Measure(
        "huddle_per_access_s",
        "Huddle per access",
        "s",
        "(P + S) / accesses",
        _LEVER_PAPER,
        assays=(LEVER,),
        sum=(_P, _S),
        per=("accesses_partner", "accesses_stranger"),
        digits=1,
        smallest=2.0,
        why="of 60 s of access; a choice",
    ),
    *OF_THE_PARTNER,
    _counted("contact_s_partner", "Contact with the cage mate", "s", HABITATS, "seconds of contact with the cage mate"),
    _counted(
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
    _counted(
        "rejections_stranger",
        "Rejections of the stranger",
        "per test",
        (PREFERENCE, LEVER),
        "times that the stranger was driven off by the tested animal",
        1,
    ),
    _counted(
        "rejections_partner",
        "Rejections of the partner",
        "per test",
        (PREFERENCE, LEVER, ENCOUNTER, *HABITATS),
        "times that the partner was driven off by the tested animal",
        1,
    ),
    _counted(
        "rejections_others",
        "Rejections of others",
        "per test",
        HABITATS,
        "times that others than the partner were driven off by the tested animal",
        1,
    ),
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
