"""The figure of a direct search: what its candidates came to, generation by generation."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from socialrl.calibration.outcome import Calibration
from socialrl.drawing import style

_BEST, _MEAN = "#0072B2", style.SOFT


def search(result: Calibration, narrow: bool) -> Figure:
    """Best and mean objective of the candidates of each generation."""
    table = result.search()
    figure = style.new_figure(style.NARROW_IN if narrow else style.WIDE_IN, 2.8)
    ax = figure.subplots()
    number = table["generation"].to_numpy()
    ax.plot(number, table["mean"], color=_MEAN, linestyle="--", marker=".", label="mean of the candidates")
    ax.plot(number, table["best"], color=_BEST, marker="o", markersize=3.5, label="best candidate")
    ax.set_yscale("log")
    values = table[["mean", "best"]].to_numpy(np.float64)
    low, high = max(float(values.min()), 0.001), float(values.max())
    ax.set_ylim(low / 1.2, high * 1.2)
    ticks = [one for power in range(-3, 7) for one in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)]
    shown = [one for one in ticks if low / 1.2 <= one <= high * 1.2]
    ax.set_yticks(shown, [f"{one:g}" for one in shown])
    ax.minorticks_off()
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel("Generation")
    ax.set_ylabel("Objective (lower is nearer)")
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=1 if narrow else 2)
    return figure
