"""How the numbers of a sheet are written: which sign is the decimal one and which separates thousands.

`2.000` is two seconds in one laboratory and two thousand in another. A convention is decided from all values of a
column, then of the sheet, then from the delimiter; what remains ambiguous is refused.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from socialrl.errors import UserError

BLANK = frozenset({"", "na", "n/a", "#n/a", "nan", "none", "null", "-", "--", "–", "—", ".", "never", "did not huddle"})
_SHAPE = re.compile(r"([+-]?)([\d.,' ]*\d[\d.,' ]*)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:(?P<sign>[.,' ])\d{3})(?:(?P=sign)\d{3})*", re.ASCII)
_OTHER = {".": ",", ",": "."}
_WORD = {".": "point", ",": "comma"}

Cells = Sequence[tuple[int, str]]
"""Lines and cells of a column."""


@dataclass
class _Evidence:
    """Lines whose number decides what a sign is, and those that do not, with the cell."""

    decimal: list[tuple[int, str]] = field(default_factory=list)
    thousands: list[tuple[int, str]] = field(default_factory=list)
    open: list[tuple[int, str]] = field(default_factory=list)


def is_blank(cell: str) -> bool:
    """Return whether a cell holds no value."""
    return _plain(cell).casefold() in BLANK


def decimal_signs(
    columns: Mapping[str, Cells], ratios: Iterable[Cells], delimiter: str, where: str, notes: list[str]
) -> dict[str, str]:
    """Return the decimal sign, "." or ",", of every column (title → cells); the other one separates thousands there.

    `ratios` are columns of fractions, whose decimal sign helps to decide. Adds a note where thousands are separated.
    Raises `UserError` with line and column where a sign can be either or is used as both.
    """
    found = {title: _evidence(cells) for title, cells in columns.items()}
    for title, evidence in found.items():
        _refuse_both(title, evidence, where)
    sheet = {sign: _joined([one[sign] for one in found.values()]) for sign in _OTHER}
    of_ratios = {sign: _joined([_evidence(cells)[sign] for cells in ratios]) for sign in _OTHER}
    signs, separated = {}, []
    for title, evidence in found.items():
        signs[title] = _decimal_sign(title, columns[title], evidence, sheet, of_ratios, delimiter, where)
        grouped = evidence[_OTHER[signs[title]]]
        if grouped.thousands or grouped.open:
            line, cell = (grouped.thousands + grouped.open)[0]
            separated.append((title, line, cell, _OTHER[signs[title]]))
    if separated:
        _, line, cell, sign = separated[0]
        titles = ", ".join(f"'{title}'" for title, *_ in separated)
        value = number(cell, _OTHER[sign])
        notes.append(f"a {_WORD[sign]} separates thousands in {titles}: '{cell}' in line {line} is {value:g}")
    return signs


def number(cell: str, decimal_sign: str) -> float:
    """Return the number in a cell, NaN for a blank one; a cell that is no number raises `ValueError`."""
    if is_blank(cell):
        return math.nan
    match = _SHAPE.fullmatch(_plain(cell))
    if match is None or _roles(match[2], match[3]) is None:
        raise ValueError(cell)
    body = re.sub(f"[ '{re.escape(_OTHER[decimal_sign])}]", "", match[2]).replace(decimal_sign, ".")
    return float(f"{match[1]}{body}{match[3] or ''}")


def _plain(cell: str) -> str:
    text = unicodedata.normalize("NFKC", cell).strip()
    return text.replace("\u2212", "-").replace("\u2019", "'")


def _roles(body: str, exponent: str | None) -> dict[str, str] | None:
    """Return what point and comma are in one number: decimal, thousands or open; None if it is no number."""
    signs: list[str] = re.findall(r"[.,]", body)
    spaced = re.search(r"[ ']", body) is not None
    kinds = sorted(set(signs), key=signs.index)
    if not kinds:
        return {} if not spaced or _GROUPED.fullmatch(body) else None
    if len(kinds) == 2:
        first, last = kinds
        whole, _, rest = body.rpartition(last)
        regular = signs.count(last) == 1 and not spaced and _GROUPED.fullmatch(whole) and re.fullmatch(r"\d*", rest)
        return {first: "thousands", last: "decimal"} if regular else None
    sign = kinds[0]
    if len(signs) > 1:
        return {sign: "thousands"} if _GROUPED.fullmatch(body) and not spaced else None
    whole, _, rest = body.partition(sign)
    if not re.fullmatch(r"\d*", rest) or (spaced and not _GROUPED.fullmatch(whole)):
        return None
    if not spaced and exponent is None and _GROUPED.fullmatch(body):
        return {sign: "open"}
    return {sign: "decimal"}


def _evidence(cells: Cells) -> dict[str, _Evidence]:
    found = {sign: _Evidence() for sign in _OTHER}
    for line, cell in cells:
        match = _SHAPE.fullmatch(_plain(cell).rstrip("% "))
        for sign, role in ((_roles(match[2], match[3]) if match else None) or {}).items():
            getattr(found[sign], role).append((line, cell))
    return found


def _joined(parts: Iterable[_Evidence]) -> _Evidence:
    whole = _Evidence()
    for part in parts:
        whole.decimal += part.decimal
        whole.thousands += part.thousands
        whole.open += part.open
    return whole


def _refuse_both(title: str, evidence: Mapping[str, _Evidence], where: str) -> None:
    point, comma = evidence["."], evidence[","]
    for one, other in (
        (point.decimal, point.thousands),
        (comma.decimal, comma.thousands),
        (point.decimal, comma.decimal),
        (point.thousands, comma.thousands),
    ):
        if one and other:
            raise UserError(
                f"{where}, column '{title}': '{one[0][1]}' in line {one[0][0]} and '{other[0][1]}' in line"
                f" {other[0][0]} are written in two ways; use one decimal sign and no thousands separator"
            )


def _decimal_sign(
    title: str,
    cells: Cells,
    own: Mapping[str, _Evidence],
    sheet: Mapping[str, _Evidence],
    ratios: Mapping[str, _Evidence],
    delimiter: str,
    where: str,
) -> str:
    settled = _settled(own)
    if settled:
        return settled
    left_open = [sign for sign in _OTHER if own[sign].open]
    if not left_open:
        return "."  # whole numbers only
    of_sheet = _settled(sheet)
    if len(left_open) == 1:
        sign = left_open[0]
        if of_sheet == _OTHER[sign] or (of_sheet == sign and _same_format(cells, own[sign], sheet[sign])):
            return of_sheet
        if of_sheet is None and (_settled(ratios) == _OTHER[sign] or sign == delimiter == ","):
            return _OTHER[sign]
    line, cell = own[left_open[0]].open[0]
    large, small = (f"{number(cell, one):g}" for one in (_OTHER[left_open[0]], left_open[0]))
    raise UserError(
        f"{where}, line {line}, column '{title}': '{cell}' can be {large} or {small};"
        f" write thousands without a separator ({large}), or decimals with more or fewer than three digits ({cell}0)"
    )


def _settled(evidence: Mapping[str, _Evidence]) -> str | None:
    """Return the decimal sign that the evidence decides, or None if there is none or it contradicts itself."""
    votes = {sign for sign, one in evidence.items() if one.decimal}
    votes |= {_OTHER[sign] for sign, one in evidence.items() if one.thousands}
    return votes.pop() if len(votes) == 1 else None


def _same_format(cells: Cells, own: _Evidence, sheet: _Evidence) -> bool:
    """Whether a column's open numbers can be decimals written as elsewhere in the sheet.

    A program that writes 12.5 does not write 2.000, and one that writes three decimals does not write 250 in between.
    """
    if not any(cell.rstrip("% ").endswith("0") for _, cell in own.open):
        return True
    three = any(len(re.split(r"[.,]", _plain(cell))[-1]) == 3 for _, cell in sheet.decimal)
    whole = any(re.fullmatch(r"[1-9]\d*", _plain(cell)) for _, cell in cells)
    return three and not whole
