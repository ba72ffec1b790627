"""What phases of a life have in common: an age at which they begin, how long they last, and companions by name."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import model_validator

from socialrl.config import shapes
from socialrl.config.checks import number, one_or_list, refuse, shown
from socialrl.config.shapes import Checked
from socialrl.config.values import Section
from socialrl.protocols.companions import NOBODY, STRANGERS

MAX_LIFE_D = 730.0
"""Two years: no life of a protocol is longer."""
MAX_LIFE_H = 24.0 * MAX_LIFE_D
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


def a_text(value: Any) -> Any:
    """Accept text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"must be text, got {shown(value)}")
    return value


A_TEXT = Checked(a_text, shape=lambda: {"type": "string", "minLength": 1})


def _companion(value: Any) -> Any:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        allowed = "the name of a companion, such as partner, second_partner or sister (small letters, digits, '_')"
        raise refuse(f"must be {allowed}, got {shown(value)}")
    if value in (*STRANGERS, NOBODY):
        raise refuse(
            f"must be the name of a companion, such as partner or sister: nobody lives with a stranger, and who is "
            f"alone is in a separate phase; got {shown(value)}"
        )
    return value


Companions = one_or_list(Checked(_companion, shape=lambda: shapes.texts(_NAME.pattern)))


def _birth(value: Any) -> Any:
    return 0.0 if value == "birth" else value


_DAYS_OLD = number(0, MAX_LIFE_D, note="days since birth, or the word birth")
Age = Annotated[
    float | None,
    _DAYS_OLD,
    Checked(_birth, shape=lambda: shapes.or_null(shapes.either_of(_DAYS_OLD.shape(), {"const": "birth"}))),
]
_Hours = number(0, MAX_LIFE_H, note="a life of two years")
_Days = number(0, MAX_LIFE_D, note="a life of two years")


class Begun(Section):
    """A phase that may say at which age it begins; until then the animal lives on as it lived."""

    age_d: Age = None


class Lasting(Begun):
    """A phase that takes time, given in hours or in days."""

    hours: Annotated[float | None, _Hours] = None
    days: Annotated[float | None, _Days] = None

    @model_validator(mode="after")
    def _one_length(self) -> Lasting:
        if self.hours is not None and self.days is not None:
            raise refuse("and hours are both given; write one of them", key="days")
        if self.hours is None and self.days is None and self._needs_length():
            raise refuse("is missing (or days)", key="hours")
        return self

    def _needs_length(self) -> bool:
        return True

    @property
    def hours_long(self) -> float:
        """How long it lasts."""
        return 24.0 * self.days if self.days is not None else self.hours or 0.0
