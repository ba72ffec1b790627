"""The folder of an unfinished calibration: `socialrl.storage.stages`, with the results of a calibration."""

from __future__ import annotations

from socialrl.storage.stages import StagedFolder


class Stages(StagedFolder):
    """The stages of one calibration."""

    noun = "calibration"
    marker = "calibration.json"
    results = (
        "calibration.html",
        "parameters.yaml",
        *(f"{name}.csv" for name in ("goals", "parameters", "summaries", "course", "bouts", "retest", "search")),
    )
    format = 3
