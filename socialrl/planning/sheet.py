"""The spread between animals from a laboratory's own score sheet, in place of the model's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import measure_values
from socialrl.analysis.measure import Measure
from socialrl.errors import UserError
from socialrl.interop.columns import MEASURED
from socialrl.interop.formats import read_tests
from socialrl.interop.score_sheets import choose_tests
from socialrl.planning.question import Comparison

_FEWEST = 6
_KINDS = ("groups", "conditions", "against")


@dataclass(frozen=True)
class SheetSpread:
    """The values of one measure in a sheet, one an animal, and notes of its reader."""

    name: str
    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def sd(self) -> float:
        """Standard deviation over animals, each tested once."""
        return float(self.values.std(ddof=1))


def spread_of(
    path: Path, comparison: Comparison, measure: Measure, *, pairs: str = "all", where: Sequence[str] = ()
) -> SheetSpread:
    """Return the values of a comparison's measure in a score sheet, one test of each animal.

    `pairs` and `where` pick tests, as in `socialrl calibrate`. A comparison or measure that single tests say nothing
    of, several genotypes or treatments, or fewer than six animals raise `UserError`.
    """
    if comparison.contrast.kind not in _KINDS or measure.time_to is not None or measure.hours is not None:
        raise UserError(
            f"--sheet holds single tests, and {comparison.name} compares what several tests of an animal say; leave it "
            "out with --only"
        )
    absent = [name for name in measure.columns if name not in MEASURED]
    if absent or not measure.columns:
        raise UserError(
            f"--sheet has no {', '.join(absent) or measure.name}, which {comparison.name} needs; a score sheet of "
            f"partner-preference tests has {', '.join(MEASURED)}"
        )
    sheet = read_tests(path, measure.columns, where=where)
    tests, left_out = choose_tests(sheet, pairs)
    for group in sheet.groups:
        there = sorted({group.values[line] for line in tests["line"] if line in group.values})
        if len(there) > 1:
            raise UserError(
                f"{path}, column '{group.title}' holds {', '.join(there)}; the spread is that within one group, keep "
                f"one with --where '{group.title}={there[0]}'"
            )
    values = measure_values.values(tests, measure, ("animal",))
    known = values.to_numpy(dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size < _FEWEST:
        raise UserError(f"{path}: {known.size} animals have a value of {measure.name}; a spread needs {_FEWEST}")
    if np.ptp(known) == 0.0:
        raise UserError(f"{path}: all animals have the same {measure.name}, so the sheet has no spread")
    notes = [*sheet.notes, *left_out]
    if missing := int(pd.isna(values).sum()):
        notes.append(f"{missing} animals without {measure.name} left out")
    return SheetSpread(sheet.name, known, tuple(notes))
