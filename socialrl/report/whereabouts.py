"""The page of an import: who was where and with whom, from its events alone.

A laboratory's recording has no genotypes, no training and no configuration, so it has this page instead of a run's
report. Everything on it is computed from `events.parquet` by `analysis.association` and `analysis.from_events`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from socialrl.analysis.association import HOUR_S, cohabitation
from socialrl.analysis.from_events import partner_by_hour, records_of
from socialrl.drawing import pages, style
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import Table, text_table
from socialrl.drawing.wording import number
from socialrl.errors import UserError
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import checksum, data_frame, parquet_table, read_json

RECORD = "import.json"
PAGE = "whereabouts.html"
_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A6D00", "#999999")
_MOST_ANIMALS = 24
_CONTACT = {
    "huddle_s_": "huddling with {}, s",
    "bouts_": "bouts with {}",
    "latency_s_": "latency to {}, s",
    "contact_s_": "contact with {}, s",
}


def write_whereabouts(folder: Path, target: Path | None = None) -> Path:
    """Write the page of an import with events, its figures and tables, and return its path.

    Raises `UserError` for an import without events and for one that was changed since it was written.
    """
    about = read_json(folder / RECORD)
    path = folder / "events.parquet"
    if not path.is_file():
        raise UserError(f"{folder} holds scored tests and no events; calibrate and infer read its scores.csv")
    content = path.read_bytes()
    if checksum(content) != (about.get("files") or {}).get(path.name, {}).get("sha256"):
        raise UserError(f"{path} was changed since it was imported")
    events = data_frame(parquet_table(content, path), path)
    plates = _plates(events)
    records = records_of(events)
    target = folder / PAGE if target is None else target
    pages.write_beside(target.parent, plates, {"records": records, "pairs": cohabitation(events)})
    html = pages.render(
        Path(__file__).parent / "whereabouts.html.j2",
        name=folder.name,
        about=about,
        lede=_lede(events, about),
        plates=plates,
        tables=[one for one in (_places(records), _contacts(records)) if one.rows],
    )
    write_bytes(target, html.encode())
    return target


def _lede(events: pd.DataFrame, about: dict[str, Any]) -> str:
    hours = events["end_s"].max() / HOUR_S
    n = events["animal"].nunique()
    source = f"{about.get('source')} ({about.get('format')})"
    return f"{n} animal{'s' if n > 1 else ''}, {number(hours, 1)} h, read from {source}."


def _plates(events: pd.DataFrame) -> list[Plate]:
    """The figures; those of company only where animals were recorded together."""
    plates = _all_plates(events)
    if "habitat" not in events:
        return plates[:1]
    together = events.groupby(["habitat", "test", "repeat"])["animal"].nunique() > 1
    return plates if together.any() else plates[:1]


def _all_plates(events: pd.DataFrame) -> list[Plate]:
    return [
        drawn(
            "places",
            "Where was everybody?",
            lambda narrow: _raster(events, narrow),
            caption=lambda: f"Chambers over time, one line {_line_of(events)}. White: in a tube, or not known.",
            alt=lambda: "Chambers of every animal over time; the table below has the seconds.",
            missing=lambda: "The events name no chambers",
        ),
        drawn(
            "pairs",
            "Who was with whom?",
            lambda narrow: _matrix(events, narrow),
            caption=lambda: "Hours in one chamber, touching or not (cohabitation); tubes are counted only where the "
            "source itself has counted time together." + _first_of(len(_hours_together(events))),
            alt=lambda: f"Hours of every pair in one chamber: {_pairs_in_words(events)}.",
            missing=lambda: "No two animals were ever together",
        ),
        drawn(
            "partner",
            "Does the partner keep its share?",
            lambda narrow: _by_hour(events, narrow),
            caption=lambda: "The partner's share of the time in one chamber with others, by the hour: thin lines are "
            "animals, the thick line is their mean. The partner is the one other animal that began in the same "
            "chamber. Dotted: equal time with everybody.",
            alt=lambda: "The partner's share of the time with others by the hour.",
            missing=lambda: "No two animals began in one chamber, so nobody has a partner",
        ),
    ]  # fmt: skip


def _tests_in(events: pd.DataFrame) -> list[str]:
    """Return the columns that tell the lines of the first figure apart: the animal, and its test if it has several."""
    several = events.groupby("animal")[["test", "repeat"]].nunique().max()
    return ["animal", *(name for name in ("test", "repeat") if several[name] > 1)]


def _name(key: tuple[Any, ...], columns: list[str]) -> str:
    named = [f"r{value}" if name == "repeat" else str(value) for name, value in zip(columns, key, strict=True)]
    return ", ".join(dict.fromkeys(named))


def _line_of(events: pd.DataFrame) -> str:
    by = _tests_in(events)
    n = events.loc[events["kind"] == "chamber", by].drop_duplicates().shape[0]
    what = "an animal" if len(by) == 1 else "an animal and test"
    return what if n <= _MOST_ANIMALS else f"{what}: the first {_MOST_ANIMALS} of {n}"


def _raster(events: pd.DataFrame, narrow: bool) -> Figure | None:
    stays = events[events["kind"] == "chamber"]
    if stays.empty:
        return None
    tests = list(stays.groupby(_tests_in(events), sort=False))[:_MOST_ANIMALS]
    chambers = sorted(set(stays["chamber"]))
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 0.9 + 0.24 * len(tests))
    ax = figure.add_subplot()
    for k, (_, own) in enumerate(tests):
        for n, chamber in enumerate(chambers):
            here = own[own["chamber"] == chamber]
            spans = list(zip(here["start_s"] / HOUR_S, (here["end_s"] - here["start_s"]) / HOUR_S, strict=True))
            ax.broken_barh(spans, (k - 0.4, 0.8), facecolors=_COLOURS[n % len(_COLOURS)], linewidth=0)
    ax.set_yticks(range(len(tests)), [_name(key, _tests_in(events)) for key, _ in tests])
    ax.invert_yaxis()
    ax.set_xlim(0, events["end_s"].max() / HOUR_S)
    ax.set_xlabel("Hours")
    handles = [Patch(color=_COLOURS[n % len(_COLOURS)], label=str(chamber)) for n, chamber in enumerate(chambers)]
    figure.legend(handles=handles, loc="outside upper left", ncols=3 if narrow else 6)
    return figure


def _matrix(events: pd.DataFrame, narrow: bool) -> Figure | None:
    hours = _hours_together(events)
    if hours.empty:
        return None
    names = list(hours.index)[:_MOST_ANIMALS]
    shown = hours.reindex(index=names, columns=names).to_numpy(np.float64)
    side = style.NARROW_IN if narrow else min(style.WIDE_IN, 1.6 + 0.38 * len(names))
    figure = style.new_figure(side, side * 0.85)
    ax = figure.add_subplot()
    image = ax.imshow(shown, cmap="viridis", vmin=0.0)
    ax.set_xticks(range(len(names)), names, rotation=60)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    figure.colorbar(image, ax=ax, label="Hours together", shrink=0.8)
    return figure


def _first_of(n: int) -> str:
    return f" The first {_MOST_ANIMALS} of {n} animals." if n > _MOST_ANIMALS else ""


def _hours_together(events: pd.DataFrame) -> pd.DataFrame:
    pairs = cohabitation(events)
    sums = pairs.groupby(["animal", "other"], sort=True)["cohabitation_s"].sum() / HOUR_S
    return sums.unstack() if len(sums) else pd.DataFrame()


def _pairs_in_words(events: pd.DataFrame) -> str:
    sums = cohabitation(events).groupby(["animal", "other"])["cohabitation_s"].sum() / HOUR_S
    told = [f"{one} and {other} {number(hours, 1)}" for (one, other), hours in sums.items() if str(one) < str(other)]
    return ", ".join(told[:_MOST_ANIMALS])


def _by_hour(events: pd.DataFrame, narrow: bool) -> Figure | None:
    if (events["kind"] == "together").any():
        return None
    table = partner_by_hour(events)
    if table.empty or table["hour"].nunique() < 2:
        return None
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.8)
    ax = figure.add_subplot()
    for _, own in table.groupby([name for name in ("habitat", "test", "animal") if name in table]):
        ax.plot(own["hour"] + 0.5, own["share"], color=style.PARTNER, alpha=0.25, linewidth=0.7)
    chance = 1.0 / (events.groupby("habitat")["animal"].nunique().max() - 1)
    ax.axhline(chance, color=style.SOFT, linewidth=1.1, linestyle=(0, (1, 1.5)), zorder=0)
    mean = table.groupby("hour")["share"].mean()
    ax.plot(mean.index + 0.5, mean, color=style.PARTNER, linewidth=1.8)
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("Hours")
    ax.set_ylabel("Partner's share")
    return figure


def _whose(records: pd.DataFrame) -> list[str]:
    """Return the columns that say whose a row is; `repeat` only where an animal took a test several times."""
    return ["animal", "test", *(["repeat"] if records["repeat"].nunique() > 1 else [])]


def _places(records: pd.DataFrame) -> Table:
    columns = [name for prefix in ("chamber_s_", "tube_s_") for name in sorted(records) if name.startswith(prefix)]
    whose = _whose(records)
    rows = [
        [*(str(row[name]) for name in whose), *(f"{row[name]:.0f}" for name in columns)]
        for row in records.to_dict("records")
    ]
    head = (*whose, *(name.replace("chamber_s_", "").replace("tube_s_", "tube of ") for name in columns))
    return text_table(head, rows if columns else [], caption="Seconds in each place", n_left=len(whose))


def _contacts(records: pd.DataFrame) -> Table:
    columns = [name for name in records if name.startswith(tuple(_CONTACT))]
    whose = _whose(records)
    rows = [
        [*(str(row[name]) for name in whose), *("–" if pd.isna(row[name]) else f"{row[name]:.0f}" for name in columns)]
        for row in records.to_dict("records")
    ]
    head = (*whose, *(_in_words(name) for name in columns))
    return text_table(head, rows if columns else [], caption="Contact", n_left=len(whose))


def _in_words(name: str) -> str:
    """Return what a column of contact holds: "huddling with stranger, s" of `huddle_s_stranger`."""
    start, words = next((start, words) for start, words in _CONTACT.items() if name.startswith(start))
    return words.format(name.removeprefix(start).replace("_", " "))
