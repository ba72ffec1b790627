"""Kill a piece of work in every window between two changes of its files, run it again, and list what is there.

    sweep = killed_everywhere("calibrate_killed:work", tmp_path)
    for window in sweep.windows:
        assert window.files == sweep.whole, window

The work is named "module:function" (a module beside this file or on the path); `function(root)` does all of it under
the folder `root`, and goes on with what is there when it is called again. A change is anything that Python does to
names under `root`: a file opened for writing, made, moved or removed, a folder made or removed. The process is killed
with SIGKILL just before each of them in turn. All runs are forked from one process that has imported the module, so a
window costs two runs of the work and no start of Python.

Files are compared by their bytes with times of day made equal; a module whose files hold more that may differ (seconds
that something took) gives a function `normal(path) -> bytes` beside the work. Work that begins with files that are
there gives `before_<function>(root)`, which makes the root and what is in it.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

_MAKES_OR_MOVES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate"}
_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_TIME_OF_DAY = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?")


@dataclass(frozen=True)
class Window:
    """One window: the change that the process was killed before, what the second run ended with, and the files then.

    `told` is the traceback of a second run that failed, else empty; `files` gives a checksum by path.
    """

    number: int
    before: str
    told: str
    files: dict[str, str]


@dataclass(frozen=True)
class Sweep:
    """The files of a run that was left alone, and all windows of one that was killed."""

    whole: dict[str, str]
    windows: list[Window]


def killed_everywhere(entry: str, place: Path, every: int = 1) -> Sweep:
    """Return the outcome of the work `entry` in every window (or every n-th of them, the last three always).

    `place` is an empty folder; the roots of the runs are made in it, and those of windows that ended as the whole run
    did are removed.
    """
    done = subprocess.run(
        [sys.executable, __file__, entry, str(place), str(every)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise AssertionError(f"the sweep of {entry} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    whole, *windows = (json.loads(line) for line in done.stdout.splitlines() if line.startswith("{"))
    return Sweep(whole, [Window(**one) for one in windows])


def contents(root: Path, normal: Callable[[Path], bytes]) -> dict[str, str]:
    """Return a checksum of every file under `root`, and of folders that are empty, by path."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root).as_posix()
        if path.is_file():
            found[name] = hashlib.sha256(normal(path)).hexdigest()[:16]
        elif not any(path.iterdir()):
            found[f"{name}/"] = "empty"
    return found


def without_times(path: Path) -> bytes:
    """Return the bytes of a file, times of day made equal in text."""
    content = path.read_bytes()
    return content if path.suffix in {".parquet", ".safetensors", ".npz"} else _TIME_OF_DAY.sub(b"TIME", content)


def changes_under(root: Path, heard: Callable[[str], None]) -> None:
    """Call `heard` with a few words before every change under `root` that this process makes from now on."""
    inside = os.fspath(root.resolve())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if not isinstance(flags, int) or not flags & _FOR_WRITING:
                return
        elif event in _MAKES_OR_MOVES:
            path = arguments[0]
        else:
            return
        if not isinstance(path, str | os.PathLike):
            return
        # A name without a folder is relative to an open folder (a tree that is being removed): one of ours.
        name = os.fspath(path)
        if os.sep in name and not os.path.abspath(name).startswith(inside):
            return
        if event == "os.remove" and os.sep in name and not os.path.lexists(name):
            return  # nothing to remove: no change
        heard(f"{event} {os.path.relpath(name, inside) if os.sep in name else name}")

    sys.addaudithook(hook)


def _forked(work: Callable[[], None], told: Path) -> int:
    """Run `work` in a fork of this process and return how it ended: 0, 1 with a traceback in `told`, or −signal."""
    sys.stdout.flush()
    process = os.fork()
    if not process:
        _end(work, told)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def _end(work: Callable[[], None], told: Path) -> NoReturn:
    try:
        os.dup2(sys.stderr.fileno(), 1)
        os.fsync = lambda _file: None  # a kill spares what was written; only a loss of power does not
        work()
    except BaseException:
        told.write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main(entry: str, place: Path, every: int) -> None:
    module_name, _, function = entry.partition(":")
    module = importlib.import_module(module_name)
    work = getattr(module, function)
    normal = getattr(module, "normal", without_times)
    prepare = getattr(module, f"before_{function}", Path.mkdir)
    told, log, root = place / "told.txt", place / "changes.txt", place / "whole"
    prepare(root)

    def listened() -> None:
        with log.open("w") as file:

            def heard(words: str) -> None:
                file.write(words + "\n")
                file.flush()

            changes_under(root, heard)
            work(root)

    if _forked(listened, told):
        raise AssertionError(f"the work fails without a kill: {told.read_text()}")
    changes = log.read_text().splitlines()
    whole = contents(root, normal)
    print(json.dumps(whole), flush=True)
    for number, before in enumerate(changes, start=1):
        if number % every and number <= len(changes) - 3:
            continue
        root = place / f"window-{number}"
        prepare(root)
        told.unlink(missing_ok=True)

        def killed(root: Path = root, number: int = number) -> None:
            left = number

            def heard(_words: str) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    _kill()

            changes_under(root, heard)
            work(root)

        ended = _forked(killed, told)
        if ended != -signal.SIGKILL:
            raise AssertionError(f"window {number} ({before}) ended with {ended} and was not killed: {_text(told)}")
        _forked(lambda root=root: work(root), told)  # type: ignore[misc]
        files = contents(root, normal)
        print(json.dumps({"number": number, "before": before, "told": _text(told), "files": files}), flush=True)
        if files == whole:
            shutil.rmtree(root)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
