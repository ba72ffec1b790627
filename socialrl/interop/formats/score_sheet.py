"""Score sheets as delimited text; the format of every file that no other one recognises."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from socialrl.interop.columns import MEASURED
from socialrl.interop.formats import Format
from socialrl.interop.score_sheets import read_score_sheet
from socialrl.storage.atomic import write_bytes

_TIMEPOINTS = {"early": "ST", "late": "LT"}


def write_score_sheet(tests: pd.DataFrame, path: Path) -> None:
    """Write tests as CSV under the names and units that `read_score_sheet` knows; blank where there is no value."""
    titles = {"animal": "animal", "pair_type": "pair type", "timepoint": "timepoint", "sex": "sex"}
    titles |= {"cohort": "cohort", "pair": "pair"}
    titles |= {name: f"{name.replace('_s_', ' ')} (s)" for name in MEASURED}
    titles |= {"duration_s": "trial duration (s)", "preference": "preference"}
    there = [name for name in titles if name in tests and not tests[name].isna().all()]
    sheet = tests[there].replace({"timepoint": _TIMEPOINTS} if "timepoint" in there else {}).rename(columns=titles)
    write_bytes(path, sheet.to_csv(index=False, lineterminator="\n").encode())


FORMAT = Format(
    "score-sheet",
    "one line per test; comma, semicolon, tab or bar",
    read=read_score_sheet,
    write=write_score_sheet,
)
