"""Work that is killed at any moment and repeated ends with the tables of work that was not."""

from pathlib import Path

import pytest
from kill_windows import kill_everywhere

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("engine", ["cohort", "sb3"])
def test_a_training_that_was_killed_anywhere_ends_the_same(engine: str, tmp_path: Path) -> None:
    windows = kill_everywhere(f"killed_jobs:train_{engine}", tmp_path)
    assert "os.rename DONE" in windows
    assert "os.rename probes.parquet" in windows
