"""Other people's assays, drugs, measures and formats: modules that register what they add when they are imported.

A package names its module under the entry point group `socialrl`; a single file or module is named in the environment
variable `SOCIALRL_EXTENSIONS` (several separated by the system's path separator). Both work in every command and in
worker processes. No configuration and no run folder can name one, because loading it runs its code.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from socialrl.errors import UserError

GROUP = "socialrl"
VARIABLE = "SOCIALRL_EXTENSIONS"

_loaded: set[str] = set()


def load_extensions() -> None:
    """Import every extension once; one that cannot be found raises `UserError`, and its own errors are passed on."""
    for point in _installed():
        if point.value not in _loaded:
            _loaded.add(point.value)
            point.load()
    for source in filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)):
        if source not in _loaded:
            _loaded.add(source)
            _load(source)


@functools.cache
def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=GROUP))


def _load(source: str) -> None:
    if not source.endswith(".py"):
        try:
            importlib.import_module(source)
        except ModuleNotFoundError as error:
            if error.name is None or not source.startswith(error.name):
                raise  # the module is there, and something that it needs is not
            raise UserError(f"{VARIABLE} names the module '{source}', which cannot be imported") from None
        return
    path = Path(os.path.expanduser(source))  # which leaves the home of an unknown user as it is written
    if not path.is_file():
        raise UserError(f"{VARIABLE} names {source}, which does not exist")
    name = f"socialrl_extension_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
