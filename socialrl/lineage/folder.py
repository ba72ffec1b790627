"""The folder of a lineage: its configuration, a table for every generation, then the results."""

from __future__ import annotations

from socialrl.storage.stages import StagedFolder

REFERENCE = "reference"
"""The stage of the reference families."""


def stage_of(generation: int) -> str:
    """Return the name of a generation's stage."""
    return f"generation-{generation:02d}"


class Generations(StagedFolder):
    """The generations of one lineage."""

    noun = "lineage"
    elsewhere = "choose another name"
    marker = "lineage.json"
    results = (
        "lineage.html",
        "lineage.yaml",
        *(
            f"{name}.csv"
            for name in (
                "animals",
                "reference",
                "findings",
                "means",
                "contrasts",
                "trends",
                "variance",
                "effects",
                "transmission",
                "care",
                "mothers",
            )
        ),
    )
    format = 1
