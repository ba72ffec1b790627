"""Every measure, once: name, unit, range, formula and how it comes from raw counters. All pages and curves read this.

The report, the scorecard, calibration and TensorBoard take their labels and their numbers from here. A measure of
another package is one more record: `register_measure(Measure(...))`. How records become numbers: `measure_values`.
"""

from __future__ import annotations

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_rows import MEASURES
from socialrl.assays import study_of
from socialrl.errors import UserError, unknown
from socialrl.extensions import load_extensions

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
    """Return the measures that pages and curves show of an assay: those of its study, then added ones."""
    study = study_of(assay)
    own = tuple(map(measure_called, study.measures))
    return (*own, *(one for one in _ADDED.values() if study.name in one.assays and one not in own and one.of_one_test))


def headline_of(assay: str) -> Measure:
    """Return the main measure of an assay."""
    return measure_called(study_of(assay).headline)
