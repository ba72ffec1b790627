"""What bash completes: verbs, options, names of files and other words. One shell asks for all of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from socialrl.cli import completion, main
from socialrl.reproduction.presets import PRESETS

ROOT = Path(__file__).resolve().parents[2]
ASKED = {
    "tra": ["train"],
    "configs s": ["show"],
    "evaluate runs/demo --prot": ["--protocol"],
    "train part": ["partner_preference"],
    "evaluate runs/demo --protocol m": ["mating"],
    "lineage lineage_t": ["lineage_treated"],
    "reproduce --preset ": ["quick", "full", "study"],
    "train ./": [],  # nothing of ours, so that bash completes files
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_completes_verbs_options_and_names(tmp_path, monkeypatch):
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    command = tmp_path / "socialrl"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m socialrl "$@"\n')
    command.chmod(0o755)
    script = [f"PATH={tmp_path}:$PATH", "export PYTHONPATH", 'eval "$(socialrl --show-completion bash)"']
    for line in ASKED:
        words = line.split(" ")
        script.append(f"COMP_WORDS=(socialrl {' '.join(words[:-1])} '{words[-1]}') COMP_CWORD={len(words)}")
        script.append('_socialrl_completion socialrl; echo "${COMPREPLY[*]}"')
    done = subprocess.run(
        ["bash", "--norc", "-c", "\n".join(script)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert [line.split() for line in done.stdout.splitlines()] == list(ASKED.values())
    assert done.stderr == ""


def test_presets_and_tables_are_complete():
    assert list(completion.presets("")) == list(PRESETS)
    assert "v1" in list(completion.tables("v"))
    assert dict(completion.drugs("anta")).keys() == {"antagonist"}
    assert list(completion.schemas("p")) == ["protocol", "parameters"]


def test_help_names_the_options(capsys):
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert "--install-completion" in out
    assert "--show-completion" in out
