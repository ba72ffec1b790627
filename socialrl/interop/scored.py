"""Scored behaviour: bouts of one animal in one test, from a scoring program, as events and as tests.

What a behaviour means is told by the words of its name, as in score sheets: `huddle partner`, `Contact (novel)`,
`in stranger chamber`, `In zone(centre / center-point)`. A behaviour that says neither contact nor a place is an event
of its own kind and no part of a score sheet.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError, unknown
from socialrl.interop.columns import plain_name
from socialrl.interop.format import Option
from socialrl.interop.score_sheets import ScoreSheet, score_table
from socialrl.interop.table_text import Table

CONTACT, CHAMBER, TEST = "contact", "chamber", "test"
_CONTACT_WORDS = frozenset({"huddle", "huddling", "huddles", "contact", "touch", "touching"})
_CHAMBER_WORDS = frozenset({"chamber", "zone", "cage", "compartment", "room", "side", "in"})
_OWN = ("animal", "habitat", "test", "repeat", "kind", "start_s", "end_s", "chamber", "to", "other", "index",
        "habitat_type")  # fmt: skip
_WHO = ("partner", "stranger")
_WHERE = (*_WHO, "centre")
_SAME = {"neutral": "centre", "unfamiliar": "stranger", "mate": "partner", "cagemate": "partner"}
_BODY = re.compile(r"/?\s*(center|centre|nose|tail|head|body)[- ]?(point|base)\b", re.IGNORECASE)
_MEANINGS: dict[str, tuple[str, str | None]] = {
    **{f"{CONTACT}_{who}": (CONTACT, who) for who in _WHO},
    **{f"{CHAMBER}_{one}": (CHAMBER, one) for one in _WHERE},
}

Meaning = tuple[str, str | None]
"""Contact or chamber, and with whom or which one."""


@dataclass(frozen=True)
class Bout:
    """One bout: `start_s` and `end_s` from the start of the test, equal for a point event; `line` of the file."""

    behaviour: str
    start_s: float
    end_s: float
    line: int


@dataclass
class Scored:
    """One test of one animal: its bouts in time order, length (NaN if not said) and what else the file says of it.

    `facts` are titles with their texts, such as Sex and Genotype.
    """

    animal: str
    test: str
    line: int
    duration_s: float = math.nan
    bouts: list[Bout] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)


def parse_meanings(text: str) -> dict[str, Meaning]:
    """Return what behaviours mean from `sniff A:contact_partner,left:chamber_partner`."""
    found: dict[str, Meaning] = {}
    for one in text.split(","):
        name, colon, meaning = one.rpartition(":")
        if not colon or not name.strip():
            raise UserError(f"needs BEHAVIOUR:MEANING between commas, got '{one}'; meanings: {', '.join(_MEANINGS)}")
        if meaning.strip() not in _MEANINGS:
            raise UserError(unknown("meaning", meaning.strip(), _MEANINGS))
        found[name.strip().casefold()] = _MEANINGS[meaning.strip()]
    return found


MEANINGS = Option(
    "behaviours",
    "what behaviours mean, where their names do not say it",
    {},
    parse_meanings,
    "such as 'sniff A:contact_partner,left:chamber_partner'",
    "by the words of their names",
)


def meaning_of(behaviour: str, given: Mapping[str, Meaning] | None = None) -> Meaning | None:
    """Return what a behaviour means: ("contact", "partner"), ("chamber", "centre"), …, or None."""
    if given and behaviour.strip().casefold() in given:
        return given[behaviour.strip().casefold()]
    plain, _ = plain_name(re.sub("[()]", " ", _BODY.sub(" ", behaviour)))
    words = [_SAME.get(word, word) for word in plain.split()]
    who = [word for word in words if word in _WHERE]
    if _CONTACT_WORDS & set(words):
        named = [one for one in who if one in _WHO]
        return (CONTACT, named[0] if len(set(named)) == 1 else None)
    if _CHAMBER_WORDS & set(words) and len(set(who)) == 1:
        return (CHAMBER, who[0])
    return None


def _tube_out_of(behaviour: str) -> str | None:
    """Return the chamber that an animal left in `in tube partner to centre`, as our exports have it, or None."""
    words = [_SAME.get(word, word) for word in plain_name(behaviour)[0].split()]
    places = [word for word in words if word in _WHERE]
    return places[0] if "tube" in words and len(places) == 2 else None


def _meanings(tests: Sequence[Scored], given: Mapping[str, Meaning] | None) -> dict[str, Meaning | None]:
    return {name: meaning_of(name, given) for name in {bout.behaviour: None for one in tests for bout in one.bouts}}


def united(tests: Sequence[Scored], given: Mapping[str, Meaning] | None, notes: list[str]) -> list[Scored]:
    """Return tests in which no second counts twice: bouts of one meaning that overlap are one bout.

    They may where several behaviours, or columns for several points of the body, mean the same; a note names these.
    """
    several: dict[Meaning, dict[str, None]] = {}
    meanings = _meanings(tests, given)
    found = []
    for test in tests:
        kept: list[Bout] = []
        last: dict[Meaning, int] = {}
        for bout in sorted(test.bouts, key=lambda one: (one.start_s, one.end_s)):
            meaning = meanings[bout.behaviour]
            if meaning is None or meaning[1] is None:
                kept.append(bout)
                continue
            several.setdefault(meaning, {})[bout.behaviour] = None
            k = last.get(meaning)
            if k is not None and bout.start_s < kept[k].end_s:
                kept[k] = replace(kept[k], end_s=max(kept[k].end_s, bout.end_s))
                continue
            last[meaning] = len(kept)
            kept.append(bout)
        found.append(replace(test, bouts=kept))
    for (kind, whom), names in several.items():
        if len(names) > 1:
            told = "contact with" if kind == CONTACT else "time with"
            told = f"{told} the {whom}" if whom != "centre" else "time in the centre"
            notes.append(f"{', '.join(names)} mean the same, {told}; where they overlap, the time counts once")
    return found


def events_of(tests: Sequence[Scored], given: Mapping[str, Meaning] | None = None) -> pd.DataFrame:
    """Return an events table: `animal`, `habitat`, `test`, `repeat`, then as `socialrl.evaluation.events`, then facts.

    Subjects of one observation were together, and with nobody else, so it is their habitat, too. Facts called `test`
    and `repeat` (a whole number) name the test instead; others that are called as columns of ours are left out. A
    behaviour of another meaning is a row whose `kind` is its name. `repeat` numbers the tests of an animal under one
    name. A row of kind `test` says how long a test was, if the file does.
    """
    rows = []
    meanings = _meanings(tests, given)
    counts: dict[tuple[str, str], int] = {}
    for one in tests:
        test = one.facts.get("test") or one.test
        repeat = counts.get((one.animal, test), 0)
        counts[one.animal, test] = repeat + 1
        said = one.facts.get("repeat", "")
        repeat = int(said) if said.isascii() and said.isdigit() else repeat
        facts = {name: value for name, value in one.facts.items() if name not in _OWN}
        whole = [] if math.isnan(one.duration_s) else [Bout(TEST, 0.0, one.duration_s, one.line)]
        for bout in [*whole, *one.bouts]:
            kind, whom = meanings.get(bout.behaviour) or (bout.behaviour, None)
            rows.append(
                {
                    "animal": one.animal,
                    "habitat": one.test,
                    "test": test,
                    "repeat": repeat,
                    "kind": kind,
                    "start_s": bout.start_s,
                    "end_s": bout.end_s,
                    "chamber": whom if kind == CHAMBER else None,
                    "to": None,
                    "other": whom if kind == CONTACT else None,
                    **facts,
                }
            )
    others = list(dict.fromkeys(name for one in tests for name in one.facts if name not in _OWN))
    return pd.DataFrame(rows, columns=[*_OWN[:-2], *others])


def sheet_of(
    tests: Sequence[Scored],
    path: Path,
    sha256: str,
    needed: Iterable[str],
    where: Iterable[str],
    notes: list[str],
    given: Mapping[str, Meaning] | None = None,
) -> ScoreSheet:
    """Return scored tests as a score sheet: seconds of contact and in chambers, latency to the first contact.

    The checks of score sheets apply. Seconds in the centre are what partner and stranger leave of a test, where nobody
    scored the centre.
    """
    first_note = len(notes)
    tests = united(tests, given, notes)
    meanings = _meanings(tests, given)
    scored = {meaning for meaning in meanings.values() if meaning is not None and meaning[1] is not None}
    tubes = {name: _tube_out_of(name) for name, meaning in meanings.items() if meaning is None}
    tubes = {name: place for name, place in tubes.items() if place is not None}
    if tubes:
        notes.append("time in a tube counts for the chamber that was left, as in simulated tests")
    others = sorted(
        name for name, meaning in meanings.items() if name not in tubes and (meaning is None or meaning[1] is None)
    )
    if others:
        notes.append(f"behaviours that are no contact with partner or stranger and no chamber: {', '.join(others)}")
    titles = ["animal"]
    if any(kind == CONTACT for kind, _ in scored):
        titles += [f"{what}_s_{who}" for what in ("huddle", "latency") for who in _WHO]
    places = [one for kind, one in scored if kind == CHAMBER]
    by_rest = bool(places) and "centre" not in places and all(math.isfinite(one.duration_s) for one in tests)
    if places:
        titles += [f"chamber_s_{one}" for one in _WHERE if one != "centre" or by_rest or "centre" in places]
    if by_rest:
        notes.append("the centre was not scored; its seconds are those of the test without the two chambers")
    if all(math.isfinite(one.duration_s) for one in tests):
        titles.append("duration_s")
    facts = list(dict.fromkeys(name for one in tests for name in one.facts))
    rows = []
    for one in tests:
        cells = {"animal": one.animal, "duration_s": _text(one.duration_s), **one.facts}
        for who in _WHO:
            own = [b for b in one.bouts if meanings[b.behaviour] == (CONTACT, who) and b.end_s > b.start_s]
            cells[f"huddle_s_{who}"] = _text(sum(b.end_s - b.start_s for b in own))
            cells[f"latency_s_{who}"] = _text(min((b.start_s for b in own), default=math.nan))
        spent = {
            place: sum(
                b.end_s - b.start_s
                for b in one.bouts
                if meanings[b.behaviour] == (CHAMBER, place) or tubes.get(b.behaviour) == place
            )
            for place in _WHERE
        }
        if by_rest:
            spent["centre"] = max(0.0, one.duration_s - spent["partner"] - spent["stranger"])
        cells |= {f"chamber_s_{place}": _text(seconds) for place, seconds in spent.items()}
        rows.append((one.line, [cells.get(name, "") for name in (*titles, *facts)]))
    table = Table("\t", 1, [*titles, *facts], rows)
    return score_table(table, path, sha256, needed, where, notes, first_note)


def _text(seconds: float) -> str:
    """Return seconds as a cell that cannot be taken for thousands; empty for NaN."""
    if math.isnan(seconds):
        return ""
    return str(int(seconds)) if seconds == int(seconds) else f"{seconds:.4f}"
