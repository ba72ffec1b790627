"""Run every code block of the documentation as a reader would, and compare what it prints with what the page shows.

    .venv/bin/python .ci/pages.py                                        # all pages
    .venv/bin/python .ci/pages.py docs/tutorial/*.md --in /tmp/tutorial  # some, in a folder that is kept
    .venv/bin/python .ci/pages.py docs/tutorial/*.md --update            # write what was printed into the pages

Blocks run in order, in a folder that has the files of the checkout and the demo's run, if there is one. `sh` and
`python` are run; Python blocks of a page go on from each other, and a line `export NAME=VALUE` holds for the rest of
the page. A block whose first line is `# file: PATH` is written to that file. A command that is shown to fail ends in
the comment `# exit code 2`. Other rules are in `blocks.py`.

`socialrl` commands and Python are run by processes forked from this one, where all libraries are loaded already.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from blocks import NOT_RUN, ROOT, Block, assignments, blocks_of, commands, matches, mistake, stripped

BIN = Path(sys.executable).parent
SHARED = ("configs", "docs", "tests", "socialrl", "envs", "pyproject.toml", "constraints.txt")
CHECKED_ONLY = {"CONTRIBUTING.md"}
"""Pages whose blocks `make` and tests/socialrl/test_extensions.py run; here they are only checked."""
FILE = "# file: "
WIDTH = {"COLUMNS": "110"}
_SHELL = set("|><;&$`*~")


@dataclass
class Page:
    """Blocks of a page, what it exported, its Python so far, what was wrong, and what was printed where."""

    path: Path
    blocks: list[Block]
    exported: dict[str, str] = field(default_factory=dict)
    python: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    printed: list[tuple[Block, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Page:
        """Read the page in a file."""
        return cls(path, blocks_of(path.read_text(encoding="utf-8")))

    def complain(self, block: Block, what: str) -> None:
        """Note what is wrong with a block."""
        self.wrong.append(f"{self.path}:{block.line}: {what}")


def main() -> None:
    """Run the pages that the command line names; end with exit code 1 and all complaints if there are any."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="pages in the order in which they are read; default: all")
    parser.add_argument("--in", dest="folder", type=Path, help="run there, and keep what was made")
    parser.add_argument("--update", action="store_true", help="write what was printed into the pages")
    given = parser.parse_args()
    # in order of their names, because the pages of the tutorial go on from each other
    paths = given.pages or [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "CONTRIBUTING.md"]
    place = given.folder or Path(tempfile.mkdtemp(prefix="socialrl-docs-"))
    furnish(place)
    wrong, begun = [], time.perf_counter()
    for page in filter(lambda page: page.blocks, map(Page.read, paths)):
        started, busy = time.perf_counter(), processor_s()
        run_page(page, place, checked_only=page.path.name in CHECKED_ONLY)
        took = f"{time.perf_counter() - started:5.1f} s, {processor_s() - busy:5.1f} s of a processor"
        print(f"{took}  {page.path}  {len(page.blocks)} blocks", flush=True)
        if given.update:
            update(page)
        wrong += page.wrong
    print(f"{time.perf_counter() - begun:5.1f} s in all, in {place}")
    if wrong:
        sys.exit("\n\n".join(wrong))
    if given.folder is None:
        shutil.rmtree(place)


def processor_s() -> float:
    """Return the seconds of a processor that finished child processes have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def furnish(place: Path) -> None:
    """Make a folder that a reader's commands run in: files of the checkout, and the demo's run if there is one."""
    (place / "runs").mkdir(parents=True, exist_ok=True)
    for name in SHARED:
        if not (place / name).exists():
            (place / name).symlink_to(ROOT / name)
    if (ROOT / "runs" / "demo" / "DONE").exists() and not (place / "runs" / "demo").exists():
        shutil.copytree(ROOT / "runs" / "demo", place / "runs" / "demo")


def run_page(page: Page, place: Path, *, checked_only: bool = False) -> None:
    """Run or check the blocks of a page in the folder `place`; what is wrong is in `page.wrong` afterwards."""
    for block in page.blocks:
        if block.first.startswith(FILE):
            target = place / block.first.removeprefix(FILE).strip()
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        runs = not (checked_only or block.first.startswith((NOT_RUN, FILE)))
        if block.language == "sh" and runs:
            compare(page, block, run_commands(page, block, place))
        elif block.language == "python" and runs:
            compare(page, block, run_python(page, block, place))
        elif said := mistake(block):
            page.complain(block, said)


def run_commands(page: Page, block: Block, place: Path) -> str | None:
    """Run the lines of a block, each in a process of its own, and return what they print; None where one fails."""
    printed = ""
    for line in commands(block.text):
        own, words = assignments(shlex.split(line, comments=True))
        if words[:1] == ["export"]:
            page.exported |= assignments(words[1:])[0]
            continue
        if words[:1] == ["socialrl"] and not _SHELL & set(line):
            code, said = forked(socialrl(words[1:]), place, page.exported | own)
        else:
            code, said = bash(line, place, page.exported)
        printed += said
        if code != expected_code(line):
            page.complain(block, f"`{line}` ended with exit code {code}:\n{said[-3000:]}")
            return None
    return printed


def expected_code(line: str) -> int:
    """Return the exit code that a command has to end with: 0, or the one in a comment `# exit code N`."""
    told = re.search(r"# exit code (\d+)$", line.rstrip())
    return int(told[1]) if told else 0


def run_python(page: Page, block: Block, place: Path) -> str | None:
    """Run a block after the earlier ones of its page, and return what it alone prints; None where it fails."""
    earlier = "\n".join(page.python)
    page.python.append(block.text)

    def work() -> int:
        names = {"__name__": "__main__"}
        to_the_page = os.dup(1)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        exec(compile(earlier, f"{page.path} above", "exec"), names)
        sys.stdout.flush()
        os.dup2(to_the_page, 1)
        exec(compile("\n" * block.line + block.text, str(page.path), "exec"), names)
        return 0

    code, said = forked(work, place, page.exported)
    if code:
        page.complain(block, f"ended with exit code {code}:\n{said[-3000:]}")
        return None
    return said


def socialrl(words: list[str]) -> Callable[[], int]:
    """Return the work of a command line."""

    def work() -> int:
        from socialrl.cli import main as command_line

        return command_line(words)

    return work


def forked(work: Callable[[], int], place: Path, variables: dict[str, str]) -> tuple[int, str]:
    """Return exit code and output of `work` in a process forked from this one."""
    sys.stdout.flush()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            os.close(read)
            os.dup2(write, 1)
            os.dup2(write, 2)
            sys.stdout = os.fdopen(1, "w", buffering=1, encoding="utf-8", closefd=False)
            sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", closefd=False)
            os.chdir(place)
            os.environ.update(WIDTH | variables)
            code = work()
        except SystemExit as left:
            code = left.code if isinstance(left.code, int) else 1
        except BaseException:  # this process ends here, whatever happened; the page is told
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    os.close(write)
    with os.fdopen(read, encoding="utf-8", errors="replace") as output:
        said = output.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def bash(line: str, place: Path, variables: dict[str, str]) -> tuple[int, str]:
    """Return exit code and output of a line in the shell."""
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", **WIDTH, **variables}
    done = subprocess.run(
        ["bash", "-ec", line], cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    return done.returncode, done.stdout


def compare(page: Page, block: Block, printed: str | None) -> None:
    """Complain where a block prints something else than the page shows; None is a block that failed."""
    if block.shown is None or printed is None:
        return
    page.printed.append((block.shown, printed))
    shown, said = stripped(block.shown.text), stripped(printed)
    if not matches(shown, said):
        lines = difflib.unified_diff(shown, said, "shown", "printed", lineterm="", n=1)
        page.complain(block.shown, "another output is shown than is printed:\n" + "\n".join(lines))


def update(page: Page) -> None:
    """Write what blocks printed into their page, where it shows something else."""
    text = page.path.read_text(encoding="utf-8")
    for shown, printed in reversed(page.printed):
        said = stripped(printed)
        if not matches(stripped(shown.text), said):
            text = text[: shown.span[0]] + "\n".join(said) + "\n" + text[shown.span[1] :]
    page.path.write_text(text, encoding="utf-8")


def load() -> None:
    """Import what commands need, once for all processes that are forked from this one; nothing is computed yet."""
    for name in ("torch", "pandas", "matplotlib.pyplot", "statsmodels.api", "stable_baselines3", "numba"):
        importlib.import_module(name)
    for name in ("cli", "training.run", "report", "protocols.evaluating", "reproduction.driver", "tensorboard.results"):
        importlib.import_module(f"socialrl.{name}")


if __name__ == "__main__":
    load()
    main()
