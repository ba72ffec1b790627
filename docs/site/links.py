"""Check the links of the built site: `python docs/site/links.py build/site`.

Every link, picture and anchor inside the site has to be there; each that is not is printed, and the exit code is 1.
Links that lead out of it are listed in the file `external_links.txt` beside the site, and nothing is fetched.
"""

from __future__ import annotations

import os
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Links(HTMLParser):
    """The links and the anchors of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag refers to and what it can be referred to as."""
        for name, value in attrs:
            if value and name in ("href", "src"):
                self.targets.append(value)
            elif value and name in ("id", "name"):
                self.anchors.add(value)


def read(site: Path) -> dict[Path, Links]:
    """Return the links of every page of a site."""
    found = {}
    for file in sorted(site.rglob("*.html")):
        found[file] = Links()
        found[file].feed(file.read_text(encoding="utf-8"))
    return found


def broken(pages: dict[Path, Links], site: Path) -> list[str]:
    """Return a line for every link inside the site that leads nowhere."""
    wrong = []
    for file, links in pages.items():
        for target in links.targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            path = unquote(parts.path)
            base = site if path.startswith("/") else file.parent
            place = Path(os.path.normpath(base / path.lstrip("/"))) if path else file
            place = place / "index.html" if place.is_dir() else place
            if not place.exists():
                wrong.append(f"{file.relative_to(site)}: {target} does not exist")
            elif parts.fragment and place in pages and unquote(parts.fragment) not in pages[place].anchors:
                wrong.append(f"{file.relative_to(site)}: {target} has no such heading")
    return wrong


def external(pages: dict[Path, Links]) -> list[str]:
    """Return the addresses outside of the site, each once."""
    return sorted(
        {one for links in pages.values() for one in links.targets if urlsplit(one).scheme in ("http", "https")}
    )


def main(site: Path) -> None:
    """Check a site; end with exit code 1 where a link is broken."""
    pages = read(site)
    if not pages:
        sys.exit(f"error: {site} holds no pages")
    outside = external(pages)
    listed = site.parent / "external_links.txt"
    listed.write_text("".join(f"{one}\n" for one in outside), encoding="utf-8")
    n_links = sum(len(links.targets) for links in pages.values())
    wrong = broken(pages, site)
    if wrong:
        sys.exit("\n".join(["error: broken links", *wrong]))
    print(
        f"{len(pages)} pages, {n_links} links, none broken; {len(outside)} lead out ({site.parent}/external_links.txt)"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
