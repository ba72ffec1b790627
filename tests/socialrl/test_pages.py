"""The engine of all pages: contrast of the style sheet, no-break spaces, both colour schemes, tables that fold."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import matplotlib as mpl
import pytest
from contrast import ratio

from socialrl.drawing import pages, style, wording
from socialrl.drawing.tables import Cell, Table

DRAWING = Path(pages.__file__).parent
SHEETS = (DRAWING / "page.css.j2", DRAWING.parent / "scorecard" / "scorecard.css")
CSS = "\n".join(jinja2.Template(sheet.read_text(encoding="utf-8")).render() for sheet in SHEETS)
ON_SOLID = "--solid-ink"


def variables(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme: those of :root, in the dark with what the reader's system or choice replaces."""
    blocks = re.findall(r"^ *:root(?::\S+)? \{([^}]*)\}", CSS, flags=re.MULTILINE)
    found = [dict(re.findall(r"(--[a-z-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    light, by_system, by_choice = filter(None, found)
    assert by_system == by_choice
    return light | by_choice if scheme == "dark" else light


def rules() -> list[tuple[str, str]]:
    """Return (selector, declarations) of every rule but :root, also of those inside media and container queries."""
    plain = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
    found = re.findall(r"([^{}]+)\{([^{}]*)\}", plain)
    return [(selector.strip(), body) for selector, body in found if ":root" not in selector]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_keeps_the_contrast_of_wcag_aa(scheme):
    colours = variables(scheme)
    grounds = {name for _, body in rules() for name in re.findall(r"background: var\((--[a-z-]+)\)", body)}
    solid = {name for name in grounds if "solid" in name}
    checked = 0
    for selector, body in rules():
        inks = re.findall(r"(?<![-a-z])color: var\((--[a-z-]+)\)", body)
        own = re.findall(r"background: var\((--[a-z-]+)\)", body)
        for ink in inks:
            for ground in own or ["--page", "--ground"]:
                assert ratio(colours[ink], colours[ground]) >= 4.5, (selector, ink, ground)
                checked += 1
    assert checked > 30
    for ground in grounds - solid:  # plain words and second lines may stand on any of them
        for ink in ("--ink", "--soft"):
            assert ratio(colours[ink], colours[ground]) >= 4.5, (ink, ground)


def test_every_colour_of_the_sheets_is_a_variable():
    assert not [body for _, body in rules() if re.search(r"#[0-9a-fA-F]{3}|rgb|: (white|black)\b", body)]
    assert not [name for name in re.findall(r"var\((--[a-z-]+)\)", CSS) if name not in variables("light")]


def test_repeated_labels_can_be_read():
    (again,) = [body for selector, body in rules() if selector == "td.again"]
    (ink,) = re.findall(r"var\((--[a-z-]+)\)", again)
    assert ratio(variables("light")[ink], variables("light")["--page"]) >= 4.5


@pytest.mark.parametrize(
    ("text", "together"),
    [
        ("after 24 h of cohousing", "after 24\u00a0h of cohousing"),
        ("95 % interval", "95\u00a0% interval"),
        ("0.87 [0.84, 0.92] s", "0.87 [0.84,\u00a00.92] s"),
        ("(n = 12)", "(n\u00a0=\u00a012)"),
        ("p &lt; 0.001", "p\u00a0&lt;\u00a00.001"),
        ("10 min, 15 s and 3 days", "10\u00a0min, 15\u00a0s and 3\u00a0days"),
        ("7 animals", "7 animals"),
        ("p &lt;\n0.05 after 24\nh", "p\u00a0&lt;\u00a00.05 after 24\u00a0h"),
        ("<code>--steps 5 s</code> 5 s", "<code>--steps 5 s</code> 5\u00a0s"),
        ('<p title="24 h">24 h</p>', '<p title="24 h">24\u00a0h</p>'),
        ("<pre>a: 5 s</pre><p>5 s</p>", "<pre>a: 5 s</pre><p>5\u00a0s</p>"),
    ],
)
def test_numbers_keep_their_units_and_code_is_left_alone(text, together):
    assert pages.keep_together(text) == together


def test_ink_and_lines_of_figures_can_be_seen_in_both_schemes():
    for light, dark in ((style.GROUND, style.IN_THE_DARK[style.GROUND]),):
        for ink in (style.INK, style.SOFT):
            assert ratio(ink, light) >= 4.5
            assert ratio(style.IN_THE_DARK[ink], dark) >= 4.5
        for line in (style.STRANGER, style.OXYTOCIN, style.RECEPTOR_SIGNAL):
            assert ratio(style.IN_THE_DARK.get(line, line), dark) >= 3


def test_numbers_in_coloured_cells_can_be_read_on_every_shade():
    for step in range(86):
        face = mpl.colors.to_hex(mpl.colormaps["Blues"](step / 100))
        assert ratio(style.readable_on(face), face) >= 4  # the best that two inks allow in the middle of the scale
    assert [style.readable_on(face) for face in ("#ffffff", "#000000")] == [style.ON_LIGHT, style.ON_DARK]


def test_cells_know_their_column_for_screens_on_which_the_table_folds(tmp_path):
    template = tmp_path / "one.html.j2"
    template.write_text('{% import "parts.html.j2" as parts with context %}{{ parts.table(table) }}')
    table = Table("Means", ("Test", "Group", "Preference"), [[Cell("24 h"), Cell("wt", "#0072B2"), Cell("0.9")]] * 2)
    html = pages.render(template, table=table)
    assert re.findall(r'data-label="([^"]*)"', html) == ["Test", "Group", "Preference"] * 2
    assert html.count('role="row"') == 3
    assert html.count('class="left head again"') == 1


def test_drugs_and_arms_are_told_in_words():
    doses = [
        {"drug": "dopamine_antagonist", "dose": 0.5, "start_s": -600, "end_s": 10_800, "share": 0.1},
        {"drug": "agonist", "dose": 1.0, "start_s": 0, "end_s": None, "share": None},
    ]
    assert wording.drugs(doses) == (
        "dopamine antagonist, dose 0.5, from 10 min before the test to 3 h after its start,"
        " in 10 % of the training episodes and not in tests; agonist, dose 1, from its start"
    )
    assert wording.arms({"release": "knockout", "reward": "own"}) == "release as in knockouts, reward by the own gain"


@pytest.mark.parametrize(("seconds", "told"), [(300, "5 min"), (10_800, "3 h"), (30, "30 s"), (5400, "1.5 h")])
def test_lengths_of_time_are_told_in_the_unit_that_suits_them(seconds, told):
    assert wording.length(seconds) == told
