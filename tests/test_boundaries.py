"""Which room may open which door: proven in fresh interpreters and by reading the import statements."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEARNING = {"torch", "stable_baselines3"}


def loaded_by(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter has loaded after `statement`."""
    report = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\n{report}"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_environments_need_no_learning_library():
    loaded = loaded_by("import socialrl_envs")
    assert "gymnasium" in loaded
    # Not yaml: numba loads it by itself where it is installed. That our files do not is tested below.
    forbidden = {"pandas", "omegaconf", "matplotlib", "pydantic", "typer", "socialrl"}
    assert not loaded & (LEARNING | forbidden)


@pytest.mark.parametrize(
    "module",
    [
        "analysis.measures",
        "analysis.statistics",
        "storage.run_folder",
        "config",
        "report",
        "progress",
        "film.frames",
        "film.films",
    ],
)
def test_analysis_needs_no_learning_library(module):
    assert not loaded_by(f"import socialrl.{module}") & LEARNING


def test_opening_a_run_folder_is_light():
    assert not loaded_by("import socialrl.storage.run_folder") & {
        "pandas",
        "pyarrow",
        "omegaconf",
        "pydantic",
        "numba",
        "matplotlib",
    }


def test_loading_a_configuration_needs_no_learning_library():
    statement = "from socialrl.config import load_config; load_config('configs/smoke.yaml')"
    assert not loaded_by(statement) & (LEARNING | {"pandas", "matplotlib"})


def test_help_comes_without_heavy_libraries():
    statement = "from socialrl.cli import main; main(['--help'])"
    heavy = {"pandas", "pyarrow", "matplotlib", "numba", "gymnasium", "omegaconf"}
    assert not loaded_by(statement) & (LEARNING | heavy)


def imports(file: Path) -> set[str]:
    """Return the top-level modules that a file imports anywhere, also inside functions; relative imports left out."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def files(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"no Python files in {folder}"
    return found


def test_the_environments_know_nothing_of_the_rest():
    forbidden = LEARNING | {"socialrl", "pandas", "omegaconf", "yaml"}
    offenders = {str(file.relative_to(ROOT)): imports(file) & forbidden for file in files("envs/socialrl_envs")}
    assert not {name: found for name, found in offenders.items() if found}


@pytest.mark.parametrize(
    "name",
    ["analysis", "storage", "report", "scorecard", "drawing", "findings", "evaluation", "protocols", "release", "film"],
)
def test_analysis_never_imports_a_learning_library_not_even_late(name):
    path = ROOT / "socialrl" / name
    for file in files(f"socialrl/{name}") if path.is_dir() else [path]:
        assert not imports(file) & LEARNING, file


def test_the_scan_sees_what_it_should(tmp_path):
    file = tmp_path / "x.py"
    file.write_text(
        "import a.b\nfrom c.d import e\nfrom . import f\ndef g():\n    import socialrl.storage.run_folder as h\n"
    )
    assert imports(file) == {"a", "c", "socialrl"}
