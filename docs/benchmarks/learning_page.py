"""The page, the table and the pictures made of the runs of `learning.py`."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from learning_curves import PROBED, WITHIN_SD, Curve, Probed, Run, curves_of, off, reached
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from socialrl.assays import study_of
from socialrl.drawing.style import BAND, PALE, few_ticks, house_style, new_figure, save_png
from socialrl.storage.atomic import write_bytes

_INTRODUCTION = (
    "Made by `python docs/benchmarks/learning.py`. Only wild types learn here (gain 1, the table's spread between"
    " animals), in the battery's training of each assay: settings are never chosen by what knockouts do. Frozen copies"
    " take the same tests during training. CPU seconds are those of learning alone, on one shared core.",
    f"**Criterion.** A setting has arrived at the first test from which on the mean of every measure stays within"
    f" {WITHIN_SD:g} standard deviations between animals of what it is at the end under the earlier settings,"
    " at their full number of steps; a higher return also counts. The same seeds are compared.",
    "Settings in their order: learning rate (from … to 0 = falling in a straight line), minibatch, rollout (lives"
    " × ticks), entropy bonus. Four epochs, gamma 0.99, lambda 0.95, two networks of 64 × 64, if nothing else is"
    " said. **Bold**: in use. *Italic*: the earlier settings, the reference. Rows with one seed are a first look."
    " A rate that falls lets behaviour settle when it ends, so the same settings with more steps arrive later."
    " Numbers of all probes: `learning.csv`, of all animals: `learning.json`.",
)


def described(settings: dict[str, Any]) -> str:
    """Return settings in short: learning rate, minibatch, rollout, entropy bonus, and what else is not as usual."""
    usual = {"n_epochs": 4, "gamma": 0.99, "gae_lambda": 0.95, "clip_range": 0.2, "net_arch": [64, 64]}
    others = [f"{key.removesuffix('_range')} {settings[key]}" for key, value in usual.items() if settings[key] != value]
    rate = str(settings["learning_rate"])
    rate = f"{float(rate[4:]):g} to 0" if rate.startswith("lin_") else f"{float(rate):g}"
    rollout = f"{settings['lives']} × {settings['n_steps']}"
    return "; ".join([rate, str(settings["batch_size"]), rollout, f"{settings['ent_coef']:g}", *others])


def write_page(runs: Sequence[Run], current: dict[str, dict[str, Any]], folder: Path) -> None:
    """Write learning.csv, learning.md and a picture for each assay; `current` are the settings in use, by assay."""
    lines = ["# How fast wild types learn"]
    for paragraph in _INTRODUCTION:
        lines += ["", *textwrap.wrap(paragraph, 120)]
    of_assay = {assay: curves_of(runs, assay) for assay in PROBED}
    pairs = {assay: _reference_and_used(curves, assay, current) for assay, curves in of_assay.items()}
    lines += ["", *_summary([(assay, *pair) for assay, pair in pairs.items()])]
    table = io.StringIO()
    out = csv.writer(table, lineterminator="\n")
    out.writerow(["assay", "settings", "seeds", "steps", "cpu_s", "test", "measure", "mean", "sd", "animals"])
    for assay, probed in PROBED.items():
        curves = of_assay[assay]
        reference, used = pairs[assay]
        if reference is None:
            continue
        lines += ["", f"## {study_of(assay).title.capitalize()}", ""]
        lines += _settings_table([reference, *([used] if used else []), *curves], reference, used, assay)
        lines += ["", *_behaviour_table(reference, used, probed)]
        for curve in curves:
            seeds = " ".join(map(str, curve.seeds))
            for k, steps in enumerate(curve.steps):
                for measure in probed.measures:
                    by_animal = curve.at(k, measure)
                    numbers = [np.nanmean(by_animal), np.nanstd(by_animal, ddof=1)]
                    row = [assay, described(curve.settings), seeds, steps, f"{curve.cpu_s[k]:.2f}", *measure]
                    out.writerow([*row, *(f"{x:.5g}" for x in numbers), np.isfinite(by_animal).sum()])
        lines += ["", f"![Learning curves, {study_of(assay).title}](learning_{assay}.png)"]
        draw(curves, reference, current[assay], probed.drawn, folder / f"learning_{assay}.png")
    write_bytes(folder / "learning.csv", table.getvalue().encode())
    write_bytes(folder / "learning.md", ("\n".join(lines) + "\n").encode())


def _reference_and_used(
    curves: Sequence[Curve], assay: str, current: dict[str, Any]
) -> tuple[Curve | None, Curve | None]:
    """Return the curves of the earlier settings and of those in use, None where they were not measured."""
    found = [[one for one in curves if one.settings == current[key]] for key in (f"before {assay}", assay)]
    return (found[0][0] if found[0] else None), (found[1][0] if found[1] else None)


def _summary(rows: Sequence[tuple[str, Curve | None, Curve | None]]) -> list[str]:
    """Return the lines of the table of all assays: steps and CPU seconds, before and now, and what is farthest off."""
    lines = [
        "| assay | steps before | CPU s | steps now | CPU s | farthest off at the end, SD |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for assay, reference, used in rows:
        if reference and used:
            cells = [f"{x.settings['steps']:,} | {x.cpu_s[-1]:.1f}" for x in (reference, used)]
            lines.append(f"| {study_of(assay).title} | {' | '.join(cells)} | {_farthest(used, reference, assay)} |")
    return lines


def _farthest(curve: Curve, reference: Curve, assay: str) -> str:
    ends = {measure: off(curve, reference, measure)[-1] for measure in PROBED[assay].measures}
    worst = max(ends, key=lambda measure: abs(ends[measure]))
    return f"{ends[worst]:+.2f}, {_title(worst)}"


def _settings_table(curves: Sequence[Curve], reference: Curve, used: Curve | None, assay: str) -> list[str]:
    """Return the lines of the table of all settings, each once: when they arrive, what is farthest off at the end."""
    lines = [
        "| settings | seeds | steps | CPU s | arrived at | farthest off at the end, SD |",
        "|---|---:|---:|---:|---:|---|",
    ]
    for curve in dict.fromkeys(curves):
        mark = "*" if curve is reference else "**" if curve is used else ""
        first = reached(curve, reference, PROBED[assay].measures)
        arrived = f"{curve.steps[first]:,} ({curve.cpu_s[first]:.1f} s)" if first is not None else "–"
        farthest = _farthest(curve, reference, assay) if curve is not reference else ""
        cells = [f"{len(curve.seeds)}", f"{curve.settings['steps']:,}", f"{curve.cpu_s[-1]:.1f}", arrived, farthest]
        lines.append(f"| {mark}{described(curve.settings)}{mark} | " + " | ".join(cells) + " |")
    return lines


def _behaviour_table(reference: Curve, used: Curve | None, probed: Probed) -> list[str]:
    """Return the lines of the table of behaviour at the end, under the earlier settings and those in use."""
    lines = ["| at the end | earlier settings, mean ± SD | settings in use, mean ± SD | off |", "|---|---:|---:|---:|"]
    for measure in probed.measures:
        cells = [_mean_and_sd(curve.at(-1, measure)) if curve else "" for curve in (reference, used)]
        distance = f"{off(used, reference, measure)[-1]:+.2f} SD" if used else ""
        lines.append(f"| {_title(measure)} | {' | '.join(cells)} | {distance} |")
    return lines


def draw(
    curves: Sequence[Curve],
    reference: Curve,
    current: dict[str, Any],
    measures: Sequence[tuple[str, str]],
    path: Path,
) -> None:
    """Draw measures against steps (above) and CPU seconds (below): earlier settings, those in use, others pale."""
    with house_style():
        figure = new_figure(7.6, 4.4)
        axes = figure.subplots(2, len(measures), squeeze=False)
        for column, measure in enumerate(measures):
            for row, along in enumerate(("steps", "cpu_s")):
                ax: Axes = axes[row, column]
                for curve in [*(one for one in curves if one.settings not in (current, reference.settings)), *curves]:
                    kind = _kind(curve, reference, current)
                    ax.plot(getattr(curve, along), curve.means(measure), **_LOOK[kind])
                end, sd = np.nanmean(reference.at(-1, measure)), np.nanstd(reference.at(-1, measure), ddof=1)
                ax.axhspan(end - WITHIN_SD * sd, end + WITHIN_SD * sd, color=BAND, zorder=0)
                ax.set_title(_title(measure) if row == 0 else "")
                ax.set_xlabel("training steps (thousands)" if along == "steps" else "CPU seconds")
                if along == "steps":
                    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x / 1000:g}"))
                few_ticks(ax, 4, 5)
        figure.legend(
            handles=[Line2D([], [], label=name, **look) for name, look in _LOOK.items()],
            loc="outside upper left",
            ncols=3,
        )
        save_png(figure, path)


_LOOK: dict[str, dict[str, Any]] = {
    "earlier settings": {"color": "#D55E00", "linewidth": 1.8, "zorder": 3},
    "settings in use": {"color": "#0072B2", "linewidth": 1.8, "zorder": 4},
    "others": {"color": PALE, "linewidth": 0.9, "zorder": 2},
}


def _kind(curve: Curve, reference: Curve, current: dict[str, Any]) -> str:
    if curve is reference:
        return "earlier settings"
    return "settings in use" if curve.settings == current else "others"


def _title(measure: tuple[str, str]) -> str:
    return f"{measure[1]}, {measure[0]}".replace("_s_", " ").replace("_", " ")


def _mean_and_sd(by_animal: NDArray[np.float64]) -> str:
    mean, sd = np.nanmean(by_animal), np.nanstd(by_animal, ddof=1)
    digits = 0 if abs(mean) >= 100 else 1 if abs(mean) >= 10 else 2
    return f"{mean:,.{digits}f} ± {sd:,.{digits}f}"
