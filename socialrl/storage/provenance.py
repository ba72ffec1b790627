"""What a run must say about itself to be repeated: seed, versions, commit, platform, processor, command, start."""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from socialrl import __version__
from socialrl_envs.named_tables import CURRENT

# Distributions whose version can move results. Asked for by name, so that none of them has to be imported.
_LIBRARIES = ("gymnasium", "stable-baselines3", "torch", "numpy", "numba", "scipy", "pandas", "pyarrow")

_INSTRUCTION_SETTINGS = (
    "ATEN_CPU_CAPABILITY",
    "GLIBC_TUNABLES",
    "MKL_CBWR",
    "NPY_DISABLE_CPU_FEATURES",
    "NUMBA_CPU_FEATURES",
    "NUMBA_CPU_NAME",
    "OPENBLAS_CORETYPE",
)


def collect_meta(seed: int, table: str = CURRENT) -> dict[str, Any]:
    """Return a plain dictionary for `meta.json`; `started` is UTC, `commit` is None outside a checkout.

    `table` is the name of the parameter table that is used.
    """
    commit, changed = _commit()
    return {
        "seed": seed,
        "parameter_table": table,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command_line(),
        "versions": {"socialrl": __version__, **{name: _version(name) for name in _LIBRARIES}},
        "commit": commit,
        "commit_has_changes": changed,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "processor": processor(),
    }


def command_line() -> str:
    """Return the command that this process was started with, as it can be typed again; `python -m socialrl` is
    `socialrl`.
    """
    return shlex.join([program(sys.argv[0]), *sys.argv[1:]])


def program(path: str) -> str:
    """Return the name of a program from the path that it was started by."""
    script = Path(path)
    return script.parent.name if script.name == "__main__.py" else script.name


@functools.cache
def processor() -> dict[str, Any]:
    """Return the processor's `model`, `architecture`, the longest vector instructions that it has, and what limits
    them.

    `simd` is "AVX512", "AVX2" (with FMA), "none of AVX2, AVX512" on other x86-64 processors, None where Linux does not
    tell. `settings` are the environment variables that make libraries use other instructions than they would.
    """
    model, flags = None, None
    try:
        described = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        described = ""
    for line in described.splitlines():
        name, _, value = (part.strip() for part in line.partition(":"))
        if name == "model name" and model is None:
            model = value
        elif name == "flags" and flags is None:
            flags = set(value.split())
    return {
        "model": model or platform.processor() or None,
        "architecture": platform.machine(),
        "simd": _simd(flags),
        "settings": {name: os.environ[name] for name in _INSTRUCTION_SETTINGS if name in os.environ},
    }


def _simd(flags: set[str] | None) -> str | None:
    if flags is None:
        return None
    # What compiled code asks for under the name AVX-512: the five parts that all processors with it have had since
    # 2017.
    if {"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl"} <= flags:
        return "AVX512"
    return "AVX2" if {"avx2", "fma"} <= flags else "none of AVX2, AVX512"


@functools.cache
def world_checksum() -> str:
    """Return a short checksum of the source of the environments, all parameter tables included: that of the model."""
    import socialrl_envs

    root = Path(socialrl_envs.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.csv")]):
        if "render" not in path.relative_to(root).as_posix():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of this checkout and whether files differ from it; (None, None) outside a checkout."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None, None  # installed: a repository further up would belong to another project
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return commit, bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
        stdin=subprocess.DEVNULL,
    )
    return done.stdout.strip()
