"""Work that is killed at any moment and repeated ends with the tables of work that was not."""

from pathlib import Path

import pytest
from kill_windows import kill_everywhere

pytestmark = pytest.mark.slow


def test_a_training_that_was_killed_anywhere_ends_the_same(tmp_path: Path) -> None:
    jobs = "killed_jobs:train_cohort", "killed_jobs:train_sb3"
    windows = kill_everywhere(tmp_path, *jobs)
    for job in jobs:
        assert "os.rename DONE" in windows[job]
        assert "os.rename probes.parquet" in windows[job]


def test_tests_that_were_killed_anywhere_end_the_same(tmp_path: Path) -> None:
    """With events: without them there are the same changes, less those of the events."""
    last = {
        "killed_jobs:evaluate_events": "evaluation.parquet",
        "killed_jobs:evaluate_again": "evaluation.parquet",
        "killed_jobs:protocol_events": "protocol_day.parquet",
    }
    windows = kill_everywhere(tmp_path, *last)
    for job, table in last.items():
        assert f"os.rename {table}" in windows[job]
