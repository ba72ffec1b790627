"""Progress of long work: lines off a terminal, one bar on it."""

from __future__ import annotations

import io

from socialrl.progress import Lines, open_progress


def test_progress_off_a_terminal_is_a_line_now_and_then():
    clock, stream = iter([0.0, 31.0, 40.0, 62.0, 81.0, 82.0]), io.StringIO()
    lines = Lines("training", stream, clock=lambda: next(clock))
    for done in (1000, 1100, 2000, 4200, 11_000, 11_000):
        lines.update(done, 11_000, "knockout 0.50")
    # the first piece, of 100 steps in 31 s, compiles and says nothing of the time that is left
    assert stream.getvalue().splitlines() == [
        "training: 9 %, 1,000 of 11,000, knockout 0.50",
        "training: 10 %, 1,100 of 11,000, knockout 0.50",
        "training: 38 %, 4,200 of 11,000, 100/s, 1 min 08 s left, knockout 0.50",
        "training: 100 %, 11,000 of 11,000, 198/s, knockout 0.50",
    ]


def test_progress_of_slow_work_is_told_by_the_minute():
    clock, stream = iter([0.0, 60.0, 180.0]), io.StringIO()
    lines = Lines("points", stream, clock=lambda: next(clock))
    for done in (0, 1, 2):
        lines.update(done, 3)
    assert stream.getvalue().splitlines()[1:] == [
        "points: 33 %, 1 of 3",
        "points: 67 %, 2 of 3, 0.5/min, 2 min 00 s left",
    ]


def test_progress_on_a_terminal_is_one_bar():
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    with open_progress("training", stream=screen) as progress:
        progress.update(0, 100)
        progress.update(100, 100, "knockout 0.50")
    assert "training" in screen.getvalue()
    assert "100%" in screen.getvalue()
    assert "knockout 0.50" in screen.getvalue()
    with open_progress("training", stream=(screen := Terminal()), quiet=True) as progress:
        progress.update(1, 2)
    assert screen.getvalue() == ""
