"""Run the notebooks and compare what they print with what they show: `python docs/site/run_notebooks.py [--update]`.

They run in a folder that has the configurations of the checkout. Text must be the same; pictures only have to be drawn,
and a notebook that shows nothing only has to run. `--update` writes what they print into the notebooks.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs" / "notebooks"
_LONGEST_S = 300


def main(*, update: bool) -> None:
    """Run every notebook; end with exit code 1 and the differences where one prints something else."""
    wrong = []
    for path in sorted(FOLDER.glob("*.ipynb")):
        begun = time.perf_counter()
        shown = nbformat.read(path, as_version=4)
        made = run(path)
        print(f"{time.perf_counter() - begun:5.1f} s  {path.relative_to(ROOT)}", flush=True)
        if update:
            write(made, path)
        elif outputs(shown) and (said := differences(shown, made)):
            wrong.append(f"{path.relative_to(ROOT)}:\n{said}")
    if wrong:
        sys.exit("\n\n".join(wrong))


def run(path: Path) -> nbformat.NotebookNode:
    """Return the notebook as it is after a run in a new folder; an error in a cell is raised."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="socialrl-notebook-") as place:
        (Path(place) / "configs").symlink_to(ROOT / "configs")
        NotebookClient(notebook, timeout=_LONGEST_S, resources={"metadata": {"path": place}}).execute()
    return notebook


def differences(shown: nbformat.NotebookNode, made: nbformat.NotebookNode) -> str:
    """Return what the cells print that is not shown, and the other way round; empty where nothing differs."""
    return "\n".join(difflib.unified_diff(outputs(shown), outputs(made), "shown", "printed", lineterm="", n=1))


def outputs(notebook: nbformat.NotebookNode) -> list[str]:
    """Return the lines that the cells of a notebook print, and a mark for each picture."""
    lines: list[str] = []
    for number, cell in enumerate(notebook.cells):
        for one in cell.get("outputs", []):
            data = one.get("data", {})
            text = "(a picture)" if "image/png" in data else one.get("text", data.get("text/plain", ""))
            lines += [f"cell {number}: {line.rstrip()}" for line in text.splitlines()]
    return lines


def write(notebook: nbformat.NotebookNode, path: Path) -> None:
    """Write a notebook without what differs from run to run: times, counts and the computer's own settings."""
    for cell in notebook.cells:
        cell.metadata.clear()
        if cell.cell_type == "code":
            cell.execution_count = None
            for one in cell.outputs:
                if "execution_count" in one:
                    one["execution_count"] = None
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    nbformat.write(notebook, path)


if __name__ == "__main__":
    main(update="--update" in sys.argv[1:])
