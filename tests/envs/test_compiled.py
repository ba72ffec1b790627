"""The disk cache of compiled functions: never older than the sources, never trusted when damaged, never needed."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import gymnasium as gym
import numpy as np
import pytest

import socialrl_envs
from socialrl_envs import compiled_cache, rewards, step
from socialrl_envs.compiled import cached, sources_digest

ROOT = Path(__file__).resolve().parents[2]


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
    (tmp_path / "parameter_rows.py").write_text("gain = 2\n")
    assert sources_digest(tmp_path) == before


def test_every_cached_function_is_stamped_with_all_sources() -> None:
    digest = sources_digest(Path(socialrl_envs.__file__).parent)
    for function in (step.step_worlds, rewards.threat):
        assert digest in function._cache._cache_file._source_stamp


@pytest.fixture
def adding(tmp_path: Path) -> ModuleType:
    """A module with one function to compile, in a folder of its own."""
    path = tmp_path / "adding.py"
    path.write_text("def add(x):\n    return x + 1\n")
    spec = importlib.util.spec_from_file_location("adding", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def hits(module: ModuleType, digest: str = "one", signature: str | None = None) -> int:
    """Compile and call the module's function; return how often it came from the disk."""
    function = cached(module.add, digest, signature=signature)
    assert function(2) == 3
    return sum(function.stats.cache_hits.values())


@pytest.mark.parametrize("signature", [None, "i8(i8)"])
def test_a_changed_digest_is_compiled_anew_and_the_same_one_is_not(adding: ModuleType, signature: str | None) -> None:
    assert [hits(adding, digest, signature) for digest in ("one", "one", "two", "two")] == [0, 1, 0, 1]


def _flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1 :]


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:0],
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"x",
        lambda content: _flipped(content, 5),
        lambda content: _flipped(content, len(content) // 2),
        lambda content: _flipped(content, len(content) - 1),
    ],
    ids=["empty", "short", "half", "last byte gone", "a byte more", "flipped sum", "flipped middle", "flipped end"],
)
def test_a_damaged_cache_file_is_compiled_anew_and_written_over(
    adding: ModuleType, tmp_path: Path, kind: str, damage: Callable[[bytes], bytes]
) -> None:
    assert hits(adding) == 0
    [path] = (tmp_path / "__pycache__").glob(f"adding.add*.{kind}")
    path.write_bytes(damage(path.read_bytes()))
    assert hits(adding) == 0
    assert hits(adding) == 1


def test_a_cache_file_that_numba_itself_wrote_is_not_trusted(adding: ModuleType, tmp_path: Path) -> None:
    """Numba's own files carry no sum, so nobody could tell whether they are whole."""
    import numba

    assert numba.njit(cache=True)(adding.add)(2) == 3
    assert list((tmp_path / "__pycache__").glob("adding.add*.nbc"))
    assert hits(adding) == 0
    assert hits(adding) == 1


def test_a_cache_that_cannot_be_written_later_is_done_without(
    adding: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compiled_cache, "_warned", False)
    first, second = (cached(adding.add, "one") for _ in range(2))
    shutil.rmtree(tmp_path / "__pycache__")
    (tmp_path / "__pycache__").write_text("in the way, like a full disk")
    assert first(2) == second(2) == 3
    [said] = caplog.messages
    assert said.startswith("compiled functions cannot be cached on disk")
    assert "NUMBA_CACHE_DIR" in said


PLAY = """
import hashlib
import gymnasium as gym, numpy as np
import socialrl_envs
seen = hashlib.sha256()
drug = {"drug": "antagonist", "dose": 0.4, "start_s": 0.0, "end_s": 60.0}
env = gym.make_vec("socialrl/StrangerEncounter-v0", num_envs=3, duration_s=100.0, cohousing_h=0.2, drugs=[drug])
seen.update(env.reset(seed=3)[0].tobytes())
for tick in range(22):
    observations, reward, *_ = env.step(np.array([tick % 6, 1, 2]))
    seen.update(observations.tobytes() + reward.tobytes())
print(seen.hexdigest())
"""


def _child(statement: str, **environment: str) -> subprocess.CompletedProcess[str]:
    whole = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, cwd=ROOT, env=whole)


def test_actions_that_may_not_be_written_to_compile_no_other_step() -> None:
    """Arrays of JAX and of `broadcast_to` are such, and to numba of another type."""
    env = gym.make_vec("socialrl/PartnerPreference-v0", num_envs=2, vectorization_mode="vector_entry_point")
    env.reset(seed=1)
    env.step(np.zeros(2, dtype=np.int64))
    known = set(step.step_worlds.overloads)
    env.step(np.broadcast_to(np.ones(2, dtype=np.int64), 2))
    assert set(step.step_worlds.overloads) == known


def test_without_compilation_the_numbers_are_the_same() -> None:
    expected = _child(PLAY)
    assert expected.returncode == 0, expected.stderr
    interpreted = _child(PLAY, NUMBA_DISABLE_JIT="1")
    assert (interpreted.returncode, interpreted.stdout, interpreted.stderr) == (0, expected.stdout, "")


def test_the_package_imports_where_no_cache_can_be_written_and_says_so_in_one_line(tmp_path: Path) -> None:
    """Root may write anywhere, so the only folder that numba may use is one that cannot exist: it is below a file."""
    (tmp_path / "file").write_text("")
    nowhere = {"NUMBA_CACHE_DIR": str(tmp_path / "file"), "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator"}
    statement = "import socialrl_envs; from socialrl_envs.noise import fill_uniform; import numpy as np\n"
    statement += "out = np.zeros(1); fill_uniform(np.array([1], dtype=np.uint64), 0, out); print(out[0] > 0.0)"
    done = _child(statement, **nowhere)
    assert done.stdout == "True\n", done.stderr
    assert done.stderr.count("\n") == 1
    assert "compiled functions cannot be cached on disk" in done.stderr
