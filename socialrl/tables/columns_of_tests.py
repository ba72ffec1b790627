"""Columns of tables with a row per test or training episode: options, counters, reward terms, and lives before a test.

What the environments count is defined in `socialrl_envs.records`; options have their units and limits from
`socialrl_envs.vocabulary`.
"""

from __future__ import annotations

from dataclasses import replace

from socialrl.tables.column import LIST, NUMBER, TEXT, WHOLE, YES_NO, Column
from socialrl.tables.columns_of_animals import SEED, STEPS, WHOSE
from socialrl_envs.vocabulary import CONDITIONED_WITH, OPTIONS, RELATIONSHIPS, SLOW, STRANGER_SEXES, Option

TEST = Column("test", TEXT, "", "name of the test")
REPEAT = Column("repeat", WHOLE, "", "number of the repeat, from 0", 0)
_LENGTH = "duration_s"
_NEVER = "it never happened"
_NO_SUCH = "there is no such thing in the assay of the test"

_MEANINGS = {
    "cohousing_h": "hours with the partner before the test",
    "separation_h": "hours alone between cohousing and the test",
    "ratio_step": "presses that each further access costs more than the one before",
    "access_s": "time for which a door stays open",
    "stressor": "strength of the stressor of the test",
    "stressor_start_h": "when the stressor begins, from the start of the test; below 0: before it",
    "stressor_length_h": "how long the stressor lasts",
    "conditioning_days": "days of conditioning before the test, one session a day",
    "conditioning_h": "length of a conditioning session",
}
_OF_SLOW = {one.name: one.meaning for one in SLOW}


def _option(one: Option) -> Column:
    own = f"{_OF_SLOW[one.name]} at the end of the test" if one.name in _OF_SLOW else ""
    meaning = _MEANINGS.get(one.name) or own or f"the option {one.name} of the test"
    unit = "s" if one.unit == "seconds" else one.unit
    return Column(one.name, NUMBER, unit, meaning, one.lowest, one.highest)


OF_OPTIONS: tuple[Column, ...] = (
    Column(_LENGTH, NUMBER, "s", "length of the test", 0),
    *(_option(one) for one in OPTIONS if one.is_number),
    Column("relationship", TEXT, "", "what the animal and its partner are to each other", words=RELATIONSHIPS),
    Column("mating", YES_NO, "", "whether the animal and its partner have mated while cohoused"),
    Column(
        "side",
        TEXT,
        "",
        "place of the partner: left or right as a camera sees it, or the name of the only place for it",
    ),
    Column("session", TEXT, "", "who takes part in the test, in a word of the assay, such as all, stranger or alone"),
    Column("stranger_sex", TEXT, "", "sex of the stranger, relative to the animal's", words=STRANGER_SEXES[1:]),
    Column("conditioned_with", TEXT, "", "who was met in the social context", words=CONDITIONED_WITH),
    Column("first_context", TEXT, "", "the context of the first conditioning session", words=("social", "solitary")),
)


def _seconds(name: str, meaning: str, missing: str = "") -> Column:
    return Column(name, NUMBER, "s", meaning, 0, _LENGTH, missing=missing)


def _share(name: str, meaning: str) -> Column:
    return Column(name, NUMBER, "fraction", meaning, 0, 1)


def _count(name: str, meaning: str, unit: str = "count") -> Column:
    return Column(name, NUMBER, unit, meaning, 0)


OF_COUNTERS: tuple[Column, ...] = (
    # lists by the clock first, because the names of others fit them, too
    Column(
        "huddle_s_<animal>_<minutes>min", LIST, "s", "contact with the <animal> in each <minutes> min of the test", 0
    ),
    Column("partner_s_hourly", LIST, "s", "contact with the partner in each hour", 0, 3600),
    Column("others_s_hourly", LIST, "s", "contact with others than the partner in each hour, added over them", 0),
    Column("litter_s_hourly", LIST, "s", "contact with the litter in each hour", 0, 3600),
    Column("group_size_s", LIST, "s", "time in a chamber with 1, 2, … animals in it, itself among them", 0, _LENGTH),
    Column("contact_s_each", LIST, "s", "contact with each animal of the world, in order of `index`", 0, _LENGTH),
    Column("together_s", LIST, "s", "time in one chamber with each animal of the world, by `index`", 0, _LENGTH),
    _seconds("huddle_s_<animal>", "side-by-side contact with the <animal>"),
    _seconds("contact_s_partner", "side-by-side contact with the partner"),
    _count("contact_s_others", "side-by-side contact with others than the partner, added over them", "s"),
    _seconds("together_s_partner", "time in one chamber with the partner, touching or not"),
    _count("bouts_<animal>", "bouts of contact with the <animal>"),
    _seconds("latency_s_<animal>", "time of the first contact with the <animal>", _NEVER),
    _count("rejections_<animal>", "times that the animal drove the <animal> off"),
    _count("attacks", "times that the animal drove the stranger off"),
    _share("familiarity_start_<animal>", "familiarity of the <animal> at the start of the test"),
    _share("familiarity_end_<animal>", "familiarity of the <animal> at the end of the test"),
    _count("presses_<animal>", "lever presses for access to the <animal>; a press that was begun counts in part"),
    _count("accesses_<animal>", "times that the door to the <animal> was opened"),
    _seconds("access_s_<animal>", "time in the chamber of the <animal> while its door was open"),
    _count("breakpoint_<animal>", "presses that the last access to the <animal> cost; 0: there was none", "presses"),
    _seconds("chamber_s_with_<animal>", "time in one chamber with the <animal>"),
    _seconds("chamber_s_apart", "time in another chamber than the stranger"),
    _seconds("chamber_s_<chamber>", "time in the chamber '<chamber>', tubes left out"),
    _seconds("tube_s_<chamber>", "time in tubes on the way out of the chamber '<chamber>'"),
    _count("entries_<chamber>", "entries into the chamber '<chamber>'"),
    _seconds("licking_s", "time that the carer licked the litter"),
    Column("care_received", NUMBER, "touch × occupancy", "care of the litter by this carer, mean over the test", 0),
    _seconds("latency_to_return_s", "mean absence from the litter that ended with contact", "no absence ended"),
    _seconds("litter_contact_s", "time that anybody was in contact with the litter"),
    _share("litter_need", "need of the litter, mean over the test"),
    _seconds("litter_alone_s", "longest time that nobody was in contact with the litter"),
    _share("energy", "energy of the carer, mean over the test"),
    Column("stress_peak", NUMBER, "units of stress", "highest stress of the test", 0),
    Column("stress_area", NUMBER, "units of stress × hours", "sum of stress over the time of the test", 0),
    _seconds("stress_half_s", "time from the end of the stressor until stress is half of its peak", _NEVER),
    Column("value_social", NUMBER, "reward/min", "what the context with company is worth to the animal"),
    Column("value_solitary", NUMBER, "reward/min", "what the context without company is worth to the animal"),
)

_TERMS = {
    "contact_general": "contact, whoever it is with",
    "contact_selective": "contact with a familiar animal",
    "defence": "strangers near, and driving them off",
    "novelty": "meeting an animal that is new",
    "exploration": "exploring",
    "effort": "moving, driving others off and lever presses (a cost)",
    "stress": "stress (a cost)",
    "rest": "rest",
    "noise": "noise, drawn at random",
    "courtship": "meeting an unfamiliar animal of the other sex",
    "need": "contact that is missed (a cost)",
    "place": "being in a context that was conditioned",
    "care": "contact with a litter in need",
    "hunger": "hunger of a carer (a cost)",
}

OF_REWARDS: tuple[Column, ...] = (
    Column("return", NUMBER, "reward", "sum of the reward over the test"),
    *(Column(f"reward_{term}", NUMBER, "reward", f"part of the return: {meaning}") for term, meaning in _TERMS.items()),
)

_TESTED: tuple[Column, ...] = (*OF_OPTIONS, *OF_COUNTERS, *OF_REWARDS)

OF_TESTS: tuple[Column, ...] = (
    *WHOSE,
    STEPS,
    TEST,
    Column("assay", TEXT, "", "the environment in which it was tested"),
    REPEAT,
    SEED,
    *_TESTED,
)
"""Columns of `tests` (the run folder's `evaluation`) and of `probes`."""

OF_EPISODES: tuple[Column, ...] = (
    *WHOSE,
    STEPS,
    Column("life", WHOLE, "", "number of the parallel life in which the animal learned, from 0", 0),
    *_TESTED,
)

_STATE: tuple[tuple[str, str, str, float, float | None], ...] = (
    ("stress", "units of stress", "stress", 0, None),
    ("oxytocin", "share of a long contact's", "oxytocin", 0, None),
    ("receptor_signal", "× wild type at oxytocin 1", "receptor signal", 0, None),
    ("bondedness", "fraction", "familiarity of the most familiar animal", 0, 1),
    ("activity_drive", "fraction", "activity drive", 0, 1),
    *((one.name, one.unit, one.meaning, one.lowest, one.highest) for one in SLOW),
)
OF_STATE: tuple[Column, ...] = tuple(
    Column(name, NUMBER, unit, meaning, low, high) for name, unit, meaning, low, high in _STATE
)
"""The state of an animal, as it is now."""

OF_PROTOCOLS: tuple[Column, ...] = (
    Column("history", TEXT, "", "the life history that the animal lived through"),
    Column("phase", WHOLE, "", "which entry of its history the test is, from 1", 1),
    Column("cohousing_h", NUMBER, "hours", "all hours with the animal in the partner's place before the test", 0),
    Column("separation_h", NUMBER, "hours", "hours since then, or since the beginning where there were none", 0),
    Column("doses", TEXT, "", "all doses up to the end of the test, in hours from its start; empty: none"),
    Column("offered_<place>", TEXT, "", "who was in the place of the <place>", missing="nobody of this history"),
    *(
        Column(f"{one.name}_{when}", NUMBER, one.unit, f"{one.meaning} at the {when} of the test", one.low, one.high)
        for when in ("start", "end")
        for one in OF_STATE
    ),
    *(
        Column(
            f"familiarity_<companion>_{when}",
            NUMBER,
            "fraction",
            f"familiarity of <companion> at the {when} of the test, whether it is there or not",
            0,
            1,
            missing="the animal is in no history of that companion",
        )
        for when in ("start", "end")
    ),
    Column(
        "conditioned_with",
        TEXT,
        "",
        "who shared the social context in conditioning, by its own name; nobody: it was alone",
        missing=_NO_SUCH,
    ),
    # tests of one protocol may be of several assays
    *(replace(one, missing=one.missing or _NO_SUCH) if one in _TESTED else one for one in OF_TESTS),
)
"""Columns of a protocol's table."""
