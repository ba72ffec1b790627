"""What a place is worth to an animal that has learned it: felt and perceived in the test (conditioning.py: learned).

In assays with contexts, an animal carries a value V for each of the two chambers, in reward per minute. It follows what
the animal feels there by a delta rule that is the same for every animal, V ← V + (r − V)·(1 − exp(−dt/τ)), and the
reward term `place` gives back the share `value_felt` of it. Values do not decay by themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .compiled import inlined
from .errors import ParameterError


def check_days(days: Any) -> None:
    """Raise `ParameterError` for days of conditioning that do not give both contexts as many sessions."""
    for one in np.ravel(days):
        if one % 2.0 != 0.0:
            raise ParameterError(
                f"conditioning_days must be an even whole number, sessions of both contexts in turn; got {one:g}"
            )


@inlined
def value_here(me):  # type: ignore[no-untyped-def]
    """What the context that an animal is in is worth to it, in reward per minute."""
    return me.value_left if me.chamber == 0 else me.value_right


@inlined
def perceived_value(value: float) -> float:
    """A value as it is perceived, from 0 to 1: ½ + ½·V/(1 + |V|), ½ for a place that nothing is known of."""
    return 0.5 + 0.5 * value / (1.0 + abs(value))


@inlined
def write_contexts(me, out, at):  # type: ignore[no-untyped-def]
    """Fill two channels of the observation `out` from `at` on: the value of the context here and of the other one."""
    here = value_here(me)
    there = me.value_right if me.chamber == 0 else me.value_left
    out[at] = perceived_value(here)
    out[at + 1] = perceived_value(there)
