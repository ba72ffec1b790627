"""Tags of animals: 15 digits (ISO 11784), kept as text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from socialrl.errors import UserError, shortened
from socialrl.interop.olcus.texts import text_of
from socialrl.interop.wording import counted

FIRST = "999000000000001"
"""The first tag given by default: 999 is the country code for tests in ISO 11784, which no animal carries."""

TAG_DIGITS = 15
_TAG = re.compile(r"\d{15}", re.ASCII)


def parse_tags(text: str) -> str | Path:
    """Return the first tag (15 digits, the rest are counted up from it) or the path of a file `animal,tag`."""
    if text.isascii() and text.isdigit():
        return checked(text, "a tag")
    return Path(text).expanduser()


def checked(text: str, what: str) -> str:
    """Return a tag, or raise `UserError` that begins with `what` if it is not 15 digits."""
    if not _TAG.fullmatch(text):
        rounded = re.fullmatch(r"[\d.,]+e\+\d+", text, re.IGNORECASE) or re.fullmatch(r"\d{1,14}", text, re.ASCII)
        hint = "; spreadsheets shorten numbers: keep tags as text" if rounded else ""
        raise UserError(f"{what} must be 15 digits, got '{shortened(text)}'{hint}")
    return text


def tags_of(animals: Sequence[str], given: str | Path) -> dict[str, str]:
    """Return the tag of every animal; a file that lacks one, or gives one twice, raises `UserError`."""
    if isinstance(given, str):
        first = int(given)
        if first + len(animals) > 10**15:
            raise UserError(f"tags: not enough tags from {given} on for {len(animals)} animals")
        return {animal: f"{first + k:015d}" for k, animal in enumerate(animals)}
    found: dict[str, str] = {}
    for number, line in enumerate(text_of(given).splitlines(), start=1):
        fields = [one.strip() for one in line.split(",")]
        if not line.strip() or (number == 1 and not any(one.isdigit() for one in fields)):
            continue
        if len(fields) < 2:
            raise UserError(f"{given}, line {number}: needs an animal and its tag, with a comma between them")
        if fields[0] in found:
            raise UserError(f"{given}, line {number}: {fields[0]} has a tag already")
        found[fields[0]] = checked(fields[1], f"{given}, line {number}: a tag")
    missing = [animal for animal in animals if animal not in found]
    if missing:
        raise UserError(
            f"{given} has no tag of {missing[0]}" + (f" and {counted(len(missing) - 1, 'other')}" * (len(missing) > 1))
        )
    chosen = {animal: found[animal] for animal in animals}
    twice = [tag for tag in chosen.values() if list(chosen.values()).count(tag) > 1]
    if twice:
        raise UserError(f"{given}: the tag {twice[0]} is given to two animals")
    return chosen
