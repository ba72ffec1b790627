"""Every biological constant of the model, once: value, unit, range, source and spread between animals.

`PARAMETERS` is the table; `record` turns it, with overrides, into one structured record per animal (`PARAMETER_DTYPE`),
so that one batch can hold wild types, knockouts, doses and individuals. Evidence "assumed" means that the amount was
not measured as far as we know: those numbers are choices, to be swept.

The spread is the standard deviation of the logarithm of the value between animals (log-normal, median = the value
given), so a quantity that is zero, such as a knockout's gain, stays zero in every individual.

`PARAMETERS` is the current table (`named_tables.CURRENT`); functions take the name of an earlier one as `table`.
"""

from __future__ import annotations

import functools
import hashlib
import math
import operator
import textwrap
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import ParameterError
from .named_tables import CURRENT, kept_rows, table_names, write_rows
from .parameter_rows import ATTACHMENT, CARE, CONTEXTS, PARAMETERS, Parameter
from .spelling import nearest
from .vocabulary import SEXES

NAMES: tuple[str, ...] = tuple(parameter.name for parameter in PARAMETERS)
PARAMETER_DTYPE = np.dtype([(name, np.float64) for name in NAMES])
OF_ATTACHMENT: frozenset[str] = frozenset(row.name for row in ATTACHMENT)
"""Names of parameters without effect unless an environment has its option `attachment` on, or a litter."""
OF_ONE_ASSAY: frozenset[str] = frozenset(row.name for row in (*CONTEXTS, *CARE))
"""Names of those that have an effect in assays with contexts or with a litter alone."""


def without_effect(*, attachment: bool = False, contexts: bool = False, litter: bool = False) -> frozenset[str]:
    """Return the names of the parameters that have no effect in an assay with or without each of these."""
    idle: set[str] = set()
    idle |= set() if attachment else OF_ATTACHMENT - ({"licking_weight"} if litter else set())
    idle |= set() if contexts else {row.name for row in CONTEXTS}
    idle |= set() if litter else {row.name for row in CARE}
    return frozenset(idle)


def rows_of(table: str = CURRENT) -> tuple[Parameter, ...]:
    """Return the rows of the table called `table`, in the order of `NAMES`; an unknown name raises `ParameterError`.

    A parameter that is younger than the table is off there: 0 without spread. Where 0 is not allowed, as for a time
    constant, it has its current value, which has no effect because the mechanism that it belongs to is off.
    """
    if table == CURRENT:
        return PARAMETERS
    if table not in table_names():
        raise ParameterError(f"unknown parameter table {table!r}; known: {', '.join(table_names())}")
    return completed(table, kept_rows(table))


def completed(table: str, kept: Iterable[Mapping[str, str]]) -> tuple[Parameter, ...]:
    """Return a row for every parameter from the rows of a table's CSV; those that it does not know are off."""
    known = {row["name"]: _read(row) for row in kept}
    return tuple(known[row.name] if row.name in known else _off(row, table) for row in PARAMETERS)


def _read(row: Mapping[str, str]) -> Parameter:
    """Return a row of a CSV table as a parameter; an empty cell stands for the field's default."""
    given = {field.name: row[field.name] for field in fields(Parameter) if row.get(field.name)}
    numbers = {field.name for field in fields(Parameter) if "float" in str(field.type)}
    cells: dict[str, Any] = {name: float(text) if name in numbers else text for name, text in given.items()}
    return Parameter(**cells)


def _off(row: Parameter, table: str) -> Parameter:
    usual = {field.name: field.default for field in fields(Parameter) if field.default is not MISSING}
    value = 0.0 if row.low <= 0.0 else row.value
    source = f"younger than table {table}, and off there"
    return replace(row, value=value, spread=0.0, evidence="definition", source=source, **usual)


def parameter(name: str, table: str = CURRENT) -> Parameter:
    """Return the row called `name` of a table; an unknown name raises `ParameterError` with the nearest one."""
    found = next((row for row in rows_of(table) if row.name == name), None)
    if found is None:
        near = nearest(name, NAMES)
        hint = f"; did you mean '{near}'?" if near else f"; known: {', '.join(NAMES)}"
        raise ParameterError(f"unknown parameter '{name}'{hint}")
    return found


def is_number(value: Any) -> bool:
    """Whether `value` is a finite number; truth values and texts are not numbers."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def check_override(name: str, value: ArrayLike, table: str = CURRENT) -> NDArray[np.float64]:
    """Return `value` as float64 after checking the name, that it is a number, finite and in the range of `table`.

    Raises `ParameterError` (one line: which parameter, what is allowed, what was given).
    """
    row = parameter(name, table)
    allowed = f"allowed: numbers from {row.low:g} to {row.high:g} {row.unit}"
    kind = np.asarray(value)
    if kind.dtype.kind not in "fiu":
        raise ParameterError(f"parameter '{name}' must be a number ({allowed}), got {value!r}")
    array = kind.astype(np.float64)
    bad = ~(np.isfinite(array) & (array >= row.low) & (array <= row.high))
    if bad.any():
        raise ParameterError(f"parameter '{name}' is out of range ({allowed}), got {float(array[bad].flat[0])!r}")
    return array


def by_sex(name: str, given: Any, table: str = CURRENT) -> dict[str, float]:
    """Return a value for each sex from one that is given for some of them by name; the others have that of `table`.

    Anything but a mapping of sexes to numbers in range raises `ParameterError`.
    """
    if not given or any(sex not in SEXES for sex in given):
        raise ParameterError(
            f"parameter '{name}' must be a number, or numbers by sex ({', '.join(SEXES)}), got {given!r}"
        )
    row = parameter(name, table)
    return {sex: float(check_override(name, given[sex], table)) if sex in given else row.of(sex) for sex in SEXES}


def record(
    n: int = 1,
    overrides: dict[str, Any] | None = None,
    table: str = CURRENT,
    *,
    sex: str | Sequence[str] = SEXES[0],
) -> NDArray[np.void]:
    """Return parameter records, shape `(n,)`, dtype `PARAMETER_DTYPE`: the table called `table` with `overrides`.

    Each override is a scalar (all rows), has shape `(n,)` (one value a row), or is a mapping of sexes to values. `sex`
    is one word, or one for each row.
    """
    sexes = np.broadcast_to(np.asarray(sex), n)
    rows = np.empty(n, dtype=PARAMETER_DTYPE)
    for row in rows_of(table):
        rows[row.name] = row.value if row.male is None else np.where(sexes == "male", row.male, row.value)
    for name, value in (overrides or {}).items():
        if isinstance(value, Mapping):
            own = by_sex(name, value, table)
            rows[name] = np.where(sexes == "male", own["male"], own["female"])
            continue
        array = check_override(name, value, table)
        if array.ndim and array.shape != (n,):
            raise ParameterError(f"parameter '{name}' must be one number or have shape ({n},), got shape {array.shape}")
        rows[name] = array
    return rows


def log_sd(row: Parameter, spread: float | Mapping[str, float] = 1.0) -> float | None:
    """Return the log-sd of a parameter between animals, None if all have the same value.

    `spread` multiplies the table's spreads (0: every animal is the median animal); as a mapping it holds that factor as
    `scale` (1 if absent) and, by name, the log-sd of single parameters in place of the table's.
    """
    own = spread if isinstance(spread, Mapping) else {"scale": spread}
    if row.name in own:
        return float(own[row.name])
    return row.spread * float(own.get("scale", 1.0)) if row.spread > 0.0 else None


@functools.cache
def _number_of(name: str) -> int:
    """Return a whole number for a name, the same on every machine."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def draw_individual(
    rng: np.random.Generator,
    overrides: Mapping[str, float],
    spread: float | Mapping[str, float] = 1.0,
    table: str = CURRENT,
    *,
    sex: str = SEXES[0],
) -> dict[str, float]:
    """Return `overrides` with every spread parameter multiplied by this individual's log-normal factor.

    `spread` as in `log_sd`; `table` names the table whose values and spreads they are, `sex` chooses the value. One
    number of `rng` is the individual; each parameter's standard normal number depends on it and on the parameter's
    *name*. So an individual keeps its numbers across genotypes, sexes and tables, and no parameter is changed by
    another one's spread or by a parameter that is added to the table, removed or moved. Values stay inside the allowed
    range.
    """
    from .elementary import exp  # imported here, because the table itself is also read where nothing is compiled

    drawn = dict(overrides)
    individual = int(rng.integers(2**63))
    for row in rows_of(table):
        sd = log_sd(row, spread)
        if sd is not None:
            z = np.random.default_rng([individual, _number_of(row.name)]).standard_normal()
            drawn[row.name] = float(np.clip(overrides.get(row.name, row.of(sex)) * exp(sd * z), row.low, row.high))
    return drawn


def table(name: str = CURRENT) -> list[dict[str, Any]]:
    """Return the table called `name` as plain dictionaries, for documents and reports."""
    return [vars(row).copy() for row in rows_of(name)]


def table_csv(name: str = CURRENT) -> str:
    """Return the table called `name` as CSV text, as earlier tables are kept."""
    return write_rows(table(name))


def differences(
    old: Iterable[Parameter], new: Iterable[Parameter], idle: Collection[str] = ()
) -> list[tuple[Parameter, Parameter]]:
    """Return the pairs of rows whose value or spread (or any field that not every row has) differs.

    Rows named in `idle` are left out (`without_effect`).
    """
    names = ["value", "spread", *(field.name for field in fields(Parameter) if field.default is not MISSING)]
    same = operator.attrgetter(*names)
    return [(a, b) for a, b in zip(old, new, strict=True) if b.name not in idle and same(a) != same(b)]


def markdown(name: str = CURRENT) -> str:
    """Return the table called `name` as Markdown; docs/model.md has the current one (a test holds the two together)."""
    columns = ("parameter", "value", "unit", "range", "log-sd", "evidence")
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows_of(name):
        span = f"{row.low:g} – {row.high:g}"
        value = f"{row.value:g}" if row.male is None else f"{row.value:g}; males {row.male:g}"
        cells = (f"`{row.name}`", value, row.unit, span, f"{row.spread:g}", row.evidence)
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", "What each parameter means, and the source of its value:", ""]
    for row in rows_of(name):
        text = f"- `{row.name}`: {row.meaning}. Source: {row.source}."
        lines.append(textwrap.fill(text, 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))
    return "\n".join(lines) + "\n"
