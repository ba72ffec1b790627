"""Training and testing of a very small experiment, as jobs for `kill_windows`."""

from __future__ import annotations

import contextlib
import functools
import io
from pathlib import Path
from typing import Any

import torch

from socialrl.cli import main
from socialrl.storage import provenance
from socialrl.storage.run_folder import RunFolder
from socialrl.tensorboard import results

CONFIG = str(Path(__file__).parents[2] / "configs" / "smoke.yaml")
SMALL = ["animals=1", "steps=256", "lives=2", "probes.every_steps=128", "env.duration_s=600", "ppo.n_steps=64"]
SMALL += ["probes.tests=[{name: day, cohousing_h: 24}]"]


def call(*arguments: str) -> None:
    """Call the command line, silently, and raise if it does not end well."""
    with contextlib.redirect_stdout(io.StringIO()):
        code = main([*arguments, "--quiet"])
    if code:
        raise RuntimeError(f"socialrl {' '.join(arguments)} ended with {code}")


def contents(folder: Path) -> dict[str, Any]:
    """Return every table below a folder (less seconds), its CSVs and networks."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.suffix == ".parquet":
            import pandas as pd

            found[name] = pd.read_parquet(path).drop(columns="wall_s", errors="ignore").to_csv()
        elif path.suffix in (".csv", ".safetensors") or name.endswith("DONE"):
            found[name] = "there" if name.endswith("DONE") else path.read_bytes()
    # folders with a dot in front are drafts of run folders, and pieces beside DONE are left over: nothing reads them
    unread = ("checkpoints", "parts/") if any(name.endswith("DONE") for name in found) else ("checkpoints",)
    return {
        name: value
        for name, value in found.items()
        if not any(part in name for part in unread) and not name.startswith(".")
    }


class Training:
    """`train`, then `resume` until it is done."""

    def __init__(self, engine: str, *overrides: str) -> None:
        self.overrides = [*SMALL, f"engine={engine}", *overrides]

    def begin(self, folder: Path) -> None:  # noqa: ARG002
        torch.set_num_threads(1)

    def work(self, folder: Path) -> None:
        run = folder / "smoke"
        if not run.exists():
            call("train", CONFIG, *self.overrides, f"output={folder}")
        elif not RunFolder.open(run).finished:
            call("resume", str(run))

    def result(self, folder: Path) -> dict[str, Any]:
        return contents(folder)


class Testing:
    """`evaluate`, repeated with the same options until it has written `table`; with `again`, one replaces another."""

    def __init__(self, *options: str, table: str = "evaluation", again: bool = False) -> None:
        self.options, self.table, self.again = options, table, again

    def begin(self, folder: Path) -> None:
        torch.set_num_threads(1)
        call("train", CONFIG, *SMALL, "engine=cohort", f"output={folder}")
        if self.again:
            call("evaluate", str(folder / "smoke"), *self.options, "--repeats=2")

    def work(self, folder: Path) -> None:
        run = folder / "smoke"
        if self.again or not RunFolder.open(run).has_table(self.table):
            call("evaluate", str(run), *self.options, *(["--overwrite"] if self.again else []))

    def result(self, folder: Path) -> dict[str, Any]:
        return contents(folder)


PROTOCOL = """
name: day
histories:
  day_1:
    - cohouse: {with: partner, hours: 24, relationship: peer}
    - assay: {id: PartnerPreference, with: [partner, stranger]}
"""


class Protocol(Testing):
    """`evaluate --protocol` of a file that lies in the folder."""

    def __init__(self, *options: str) -> None:
        super().__init__(*options, table="protocol_day")

    def begin(self, folder: Path) -> None:
        super().begin(folder)
        (folder / "day.yaml").write_text(PROTOCOL)

    def work(self, folder: Path) -> None:
        if not RunFolder.open(folder / "smoke").has_table(self.table):
            call("evaluate", str(folder / "smoke"), "--protocol", str(folder / "day.yaml"), *self.options)


# a film costs a second, and event files are no table
results.write_results = lambda _: None
# neither the commit nor a library changes while this process runs
provenance._commit = lambda: (None, None)
provenance._version = functools.cache(provenance._version)

train_cohort = Training("cohort", "workers=1")
train_sb3 = Training("sb3", "workers=1", "steps=128", "ppo.n_epochs=1")
evaluate_events = Testing("--events", "--events-csv")
evaluate_again = Testing("--events", again=True)
protocol_events = Protocol("--events", "--events-csv")
