"""What is tested while wild types learn, the criterion, and the page, table and pictures made of the runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Probed:
    """The tests of an assay during training, and the measures (test, name) that are compared."""

    tests: list[dict[str, Any]]
    measures: list[tuple[str, str]]
    test_s: float | None = None


PROBED = {
    "PartnerPreference": Probed(
        [
            {"name": "24h", "cohousing_h": 24},
            {"name": "168h", "cohousing_h": 168},
            {"name": "mate_24h", "cohousing_h": 24, "relationship": "mate"},
        ],
        [
            (test, name)
            for test in ("24h", "168h", "mate_24h")
            for name in ("preference", "huddle_s_partner", "huddle_s_stranger", "return")
        ],
    ),
    "SocialOperant": Probed(
        [
            {"name": "partner", "cohousing_h": 168, "session": "partner"},
            {"name": "stranger", "cohousing_h": 168, "session": "stranger"},
            {"name": "mate", "cohousing_h": 168, "session": "partner", "relationship": "mate"},
        ],
        [
            ("partner", "presses"), ("partner", "accesses_partner"), ("partner", "return"),
            ("stranger", "presses"), ("stranger", "accesses_stranger"), ("stranger", "return"),
            ("mate", "presses"), ("mate", "accesses_partner"), ("mate", "return"),
        ],
    ),
    "GroupHabitat": Probed(
        [{"name": "bonded", "cohousing_h": 168}],
        [("bonded", n) for n in ("partner_share", "contact_s_partner", "contact_s_others", "return")],
        test_s=86_400,
    ),
    "StrangerEncounter": Probed(
        [
            {"name": "0h", "cohousing_h": 0, "session": "alone"},
            {"name": "168h", "cohousing_h": 168, "session": "alone"},
        ],
        [(test, n) for test in ("0h", "168h") for n in ("attacks", "avoidance", "huddle_s_stranger", "return")],
    ),
}  # fmt: skip

FROM_THE_START: dict[str, list[str]] = {assay: [] for assay in PROBED}


def write_page(runs: list[dict[str, Any]], folder: Path) -> None:
    """Write learning.csv, learning.md and a picture for each assay."""
