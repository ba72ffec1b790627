"""The sex of animals: the words, and what they are in the worlds' records.

A female is 0 and a male 1 in the records. An animal perceives only whether another is of its own sex or of the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ParameterError
from .spelling import nearest
from .vocabulary import SEXES

FEMALE, MALE = range(2)


def checked_sexes(sex: Any) -> list[str]:
    """Return `sex`, one word or several, as a list; other words raise `ParameterError`."""
    kinds = [sex] if isinstance(sex, str) else list(sex) if isinstance(sex, (list, tuple, np.ndarray)) else []
    wrong = [kind for kind in kinds if kind not in SEXES]
    if not kinds or wrong:
        near = nearest(wrong[0], SEXES) if wrong and isinstance(wrong[0], str) else None
        hint = f"; did you mean '{near}'?" if near else ""
        raise ParameterError(f"sex must be one of {', '.join(SEXES)}, got {sex!r}{hint}")
    return kinds


def sex_of_rows(sex: Any, n_rows: int) -> NDArray[np.int64]:
    """Return the sex of every row, (n_rows,), from one word or one for each row."""
    kinds = checked_sexes(sex)
    if not isinstance(sex, str) and len(kinds) != n_rows:
        raise ParameterError(f"sex must be one word or one for each of {n_rows} rows, got {len(kinds)}")
    numbers = np.array([SEXES.index(kind) for kind in kinds])
    return np.ascontiguousarray(np.broadcast_to(numbers, n_rows))
