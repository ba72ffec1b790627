"""Tables as pages show them: rows of ready text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """One cell: text, colour swatch, code type, a small second line, a mark for what was changed, a link.

    `anchor` is an id, so that other places of the page can link to the cell.
    """

    text: str
    colour: str = ""
    code: bool = False
    below: str = ""
    marked: bool = False
    href: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Table:
    """A table with a caption above and a note below; the first `n_left` columns are text, the others numbers."""

    caption: str
    head: tuple[str, ...]
    rows: list[list[Cell]]
    note: str = ""
    n_left: int = 2


def text_table(
    head: tuple[str, ...], rows: list[list[str]], *, caption: str = "", note: str = "", n_left: int = 1
) -> Table:
    """Return a table of plain cells."""
    return Table(caption, head, [[Cell(text) for text in row] for row in rows], note, n_left)
