"""From a test of care to the childhood of its pups: what a litter has received, relative to a reference family.

A test of `Caregiving` or `SharedCaregiving` is half a day of the carers' behaviour; pups live as many days like it as
they are reared. `Family` says what such a day has in it for the pups, `family_day` what it does to a pup, as the days
of development.py: its care u is relative to the same pup's day with the reference family, so a family that gives as
much as the reference leaves a pup of any gain in the reference state.

A litter without carers is `NOBODY`: u is 0. There is no death in the model. A real litter does not live for a day
without milk and warmth, so who rears pups should look at `litter_alone_s` of the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .development import Day, SlowState, day
from .errors import ParameterError

COLUMNS = ("duration_s", "litter_contact_s", "licking_s", "care_received", "litter_alone_s")
"""The columns of a record that are read here."""


@dataclass(frozen=True)
class Family:
    """What litters receive, each a number or an array (n_litters,).

    `contact_share` and `licked_share` are shares of the time in which any carer is in contact with the litter or licks
    it, `care` is the mean of touch × occupancy over the test, and `alone_s` the longest time without a carer.
    """

    contact_share: Any
    licked_share: Any
    care: Any
    alone_s: Any = 0.0

    def mean(self) -> Family:
        """Return the mean over litters: what a reference family is made of."""
        return Family(*(float(np.mean(value)) for value in vars(self).values()))


NOBODY = Family(0.0, 0.0, 0.0, np.inf)
"""What a litter without carers receives."""


def families(record: Mapping[str, Any], carers: int) -> Family:
    """Return what each litter of a record of tests received, arrays (n_litters,).

    `record` maps names to columns (a record of a vector environment, or a table of tests); with two `carers` its rows
    2·l and 2·l + 1 are those of litter l. What carers give is added. A column that is missing, other than one or two
    carers, and rows that do not go into them raise `ParameterError`.
    """
    if carers not in (1, 2) or isinstance(carers, bool):
        raise ParameterError(f"carers must be 1 or 2, got {carers!r}")
    missing = [name for name in COLUMNS if name not in record]
    if missing:
        raise ParameterError(f"the record has no column {missing[0]}; it must be one of a test of care")
    columns = {name: np.asarray(record[name], dtype=np.float64) for name in COLUMNS}
    n_rows = len(columns["duration_s"])
    if n_rows == 0 or n_rows % carers:
        raise ParameterError(f"the record must have rows for each of {carers} carers of a litter, got {n_rows}")
    of = {name: column.reshape(-1, carers) for name, column in columns.items()}
    duration_s = of["duration_s"][:, 0]
    contact = of["litter_contact_s"][:, 0] / duration_s  # anybody's, so that it is the same in all rows
    return Family(
        contact_share=contact,
        # two that lick at the same moment count once as far as contact tells
        licked_share=np.minimum(of["licking_s"].sum(axis=1) / duration_s, contact),
        care=of["care_received"].sum(axis=1),
        alone_s=of["litter_alone_s"][:, 0],
    )


def relative_care(received: Any, reference: float) -> Any:
    """Return care u: what litters `received` (`Family.care`), relative to the reference family's, above 0."""
    if not (np.isfinite(reference) and reference > 0.0):
        raise ParameterError(f"the care of the reference family must be above 0, got {reference!r}")
    return received / reference


def family_day(
    parameters: NDArray[np.void],
    family: Family,
    reference: Family,
    *,
    state: SlowState | None = None,
    **of_day: Any,
) -> tuple[Day, Any]:
    """Return a pup's day with `family`, and the mean stress of its day with the `reference`, for `development.grow`.

    `parameters` are the pup's, a record or an array of them; `state` is its slow state, and `of_day` are drugs and
    stressors as in `development.day`. The `care` of the day is u. Unlike `relative_care` it is that of the pup itself:
    its release and the drugs that it gets count. A reference family that gives no care raises `ParameterError`.
    """
    usual = day(parameters, reference.contact_share, licked_share=reference.licked_share)
    if not (np.asarray(usual.care) > 0.0).all():
        raise ParameterError(f"the reference family must give care, got contact {reference.contact_share!r}")
    here = day(parameters, family.contact_share, licked_share=family.licked_share, state=state, **of_day)
    return Day(here.care / usual.care, here.strain, here.contact_share), usual.strain
