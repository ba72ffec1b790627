"""What the columns of a score sheet mean: recognised by the words of their names, not by spelling or order.

`huddle time novel`, `Stranger huddle (s)` and `huddle_s_stranger` are one column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from socialrl.errors import UserError, nearest
from socialrl.interop.groups import PAIR_TYPES, looks_like_a_group

_SECONDS = ("s", "sec", "secs", "second", "seconds")
_MINUTES = ("min", "mins", "minute", "minutes")

MEASURED: dict[str, tuple[str, ...]] = {
    "huddle_s_partner": (
        "huddle time partner",
        "partner huddle",
        "huddling partner",
        "contact partner",
        "partner contact",
    ),
    "huddle_s_stranger": (
        "huddle time stranger",
        "stranger huddle",
        "huddling stranger",
        "contact stranger",
        "stranger contact",
    ),
    "chamber_s_partner": ("chamber time partner", "partner chamber", "time in partner chamber", "partner zone"),
    "chamber_s_centre": (
        "chamber time centre",
        "centre chamber",
        "time in centre chamber",
        "neutral chamber",
        "chamber time neutral",
        "centre zone",
    ),
    "chamber_s_stranger": ("chamber time stranger", "stranger chamber", "time in stranger chamber", "stranger zone"),
    "latency_s_partner": ("latency partner huddle", "partner latency", "latency to huddle partner", "latency partner"),
    "latency_s_stranger": (
        "latency stranger huddle",
        "stranger latency",
        "latency to huddle stranger",
        "latency stranger",
    ),
}
"""Columns in seconds. A blank latency means that no huddle began; a blank elsewhere leaves the test out."""

DURATION: dict[str, tuple[str, ...]] = {
    "duration_s": ("trial duration", "test duration", "duration", "trial length", "test length"),
}
RATIO: dict[str, tuple[str, ...]] = {
    "preference": (
        "percent phuddle",
        "preference",
        "phuddle",
        "preference ratio",
        "partner preference",
        "percent partner huddle",
    ),
}
WORDS: dict[str, tuple[str, ...]] = {
    "animal": (
        "animal id",
        "animal",
        "id",
        "subject",
        "subject id",
        "focal",
        "focal id",
        "vole",
        "vole id",
        "mouse id",
    ),
    "pair_type": ("pair type", "pairing", "pairs", "treatment", "group", "condition"),
    "timepoint": ("timepoint", "time point", "test time", "when"),
    "sex": ("sex", "gender"),
    "cohort": ("cohort", "cohort id", "cohort number"),
    "pair": ("pair", "pair id", "pair number"),
}
_GROUPS = (
    "genotype", "geno", "strain", "line", "treatment", "treatment group", "group", "experimental group", "condition",
    "drug", "drug condition", "drug treatment", "compound", "injection", "infusion", "dose", "manipulation", "virus",
    "surgery", "exposure",
)  # fmt: skip
_ONLY_BY_VALUES = frozenset({"treatment", "group", "condition"})
"""Names that hold the pair type in some laboratories and a drug or genotype in others; their values decide."""

_SAME = {"novel": "stranger", "center": "centre", "middle": "centre", "familiar": "partner", "pct": "percent"}


@dataclass(frozen=True)
class Columns:
    """The column of each quantity in a sheet.

    `place` is the column of each name of `MEASURED`, `DURATION`, `RATIO` and `WORDS` that was found, `factor` what
    turns its numbers into seconds (60 for minutes), `stated` the names whose unit the sheet states, `groups` the
    columns that hold a genotype or a treatment, `ignored` the titles of all others.
    """

    titles: tuple[str, ...]
    place: dict[str, int] = field(default_factory=dict)
    factor: dict[str, float] = field(default_factory=dict)
    stated: set[str] = field(default_factory=set)
    groups: list[int] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def title(self, name: str) -> str:
        """Return the sheet's own name of a quantity."""
        return self.titles[self.place[name]]


def n_known(titles: Iterable[str]) -> int:
    """Return how many of `titles` name something that a score sheet holds."""
    return sum(bool(_names(plain_name(title)[0])) for title in titles)


def plain_name(title: str) -> tuple[str, str]:
    """Return a column's name in plain words (small letters, our synonyms) and the unit that it states, if any."""
    unit = ""
    in_brackets = re.search(r"[(\[]\s*([^)\]]*?)\s*[)\]]", title)
    if in_brackets:
        unit = in_brackets[1].casefold().rstrip(".")
        title = title[: in_brackets.start()] + " " + title[in_brackets.end() :]
    title = re.sub(r"['’]s\b", "", title).replace("%", " percent ")
    words = [_SAME.get(word, word) for word in re.findall(r"[a-z0-9]+", title.casefold())]
    if not unit and "s" in words:
        words.remove("s")
        unit = "s"
    elif not unit and len(words) > 1 and words[-1] in (*_SECONDS, *_MINUTES):
        unit = words.pop()
    return " ".join(words), unit


def match_columns(titles: Sequence[str], rows: Sequence[Sequence[str]], where: str, notes: list[str]) -> Columns:
    """Return what each title means; `rows` are the cells below, which tell a pair type from a drug.

    Adds notes on units and ignored columns. Two columns for one quantity, or a unit that is not a time, raise a
    `UserError` that begins with `where`.
    """
    found = Columns(tuple(titles))
    for k, title in enumerate(titles):
        values = {row[k].strip() for row in rows if k < len(row)} - {""}
        plain, unit = plain_name(title)
        pairs = bool(values) and all(value.casefold() in PAIR_TYPES for value in values)
        names = [name for name in _names(plain) if not (name == "pair_type" and plain in _ONLY_BY_VALUES and not pairs)]
        if not names:
            if (plain in _GROUPS and values) or looks_like_a_group(values):
                found.groups.append(k)
            elif title:
                found.ignored.append(title)
            elif values:
                found.ignored.append(f"column {k + 1} (without a name)")
            continue
        name = names[0]
        if name in found.place:
            raise UserError(f"{where}: columns '{found.title(name)}' and '{title}' both mean {name}; keep one of them")
        found.place[name] = k
        if name in MEASURED or name in DURATION:
            _set_unit(found, name, unit, where, notes)
    if found.ignored:
        notes.append(f"columns ignored: {', '.join(found.ignored)}")
    return found


def missing_column(name: str, titles: Iterable[str], separated_by: str) -> str:
    """Return the message about a quantity without a column: possible names, the nearest title, all titles."""
    spellings = {**MEASURED, **WORDS}[name]
    there = [title for title in titles if title]
    hints = [near for one in (name, *spellings) if (near := nearest(one, there))]
    hint = f"; nearest is '{hints[0]}'" if hints else ""
    if len(there) > 1:
        came = ", ".join(there[:40]) + (", …" if len(there) > 40 else "")
    else:
        came = f"one column, '{there[0][:60] if there else ''}' (taken as {separated_by}-separated)"
    return f"no column for {name} (such as '{spellings[0]}' or '{spellings[1]}'){hint}; columns: {came}"


def _set_unit(found: Columns, name: str, unit: str, where: str, notes: list[str]) -> None:
    found.factor[name] = 1.0
    if unit in _MINUTES:
        found.factor[name] = 60.0
        notes.append(f"column '{found.title(name)}' is in minutes; multiplied by 60")
    elif unit and unit not in _SECONDS:
        raise UserError(f"{where}: column '{found.title(name)}' is in '{unit}'; allowed: seconds (s) or minutes (min)")
    if unit:
        found.stated.add(name)


def _names(plain: str) -> list[str]:
    return [name for name, aliases in _ALIASES.items() if plain in aliases]


def _aliases(known: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    return {name: frozenset(plain_name(one)[0] for one in (name, *spellings)) for name, spellings in known.items()}


_ALIASES = _aliases({**MEASURED, **DURATION, **RATIO, **WORDS})
