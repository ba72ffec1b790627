"""Groups as readers meet them: one name, one colour and one marker, the same on every page, film and figure.

Both follow from the group itself, never from what else is on the page. The colour tells the receptor gain: anchors
of the Okabe–Ito palette, with steps between them. A group whose arms or parameters are changed has a colour made from
its name, because its gain does not describe it. Of several runs, equal groups look alike; a run has panels of its own.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np

_NAMES = {
    "wt": "wild type",
    "wild_type": "wild type",
    "het": "heterozygote",
    "heterozygote": "heterozygote",
    "ko": "knockout",
    "knockout": "knockout",
    "over_expression": "over-expression",
}
_PLURALS = {"wild type": "wild types", "heterozygote": "heterozygotes", "knockout": "knockouts"}
_GAINS = {"wild type": 1.0, "heterozygote": 0.5, "knockout": 0.0}

# Every anchor keeps 3 : 1 against the light and the dark ground of a figure (WCAG 2.2, 1.4.11).
_ANCHORS = {
    0.0: "#D55E00",
    0.1: "#A6761D",
    0.25: "#7F8530",
    0.5: "#C96FA2",
    0.75: "#7F74BD",
    1.0: "#0072B2",
    1.5: "#009E73",
    2.0: "#3E8E41",
}
_OWN_MARKERS = {"wild type": "o", "heterozygote": "^", "knockout": "s", "over-expression": "D"}
_MARKERS = ("v", "P", "X", "<", ">", "p", "h", "d")
_LIGHTNESS, _CHROMA = 0.60, 0.12


@dataclass(frozen=True)
class Group:
    """Animals of one genotype in one run; `key` is its value in the column `group` of every table.

    `name` is what the group is called; `label` adds the run, on a page with several runs. `sex` is that of all its
    animals where the page shows the females and the males of its genotype apart, else empty.
    """

    key: str
    name: str
    label: str
    plural: str
    run: str
    genotype: str
    gain: float
    colour: str
    marker: str
    sex: str = ""


def group_of(
    genotype: str,
    gain: float,
    *,
    changed: bool = False,
    run: str = "",
    key: str = "",
    of_run: bool = False,
    sex: str = "",
) -> Group:
    """Return a group as it looks everywhere.

    `changed`: arms or parameters of its own. `of_run` puts the run into its label, for a page with several runs. `sex`
    makes it a group of females or males beside one of the others; males have a colour of their own.
    """
    male = sex == "male"
    colour, marker = looks(f"{genotype} {sex}" if male else genotype, gain, changed or male)
    name = label(genotype, gain, changed)
    name = f"{name}, {sex}s" if sex else name
    several = plural(genotype, gain, changed)
    return Group(
        key or genotype,
        name,
        f"{name} ({run})" if of_run else name,
        f"{sex} {several}" if sex else several,
        run,
        genotype,
        gain,
        colour,
        marker,
        sex,
    )


def looks(genotype: str, gain: float, changed: bool = False) -> tuple[str, str]:
    """Return colour (#rrggbb) and marker of a group."""
    number = zlib.crc32(genotype.encode())
    marker = _MARKERS[number % len(_MARKERS)] if changed else _OWN_MARKERS.get(label(genotype, gain))
    colour = _by_name(number) if changed or not math.isfinite(gain) else _by_gain(gain)
    return colour, marker or _MARKERS[number % len(_MARKERS)]


def label(genotype: str, gain: float, changed: bool = False) -> str:
    """Return a group's name for axes and tables.

    `wt`, `het` and `ko` are written out where the gain is theirs (1, 0.5, 0). Any other group keeps the name that the
    configuration gives it, with its gain, so that no group at gain 0.1 is called a knockout.
    """
    name = _NAMES.get(genotype, genotype)
    known = gain > 1 if name == "over-expression" else _GAINS.get(name) == gain
    return name if known and not changed else f"{genotype}, gain {gain:g}"


def plural(genotype: str, gain: float, changed: bool = False) -> str:
    """Return a group's name inside a sentence: "wild types", or "animals of “low” (gain 0.1)" for other groups."""
    name = label(genotype, gain, changed)
    return _PLURALS.get(name) or f"animals of “{genotype}” (gain {gain:g})"


def _by_gain(gain: float) -> str:
    """The colour of a gain: straight lines in sRGB between the anchors."""
    channels = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in _ANCHORS.values()]
    mixed = [np.interp(gain, list(_ANCHORS), values) for values in zip(*channels, strict=True)]
    return "#" + "".join(f"{round(float(value)):02X}" for value in mixed)


def _by_name(number: int) -> str:
    """A colour of fixed lightness and chroma whose hue comes from a number (Oklch, Ottosson 2020)."""
    hue = math.radians(number % 360)
    a, b = _CHROMA * math.cos(hue), _CHROMA * math.sin(hue)
    long = (_LIGHTNESS + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (_LIGHTNESS - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (_LIGHTNESS - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _encoded(min(max(value, 0.0), 1.0))):02X}" for value in linear)


def _encoded(linear: float) -> float:
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055
