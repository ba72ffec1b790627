"""Files found by name: the configurations, protocols, findings and score sheets that come with socialrl, and one's own.

They lie in `configs` at the top of a checkout, which a wheel holds as `socialrl/configs`. A name is the path of a file
in that folder without its ending: `demo`, `protocols/loss`. Where the kind of file is known, so is its folder, and
`loss` is enough.
"""

from __future__ import annotations

import functools
import os
from importlib import resources
from pathlib import Path

from socialrl.errors import UserError, nearest

FOLDER = "configs"
SHEET = "score sheet"
SUBFOLDERS = {"protocol": "protocols", "findings": "findings", SHEET: "score_sheets"}
"""Where files of a kind lie inside that folder; those of other kinds lie in the folder itself."""
ENDINGS = (".yaml", ".yml", ".csv")
_BY_NAME = ("configuration", "recording", "lineage", *SUBFOLDERS)


@functools.cache
def shipped_folder() -> Path:
    """Return the folder of the files that come with socialrl; an installation without them raises `UserError`."""
    package = Path(str(resources.files("socialrl")))
    for folder in (package / FOLDER, package.parent / FOLDER):
        if (folder / "demo.yaml").is_file():
            return folder
    raise UserError(f"this installation of socialrl has no {FOLDER}: {package} is incomplete; install socialrl again")


def shipped() -> dict[str, Path]:
    """Return the files that come with socialrl by name: those of the folder itself, then those of its subfolders."""
    folder = shipped_folder()
    found = (path for ending in ENDINGS for path in folder.rglob(f"*{ending}"))
    files = sorted(found, key=lambda path: (len(path.parts), path.as_posix()))
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in files}


def find(given: str | Path, what: str = "configuration") -> Path:
    """Return the file that a user means: a path, or a name. `what` is the kind of file, as errors call it.

    A file at the path as it is written comes first. A name without ending is looked up in this folder, in its
    `configs`, and then among the files that come with socialrl; `configs/demo.yaml` is found there, too, so that the
    commands of the documentation work in any folder. What is not found comes back as it is, for the reader to refuse.
    """
    text = Path(given).as_posix()
    if os.path.isfile(text):
        return Path(given)
    folders = [SUBFOLDERS[what], ""] if what in SUBFOLDERS else [""]
    if not text.endswith(ENDINGS):
        places = ["", *(os.path.join(FOLDER, folder) for folder in folders)]
        own = (os.path.join(place, text + ending) for place in places for ending in _endings(what))
        if found := next(filter(os.path.isfile, own), None):
            return Path(found)
    elif not text.startswith(f"{FOLDER}/"):
        return Path(given)
    known = shipped()
    name = text.removeprefix(f"{FOLDER}/").removesuffix(_endings(what)[0])
    found = next((one for folder in folders if (one := os.path.join(folder, name)) in known), None)
    return Path(given) if found is None or known[found].suffix not in _endings(what) else known[found]


def _endings(what: str) -> tuple[str, ...]:
    return (".csv",) if what == SHEET else (".yaml", ".yml")


def hint(given: Path, what: str) -> str:
    """Return what to add to the line about a file that is not there: the nearest name, or how to list the names."""
    if what not in _BY_NAME:
        return ""
    name = given.as_posix().removeprefix(f"{FOLDER}/")
    for ending in ENDINGS:
        name = name.removesuffix(ending)
    folder, _, last = name.rpartition("/")
    if folder not in ("", SUBFOLDERS.get(what)):
        return ""
    readable = [one for one, path in shipped().items() if path.suffix in _endings(what)]
    # of two files with the same last name that of this kind
    names = sorted(readable, key=lambda one: one.rpartition("/")[0] == SUBFOLDERS.get(what, ""))
    known = {one.rpartition("/")[-1]: one for one in names}
    near = last if last in known else nearest(last, known)
    if near is not None:
        return f"; did you mean {known[near]}, which comes with socialrl?"
    is_name = not given.as_posix().endswith(ENDINGS)
    return "; `socialrl configs` lists the names of those that come with socialrl" if is_name else ""
