"""What came of a sweep in words, and as `sweep.json`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from socialrl.drawing import wording
from socialrl.sweep.outcome import Sweep
from socialrl.sweep.space import SEED


def content(sweep: Sweep) -> dict[str, Any]:
    """Return what `sweep.json` holds."""
    how = sweep.how
    search = {"objective": how.objective, "maximize": how.maximize, "batch": how.batch, "trials": how.optuna}
    return {
        "format": 1,
        "keys": list(sweep.keys),
        "points_are": how.in_words,
        **({"search": search} if how.optuna is not None else {}),
        "finished": sweep.finished,
        "sentences": sentences(sweep),
        "points": [
            {
                "name": one.point.name,
                "values": one.point.values(),
                "state": one.state,
                "error": one.error or None,
                "seconds": one.seconds,
                "host": one.host or None,
            }
            for one in sweep.results
        ],
        "made": dict(sweep.made),
    }


def sentences(sweep: Sweep) -> list[str]:
    """Return what a sweep came to, in a few sentences."""
    n = len(sweep.results)
    all_points = f"{n} point{'s' if n > 1 else ''}"
    said = [f"{len(sweep.done)} of {all_points} are trained and tested: {sweep.how.in_words} over {_and(sweep.keys)}."]
    if sweep.failed:
        said.append(f"{len(sweep.failed)} failed.")
    measure = sweep.measure
    for group in sweep.groups:
        values = [value for one in sweep.done if (value := sweep.value(one, group)) == value]
        if values:
            low, high = (wording.number(one, measure.digits) for one in (min(values), max(values)))
            told = f"{low} to {high} over {len(values)} runs" if len(values) > 1 else f"{low} in one run"
            said.append(f"{measure.label} of {group} in {sweep.test}: {told}.")
    if sweep.how.optuna is not None and (best := sweep.best(1)):
        name, value, points = best[0]
        values_of = {key: one for key, one in points[0].point.values().items() if key != SEED}
        told = ", ".join(f"{key} {one}" for key, one in values_of.items())
        said.append(f"Best so far: {name} with {wording.number(value, 3)} ({told}).")
    return said


def _and(words: Sequence[str]) -> str:
    *others, last = list(words)
    return f"{', '.join(others)} and {last}" if others else str(last)
