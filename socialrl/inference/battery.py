"""The tests that are simulated, named as in the registry of findings, and the numbers that are read from each of them.

Only what a laboratory can score is read: no reward, no familiarity. Numbers are put on scales on which they are spread
evenly; each such number is a *feature*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.analysis import measures
from socialrl_envs.elementary import log

_OFFSET_S = 30.0
_SHORTEST_S = 15.0
"""Latencies below a tick of the model count as one tick, in simulated and in real tests."""

_NO_DECAY_S = 600.0
"""A release that does not fall within its trace."""

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Feature:
    """A number read from a test: `needs` are the columns of the table of tests, `read` makes it of those columns."""

    name: str
    label: str
    needs: tuple[str, ...]
    read: Callable[..., Column]

    def of(self, rows: pd.DataFrame, duration_s: float) -> Column:
        """Return the feature of every row (n,); NaN where a needed number is missing.

        A latency without an event is the length of the test, `duration_s`.
        """
        columns = [rows[name].to_numpy(dtype=np.float64) for name in self.needs]
        columns = [
            measures.latency_s(one, duration_s) if name.startswith("latency_s") else one
            for name, one in zip(self.needs, columns, strict=True)
        ]
        return self.read(*columns)


@dataclass(frozen=True)
class SimulatedTest:
    """One test: its name, assay (short id), words for people, condition (keys of a test) and what is read from it."""

    name: str
    assay: str
    title: str
    duration_s: float
    features: tuple[Feature, ...]
    condition: Mapping[str, Any] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns of a table of tests that its features need."""
        return tuple(dict.fromkeys(name for feature in self.features for name in feature.needs))


def _seconds(seconds: Column) -> Column:
    return np.asarray(log((seconds + _OFFSET_S) / _OFFSET_S))


def _count(count: Column) -> Column:
    return np.asarray(log(count + 1.0))


def _latency(seconds: Column) -> Column:
    return np.asarray(log(np.maximum(seconds, _SHORTEST_S)))


def _share(this: Column, *others: Column) -> Column:
    whole = this + sum(others)
    return np.divide(this, whole, out=np.full_like(whole, 1.0 / (1 + len(others))), where=(whole > 0) | np.isnan(whole))


def _huddle(who: str) -> Feature:
    return Feature(f"huddle_{who}", f"Huddle with {who}", (f"huddle_s_{who}",), _seconds)


def _first(who: str) -> Feature:
    return Feature(f"latency_{who}", f"Latency to huddle with {who}", (f"latency_s_{who}",), _latency)


_CHAMBERS = ("partner", "centre", "stranger")
_PREFERENCE = (
    _huddle("partner"),
    _huddle("stranger"),
    Feature("preference", "Preference P/(P+S)", ("huddle_s_partner", "huddle_s_stranger"), _share),
    *(
        Feature(
            f"chamber_{who}",
            f"Share of time in the {who} chamber" if who == "centre" else f"Share of time in the {who}'s chamber",
            tuple(f"chamber_s_{one}" for one in (who, *(other for other in _CHAMBERS if other != who))),
            _share,
        )
        for who in _CHAMBERS
    ),
    _first("partner"),
    _first("stranger"),
)
_ENCOUNTER = (
    Feature("attacks", "Attacks", ("attacks",), _count),
    Feature(
        "avoidance", "Share of time apart from the stranger", ("chamber_s_apart", "chamber_s_with_stranger"), _share
    ),
    _huddle("stranger"),
    _first("stranger"),
)
_RELEASE = (
    Feature("peak", "Peak ΔF/F", ("peak",), lambda peak: peak),
    Feature("area", "Area under ΔF/F", ("area",), lambda area: area),
    Feature("decay", "Decay of ΔF/F", ("decay_s",), lambda decay: _seconds(np.nan_to_num(decay, nan=_NO_DECAY_S))),
)


def _lever(who: str) -> tuple[Feature, ...]:
    return (
        Feature("presses", f"Presses for the {who}", (f"presses_{who}",), _count),
        Feature("accesses", f"Accesses to the {who}", (f"accesses_{who}",), _count),
        _huddle(who),
        _first(who),
    )


_THREE_HOURS = 10_800.0
RELEASE = "OxytocinRelease"

BATTERY: tuple[SimulatedTest, ...] = (
    *(
        SimulatedTest(
            f"cohoused_{hours}h", "PartnerPreference", f"preference, peer {hours} h", _THREE_HOURS, _PREFERENCE,
            {"cohousing_h": hours},
        )
        for hours in (6, 24, 168, 336)
    ),
    SimulatedTest(
        "mate_24h", "PartnerPreference", "preference, mate 24 h", _THREE_HOURS, _PREFERENCE,
        {"cohousing_h": 24, "relationship": "mate"},
    ),
    *(
        SimulatedTest(
            f"operant_peer_{who}", "SocialOperant", f"lever, {who}", 1_800.0, _lever(who),
            {"cohousing_h": 168, "relationship": "peer", "session": who},
        )
        for who in ("partner", "stranger")
    ),
    SimulatedTest(
        "intruder_168h", "StrangerEncounter", "stranger encounter", 600.0, _ENCOUNTER,
        {"cohousing_h": 168, "session": "alone"},
    ),
    SimulatedTest("evoked_release", RELEASE, "evoked release", 0.0, _RELEASE),
)  # fmt: skip

BY_NAME: dict[str, SimulatedTest] = {test.name: test for test in BATTERY}
PEER, MATE = "cohoused_24h", "mate_24h"
"""The tests that a score sheet is taken as: of cage mates of the same sex, and of mates."""


def in_assay(assay: str) -> tuple[SimulatedTest, ...]:
    """Return the tests in an assay (short id), in their order."""
    return tuple(test for test in BATTERY if test.assay == assay)


ASSAYS: tuple[str, ...] = tuple(dict.fromkeys(test.assay for test in BATTERY))


def with_tubes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of simulated tests with the seconds in a tube counted for the chamber that was left.

    In laboratories' sheets the chamber times add up to the whole test. Rows without tubes come back unchanged.
    """
    tubes = {f"chamber_s_{who}": f"tube_s_{who}" for who in _CHAMBERS}
    there = {chamber: tube for chamber, tube in tubes.items() if tube in rows and chamber in rows}
    return rows.assign(**{chamber: rows[chamber] + rows[tube].fillna(0.0) for chamber, tube in there.items()})
