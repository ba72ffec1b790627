"""The measures of a group habitat that say how much of an animal's contact is with its cage mate."""

from __future__ import annotations

import math

from socialrl.analysis.measure import Measure

HABITATS = ("GroupHabitat", "GroupMember")
HOME = "PairHome"
_SOURCE = "after Black et al. 2025 Curr Biol 35:4178; definition ours"
_HALF_A_TICK_S = 30.0
"""Half of the tick that habitats are configured with: the least contact is one tick."""

OF_THE_PARTNER: tuple[Measure, ...] = (
    Measure(
        "partner_share",
        "Partner's share of contact",
        "fraction",
        "contact with the cage mate / contact with everybody",
        _SOURCE,
        assays=HABITATS,
        high=1.0,
        chance=1 / 7,
        sum=("contact_s_partner",),
        per=("contact_s_partner", "contact_s_others"),
        smallest=0.05,
        same_within=0.1,
        why="a choice",
    ),
    Measure(
        "partner_cohabitation",
        "Partner's share of cohabitation",
        "fraction",
        "time in one chamber with the cage mate / with everybody, touching or not",
        "what tracking by radio tags can tell; cohabitation as in Voletron (BeeryLab)",
        assays=HABITATS,
        high=1.0,
        chance=1 / 7,
        sum=("together_s_partner",),
        per=("together_s_partner", "together_s_others"),
        smallest=0.05,
        same_within=0.1,
        why="a choice",
    ),
    *(
        Measure(
            f"partner_share_{name}",
            f"Partner's share, {words}",
            "fraction",
            f"contact with the cage mate / contact with everybody, in the {words}",
            _SOURCE,
            assays=HABITATS,
            high=1.0,
            chance=1 / 7,
            sum=("partner_s_hourly",),
            per=("partner_s_hourly", "others_s_hourly"),
            hours=hours,
            smallest=0.05,
            why="a choice",
        )
        for name, words, hours in (
            ("first_6h", "first 6 h", (0.0, 6.0)),
            ("first_day", "first day", (0.0, 24.0)),
            ("last_day", "last day", (96.0, 120.0)),
        )
    ),
    Measure(
        "partner_share_decline",
        "Loss of the partner's share",
        "first 6 h less last day",
        "partner's share of the first 6 h less that of the last day",
        _SOURCE,
        assays=HABITATS,
        low=-1.0,
        high=1.0,
        chance=0.0,
        first="partner_share_first_6h",
        less="partner_share_last_day",
        smallest=0.05,
        why="a choice",
    ),
    *(
        Measure(
            f"partner_log_odds_{name}",
            f"Log-odds of the partner, {words}",
            "log-odds",
            f"ln((contact with the cage mate + {_HALF_A_TICK_S:g} s) / (contact with others + {_HALF_A_TICK_S:g} s)),"
            f" in the {words}",
            _SOURCE,
            assays=HABITATS,
            low=-math.inf,
            sum=("partner_s_hourly",),
            per=("partner_s_hourly", "others_s_hourly"),
            hours=hours,
            guard=_HALF_A_TICK_S,
        )
        for name, words, hours in (("first_6h", "first 6 h", (0.0, 6.0)), ("last_day", "last day", (96.0, 120.0)))
    ),
    Measure(
        "partner_log_odds_loss",
        "Loss of the partner in log-odds",
        "log-odds",
        "log-odds of the partner in the first 6 h less those in the last day",
        _SOURCE,
        assays=HABITATS,
        low=-math.inf,
        chance=0.0,
        first="partner_log_odds_first_6h",
        less="partner_log_odds_last_day",
        smallest=0.2,
        why="0.05 of the share where it is one half; a choice",
    ),
)
