"""The clock of OLCUS: `dd.mm.yyyy HH:MM:SS:mmm`, local time without zone, a colon before the milliseconds."""

from __future__ import annotations

import itertools
import re
import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl.errors import UserError, nearest, shortened

START = datetime(2026, 1, 5, 9)
"""When a recording begins, if the user does not say: a Monday morning in winter, far from any change of the clocks."""

ZONE = "America/Los_Angeles"
"""The zone that Voletron assumes without `--timezone` (under its older name US/Pacific)."""

_WRITTEN = re.compile(r"(\d\d)\.(\d\d)\.(\d{4}) (\d\d):(\d\d)(?::(\d\d)(?::(\d{3}))?)?")
_STAMP = re.compile(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d:\d{3}")


def parse_start(text: str) -> datetime:
    """Return a local time from `2026-01-05T09:00` (seconds optional) or `05.01.2026 09:00:00:000`; else ValueError."""
    own = _WRITTEN.fullmatch(text)
    if own:
        day, month, year, hour, minute, second, ms = (int(one or 0) for one in own.groups())
        return datetime(year, month, day, hour, minute, second, 1000 * ms)
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        raise UserError(f"the start is a local time; give the zone with zone=, got '{shortened(text)}'")
    return found


def parse_zone(text: str) -> str:
    """Return the name of a time zone as the IANA data base has it; another one raises `UserError`."""
    known = zoneinfo.available_timezones()
    if text in known:
        return text
    near = nearest(text, known)
    hint = f"; did you mean {near}?" if near else ""
    raise UserError(f"unknown time zone '{shortened(text)}'{hint} (names such as Europe/Berlin, or UTC)")


def wall_times(ms: Iterable[int], start: datetime, zone: str) -> list[datetime]:
    """Return the local times `ms` milliseconds after `start`.

    A start that the zone's clocks skip or show twice, and times over which clocks are put back, raise `UserError`:
    without a zone in the file, an hour would be there twice.
    """
    area = zoneinfo.ZoneInfo(zone)
    begins = start.replace(tzinfo=area)
    if begins.astimezone(UTC).astimezone(area).replace(tzinfo=None) != start:
        raise UserError(f"start: the clocks of {zone} skip {start:%d.%m.%Y %H:%M}; choose another time")
    if begins.utcoffset() != start.replace(tzinfo=area, fold=1).utcoffset():
        raise UserError(f"start: the clocks of {zone} show {start:%d.%m.%Y %H:%M} twice; choose another time")
    first = begins.astimezone(UTC)
    times = [(first + timedelta(milliseconds=int(one))).astimezone(area) for one in ms]
    offsets = [one.utcoffset() or timedelta(0) for one in times]
    if any(b < a for a, b in itertools.pairwise(offsets)):
        raise UserError(
            f"the recording lasts until {times[-1]:%d.%m.%Y}, and the clocks of {zone} are put back before, so that an"
            " hour would be there twice (OLCUS writes no zone); give another start=, or zone=UTC"
        )
    return [one.replace(tzinfo=None) for one in times]


def stamp(time: datetime) -> str:
    """Return a time as OLCUS writes it."""
    return f"{time:%d.%m.%Y %H:%M:%S}:{time.microsecond // 1000:03d}"


def seconds_of(stamps: Sequence[str], lines: Sequence[int], zone: str, path: Path) -> NDArray[np.float64]:
    """Return seconds since 1970 (UTC) of the local times in `lines` of a file, shape (n,).

    A text that is no such time, or one that the clocks of the zone skip or leave open, raises `UserError` with its
    line.
    """
    for text, line in zip(stamps, lines, strict=True):
        if not _STAMP.fullmatch(text):
            raise UserError(
                f"{path}, line {line}: a time must be dd.mm.yyyy HH:MM:SS:mmm (a colon and three digits before the "
                f"milliseconds), got '{shortened(text)}'"
            )
    local = pd.to_datetime(pd.Series(stamps, dtype=object), format="%d.%m.%Y %H:%M:%S:%f", errors="coerce")
    if local.isna().any():
        k = int(np.flatnonzero(local.isna())[0])
        raise UserError(f"{path}, line {lines[k]}: there is no such time as '{shortened(stamps[k])}'")
    area = zoneinfo.ZoneInfo(zone)
    in_summer = _before_the_clocks_go_back(local)
    skipped = local.dt.tz_localize(area, ambiguous=in_summer, nonexistent="NaT")
    if skipped.isna().any():
        k = int(np.flatnonzero(skipped.isna())[0])
        raise UserError(f"{path}, line {lines[k]}: the clocks of {zone} skip {stamps[k]}; is zone= right?")
    twice = local.dt.tz_localize(area, ambiguous="NaT", nonexistent="NaT").isna()
    if twice.any() and in_summer.all():
        k = int(np.flatnonzero(twice)[0])
        raise UserError(
            f"{path}, line {lines[k]}: the clocks of {zone} show {stamps[k]} twice, and the file does not say which; "
            "if the recorder's clock was not put back, use zone=UTC"
        )
    since = skipped.dt.tz_convert("UTC").dt.tz_localize(None) - pd.Timestamp("1970-01-01")
    seconds: NDArray[np.float64] = since.dt.total_seconds().to_numpy(dtype=np.float64)
    return seconds


def _before_the_clocks_go_back(local: pd.Series) -> NDArray[np.bool_]:
    """Return which reads came before the first step back in time by more than half an hour, if there is one."""
    back = local.diff() < -pd.Timedelta(minutes=30)
    before: NDArray[np.bool_] = (back.cumsum() == 0).to_numpy()
    return before
