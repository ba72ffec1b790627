"""The pieces of a run folder: how its JSON and Parquet files are written, checked and read; a new folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import math
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl.errors import UserError
from socialrl.storage.atomic import naming_the_place, write_bytes

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa


def build_folder(path: Path, files: Mapping[str, str | bytes], folders: Sequence[str], *, replace: bool) -> None:
    """Make `path` with files (text or bytes) and empty folders in it; it appears complete or not at all.

    Built beside its place and then moved. With `replace` the run that is there is moved aside first and deleted last.
    """
    token = secrets.token_hex(4)
    draft = path.with_name(f".{path.name}.new-{token}")
    aside = path.with_name(f".{path.name}.old-{token}")
    try:
        with naming_the_place(f"create the run folder {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            draft.mkdir()
            for folder in folders:
                (draft / folder).mkdir()
            for name, content in files.items():
                write_bytes(draft / name, content.encode() if isinstance(content, str) else content)
            if replace:
                os.rename(path, aside)
            try:
                os.rename(draft, path)
            except OSError as error:
                if replace:
                    os.rename(aside, path)
                if error.errno in (errno.EEXIST, errno.ENOTEMPTY):
                    raise UserError(
                        f"{path} was created by another process in the meantime; choose another name"
                    ) from error
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    if replace:
        shutil.rmtree(aside, ignore_errors=True)


def json_text(content: Any) -> str:
    """Return JSON text; NaN and infinities become null, NumPy numbers plain numbers and paths text."""
    return json.dumps(_json_ready(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file of a run; one that cannot be read raises `UserError`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is damaged: not valid JSON") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged: not a JSON object")
    return content


def checksum(content: bytes) -> str:
    """Return the SHA-256 of `content` in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_parquet(path: Path, expected_checksum: str | None = None) -> pa.Table:
    """Return the table of a Parquet file; a missing, damaged or changed one raises `UserError`."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if expected_checksum is not None and checksum(content) != expected_checksum:
        raise UserError(f"{path} is damaged: it was changed after it was written")
    return parquet_table(content, path)


def parquet_table(content: bytes, path: Path) -> pa.Table:
    """Return the table in the bytes of the Parquet file `path`; damaged ones raise `UserError`."""
    import pyarrow.parquet as pq

    with _naming_the_damage(path):
        table = pq.read_table(io.BytesIO(content))
        table.validate(full=True)
        return table


def data_frame(table: pa.Table, path: Path) -> pd.DataFrame:
    """Return a table read from `path` as a data frame; damaged notes on its columns raise `UserError`."""
    with _naming_the_damage(path):
        return table.to_pandas()


@contextlib.contextmanager
def _naming_the_damage(path: Path) -> Iterator[None]:
    import pyarrow as pa

    # Flipped bytes end in any of these, at different depths of the reader: in the footer, in a page, in pandas' notes.
    damage = (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError)
    try:
        yield
    except damage as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise UserError(f"{path} is damaged: not readable as Parquet ({reason})") from error


def write_parquet(path: Path, table: pd.DataFrame) -> None:
    """Write a table without its index, whole or not at all."""
    write_bytes(path, parquet_bytes(table))


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """Return a table without its index as the content of a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False), buffer)
    return buffer.getvalue()


def csv_text(table: pd.DataFrame) -> str:
    """Return a table as CSV: missing numbers empty, yes and no as true and false.

    A column of lists becomes one column an entry, `<name>_01`, `<name>_02` and so on.
    """
    import pandas as pd

    pieces = []
    for name in table.columns:
        column = table[name]
        if pd.api.types.is_bool_dtype(column):
            pieces.append(column.map({True: "true", False: "false"}))
        elif column.map(_is_list).any():
            rows = [list(one) if _is_list(one) else [] for one in column]
            longest = max(map(len, rows))
            for k in range(longest):
                entry = [row[k] if k < len(row) else None for row in rows]
                number = f"{k + 1:0{max(2, len(str(longest)))}d}"
                pieces.append(pd.Series(entry, index=table.index, name=f"{name}_{number}"))
        else:
            pieces.append(column)
    flat = pd.concat(pieces, axis=1) if pieces else table
    return str(flat.to_csv(index=False, lineterminator="\n"))


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str)


def _json_ready(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _json_ready(one) for key, one in value.items()}
    if hasattr(value, "tolist"):  # NumPy arrays and numbers
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_json_ready(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
