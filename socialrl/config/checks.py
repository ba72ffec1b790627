"""Checks of single configuration values: each refuses with "must be <what is allowed>, got <what was given>".

They run before pydantic converts anything, because its lenient mode would take true for 1 and its strict mode would
refuse 3e5 for a number of steps.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from pydantic_core import PydanticCustomError

from socialrl.config import shapes
from socialrl.config.paths import expanded
from socialrl.config.shapes import Checked
from socialrl.errors import UserError, explained, nearest, shortened

Check = Callable[[Any], Any]

# Names become parts of file names, of animal ids (`<genotype>-<NN>`) and of table columns.
IDENTIFIER = re.compile(r"[A-Za-z0-9_]{1,64}")
LINEAR = "lin_"
"""Before a number in the settings of PPO: the value falls in a straight line from it to 0, as RL Zoo writes it."""
_LINEAR = re.compile(r"(?P<word>lin(?:ear)?[ _-]?)(?P<start>[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)", re.IGNORECASE)
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
    """Return a value as an error line shows it, with its type if that is the mistake."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"the text '{shortened(value)}'"
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, float):
        return f"{value:g}"
    return shortened(str(value)) if not isinstance(value, int) or abs(value) < 10**60 else "a number of over 60 digits"


def either(names: Iterable[str] | Mapping[str, str]) -> str:
    """Return "a, b or c", each with its meaning in brackets where `names` is a mapping that has one."""
    *others, last = explained(names)
    return f"{', '.join(others)} or {last}" if others else last


def number(
    low: float | None = None,
    high: float | None = None,
    *,
    above: float | None = None,
    optional: bool = False,
    note: str = "",
) -> Checked:
    """Accept finite numbers with `low` <= x <= `high` and x > `above`; `optional` also accepts null.

    With `above`, `low` and `high` are generous limits, named when they are passed. `note` says what the range is of.
    """
    return Checked(
        _number_check(low, high, above, optional, note),
        shape=_maybe(lambda: shapes.numbers(low, high, above, note), optional),
    )


def _maybe(shape: shapes.Shape, optional: bool) -> shapes.Shape:
    return (lambda: shapes.or_null(shape())) if optional else shape


def scheduled(low: float, high: float, *, optional: bool = False) -> Checked:
    """Accept numbers above 0, and `lin_` with such a number: a value that falls in a straight line to 0.

    The text is returned with its number as Python writes it. `low` and `high` are generous limits, named when passed.
    """
    check = _number_check(low, high, 0, optional, "")
    allowed = "a number above 0, lin_ and such a number (lin_3e-3 falls linearly to 0 at the end of training)"
    allowed += " or null" if optional else ""

    def run(value: Any) -> Any:
        if not isinstance(value, str):
            return check(value)
        match = _LINEAR.fullmatch(value)
        if match is None or match["word"] != LINEAR:
            hint = f"; did you mean '{LINEAR}{match['start']}'?" if match else ""
            raise refuse(f"must be {allowed}, got {shown(value)}{hint}")
        start = float(match["start"])
        if not low <= start <= high:
            raise refuse(f"must be lin_ and a number from {low:g} to {high:g}, got {shown(value)}")
        return f"{LINEAR}{start!r}"

    def shape() -> shapes.JSON:
        falling = shapes.texts(rf"{LINEAR}[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
        return shapes.either_of(shapes.numbers(low, high, 0), falling) | {"description": allowed}

    return Checked(run, shape=_maybe(shape, optional))


def whole(low: int, high: int | None = None, *, optional: bool = False) -> Checked:
    """Accept whole numbers of at least `low`, also written as 3e5; `high` is a generous limit, named when passed."""
    return Checked(_whole_check(low, high, optional), shape=_maybe(lambda: shapes.wholes(low, high), optional))


def choice(*allowed: str) -> Checked:
    """Accept one of the words `allowed`; a slip of one of them is refused with that word as a hint."""
    return Checked(_choice_check(lambda: allowed), shape=lambda: shapes.one_of(allowed))


def explained_choice(allowed: Callable[[], Mapping[str, str]]) -> Checked:
    """Accept one of the words of `allowed()`, which says in a few words what each means; errors list both."""
    return Checked(_choice_check(allowed), shape=lambda: shapes.one_of(allowed()))


def optional_choice(allowed: Callable[[], Mapping[str, str]]) -> Checked:
    """Accept what `explained_choice` accepts, and null."""
    check = _choice_check(allowed)
    return Checked(
        lambda value: None if value is None else check(value), shape=_maybe(lambda: shapes.one_of(allowed()), True)
    )


def one_or_list(check: Checked, *, optional: bool = False) -> Checked:
    """Accept one value or a list of at least one; the result is always a tuple, each item passed through `check`.

    `optional` accepts null, too, which stays as it is.
    """
    item: Check = check.func  # type: ignore[assignment]

    def run(value: Any) -> Any:
        if value is None and optional:
            return None
        if isinstance(value, list | tuple):
            if not value:
                raise refuse("must have at least one value, got an empty list")
            return tuple(item(one) for one in value)
        return (item(value),)

    def shape() -> shapes.JSON:
        return shapes.either_of(check.shape(), shapes.lists(check.shape(), 1))

    return Checked(run, shape=_maybe(shape, optional))


def listed(check: Checked, *, most: int | None = None) -> Checked:
    """Accept a list, possibly empty, of at most `most`; the result is a tuple, each item passed through `check`."""
    item: Check = check.func  # type: ignore[assignment]

    def run(value: Any) -> Any:
        if not isinstance(value, list | tuple):
            raise refuse(f"must be a list, got {shown(value)}")
        if most is not None and len(value) > most:
            raise refuse(f"must be a list of at most {most}, got {len(value)}")
        return tuple(item(one) for one in value)

    return Checked(run, shape=lambda: shapes.lists(check.shape(), most=most))


def run_name() -> Checked:
    """Accept a safe folder name: letters, digits, `_`, `-` and `.`, neither hidden nor a path."""
    allowed = "a folder name of letters, digits, '_', '-' and '.' that does not start with '.' or '-'"
    return Checked(_text_check(_RUN_NAME, allowed), shape=lambda: shapes.texts(_RUN_NAME.pattern))


def identifier(optional: bool = False) -> Checked:
    """Accept letters, digits and underscores; `optional` accepts null, too."""
    check = _text_check(IDENTIFIER, "a name of letters, digits and underscores")
    return Checked(
        (lambda value: None if value is None else check(value)) if optional else check,
        shape=_maybe(lambda: shapes.texts(IDENTIFIER.pattern), optional),
    )


def folder() -> Checked:
    """Accept the text of a path."""
    check = _text_check(re.compile(r"[^\x00-\x1f\x7f]{1,4096}"), "the path of a folder")

    def run(value: Any) -> Any:
        text = check(value)
        if not text.strip():
            raise refuse(f"must be the path of a folder, got {shown(text)}")
        try:
            expanded(text)
        except UserError as error:
            raise refuse(f"is not usable: {error}") from error
        return text

    return Checked(run, shape=lambda: {"type": "string", "minLength": 1})


def _number_check(low: float | None, high: float | None, above: float | None, optional: bool, note: str) -> Check:
    if above is not None:
        allowed = f"a number above {above:g}"
    elif low is not None and high is not None:
        allowed = f"a number from {low:g} to {high:g}"
    elif low is not None:
        allowed = f"a number of at least {low:g}"
    else:
        allowed = "a finite number"
    allowed += " or null" if optional else ""
    allowed += f" ({note})" if note else ""

    def run(value: Any) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, Real) or isinstance(value, bool):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        try:
            x = float(value)
        except OverflowError:
            x = math.inf
        if not math.isfinite(x) or (above is not None and x <= above):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        for bound, outside, at in (
            (low, low is not None and x < low, "least"),
            (high, high is not None and x > high, "most"),
        ):
            if outside:
                raise refuse(f"must be {allowed if above is None else f'at {at} {bound:g}'}, got {shown(value)}")
        return x

    return run


def _whole_check(low: int, high: int | None, optional: bool) -> Check:
    allowed = f"a whole number of at least {low}" + (" or null" if optional else "")

    def run(value: Any) -> Any:
        if value is None and optional:
            return None
        if not isinstance(value, Real) or isinstance(value, bool):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        if not isinstance(value, Integral) and not float(value).is_integer():
            raise refuse(f"must be {allowed}, got {shown(value)}")
        x = int(float(value)) if not isinstance(value, Integral) else int(value)
        if x < low:
            raise refuse(f"must be {allowed}, got {shown(value)}")
        if high is not None and x > high:
            raise refuse(f"must be at most {high}, got {shown(value)}")
        return x

    return run


def _choice_check(words: Callable[[], Iterable[str] | Mapping[str, str]]) -> Check:
    def run(value: Any) -> Any:
        allowed = words()
        if isinstance(value, str) and value in allowed:
            return value
        near = nearest(value, allowed) if isinstance(value, str) else None
        hint = f"; did you mean '{near}'?" if near else ""
        raise refuse(f"must be {either(allowed)}, got {shown(value)}{hint}")

    return run


def _text_check(pattern: re.Pattern[str], allowed: str) -> Check:
    def run(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise refuse(f"must be {allowed}, got {shown(value)}")
        return value

    return run
