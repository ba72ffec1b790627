"""Work that does not survive a kill: it takes its first file as a sign that all is done."""

from __future__ import annotations

from pathlib import Path


def work(root: Path) -> None:
    if not (root / "a.txt").exists():
        (root / "a.txt").write_text("a")
        (root / "b.txt").write_text("b")
