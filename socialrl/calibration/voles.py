"""What a calibration takes from a score sheet: early tests to fit, late ones of the same animals to compare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.calibration.limits import check_length
from socialrl.calibration.pairs import by_kind, check_enough, unclear
from socialrl.errors import UserError
from socialrl.interop.formats import read_tests
from socialrl.interop.groups import only_untreated_wild_types
from socialrl.interop.score_sheets import ScoreSheet, choose_tests


@dataclass(frozen=True)
class Voles:
    """The tests of a score sheet: `early` ones are fitted, `late` ones of the same animals are only compared."""

    sheet: ScoreSheet
    early: pd.DataFrame
    late: pd.DataFrame | None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of pairs, peers or mates or both."""
        return tuple(by_kind(self.early))


def read_voles(data: Path, pairs: str, where: Sequence[str], notes: list[str]) -> Voles:
    """Return the tests of a score sheet: early ones of untreated wild types, enough of each kind, about 3 h long.

    Late tests that cannot be used are left out with a note. `notes` receives all notes as they arise.
    """
    sheet = read_tests(data, where=where, notes=notes)
    early, more = choose_tests(sheet, pairs)
    notes += more
    notes += unclear(early)
    notes += only_untreated_wild_types(sheet.groups, set(early["line"]), sheet.name)
    check_enough(by_kind(early))
    check_length(early, sheet.name)
    return Voles(sheet, early, _late_tests(sheet, early, pairs, notes))


def _late_tests(sheet: ScoreSheet, early: pd.DataFrame, pairs: str, notes: list[str]) -> pd.DataFrame | None:
    """Return the late tests of the animals that have an early one, or None if there are none that can be used."""
    if not (sheet.tests["timepoint"] == "late").any():
        return None
    try:
        late, _ = choose_tests(sheet, pairs, "late")
        only_untreated_wild_types(sheet.groups, set(late["line"]), sheet.name)
        check_length(late, sheet.name)
    except UserError as error:
        notes.append(f"the late tests are not used: {error}")
        return None
    late = late[late["animal"].isin(early["animal"])]
    if late.empty:
        notes.append("no animal has an early and a late test, so there is no correlation of the two")
        return None
    notes.append(f"{len(late)} late tests are not fitted; they are only correlated with the early ones")
    return late.reset_index(drop=True)
