"""The measures table as a page of the documentation: `python -m socialrl.analysis.measure_page > docs/measures.md`."""

from __future__ import annotations

import math
import textwrap

from socialrl.analysis.measure import Measure
from socialrl.analysis.measure_rows import MEASURES
from socialrl.analysis.measure_table import measure_called
from socialrl.assays.table import STUDIES

_HEAD = """# Measures

Every number on a page, in a scorecard or in TensorBoard comes from one table, `socialrl/analysis/measure_rows.py`, and
is computed in one way (`measure_values.py`): counters are added in each repeat of a test, the repeats of an animal are
averaged, and ratios are taken after that. Groups are averages over animals; in a group habitat the pair is the
replicate. P and S are seconds of huddling with partner and stranger.

This page is made from the table: `python -m socialrl.analysis.measure_page > docs/measures.md`. To add a measure, write
one record (`register_measure`) in a file that `SOCIALRL_EXTENSIONS` names, or in a package with an entry point of the
group `socialrl`.
"""


def page() -> str:
    """Return the page as Markdown: what each assay shows, and an entry for every measure."""
    lines = [_HEAD, "## Measures shown for each assay", "", "The main measure comes first.", ""]
    for study in STUDIES:
        beside = ", ".join(f"`{name}`" for name in study.measures[1:])
        main = f"`{study.headline}` ({measure_called(study.headline).label})"
        lines.append(_entry(f"**{study.name}**: {main}, {beside}"))
    lines += ["", "## All measures", "", "Each entry: name (unit, range), definition, assays, source.", ""]
    lines += [_entry(_words(one)) for one in MEASURES]
    return "\n".join(lines) + "\n"


def _entry(text: str) -> str:
    """An item of a list, in lines of at most 120 characters (a table could not be wrapped)."""
    return textwrap.fill(f"- {text}", 120, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _words(one: Measure) -> str:
    chance = "" if one.chance is None else f"; chance {one.chance:.2g}"
    assays = ", ".join(one.assays) or "all"
    where = f"{assays} ({', '.join(one.sessions)})" if one.sessions else assays
    return f"`{one.name}` ({one.unit}{_range(one)}{chance}): {one.formula}. {where}. Source: {one.source}."


def _range(one: Measure) -> str:
    if math.isinf(one.low):
        return ""
    return f", {one.low:g} to {one.high:g}" if math.isfinite(one.high) else ", 0 or more"


if __name__ == "__main__":
    print(page(), end="")
