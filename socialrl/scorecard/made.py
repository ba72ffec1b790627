"""How scorecards that stand beside each other were made: preset, seed, table of parameters, model, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from socialrl.drawing import wording
from socialrl.drawing.tables import Cell, Table

_SAME = "Marked: differs from the first."
_ROWS = {
    "preset": "Preset",
    "findings": "Files of findings",
    "seed": "Seed",
    "world": "Model (checksum)",
    "socialrl": "socialrl",
    "commit": "Commit",
    "command": "Command",
}
_TABLE = "Parameters"


@dataclass(frozen=True)
class MadeWith:
    """How one scorecard was made; `made` is what its file says, which may lack what older versions did not record."""

    label: str
    made: Mapping[str, Any]

    @property
    def parameters(self) -> str:
        """Its parameters in words, "table v1, settling_worth 0", or a dash where none were recorded."""
        recorded = self.made.get("parameters")
        name = recorded.get("in_words") if isinstance(recorded, Mapping) else recorded
        return str(name) if name else wording.MISSING

    @property
    def values(self) -> Mapping[str, Any]:
        """The values of its parameters as far as they were recorded."""
        recorded = self.made.get("parameters")
        values = recorded.get("values") if isinstance(recorded, Mapping) else None
        return values if isinstance(values, Mapping) else {}

    def told(self, key: str) -> str:
        """Return one entry as text."""
        value = self.made.get(key)
        if key == "socialrl":
            value = (self.made.get("versions") or {}).get("socialrl")
        if isinstance(value, list | tuple):
            value = ", ".join(map(str, value))
        text = str(value) if value not in (None, "") else wording.MISSING
        if key == "commit" and value:
            text = text[:12] + (" with changes" if self.made.get("commit_has_changes") else "")
        return text


def made_table(members: Sequence[MadeWith]) -> Table:
    """Return how each was made, one column a scorecard; what differs from the first is marked."""
    lines = {_ROWS[key]: [one.told(key) for one in members] for key in _ROWS}
    lines[_TABLE] = [one.parameters for one in members]
    kept = {name: told for name, told in lines.items() if any(text != wording.MISSING for text in told)}
    rows = [[Cell(name), *_marked(told, code=name in ("Command", "Commit"))] for name, told in kept.items()]
    return Table("How each was made", ("", *(one.label for one in members)), rows, _SAME, n_left=len(members) + 1)


def parameters_table(members: Sequence[MadeWith]) -> Table | None:
    """Return the parameters whose values differ; None where none does or fewer than two recorded them."""
    if sum(bool(one.values) for one in members) < 2:
        return None
    names = dict.fromkeys(name for one in members for name in one.values)
    rows = []
    for name in names:
        told = [_value(one.values[name]) if name in one.values else wording.MISSING for one in members]
        if len(set(told)) > 1:
            rows.append([Cell(name, code=True), *_marked(told)])
    if not rows:
        return None
    return Table("Parameters that differ", ("", *(one.label for one in members)), rows, _SAME, n_left=1)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{sex}s {_value(one)}" for sex, one in value.items())
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _marked(told: Sequence[str], *, code: bool = False) -> list[Cell]:
    return [Cell(text, code=code and text != wording.MISSING, marked=text != told[0]) for text in told]
