"""Neurodata Without Borders: one file for every test of an animal, with its subject, events and record."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl import __version__
from socialrl.errors import UserError
from socialrl.interop.format import Settings
from socialrl.interop.formats import Format, Option
from socialrl.interop.run_events import EVENTS, HABITATS, TESTS, events_of
from socialrl.storage.files import checksum

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.interop.nwb_files import Session
    from socialrl.storage.run_folder import RunFolder
    from socialrl.tables.loaded import Run

_NAME = re.compile(r"^([\w\s\-\.']+),\s+([\w\s\-\.']+)$")
_WHOSE = ("animal", "test", "repeat")
_SAID = ("animal", "genotype", "sex", "test", "assay", "doses")  # elsewhere in the file
_LOST = ("seed", "wall_s", "steps")  # no numbers of the test, or too long for one


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    return when if when.tzinfo is not None else when.replace(tzinfo=UTC)


def _start(text: str) -> datetime:
    when = _time(text)
    if not datetime(1980, 1, 1, tzinfo=UTC) < when <= datetime.now(UTC):
        raise ValueError("out of range")
    return when


def _experimenter(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError("not a name")
    return text


def _words(text: str) -> str:
    if not text.strip():
        raise ValueError("empty")
    return text.strip()


def export(run: RunFolder, folder: Path, settings: Settings) -> list[str]:
    """Write one file a test, `sub-<animal>/sub-<animal>_ses-<test>-r<repeat>.nwb`."""
    from socialrl.interop.nwb_files import write_nwb
    from socialrl.tables.loaded import Run

    read = Run(run)
    events = events_of(run, settings)
    tests = read.table(_tests_of(str(settings["events"]))).set_index(list(_WHOSE))
    starts, notes = _starts(tests, run.meta, settings)
    for key, rows in events.groupby(list(_WHOSE), sort=False):
        if key not in tests.index:
            raise UserError(f"{run.path}: the tables of tests and of events do not fit; evaluate the run again")
        session = _session(read, dict(zip(_WHOSE, key, strict=True)), tests.loc[key], starts[key[1:]], settings)
        place = folder / f"sub-{_word(session.animal)}"
        place.mkdir(exist_ok=True)
        write_nwb(place / f"sub-{_word(session.animal)}_ses-{_word(session.session_id)}.nwb", session, rows)
    return notes


def _starts(
    tests: pd.DataFrame, meta: Mapping[str, Any], settings: Settings
) -> tuple[dict[tuple[Any, ...], datetime], list[str]]:
    """Return when each test and repeat began, and notes: no animal is in two tests at once, and none in the future.

    They are whole days apart, in the order of the table, whichever of them are exported; animals of one world are in a
    test together, so it begins for all of them at once.
    """
    order = list(dict.fromkeys(tuple(key[1:]) for key in tests.index))
    apart = timedelta(days=max(1, math.ceil(tests["duration_s"].max() / 86_400)))
    whole = (len(order) - 1) * apart
    given: datetime | None = settings["start"]
    first = given or _time(str(meta["started"])) - whole
    if given is not None and first + whole > datetime.now(UTC):
        raise UserError(
            f"start: of {len(order)} sessions, {apart.days} d apart, the last would begin on"
            f" {(first + whole).date()}, in the future; give a start before {(datetime.now(UTC) - whole).date()}"
        )
    notes = [f"sessions of an animal begin {apart.days} d apart"] if len(order) > 1 else []
    if given is None:
        notes.append("session_start_time of the last session is when training began; set the first with start=…")
    return {key: first + k * apart for k, key in enumerate(order)}, notes


def _tests_of(events: str) -> str:
    """Return the table of the tests whose events are in the table called `events`."""
    if events == "events":
        return "tests"
    return events.removesuffix("_events") if events.endswith("_events") else events.replace("events_", "protocol_", 1)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "-", text)  # one for one, so that no two names become one


def _session(run: Run, whose: dict[str, Any], test: pd.Series, start: datetime, settings: Settings) -> Session:
    from socialrl.interop.nwb_files import Session
    from socialrl_envs import ASSAYS
    from socialrl_envs.named_tables import UNNAMED
    from socialrl_envs.vocabulary import SLOW

    assay = ASSAYS[str(test["assay"])]
    name, own = assay.id.partition("/")[2], run.folder.meta
    table = _tests_of(str(settings["events"]))
    words = {str(key): one for key, one in test.items() if isinstance(one, str) and one and key not in _SAID}
    adult_d = next(one.reference for one in SLOW if one.name == "age_d")
    age_d = next((float(test[key]) for key in ("age_d_start", "age_d") if key in test), adult_d)
    gain = float(test["oxtr_gain"])
    config = checksum((run.path / "config.yaml").read_bytes())
    named = (run.path.name, own.get("started"), config, table, *(whose[key] for key in _WHOSE))
    return Session(
        identifier=str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(["socialrl", *map(str, named)]))),
        animal=str(whose["animal"]),
        sex=str(test["sex"]),
        age_d=age_d,
        genotype=f"{test['genotype']} (oxytocin-receptor gain {gain:g} × wild type)",
        of_subject="A simulated prairie vole: a frozen policy that reinforcement learning trained in socialrl.",
        session_id=f"{whose['test']}-r{whose['repeat']}",
        description=f"Test '{whose['test']}', repeat {whose['repeat']}, in the simulated assay {name}.",
        experiment=f"Run {run.path.name} of socialrl {__version__}: {assay.paper}.",
        notes={
            **words,
            "seed": str(test["seed"]),
            "seed of the run": str(own.get("seed")),
            "parameter table": str(own.get("parameter_table", UNNAMED)),
            "commit": str(own.get("commit")),
        },
        drugs=_drugs(run, whose, test),
        start=start,
        duration_s=float(test["duration_s"]),
        experimenter=settings["experimenter"],
        institution=settings["institution"],
        lab=settings["lab"],
        keywords=("prairie vole", "simulation", "oxytocin receptor", "social behavior", name),
        record=_record(table, test),
    )


def _drugs(run: Run, whose: dict[str, Any], test: pd.Series) -> str:
    """Return in words what the animal was given in a test: those of a protocol are in its table."""
    if "doses" in test:
        return str(test["doses"])
    evaluation = run.config.evaluation.tests or run.config.probes.tests
    own = next((one.drugs for one in evaluation if one.name == whose["test"]), ())
    given = (*run.config.env.drugs_of_tests, *own)
    return "; ".join(f"{one.drug} {one.dose:g} from {one.start_s:g} to {one.end_s:g} s" for one in given)


def _record(table: str, test: pd.Series) -> pd.DataFrame:
    """Return the numbers of a row of tests, with unit and meaning; what is missing is left out."""
    import pandas as pd

    from socialrl.tables.codebook import column_of
    from socialrl.tables.column import NUMBER, WHOLE, YES_NO

    rows = []
    for name, value in test.items():
        one = column_of(table, str(name))
        if one is not None and one.kind in (NUMBER, WHOLE, YES_NO) and name not in _LOST and not pd.isna(value):
            rows.append({"name": name, "value": float(value), "unit": one.unit, "meaning": one.meaning})
    return pd.DataFrame(rows)


def read_events(path: Path, _settings: Settings, notes: list[str]) -> pd.DataFrame:
    """Return the events of a file, or of all files in a folder, that `export` wrote."""
    import pandas as pd

    from socialrl.interop.nwb_files import read_nwb

    files = list(_files(path))
    if not files:
        raise UserError(f"{path} holds no .nwb file")
    if len(files) > 1:
        notes.append(f"{len(files)} files")
    read: dict[tuple[Any, ...], tuple[Path, pd.DataFrame]] = {}
    for file in files:
        events = read_nwb(file)
        whose = tuple(events[list(_WHOSE)].iloc[0]) if len(events) else (file,)
        if whose in read:
            told = f"{whose[0]} in the test '{whose[1]}', repeat {whose[2]}"
            raise UserError(f"{file}: {told}, is also in {read[whose][0]}; keep one of the files")
        read[whose] = file, events
    return pd.concat([events for _, events in read.values()], ignore_index=True)


def _files(path: Path) -> Iterator[Path]:
    yield from [path] if path.is_file() else sorted(one for one in path.rglob("*") if _is_nwb(one))


def _is_nwb(path: Path) -> bool:
    return path.is_file() and path.suffix.casefold() == ".nwb"


def recognises(path: Path) -> bool:
    """Whether a file has the ending, or a folder holds such files."""
    return _is_nwb(path) if path.is_file() else any(True for _ in _files(path))


FORMAT = Format(
    "nwb",
    "Neurodata Without Borders",
    recognises=recognises,
    read_events=read_events,
    export=export,
    options=(
        EVENTS,
        TESTS,
        HABITATS,
        Option(
            "start",
            "when the first sessions began",
            None,
            _start,
            "a date and time such as 2026-01-05T09:00+01:00, after 1980 and not in the future",
            "so that the last began when training did",
        ),
        Option(
            "experimenter",
            "who did it",
            "simulation, socialrl",
            _experimenter,
            "'Last name, First name', as DANDI asks",
        ),
        Option("institution", "where", "none: simulated with socialrl", _words, "text that is not empty"),
        Option("lab", "whose laboratory", None, _words, "text that is not empty", "none"),
    ),
    extensions=(".nwb",),
    writes="one file a test of an animal, sub-<animal>/sub-<animal>_ses-<test>-r<repeat>.nwb, as DANDI orders them",
    reads="files that socialrl wrote, or a folder of them: their events",
    needs=("pynwb",),
    extra="nwb",
    folders=True,
)
