"""Tables of a page as CSV, to be copied into a spreadsheet or read by R: plain numbers in columns of their own.

A page shows numbers as readers see them, rounded, with a real minus sign, thin spaces between thousands and the
interval in brackets. In the CSV they are numbers again: "−1 234.5 [−2 000.0, −400.0]" becomes -1234.5123 with -2000.041
and -399.96 in two columns beside it. A number that the page knows exactly (`wording.Told`) has ten digits.
"""

from __future__ import annotations

import base64
import csv
import io
import re
from collections.abc import Sequence

from socialrl.drawing.tables import Table
from socialrl.drawing.wording import MISSING, Told

_NUMBER = r"[+−-]?\d{1,3}(?:[\u202f\u00a0 ]?\d{3})*(?:\.\d+)?"
_PLAIN = re.compile(_NUMBER)
_INTERVAL = re.compile(rf"({_NUMBER}) \[({_NUMBER}), ({_NUMBER})\]")


def as_csv(table: Table) -> str:
    """Return a table as CSV with one line of names.

    A column with intervals becomes three ("Preference", "Preference low", "Preference high"), one with second lines
    gets a column "… (note)" for them.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    columns = [
        _column(name, [row[at].text for row in table.rows], [row[at].below for row in table.rows])
        for at, name in enumerate(table.head)
    ]
    writer.writerow([name for names, _ in columns for name in names])
    writer.writerows([cell for _, rows in columns for cell in rows[at]] for at in range(len(table.rows)))
    return buffer.getvalue()


def file_name(table: Table) -> str:
    """Return a name for the file that a table is saved to, from its caption or else from its columns."""
    words = re.findall(r"[a-z0-9]+", (table.caption or " ".join(table.head)).lower())
    return "_".join(words)[:40].strip("_") + ".csv"


def csv_uri(text: str) -> str:
    """Return a CSV text as an address that a browser saves as a file; with a mark by which Excel knows UTF-8."""
    return "data:text/csv;charset=utf-8;base64," + base64.b64encode(text.encode("utf-8-sig")).decode("ascii")


def _column(name: str, texts: Sequence[str], notes: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns that one column becomes, and their cells row by row."""
    names, rows = [name], [_numbers(text) for text in texts]
    if any(len(row) > 1 for row in rows):
        names += [f"{name} low", f"{name} high"]
        rows = [row + [""] * (3 - len(row)) for row in rows]
    if any(notes):
        names.append(f"{name} (note)")
        rows = [[*row, note] for row, note in zip(rows, notes, strict=True)]
    return names, rows


def _numbers(text: str) -> list[str]:
    """Return the numbers that a cell shows, three where it has an interval; or its text."""
    if isinstance(text, Told):
        return [f"{one:.10g}" for one in text.exact]
    found = _INTERVAL.fullmatch(text)
    return [plain(part) for part in found.groups()] if found else [plain(text)]


def plain(text: str) -> str:
    """Return a number as programs read it, empty where it is missing; other text as it is, its spaces plain."""
    if text == MISSING:
        return ""
    if _PLAIN.fullmatch(text):
        return re.sub(r"[\u202f\u00a0 ]", "", text).replace("−", "-").removeprefix("+")
    return re.sub(r"[\u202f\u00a0]", " ", text).replace("\u2060", "")  # which only keeps a word together
