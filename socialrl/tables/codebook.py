"""The codebook: what every column of every table of a run means, in which unit and range; the only place for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_table import measure_table
from socialrl.tables.column import NUMBER, TEXT, WHOLE, Column, described
from socialrl.tables.columns_of_animals import OF_ANIMALS, OF_PARAMETERS, WHOSE
from socialrl.tables.columns_of_calibrations import TABLES as TABLES_OF_CALIBRATIONS
from socialrl.tables.columns_of_inference import TABLES as TABLES_OF_INFERENCE
from socialrl.tables.columns_of_lineages import TABLES as TABLES_OF_LINEAGES
from socialrl.tables.columns_of_recordings import TABLES as TABLES_OF_RECORDINGS
from socialrl.tables.columns_of_studies import TABLES as TABLES_OF_STUDIES
from socialrl.tables.columns_of_sweeps import TABLES as TABLES_OF_SWEEPS
from socialrl.tables.columns_of_tests import OF_EPISODES, OF_PROTOCOLS, OF_TESTS, REPEAT, TEST
from socialrl.tables.columns_over_time import OF_BOUTS, OF_EVENTS, OF_SERIES, OF_SYNCHRONY, OF_TRACES

FIELDS: tuple[Column, ...] = (
    Column("table", TEXT, "", "name of the table"),
    Column("column", TEXT, "", "name of the column"),
    Column("type", TEXT, "", "text, number, whole number, or yes or no (TRUE and FALSE in CSV)"),
    Column("unit", TEXT, "", "unit of the values", missing="there is none"),
    Column("meaning", TEXT, "", "what the values are"),
    Column(
        "range",
        TEXT,
        "",
        "values that are possible: two numbers, another column as the highest, or all words",
        missing="any",
    ),
    Column("missing", TEXT, "", "what an empty cell means", missing="there always is a value"),
)
"""The columns of a codebook."""

_LONG: tuple[Column, ...] = (*WHOSE, *(one for one in OF_EPISODES if one.name in ("steps", "life")), TEST, REPEAT)

OF_BINS: tuple[Column, ...] = (
    *_LONG,
    Column("counter", TEXT, "", "what is counted: contact with whom, as in the table without bins"),
    Column("bin", WHOLE, "", "number of the bin, from 0", 0),
    Column("start_s", NUMBER, "s", "start of the bin, from the start of the test", 0),
    Column("end_s", NUMBER, "s", "end of the bin, or of the test", 0),
    Column("seconds", NUMBER, "s", "seconds of contact in the bin; with others, added over them", 0),
)
OF_GROUP_SIZES: tuple[Column, ...] = (
    *_LONG,
    Column("size", WHOLE, "animals", "animals in a chamber, itself among them", 1),
    Column("seconds", NUMBER, "s", "time that it spent in a chamber with so many", 0),
)
OF_COMPANY: tuple[Column, ...] = (
    *_LONG,
    Column("other", TEXT, "", "id of another animal of its world"),
    Column("contact_s", NUMBER, "s", "time in side-by-side contact with it", 0),
    Column("together_s", NUMBER, "s", "time in one chamber with it, touching or not", 0),
)


def _of_simulated(one: Column) -> Column:
    high = None if isinstance(one.high, str) else one.high  # the column that it names is not there
    return replace(one, high=high, missing="not in this test")


_WHICH_SIMULATED: tuple[Column, ...] = (
    Column("index", WHOLE, "", "number of the animal: its row in animals, from 0", 0),
    TEST,
    REPEAT,
)
_COUNTED = {one.name: _of_simulated(one) for one in (*TABLES_OF_RECORDINGS["recording/release"], *OF_TESTS)}
_OF_SIMULATED: tuple[Column, ...] = (
    *_WHICH_SIMULATED,
    *(one for name, one in _COUNTED.items() if name not in {own.name for own in _WHICH_SIMULATED}),
)
_KINDS: Mapping[str, tuple[Column, ...]] = {
    "animals": OF_ANIMALS,
    "parameters": OF_PARAMETERS,
    "episodes": OF_EPISODES,
    "probes": OF_TESTS,
    "tests": OF_TESTS,
    "traces": OF_TRACES,
    "events": OF_EVENTS,
    "bouts": OF_BOUTS,
    "series": OF_SERIES,
    "synchrony": OF_SYNCHRONY,
    "protocol": OF_PROTOCOLS,
    "bins": OF_BINS,
    "group_sizes": OF_GROUP_SIZES,
    "company": OF_COMPANY,
    "codebook": FIELDS,
    "simulations/tests": _OF_SIMULATED,
    **TABLES_OF_STUDIES,
    **TABLES_OF_LINEAGES,
    **TABLES_OF_SWEEPS,
    **TABLES_OF_CALIBRATIONS,
    **TABLES_OF_INFERENCE,
    **TABLES_OF_RECORDINGS,
}
KINDS: tuple[str, ...] = (*_KINDS, "measures")
"""The kinds of tables. Several tables of a run may be of one kind, such as `protocol_mating` and `protocol_lived`.
Those of other folders are called `<folder>/<table>`."""


def kind_of(table: str) -> str:
    """Return of which kind a table is that is called `table`, in a run folder or in an export of one.

    A table of another folder is called `<folder>/<table>`, such as `lineage/means`, and is its own kind.
    """
    folder, _, table_in_it = table.rpartition("/")
    if folder and folder != "export":
        return table
    table = table_in_it
    for long in ("bins", "group_sizes", "company", "measures"):
        if table.endswith(f"_{long}"):
            return long
    if table.startswith("events_") or table.endswith("_events"):
        return "events"
    if table.startswith("protocol_"):
        return "protocol"
    return "tests" if table == "evaluation" or table.startswith(("evaluation_of_", "tests_of_")) else table


def columns_of(table: str) -> tuple[Column, ...]:
    """Return the columns that a table of a run can have; none for a table that socialrl does not write."""
    kind = kind_of(table)
    return (*_OF_MEASURES, *map(_of_measure, measure_table().values())) if kind == "measures" else _KINDS.get(kind, ())


def column_of(table: str, name: str) -> Column | None:
    """Return the description of a column of a run's table, or None if there is none."""
    return described(name, columns_of(table))


def codebook(tables: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """Return the codebook of tables, given by name with their columns: a row a column, columns `FIELDS`."""
    rows = [_row(table, name, column_of(table, name)) for table, names in tables.items() for name in names]
    return pd.DataFrame(rows, columns=[one.name for one in FIELDS])


def _row(table: str, name: str, one: Column | None) -> dict[str, str]:
    if one is None:  # of an older version, or of another package
        return {**dict.fromkeys((one.name for one in FIELDS), ""), "table": table, "column": name}
    told = {"type": one.kind, "unit": one.unit, "meaning": one.meaning, "range": one.range, "missing": one.missing}
    return {"table": table, "column": name, **told}


_OF_MEASURES: tuple[Column, ...] = (
    *WHOSE,
    TEST,
    Column("n_repeats", WHOLE, "count", "repeats of the test that the values are averaged over", 1),
)


def _of_measure(one: Measure) -> Column:
    meaning = f"{one.label}: {one.formula}"
    return Column(
        one.name, NUMBER, one.unit, meaning, one.low, one.high, missing="nothing to divide by, or no such test"
    )
