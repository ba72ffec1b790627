"""Made-up score sheets of partner-preference tests of three hours, and the same in other laboratories' spellings."""

from __future__ import annotations

import numpy as np
import pandas as pd

SECONDS = (
    "huddle time partner",
    "huddle time novel",
    "chamber time partner",
    "chamber time center",
    "chamber time novel",
    "latency partner huddle",
    "latency novel huddle",
)


def made_sheet(n: int, seed: int = 1, digits: int = 2) -> pd.DataFrame:
    """Return `n` early tests of FF pairs, one an animal (v1, v2, …): seconds of a test of 10 800 s.

    The second animal never huddles with the stranger. The numbers hang together as those of real tests do.
    """
    rng = np.random.default_rng(seed)
    partner_chamber = rng.uniform(5000, 8000, n)
    centre = rng.uniform(1000, 2000, n)
    stranger_chamber = 10_800 - partner_chamber - centre
    partner = partner_chamber * rng.uniform(0.4, 0.7, n)
    stranger = stranger_chamber * rng.uniform(0.01, 0.5, n)
    latencies = rng.uniform(20, 2500, (2, n))
    stranger[1:2] = 0.0
    latencies[1, 1:2] = np.nan
    numbers = np.array([partner, stranger, partner_chamber, centre, stranger_chamber, *latencies]).round(digits)
    sheet = pd.DataFrame(dict(zip(SECONDS, numbers, strict=True)))
    sheet.insert(0, "animal", [f"v{k + 1}" for k in range(n)])
    return sheet.assign(**{"pair type": "FF", "timepoint": "ST"})
