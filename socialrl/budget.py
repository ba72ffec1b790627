"""Whether work fits into memory and can end in reasonable time, checked before it starts; one estimate for all verbs.

The numbers are measured on the shipped configurations and rounded up. They serve to refuse impossible work (a hundred
thousand animals on a laptop, a billion repeats), not to predict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from socialrl.errors import UserError

SHARE = 0.8
"""Of the free memory: Python, compiled code and the file cache need the rest."""
PROCESS = 450e6
"""Bytes of a worker process before it has any animal: Python, torch, compiled code (420 MiB of its own, measured)."""
_ANIMAL = 2_000  # bytes of an animal with its own parameters
_WORLD = 10_000  # bytes of one test or one life that is being played: its world, parameters, streams and observations
_ROW = 4_000  # bytes of a row in a table that is being gathered
_BIN = 400  # bytes of a ten-minute bin in a row: what is counted along a test
_BIN_S = 600.0
_SAMPLE = 64  # bytes of one moment of one recorded trace, while it is worked on
_MOMENT = 40
"""Bytes of one moment of one animal in the series that synchrony is computed from, twice: as kept, and by pairs."""
_TICKS_PER_S = 1e8
"""Animal ticks that a large machine plays in a second; real ones are slower."""
_YEAR_S = 365 * 86_400.0


def free_bytes() -> int | None:
    """Return the memory that this process may still use, in bytes; None if the system does not tell.

    That of the machine, or less where a container or a job of a cluster has a limit of its own.
    """
    limits = [_free_in_group(*place) for place in _groups(Path("/proc/self/cgroup"), Path("/sys/fs/cgroup"))]
    meminfo = Path("/proc/meminfo")
    if meminfo.exists():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                limits.append(int(line.split()[1]) * 1024)
    return min((one for one in limits if one is not None), default=None)


def _groups(list_of_groups: Path, root: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the files with limit and use of every control group (version 2) that this process is in."""
    if list_of_groups.exists():
        for line in list_of_groups.read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/"):
                own = root / line.removeprefix("0::/")
                for folder in (own, *own.parents):
                    if folder.is_relative_to(root):
                        yield folder / "memory.max", folder / "memory.current"


def _free_in_group(most: Path, used: Path) -> int | None:
    if not (most.exists() and used.exists()):
        return None
    limit = most.read_text(encoding="ascii").strip()
    if not limit.isdigit():  # "max"
        return None
    # pages of files count as used, and are given back when memory is needed
    stat = most.with_name("memory.stat")
    lines = dict(line.split() for line in stat.read_text(encoding="ascii").splitlines()) if stat.exists() else {}
    return max(0, int(limit) - int(used.read_text(encoding="ascii")) + int(lines.get("inactive_file", 0)))


def check_training(n_animals: int, at_once: int, lives: int, probe_rows: int, duration_s: float, steps: int) -> None:
    """Raise `UserError` if this many animals do not fit, of which `at_once` live `lives` lives each at the same time.

    `probe_rows` are the tests of one probe of those; `steps` are per animal.
    """
    needed = training_bytes(n_animals, at_once, lives, probe_rows, duration_s)
    what = f"{n_animals:,} animals with {lives:,} lives each and {probe_rows:,} tests in a probe"
    check_memory(needed, what, lambda usable: f"{int(n_animals * usable // needed):,} animals")
    check_work(float(n_animals) * steps, f"{n_animals:,} animals that learn {steps:,} steps each")


def training_bytes(n_animals: int, at_once: int, lives: int, probe_rows: int, duration_s: float) -> float:
    """Return the memory that the worlds, records and probes of training need, without networks, in bytes."""
    needed = n_animals * _ANIMAL + at_once * lives * _world(duration_s)
    return needed + probe_rows * (_world(duration_s) + _row(duration_s))


def fitting_at_once(needs: Sequence[float], at_once: int) -> int:
    """Return how many of `at_once` processes fit into memory side by side, 1 at least; `needs` is what each of the
    pieces of work takes beside the process itself, in bytes.

    The largest pieces may come together. One that does not fit alone is not counted: it refuses itself.
    """
    free = free_bytes()
    n = min(at_once, len(needs))
    if free is None or n < 2:
        return max(n, 1)
    usable = SHARE * free
    largest = sorted((PROCESS + one for one in needs if PROCESS + one <= usable), reverse=True)[:n]
    total = 0.0
    for number, one in enumerate(largest):
        total += one
        if total > usable:
            return max(number, 1)
    return n


def check_tests(n_animals: int, n_tests: int, repeats: int, duration_s: float, n_ticks: int, *, at_once: int) -> None:
    """Raise `UserError` if the tests of this many animals do not fit: `at_once` rows are played, all are gathered."""
    rows = n_animals * n_tests * repeats
    played = min(rows, at_once)
    needed = n_animals * _ANIMAL + rows * _row(duration_s) + played * _world(duration_s)
    what = f"{n_animals:,} animals × {n_tests:,} tests × {repeats:,} repeats"
    check_memory(needed, what, lambda usable: f"{int(repeats * usable // needed):,} repeats")
    check_work(float(rows) * n_ticks, what)


def check_recording(n_animals: int, n_ticks: int) -> None:
    """Raise `UserError` if traces of `n_ticks` moments of this many animals do not fit."""
    per_animal = _ANIMAL + _SAMPLE * n_ticks
    what = f"a recording of {n_animals:,} animals over {n_ticks:,} ticks"
    check_memory(n_animals * per_animal, what, lambda usable: f"{int(usable // per_animal):,} animals")


def check_series(n_rows: int, n_ticks: int) -> None:
    """Raise `UserError` if the series of `n_ticks` moments of this many tested animals do not fit."""
    needed = n_rows * n_ticks * _MOMENT
    what = f"series of {n_rows:,} tests of {n_ticks:,} ticks, for synchrony (--no-synchrony leaves them out)"
    check_memory(needed, what, lambda usable: f"{int(n_rows * usable // needed):,} tests")


def check_memory(needed: float, what: str, fitting: Callable[[float], str]) -> None:
    """Raise `UserError` if `needed` bytes are not free; `fitting(usable bytes)` says what would fit."""
    free = free_bytes()
    if free is None or needed <= SHARE * free:
        return
    usable = SHARE * free
    raise UserError(
        f"{what}: this needs about {gib(needed)} of memory, and {gib(usable)} can be used; {fitting(usable)} would fit"
    )


def check_work(ticks: float, what: str) -> None:
    """Raise `UserError` for more than a year of work on a large machine; `ticks` are animal ticks."""
    years = ticks / _TICKS_PER_S / _YEAR_S
    if years > 1.0:
        raise UserError(
            f"{what}: this is {ticks:.2g} animal ticks, at least {years:,.0f} years of work on a large machine"
        )


def gib(n_bytes: float) -> str:
    """Return an amount of memory as errors write it."""
    return f"{n_bytes / 2**30:,.1f} GiB"


def _world(duration_s: float) -> float:
    return _WORLD + _BIN * duration_s / _BIN_S


def _row(duration_s: float) -> float:
    return _ROW + _BIN * duration_s / _BIN_S
