"""Score sheets of partner-preference tests, as scoring software or a person exports them: one line a test.

Column names are matched by what they say, not by their spelling or order: `huddle time novel`, `Stranger huddle (s)` and
`huddle_s_stranger` are one column. Other columns are ignored and listed. What cannot be used stops the reading with the
line and the column; what is left out is said in `notes`. Nothing is dropped or changed without a word.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError, from_os_error, nearest

_SECONDS = ("s", "sec", "secs", "second", "seconds")
_MINUTES = ("min", "mins", "minute", "minutes")
_BLANK = frozenset({"", "na", "n/a", "nan", "none", "null", "-", "--", ".", "never", "did not huddle"})
_DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")

MEASURED: dict[str, tuple[str, ...]] = {
    "huddle_s_partner": ("huddle time partner", "partner huddle", "huddling partner", "contact partner", "partner contact"),
    "huddle_s_stranger": ("huddle time stranger", "stranger huddle", "huddling stranger", "contact stranger", "stranger contact"),
    "chamber_s_partner": ("chamber time partner", "partner chamber", "time in partner chamber", "partner zone"),
    "chamber_s_centre": ("chamber time centre", "centre chamber", "time in centre chamber", "neutral chamber", "chamber time neutral", "centre zone"),
    "chamber_s_stranger": ("chamber time stranger", "stranger chamber", "time in stranger chamber", "stranger zone"),
    "latency_s_partner": ("latency partner huddle", "partner latency", "latency to huddle partner", "latency partner"),
    "latency_s_stranger": ("latency stranger huddle", "stranger latency", "latency to huddle stranger", "latency stranger"),
}  # fmt: skip
"""Columns in seconds. A blank latency means that no huddle began; a blank elsewhere leaves the test out, with a note."""

_CHECKS: dict[str, tuple[str, ...]] = {
    "duration_s": ("trial duration", "test duration", "duration", "trial length", "test length"),
    "preference": ("percent phuddle", "preference", "phuddle", "preference ratio", "partner preference", "percent partner huddle"),
}  # fmt: skip
_WORDS: dict[str, tuple[str, ...]] = {
    "animal": ("animal id", "animal", "id", "subject", "subject id", "focal", "focal id", "vole", "vole id"),
    "pair_type": ("treatment", "pair type", "pairing", "pairs"),
    "timepoint": ("timepoint", "time point", "test time", "when"),
    "sex": ("sex", "gender"),
}
_SAME = {"novel": "stranger", "center": "centre", "middle": "centre", "familiar": "partner", "pct": "percent"}

PAIR_TYPES = {"ff": "FF", "mm": "MM", "fm": "FM", "mf": "FM"}
_EARLY = frozenset({"st", "early", "short", "short term", "short-term"})
_LATE = frozenset({"lt", "late", "long", "long term", "long-term"})


@dataclass(frozen=True)
class ScoreSheet:
    """A score sheet: `tests` has one row a test, `notes` says what was ignored or left out, `sha256` is of the file.

    Columns of `tests`: line (in the file), animal, pair_type (FF, MM, FM or None), timepoint (early, late, the sheet's own
    word, or None), sex, those of `MEASURED` in seconds, and duration_s and preference as the sheet states them (NaN if not).
    """

    name: str
    sha256: str
    tests: pd.DataFrame
    notes: tuple[str, ...]


def read_score_sheet(path: str | Path, needed: Iterable[str] = tuple(MEASURED)) -> ScoreSheet:
    """Return the tests of a delimited text file (comma, semicolon, tab or bar; decimal comma unless commas delimit).

    `needed` are the columns of `MEASURED` that must be there; the animal always must. Raises `UserError` for a file that is
    not a table, a missing or doubled column, a number that is none, is negative or infinite, and a sheet without tests.
    """
    path = Path(path)
    content = _read(path)
    text = _decode(content, path)
    delimiter = _delimiter(text)
    rows = [(n, row) for n, row in _rows(text, delimiter, path) if any(cell.strip() for cell in row)]
    if not rows:
        raise UserError(f"{path}: the score sheet is empty")
    head_line, head = rows[0]
    notes: list[str] = []
    found, factors = _match_columns(head, path, notes)
    needed = list(needed)
    for name in ("animal", *needed):
        if name not in found:
            raise UserError(_missing(name, head, path, delimiter))
    records = []
    for line, row in rows[1:]:
        if len(row) > len(head) and any(cell.strip() for cell in row[len(head) :]):
            raise UserError(f"{path}, line {line}: {len(row)} values for {len(head)} columns (line {head_line})")
        cells = {name: row[k].strip() if k < len(row) else "" for name, k in found.items()}
        numbers = {
            name: _number(cells[name], delimiter, head[found[name]], line, path) * factors[name]
            for name in (*MEASURED, *_CHECKS)
            if name in found
        }
        blank = [name for name in needed if not name.startswith("latency") and math.isnan(numbers[name])]
        if blank:
            told = ", ".join(f"'{head[found[name]].strip()}'" for name in blank)
            notes.append(f"line {line} (animal {cells['animal'] or '?'}) left out: no value for {told}")
            continue
        if not cells["animal"]:
            raise UserError(f"{path}, line {line}: no animal in column '{head[found['animal']].strip()}'")
        records.append({"line": line, **_words(cells), **numbers})
    if not records:
        raise UserError(f"{path}: the score sheet has no tests below its column names")
    columns = ["line", *_WORDS, *MEASURED, *_CHECKS]
    tests = pd.DataFrame(records).reindex(columns=columns)
    _compare(tests, notes)
    return ScoreSheet(path.name, hashlib.sha256(content).hexdigest(), tests, tuple(notes))


def choose_tests(sheet: ScoreSheet, pairs: str = "all", timepoint: str = "early") -> tuple[pd.DataFrame, list[str]]:
    """Return the tests of a pair type (FF, MM, FM or all) at a timepoint, and notes on what was left out.

    A sheet without a timepoint column is taken as it is, with a note. Raises `UserError` when nothing is left or an animal
    would count twice: the replicate is the animal.
    """
    tests, notes = sheet.tests, []
    if tests["timepoint"].isna().all():
        notes.append("the sheet has no timepoints; all of its tests are taken as early ones")
    else:
        chosen = tests["timepoint"] == timepoint
        notes += _left_out(tests[~chosen], "timepoint", f"is not {timepoint}")
        tests = tests[chosen]
        if tests.empty:
            there = ", ".join(sorted({str(one) for one in sheet.tests["timepoint"]}))
            raise UserError(f"{sheet.name}: no test at timepoint {timepoint} (ST, early); there are: {there}")
    kind = PAIR_TYPES.get(pairs.casefold(), pairs.casefold())
    if kind != "all":
        if kind not in PAIR_TYPES.values():
            raise UserError(f"pairs must be FF, MM, FM or all, got '{pairs}'")
        chosen = tests["pair_type"] == kind
        notes += _left_out(tests[~chosen], "pair_type", f"is not {kind}")
        if not chosen.any():
            there = ", ".join(sorted({str(one) for one in tests["pair_type"]}))
            raise UserError(f"{sheet.name}: no {timepoint} test of {kind} pairs; there are: {there}")
        tests = tests[chosen]
    twice = tests["animal"][tests["animal"].duplicated()]
    if len(twice):
        lines = tests["line"][tests["animal"] == twice.iloc[0]]
        raise UserError(
            f"{sheet.name}: animal {twice.iloc[0]} has {len(lines)} {timepoint} tests (lines "
            f"{', '.join(map(str, lines))}); the replicate is the animal, keep one test of each"
        )
    return tests.reset_index(drop=True), notes


def _left_out(tests: pd.DataFrame, column: str, why: str) -> list[str]:
    if tests.empty:
        return []
    kinds = ", ".join(f"{n} {kind}" for kind, n in tests[column].fillna("without one").value_counts().items())
    return [f"{len(tests)} tests left out because their {column.replace('_', ' ')} {why}: {kinds}"]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        beside = [one.name for one in path.parent.glob("*") if one.is_file()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        raise UserError(f"{path}: no such score sheet" + (f"; did you mean {near}?" if near else "")) from error
    except OSError as error:
        raise (from_os_error(error, f"read {path}") or error) from error


def _decode(content: bytes, path: Path) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UserError(f"{path} is a workbook; save the sheet as CSV first")
    utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in _ENCODINGS:
        if (encoding == "utf-16") != utf16:
            continue
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise UserError(f"{path}: not a text file")


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda one: (first.count(one), one == ","))


def _rows(text: str, delimiter: str, path: Path) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num}: not readable as a table ({error})") from error


def _plain(name: str) -> tuple[str, str]:
    """Return a column's name in plain words (small letters, our synonyms) and the unit that it states, if any."""
    unit = ""
    in_brackets = re.search(r"[(\[]\s*([^)\]]*?)\s*[)\]]", name)
    if in_brackets:
        unit = in_brackets[1].casefold().rstrip(".")
        name = name[: in_brackets.start()] + " " + name[in_brackets.end() :]
    name = name.replace("%", " percent ")
    words = [_SAME.get(word, word) for word in re.findall(r"[a-z0-9]+", name.casefold())]
    if not unit and "s" in words:
        words.remove("s")
    elif not unit and words and words[-1] in (*_SECONDS, *_MINUTES):
        unit = words.pop()
    return " ".join(words), unit


def _aliases(canonical: str, spellings: Iterable[str]) -> set[str]:
    return {_plain(one)[0] for one in (canonical, *spellings)}


def _match_columns(head: list[str], path: Path, notes: list[str]) -> tuple[dict[str, int], dict[str, float]]:
    known: Mapping[str, tuple[str, ...]] = {**MEASURED, **_CHECKS, **_WORDS}
    found: dict[str, int] = {}
    factors: dict[str, float] = {}
    ignored = []
    for k, title in enumerate(head):
        plain, unit = _plain(title)
        names = [name for name, spellings in known.items() if plain in _aliases(name, spellings)]
        if not names:
            if title.strip():
                ignored.append(title.strip())
            continue
        name = names[0]
        if name in found:
            raise UserError(
                f"{path}: columns '{head[found[name]].strip()}' and '{title.strip()}' both say {name}; keep one of them"
            )
        found[name] = k
        factors[name] = 1.0
        if name in MEASURED or name == "duration_s":
            if unit in _MINUTES:
                factors[name] = 60.0
                notes.append(f"column '{title.strip()}' is in minutes; multiplied by 60")
            elif unit and unit not in _SECONDS:
                raise UserError(
                    f"{path}: column '{title.strip()}' is in '{unit}'; allowed: seconds (s) or minutes (min)"
                )
    if ignored:
        notes.append(f"columns ignored: {', '.join(ignored)}")
    return found, factors


def _missing(name: str, head: list[str], path: Path, delimiter: str) -> str:
    spellings = {**MEASURED, **_WORDS}[name]
    titles = [title.strip() for title in head if title.strip()]
    hints = [near for one in (name, *spellings) if (near := nearest(one, titles))]
    hint = f"; nearest is '{hints[0]}'" if hints else ""
    came = (
        ", ".join(titles)
        if len(titles) > 1
        else f"one column, '{titles[0][:60]}' (taken as {_DELIMITERS[delimiter]}-separated)"
    )
    return f"{path}: no column for {name} (such as '{spellings[0]}' or '{spellings[1]}'){hint}; columns: {came}"


def _number(cell: str, delimiter: str, title: str, line: int, path: Path) -> float:
    if cell.casefold() in _BLANK:
        return math.nan
    text = cell.replace(",", ".") if delimiter != "," and cell.count(",") == 1 and "." not in cell else cell
    share = 100.0 if text.endswith("%") else 1.0
    try:
        value = float(text.rstrip("% ")) / share
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0.0 or "_" in text:
        raise UserError(f"{path}, line {line}, column '{title.strip()}': must be a number of 0 or more, got '{cell}'")
    return value


def _words(cells: Mapping[str, str]) -> dict[str, str | None]:
    words = {name: cells.get(name, "") or None for name in _WORDS}
    pair = words["pair_type"]
    if pair is not None:
        words["pair_type"] = PAIR_TYPES.get(pair.casefold(), pair)
    when = words["timepoint"]
    if when is not None:
        folded = when.casefold()
        words["timepoint"] = "early" if folded in _EARLY else "late" if folded in _LATE else when
    return words


def _compare(tests: pd.DataFrame, notes: list[str]) -> None:
    """Note where the sheet contradicts itself: its own ratio, or more huddling than time in the chamber."""
    partner, stranger = tests["huddle_s_partner"], tests["huddle_s_stranger"]
    stated = tests["preference"].where(tests["preference"] <= 1.0, tests["preference"] / 100.0)
    ours = partner / (partner + stranger)
    differ = (stated - ours).abs() > 0.02
    if differ.any():
        lines = ", ".join(map(str, tests["line"][differ]))
        notes.append(
            f"the sheet's own preference differs from P / (P + S) by more than 0.02 in lines {lines}; ours is used"
        )
    for who in ("partner", "stranger"):
        more = tests[f"huddle_s_{who}"] > tests[f"chamber_s_{who}"] + 1.0
        if more.any():
            lines = ", ".join(map(str, tests["line"][more]))
            notes.append(f"more huddling with the {who} than time in its chamber in lines {lines}")
