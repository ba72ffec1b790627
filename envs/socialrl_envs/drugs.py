"""Drug schedules: which drug acts how strongly at a moment of a test, and in which episodes it is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import noise
from .compiled import inlined
from .errors import ParameterError
from .parameters import is_number
from .spelling import nearest
from .vocabulary import DRUGS, MAX_DOSES, SITES

__all__ = ["ALL_DOSES", "DRUGS", "MAX_DOSES", "NO_DRUG", "Levels", "draw_doses", "levels", "schedule"]


class Levels(NamedTuple):
    """What drugs do at a moment: what they add, and the shares that they leave (1 = no drug)."""

    oxytocin: float  # added at the oxytocin receptor
    receptor: float  # left of the receptor gain
    d1: float  # left of the tone at D1 receptors
    d2: float  # left of the tone at D2 receptors
    v1a: float  # left of the V1a gain
    d2_agonist: float  # added to the tone at D2 receptors
    stress: float  # left of the action of stress hormones


NO_DRUG = Levels(0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1.0)
_OXYTOCIN, _RECEPTOR, _DOPAMINE, _V1A, _D1, _D2, _D2_AGONIST, _STRESS = range(len(SITES))
ALL_DOSES = -1
"""Every bit set: all doses of a schedule are given."""
_FIELDS = ("drug", "dose", "start_s", "end_s")


def schedule(doses: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """Return doses as an array `(n_doses, 5)`: site (`vocabulary.SITES`), dose, start and end in seconds from the start
    of the test, share.

    Each dose is `{drug, dose, start_s, end_s}`; negative times lie before the test (cohousing, separation). A dose with
    a `share` below 1 is given in that share of the episodes, drawn for each. Unknown drugs or fields, doses or shares
    out of range, empty spans and more than `MAX_DOSES` doses raise `ParameterError`.
    """
    if len(doses) > MAX_DOSES:
        raise ParameterError(f"drugs: at most {MAX_DOSES} doses, got {len(doses)}")
    rows = np.empty((len(doses), 5))
    for i, dose in enumerate(doses):
        if set(dose) - {"share"} != set(_FIELDS):
            raise ParameterError(
                f"drug {i}: needs the fields {', '.join(_FIELDS)} and may have share, got {', '.join(map(str, dose))}"
            )
        if not isinstance(dose["drug"], str) or dose["drug"] not in DRUGS:
            near = nearest(dose["drug"], DRUGS) if isinstance(dose["drug"], str) else None
            hint = f"did you mean '{near}'? Allowed" if near else "allowed"
            listing = ", ".join(f"{name} ({drug.meaning})" for name, drug in DRUGS.items())
            raise ParameterError(f"drug {i}: unknown drug {dose['drug']!r}; {hint}: {listing}")
        highest, meaning, site, _ = DRUGS[dose["drug"]]
        share = dose.get("share", 1.0)
        for name, value in [*((name, dose[name]) for name in _FIELDS[1:]), ("share", share)]:
            if not is_number(value):
                raise ParameterError(f"drug {i} ({dose['drug']}): {name} must be a number, got {value!r}")
        numbers = [float(dose[name]) for name in _FIELDS[1:]]
        if not 0.0 <= numbers[0] <= highest:
            raise ParameterError(
                f"drug {i} ({dose['drug']}): dose must be 0 to {highest:g} ({meaning}), got {dose['dose']!r}"
            )
        if numbers[1] >= numbers[2]:
            raise ParameterError(
                f"drug {i} ({dose['drug']}): start_s must be before end_s, got {numbers[1]:g} and {numbers[2]:g}"
            )
        if not 0.0 < share <= 1.0:
            raise ParameterError(f"drug {i} ({dose['drug']}): share must be above 0 and at most 1, got {share!r}")
        rows[i] = [SITES.index(site), *numbers, share]
    return rows


@inlined
def draw_doses(doses, base):  # type: ignore[no-untyped-def]
    """Return which of `doses` are given in the episode that begins at moment `base`, one bit each."""
    given = 0
    for k in range(doses.shape[0]):
        # animal 0 of this stream draws the history of the episode
        if noise.uniform(noise.draw(base, noise.HISTORY, k + 1, 0)) < doses[k, 4]:
            given |= 1 << k
    return given


@inlined
def levels(doses, given, time_s):  # type: ignore[no-untyped-def]
    """Return the `Levels` at `time_s`; `given`: bits of the doses."""
    oxytocin, receptor, d1, d2, v1a, d2_agonist, stress = NO_DRUG
    for k in range(doses.shape[0]):
        if (given >> k) & 1 and doses[k, 2] <= time_s < doses[k, 3]:
            site, dose = doses[k, 0], doses[k, 1]
            if site == _OXYTOCIN:
                oxytocin += dose
            elif site == _RECEPTOR:
                receptor *= 1.0 - dose
            elif site == _V1A:
                v1a *= 1.0 - dose
            elif site == _D2_AGONIST:
                d2_agonist += dose
            elif site == _STRESS:
                stress *= 1.0 - dose
            else:
                if site in (_DOPAMINE, _D1):
                    d1 *= 1.0 - dose
                if site in (_DOPAMINE, _D2):
                    d2 *= 1.0 - dose
    return Levels(oxytocin, receptor, d1, d2, v1a, d2_agonist, stress)
