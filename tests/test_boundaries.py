"""Which room may open which door: proven in fresh interpreters and by reading the import statements."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from graphlib import TopologicalSorter
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
    # Not yaml: numba loads it if it is installed. That our files do not is tested below.
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


def test_importing_the_package_costs_nothing():
    """`socialrl.load` is there, and what it needs comes when it is called."""
    loaded = loaded_by("import socialrl; socialrl.load")
    assert not loaded & (LEARNING | {"pandas", "numpy", "pyarrow", "numba", "gymnasium", "pydantic", "omegaconf"})


def test_reading_tables_needs_no_learning_library():
    assert not loaded_by("import socialrl.tables.loading, socialrl.tables.page") & (LEARNING | {"matplotlib"})


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
    [
        "analysis",
        "storage",
        "report",
        "scorecard",
        "drawing",
        "findings",
        "evaluation",
        "protocols",
        "release",
        "film",
        "tables",
    ],
)
def test_analysis_never_imports_a_learning_library_not_even_late(name):
    path = ROOT / "socialrl" / name
    for file in files(f"socialrl/{name}") if path.is_dir() else [path]:
        assert not imports(file) & LEARNING, file


GROUND = {"errors", "stopping", "progress", "seeding", "extensions", "budget", "networks"}
WORLD = GROUND | {"assays", "config", "storage", "animals"}
PAGES = GROUND | {"assays", "storage", "analysis", "drawing"}
MAY_IMPORT: dict[str, set[str]] = {
    **{name: {"errors"} for name in GROUND},
    "errors": set(),
    "assays": GROUND,
    "config": GROUND | {"assays"},
    "storage": GROUND | {"config"},
    "animals": WORLD - {"animals"},
    "evaluation": WORLD | {"analysis"},
    "protocols": WORLD | {"evaluation", "analysis", "findings"},
    "work": GROUND | {"storage"},
    "tables": WORLD | {"analysis", "evaluation"},
    "interop": WORLD | {"analysis", "evaluation", "tables"},
    "analysis": GROUND | {"assays"},
    "findings": GROUND | {"assays", "config", "storage", "analysis"},
    "drawing": GROUND | {"assays", "storage", "analysis"},
    "report": PAGES | {"config"},
    "scorecard": PAGES | {"findings"},
    "release": WORLD | PAGES | {"report", "scorecard"},  # a recording has the scorecard's figure
    "film": WORLD | {"drawing"},
    "training": WORLD | {"evaluation", "protocols", "analysis"},
    "tensorboard": WORLD | PAGES | {"report", "film", "training"},
    "sweep": WORLD | PAGES | {"evaluation", "report", "training", "tensorboard", "work"},
    "reproduction": WORLD | PAGES | {"findings", "scorecard", "release", "evaluation", "protocols", "training", "work"},
    "calibration": WORLD | PAGES | {"evaluation", "interop", "training", "work"},
    "lineage": WORLD | PAGES | {"findings", "evaluation", "protocols", "training", "work"},
    "inference": WORLD | PAGES | {"evaluation", "interop", "release", "training", "work"},
    "planning": WORLD | PAGES | {"findings", "interop", "evaluation", "protocols", "training", "reproduction"},
    "authoring": GROUND | {"config", "storage", "protocols", "findings", "interop", "lineage", "reproduction"},
}
"""Which rooms of `socialrl` a room may open, by any import statement in it; `cli` may open all."""


def modules_of(package: str) -> dict[str, Path]:
    """Return the modules of a package by their full names."""
    found = {}
    for file in files(package):
        parts = file.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def opened(file: Path, known: dict[str, Path]) -> set[str]:
    """Return which of the `known` modules a file imports by any statement, late ones and those for types included."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            # a name of a package may be one of its modules
            found |= {
                name if (name := f"{node.module}.{one.name}") in known else str(node.module) for one in node.names
            }
    return found & set(known)


def room_of(module: str) -> str:
    return module.split(".")[1] if "." in module else ""


def test_rooms_open_doors_in_one_direction_only():
    known = modules_of("socialrl")
    rooms = {room_of(name) for name in known} - {"", "cli", "__main__"}
    assert rooms <= set(MAY_IMPORT), "a new room needs a row in the table"
    wrong = {
        f"{name} imports {other}"
        for name, file in known.items()
        for other in opened(file, known)
        if (room := room_of(name)) in MAY_IMPORT and room_of(other) not in {"", room, *MAY_IMPORT[room]}
    }
    assert not wrong


def test_the_table_itself_has_no_circle():
    order = TopologicalSorter(MAY_IMPORT)
    assert len(list(order.static_order())) == len(MAY_IMPORT)


def test_no_module_imports_one_that_imports_it_not_even_for_types():
    known = modules_of("socialrl")
    graph = {name: opened(file, known) - {name, "socialrl"} for name, file in known.items()}
    # a package's own front, which collects what is in it
    fronts = {name for name, file in known.items() if file.name == "__init__.py"}
    sorter = TopologicalSorter({name: others - fronts for name, others in graph.items()})
    assert set(sorter.static_order()) <= set(known)  # a circle raises CycleError, which names it


def test_the_scan_sees_what_it_should(tmp_path):
    file = tmp_path / "x.py"
    file.write_text(
        "import a.b\nfrom c.d import e\nfrom . import f\ndef g():\n    import socialrl.storage.run_folder as h\n"
    )
    assert imports(file) == {"a", "c", "socialrl"}
    file.write_text("if X:\n    from socialrl import seeding\ndef g():\n    import socialrl.cli.app\n")
    assert opened(file, modules_of("socialrl")) == {"socialrl.seeding", "socialrl.cli.app"}


def test_lines_have_at_most_120_characters_outside_of_code_too():
    """Ruff holds the lines of code; documents, templates, configurations and scripts are held here."""
    kinds = ("*.md", "*.j2", "*.css", "*.yaml", "*.toml", "Makefile", "*.cff", ".ci/*", ".pre-commit-config.yaml")
    folders = [ROOT / name for name in ("configs", "docs", "envs", "socialrl", "tests")]
    found = {file for kind in kinds for file in ROOT.glob(kind)}
    found |= {file for folder in folders for kind in kinds for file in folder.rglob(kind)}
    kept = ROOT / "docs" / "results"  # written by commands
    long = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in sorted(found)
        if not file.is_relative_to(kept)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if len(line) > 120
    ]
    assert len(found) > 40
    assert long == []
