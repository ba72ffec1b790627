"""Hostile values and mutations of files and overrides, drawn by hypothesis; and what may come of them."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from hypothesis import strategies as st

from socialrl.errors import UserError

LONGEST_LINE = 2500  # an unknown parameter is answered with the names of all known ones
MOST_LINES = 5

VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 3.5, 1e-308, 1e-320, 1e308, 1e15, 1e5, 10**9, 10**30, 10**400, -(10**18),
    float("nan"), float("inf"), -float("inf"), "", " ", "x", "null", "~", "010", "1e-3", "²", "a.²", "\u202e", "\x7f",
    "\U0001f400", "a" * 20_000, "???", "a: b", "[", "{", "&x", "*x", "!!python/object:os.system", "${oc.env:HOME}",
    "../x", "/", ".", "~nosuchuser/x", "~", "a\nb", "antagonist", "peer", "socialrl/PartnerPreference-v0",
    [], [[]], {}, {"": 1}, {"a": {}}, [None], [1, [2]], {"drug": "agonist"}, [{}], list(range(300)), ["x"] * 300,
)  # fmt: skip
KEYS = (
    "",
    " ",
    "id",
    "name",
    "arms",
    "0",
    "²",
    "a.b",
    "a[0]",
    "with",
    "[key]",
    "str",
    "$",
    "\n",
    "k" * 3000,
    "normalize",
)
SNIPPETS = (
    "\n",
    " ",
    "\t",
    "\r",
    "\0",
    ":",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "#",
    "'",
    '"',
    "|",
    ">",
    "?",
    "? ",
    "&a",
    "*a",
    "!",
    "%",
    "@",
    "`",
    ",",
    "---",
    "...",
    "\ufeff",
    '"\\U00110000"',
    '"\\Uffffffff"',
    '"\\ud800"',
    '"\\x00"',
    "[" * 60,
    "{a: " * 60,
    "- " * 400,
    "? " * 200,
    "a: " * 50,
    "1e999",
    ".inf",
    "<<: {a: 1}",
    "é",
    "\x85",
    "\u2028",
    "0x10",
    "1_000",
    "!!binary x",
)


@contextlib.contextmanager
def no_hang(seconds: int = 60) -> Iterator[None]:
    """Raise in the block if it takes very much longer than it may."""

    def stop(*_: object) -> None:
        raise TimeoutError(f"still running after {seconds} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def loads_or_complains(load: Callable[[], Any]) -> str | None:
    """Return the complaint, or None if all is well; anything but a short `UserError` fails the test."""
    with no_hang():
        try:
            load()
        except UserError as error:
            text = str(error)
        except ValueError as error:
            if not getattr(error, "user_facing", False):
                raise
            text = str(error)
        else:
            return None
    check_text(text)
    return text


def check_text(text: str) -> None:
    """Fail for a complaint that is long, empty or not printable."""
    lines = text.split("\n")
    assert 0 < len(lines) <= MOST_LINES, text
    for line in lines:
        assert line.strip(), text
        assert len(line) <= LONGEST_LINE, line
        assert line.isprintable(), repr(line)


@st.composite
def mutated_text(draw: st.DrawFn, text: str) -> str:
    """Return a text with a few pieces left out, put in twice, swapped or replaced."""
    for _ in range(draw(st.integers(1, 3))):
        i = draw(st.integers(0, max(0, len(text) - 1)))
        n = draw(st.sampled_from([0, 1, 1, 2, 5, 20, 100]))
        match draw(st.integers(0, 3)):
            case 0:
                text = text[:i] + text[i + n :]
            case 1:
                text = text[:i] + draw(st.sampled_from(SNIPPETS)) + text[i + n :]
            case 2:
                text = text[: i + n] + text[i:]
            case _:
                j = draw(st.integers(0, max(0, len(text) - 1)))
                text = text[:i] + text[j : j + n] + text[i + n :]
    return text


@st.composite
def mutated_data(draw: st.DrawFn, data: Any) -> Any:
    """Return data with a few of its values or keys exchanged for hostile ones."""
    for _ in range(draw(st.integers(1, 3))):
        data = _mutated(draw, data)
    return data


def _mutated(draw: st.DrawFn, data: Any) -> Any:
    down = isinstance(data, dict | list) and data and draw(st.integers(0, 5)) > 0
    if not down:
        return draw(st.sampled_from(VALUES))
    if isinstance(data, list):
        i = draw(st.integers(0, len(data) - 1))
        return [*data[:i], _mutated(draw, data[i]), *data[i + 1 :]]
    key = draw(st.sampled_from(sorted(data)))
    match draw(st.integers(0, 9)):
        case 0:
            return {name: value for name, value in data.items() if name != key}
        case 1:
            return {draw(st.sampled_from(KEYS)) if name == key else name: value for name, value in data.items()}
        case 2:
            return {**data, draw(st.sampled_from(KEYS)): draw(st.sampled_from(VALUES))}
        case _:
            return {**data, key: _mutated(draw, data[key])}


def dumped(data: Any) -> str:
    """Return data as YAML that says exactly that."""
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False)


def paths_in(data: Any, path: tuple[str, ...] = ()) -> list[str]:
    """Return the dotted keys of all values in `data`."""
    here = [".".join(path)] if path else []
    children = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return here + [one for key, value in children for one in paths_in(value, (*path, str(key)))]
