"""Killed between any two changes of its files and repeated, a calibration ends with the same bytes."""

from __future__ import annotations

import os

import pytest
from kill_windows import kill_everywhere

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")


@pytest.mark.slow
def test_whenever_it_is_killed_it_ends_with_the_same_bytes(tmp_path):
    job = "calibrate_killed:calibration"
    windows = kill_everywhere(tmp_path, job)[job]
    for last in ("calibration.json", "region.parquet", "plain.svg"):
        assert f"os.rename {last}" in windows


def test_a_calibration_that_is_replaced_never_looks_whole(tmp_path):
    job = "calibrate_killed:beginning_anew"
    windows = kill_everywhere(tmp_path, job)[job]
    assert windows[0] == "os.remove calibration.json"  # the file that marks a finished one
    assert {"os.remove fit-1.parquet", "os.rename manifest.json"} <= set(windows)


def test_a_sweep_sees_work_that_does_not_survive(tmp_path):
    with pytest.raises(AssertionError, match=r"killed before change 1 \(open b.txt\): b.txt differ"):
        kill_everywhere(tmp_path, "careless_work:work")
