"""A reproduction that is killed between any two changes of its files ends with the same bytes when it is repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from kill_windows import kill_everywhere

pytestmark = pytest.mark.slow


def test_a_reproduction_that_was_killed_anywhere_ends_with_the_same_bytes(tmp_path: Path) -> None:
    job = "reproduce_killed:reproduction"
    windows = kill_everywhere(tmp_path, job)[job]
    for last in (
        "DONE",
        "evaluation.csv",
        "evaluation.parquet",
        "scorecard.json",
        "scorecard.html",
        "reproduction.json",
    ):
        assert f"os.rename {last}" in windows
