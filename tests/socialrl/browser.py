"""What a browser makes of a page: its width, its smallest type, tables that hide columns, complaints."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
]
_MEASURE = (
    "<script>const all = [...document.body.querySelectorAll('*')];"
    "const small = Math.min(...all.filter(one => one.innerText).map(one => "
    "parseFloat(getComputedStyle(one).fontSize)));"
    "const cut = all.filter(one => one.matches('.scroll, pre') && one.scrollWidth > one.clientWidth + 1);"
    "parent.document.title = `${document.documentElement.scrollWidth} of ${innerWidth}, ${small} px, ${cut.length} "
    "cut`"
    "</script></body>"
)


class Shown(NamedTuple):
    """`needed_px` and `given_px` of width, the smallest type, and how many boxes hide a part of what is in them."""

    needed_px: float
    given_px: float
    smallest_px: float
    cut: float


def complaints(page: Path, folder: Path) -> str:
    """Return what the browser's console says while it shows a page; `folder` is for the browser's own files."""
    return "\n".join(line for line in _browse(page, 1200, folder).stderr.splitlines() if "CONSOLE" in line)


def shown(page: Path, width: int, folder: Path) -> Shown:
    """Return how a page is shown `width` pixels wide."""
    # A window of a browser without a screen is at least 500 px wide, so the page is put into a frame of the width asked
    # for.
    text = re.sub("<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8")).replace("</body>", _MEASURE)
    folder.mkdir(parents=True, exist_ok=True)
    frame = folder / "frame.html"
    frame.write_text(f'<iframe width="{width}" height="900" style="border:0" srcdoc="{html.escape(text)}"></iframe>')
    done = _browse(frame, max(1300, width + 20), folder / "profile").stdout
    found = re.search(r"<title>(\d+) of (\d+), ([\d.]+) px, (\d+) cut", done)
    assert found, "the page was not measured"
    return Shown(*map(float, found.groups()))


def _browse(page: Path, width: int, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(CHROMIUM), *_FLAGS, f"--user-data-dir={folder}", f"--window-size={width},900"]
    return subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
