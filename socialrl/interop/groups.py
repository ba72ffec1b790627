"""Genotypes and treatments in a score sheet: which tests are of untreated wild types, and which a user selects."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from socialrl.errors import UserError, unknown
from socialrl.interop.identity import animal_key
from socialrl.interop.wording import counted

PAIR_TYPES = {"ff": "FF", "mm": "MM", "fm": "FM", "mf": "FM"}
"""Spellings of the pair types: two females, two males, mates."""

_WILD = frozenset({"wt", "wild", "wildtype", "+/+"})
_CHANGED = frozenset(
    {
        "ko", "cko", "knockout", "het", "hets", "hom", "homs", "heterozygous", "heterozygote", "homozygous",
        "homozygote", "mut", "mutant", "null", "tg", "transgenic", "-/-", "+/-", "-/+",
    }
)  # fmt: skip
_UNTREATED = frozenset(
    {
        "none", "no", "saline", "sal", "vehicle", "veh", "control", "ctrl", "ctl", "untreated", "naive", "sham", "acsf",
        "csf", "pbs", "dmso", "water", "placebo", "uninjected", "intact", "baseline", "mock",
    }
)  # fmt: skip
_DRUGS = frozenset({"antagonist", "agonist", "ota", "blocker", "inhibitor"})
_NAMES_A_TREATMENT = frozenset({"saline", "vehicle", "veh", "acsf", "sham", *_DRUGS})
_OF_TREATMENTS = frozenset(
    {
        "treatment", "drug", "compound", "injection", "infusion", "dose", "virus", "surgery", "manipulation",
        "exposure",
    }
)  # fmt: skip
"""Words in the name of a treatment column, where an unknown value is not taken as untreated."""
_MOST_KINDS, _MOST_WORDS = 12, 4
BLANK = "(blank)"


@dataclass(frozen=True)
class GroupColumn:
    """A column that holds a genotype or a treatment: its title and the value in each line (blank: `BLANK`).

    `picked` are the values that the user asked for by name, or None.
    """

    title: str
    values: Mapping[int, str]
    picked: frozenset[str] | None = None


def looks_like_a_group(values: Collection[str]) -> bool:
    """Return whether the values of a column are genotypes or treatments, whatever the column is called."""
    if not values or len(values) > _MOST_KINDS:
        return False
    if all(_wild(value) or _changed(value) for value in values):
        return True
    words = [_words(value) for value in values]
    return any(_NAMES_A_TREATMENT & set(one) for one in words) and all(len(one) <= _MOST_WORDS for one in words)


def parse_where(conditions: Iterable[str]) -> dict[str, list[str]]:
    """Return the values wanted of each column from texts "COLUMN=VALUE"; several of one column mean any of them."""
    wanted: dict[str, list[str]] = {}
    for one in conditions:
        title, equals, value = one.partition("=")
        if not equals or not title.strip():
            raise UserError(f"--where must be COLUMN=VALUE (such as Genotype=WT), got '{one}'")
        wanted.setdefault(title.strip(), []).append(value.strip())
    return wanted


def rows_picked(
    wanted: Mapping[str, Sequence[str]], titles: Sequence[str], rows: Sequence[tuple[int, list[str]]], name: str
) -> tuple[list[tuple[int, list[str]]], dict[int, frozenset[str]], list[str]]:
    """Return the rows that hold the wanted values, what was wanted of each column, and notes on what was left out.

    An unknown column, or one in which no row has a wanted value, raises `UserError`.
    """
    picked: dict[int, frozenset[str]] = {}
    notes = []
    for title, values in wanted.items():
        places = [k for k, one in enumerate(titles) if one.casefold() == " ".join(title.split()).casefold()]
        if not places:
            raise UserError(f"{name}: --where: {unknown('column', title, [one for one in titles if one])}")
        k = places[0]
        keys = {animal_key(value) for value in values}
        kept = [row for row in rows if animal_key(_cell(row[1], k)) in keys]
        told = " or ".join(value or BLANK for value in values)
        if not kept:
            there = sorted({_cell(cells, k) or BLANK for _, cells in rows})
            raise UserError(
                f"{name}: --where: no test with {titles[k]} = {told}; there are: {', '.join(there[:_MOST_KINDS])}"
            )
        if len(kept) < len(rows):
            notes.append(f"{counted(len(rows) - len(kept), 'row')} left out because '{titles[k]}' is not {told}")
        rows = kept
        picked[k] = frozenset(keys)
    return list(rows), picked, notes


def only_untreated_wild_types(groups: Iterable[GroupColumn], lines: Collection[int], name: str) -> list[str]:
    """Return notes if the sheet says that the tests in `lines` are of untreated wild types, else raise `UserError`.

    A value that is neither counts if the user selected it, or if it is the only value of a column that is not about
    treatments.
    """
    notes = []
    for group in groups:
        first: dict[str, int] = {}
        for line, value in group.values.items():
            if line in lines:
                first.setdefault(value, line)
        changed = [value for value in first if _changed(value) or _treated(value)]
        vouched = group.picked is not None and all(animal_key(value) in group.picked for value in first)
        fine = [value for value in first if _wild(value) or _untreated(value)]
        strange = [value for value in first if value not in fine]
        doubtful = len(first) > 1 or bool(_OF_TREATMENTS & set(_words(group.title)))
        if changed or (strange and set(first) != {BLANK} and doubtful and not vouched):
            value = (changed or [one for one in strange if one != BLANK] or strange)[0]
            if fine:
                hint = f"; keep those with --where '{group.title}={fine[0]}'"
            else:
                hint = "" if changed else f"; if it is one, select it with --where '{group.title}={value}'"
            kinds = ", ".join(list(first)[:_MOST_KINDS])
            raise UserError(
                f"{name}, line {first[value]}, column '{group.title}': '{value}' (values: {kinds});"
                f" a calibration uses untreated wild types only{hint}"
            )
        shown = [value for value in first if value != BLANK]
        if shown:
            notes.append(f"all tests have {group.title} {' or '.join(shown)}; taken as untreated wild types")
    return notes


def _cell(cells: Sequence[str], k: int) -> str:
    return cells[k].strip() if k < len(cells) else ""


def _words(value: str) -> list[str]:
    return re.findall(r"[a-z0-9+/−-]+", value.casefold())


def _tokens(value: str) -> set[str]:
    """Return the words and the allele pairs (+/-) in a value, as in `Oxtr1 -/-` or `WT-saline`."""
    folded = re.sub("[−–]", "-", value.casefold())
    return set(
        re.findall(r"[+-]/[+-]|[a-z]+", folded.replace("wild-type", "wildtype").replace("knock-out", "knockout"))
    )


def _wild(value: str) -> bool:
    return bool(_WILD & _tokens(value)) and not _changed(value) and not _treated(value)


def _changed(value: str) -> bool:
    return bool(_CHANGED & _tokens(value))


def _untreated(value: str) -> bool:
    return bool(_UNTREATED & _tokens(value)) and not _treated(value) and not _changed(value)


def _treated(value: str) -> bool:
    return bool(_DRUGS & _tokens(value))
