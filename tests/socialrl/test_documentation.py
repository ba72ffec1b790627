"""What proves the documentation must see what is wrong: a command, what is printed, a link, a block that is not run."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / ".ci"), str(ROOT / "docs" / "site")]

import links  # noqa: E402
import pages  # noqa: E402
import stage  # noqa: E402
from blocks import blocks_of, matches, mistake, stripped  # noqa: E402


def ran(tmp_path: Path, text: str) -> list[str]:
    """Return the complaints about a page with this text."""
    page = pages.Page(tmp_path / "page.md", blocks_of(text))
    pages.run_page(page, tmp_path)
    return page.wrong


def fenced(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```\n"


def test_blocks_are_run_in_order_and_what_they_print_is_compared(tmp_path):
    page = fenced("sh", "export WHO=vole\necho hello > said") + "\nText.\n\n"
    page += fenced("sh", "cat said; echo $WHO") + fenced("text", "hello\nvole")
    page += (
        fenced("python", "x = 2\nprint('not shown')") + "\n" + fenced("python", "print(x + 1)") + fenced("text", "3")
    )
    assert ran(tmp_path, page) == []
    (wrong,) = ran(tmp_path, page.replace("\nvole\n", "\nmouse\n"))
    assert "page.md:11" in wrong
    assert "-mouse\n+vole" in wrong


@pytest.mark.parametrize(
    ("block", "said"),
    [
        (fenced("sh", "false"), "exit code 1"),
        (fenced("sh", "true  # exit code 2"), "exit code 0"),
        (fenced("python", "1 / 0"), "ZeroDivisionError"),
        (fenced("", "socialrl envs"), "needs a language"),
        (fenced("yaml", "a: 1\na: 2"), "a"),
        (fenced("sh", "# not run here: long\nsocialrl trian configs/demo.yaml"), "trian"),
        (fenced("sh", "# not run here: long\nsocialrl train configs/demo.yaml --owerwrite"), "--owerwrite"),
        (fenced("sh", "# not run here: long\nsocialrl train configs/dmeo.yaml"), "configs/dmeo.yaml does not exist"),
        (fenced("sh", "# not run here: long\npip install 'socialrl[fti]'"), "no extra 'fti'"),
        (fenced("python", "# not run here: long\nfrom socialrl.analysis import measurse"), "measurse"),
    ],
)
def test_what_is_wrong_with_a_block_is_said(tmp_path, block, said):
    (wrong,) = ran(tmp_path, block)
    assert said in wrong


def test_an_exit_code_that_the_page_names_is_expected(tmp_path):
    assert ran(tmp_path, fenced("sh", "exit 2  # exit code 2")) == []


def test_a_block_with_a_file_name_is_written_there(tmp_path):
    assert ran(tmp_path, fenced("yaml", "# file: mine/a.yaml\na: 1") + fenced("sh", "tail -1 mine/a.yaml")) == []
    assert (tmp_path / "mine" / "a.yaml").read_text() == "# file: mine/a.yaml\na: 1\n"


def test_an_ellipsis_stands_for_lines_and_for_nothing_else():
    assert matches(["a", "…", "d"], ["a", "b", "c", "d"])
    assert matches(["a", "…"], ["a"])
    assert not matches(["a", "…", "d"], ["a", "b", "c"])
    assert not matches(["a"], ["a", "b"])
    assert matches(["known: a, …", "b"], ["known: a, b, c", "b"])
    assert not matches(["known: a, …"], ["unknown: a, b"])
    assert stripped("\n\na  \n b\n\n") == ["a", " b"]


def test_update_writes_what_was_printed_and_leaves_the_rest(tmp_path):
    file = tmp_path / "page.md"
    file.write_text("# Page\n\n" + fenced("sh", "echo 1") + fenced("text", "2") + "\nEnd.\n")
    page = pages.Page.read(file)
    pages.run_page(page, tmp_path)
    pages.update(page)
    assert file.read_text() == "# Page\n\n" + fenced("sh", "echo 1") + fenced("text", "1") + "\nEnd.\n"


def test_every_block_that_is_not_run_could_be():
    """All pages at once, without running anything: verbs, options, files, extras and imports of long commands."""
    for path in [*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md"]:
        for block in blocks_of(path.read_text(encoding="utf-8")):
            if block.first.startswith("# not run here") or block.language not in ("sh", "python"):
                assert (said := mistake(block)) is None, f"{path}:{block.line}: {said}"


def test_links_of_the_site_fit_its_places(tmp_path):
    site = stage.Site()
    site.add("index.md", "README.md", "[a](docs/faq.md#why) [b](configs/demo.yaml) `[c](no)` [d](https://x.org)")
    site.add("faq.md", "docs/faq.md", "[home](../README.md)\n\n```sh\n[e](nowhere)\n```\n- a\n  - b\n")
    site.write(tmp_path)
    first = (tmp_path / "index.md").read_text()
    assert first == "[a](faq.md#why) [b](files/configs/demo.yaml) `[c](no)` [d](https://x.org)"
    assert (tmp_path / "faq.md").read_text() == "[home](index.md)\n\n```sh\n[e](nowhere)\n```\n- a\n    - b\n"
    assert (tmp_path / "files" / "configs" / "demo.yaml").read_bytes() == (ROOT / "configs/demo.yaml").read_bytes()
    site.add("wrong.md", "docs/wrong.md", "[a](no_such_page.md)")
    with pytest.raises(ValueError, match=r"docs/wrong\.md: the link to no_such_page\.md leads nowhere"):
        site.write(tmp_path)


def test_a_broken_link_of_the_built_site_is_found(tmp_path):
    (tmp_path / "a.html").write_text('<a href="b.html#here">x</a><a href="https://x.org/1">y</a><img src="c.png">')
    (tmp_path / "b.html").write_text('<h1 id="there">b</h1>')
    read = links.read(tmp_path)
    assert links.external(read) == ["https://x.org/1"]
    assert links.broken(read, tmp_path) == [
        "a.html: b.html#here has no such heading",
        "a.html: c.png does not exist",
    ]


def test_every_page_has_its_place_in_the_navigation():
    """A new page of docs needs a line in docs/mkdocs.yml; pages of results may be reached by links alone."""
    named = set(re.findall(r"[\w/]+\.md", (ROOT / "docs" / "mkdocs.yml").read_text(encoding="utf-8")))
    docs = ROOT / "docs"
    there = {file.relative_to(docs).with_suffix(".md") for kind in ("*.md", "*.ipynb") for file in docs.rglob(kind)}
    there = {page.with_name("index.md") if page.name == "README.md" else page for page in there}
    missing = {page.as_posix() for page in there if page.parts[0] != "results"} - named
    assert not missing, "add them to `nav` in docs/mkdocs.yml"
