"""A reproduction that is killed between any two changes of its files ends with the same bytes when it is repeated."""

from __future__ import annotations

import os

import pytest
from killed import killed_everywhere

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")


@pytest.mark.slow
def test_whenever_it_is_killed_it_ends_with_the_same_bytes(tmp_path):
    sweep = killed_everywhere("reproduce_killed:work", tmp_path)
    assert len(sweep.windows) > 60
    assert {"out/StrangerEncounter/DONE", "out/StrangerEncounter/evaluation.csv", "out/scorecard.html"} <= set(
        sweep.whole
    )
    for window in sweep.windows:
        assert window.told == "", window
        assert window.files == sweep.whole, window
