"""Measures of place preference: where an animal goes, and what it has learned that a context is worth."""

from __future__ import annotations

import math

from socialrl.analysis.measure import Measure, counted

PLACES = "PlacePreference"

OF_PLACES: tuple[Measure, ...] = (
    Measure(
        "place_preference",
        "Time where it had company",
        "fraction",
        "seconds in the social context / seconds in either context",
        "Dölen et al. 2013 Nature 501:179; Nardou et al. 2019 Nature 569:116",
        assays=(PLACES,),
        high=1.0,
        chance=0.5,
        sum=("chamber_s_social",),
        per=("chamber_s_social", "chamber_s_solitary"),
        smallest=0.05,
        same_within=0.05,
        why="a minute and a half of half an hour; a choice",
    ),
    Measure(
        "place_score",
        "Place preference score",
        "s",
        "seconds in the social context − seconds in the solitary one",
        "difference of the two, as in drug-conditioned place preference",
        assays=(PLACES,),
        low=-math.inf,
        chance=0.0,
        sum=("chamber_s_social",),
        minus=("chamber_s_solitary",),
        digits=0,
        smallest=90.0,
        why="a minute and a half of half an hour; a choice",
    ),
    *(
        counted(f"entries_{name}", f"Entries, {name} context", "per test", (PLACES,), f"passages to the {name} one", 1)
        for name in ("social", "solitary")
    ),
    *(
        Measure(
            f"value_{name}",
            f"Value, {name} context",
            "reward/min",
            f"what the animal has learned that the {name} context is worth",
            "definition ours",
            assays=(PLACES,),
            low=-math.inf,
            sum=(f"value_{name}",),
        )
        for name in ("social", "solitary")
    ),
)
