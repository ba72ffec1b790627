"""Text files of OLCUS and Voletron: their bytes as text, their lines as fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from socialrl.errors import UserError, from_os_error, shortened
from socialrl.interop.table_text import decode

MOST_BYTES = 2**30


def text_of(path: Path) -> str:
    """Return the text of a file (UTF-8, UTF-16, Windows-1252); what cannot be read or is no text raises `UserError`."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES // 2**20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise from_os_error(error, f"read {path}") or UserError(f"cannot read {path}: {error.strerror}") from error
    return decode(content, path)


def table_of(path: Path, header: Sequence[str]) -> list[tuple[int, list[str]]]:
    """Return the rows of a comma-separated file with exactly this header, with their lines; blank lines are skipped."""
    lines = text_of(path).splitlines()
    if not lines or not lines[0].strip():
        raise UserError(f"{path}: the file is empty; its first line must be {','.join(header)}")
    found = [one.strip() for one in lines[0].split(",")]
    if found != list(header):
        raise UserError(f"{path}, line 1: the header must be exactly {','.join(header)}, got '{shortened(lines[0])}'")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip(" ,"):
            continue
        fields = [one.strip() for one in line.split(",")]
        if len(fields) != len(header):
            raise UserError(f"{path}, line {number}: {len(fields)} fields, needs {len(header)} ({', '.join(header)})")
        rows.append((number, fields))
    return rows
