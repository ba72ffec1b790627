"""Collect the pages of the documentation site in one folder: `python docs/site/stage.py build/pages`.

Pages are README.md (as the first page), CONTRIBUTING.md, CHANGELOG.md, everything in docs, the notebooks as they were
run, and pages that are made from the code and its data (`made_pages.py`). Links are made to fit the new places: a link
to a page leads to that page, one to another file of the repository to a copy of it. A link to nothing ends with an
error.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import made_pages
import notebook_pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
ELSEWHERE = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages outside of docs, and what they are called on the site."""
MADE = "docs/reference"
"""Where pages link to those that are made: docs/reference/*.md exist on the site only."""
FILES = "files"
_LINK = re.compile(r"(\]\()([^()\s]+)(\))")
_BLOCK = r"^ *```.*?^ *```[ ]*$|^::: \S+(?:\n +\S.*)*"
"""What is not text: blocks of code, and the places of docstrings."""
_BLOCKS = re.compile(f"({_BLOCK})", re.MULTILINE | re.DOTALL)
_CODE = re.compile(f"({_BLOCK}|`[^`\\n]+`)", re.MULTILINE | re.DOTALL)


class Site:
    """The pages by their path on the site, with the path that each has in the repository, and the files they need."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        self.files: dict[str, str] = {}

    def add(self, page: str, source: str, text: str) -> None:
        """Add a page; `source` is where its links start from, a path in the repository."""
        self.pages[page] = (source, text)

    def place_of(self, target: Path) -> str | None:
        """Return the page that shows a file of the repository, or the README of a folder."""
        relative = target.relative_to(ROOT).as_posix()
        for page, (source, _) in self.pages.items():
            if source in (relative, f"{relative}/README.md", f"{relative}/index.md"):
                return page
        return None

    def write(self, folder: Path) -> None:
        """Write everything into a folder, which is emptied first; a link to nothing raises ValueError."""
        texts = {page: self._linked(page, source, text) for page, (source, text) in self.pages.items()}
        shutil.rmtree(folder, ignore_errors=True)
        for page, text in texts.items():
            target = folder / page
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        for file, source in self.files.items():
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / source, target)

    def _linked(self, page: str, source: str, text: str) -> str:
        linked = _outside(_CODE, text, lambda part: _LINK.sub(lambda link: self._link(page, source, link), part))
        return _outside(_BLOCKS, linked, _nested)

    def _link(self, page: str, source: str, link: re.Match[str]) -> str:
        path, hash_, anchor = link[2].partition("#")
        if not path or re.match(r"[a-z]+:", path):
            return link[0]
        target = Path(os.path.normpath(ROOT / Path(source).parent / path))
        if not target.exists() and self.place_of(target) is None:
            raise ValueError(f"{source}: the link to {link[2]} leads nowhere")
        # a notebook's page links to the notebook itself
        place = None if target == ROOT / source else self.place_of(target)
        if place is None:
            if target.is_dir():
                raise ValueError(f"{source}: the link to {link[2]} leads to a folder without a page")
            relative = target.relative_to(ROOT)
            shown = relative.as_posix().lstrip(".")  # hidden files would be left out of the site
            place = relative.relative_to("docs").as_posix() if target.is_relative_to(DOCS) else f"{FILES}/{shown}"
            self.files[place] = relative.as_posix()
        return f"{link[1]}{os.path.relpath(place, Path(page).parent)}{hash_}{anchor}{link[3]}"


def _outside(code: re.Pattern[str], text: str, change: Callable[[str], str]) -> str:
    """Return the text with what is between the matches of `code` changed."""
    return "".join(part if k % 2 else change(part) for k, part in enumerate(code.split(text)))


def _nested(text: str) -> str:
    """Indent what belongs to an item of a list by four spaces a level, which the site's Markdown asks for."""
    return re.sub(r"^( +)(?=\S)", lambda spaces: " " * (4 * -(-len(spaces[1]) // 3)), text, flags=re.MULTILINE)


def site() -> Site:
    """Return the whole site."""
    found = Site()
    for name, page in ELSEWHERE.items():
        found.add(page, name, (ROOT / name).read_text(encoding="utf-8"))
    for file in sorted(DOCS.rglob("*.md")):
        relative = file.relative_to(DOCS)
        page = relative.with_name("index.md") if file.name == "README.md" else relative
        found.add(page.as_posix(), file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8"))
    for notebook in sorted(DOCS.rglob("*.ipynb")):
        relative = notebook.relative_to(DOCS)
        text = notebook_pages.page(notebook)
        found.add(relative.with_suffix(".md").as_posix(), notebook.relative_to(DOCS.parent).as_posix(), text)
    found.files["site.css"] = "docs/site/site.css"
    for name, text in made_pages.pages().items():
        found.add(f"reference/{name}", f"{MADE}/{name}", text)
    return found


if __name__ == "__main__":
    try:
        site().write(Path(sys.argv[1]))
    except ValueError as error:
        sys.exit(f"error: {error}")
