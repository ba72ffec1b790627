"""Killed between any two changes of its files and repeated, a calibration ends with the same bytes."""

from __future__ import annotations

import os

import pytest
from killed import killed_everywhere

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked to be killed")


@pytest.mark.slow
def test_whenever_it_is_killed_it_ends_with_the_same_bytes(tmp_path):
    sweep = killed_everywhere("calibrate_killed:work", tmp_path)
    assert len(sweep.windows) > 40
    assert {"out/calibration.json", "out/stages/region.parquet", "out/figures/plain.svg"} <= sweep.whole.keys()
    for window in sweep.windows:
        assert window.files == sweep.whole, window
        # Killed after its last result it is finished, and a repeated call reports it.
        assert not window.told or "holds a calibration; give another --output" in window.told, window
    assert len([window for window in sweep.windows if window.told]) == 1


def test_a_calibration_that_is_replaced_never_looks_whole(tmp_path):
    sweep = killed_everywhere("calibrate_killed:beginning_anew", tmp_path)
    assert sweep.whole.keys() == {"out/manifest.json", "out/stages/", "out/figures/"}
    assert len(sweep.windows) > 8
    for window in sweep.windows:
        assert (window.files, window.told) == (sweep.whole, ""), window


def test_a_sweep_sees_work_that_does_not_survive(tmp_path):
    sweep = killed_everywhere("careless_work:work", tmp_path)
    assert sweep.whole.keys() == {"a.txt", "b.txt"}
    assert [window.before for window in sweep.windows] == ["open a.txt", "open b.txt"]
    assert [window.files == sweep.whole for window in sweep.windows] == [True, False]
