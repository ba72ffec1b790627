"""The codebook as a page of the documentation: `python -m socialrl.tables.page > docs/codebook.md`."""

from __future__ import annotations

import textwrap
from dataclasses import replace

from socialrl.analysis.measure_table import measure_table
from socialrl.tables.codebook import KINDS, columns_of
from socialrl.tables.column import Column
from socialrl.tables.columns_of_tests import OF_STATE

_HEAD = """# Codebook

Every column of every table of a run, and of other folders that commands write: its type, unit, range and meaning. This
page is made from `socialrl/tables` by `python -m socialrl.tables.page > docs/codebook.md`;
`socialrl.load(folder).codebook()` and the file `codebook.csv` of an export say the same of the columns that are there.
How to get at the tables: [tables.md](tables.md). A table of another folder is called by that and its own name, such as
`lineage/means`.

A word in angle brackets stands for the name of an animal, a chamber, a companion or a number. A range such as "0 to
duration_s" has another column of the same row as its end. Columns about options, doors, litters, contexts or the slow
state are there only where the assay or the run has them. Columns that several tables share are described once: names
alone refer to another section.
"""

_TITLES = {
    "animals": "a row per animal",
    "parameters": "a row per biological parameter",
    "tests": "a row per animal, test and repeat: `evaluation` in the run folder; `probes` has the same columns",
    "measures": "a row per animal and test; columns beside these are the measures in [measures.md](measures.md)",
    "episodes": "a row per training episode; options, counters and rewards as in `tests`",
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
    "reproduction/scorecard": "of `socialrl reproduce`: a row per comparison",
    "reproduction/seeds": "of `socialrl reproduce --seeds`, and of `socialrl compare` as comparison.csv: a row per "
    "comparison; columns that end in a scorecard's name are there for each of them",
    "reproduction/animals": "a row per comparison, side and animal",
    "reproduction/dose_response": "a row per gain and measure",
    "reproduction/ablation": "a row per arm, setting and comparison",
    "reproduction/development": "a row per comparison of lives and arms of development that the animals have",
    "reproduction/sensitivity": "a row per parameter, factor and comparison",
    "reproduction/association_by_hour": "a row per animal, test in the group habitat, and hour",
    "lineage/animals": "of `socialrl lineage`: a row per animal of every generation, founders first",
    "lineage/reference": "a row per carer of the reference families",
    "lineage/findings": "a row per comparison with a published finding",
    "lineage/means": "a row per cell, generation and measure",
    "lineage/contrasts": "a row per cell but the first, generation and measure",
    "lineage/trends": "a row per cell and measure",
    "lineage/variance": "a row per measure and component",
    "lineage/effects": "a row per measure and effect of parents or treatment",
    "lineage/mothers": "a row per mother, relation and measure",
    "lineage/transmission": "a row per relation, measure and set of mothers",
    "lineage/care": "a row per measure and set of litters: correlations with the care that the litter got",
    "sweep/points": "of `socialrl sweep`, in sweep.csv: a row per point",
    "sweep/measures": "a row per point, group, test and measure",
    "sweep/seeds": "a row per group and setting of the other keys, where seeds were swept",
    "plan/plan": "of `socialrl plan`: a row per comparison, design, housing, source of animals and power",
    "plan/power": "a row per comparison, design, housing, source of animals and n",
    "simulations/animals": "of `socialrl simulate`: a row per animal, a column per trait",
    "simulations/tests": "a row per animal, test and repeat, of all cohorts; columns beside these are counters of "
    "`tests` and numbers of `recording/release`, empty where the test has no such thing",
    "inference/animals": "of `socialrl infer`: a row per animal and trait",
    "inference/groups": "a row per group and trait",
    "inference/predictive": "a row per group, test, number and statistic",
    "inference/recovery": "a row per trait: how well simulated animals are recovered from the same tests",
    "validation/information": "of `socialrl infer --validate`: a row per test, test taken twice, and pair",
    "validation/recovery": "a row per set of tests",
    "validation/traits": "a row per trait, from the battery",
    "validation/ranks": "a row per set of tests and tenth of the ranks",
    "validation/coverage": "a row per set of tests and level",
    "validation/populations": "a row per set of tests and simulated group",
    "validation/population_coverage": "a row per set of tests",
    "validation/predictive": "a row per set of tests",
    "calibration/goals": "of `socialrl calibrate`: a row per kind of pairs and quantity that is compared",
    "calibration/parameters": "a row per quantity that was fitted",
    "calibration/summaries": "a row per kind of pairs, measure and set of animals",
    "calibration/course": "a row per set, kind of pairs, ten minutes and whom",
    "calibration/bouts": "a row per set, kind of pairs and whom",
    "calibration/retest": "a row per kind of pairs, measure and coefficient, where animals were tested twice",
    "calibration/search": "a row per candidate of the direct search, if there was one",
    "import/events": "of `socialrl import`: a row per event",
    "import/evaluation": "a row per animal, test and repeat; numbers from the events",
    "import/scores": "a row per test of a score sheet",
    "recording/release": "of `socialrl record`: a row per animal",
    "recording/traces": "a row per animal and bin",
}
_AS_TESTS = ("episodes", "protocol")
_AS = {
    "series": "traces",
    "lineage/reference": "lineage/animals",
    "import/evaluation": "import/events",
    "inference/recovery": "validation/information",
    "validation/traits": "validation/information",
    "validation/recovery": "validation/information",
}
"""Where the columns of a table are described that it has from another one, besides those that say whose row it is."""
_FEWEST = 3  # fewer columns that two tables share are told twice


_WHENS = ("start", "end")
_STATES = tuple(
    Column(f"<state>_{when}", "number", "", f"a state of [traces](#traces), such as stress, at the {when} of the test")
    for when in _WHENS
)


def page() -> str:
    """Return the page as Markdown: a section per kind of table, an item per column."""
    lines = [_HEAD]
    for kind in sorted(KINDS, key=lambda name: "/" in name):
        if kind == "probes":
            continue
        lines += [f"## {kind}", "", _filled(f"{_TITLES[kind][0].upper()}{_TITLES[kind][1:]}."), ""]
        lines += [*_items(kind), ""]
    return "\n".join(lines).rstrip() + "\n"


def _items(kind: str) -> list[str]:
    """Return an item per column; columns as in another section are one item, where they begin."""
    items, left = [], _shown(kind)
    for other in ("animals", _AS.get(kind)):
        if other is None or other == kind:
            continue
        there = set(_shown(other))
        same = [one for one in left if one in there]
        if len(same) >= _FEWEST:
            names = ", ".join(f"`{one.name}`" for one in same)
            items.append(_filled(f"- {names}: as in [{other}](#{_anchor(other)}).", "  "))
            left = [one for one in left if one not in there]
    return [*items, *map(_item, left)]


def _anchor(kind: str) -> str:
    """Return the anchor of a section, as GitHub and MkDocs make it of its title."""
    return kind.replace("/", "")


def _shown(kind: str) -> list[Column]:
    columns = list(columns_of(kind))
    if kind in _AS_TESTS:
        of_tests = {replace(one, missing="") for one in columns_of("tests")}
        columns = [one for one in columns if replace(one, missing="") not in of_tests]
        states = [f"{one.name}_{when}" for when in _WHENS for one in OF_STATE]
        rest = [one for one in columns if one.name not in states]
        return rest if len(rest) == len(columns) else [*rest, *_STATES]
    if kind == "simulations/tests":
        return [one for one in columns if one.name in ("index", "test", "repeat")]
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
