"""Figures of a page in fewer bytes: the same drawing, read with an XML parser and worked out by hand."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from urllib.parse import unquote

import numpy as np
import pytest

from socialrl.drawing import light_svg, pages, style

DARK = {"#1b1f24": "#e6edf3"}


def test_steps_of_a_path_by_hand():
    assert light_svg.path("M 1 2 \nL 3.004 2 \nL 3.004 5.5 \nL 3.5 5.25 \nz\n") == "M1,2h2v3.5l.5-.25z"
    assert light_svg.path("M 0 0 \nC 1 2 3 4 5 6 \nC 6 6 7 7 8 9 \n") == "M0,0c1,2,3,4,5,6,1,0,2,1,3,3"
    assert light_svg.path("M 1 1 \nL 2 1 \nL 2 2 \nz\nL 1.5 1 \nM 9 9 \nL 9 9") == "M1,1h1v1zh.5M9,9h0"
    assert light_svg.path("M 1e-7 -0.001 \nL -1.25 0.5") == "M0,0l-1.25,.5"


def corners(path: str) -> list[tuple[float, float]]:
    """The corners of light path data of straight lines."""
    at, found = (0.0, 0.0), []
    for letter, numbers in re.findall(r"([Mlvh])([^Mlvh]*)", path):
        values = [float(one) for one in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", numbers)]
        across = values[::2] if letter in "Ml" else values if letter == "h" else [0.0] * len(values)
        down = values[1::2] if letter in "Ml" else values if letter == "v" else [0.0] * len(values)
        for x, y in zip(across, down, strict=True):
            at = (x, y) if letter == "M" else (at[0] + x, at[1] + y)
            found.append(at)
    return found


def test_rounding_does_not_add_up_along_a_line():
    """A thousand steps of 0.004 are 4 in all, though each of them is nothing in hundredths."""
    line = "M 0 0 " + " ".join(f"L {0.004 * step:.6f} {0.5 * step:.6f}" for step in range(1, 1001))
    assert corners(light_svg.path(line))[-1] == pytest.approx((4.0, 500.0))


def test_styles_become_classes_neighbours_groups_and_names_go():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="9pt" height="9pt"'
        ' viewBox="0 0 9 9"><metadata>x</metadata><defs><style>*{stroke-linejoin: round; stroke-linecap: butt}</style>'
        '</defs><g id="figure_1"><g id="patch_1"><path d="M 0 0 L 1 0" clip-path="url(#p1)" style="stroke: #1b1f24"/>'
        "</g>"
        '<g id="patch_2"><path d="M 0 1 L 1 1" clip-path="url(#p1)" style="stroke: #1b1f24"/>'
        '<path d="M 0 2 L 1 2" clip-path="url(#p1)" style="stroke: #ff0000; opacity: 0.5"/></g>'
        '<g id="text_1"><text x="1.2345" y="2" transform="rotate(-0 1.2 2)" style="fill: #1b1f24">a &lt; \'b\'</text>'
        '</g></g><defs><clipPath id="p1"><rect x="0" y="0" width="9" height="9.001"/></clipPath></defs></svg>'
    )
    assert light_svg.light(svg, DARK) == (
        "<svg xmlns='http://www.w3.org/2000/svg' width='9pt' height='9pt' viewBox='0 0 9 9'>"
        "<style>svg{stroke-linejoin:round;stroke-linecap:butt}.a{stroke:#1b1f24}.b{stroke:#ff0000;opacity:.5}"
        ".c{fill:#1b1f24}@media (prefers-color-scheme:dark){.a{stroke:#e6edf3}.c{fill:#e6edf3}}</style>"
        "<defs><clipPath id='a'><rect x='0' y='0' width='9' height='9'/></clipPath></defs>"
        "<g clip-path='url(#a)'><g class='a'><path d='M0,0h1'/><path d='M0,1h1'/></g><path d='M0,2h1' class='b'/></g>"
        "<text class='c' x='1.23' y='2'>a &lt; &#39;b&#39;</text></svg>"
    )


def figure_text(seed: int) -> str:
    with style.house_style():
        figure = style.new_figure(4, 3)
        ax = figure.subplots()
        rng = np.random.default_rng(seed)
        ax.scatter(rng.random(60), rng.random(60), c=["#0072B2", "#D55E00"] * 30, marker="s", alpha=0.4)
        ax.plot(rng.random(300).cumsum(), rng.random(300), color=style.INK)
        ax.fill_between([0, 1, 2], [0, 0.1, 0.2], [1, 1, 1], color="#0072B2", alpha=0.2)
        ax.set_title("Time & “place” < 5 h")
        return style.svg_text(figure, "name")


def shapes(svg: str) -> dict[str, int]:
    tags = [element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()]
    return {tag: tags.count(tag) for tag in ("path", "use", "text", "rect", "clipPath")}


def test_a_drawing_of_matplotlib_keeps_every_mark_in_fewer_bytes_and_is_always_the_same():
    svg = figure_text(1)
    light = light_svg.light(svg, style.IN_THE_DARK)
    assert shapes(light) == shapes(svg)
    assert [one.text for one in ET.fromstring(light).iter() if one.tag.endswith("text")] == [
        one.text for one in ET.fromstring(svg).iter() if one.tag.endswith("text")
    ]
    assert len(light) < 0.4 * len(svg)
    assert (
        light
        == light_svg.light(figure_text(1), style.IN_THE_DARK)
        != light_svg.light(figure_text(2), style.IN_THE_DARK)
    )
    linked = set(re.findall(r"href='#(\w+)'", light)) | set(re.findall(r"url\(#(\w+)\)", light))
    assert linked <= set(re.findall(r" id='(\w+)'", light))


def test_every_corner_of_a_drawing_stays_within_a_hundredth_of_a_point():
    svg = figure_text(3)
    (old,) = [one for one in re.findall(r'd="(M[^"]*)"', svg) if one.count("L") > 250]
    expected = [(float(x), float(y)) for x, y in re.findall(r"[ML] (\S+) (\S+)", old)]
    np.testing.assert_allclose(corners(light_svg.path(old)), expected, atol=0.0051)


def test_a_figure_follows_the_readers_scheme_in_the_page_only():
    svg = figure_text(1)
    uri = str(pages._data_uri(svg))
    head, _, drawing = uri.partition(",")
    assert head == "data:image/svg+xml"
    assert not re.search(r"[\s\"<>#&]", drawing), "neither an attribute nor a list of sources ends in it"
    sheet = unquote(drawing).partition("</style>")[0]
    day, _, night = sheet.partition("@media (prefers-color-scheme:dark)")
    assert unquote(drawing) == light_svg.light(svg, style.IN_THE_DARK)
    for ink in (style.INK, style.GROUND):
        assert f":{ink}" in day, "the colours that the rules replace are those that are drawn"
        assert f":{style.IN_THE_DARK[ink]}" in night
    assert "prefers-color-scheme" not in svg
