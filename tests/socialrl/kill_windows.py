"""Kills work between any two changes that it makes to a folder, repeats it, and compares what is there at the end.

A test calls `kill_everywhere(folder, "module:job", …)`. A job is an object of a module beside this one with

- `begin(folder)`: what is there before the work starts;
- `work(folder)`: the work, or, after a kill, what a user calls to get it done; it may be called again and again;
- `result(folder)`: what has to be equal at the end, name -> value.

A fresh process imports the jobs, does the work once and notes the changes (files made, renamed and removed). Before
each of them it copies the folder, which is what SIGKILL would leave: what a process has not given to the system is in
no copy either, and a lock of ours is held by the process and not by its file. Then it forks for each change a child
that does the rest of the work in the copy; before every tenth change a child really is killed, to the same end. All are
warm, so a window costs a fraction of a second. The process must have no threads of its own: hence one thread in every
library.
"""

from __future__ import annotations

import gc
import importlib
import os
import re
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_CHANGES = {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate"}
_REALLY = 10
"""Before every so manieth change the process is really killed."""
_TIME_OF_DAY = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(\+00:00|Z)?")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_NUM_THREADS"), "1")


class Job(Protocol):
    """What is killed."""

    def begin(self, folder: Path) -> None: ...
    def work(self, folder: Path) -> None: ...
    def result(self, folder: Path) -> dict[str, Any]: ...


def kill_everywhere(folder: Path, *jobs: str) -> dict[str, list[str]]:
    """Return, for each job, the changes before which it was killed; fail with what differed, if anything did."""
    here = Path(__file__)
    paths = os.pathsep.join([str(here.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(here), str(folder), *jobs],
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    windows: dict[str, list[str]] = {job: [] for job in jobs}
    for line in done.stdout.splitlines():
        job, _, change = line.partition(" ")
        windows[job].append(change)
    return windows


def every_file(folder: Path) -> dict[str, Any]:
    """Return the bytes of every file below `folder` by path, times of day in texts made equal; empty folders, too."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            content = path.read_bytes()
            found[name] = content if path.suffix == ".parquet" else _TIME_OF_DAY.sub(b"TIME", content)
        elif not any(path.iterdir()):
            found[f"{name}/"] = "empty"
    return found


class Changes:
    """Notes the changes below a folder from now on, for good; calls `before(number)` before each."""

    def __init__(self, folder: Path, before: Callable[[int], None]) -> None:
        self.folder, self.before = str(folder), before
        self.names: list[str] = []
        self.on = True
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or event not in _CHANGES:
            return
        if event == "open" and (arguments[2] is None or not arguments[2] & (os.O_CREAT | os.O_TRUNC)):
            return
        place = arguments[1 if event == "os.rename" else 0]
        if not isinstance(place, str | os.PathLike):
            return
        name = os.fspath(place)
        # event files of TensorBoard are no part of the result; a temporary file that is begun changes nothing yet
        # a name without a folder is in an open one: part of a tree of ours that is being removed
        if (os.sep in str(name) and not str(name).startswith(self.folder)) or f"{os.sep}tb{os.sep}" in str(name):
            return
        if ".new-" in str(name) or (event == "open" and Path(str(name)).name.startswith((".tmp-", ".lock"))):
            return
        if (
            event in ("os.remove", "os.mkdir")
            and os.sep in str(name)
            and os.path.lexists(name) == (event == "os.mkdir")
        ):
            return
        self.on = False  # what is done below is no change of the work
        self.before(len(self.names))
        self.on = True
        self.names.append(f"{event} {Path(name).name}")


def _in_child(task: Callable[[], None]) -> int:
    """Do `task` in a forked process and return its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            task()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _kill_before(number: int) -> Callable[[int], None]:
    def before(change: int) -> None:
        if change == number:
            os.kill(os.getpid(), signal.SIGKILL)

    return before


def _kill(name: str, folder: Path) -> None:
    module, _, attribute = name.partition(":")
    job: Job = getattr(importlib.import_module(module), attribute)
    # All is done in one place, because paths may stand in files.
    begun, place = folder / "begun", folder / "place"
    begun.mkdir(parents=True)
    job.begin(begun)
    shutil.copytree(begun, place)
    left = "left-{}".format
    counted = Changes(place, lambda number: shutil.copytree(place, folder / left(number)))
    job.work(place)
    counted.on = False
    expected = job.result(place)
    gc.freeze()  # what is there now is never collected, so a child need not copy its pages
    for number, window in enumerate(counted.names):
        shutil.rmtree(place)
        if number % _REALLY == 0:
            shutil.copytree(begun, place)

            def killed(number: int = number) -> None:
                Changes(place, _kill_before(number))
                job.work(place)

            code = _in_child(killed)
            assert code == -signal.SIGKILL, f"{name}, before change {number} ({window}): not killed, exit code {code}"
            shutil.rmtree(folder / left(number))
        else:
            (folder / left(number)).rename(place)
        code = _in_child(lambda: job.work(place))
        assert code == 0, f"{name}, killed before change {number} ({window}): the second call ended with {code}"
        found = job.result(place)
        differ = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
        assert not differ, f"{name}, killed before change {number} ({window}): {', '.join(differ)} differ"
        print(name, window, flush=True)


if __name__ == "__main__":
    os.fsync = lambda _: None  # it guards against a loss of power, which is not what is tried here
    for _one in sys.argv[2:]:
        _kill(_one, Path(sys.argv[1]) / _one.partition(":")[2])
