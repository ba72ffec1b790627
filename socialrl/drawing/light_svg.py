"""A drawing of Matplotlib in fewer bytes, for pages that hold many: the same picture in a fraction of the text.

Matplotlib writes a style into every element, six decimals, and a group with a name around every mark. That is good for
a drawing program, and nobody sees it in a page. Here styles are classes, lengths have two decimals (hundredths of a
point), groups that only name their content are gone, and neighbours that look alike stand in one group. The same
drawing always gives the same text.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import itemgetter

_SVG = "{http://www.w3.org/2000/svg}"
_LINK = "{http://www.w3.org/1999/xlink}href"
_LENGTHS = ("x", "y", "width", "height")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?")
_SEGMENT = re.compile(r"([A-Za-z])([^A-Za-z]*(?:e[+-]?\d[^A-Za-z]*)*)")
_NO_TURN = re.compile(r"^rotate\(-?0(?:\.0*)?(?: [^)]*)?\)$")
_TAG = re.compile(r"<\w+")
_CLIPPING, _LOOKS = itemgetter(0), itemgetter(1)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_FOR_ALL = "stroke-linejoin:round;stroke-linecap:butt"
"""Matplotlib's rule for all elements; at the root, so that a class of a group holds for what is in it."""


def light(svg: str, in_the_dark: Mapping[str, str]) -> str:
    """Return an SVG of `socialrl.drawing.style.svg_text` with fewer bytes, which follows the reader's scheme.

    `in_the_dark` are colours, light → dark, of ink and ground; all others stay as they are.
    """
    return _Lighter(in_the_dark).written(ET.fromstring(svg))


class _Lighter:
    """What one drawing needs: short names of its ids and styles in the order in which they are met, and definitions."""

    def __init__(self, in_the_dark: Mapping[str, str]) -> None:
        self._in_the_dark = in_the_dark
        self._ids: dict[str, str] = {}
        self._classes: dict[str, str] = {}
        self._definitions: list[str] = []
        self._family = ""

    def written(self, root: ET.Element) -> str:
        body = self._inside(root)
        size = "".join(f" {name}='{root.get(name)}'" for name in ("width", "height", "viewBox") if root.get(name))
        definitions = f"<defs>{''.join(self._definitions)}</defs>" if self._definitions else ""
        return f"<svg xmlns='http://www.w3.org/2000/svg'{size}><style>{self._sheet()}</style>{definitions}{body}</svg>"

    def _sheet(self) -> str:
        """The rules: one for everything, one for each class, and the colours in the dark."""
        rules = [f"svg{{{_FOR_ALL}{self._family and f';font-family:{self._family}'}}}"]
        dark = []
        for style, name in self._classes.items():
            rules.append(f".{name}{{{style}}}")
            pairs = [one.split(":", 1) for one in style.split(";")]
            turned = [
                f"{what}:{self._in_the_dark[colour]}"
                for what, colour in pairs
                if what in ("fill", "stroke") and colour in self._in_the_dark
            ]
            if turned:
                dark.append(f".{name}{{{';'.join(turned)}}}")
        return "".join([*rules, f"@media (prefers-color-scheme:dark){{{''.join(dark)}}}"])

    def _inside(self, parent: ET.Element) -> str:
        """The content of an element; neighbours that are clipped alike, or of one class, stand in one group."""
        written = []
        for clipping, within in groupby([self._element(one) for one in self._drawn(parent)], _CLIPPING):
            members = list[str]()
            for looks, own in groupby(within, _LOOKS):
                texts = [text for *_, text in own]
                members += [_grouped(looks, texts)] if looks else texts
            written.append(_grouped(clipping, members))
        return "".join(written)

    def _drawn(self, parent: ET.Element) -> Iterator[ET.Element]:
        """The elements inside, through groups that only name their content; definitions are put aside."""
        for element in parent:
            tag = _tag(element)
            if tag == "defs":
                self._definitions += [self._definition(one) for one in element if _tag(one) != "style"]
            elif tag == "g" and not set(element.keys()) - {"id"}:
                yield from self._drawn(element)
            elif tag != "metadata":
                yield element

    def _definition(self, element: ET.Element) -> str:
        clipping, looks, text = self._element(element, of_id=True)
        return _with(clipping + looks, text)

    def _element(self, element: ET.Element, of_id: bool = False) -> tuple[str, str, str]:
        """What neighbours can have in common, clipping and class, and the text of the rest.

        The opacity of a group would be that of the whole, so an element keeps a class with opacity for itself.
        """
        tag, clipping, looks, own = _tag(element), "", "", ""
        for name, value in element.items():
            if name == "clip-path":
                clipping = f" clip-path='url(#{self._id(value[5:-1])})'"
            elif name == "style":
                style = self._style(value)
                said = f" class='{self._classes.setdefault(style, _name(len(self._classes)))}'" if style else ""
                if ";opacity:" in f";{style}":
                    own += said
                else:
                    looks = said
            elif name == "id":
                own += f" id='{self._id(value)}'" if of_id else ""
            else:
                own += self._attribute(name, value)
        inner = _escaped((element.text or "") if tag in ("text", "tspan") else "") + self._inside(element)
        return clipping, looks, f"<{tag}{own}>{inner}</{tag}>" if inner else f"<{tag}{own}/>"

    def _attribute(self, name: str, value: str) -> str:
        if name == _LINK:
            return f" href='#{self._id(value[1:])}'" if value.startswith("#") else f" href='{_escaped(value)}'"
        if name == "d":
            value = path(value)
        elif name in _LENGTHS:
            value = _short(value)
        elif name == "transform":
            if _NO_TURN.match(value):
                return ""
            value = _NUMBER.sub(lambda found: _short(found[0]), value)
        return f" {name}='{_escaped(value)}'"

    def _style(self, style: str) -> str:
        """A style as a rule without spaces; the family of type that comes first is that of the drawing."""
        kept = []
        for one in style.split(";"):
            what, _, value = (part.strip() for part in one.partition(":"))
            if what == "font-family":
                self._family = self._family or value
                if value == self._family:
                    continue
            if what:
                kept.append(f"{what}:{re.sub(r'^-?[0-9.]+(?=px$|$)', lambda found: _short(found[0]), value)}")
        return ";".join(kept)

    def _id(self, name: str) -> str:
        return self._ids.setdefault(name, _name(len(self._ids)))


def path(d: str) -> str:
    """Return path data of Matplotlib (M, L, Q, C, z) in relative steps of hundredths.

    Steps are differences of rounded positions, so that their errors do not add up.
    """
    written, before, at, start = list[str](), "", (0, 0), (0, 0)
    for command, numbers in _SEGMENT.findall(d):
        if command in "zZ":
            written.append("z")
            before, at = "z", start
            continue
        values = [round(100 * float(one)) for one in _NUMBER.findall(numbers)]
        points = list(zip(values[::2], values[1::2], strict=True))
        steps = [value - at[place % 2] for place, value in enumerate(values)]
        if command == "M":
            letter, steps, start = "M", values, points[0]
        elif command == "L":
            letter = "v" if steps[0] == 0 and steps[1] else "h" if steps[1] == 0 else "l"
            steps = [steps[1]] if letter == "v" else [steps[0]] if letter == "h" else steps
        else:
            letter = command.lower()
        told = _joined(steps)
        if letter == before and letter != "M":
            written.append(told if told.startswith("-") else f",{told}")
        else:
            written.append(letter + told)
        before, at = letter, points[-1]
    return "".join(written)


def _joined(values: Iterable[int]) -> str:
    """Hundredths as text, with a comma only where no sign parts them."""
    text = ""
    for value in values:
        told = _hundredths(value)
        text += told if not text or told.startswith("-") else f",{told}"
    return text


def _hundredths(value: int) -> str:
    whole, part = divmod(abs(value), 100)
    text = f"{whole or ''}.{part:02d}".rstrip("0") if part else str(whole)
    return f"-{text}" if value < 0 else text


def _short(number: str) -> str:
    """A number with two decimals at most."""
    return _hundredths(round(100 * float(number)))


def _name(number: int) -> str:
    """The names a … z, aa … zz, aaa …"""
    text = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, len(_LETTERS))
        text = _LETTERS[letter] + text
    return text


def _grouped(attributes: str, members: list[str]) -> str:
    """The members with attributes that they have in common: in a group, or without one where there is one member."""
    if attributes and len(members) == 1:
        return _with(attributes, members[0])
    return f"<g{attributes}>{''.join(members)}</g>" if attributes else "".join(members)


def _with(attributes: str, text: str) -> str:
    """The text of an element with further attributes."""
    tag = _TAG.match(text)
    assert tag is not None
    return tag[0] + attributes + text[tag.end() :]


def _tag(element: ET.Element) -> str:
    return str(element.tag).removeprefix(_SVG)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("'", "&#39;")
