"""In which settings several runs differ: one row a key of their configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from socialrl.drawing import wording
from socialrl.drawing.tables import Cell, Table
from socialrl.report.study import Study

_OF_THE_FOLDER = frozenset({"name", "output"})
_WORDS = {None: "null", True: "true", False: "false"}
_NOTE = (
    "Keys of config.yaml that are not the same in all runs, with their defaults; a dash where a run does not have the"
    " key. Marked: other than in the first run. All other settings are the same."
)


def differing(study: Study) -> Table | None:
    """Return the settings in which the runs of a study differ, marked where they are not the first run's.

    None for one run, and a table without rows where all settings are the same.
    """
    if len(study.runs) < 2:
        return None
    runs = list(study.names.values())
    settings = {run: dict(_leaves(study.configs[run])) for run in runs}
    keys = list(dict.fromkeys(key for run in runs for key in settings[run]))
    rows = []
    for key in keys:
        told = [settings[run].get(key, wording.MISSING) for run in runs]
        if len(set(told)) > 1:
            rows.append([Cell(key, code=True), *(Cell(text, marked=text != told[0]) for text in told)])
    return Table("Settings that differ", ("Setting", *runs), rows, _NOTE, n_left=1 + len(runs))


def _leaves(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in config.items():
        if not path and name in _OF_THE_FOLDER:
            continue
        here = f"{path}.{name}" if path else str(name)
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, here)
        else:
            yield here, _text(value)


def _text(value: Any) -> str:
    """A value as it is written in YAML on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_text(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_text, value)) + "]"
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else str(value)
