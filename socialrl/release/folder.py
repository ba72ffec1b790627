"""Recordings of evoked release as a folder: table, traces, figure and their configuration."""

from __future__ import annotations

import io
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from socialrl.analysis import statistics
from socialrl.animals.animal import animals_recorded
from socialrl.budget import check_recording
from socialrl.config.loading import RecordingConfig, config_to_yaml
from socialrl.drawing import groups, wording
from socialrl.errors import UserError
from socialrl.release.table import BIN_S, release_table
from socialrl.report.terminal import aligned
from socialrl.storage.files import build_folder, csv_text, json_text
from socialrl.storage.provenance import collect_meta
from socialrl_envs.parameters import table_csv

_MARK = "recording.json"


def record(config: RecordingConfig, *, overwrite: bool = False) -> pd.DataFrame:
    """Record every animal of `config`, write the folder `config.path`, and return `release_table`.

    The folder gets `config.yaml`, `recording.json` (seed, versions, command), `parameters.csv` (the
    parameter table), `release.csv` (one row per animal),
    `traces.csv` (ΔF/F of each animal over time) and `release.svg` and `.png`. An existing folder raises `UserError`,
    unless it is a recording and `overwrite` is true.
    """
    from socialrl.drawing import style
    from socialrl.scorecard import courses, marks

    place = config.path
    replace = _may_replace(place, overwrite)
    check_recording(config.animals * len(config.genotypes), round(config.env.duration_s / config.env.dt_s))
    table = release_table(
        animals_recorded(config, config.sex, {name: one.sex for name, one in config.genotypes.items()}),
        config.seed,
        env=config.env,
        stimulation=config.stimulation,
        recording=config.recording,
    )
    with style.house_style():
        figure = courses.recordings(table, marks.groups_by_gain(table, changed_groups(config)))
        svg, png = style.svg_text(figure, config.name), io.BytesIO()
        style.save_png(figure, png)
    files: dict[str, str | bytes] = {
        "config.yaml": config_to_yaml(config),
        _MARK: json_text(collect_meta(config.seed, config.env.table)),
        "parameters.csv": table_csv(config.env.table),
        "release.csv": csv_text(table.drop(columns="fluorescence")),
        "traces.csv": csv_text(_traces(table, config.env.dt_s)),
        "release.svg": svg,
        "release.png": png.getvalue(),
    }
    build_folder(place, files, (), replace=replace)
    return table


def changed_groups(config: RecordingConfig) -> set[str]:
    """Return the groups whose arms or parameters are their own."""
    return {name for name, one in config.genotypes.items() if one.arms or one.parameters}


def summary(table: pd.DataFrame, changed: Collection[str] = ()) -> str:
    """Return peak, area and decay by group and sex in lines for a terminal: means with 95 % intervals over animals.

    `changed` are the groups with arms or parameters of their own, which are shown under the configuration's names.
    """
    head = ("sex", "group", "peak ΔF/F (%)", "area (% s)", "decay (s)", "animals")
    lines: list[tuple[str, ...]] = [head]
    for (sex, genotype), rows in table.groupby(["sex", "genotype"], sort=False):
        gain = float(rows["oxtr_gain"].iloc[0])
        cells = [
            wording.interval(statistics.mean_interval(scale * rows[name]), digits)
            for name, scale, digits in (("peak", 100, 2), ("area", 100, 0), ("decay_s", 1, 0))
        ]
        lines.append((str(sex), groups.label(str(genotype), gain, str(genotype) in changed), *cells, str(len(rows))))
    return "\n".join(["Means [95 % interval over animals]", *aligned(lines)])


def _traces(table: pd.DataFrame, dt_s: float) -> pd.DataFrame:
    """One row per animal and bin; `time_s` is the middle of the bin."""
    long = table[["animal", "genotype", "sex", "fluorescence"]].explode("fluorescence", ignore_index=True)
    n_bins = len(table["fluorescence"].iloc[0])
    bin_s = max(1, round(BIN_S / dt_s)) * dt_s  # whole ticks
    long.insert(3, "time_s", np.tile((np.arange(n_bins) + 0.5) * bin_s, len(table)))
    return long.assign(fluorescence=long["fluorescence"].astype(float))


def _may_replace(place: Path, overwrite: bool) -> bool:
    """Return whether there is a recording to replace; any other file or folder there raises `UserError`."""
    if place.is_file():
        raise UserError(f"{place} is a file; a recording needs a folder of its own")
    if not place.exists() or not any(place.iterdir()):
        return place.exists()
    if not (place / _MARK).is_file():
        raise UserError(f"{place} holds files but no recording; choose another name or output, nothing was touched")
    if not overwrite:
        raise UserError(f"{place} holds a recording; choose another name, or replace it with --overwrite")
    return True
