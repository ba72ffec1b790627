"""What a run must say about itself to be repeated: seed, versions, commit, platform, command, start."""

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

# Distributions whose version can move results. Asked for by name, so that none of them has to be imported.
_LIBRARIES = ("gymnasium", "stable-baselines3", "torch", "numpy", "numba", "scipy", "pandas", "pyarrow")


def collect_meta(seed: int) -> dict[str, Any]:
    """Return a plain dictionary for `meta.json`; `started` is UTC, `commit` is None outside a checkout."""
    commit, changed = _commit()
    return {
        "seed": seed,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join([os.path.basename(sys.argv[0]), *sys.argv[1:]]),
        "versions": {"socialrl": __version__, **{name: _version(name) for name in _LIBRARIES}},
        "commit": commit,
        "commit_has_changes": changed,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
    }


@functools.cache
def world_checksum() -> str:
    """Return a short checksum of the source of the environments, parameters included: equal where the model is."""
    import socialrl_envs

    root = Path(socialrl_envs.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        if "render" not in path.relative_to(root).as_posix():
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of the checkout this package runs from and whether files differ from it; (None, None) if none."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None, None  # installed: a repository further up would be somebody else's
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
