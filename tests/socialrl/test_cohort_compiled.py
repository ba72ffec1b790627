"""The disk cache of the trainer's compiled functions must not outlive the sources of the trainer."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import socialrl_envs
from socialrl import networks
from socialrl.training import cohort
from socialrl_envs.compiled import sources_digest

COHORT, NETWORKS = Path(cohort.__file__).parent, Path(networks.__file__).parent


@pytest.mark.parametrize(
    "name",
    [
        "networks.dense",
        "networks.frozen",
        "networks.tiles",
        "training.cohort.initial_weights",
        "training.cohort.rollout",
        "training.cohort.streams",
        "training.cohort.update",
    ],
)
def test_every_compiled_function_is_stamped_with_all_sources_it_is_made_of(name):
    module = importlib.import_module(f"socialrl.{name}")
    functions = [one for one in vars(module).values() if isinstance(one, Dispatcher)]
    own = [one for one in functions if one.py_func.__module__ == module.__name__]
    assert own
    folders = [NETWORKS, Path(socialrl_envs.__file__).parent] + ([COHORT] if "cohort" in name else [])
    for function in own:
        stamp = str(function._cache._cache_file._source_stamp)
        for folder in folders:
            assert sources_digest(folder) in stamp, function.py_func.__name__


def test_no_file_compiles_without_the_stamp_or_lets_the_compiler_choose_the_arithmetic():
    for path in [*COHORT.glob("*.py"), *NETWORKS.glob("*.py")]:
        assert "njit" not in path.read_text(), path.name
        assert "fastmath=" not in path.read_text(), path.name
