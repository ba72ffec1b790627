"""What a page of inference says first: no best test where its bits cannot be told from none."""

from __future__ import annotations

import pandas as pd
import pytest

from socialrl.inference.sentences import about_best


def ranked(*rows: tuple[str, int, float, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["tests", "n_tests", "bits", "bits_se"])


@pytest.mark.parametrize(
    ("single", "pair", "said"),
    [
        (0.35, 0.49, "Most told by one test: lever (0.35 ± 0.04 bits); by two: 2 × lever (0.49 ± 0.04 bits)."),
        (0.02, 0.49, "they cannot be told apart; most told by two: 2 × lever (0.49 ± 0.04 bits)."),
        (
            0.02,
            0.03,
            "they cannot be told apart, and no two do; the highest are lever (0.02 ± 0.04 bits) and 2 × lever",
        ),
    ],
)
def test_a_best_test_is_named_only_where_it_tells_more_than_nothing(single, pair, said):
    found = about_best(ranked(("2 × lever", 2, pair, 0.04), ("lever", 1, single, 0.04), ("release", 1, 0.01, 0.03)))
    assert said in found
    assert ("Most told by one test" in found) == (single > 0.1)
