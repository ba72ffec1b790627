"""Neurodata Without Borders: one file for every test of an animal, with its subject, events and record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl import __version__
from socialrl.errors import UserError
from socialrl.interop.format import Settings
from socialrl.interop.formats import Format, Option
from socialrl.interop.run_events import EVENTS, HABITATS, TESTS, events_of

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.interop.nwb_files import Session
    from socialrl.storage.run_folder import RunFolder
    from socialrl.tables.loaded import Run

_NAME = re.compile(r"^([\w\s\-\.']+),\s+([\w\s\-\.']+)$")
_WHOSE = ("animal", "test", "repeat")
_WORDS = (
    "habitat_type",
    "habitat",
    "history",
    "session",
    "side",
    "relationship",
    "stranger_sex",
    "offered_partner",
    "offered_stranger",
)
_LOST = ("seed", "wall_s", "steps")  # no numbers of the test, or too long for one


def _start(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    when = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
    if not datetime(1980, 1, 1, tzinfo=UTC) < when <= datetime.now(UTC):
        raise ValueError("out of range")
    return when


def _experimenter(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError("not a name")
    return text


def export(run: RunFolder, folder: Path, settings: Settings) -> list[str]:
    """Write one file a test, `sub-<animal>/sub-<animal>_ses-<test>-r<repeat>.nwb`."""
    from socialrl.interop.nwb_files import write_nwb
    from socialrl.tables.loaded import Run

    read = Run(run)
    events = events_of(run, settings)
    tests = read.table(_tests_of(str(settings["events"]))).set_index(list(_WHOSE))
    for key, rows in events.groupby(list(_WHOSE), sort=False):
        if key not in tests.index:
            raise UserError(f"{run.path}: the tables of tests and of events do not fit; evaluate the run again")
        session = _session(read, dict(zip(_WHOSE, key, strict=True)), tests.loc[key], settings)
        place = folder / f"sub-{_word(session.animal)}"
        place.mkdir(exist_ok=True)
        write_nwb(place / f"sub-{_word(session.animal)}_ses-{_word(session.session_id)}.nwb", session, rows)
    return ["session_start_time is when training began; set it with start=…"] if settings["start"] is None else []


def _tests_of(events: str) -> str:
    """Return the table of the tests whose events are in the table called `events`."""
    if events == "events":
        return "tests"
    return events.removesuffix("_events") if events.endswith("_events") else events.replace("events_", "protocol_", 1)


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")


def _session(run: Run, whose: dict[str, Any], test: pd.Series, settings: Settings) -> Session:
    from socialrl.interop.nwb_files import Session
    from socialrl_envs import ASSAYS
    from socialrl_envs.named_tables import UNNAMED
    from socialrl_envs.vocabulary import SLOW

    assay = ASSAYS[str(test["assay"])]
    name, own = assay.id.partition("/")[2], run.folder.meta
    words = {key: str(test[key]) for key in _WORDS if key in test and isinstance(test[key], str)}
    adult_d = next(one.reference for one in SLOW if one.name == "age_d")
    age_d = next((float(test[key]) for key in ("age_d_start", "age_d") if key in test), adult_d)
    gain = float(test["oxtr_gain"])
    return Session(
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
        start=settings["start"] or _start(str(own["started"])),
        duration_s=float(test["duration_s"]),
        experimenter=settings["experimenter"],
        institution=settings["institution"],
        lab=settings["lab"],
        keywords=("prairie vole", "simulation", "oxytocin receptor", "social behavior", name),
        record=_record(_tests_of(str(settings["events"])), test),
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
    return pd.concat([read_nwb(file) for file in files], ignore_index=True)


def _files(path: Path) -> Iterator[Path]:
    yield from [path] if path.is_file() else sorted(path.rglob("*.nwb"))


def recognises(path: Path) -> bool:
    """Whether a file has the ending, or a folder holds such files."""
    return path.suffix == ".nwb" if path.is_file() else any(True for _ in _files(path))


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
            "when the sessions began",
            None,
            _start,
            "a date and time such as 2026-01-05T09:00+01:00, after 1980 and not in the future",
            "when training began",
        ),
        Option(
            "experimenter",
            "who did it",
            "simulation, socialrl",
            _experimenter,
            "'Last name, First name', as DANDI asks",
        ),
        Option("institution", "where", "none: simulated with socialrl"),
        Option("lab", "whose laboratory", None, shown_default="none"),
    ),
    extensions=(".nwb",),
    writes="one file a test of an animal, sub-<animal>/sub-<animal>_ses-<test>-r<repeat>.nwb, as DANDI orders them",
    reads="files that socialrl wrote, or a folder of them: their events",
    needs=("pynwb",),
    extra="nwb",
    folders=True,
)
