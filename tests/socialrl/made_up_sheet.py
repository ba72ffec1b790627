"""The made-up score sheet that comes with socialrl: `python tests/socialrl/made_up_sheet.py` writes it anew.

Its numbers are drawn at random, in the form of partner-preference tests of three hours. They come from no animal and
from no model, so nothing can be learned from them; they are there for commands that need a sheet.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

SHEET = Path(__file__).resolve().parents[2] / "configs" / "score_sheets" / "made_up.csv"
TITLE = '"Made up: random numbers in the form of partner-preference tests of three hours. No animal was tested."'
COLUMNS = (
    "Animal,Genotype,Sex,Pair type,Timepoint,Trial duration (s),Huddle time partner (s),Huddle time stranger (s),"
    "Chamber time partner (s),Chamber time center (s),Chamber time stranger (s),Latency partner huddle (s),"
    "Latency stranger huddle (s)"
)
TEST_S = 10_800
GROUPS = (
    ("WT", "FF", 6, 0.75),
    ("WT", "MM", 6, 0.75),
    ("WT", "FM", 12, 0.8),
    ("KO", "FF", 4, 0.55),
    ("KO", "MM", 4, 0.55),
)
"""Genotype, kind of pair, animals, and the mean share of huddling that is with the partner."""


def made_up_sheet(seed: int = 1) -> str:
    """Return the text of the sheet: a title, the names of the columns, a line for each animal."""
    rng = np.random.default_rng(seed)
    lines = [TITLE, COLUMNS]
    for genotype, pair, n, share in GROUPS:
        for number in range(n):
            sex = pair[0] if pair != "FM" else "FM"[number % 2]
            huddled = rng.uniform(2500.0, 6500.0)
            partner = huddled * rng.beta(share * 6.0, (1.0 - share) * 6.0)
            centre = rng.uniform(600.0, 2000.0)
            # of the time that is left, most where it huddled, and never less than it huddled there
            left = TEST_S - centre - huddled
            chamber = partner + left * rng.beta(5.0 * share, 5.0 * (1.0 - share))
            numbers = np.array([partner, huddled - partner, chamber, centre, TEST_S - centre - chamber]).round()
            numbers[3] = TEST_S - numbers[2] - numbers[4]
            latencies = np.minimum(rng.exponential(600.0, 2) + 20.0, TEST_S - huddled - 60.0).round()
            cells = [f"V{len(lines) - 1:02d}", genotype, sex, pair, "ST", TEST_S, *numbers, *latencies]
            lines.append(",".join(cell if isinstance(cell, str) else f"{cell:.0f}" for cell in cells))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    SHEET.write_text(made_up_sheet(), encoding="utf-8")
    print(SHEET)
