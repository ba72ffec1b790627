"""Published findings as data, and the scorecard that says which of them the model reproduces.

No torch and no SB3 is imported here. `load_registry` reads the findings; `registry_conditions` and `registry_groups` say
what has to be played and trained. `socialrl.findings.scorecard.score` compares evaluation tables with them, and
`socialrl.scorecard.page.write_scorecard` writes the result.
"""

from __future__ import annotations

from socialrl.findings.registry import (
    Registry,
    load_registry,
    registry_assays,
    registry_conditions,
    registry_groups,
)

__all__ = ["Registry", "load_registry", "registry_assays", "registry_conditions", "registry_groups"]
