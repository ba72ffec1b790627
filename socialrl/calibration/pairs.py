"""Kinds of pairs: who the partner of a real or simulated test is, a peer or a mate."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from socialrl.errors import UserError
from socialrl.interop.score_sheets import SEVERAL

RELATIONSHIPS: dict[str, str] = {"peers": "peer", "mates": "mate"}
"""The relationship of the simulated partner, by kind of pair; their order is that of every table."""

BOTH = "both"
"""Peers and mates together: the mean over the two."""

LEAST_ANIMALS = 8

_KIND_OF = {pair_type: kind for kind, pair_types in SEVERAL.items() for pair_type in pair_types}


def by_kind(tests: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tests (rows of a score sheet) of each kind of pair that there is.

    Two females and two males are peers, a female and a male mates. Another word, or none, counts as a peer; `unclear`
    says so.
    """
    kinds = tests["pair_type"].map(_KIND_OF).fillna("peers")
    return {kind: tests[kinds == kind] for kind in RELATIONSHIPS if (kinds == kind).any()}


def unclear(tests: pd.DataFrame) -> list[str]:
    """Return a note on tests whose pair type says neither peers nor mates."""
    words = tests["pair_type"][~tests["pair_type"].isin(list(_KIND_OF))]
    if words.empty:
        return []
    if words.isna().all() and len(words) == len(tests):
        return ["the sheet has no pair types; all pairs are taken as peers"]
    told = ", ".join(sorted({"without one" if pd.isna(word) else f"'{word}'" for word in words}))
    return [f"{len(words)} tests have a pair type that is not FF, MM or FM ({told}); taken as peers"]


def check_enough(kinds: Mapping[str, pd.DataFrame]) -> None:
    """Raise `UserError` for fewer tests of a kind of pair than a calibration needs."""
    for kind, tests in kinds.items():
        if len(tests) >= LEAST_ANIMALS:
            continue
        if len(kinds) == 1:
            raise UserError(f"a calibration needs tests of at least {LEAST_ANIMALS} animals, got {len(tests)}")
        (other,) = (one for one in kinds if one != kind)
        raise UserError(
            f"a calibration needs tests of at least {LEAST_ANIMALS} animals of each kind of pair, got {len(tests)} of"
            f" {kind}; leave them out with --pairs {other}"
        )
