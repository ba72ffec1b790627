"""Checks of single configuration values: each refuses with "must be <what is allowed>, got <what came>".

They run before pydantic converts anything, because its lenient mode would take true for 1 and its strict mode would
refuse 3e5 for a number of steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from numbers import Integral, Real
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from socialrl.errors import nearest

Check = Callable[[Any], Any]

# Names become parts of file names, of animal ids (`<genotype>-<NN>`) and of table columns.
IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,64}")
_RUN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


def refuse(text: str, *, key: str = "", involves: Iterable[str] = ()) -> PydanticCustomError:
    """Return the error "<path> <text>" to be raised by a check.

    `key` is appended to the path of the checked value; `involves` names the full paths of other values that took part,
    so that a clash caused by an override is blamed on the command line.
    """
    # Passed as a value and not as the template, because a user's text may hold braces.
    context = {"text": text, "key": key, "involves": list(involves)}
    return PydanticCustomError("socialrl", "{text}", context)


def shown(value: Any) -> str:
    """Return a value as an error line shows it, with its kind where that is the mistake."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{value if len(value) <= 60 else value[:57] + '...'}'"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    return f"{value:g}" if isinstance(value, float) else str(value)


def number(
    low: float | None = None, high: float | None = None, *, above: float | None = None, optional: bool = False
) -> BeforeValidator:
    """Accept finite numbers with `low` <= x <= `high` and x > `above`; `optional` also accepts null."""
    return BeforeValidator(_number_check(low, high, above, optional))


def whole(low: int, high: int | None = None, *, optional: bool = False) -> BeforeValidator:
    """Accept whole numbers of at least `low`, also written as 3e5; `high` is a technical limit, named when passed."""
    return BeforeValidator(_whole_check(low, high, optional))


def choice(*allowed: str) -> BeforeValidator:
    """Accept one of the words `allowed`; anything else is refused with the nearest of them."""
    return BeforeValidator(_choice_check(allowed))


def one_or_list(check: BeforeValidator) -> BeforeValidator:
    """Accept one value or a list of at least one; the result is always a tuple, each item passed through `check`."""
    item: Check = check.func  # type: ignore[assignment]

    def run(value: Any) -> Any:
        if isinstance(value, list | tuple):
            if not value:
                raise refuse("must have at least one value, got an empty list")
            return tuple(item(one) for one in value)
        return (item(value),)

    return BeforeValidator(run)


def listed(check: BeforeValidator) -> BeforeValidator:
    """Accept a list, possibly empty; the result is a tuple, each item passed through `check`."""
    item: Check = check.func  # type: ignore[assignment]

    def run(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise refuse(f"must be a list, got {shown(value)}")
        return tuple(item(one) for one in value)

    return BeforeValidator(run)


def run_name() -> BeforeValidator:
    """Accept a safe folder name: letters, digits, `_`, `-` and `.`, neither hidden nor a path."""
    return BeforeValidator(
        _text_check(_RUN_NAME, "a folder name of letters, digits, '_', '-' and '.' that does not start with '.' or '-'")
    )


def identifier(optional: bool = False) -> BeforeValidator:
    """Accept letters, digits and underscores; `optional` accepts null, too."""
    check = _text_check(IDENTIFIER, "a name of letters, digits and underscores")
    return BeforeValidator((lambda value: None if value is None else check(value)) if optional else check)


def folder() -> BeforeValidator:
    """Accept the text of a path."""
    return BeforeValidator(_text_check(re.compile(r"[^\x00-\x1f]+"), "the path of a folder"))


def _number_check(low: float | None, high: float | None, above: float | None, optional: bool) -> Check:
    if low is not None and high is not None:
        allowed = f"a number from {low:g} to {high:g}"
    elif low is not None:
        allowed = f"a number of at least {low:g}"
    elif above is not None:
        allowed = f"a number above {above:g}"
    else:
        allowed = "a finite number"
    allowed += " or null" if optional else ""

    def run(value: Any) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, Real) or isinstance(value, bool):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        x = float(value)
        inside = (low is None or x >= low) and (high is None or x <= high) and (above is None or x > above)
        if not math.isfinite(x) or not inside:
            raise refuse(f"must be {allowed}, got {shown(x)}")
        return x

    return run


def _whole_check(low: int, high: int | None, optional: bool) -> Check:
    allowed = f"a whole number of at least {low}" + (" or null" if optional else "")

    def run(value: Any) -> Any:
        if value is None and optional:
            return None
        is_number = isinstance(value, Real) and not isinstance(value, bool)
        if not is_number or not (isinstance(value, Integral) or float(value).is_integer()):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        x = int(value)
        if x < low:
            raise refuse(f"must be {allowed}, got {shown(value)}")
        if high is not None and x > high:
            raise refuse(f"must be at most {high}, got {shown(value)}")
        return x

    return run


def _choice_check(allowed: tuple[str, ...]) -> Check:
    def run(value: Any) -> Any:
        if isinstance(value, str) and value in allowed:
            return value
        near = nearest(value, allowed) if isinstance(value, str) else None
        hint = f"; did you mean '{near}'?" if near else ""
        raise refuse(f"must be {' or '.join(allowed)}, got {shown(value)}{hint}")

    return run


def _text_check(pattern: re.Pattern[str], allowed: str) -> Check:
    def run(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        return value

    return run
