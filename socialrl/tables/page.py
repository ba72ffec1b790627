"""The codebook as a page of the documentation: `python -m socialrl.tables.page > docs/codebook.md`."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from socialrl.analysis.measure_table import measure_table
from socialrl.tables.codebook import KINDS, columns_of
from socialrl.tables.column import Column

_HEAD = """# Codebook

Every column of every table of a run: its type, unit, range and meaning. This page is made from
`socialrl/tables` by `python -m socialrl.tables.page > docs/codebook.md`; `socialrl.load(run).codebook()` and the file
`codebook.csv` of an export say the same of the columns that a run has. How to get at the tables:
[tables.md](tables.md).

A word in angle brackets stands for the name of an animal, a chamber, a companion or a number. A range such as "0 to
duration_s" has another column of the same row as its end. Columns about options, doors, litters, contexts or the slow
state are there only where the assay or the run has them.
"""

_TITLES = {
    "animals": "a row per animal",
    "parameters": "a row per biological parameter",
    "tests": "a row per animal, test and repeat: `evaluation` in the run folder; `probes` has the same columns",
    "measures": "a row per animal and test; columns beside these are the measures in [measures.md](measures.md)",
    "episodes": "a row per training episode; columns beside these are those of `tests`",
    "protocol": "a row per animal, test and repeat: `protocol_<name>`; columns beside these are those of `tests`, "
    "empty where the assay of the test has no such thing",
    "events": "a row per event of a test; also `events_<name>` of a protocol",
    "bouts": "a row per bout of contact",
    "traces": "a row per tick of a test",
    "series": "a row per tick of a test and animal",
    "synchrony": "a row per pair, test, repeat, series, form and hour",
    "bins": "long tables, `<table>_bins`: a row per row of the table, counter and bin",
    "group_sizes": "long tables, `<table>_group_sizes`: a row per row of the table and size",
    "company": "long tables, `<table>_company`: a row per row of the table and other animal",
    "codebook": "a row per table and column",
}
_AS_TESTS = ("episodes", "protocol")


def page() -> str:
    """Return the page as Markdown: a section per kind of table, an item per column."""
    lines = [_HEAD]
    for kind in KINDS:
        if kind == "probes":
            continue
        lines += [f"## {kind}", "", _filled(f"{_TITLES[kind][0].upper()}{_TITLES[kind][1:]}."), ""]
        lines += [_item(one) for one in _shown(kind)] + [""]
    return "\n".join(lines).rstrip() + "\n"


def _shown(kind: str) -> list[Column]:
    columns = list(columns_of(kind))
    if kind in _AS_TESTS:
        of_tests = {replace(one, missing="") for one in columns_of("tests")}
        return [one for one in columns if replace(one, missing="") not in of_tests]
    if kind == "animals":  # one item for all parameters
        own = [one for one in columns if not one.name.startswith("param_")]
        any_of_them = Column(
            "param_<parameter>",
            "number",
            "",
            "the animal's own value of a parameter; unit and range in parameters and model.md",
            missing="as in the table of parameters",
        )
        return [*own, any_of_them]
    if kind == "measures":
        return [one for one in columns if not _is_measure(one.name)]
    return columns


def _is_measure(name: str) -> bool:
    return name in measure_table()


def _item(one: Column) -> str:
    about = ", ".join(part for part in (one.kind, one.unit, one.range) if part)
    missing = f"; missing: {one.missing}" if one.missing else ""
    return _filled(f"- `{one.name}` ({about}): {one.meaning}{missing}.", "  ")


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(page(), end="")
