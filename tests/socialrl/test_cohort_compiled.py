"""The disk cache of the trainer's compiled functions must not outlive the sources of the trainer."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

from socialrl.training import cohort
from socialrl_envs.compiled import sources_digest

FOLDER = Path(cohort.__file__).parent


@pytest.mark.parametrize("name", ["networks", "rollout", "streams", "tiles", "update"])
def test_every_compiled_function_is_stamped_with_all_sources(name):
    module = importlib.import_module(f"socialrl.training.cohort.{name}")
    functions = [one for one in vars(module).values() if isinstance(one, Dispatcher)]
    assert functions
    digest = sources_digest(FOLDER)
    for function in functions:
        assert digest in function._cache._cache_file._source_stamp, function.py_func.__name__


def test_no_file_compiles_without_the_stamp():
    assert not [path.name for path in FOLDER.glob("*.py") if "njit" in path.read_text()]
