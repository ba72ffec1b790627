"""The report in a browser: no column of a table hides behind an edge, on any screen."""

from __future__ import annotations

import browser
import pytest
from synthetic_run import write_run

from socialrl.report import write_index, write_report
from socialrl.storage.run_folder import RunFolder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    options = {"animals": 2, "probe_steps": (0, 50_000), "tables": ("animals", "probes", "evaluation")}
    runs = [
        RunFolder.open(write_run(folder / name, genotypes=genotypes, **options))
        for name, genotypes in (("first", {"wt": 1.0, "ko": 0.0}), ("second_run", {"wt": 1.0, "ko": 0.1, "low": 0.1}))
    ]
    return [write_report(runs, folder / "both"), write_index(folder)]


@pytest.mark.parametrize("width", [1600, 1280, 900, 400])
def test_nothing_is_cut_and_no_page_scrolls_sideways(pages, tmp_path, width):
    for page in pages:
        shown = browser.shown(page, width, tmp_path / page.stem)
        assert shown.given_px == width
        assert shown.needed_px <= width
        assert shown.cut == 0
        assert shown.smallest_px >= 11.5


def test_the_browser_has_nothing_to_complain_of(pages, tmp_path):
    for page in pages:
        assert not browser.complaints(page, tmp_path / page.stem)
