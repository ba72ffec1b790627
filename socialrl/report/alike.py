"""What is the same in several runs: equivalent tests, and identical animals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

_STATE = ["assay", "cohousing_h", "relationship", "separation_h", "drugs"]


def names_of_tests(tables: list[pd.DataFrame]) -> dict[tuple[str, str], str]:
    """Return {(run, test): name on the page}, so that one name means one kind of test in all runs.

    Tests of several runs with the same history before them get one name, that of the first run. A name that several
    runs use for different histories gets the run's name appended. Where one run has several tests of the same history
    under the same drugs they keep their names.
    """
    rows = pd.concat([table[["run", "test", *_STATE]].drop_duplicates() for table in tables if len(table)] or [_EMPTY])
    states = {(run, test): tuple(state) for run, test, *state in rows.itertuples(index=False, name=None)}
    per_run = Counter((run, state) for (run, _), state in states.items())
    named: dict[tuple[str, str], str] = {}
    owner: dict[str, tuple[Any, ...]] = {}
    by_state: dict[tuple[Any, ...], str] = {}
    for (run, test), state in states.items():
        alone = per_run[run, state] == 1
        name = by_state.get(state, test) if alone else test
        if owner.setdefault(name, state) != state:
            name = f"{test} ({run})"
            owner[name] = state
        if alone:
            by_state.setdefault(state, name)
        named[run, test] = name
    return named


def renamed(table: pd.DataFrame, names: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """Return a table of several runs with the names of `names_of_tests`."""
    if table.empty:
        return table
    pairs = zip(table["run"], table["test"], strict=True)
    return table.assign(test=[names.get(pair, pair[1]) for pair in pairs])


def same_animals(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether animals of equal number are the same individuals in two runs, from their configurations.

    The seed makes the individual, the first network and the noise of its tests; the spread says how far it differs.
    """
    return all(one.get(name) == other.get(name) for name in ("seed", "individual_spread"))


_EMPTY = pd.DataFrame(columns=["run", "test", *_STATE])
