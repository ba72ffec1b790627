"""Work that does not survive a kill: it takes its first file as a sign that all is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kill_windows import every_file


class Careless:
    def begin(self, folder: Path) -> None:
        """Nothing is there before."""

    def work(self, folder: Path) -> None:
        if not (folder / "a.txt").exists():
            (folder / "a.txt").write_text("a")
            (folder / "b.txt").write_text("b")

    def result(self, folder: Path) -> dict[str, Any]:
        return every_file(folder)


work = Careless()
