"""A run vouches for itself: whatever is deleted or changed in its folder is named in one line, or changes no number."""

from __future__ import annotations

import io
import os
import shutil
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialrl.animals.policies import load_trained
from socialrl.cli import main
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import trained_animals
from socialrl.progress import Silent
from socialrl.report.study import load
from socialrl.storage.run_folder import RunFolder
from socialrl.training.run import train_run

pytestmark = pytest.mark.slow

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
SMALL = [
    "engine=cohort",
    "animals=1",
    "steps=512",
    "lives=1",
    "ppo.n_steps=128",
    "ppo.batch_size=128",
    "env.duration_s=900",
    "env.dt_s=15",
]
# What training leaves for others to look at; nothing that is computed reads it.
UNREAD = ("tb/", "checkpoints/", ".zip", "summary.json", "report.html", "figures/", "tables/", ".csv")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("finished") / "run"
    config = load_config(SMOKE, SMALL)
    with RunFolder.create(path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        train_run(config, run, progress=Silent())
    assert command("evaluate", path, "--quiet")[0] == 0
    return path


@pytest.fixture(scope="module")
def unfinished(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("unfinished") / "run"
    config = load_config(SMOKE, SMALL)

    class Stop(Silent):
        def update(self, done_steps: int, total_steps: int, text: str = "") -> None:
            super().update(done_steps, total_steps, text)
            if done_steps > 0.7 * total_steps:
                raise KeyboardInterrupt

    with RunFolder.create(path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        with pytest.raises(KeyboardInterrupt):
            train_run(config, run, progress=Stop())
        assert run.pieces()
    return path


def command(*arguments: object) -> tuple[int, str]:
    """Run a command line in this process; return its exit code and what it said on standard error."""
    said = io.StringIO()
    with redirect_stderr(said), redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        code = main([str(one) for one in arguments])
    return code, said.getvalue()


def all_that_is_read(path: Path) -> bytes:
    """Return, as bytes, every number that analysis takes from a run: networks, tables, settings."""
    run = RunFolder.open(path)
    content = io.BytesIO(config_to_yaml(run.config).encode())
    content.seek(0, os.SEEK_END)
    if run.finished:
        for animal in trained_animals(run):
            for _, array in sorted(load_trained(run, animal.id).items()):
                content.write(array.tobytes())
    for name in ("animals", "episodes", "probes", "evaluation"):
        if name in ("animals", "evaluation") and not run.finished:
            continue
        table = run.read_table(name)
        content.write(table.drop(columns="wall_s", errors="ignore").to_csv().encode())
    load([run])
    return content.getvalue()


def attempt(read: Callable[[], Any]) -> tuple[str, Any]:
    """Return the one line of a user's error, or nothing and what was read; any other exception goes through."""
    try:
        return "", read()
    except UserError as error:
        line = str(error)
    assert len(line.splitlines()) == 1, line
    return line, None


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGE: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "emptied": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "one bit flipped": lambda path: path.write_bytes(flip(path.read_bytes(), path.stat().st_size // 2)),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\x80" + path.read_bytes()),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path)),
}


def files_of(path: Path) -> list[str]:
    return sorted(one.relative_to(path).as_posix() for one in path.rglob("*") if one.is_file())


def unread(name: str) -> bool:
    return any(part in name for part in UNREAD)


@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("state", ["finished", "unfinished"])
def test_damage_of_any_file_is_named_or_changes_nothing(state, kind, request, tmp_path):
    whole: Path = request.getfixturevalue(state)
    expected = all_that_is_read(whole)
    names = files_of(whole)
    for name in [one for one in names if not unread(one)] + [one for one in names if unread(one)][:2]:
        copy = tmp_path / name.replace("/", "-")
        shutil.copytree(whole, copy)
        DAMAGE[kind](copy / name)
        error, read = attempt(lambda copy=copy: all_that_is_read(copy))
        if error:
            assert str(copy) in error
        else:
            passes = unread(name) or name in ("DONE", "sums.json", "traces.parquet")
            assert passes, f"{name} was {kind} and nobody noticed"
            assert read == expected or not RunFolder.open(copy).finished, name


@pytest.mark.parametrize("kind", ["deleted", "one bit flipped"])
def test_check_finds_every_damaged_file_of_a_finished_run(kind, finished, tmp_path):
    for number, name in enumerate(files_of(finished)):
        if name in ("DONE", "sums.json", "traces.parquet"):
            continue
        copy = tmp_path / str(number)
        shutil.copytree(finished, copy)
        DAMAGE[kind](copy / name)
        code, said = command("check", copy)
        # Checkpoints may be thrown away, and what TensorBoard got from the evaluation is in no list.
        listed = any(name in one for one in RunFolder(finished, {"format": 2})._files.all_lists())
        assert (code, Path(name).name in said) == ((2, True) if listed else (0, False)), (name, said)


def test_check_says_that_a_whole_run_is_whole(finished, unfinished, capsys):
    assert main(["check", str(finished), str(unfinished)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{finished}: finished, ")
    assert said[0].endswith(" files unchanged since they were written")
    assert said[1].startswith(f"{unfinished}: unfinished, ")
    assert main(["check", str(finished.parent)]) == 0


@pytest.mark.parametrize("verb", [["evaluate", "--overwrite", "--quiet"], ["report", "--overwrite"]])
def test_a_missing_network_or_table_stops_the_verbs(verb, finished, tmp_path):
    for name in ("models/ko-00.safetensors", "probes.parquet"):
        if verb[0] == "report" and name.startswith("models"):
            continue  # a report reads no network
        copy = tmp_path / Path(name).name
        shutil.copytree(finished, copy)
        (copy / name).unlink()
        code, said = command(verb[0], copy, *verb[1:])
        if verb[0] == "evaluate" and name == "probes.parquet":
            continue  # an evaluation reads no probes
        assert code == 2
        assert said == f"error: {copy} is damaged: {name} is missing\n"


def test_a_report_names_a_configuration_that_was_changed_or_is_no_text(finished, tmp_path):
    changed = "config.yaml was changed after it was written"
    for number, (before, after) in enumerate([(b"seed: 1", b"seed: 2"), (b"smoke", b"sm\xffke")]):
        copy = tmp_path / str(number)
        shutil.copytree(finished, copy)
        content = (copy / "config.yaml").read_bytes()
        assert before in content
        (copy / "config.yaml").write_bytes(content.replace(before, after))
        assert command("report", copy, "--overwrite") == (2, f"error: {copy} is damaged: {changed}\n")


def test_a_configuration_that_is_no_text_is_named_in_a_run_of_the_first_format_too(tmp_path):
    (tmp_path / "config.yaml").write_bytes(b"name: \xff")
    with pytest.raises(UserError, match=r"config.yaml: not a text file"):
        _ = RunFolder(tmp_path, {"format": 1}).config_text


def test_check_misses_the_list_of_tables(finished, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(finished, copy)
    (copy / "sums.json").unlink()
    code, said = command("check", copy)
    assert code == 2
    assert "sums.json, which lists the tables, is missing" in said


def test_a_missing_piece_stops_resume(unfinished, tmp_path):
    for number, name in enumerate(one for one in files_of(unfinished) if one.startswith("parts/piece")):
        copy = tmp_path / str(number)
        shutil.copytree(unfinished, copy)
        (copy / name).unlink()
        code, said = command("resume", copy, "--quiet")
        assert code == 2, name
        assert said.startswith(f"error: {copy} is damaged: parts/piece-")


def test_a_network_of_nan_is_named(finished, tmp_path):
    from socialrl.animals.policies import load_policy, policy_bytes

    weights = {name: array.copy() for name, array in load_policy(finished / "models" / "wt-00.safetensors").items()}
    weights["action_net.bias"][0] = np.nan
    path = tmp_path / "wt-00.safetensors"
    path.write_bytes(policy_bytes(weights, {}))
    with pytest.raises(UserError, match=r"wt-00.safetensors is damaged: action_net.bias must be finite"):
        load_policy(path)


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=st.floats(0, 1, exclude_max=True), value=st.integers(1, 255), n=st.integers(1, 4))
def test_flipped_bytes_of_a_table_from_anywhere_are_named(where, value, n, tmp_path):
    from socialrl.storage.files import data_frame, parquet_table, write_parquet

    path = tmp_path / "table.parquet"
    table = pd.DataFrame({"animal": ["a", "b"] * 20, "x": np.arange(40.0), "bins": [[1.0, 2.0]] * 40})
    write_parquet(path, table)
    content = bytearray(path.read_bytes())
    for k in range(n):
        content[int(where * (len(content) - n)) + k] ^= value
    error, _ = attempt(lambda: data_frame(parquet_table(bytes(content), path), path))
    assert not error or "table.parquet is damaged" in error
