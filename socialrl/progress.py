"""Progress of long work: a live display on a terminal, occasional lines elsewhere, or nothing.

Worker processes call nothing here; the process that waits for them calls `update` with totals, as often as it likes.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TextIO

_SECONDS_BETWEEN_LINES = 30.0


class Progress(Protocol):
    """What trainers and testers are given."""

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        """Report that `done_steps` of `total_steps` are done (env steps or tests), with a few words on the state."""


class Unbreakable:
    """Shows what `display` shows, and nothing more once that fails: closing the terminal stops no work."""

    def __init__(self, display: Progress) -> None:
        self._display: Progress | None = display

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        """Pass the update on as long as the display works."""
        try:
            if self._display is not None:
                self._display.update(done_steps, total_steps, text)
        except OSError:
            self._display = None


class Silent:
    """Shows nothing."""

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        """Ignore the update."""


class Lines:
    """Writes a line at the start, then at most every half minute, and one at the end: for log files."""

    def __init__(self, title: str, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._title, self._stream, self._clock = title, stream, clock
        self._first: int | None = None
        self._begun: tuple[float, int] | None = None
        self._last_line = -float("inf")
        self._ended = False

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        """Write a line if it is time for one."""
        now = self._clock()
        # The rate counts from the end of the first piece: a resumed run begins with work that was done before, and the
        # first piece of any work compiles and loads, so that it would promise hours for minutes.
        if self._first is None:
            self._first = done_steps
        if self._begun is None and done_steps > self._first:
            self._begun = (now, done_steps)
        ending = done_steps >= total_steps and not self._ended
        if now - self._last_line < _SECONDS_BETWEEN_LINES and not ending:
            return
        self._last_line, self._ended = now, done_steps >= total_steps
        share = 100.0 * done_steps / total_steps if total_steps else 100.0
        words = [f"{self._title}: {share:.0f} %", f"{done_steps:,} of {total_steps:,}"]
        elapsed, fresh = (now - self._begun[0], done_steps - self._begun[1]) if self._begun else (0.0, 0)
        if elapsed > 0 and fresh > 0:
            rate = fresh / elapsed
            words.append(f"{rate:,.0f}/s" if rate >= 1 else f"{60 * rate:,.1f}/min")
            if not self._ended:
                words.append(f"{_duration((total_steps - done_steps) / rate)} left")
        print(", ".join([*words, *([text] if text else [])]), file=self._stream, flush=True)


class Bar:
    """A bar with rate and time left, redrawn in place on a terminal."""

    def __init__(self, title: str, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._display = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[text]}"),
            console=Console(file=stream),
        )
        self._title = title
        self._task: int | None = None

    def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
        """Redraw."""
        if self._task is None:
            self._display.start()
            self._task = self._display.add_task(
                self._title, total=total_steps, completed=done_steps, rate="", text=text
            )
            return
        speed = self._display.tasks[0].speed
        rate = f"{speed:,.0f}/s" if speed else ""
        self._display.update(self._display.tasks[0].id, completed=done_steps, total=total_steps, rate=rate, text=text)

    def close(self) -> None:
        """Leave the last state on the screen and release the terminal."""
        if self._task is not None:
            self._display.stop()


@contextlib.contextmanager
def open_progress(title: str, *, quiet: bool = False, stream: TextIO | None = None) -> Iterator[Progress]:
    """Provide the display that suits `stream` (default: standard error) within the block."""
    stream = sys.stderr if stream is None else stream
    if quiet:
        yield Silent()
    elif stream.isatty():
        bar = Bar(title, stream)
        try:
            yield Unbreakable(bar)
        finally:
            with contextlib.suppress(OSError):
                bar.close()
    else:
        yield Unbreakable(Lines(title, stream))


def _duration(seconds: float) -> str:
    minutes, s = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {s:02d} s" if minutes else f"{s} s"
