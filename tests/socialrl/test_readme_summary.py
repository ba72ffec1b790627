"""CI compares what the demo prints with what the README shows; the comparison must see any difference."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def readme():
    spec = importlib.util.spec_from_file_location("readme_check", ROOT / ".ci" / "readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_readme_has_one_summary_of_the_demo(readme):
    assert "wild type" in readme.shown_summary((ROOT / "README.md").read_text(encoding="utf-8"))
    with pytest.raises(SystemExit, match="0 blocks"):
        readme.shown_summary("no summary here")


def test_the_same_summary_after_other_lines_passes(readme):
    shown = "Preference for the partner\n  24 h  0.88\n\nReport: runs/demo/report.html\n"
    assert readme.differences(shown, "installing\n" + shown) == ""


@pytest.mark.parametrize("printed", ["  24 h  0.87\n", "  24 h  0.88\n  more\n", "", "   24 h  0.88\n"])
def test_any_difference_is_shown_with_both_texts(readme, printed):
    shown = "Preference for the partner\n  24 h  0.88\n"
    wrong = readme.differences(shown, "Preference for the partner\n" + printed)
    assert wrong.count("Preference for the partner") >= 2
    assert "  24 h  0.88" in wrong


def test_a_demo_without_a_summary_is_a_difference(readme):
    assert "nothing" in readme.differences("Preference for the partner\n", "nothing\n")
