"""Each thing that can be extended is added from outside the package, in the number of places that CONTRIBUTING.md says.

What is added stands in `extensions/`, one file each, loaded as its readers would load it: by entry points of a package,
or by `SOCIALRL_EXTENSIONS`. A parameter and an option of an episode need a line of an equation, so those two are added
to a copy of the worlds.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from made_sheets import made_sheet

from socialrl.errors import UserError
from socialrl.extensions import VARIABLE, load_extensions

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXTENSIONS = HERE / "extensions"
PLACES = {
    "one_cage": ["register_assay", "register_study"],  # the world, and what is studied in it
    "atosiban": ["register_drug"],
    "time_in_nest": ["register_measure"],
    "toy_format": [],  # an entry point names its record
}
"""The calls by which each file adds something."""

CONFIG = (EXTENSIONS / "one_cage.yaml").read_text(encoding="utf-8")
PROTOCOL = """\
name: nest
histories:
  dosed:
    - cohouse: {with: partner, hours: 24}
    - dose: {drug: atosiban, dose: 1.0, hours: 1}
    - assay: {id: OneCage, with: partner}
"""
COMMANDS = """
import json, sys
from socialrl.cli import main
from socialrl.reproduction import presets
size = presets.Size(2, {"OneCage": 512}, 1)
presets.PRESETS["quick"] = presets.Preset(size, doses=False, arms=False, parameters=None, note="Tiny.")
for words in json.loads(sys.argv[1]):
    if main(words):
        sys.exit(f"{words} failed")
"""
EXPORT = """
from socialrl.interop.formats import read_tests, write_tests
write_tests(read_tests("scores.csv").tests, "tests.toy", "toy")
print(len(read_tests("tests.toy").tests), "tests read from", open("tests.toy").readline())
"""


def python(script: str, *arguments: str, place: Path, paths: tuple[Path, ...] = (), **variables: str) -> str:
    """Run a script in a process of its own in the folder `place` and return what it printed."""
    path = os.pathsep.join(map(str, [*paths, *filter(None, sys.path)]))
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        capture_output=True,
        text=True,
        cwd=place,
        env=os.environ | {"PYTHONPATH": path, **variables},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def installed(place: Path, **groups: str) -> Path:
    """Return a folder for the path with the metadata of an installed package that has these entry points."""
    info = place / "site" / "toy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: toy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("".join(f"[{group}]\n{line}\n" for group, line in groups.items()))
    return info.parent


@pytest.mark.parametrize("name", PLACES)
def test_each_file_adds_its_thing_in_as_many_places_as_are_promised(name):
    tree = ast.parse((EXTENSIONS / f"{name}.py").read_text(encoding="utf-8"))
    calls = [
        node.value.func.id for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    assert calls == PLACES[name]
    named = re.compile(r"one_?cage|atosiban|time_in_nest|toy_format", re.IGNORECASE)
    for file in [*(ROOT / "socialrl").rglob("*.py"), *(ROOT / "envs").rglob("*.py")]:
        assert not named.search(file.read_text(encoding="utf-8")), f"{file} knows what comes from outside"


@pytest.mark.slow
def test_assay_drug_measure_and_finding_go_through_every_command(tmp_path):
    (tmp_path / "one.yaml").write_text(CONFIG, encoding="utf-8")
    (tmp_path / "nest.yaml").write_text(PROTOCOL, encoding="utf-8")
    site = installed(tmp_path, socialrl="one_cage = one_cage")
    findings = ["--findings", str(EXTENSIONS / "findings.yaml")]
    commands = [
        ["envs"],
        ["train", "one.yaml", "output=.", "--quiet"],
        ["evaluate", "one_cage", "--quiet"],
        ["evaluate", "one_cage", "--protocol", "nest.yaml", "--quiet"],
        ["report", "one_cage"],
        ["reproduce", *findings, "--output", "battery", "--quiet"],
    ]
    added = os.pathsep.join(str(EXTENSIONS / f"{name}.py") for name in ("atosiban", "time_in_nest"))
    told = python(COMMANDS, json.dumps(commands), place=tmp_path, paths=(site, EXTENSIONS), **{VARIABLE: added})
    assert "mine/OneCage-v0  nobody's" in told
    means = pd.read_csv(tmp_path / "one_cage" / "tables" / "measures.csv")
    assert set(means["measure"]) == {"time_in_nest", "huddle_s_partner", "return"}
    rows = pd.read_parquet(tmp_path / "one_cage" / "evaluation.parquet")
    wild_type = rows[(rows["genotype"] == "wt") & (rows["test"] == "day")]
    shown = means[(means["measure"] == "time_in_nest") & (means["genotype"] == "wt") & (means["test"] == "day")]
    assert shown["estimate"].item() == pytest.approx((wild_type["chamber_s_nest"] / 600.0).mean())
    played = pd.read_parquet(tmp_path / "one_cage" / "protocol_nest.parquet")
    assert "atosiban" in played["doses"].iloc[0]
    page = (tmp_path / "one_cage" / "report.html").read_text(encoding="utf-8")
    assert "Time in the nest" in page
    assert "seconds in the nest / length of the test" in page
    scored = json.loads((tmp_path / "battery" / "scorecard.json").read_text(encoding="utf-8"))
    (finding,) = scored["findings"]
    assert (finding["id"], finding["comparisons"][0]["measure"]) == ("X01", "time_in_nest")


def test_a_drug_from_outside_acts_where_its_row_says(tmp_path):
    script = """
import gymnasium as gym
from socialrl.config import load_config
from socialrl_envs.vocabulary import DRUGS
load_config("one.yaml")
def stay(drug):
    dose = {"drug": drug, "dose": 1.0, "start_s": 0.0, "end_s": 600.0}
    env = gym.make("mine/OneCage-v0", drugs=[dose])
    env.reset(seed=1)
    return [env.step(2)[1] for _ in range(30)]
print(stay("atosiban") == stay("antagonist") != stay("agonist"), DRUGS["atosiban"].label)
"""
    (tmp_path / "one.yaml").write_text(CONFIG, encoding="utf-8")
    added = os.pathsep.join(str(EXTENSIONS / f"{name}.py") for name in ("one_cage", "atosiban"))
    assert python(script, place=tmp_path, **{VARIABLE: added}) == "True atosiban\n"


def test_a_format_is_an_entry_point(tmp_path):
    made_sheet(10).to_csv(tmp_path / "scores.csv", index=False)
    site = installed(tmp_path, **{"socialrl.formats": "toy = toy_format:FORMAT"})
    assert python(EXPORT, place=tmp_path, paths=(site, EXTENSIONS)).startswith("10 tests read from toy tests 1")


ADDED = {
    # a parameter: a row of the table, a line of an equation
    "parameter_rows.py": (
        "PARAMETERS: tuple[Parameter, ...] = (\n",
        'Parameter("grooming_reward", 0.0, "reward/tick", 0.0, 50.0, 0.0, "worth of grooming", "assumed", "test"),',
    ),
    "feeling.py": (
        "    terms[_REST, row] = rates.rest if resting else 0.0\n",
        "    terms[_REST, row] += rates.grooming_reward if resting else 0.0",
    ),
    # an option of an episode: the same
    "vocabulary.py": (
        "OPTIONS: tuple[Option, ...] = (\n",
        'Option("handling_stress", 0.0, 5, 1.0, "units of stress"),',
    ),
    "begin.py": (
        "    animals, pairs = world.animals, world.pairs\n",
        "    animals[0].stress += world.test.handling_stress",
    ),
}
"""By file: the line after which something is added, and what."""

IN_A_COPY = """
import gymnasium as gym, socialrl_envs, sys
from socialrl.cli import main
print(socialrl_envs.__file__)
def begun(**arguments):
    env = gym.make("socialrl/PartnerPreference-v0", **arguments)
    env.reset(seed=3)
    stress = float(env.unwrapped.world.batch.animals["stress"][0, 0])
    return stress, env.step(0)[4]["reward_terms"]["rest"]
plain, groomed, handled = begun(), begun(grooming_reward=2.0), begun(handling_stress=0.25)
print(round(groomed[1] - plain[1], 9), round(handled[0] - plain[0], 9))
for words in ("train", "smoke.yaml", *sys.argv[1:]), ("evaluate", "smoke", "--protocol", "day.yaml"):
    if main([*words, "--quiet"]):
        sys.exit(f"{words} failed")
"""


@pytest.mark.slow
def test_a_parameter_and_an_option_of_an_episode_are_a_row_and_a_line_of_an_equation_each(tmp_path):
    shutil.copytree(
        ROOT / "envs" / "socialrl_envs",
        tmp_path / "envs" / "socialrl_envs",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name, (before, line) in ADDED.items():
        file = tmp_path / "envs" / "socialrl_envs" / name
        text = file.read_text(encoding="utf-8")
        assert text.count(before) == 1, name
        file.write_text(text.replace(before, f"{before}{line}\n"), encoding="utf-8")
    shutil.copy(ROOT / "configs" / "smoke.yaml", tmp_path)
    (tmp_path / "day.yaml").write_text(
        "name: day\nhistories:\n  handled:\n    - assay: {id: PartnerPreference, minutes: 5, handling_stress: 0.5}\n"
    )
    overrides = [
        "output=.",
        "steps=64",
        "lives=2",
        "ppo.n_steps=32",
        "ppo.batch_size=32",
        "animals=1",
        "engine=sb3",  # the kernels of a cohort would be compiled anew, as they call a function of the worlds
        "workers=1",
        "env.duration_s=300",
        "probes.tests=[]",
        "env.parameters={grooming_reward: 0.5}",
        "individual_spread={grooming_reward: 0.2}",
        "env.reset.handling_stress=[0, 0.5]",
    ]
    told = python(IN_A_COPY, *overrides, place=tmp_path, paths=(tmp_path / "envs",), NUMBA_DISABLE_JIT="1").splitlines()
    assert told[0] == str(tmp_path / "envs" / "socialrl_envs" / "__init__.py")
    assert told[1] == "2.0 0.25"
    table = pd.read_parquet(tmp_path / "smoke" / "protocol_day.parquet")
    assert (table["handling_stress"] == 0.5).all()


def test_the_guide_names_files_that_are_there():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for path in re.findall(r"\]\(([^)#:]+)\)", guide):
        assert (ROOT / path).exists(), path
    for name in PLACES:
        assert f"tests/socialrl/extensions/{name}.py" in guide
    for name, (_, line) in ADDED.items():
        assert name in guide
        assert line.strip() in guide, f"the guide shows the line that is added to {name}"
    for name in ("atosiban", "time_in_nest"):
        code = (EXTENSIONS / f"{name}.py").read_text(encoding="utf-8").partition("annotations\n\n")[2]
        assert f"```python\n# tests/socialrl/extensions/{name}.py\n{code}```" in guide
    lines = guide.splitlines()
    assert len(lines) <= 160
    assert max(map(len, lines)) <= 120


def test_an_extension_that_is_not_there_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "nothing.py"))
    with pytest.raises(UserError, match=r"nothing\.py, which does not exist"):
        load_extensions()
    monkeypatch.setenv(VARIABLE, "no_such_module_here")
    with pytest.raises(UserError, match="'no_such_module_here', which cannot be imported"):
        load_extensions()
