"""The verb `sweep`: from the words of a command line to run folders, one table and one page over all of them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from socialrl.config.loading import Config, config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.progress import Progress
from socialrl.storage.atomic import naming_the_place, write_bytes
from socialrl.storage.files import json_text
from socialrl.storage.provenance import collect_meta
from socialrl.sweep import folder as place
from socialrl.sweep.content import content
from socialrl.sweep.outcome import How, Sweep
from socialrl.sweep.point import is_done
from socialrl.sweep.points import Point, Source, drawn, listed, replicates, seeds_of
from socialrl.sweep.results import DONE, FAILED, WAITING, Result, check_objective, read_result
from socialrl.sweep.space import SEED, Space
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.executors import Executor, failures, need
from socialrl.work.task import Outcome, Task, Ticket

_TRIAL = "trial-{:04d}"
_SECONDS_BETWEEN_PAGES = 60.0
_MOST_NAMED = 4
_TRIED = 16
"""Random points of a search of which at least one must fit the configuration, before anything is run."""

if TYPE_CHECKING:
    from socialrl.sweep.search import Search

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sweeping:
    """A sweep that is checked and ready: where its points come from, and the configuration that they change."""

    source: Source
    how: How
    base: Config
    points: list[Point]

    @property
    def folder(self) -> Path:
        """The folder of the sweep."""
        return self.source.folder


def prepare(
    file: Path,
    space: Space,
    how: How,
    *,
    pieces: Sequence[Path] = (),
    rows: Sequence[dict[str, str]] = (),
    output: Path | None = None,
) -> Sweeping:
    """Return a sweep whose points are known and checked; mistakes raise `UserError` before anything is written.

    `rows` are points of a list; `output` is the folder of the sweep, by default `<output>/<name>_sweep`. A search
    proposes its points later.
    """
    base = _base(file, space, pieces)
    folder = output or base.run_path.with_name(f"{base.name}_sweep")
    source = Source(file, pieces, space, folder, rows or ({},))
    place.check_place(folder)
    if how.optuna is not None:
        need("optuna", "sweep", "--optuna")
        if not [key for key in source.keys if key != SEED]:
            raise UserError(
                "--optuna needs keys beside the seed, with lists or intervals, such as ppo.gamma=0.9..0.999"
            )
        if any(source.rows):
            raise UserError("--optuna and --points contradict each other; use one of them")
        option = "--maximize" if how.maximize else "--minimize"
        check_objective(how.objective, base, option)
        drawn(source, _TRIED, base.seed)  # refuses values that fit in none of them
        return Sweeping(source, how, base, [])
    points = listed(source) if how.random is None else drawn(source, how.random, base.seed)
    return Sweeping(source, how, base, points)


def run_sweep(
    sweeping: Sweeping,
    work: Asked,
    *,
    command: str,
    overwrite: bool = False,
    progress: Progress,
    say: Say = lambda _: None,
) -> Sweep:
    """Make every point that is not done, write table and page, and return them; failed points are in it, not raised.

    `work` says where points are made. A point that was made with another configuration, a folder in which another sweep
    is working, and a scheduler that does not answer raise `UserError`. If it is asked to stop, table and page are
    written with what is there.
    """
    work.check()
    if not overwrite:
        for point in sweeping.points:
            place.check_same(sweeping.folder, point)
    with open_executor(work, sweeping.folder) as executor:
        executor.check_room(_memory(sweeping, overwrite))
        with place.locked(sweeping.folder):
            return _run_locked(sweeping, executor, command, overwrite, progress, say)


def _run_locked(
    sweeping: Sweeping, executor: Executor, command: str, overwrite: bool, progress: Progress, say: Say
) -> Sweep:
    run = _Run(sweeping, executor, command, progress, say)
    run.begin(overwrite)
    try:
        with open_call(sweeping.folder) as ticket:
            run.all_points(ticket)
    finally:
        sweep = run.write()
    return sweep


def _memory(sweeping: Sweeping, overwrite: bool) -> list[float]:
    """The bytes that training a point needs, for each that is not done; of a search for those of a batch."""
    # here, because it brings the learning library
    from socialrl.training.run import memory_of

    if sweeping.how.optuna is not None:
        return [memory_of(sweeping.base)] * sweeping.how.batch * len(seeds_of(sweeping.source.space))
    waiting = [one for one in sweeping.points if overwrite or not is_done(sweeping.folder / one.name)]
    return [memory_of(one.config) for one in waiting if one.config is not None]


class _Run:
    """One call: does points, remembers how each ended, and writes what is known."""

    def __init__(self, sweeping: Sweeping, executor: Executor, command: str, progress: Progress, say: Say) -> None:
        self._sweeping, self._folder = sweeping, sweeping.folder
        self._executor, self._command, self._progress, self._say = executor, command, progress, say
        self._results: dict[str, Result] = {}
        self._search: Search | None = None
        self._meta = {**collect_meta(sweeping.base.seed, sweeping.base.env.table), "command": command}
        self._written = time.monotonic()

    def begin(self, overwrite: bool) -> None:
        """Take in the points that are known, and what is there of them; with `overwrite` delete that."""
        if overwrite:
            place.remove_points(self._folder, [one.name for one in self._sweeping.points])
            if self._sweeping.how.optuna is not None:
                place.remove_points(self._folder, [one.name for one in self._folder.glob("trial-*")])
                (self._folder / place.JOURNAL).unlink(missing_ok=True)
        if self._sweeping.how.optuna is not None:
            self._search = self._opened(self._sweeping.how.optuna)
        # from here on what an earlier call wrote is replaced
        for failed in (self._folder / place.FAILED).glob("*.txt"):
            failed.unlink()
        self._take_in(self._sweeping.points)
        # before the first point, so that a sweep that is killed is known as one
        write_bytes(self._folder / place.MARK, json_text(content(self._sweep())).encode())
        n = len(self._sweeping.points) or (self._sweeping.how.optuna or 0) * len(seeds_of(self._sweeping.source.space))
        self._say(f"{n} point{'s' if n > 1 else ''} on {self._executor.where}")
        if self._sweeping.how.optuna is None and (others := self._others()):
            shown = ", ".join(others[:_MOST_NAMED]) + (", …" if len(others) > _MOST_NAMED else "")
            self._say(
                f"note: runs of earlier calls lie here that this one does not name: {shown}; they are kept, but table"
                " and page are of the points of this call"
            )

    def _opened(self, n: int) -> Search:
        """Return the search in the folder; one that asks for something else, and other points of it, raise `UserError`.

        Nothing of an earlier call is touched before.
        """
        from socialrl.sweep.search import Search

        source, how = self._sweeping.source, self._sweeping.how
        search = Search(self._folder, source.space, how.objective, maximize=how.maximize, seed=self._sweeping.base.seed)
        for number in range(min(n, search.n_known)):
            for point in replicates(source, search.proposal(number), _TRIAL.format(number + 1)):
                place.check_same(self._folder, point)
        return search

    def _others(self) -> list[str]:
        """The runs in the folder that are no points of this call."""
        there = sorted(one.parent.name for one in self._folder.glob("*/meta.json"))
        return [name for name in there if name not in self._results]

    def all_points(self, ticket: Ticket) -> None:
        """Do all points, or, in a search, one batch of proposals after another."""
        how = self._sweeping.how
        if how.optuna is None:
            self._do(self._sweeping.points, ticket, len(self._sweeping.points))
            return
        source, search = self._sweeping.source, self._search
        assert search is not None
        total = how.optuna * len(seeds_of(source.space))
        for first in range(0, how.optuna, how.batch):
            numbers = range(first, min(first + how.batch, how.optuna))
            proposals = {n: replicates(source, search.proposal(n), _TRIAL.format(n + 1)) for n in numbers}
            points = [point for some in proposals.values() for point in some]
            self._take_in(points)
            for point in [one for n, some in proposals.items() if search.told(n) for one in some]:
                if self._results[point.name].state != DONE:
                    self._results[point.name] = Result(point, FAILED, "failed before; the search goes on without it")
            self._do([one for n, some in proposals.items() if not search.told(n) for one in some], ticket, total)
            for number, some in proposals.items():
                if not search.told(number):
                    values = [self._results[one.name].value(how.objective) for one in some]
                    search.tell(number, sum(values) / len(values))

    def _take_in(self, points: Sequence[Point]) -> None:
        for point in points:
            self._results[point.name] = read_result(point, self._folder / point.name)

    def _do(self, points: Sequence[Point], ticket: Ticket, total: int) -> None:
        by_name = {point.name: point for point in points}
        ended = sum(one.state in (DONE, FAILED) for one in self._results.values())
        self._progress.update(ended, total)
        tasks = [self._task(one, ticket) for one in points if self._results[one.name].state not in (DONE, FAILED)]
        with contextlib.closing(self._executor.run(tasks)) as outcomes:
            for outcome in outcomes:
                if outcome.stopped:
                    raise KeyboardInterrupt
                self._note(by_name[outcome.name], outcome)
                ended += 1
                self._progress.update(ended, total, outcome.name)
                if time.monotonic() - self._written > _SECONDS_BETWEEN_PAGES:
                    self.write()

    def _task(self, point: Point, ticket: Ticket) -> Task:
        assert point.config is not None
        given = {
            "config_yaml": config_to_yaml(point.config),
            "folder": str((self._folder / point.name).resolve()),
            "command": self._command,
        }
        return Task(point.name, "socialrl.sweep.point:run_point", given, ticket)

    def _note(self, point: Point, outcome: Outcome) -> None:
        known = Result(point, seconds=outcome.seconds, host=outcome.host)
        if outcome.error:
            self._say(f"note: {point.name} failed: {outcome.error}")
            known = Result(point, FAILED, outcome.error, outcome.seconds, outcome.host)
            if outcome.trace:
                place_of_traces = self._folder / place.FAILED
                with naming_the_place(f"create {place_of_traces}"):
                    place_of_traces.mkdir(exist_ok=True)
                write_bytes(place_of_traces / f"{point.name}.txt", outcome.trace.encode())
        self._results[point.name] = read_result(point, self._folder / point.name, known)

    def write(self) -> Sweep:
        """Write table and page with what is known now."""
        # here, because drawing libraries are needed only now
        from socialrl.sweep.report import write_results

        sweep = self._sweep()
        write_results(sweep)
        self._written = time.monotonic()
        return sweep

    def _sweep(self) -> Sweep:
        made = self._sweeping
        return Sweep(self._folder, made.source.keys, list(self._results.values()), made.how, made.base, self._meta)


def failed_in_words(sweep: Sweep) -> str:
    """Return one line that names the points that failed, or nothing."""
    failed = [Outcome(one.point.name, one.error) for one in sweep.failed]
    return failures(failed, len(sweep.results), "point") if failed else ""


def _base(file: Path, space: Space, pieces: Sequence[Path]) -> Config:
    """Return the configuration without what varies; where it needs one of those keys, with the first of its values."""
    first = {axis.key: axis.values[0] if axis.values else repr(axis.interval.at(0.5)) for axis in space.axes}  # type: ignore[union-attr]
    seed = {key: value for key, value in first.items() if key == SEED}
    try:
        return load_config(file, space.overrides(seed), pieces)
    except UserError:
        return load_config(file, space.overrides(first), pieces)


def listing(sweeping: Sweeping) -> list[str]:
    """Return a line for each point: its state and its run folder; nothing is written."""
    told = []
    drawn_ones = sweeping.how.random is not None  # the others are called after their values
    for point in sweeping.points:
        place.check_same(sweeping.folder, point)
        done = point.config is not None and is_done(sweeping.folder / point.name)
        state = DONE if done else f"{FAILED}: {point.mistake}" if point.config is None else WAITING
        values = ", ".join(f"{key}={text}" for key, text in point.own.items()) if drawn_ones else ""
        told.append(f"{sweeping.folder / point.name}: {f'{values}: ' if values else ''}{state}")
    return told or [f"{sweeping.how.optuna} proposals, which are made one batch after another"]
