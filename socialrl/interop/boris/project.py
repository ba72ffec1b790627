"""Projects of BORIS (`.boris`, also compressed): observations with their events, as a laboratory keeps them.

After BORIS 8: an event is [time, subject, behaviour, modifiers, comment, …]; what is a state and what a point event the
ethogram says. States have no start and stop of their own: the first event of a subject, behaviour and modifiers starts
it, the next one stops it. Times are seconds, with the time offset of the observation in them.
"""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from socialrl.errors import UserError, shortened
from socialrl.interop.boris.scoring import BLANK, Scoring
from socialrl.interop.scored import Scored
from socialrl.interop.table_text import read_bytes

_MOST_BYTES = 512 * 2**20
_GZIP = b"\x1f\x8b"
_NEEDED = ("observations", "behaviors_conf")
_SUFFIXES = (".boris", ".boris.gz")
_CLOCKS = ("start_from_current_time", "start_from_current_epoch_time")


def recognises(path: Path) -> bool:
    """Whether a file is called a project, or begins as one."""
    if path.name.casefold().endswith(_SUFFIXES):
        return True
    with path.open("rb") as file:
        head = file.read(4096)
    return head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{") and b'"project_' in head


def read(path: Path, notes: list[str]) -> list[Scored]:
    """Return the tests in a project: one for each observation and subject.

    A test lasts as long as the interval that was to be observed, else as the films of the first player. Observations
    of images, and those that were timed by the clock of the day, raise `UserError`, as does everything that BORIS
    itself calls damaged: behaviours that are not in the ethogram, states that never stop.
    """
    content = _content(path)
    kinds = {str(one["code"]): str(one["type"]).casefold() for one in content["behaviors_conf"].values()}
    scoring = Scoring(str(path), "event")
    empty = []
    for name, observation in content["observations"].items():
        try:
            events = observation["events"]
            if not events:
                empty.append(name)
                continue
            _check_kind(name, observation, path)
            _read_observation(name, observation, events, kinds, scoring)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            if isinstance(error, UserError):
                raise
            told = f"{type(error).__name__}: {shortened(str(error))}"
            raise UserError(f"{path}, observation '{name}': not as BORIS writes it ({told})") from error
    if empty:
        notes.append(f"observations without an event: {', '.join(empty)}")
    if not scoring.tests:
        raise UserError(f"{path}: the project has no observation with events")
    return scoring.finished(notes)


def _content(path: Path) -> Any:
    content = read_bytes(path, _MOST_BYTES)
    try:
        text = gzip.decompress(content) if content.startswith(_GZIP) else content
        found = json.loads(text.decode("utf-8-sig"))
    except (json.JSONDecodeError, RecursionError) as error:
        raise UserError(f"{path}: not a whole project of BORIS ({shortened(str(error))})") from error
    except (UnicodeDecodeError, OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: not a project of BORIS ({shortened(str(error))})") from error
    for name in _NEEDED:
        if not isinstance(found, dict) or not isinstance(found.get(name), dict):
            raise UserError(f"{path}: a project of BORIS needs '{name}'; is the file complete?")
    return found


def _check_kind(name: str, observation: Mapping[str, Any], path: Path) -> None:
    if str(observation.get("type", "")).upper() == "IMAGES":
        raise UserError(f"{path}, observation '{name}': made of images; export its aggregated events in seconds")
    if any(observation.get(one) for one in _CLOCKS):
        told = "its times are those of the clock, and do not say when the test began"
        raise UserError(f"{path}, observation '{name}': {told}; score it from 0, or give a table with times from 0")


def _read_observation(
    name: str, observation: Mapping[str, Any], events: Sequence[Any], kinds: Mapping[str, str], scoring: Scoring
) -> None:
    began, ended = (float(one) for one in (observation.get("observation time interval") or (0.0, 0.0))[:2])
    if ended > began:
        offset_s, length_s = began, ended - began
    else:
        offset_s, length_s = float(observation.get("time offset") or 0.0), _length(observation)
    if offset_s:
        scoring.offsets[name] = offset_s
    facts = {str(title): str(value) for title, value in (observation.get("independent_variables") or {}).items()}
    numbered = [(number, event) for number, event in enumerate(events, start=1)]
    for number, (time, subject, code, modifiers, *_) in sorted(numbered, key=lambda one: float(one[1][0])):
        if str(code) not in kinds:
            raise UserError(f"{scoring.at(number, name)}: the ethogram has no behaviour '{shortened(str(code))}'")
        time_s = float(time)
        if not math.isfinite(time_s):
            raise UserError(f"{scoring.at(number, name)}: no time")
        key = scoring.test(name, str(subject), number, facts, length_s)
        said = [one for one in str(modifiers or "").split("|") if one.casefold() not in BLANK]
        behaviour = " ".join([str(code), *said])
        if "state" not in kinds[str(code)]:
            scoring.bout(key, behaviour, time_s, time_s, number)
        elif scoring.runs(key, behaviour):
            scoring.stop(key, behaviour, time_s, number)
        else:
            scoring.start(key, behaviour, time_s, number)


def _length(observation: Mapping[str, Any]) -> float:
    """Return how long the films of the first player that has some are together, s; NaN if that is not known."""
    files = observation.get("file") or {}
    lengths = (observation.get("media_info") or {}).get("length") or {}
    films: Sequence[str] = next((one for one in files.values() if one), []) if isinstance(files, Mapping) else []
    if films and all(film in lengths for film in films):
        return float(sum(float(lengths[film]) for film in films))
    return math.nan
