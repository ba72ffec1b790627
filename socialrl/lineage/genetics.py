"""What is handed on in the blood: the gain, and nothing else.

An animal's gain is g = G·exp(σ·z). G is what its genotype says (0 in a knockout), the mean of its parents'. z is the
individual's deviate, which has variance 1 in founders and σ the log-sd of the gain between animals. A pup has the mean
of its parents' z plus a draw of variance 1/2: half of the variance segregates within families, and the population keeps
its variance from one generation to the next.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from socialrl_envs.elementary import exp
from socialrl_envs.parameters import log_sd, parameter

SEGREGATING = 0.5
"""Share of the variance that segregates within a family of unrelated parents."""


@dataclass(frozen=True)
class Genome:
    """`gain` is that of the genotype (wild type 1), `deviate` the individual's standard normal number."""

    gain: float
    deviate: float


def founder(gain: float, rng: np.random.Generator) -> Genome:
    """Return the genome of a founder of a genotype."""
    return Genome(gain, float(rng.standard_normal()))


def offspring(dam: Genome, sire: Genome, rng: np.random.Generator) -> Genome:
    """Return the genome of a pup: mid-parent, and half of the variance drawn anew."""
    segregated = math.sqrt(SEGREGATING) * float(rng.standard_normal())
    return Genome(0.5 * (dam.gain + sire.gain), 0.5 * (dam.deviate + sire.deviate) + segregated)


def gain_of(genome: Genome, spread: float | Mapping[str, float], table: str) -> float:
    """Return g, in the range of the parameter table called `table`; `spread` as in `parameters.log_sd`."""
    row = parameter("oxtr_gain", table)
    sd = log_sd(row, spread) or 0.0
    return float(np.clip(genome.gain * exp(sd * genome.deviate), row.low, row.high))
