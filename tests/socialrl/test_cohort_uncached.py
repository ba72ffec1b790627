"""The trainer's compiled functions where numba is switched off, and where they cannot be kept on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MULTIPLY = """
import numpy as np
from socialrl.networks.tiles import matmul
a, b = np.arange(4, dtype=np.float32), np.arange(32, dtype=np.float32)
out = np.zeros(32, dtype=np.float32)
matmul(a, 0, 2, 1, b, 0, 16, np.zeros(16, dtype=np.float32), 0, 0, out, 0, 16, 2, 16, 2, 0, out, 0, out, 0)
print((out.reshape(2, 16) == a.reshape(2, 2) @ b.reshape(2, 16)).all())
"""


@pytest.mark.parametrize(
    "environment", [{"NUMBA_DISABLE_JIT": "1"}, {"NUMBA_CACHE_DIR": "file"}], ids=["no jit", "no cache"]
)
def test_the_trainers_kernels_work(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    if "NUMBA_CACHE_DIR" in environment:  # a folder below a file cannot exist, and numba may use no other
        environment = {
            "NUMBA_CACHE_DIR": str(tmp_path / "file"),
            "NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator",
        }
    whole = {**os.environ, **environment}
    done = subprocess.run([sys.executable, "-c", MULTIPLY], capture_output=True, text=True, cwd=ROOT, env=whole)
    assert done.stdout == "True\n", done.stderr
    assert done.stderr.count("\n") == ("NUMBA_CACHE_DIR" in environment)
