"""An assay and a measure of another package go through every command without a change in this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from socialrl.errors import UserError
from socialrl.extensions import VARIABLE, load_extensions

HERE = Path(__file__).parent
CONFIG = """\
name: one_cage
seed: 1
env: {id: mine/OneCage-v0, duration_s: 600}
genotypes: {wt: {oxtr_gain: 1.0}, ko: {oxtr_gain: 0.0}}
animals: 2
lives: 2
steps: 128
ppo: {n_steps: 32, batch_size: 32, n_epochs: 1, net_arch: [4]}
probes: {every_steps: 64, repeats: 1, tests: [{name: day, cohousing_h: 24}]}
evaluation: {repeats: 1, tests: [{name: day, cohousing_h: 24}]}
"""
SCRIPT = """
import sys
from socialrl.cli import main
for words in sys.argv[1:]:
    if main(words.split()):
        sys.exit(1)
from socialrl.reproduction.presets import PRESETS
from socialrl.reproduction.groups import Group
from socialrl.reproduction.stages import stage_config
from socialrl.findings.registry import load_registry
from pathlib import Path
book = load_registry().adding({"conditions": {"OneCage": [{"name": "caged", "cohousing_h": 2}]}})
config = stage_config("x", "OneCage", [Group("wt", 1.0)], PRESETS["quick"].size, 1, Path("unused"), book)
print("reproduced in", config.env.id, config.steps, config.lives, config.evaluation.tests[0].name)
"""


def test_an_assay_and_a_measure_from_one_file_outside(tmp_path):
    (tmp_path / "one.yaml").write_text(CONFIG, encoding="utf-8")
    verbs = ["envs", "train one.yaml output=. --quiet", "evaluate one_cage --quiet", "report one_cage"]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *verbs],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=os.environ | {VARIABLE: str(HERE / "toy_extension.py")},
    )
    assert done.returncode == 0, done.stderr
    assert "mine/OneCage-v0  nobody's" in done.stdout
    assert "reproduced in mine/OneCage-v0 1000 4 caged" in done.stdout
    means = pd.read_csv(tmp_path / "one_cage" / "tables" / "measures.csv")
    assert set(means["measure"]) == {"time_in_nest", "huddle_s_partner"}
    rows = pd.read_parquet(tmp_path / "one_cage" / "evaluation.parquet")
    wild_type = rows[rows["genotype"] == "wt"]
    found = means[(means["measure"] == "time_in_nest") & (means["genotype"] == "wt")]["estimate"].item()
    assert found == pytest.approx((wild_type["chamber_s_nest"] / 600.0).mean())
    page = (tmp_path / "one_cage" / "report.html").read_text(encoding="utf-8")
    assert "Time in the nest" in page
    assert "seconds in the nest / length of the test" in page


def test_an_extension_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing.py"))
    with pytest.raises(UserError, match=r"nothing\.py, which does not exist"):
        load_extensions()
    monkeypatch.setenv(VARIABLE, "no_such_module_here")
    with pytest.raises(UserError, match="'no_such_module_here', which cannot be imported"):
        load_extensions()
