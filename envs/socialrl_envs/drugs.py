"""Drug schedules: which drug acts how strongly at a moment of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .compiled import inlined
from .parameters import ParameterError, is_number

DRUGS: dict[str, tuple[float, str]] = {
    "agonist": (10.0, "oxytocin units added at the receptor"),
    "antagonist": (1.0, "fraction of the receptor gain blocked"),
    "dopamine_antagonist": (1.0, "fraction of the dopamine tone blocked"),
    "v1a_antagonist": (1.0, "fraction of the V1a route blocked"),
}
NO_DRUG = (0.0, 1.0, 1.0, 1.0)
_FIELDS = ("drug", "dose", "start_s", "end_s")


def schedule(doses: Sequence[Mapping[str, Any]]) -> NDArray[np.float64]:
    """Return doses as an array `(n_doses, 4)`: drug code, dose, start and end in seconds from the start of the test.

    Each dose is `{drug, dose, start_s, end_s}`; negative times lie before the test (cohousing, separation). Unknown
    drugs or fields, doses out of range and empty spans raise `ParameterError`.
    """
    rows = np.empty((len(doses), 4))
    for i, dose in enumerate(doses):
        if set(dose) != set(_FIELDS):
            raise ParameterError(
                f"drug {i}: needs exactly the fields {', '.join(_FIELDS)}, got {', '.join(map(str, dose))}"
            )
        if dose["drug"] not in DRUGS:
            raise ParameterError(f"drug {i}: unknown drug {dose['drug']!r}; allowed: {', '.join(DRUGS)}")
        highest, meaning = DRUGS[dose["drug"]]
        for name in _FIELDS[1:]:
            if not is_number(dose[name]):
                raise ParameterError(f"drug {i} ({dose['drug']}): {name} must be a number, got {dose[name]!r}")
        numbers = [float(dose[name]) for name in _FIELDS[1:]]
        if not 0.0 <= numbers[0] <= highest:
            raise ParameterError(
                f"drug {i} ({dose['drug']}): dose must be 0 to {highest:g} ({meaning}), got {dose['dose']!r}"
            )
        if numbers[1] >= numbers[2]:
            raise ParameterError(
                f"drug {i} ({dose['drug']}): start_s must be before end_s, got {numbers[1]:g} and {numbers[2]:g}"
            )
        rows[i] = [list(DRUGS).index(dose["drug"]), *numbers]
    return rows


@inlined
def levels(doses, time_s):  # type: ignore[no-untyped-def]
    """Return (oxytocin added at the receptor, receptor left, dopamine left, V1a left) at `time_s`."""
    agonist, receptor, dopamine, v1a = NO_DRUG
    for k in range(doses.shape[0]):
        if doses[k, 2] <= time_s < doses[k, 3]:
            code, dose = doses[k, 0], doses[k, 1]
            if code == 0.0:
                agonist += dose
            elif code == 1.0:
                receptor *= 1.0 - dose
            elif code == 2.0:
                dopamine *= 1.0 - dose
            else:
                v1a *= 1.0 - dose
    return agonist, receptor, dopamine, v1a
