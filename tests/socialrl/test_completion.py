"""What bash completes: verbs, options, names of files and other words. One shell asks for all of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from socialrl.authoring.catalogue import catalogue
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


def test_a_description_is_one_line(tmp_path):
    """fish takes every line for a word to complete, zsh every line break for a part of a description."""
    asked = {"_SOCIALRL_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    done = subprocess.run(
        [sys.executable, "-m", "socialrl"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, **asked, "_TYPER_COMPLETE_ARGS": "socialrl configs copy ", "COLUMNS": "40"},
    )
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines == [[one.listed, one.about] for one in catalogue()]
    assert max(len(about) for _, about in lines) > 100


def test_formats_assays_and_findings_are_complete():
    assert dict(completion.formats("export")("n")).keys() == {"nwb"}
    assert "score-sheet" in dict(completion.formats("read")(""))
    assert list(completion.assays("socialrl/SocialO")) == ["socialrl/SocialOperant-v0"]
    assert dict(completion.findings("F01")) == {"F01": "Knockouts need longer cohousing to prefer a peer"}
    assert dict(completion.names_of("score sheet")("")).keys() == {"made_up"}


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
