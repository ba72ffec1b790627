"""The same numbers on another processor: a small study in child processes that use other instructions and thread
counts.

On one machine other processors can be imitated downwards only: a processor with AVX-512 is told to do without,
libraries are told to take the code that they have for other makes. Each setting runs `same_bytes.py`, and every byte
must be the same.
"""

from __future__ import annotations

import functools
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from socialrl.storage.provenance import processor

HERE = Path(__file__).resolve().parent
# numpy's names of its groups; those that a processor or an older numpy does not know are left out with a warning
NO_AVX512 = {"NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR", "ATEN_CPU_CAPABILITY": "avx2"}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
HASWELL = {"OPENBLAS_CORETYPE": "Haswell", "MKL_CBWR": "AVX2"}
COMPILED_FOR_AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+popcnt,+sse4.2",
}
ALL_AT_ONCE = {**NO_AVX512, **HASWELL, **ONE_THREAD}
AMD = {"OPENBLAS_CORETYPE": "Zen", "MKL_CBWR": "COMPATIBLE"}
SKYLAKE = {"NUMBA_CPU_NAME": "skylake-avx512", "NUMBA_CPU_FEATURES": ""}
PARTS = ("run", "habitat", "statistics", "calibration")
COMPILED = {
    "all of AVX2 in one thread, compiled for it": ({**ALL_AT_ONCE, **COMPILED_FOR_AVX2}, PARTS),
    "an AMD processor's linear algebra, compiled for another AVX-512 processor": (
        {**AMD, **SKYLAKE},
        ("run", "statistics", "calibration"),
    ),
}
"""Every setting of every library in one of two children; to see which one made a difference, try them one by one.

The second one leaves out the worlds that the run does not visit: they use no library and would be compiled, half a
minute long, from the functions of the one that is visited.
"""
EVERYWHERE = "SOCIALRL_ALL_PROCESSORS" in os.environ

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64" or processor()["simd"] not in ("AVX2", "AVX512"),
    reason="the same bytes are promised on x86-64 with AVX2 and above",
)


def study(setting: dict[str, str], cache: Path | None = None, parts: Sequence[str] = PARTS) -> dict[str, str]:
    # with as many threads as the machine has, also where `make test` gives each of its processes one
    environment = {name: value for name, value in os.environ.items() if name not in ONE_THREAD} | setting
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, str(HERE / "same_bytes.py"), folder, *parts],
            env=environment,
            cwd=HERE,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@functools.cache
def here() -> dict[str, str]:
    return study({})


def here_of(parts: Sequence[str]) -> dict[str, str]:
    return {name: digest for name, digest in here().items() if name.partition("/")[0] in parts}


def assert_same(found: dict[str, str], expected: dict[str, str]) -> None:
    assert len(expected) > 20
    assert found.keys() == expected.keys()
    assert not [name for name in expected if found[name] != expected[name]]


@pytest.mark.slow
@pytest.mark.skipif(EVERYWHERE, reason="the settings below include these")
def test_a_study_has_the_same_bytes():
    assert_same(study(ALL_AT_ONCE), here())


@pytest.mark.slow
@pytest.mark.skipif(not EVERYWHERE, reason="a minute of compiling; CI sets SOCIALRL_ALL_PROCESSORS")
@pytest.mark.parametrize("name", list(COMPILED))
def test_a_study_has_the_same_bytes_compiled_for_another_processor(name, tmp_path):
    setting, parts = COMPILED[name]
    if "another AVX-512" in name and processor()["simd"] != "AVX512":
        setting = AMD  # such code does not run here
    assert_same(study(setting, tmp_path, parts), here_of(parts))


def test_the_compiled_code_has_the_registers_of_the_processor_that_is_imitated():
    program = "from socialrl.networks.lanes import LANES; print(LANES)"
    environment = {**os.environ, **COMPILED_FOR_AVX2}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "8\n"


def test_the_settings_do_something():
    """A comparison can fail only if the setting reaches the library: NumPy's own exp differs, ours does not."""
    if processor()["simd"] != "AVX512":
        pytest.skip("needs AVX-512 to do without")
    program = (
        "import hashlib, numpy as np; from socialrl_envs.elementary import exp; x = np.linspace(-5, 5, 4001);"
        "print(hashlib.sha256(np.exp(x).tobytes()).hexdigest(), hashlib.sha256(exp(x).tobytes()).hexdigest())"
    )
    numpy_s, ours = zip(
        *(
            subprocess.run(
                [sys.executable, "-c", program],
                env={**os.environ, **setting},
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()
            for setting in ({}, NO_AVX512)
        ),
        strict=True,
    )
    assert numpy_s[0] != numpy_s[1]
    assert ours[0] == ours[1]
