"""Every measure, once: name, unit, range, formula and how it comes from raw counters. All pages and curves read this.

The report, the scorecard, calibration and TensorBoard take their labels and their numbers from here. A measure of
another package is one more record: `register_measure(Measure(...))`. How records become numbers: `measure_values`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from socialrl.assays import study_of
from socialrl.errors import UserError, unknown
from socialrl.extensions import load_extensions

GUIDE_LINE = 2 / 3
"""Preference from which an animal counts as preferring: the partner gets twice the stranger's huddling."""

PROBES_IN_A_ROW = 2
"""Probes in a row that must reach the guide line; one alone is reached by luck too often in an untrained animal."""

PREFERENCE = "PartnerPreference"
LEVER = "SocialOperant"
ENCOUNTER = "StrangerEncounter"
HABITATS = ("GroupHabitat", "GroupMember")
RELEASE = "OxytocinRelease"
_PROTOCOL = "Beery 2021 Curr Protoc (PMC8221176)"
_LEVER_PAPER = "Beery et al. 2021 eLife 10:e72684"


@dataclass(frozen=True)
class Measure:
    """One measure: `name` is its column, `formula` says in words what the other fields say in columns.

    `assays` are the short ids of the assays in which it means something (empty: all), `sessions` those of their
    sessions (empty: all). Values lie between `low` and `high`; `chance` is the value of an animal that cannot tell
    partner and stranger apart.

    One of three ways leads from counters to a number. `sum`: these columns are added (list columns over `hours`), those
    of `minus` subtracted; where the first is not a number, the column `missing` takes its place. Repeats of an animal
    are averaged; then the mean is divided by that of the sum of `per`. `first` less `less`: the difference of two
    measures. `time_to`: the first value of the column `along` from which on that measure stays at the guide line of 2/3.

    `smallest` is the smallest difference that counts as one, `same_within` the margin inside which two sides are the
    same, `why` the reason for both; `digits` are decimals on pages.
    """

    name: str
    label: str
    unit: str
    formula: str
    source: str = "convention"
    assays: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    chance: float | None = None
    sum: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    missing: str | None = None
    hours: tuple[float, float] | None = None
    first: str | None = None
    less: str | None = None
    time_to: str | None = None
    along: str = "cohousing_h"
    smallest: float | None = None
    same_within: float | None = None
    why: str = ""
    digits: int = 2

    def __post_init__(self) -> None:
        ways = [bool(self.sum), self.first is not None and self.less is not None, self.time_to is not None]
        if sum(ways) != 1:
            raise UserError(f"the measure {self.name} needs exactly one of: sum, first and less, time_to")
        if (self.smallest or self.same_within) and not self.why:
            raise UserError(f"the measure {self.name} has a margin and no `why`")
        if self.hours is not None and not 0 <= self.hours[0] < self.hours[1]:
            raise UserError(f"the measure {self.name} needs hours in order, zero or more, got {list(self.hours)}")

    @property
    def of_one_test(self) -> bool:
        """Whether one test of an animal is enough for a value."""
        return self.time_to is None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the value comes from; none of a difference or of a time to criterion."""
        return tuple(dict.fromkeys((*self.sum, *self.minus, *self.per, *filter(None, [self.missing]))))


def _counted(name: str, label: str, unit: str, assays: tuple[str, ...], formula: str, digits: int = 0) -> Measure:
    """A counter as it is in the record of a test."""
    return Measure(name, label, unit, formula, assays=assays, sum=(name,), digits=digits)


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
        smallest=120,
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
        smallest=6,
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
        smallest=2,
        same_within=5,
        why="55 presses buy 10 accesses (Beery et al. 2021), so 5 presses are about one access in the middle of a"
        " session; 2 is a choice",
    ),
    _counted("presses_partner", "Presses for the partner", "per session", (LEVER,), "lever presses for the partner", 1),
    _counted("presses_stranger", "Presses for the stranger", "per session", (LEVER,), "lever presses for the stranger", 1),
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
    _counted("accesses_partner", "Accesses to the partner", "per session", (LEVER,), "doors opened to the partner", 1),
    _counted("accesses_stranger", "Accesses to the stranger", "per session", (LEVER,), "doors opened to the stranger", 1),
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
        smallest=2,
        why="of 60 s of access; a choice",
    ),
    Measure(
        "partner_share",
        "Partner's share of contact",
        "fraction",
        "contact with the cage mate / contact with everybody",
        "after Black et al. 2025 Curr Biol 35:4178; definition ours",
        assays=HABITATS,
        high=1.0,
        chance=1 / 7,
        sum=("contact_s_partner",),
        per=("contact_s_partner", "contact_s_others"),
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
            "after Black et al. 2025 Curr Biol 35:4178; definition ours",
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
        "after Black et al. 2025 Curr Biol 35:4178; definition ours",
        assays=HABITATS,
        low=-1.0,
        high=1.0,
        chance=0.0,
        first="partner_share_first_6h",
        less="partner_share_last_day",
        smallest=0.05,
        why="a choice",
    ),
    _counted("contact_s_partner", "Contact with the cage mate", "s", HABITATS, "seconds of contact with the cage mate"),
    _counted("contact_s_others", "Contact with others", "s", HABITATS, "seconds of contact with each of the others, added"),
    Measure(
        "attacks",
        "Attacks",
        "per 10 min",
        "rejections of the stranger in an encounter",
        "resident-intruder test; direction: Black et al. 2025 Curr Biol 35:4178",
        assays=(ENCOUNTER,),
        sum=("rejections_stranger",),
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
        assays=(PREFERENCE, LEVER, ENCOUNTER),
        sum=("rejections_partner", "rejections_stranger"),
        digits=1,
    ),
    _counted(
        "rejections_stranger", "Rejections of the stranger", "per test", (PREFERENCE, LEVER), "times driven off", 1
    ),
    _counted(
        "rejections_partner",
        "Rejections of the partner",
        "per test",
        (PREFERENCE, LEVER, ENCOUNTER, *HABITATS),
        "times driven off",
        1,
    ),
    _counted("rejections_others", "Rejections of others", "per test", HABITATS, "times driven off", 1),
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
)  # fmt: skip

_ADDED: dict[str, Measure] = {}


def register_measure(measure: Measure) -> None:
    """Add a measure, from any package: pages and curves of its assays show it. A name in use raises `UserError`."""
    known = measure_table().get(measure.name)
    if known is not None and known != measure:
        raise UserError(f"there is a measure {measure.name} already ({known.label}); give the other one another name")
    if known is None:
        _ADDED[measure.name] = measure


def measure_table() -> dict[str, Measure]:
    """Return all measures by name: those that come with socialrl, then those of other packages."""
    load_extensions()
    return {one.name: one for one in (*MEASURES, *_ADDED.values())}


def measure_called(name: str) -> Measure:
    """Return a measure by its name; an unknown one raises `UserError` with the nearest."""
    table = measure_table()
    if name not in table:
        raise UserError(unknown("measure", name, table))
    return table[name]


def measures_of(assay: str) -> tuple[Measure, ...]:
    """Return every measure that means something in an assay (long or short id): by its own record or the assay's."""
    study = study_of(assay)
    table = measure_table()
    listed = {one.name: one for one in map(measure_called, study.measures)}
    return tuple(one for one in table.values() if one.name in listed or study.name in one.assays)


def shown_in(assay: str) -> tuple[Measure, ...]:
    """Return the measures that pages and curves show of an assay: those that its study lists, then added ones that fit."""
    study = study_of(assay)
    own = tuple(map(measure_called, study.measures))
    return (*own, *(one for one in _ADDED.values() if study.name in one.assays and one not in own and one.of_one_test))


def headline_of(assay: str) -> Measure:
    """Return the main measure of an assay."""
    return measure_called(study_of(assay).headline)
