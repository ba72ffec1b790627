"""Says a snapshot in a few lines of plain text."""

from __future__ import annotations

from .panels import clock
from .snapshot import Snapshot

_BLOCKS = "▁▂▃▄▅▆▇█"
_TRACE_COLUMNS = 40


def describe(snapshot: Snapshot) -> str:
    """Title and clock, who is where, what the focal animal does and feels, and its record with each other animal."""
    now, total = clock(snapshot.time_s), clock(snapshot.duration_s)
    head = [part for part in (snapshot.title, f"receptor gain {snapshot.focal.oxtr_gain:.3g}") if part]
    lines = [" | ".join([*head, f"{now} of {total}"])]
    names = [f"{name}:" for name in snapshot.chamber_names]
    wide = max(len(name) for name in names)
    lines += [f"  {name:<{wide}} {_occupants(snapshot, chamber)}" for chamber, name in enumerate(names)]
    lines += [f"  {line}" for line in _walkers(snapshot)]
    lines += [
        f"  door between {snapshot.chamber_names[a]} and {snapshot.chamber_names[b]}: closed" for a, b in snapshot.shut
    ]
    action = f"{snapshot.focal.name}: {snapshot.action or 'no action yet'}"
    company = [snapshot.animals[b if a == 0 else a].name for a, b in snapshot.contacts if 0 in (a, b)]
    lines.append(f"{action}; {'in contact with ' + ', '.join(company) if company else 'in contact with nobody'}")
    lines.append(f"oxytocin {_level(snapshot.oxytocin)}, receptor signal {_level(snapshot.receptor_signal)}")
    if snapshot.stress:
        lines[-1] += f", stress {_level(snapshot.stress)}"
    if snapshot.oxytocin:
        lines[-1] += f"  {_blocks(snapshot.oxytocin)}"
    for name in snapshot.others():
        minutes, known = snapshot.huddle_s.get(name, 0.0) / 60, snapshot.familiarity.get(name, 0.0)
        lines.append(f"{name}: {minutes:.1f} min in contact, familiarity {known:.2f}")
    return "\n".join(lines)


def _occupants(snapshot: Snapshot, chamber: int) -> str:
    here = []
    for animal in snapshot.animals:
        if animal.chamber == chamber and animal.travel_to is None:
            marks = [word for word, so in (("tethered", animal.tethered), ("withdrawn", animal.withdrawn)) if so]
            here.append(f"{animal.name} ({', '.join(marks)})" if marks else animal.name)
    return ", ".join(here) or "-"


def _walkers(snapshot: Snapshot) -> list[str]:
    return [
        f"{animal.name} walks from {snapshot.chamber_names[animal.chamber]} to "
        f"{snapshot.chamber_names[animal.travel_to]} ({animal.travel_fraction:.0%})"
        for animal in snapshot.animals
        if animal.travel_to is not None
    ]


def _level(values: tuple[float, ...]) -> str:
    return f"{values[-1]:.2f}" if values else "-"


def _blocks(values: tuple[float, ...]) -> str:
    """The most recent values as bars, full height = 1 or the largest of them."""
    recent = values[-_TRACE_COLUMNS:]
    top = max(1.0, *recent)
    return "".join(_BLOCKS[min(len(_BLOCKS) - 1, max(0, int(value / top * len(_BLOCKS))))] for value in recent)
