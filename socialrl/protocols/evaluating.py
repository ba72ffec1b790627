"""A protocol file played with the animals of a run: its tables, written into the run folder, and notes on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.budget import check_tests
from socialrl.config.loading import Config
from socialrl.config.shipped import find
from socialrl.errors import UserError
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import load_policies, trained_animals
from socialrl.evaluation.selection import ALL, Selection, rows_of, with_company
from socialrl.evaluation.unmet import Demand, states_beyond, unmet
from socialrl.findings.registry import load_registry
from socialrl.progress import Progress
from socialrl.protocols.companions import NOBODY, PARTNER, STRANGER
from socialrl.protocols.contrasts import absent_groups, read_contrasts
from socialrl.protocols.idle_phases import idle_phases
from socialrl.protocols.plan import plan
from socialrl.protocols.planned import PlannedTest, drugs_in_test
from socialrl.protocols.playing import play_protocol
from socialrl.protocols.schema import load_protocol
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS

_ROWS_AT_ONCE = 4096


@dataclass(frozen=True)
class PlayedProtocol:
    """Where the tables of a protocol are, and notes for their readers, one line each."""

    table: Path
    events: Path | None
    notes: tuple[str, ...]


def evaluate_protocol(
    run: RunFolder,
    file: Path,
    *,
    repeats: int | None = None,
    events: bool | None = None,
    events_csv: bool = False,
    overwrite: bool = False,
    selection: Selection = ALL,
    progress: Progress,
) -> PlayedProtocol:
    """Play a protocol file with a run's trained animals; write `protocol_<name>.parquet`, and that of events.

    A CSV is written beside the table, the file itself to `protocols/<name>.yaml` and the notes beside it. With `events`
    (None: where animals live in one world) comes the table `events_<name>`, with `events_csv` its CSV. An existing
    table is replaced only if `overwrite` is true. A `selection` of the animals gets tables and notes of its own,
    `protocol_<name>_of_<names>` and `events_<name>_of_<names>`. Takes the run's lock. All mistakes raise `UserError`
    before anything is written.
    """
    file = find(file, "protocol")
    config, protocol = run.config, load_protocol(file)
    histories = plan(protocol, config.env, str(file))
    name = f"{protocol.name}{selection.suffix(config)}"
    table, events_table = f"protocol_{name}", f"events_{name}"
    path = run.path / f"{table}.parquet"
    if run.has_table(table) and not overwrite:
        raise UserError(f"{path} exists already; give the protocol another name, or replace the table with --overwrite")
    run.lock()
    animals = trained_animals(run)
    repeats = config.evaluation.repeats if repeats is None else repeats
    steps = run.read_table("animals").set_index("animal")["steps"]
    # an animal whose network is written and whose row is not has not finished yet
    animals = [one for one in animals if one.id in steps.index]
    chosen = selection.of(config, animals)
    # whole habitats at a time, so that animals that share a world stay together
    share = max(len(ASSAYS[test.assay].acting) for tests in histories for test in tests)
    at_once = share * max(1, _ROWS_AT_ONCE // (share * repeats))
    longest = max((test for tests in histories for test in tests), key=lambda test: test.duration_s)
    n_ticks = round(longest.duration_s / longest.dt_s)
    n_tests = sum(map(len, histories))
    check_tests(len(animals), n_tests, repeats, longest.duration_s, n_ticks, at_once=at_once * repeats)
    recorder = EventRecorder() if events or (events is None and share > 1) else None
    animals = with_company(config, animals, chosen)
    pieces = []
    for first in range(0, len(animals), at_once):
        progress.update(first, len(animals), "animals tested")
        some = animals[first : first + at_once]
        policies = load_policies(run, some)
        piece = play_protocol(config, some, policies, histories, repeats=repeats, events=recorder)
        pieces.append(piece.assign(steps=piece["animal"].map(steps)))
    progress.update(len(animals), len(animals), "animals tested")
    # One animal per group is enough: the others differ in the values of parameters only.
    of_groups = list({animal.group: animal for animal in reversed(animals)}.values()) if share == 1 else animals[:share]
    played = pd.concat(pieces, ignore_index=True)
    notes = (*_notes(config, histories, played), *idle_phases(config, of_groups, protocol, str(file)))
    contrasts = read_contrasts(protocol.contrasts, str(file))
    groups = {group: one.names for group, one in load_registry().groups.items()} if contrasts else {}
    if note := absent_groups(contrasts, config.genotypes, groups):
        notes = (*notes, note)
    # The protocol's table is the sign that it was played completely, so it is deleted first and written last.
    run.drop_table(table)
    run.drop_table(events_table)
    run.write_text(f"protocols/{protocol.name}.yaml", file.read_text(encoding="utf-8"))
    run.write_protocol_notes(name, notes)
    if recorder is not None:
        run.write_table(events_table, rows_of(recorder.table(), chosen), csv=events_csv)
    run.write_table(table, rows_of(played, chosen), csv=True)
    written = run.path / f"{events_table}.parquet" if recorder is not None else None
    return PlayedProtocol(path, written, notes)


def _notes(config: Config, histories: Sequence[Sequence[PlannedTest]], played: pd.DataFrame) -> tuple[str, ...]:
    """Return notes on what the animals never met in training; `played` are the rows of their tests."""
    tests = [test for history in histories for test in history]
    strange = sorted({test.assay for test in tests} - {config.env.id})
    lines = [f"the animals learned in {config.env.id}; new to them: {', '.join(strange)}"] if strange else []
    demands = [
        Demand(
            test.name,
            test.assay,
            # where nobody is in the partner's place, any partner will do, and no stranger is of any sex
            test.relationship if _is_taken(test, PARTNER) else config.env.reset.relationship[0],
            tuple((one[0], one[1]) for one in drugs_in_test(test)),
            test.session,
            stranger_sex=test.stranger_sex if _is_taken(test, STRANGER) else "as_partner",
            access_s=test.options.get("access_s"),
            familiar=familiar,
            conditioned=test.conditioned,
        )
        for history in histories
        for test, familiar in zip(history, _familiar(history), strict=True)
    ]
    return (*lines, *unmet(config, demands), *states_beyond(config, played))


def _is_taken(test: PlannedTest, place: str) -> bool:
    """Return whether a place is not left empty in a test, or in conditioning; without names the session says it."""
    if test.home is not None:
        return test.home.offered.get(place) != NOBODY
    return test.conditioned_with in (None, place)


def _familiar(history: Sequence[PlannedTest]) -> list[tuple[str, ...]]:
    """Return, for each test of a history, which animals that the tested one has lived with are in it.

    A history without names has one partner, as training has, and gives none.
    """
    met: set[str] = set()
    found = []
    for test in history:
        offered: Iterable[str] = ()
        if test.home is not None:
            met |= {name for spell in test.home.spells if spell.hours > 0.0 for name in spell.together}
            offered = test.home.offered.values()
        found.append(tuple(name for name in offered if name in met))
    return found
