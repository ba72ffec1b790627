"""Published findings as data, and the scorecard that says which of them the model reproduces.

No torch and no SB3 is imported here. `load_registry` reads the findings that come with socialrl, `load_findings` those
of a user's file as well, and `Registry.adding` takes a record from Python. `socialrl.findings.scorecard.score`
compares evaluation tables with them, and `socialrl.scorecard.page.write_scorecard` writes the result.
"""

from __future__ import annotations

from socialrl.findings.registry import Registry, load_findings, load_registry

__all__ = ["Registry", "load_findings", "load_registry"]
