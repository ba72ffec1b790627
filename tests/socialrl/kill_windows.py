"""Kills work between any two changes that it makes to a folder, repeats it, and compares what is there at the end.

A test calls `kill_everywhere("module:job", folder)`. The job is an object of a module beside this one with

- `begin(folder)`: what is there before the work starts;
- `work(folder)`: the work, or, after a kill, what a user calls to get it done; it may be called again and again;
- `result(folder)`: what has to be equal at the end, name -> value.

A fresh process imports the job, does the work once and counts the changes (files made, renamed and removed). Then it
forks for each change a child that is killed by SIGKILL just before it, and another that does the rest. Both are warm, so
a window costs a fraction of a second. It must have no threads of its own: hence one thread in every library.
"""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "ARROW_NUM_THREADS")}


class Job(Protocol):
    """What is killed."""

    def begin(self, folder: Path) -> None: ...
    def work(self, folder: Path) -> None: ...
    def result(self, folder: Path) -> dict[str, Any]: ...


def kill_everywhere(job: str, folder: Path) -> list[str]:
    """Return the names of the changes before which `job` was killed; fail with what differed, if anything did."""
    here = Path(__file__)
    paths = os.pathsep.join([str(here.parent), *sys.path])
    done = subprocess.run(
        [sys.executable, str(here), job, str(folder)],
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout.splitlines()


class Changes:
    """Notes the changes below a folder from now on, for good; kills this process before number `fatal`."""

    def __init__(self, folder: Path, fatal: int | None = None) -> None:
        self.folder, self.fatal = str(folder), fatal
        self.names: list[str] = []
        self.on = True
        sys.addaudithook(self._hook)

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.on or event not in ("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"):
            return
        if event == "open" and (arguments[2] is None or not arguments[2] & (os.O_CREAT | os.O_TRUNC)):
            return
        place = arguments[1 if event == "os.rename" else 0]
        if not isinstance(place, str | os.PathLike):
            return
        name = os.fspath(place)
        # event files of TensorBoard are no part of the result; a temporary file that is begun changes nothing yet
        if not str(name).startswith(self.folder) or f"{os.sep}tb{os.sep}" in str(name):
            return
        if ".new-" in str(name) or (event == "open" and Path(str(name)).name.startswith(".tmp-")):
            return
        if event in ("os.remove", "os.mkdir") and os.path.lexists(name) == (event == "os.mkdir"):
            return
        if self.fatal == len(self.names):
            os.kill(os.getpid(), signal.SIGKILL)
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


def _main(job: Job, folder: Path) -> None:
    begun, whole = folder / "begun", folder / "whole"
    begun.mkdir(parents=True)
    job.begin(begun)
    shutil.copytree(begun, whole)
    counted = Changes(whole)
    job.work(whole)
    counted.on = False
    expected = job.result(whole)
    windows = list(counted.names)
    for number, window in enumerate(windows):
        mine = folder / f"killed-{number}"
        shutil.copytree(begun, mine)

        def killed(mine: Path = mine, number: int = number) -> None:
            Changes(mine, number)
            job.work(mine)

        code = _in_child(killed)
        assert code == -signal.SIGKILL, f"before change {number} ({window}): not killed, exit code {code}"
        code = _in_child(lambda mine=mine: job.work(mine))
        assert code == 0, f"killed before change {number} ({window}): the second call ended with {code}"
        found = job.result(mine)
        differ = [name for name in {**expected, **found} if expected.get(name) != found.get(name)]
        assert not differ, f"killed before change {number} ({window}): {', '.join(differ)} differ"
        shutil.rmtree(mine)
        print(window, flush=True)


if __name__ == "__main__":
    _module, _, _name = sys.argv[1].partition(":")
    _main(getattr(importlib.import_module(_module), _name), Path(sys.argv[2]))
