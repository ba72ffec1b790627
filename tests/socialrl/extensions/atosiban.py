"""A drug of another package: one row, with the highest dose, what a dose means, where it acts, and a label."""

from __future__ import annotations

from socialrl_envs import Drug, register_drug

register_drug("atosiban", Drug(1.0, "fraction of the receptor gain blocked", "receptor", "atosiban"))
