"""How model animals spend a test: huddling in bins of ten minutes, and the lengths of bouts.

A score sheet has sums over a whole test, so voles cannot be shown beside them.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from socialrl.analysis.measures import BIN_MIN

WHO = ("partner", "stranger")
_BIN_S = 60.0 * BIN_MIN


def bins(checks: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the share of each ten minutes spent huddling: one row per set, kind of pair, bin and animal huddled with.

    `checks` are the tests that each set (before, after) played (`tables.Cohort.played`); early ones count. Columns:
    set, pairs, bin_start_min, who, share, sd (over animals, whose repeats are averaged first), n_animals.
    """
    rows = []
    for name, played in checks.items():
        for kind, tests in _early(played):
            for who in WHO:
                seconds = np.array([list(one) for one in tests[f"bin_s_{who}"]])
                of_animals = pd.DataFrame(seconds / _BIN_S).groupby(tests["index"].to_numpy()).mean()
                for k in of_animals:
                    rows.append(
                        {
                            "set": name,
                            "pairs": kind,
                            "bin_start_min": BIN_MIN * int(k),
                            "who": who,
                            "share": float(of_animals[k].mean()),
                            "sd": float(of_animals[k].std()),
                            "n_animals": len(of_animals),
                        }
                    )
    return pd.DataFrame(rows)


def bouts(checks: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return how long bouts of contact last: one row per set, kind of pair and animal huddled with; early tests.

    A bout ends when contact does, if only for one tick. Columns: set, pairs, who, n_tests; bouts_per_test (mean);
    median_s and q90_s of all bouts; longest_s, the median over tests of the longest bout (0 in a test without any);
    share_in_longest, the mean share of a test's huddling that its longest bout makes up (tests with any).
    """
    rows = []
    for name, played in checks.items():
        for kind, tests in _early(played):
            for who in WHO:
                of_tests = [np.asarray(list(one), dtype=np.float64) for one in tests[f"bout_s_{who}"]]
                every = np.concatenate(of_tests) if of_tests else np.empty(0)
                shares = [one.max() / one.sum() for one in of_tests if len(one)]
                rows.append(
                    {
                        "set": name,
                        "pairs": kind,
                        "who": who,
                        "n_tests": len(of_tests),
                        "bouts_per_test": len(every) / max(len(of_tests), 1),
                        "median_s": float(np.median(every)) if len(every) else np.nan,
                        "q90_s": float(np.quantile(every, 0.9)) if len(every) else np.nan,
                        "longest_s": float(np.median([one.max(initial=0.0) for one in of_tests])),
                        "share_in_longest": float(np.mean(shares)) if shares else np.nan,
                    }
                )
    return pd.DataFrame(rows)


def _early(played: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    early = played[played["timepoint"] == "early"]
    return [(str(kind), early[early["pairs"] == kind]) for kind in early["pairs"].unique()]
