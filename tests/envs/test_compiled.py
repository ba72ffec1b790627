"""The disk cache of compiled functions must not outlive the sources that they were compiled from."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import socialrl_envs
from socialrl_envs import rewards, step
from socialrl_envs.compiled import cached, sources_digest


def test_any_changed_new_or_renamed_source_makes_the_cache_stale(tmp_path: Path) -> None:
    (tmp_path / "step.py").write_text("a = 1\n")
    (tmp_path / "rewards.py").write_text("b = 1\n")
    digests = [sources_digest(tmp_path)]
    assert sources_digest(tmp_path) == digests[0]
    (tmp_path / "rewards.py").write_text("b = 2\n")
    digests.append(sources_digest(tmp_path))
    (tmp_path / "rewards.py").rename(tmp_path / "worth.py")
    digests.append(sources_digest(tmp_path))
    (tmp_path / "noise.py").write_text("")
    digests.append(sources_digest(tmp_path))
    assert len(set(digests)) == 4


def test_values_of_parameters_are_data_and_compile_nothing_anew(tmp_path: Path) -> None:
    (tmp_path / "step.py").write_text("a = 1\n")
    before = sources_digest(tmp_path)
    (tmp_path / "parameters.py").write_text("gain = 2\n")
    assert sources_digest(tmp_path) == before


def test_every_cached_function_is_stamped_with_all_sources() -> None:
    digest = sources_digest(Path(socialrl_envs.__file__).parent)
    for function in (step.step_worlds, rewards.threat):
        assert digest in function._cache._cache_file._source_stamp


@pytest.mark.parametrize("signature", [None, "i8(i8)"])
def test_a_changed_digest_is_compiled_anew_and_the_same_one_is_not(tmp_path: Path, signature: str | None) -> None:
    path = tmp_path / "adding.py"
    path.write_text("def add(x):\n    return x + 1\n")
    spec = importlib.util.spec_from_file_location("adding", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = []
    for digest in ("one", "one", "two", "two"):
        function = cached(module.add, digest, signature=signature)
        assert function(2) == 3
        found.append(sum(function.stats.cache_hits.values()))
    assert found == [0, 1, 0, 1]
