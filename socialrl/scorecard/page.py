"""The scorecard as a page: all findings on top, then sections by question with figures in the form the field prints.

One self-contained HTML file, with `scorecard.json`, a Markdown table, tables as CSV and figures as SVG and PNG beside it.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from socialrl.analysis.association import association_by_hour
from socialrl.analysis.measure_values import NotRun
from socialrl.drawing import style, templates
from socialrl.findings import scorecard as scoring
from socialrl.findings import variants
from socialrl.findings.contrasts import Tables, prepared, table_of
from socialrl.findings.outcome import result_of
from socialrl.findings.records import QUESTIONS
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.results import FindingResult, Result, write_result
from socialrl.findings.scorecard import Scorecard
from socialrl.scorecard import courses, figures, markdown, variant_figures, words, work
from socialrl.storage.atomic import naming_the_place, write_bytes

_ENLARGED = 1.2


@dataclass(frozen=True)
class Variants:
    """Tables of changed animals, as `socialrl.findings.variants` makes them; empty where nothing was run."""

    doses: pd.DataFrame
    ablation: pd.DataFrame
    sensitivity: pd.DataFrame


@dataclass(frozen=True)
class Plate:
    """One figure of the page, drawn, or the sentence that stands in its place."""

    file: str
    question: str
    title: str
    caption: str
    alt: str
    wide_svg: str = ""
    narrow_svg: str = ""
    wide_px: int = 0
    png: bytes = b""
    missing: str = ""


def write_scorecard(
    tables: Tables,
    folder: Path,
    *,
    name: str = "",
    notes: Sequence[str] = (),
    registry: Registry | None = None,
    changed: Variants | None = None,
    made: Mapping[str, Any] | None = None,
) -> Path:
    """Write the scorecard of evaluation tables into `folder` and return the path of `scorecard.html`.

    `notes` are sentences for the top of the page, such as the preset's wider intervals. `changed` holds dose-response,
    ablation and sensitivity tables made before; by default they are made from `tables`. `made` says how the tables came
    about (preset, seed, command, commit, versions), for the foot of the page and `scorecard.json`. Beside the page go
    `scorecard.json`, `scorecard.csv`, `scorecard.md`, `scorecard_tables/*.csv` and `scorecard_figures/*.svg`, `*.png`. Files of an
    earlier scorecard are replaced. Raises `UserError` for a place that cannot be written.
    """
    book = registry or load_registry()
    ready = prepared(tables)
    card = scoring.score(ready, book)
    changed = changed or Variants(
        variants.dose_response(ready, book),
        variants.ablation_table(ready, book),
        variants.sensitivity_table(tables, book),
    )
    tables = ready
    hanging = variants.hanging(changed.sensitivity)
    result = result_of(card, name, made=made, hangs_on=hanging, notes=notes)
    plates = draw(tables, book, result, changed)
    write_result(result, folder)
    write_bytes(folder / "scorecard.md", markdown.markdown(result).encode())
    for place in ("scorecard_tables", "scorecard_figures"):
        with naming_the_place(f"create {folder / place}"):
            (folder / place).mkdir(parents=True, exist_ok=True)
    for table_name, table in _csv_tables(tables, card, changed).items():
        content = table.to_csv(index=False, lineterminator="\n").encode()
        write_bytes(folder / "scorecard_tables" / f"{table_name}.csv", content)
    for plate in plates:
        stem = folder / "scorecard_figures" / plate.file
        for path, content in (
            (stem.with_suffix(".svg"), plate.wide_svg.encode()),
            (stem.with_suffix(".png"), plate.png),
        ):
            if content:
                write_bytes(path, content)
            else:
                path.unlink(missing_ok=True)  # an earlier scorecard's figure, which these tables no longer give
    path = folder / "scorecard.html"
    write_bytes(path, html(result, plates, changed.ablation).encode())
    return path


def draw(tables: Tables, book: Registry, result: Result, changed: Variants) -> list[Plate]:
    """Return the figures of the page in order, those without data as a sentence."""
    marks = "Pale marks are animals, marks with bars their mean with its 95 % bootstrap interval over animals"
    not_played = "No table of this assay was given, so there is no figure"
    by_tables: list[tuple[str, str, str, str, Callable[[Tables, Registry, bool], Figure | None]]] = [
        ("bond", "bond", "Preference by hours of cohousing",
         f"{marks}. Dashed: guide line of 2/3; dotted: chance.", figures.bond),
        ("group", "group", "Partner's share of contact in the group habitat",
         "Share of all side-by-side contact that is with the partner, in blocks of 6 h; line: mean, band: 95 % bootstrap"
         " interval over animals, or over pairs where the two of a pair are one replicate. Dotted: chance with eight animals.", courses.group),
        ("worth", "worth", "Work for the partner and for a stranger",
         "Progressive-ratio sessions of 30 min, one with the partner behind the door and one with a stranger. Thin lines"
         " join the two sessions of an animal; marks with bars are means with 95 % bootstrap intervals over animals. Huddle"
         " per access needs an access; n of both sessions where they differ.", work.worth),
        ("defend", "defend", "Attacks on an intruder, and keeping away from it", f"{marks}.", figures.defend),
        ("release", "accumbens", "Evoked oxytocin release",
         "Above: fluorescence of the probe, mean over animals and its 95 % bootstrap interval, 30 pulses from minute 1 on."
         f" Below: peak of every animal's own trace. {marks}. No behaviour is involved: the difference between genotypes is in"
         " the release equation; slices and noise are assumed, and no two animals share them.", courses.release),
        ("drugs", "accumbens", "Wild types under drugs",
         "Preference in the partner-preference test. Blue: with the drug, pale marks are animals; open grey: the same"
         " test without it. Bars are 95 % bootstrap intervals over animals. Dashed: 2/3; dotted: chance.",
         figures.drugs),
    ]  # fmt: skip
    plates = [
        _plate(file, question, title, caption, partial(make, tables, book), not_played, result)
        for file, question, title, caption, make in by_tables
    ]
    by_changes: list[tuple[str, str, str, str, Callable[[bool], Figure | None], str]] = [
        ("ablation", "arm", "How much of the knockouts' difference each arm carries",
         "One line per comparison, named as in the sections above. 1: the arm alone gives the whole difference between"
         " knockouts and wild types, 0: nothing of it; below 0 (orange) it works against it. Bold: the arm that carries"
         " most. Arms need not add up to 1. A dash: the full difference cannot be told from zero. Effect sizes, intervals"
         " and n are in the table below.", lambda narrow: variant_figures.ablation(changed.ablation, narrow),
         "No animals with a single changed arm were run"),
        ("dose_response", "sure", "Receptor gain from none to more than wild type",
         "Mean over animals (in the habitat over pairs, where these are the replicate), band: 95 % bootstrap interval."
         " Dotted upright: wild type.",
         lambda narrow: variant_figures.dose_response(changed.doses, narrow), "No animals of other gains were run"),
        ("sensitivity", "sure", "Which findings survive a change of one assumed parameter",
         _sensitivity_caption(changed.sensitivity), lambda narrow: variant_figures.sensitivity(
             changed.sensitivity, narrow, {one.id: one.verdict for one in result.findings}),
         "No animals under changed parameters were run"),
    ]  # fmt: skip
    plates += [_plate(*one[:5], one[5], result) for one in by_changes]
    return plates


def html(result: Result, plates: Sequence[Plate], ablation: pd.DataFrame) -> str:
    """Return the page of a result, with its figures and the table of single arms."""
    environment = templates.environment(Path(__file__).parent)
    environment.globals.update(words=words, SYMBOL=words.SYMBOL)
    kinds = {kind: result.of_kind(kind) for kind in words.KINDS}
    return environment.get_template("scorecard.html.j2").render(
        name=result.name,
        version=result.socialrl,
        notes=result.notes,
        lede=words.lede(result),
        kinds=[(kind, words.KINDS[kind], members) for kind, members in kinds.items() if members],
        questions=[
            {
                "key": key,
                "title": title,
                "plates": [plate for plate in plates if plate.question == key],
                "findings": _of(result, key, compared=True),
                "context": _of(result, key, compared=False),
            }
            for key, title in QUESTIONS.items()
        ],
        ablation=words.ablation_rows(ablation),
        hanging={one.id: one.hangs_on for one in result.findings if one.hangs_on},
        margins=words.margins(result),
        rule=words.RULE,
        made=result.made,
    )


def _sensitivity_caption(table: pd.DataFrame) -> str:
    tried = (
        {name: tuple(sorted(set(rows["factor"]))) for name, rows in table.groupby("parameter")} if len(table) else {}
    )
    tried.pop(variants.UNCHANGED, None)
    named: dict[tuple[float, ...], list[str]] = {}
    for name, factors in tried.items():
        named.setdefault(factors, []).append(str(name))
    usual = max(named, key=lambda factors: len(named[factors]), default=())
    others = [f"{', '.join(names)}: {_times(factors)}" for factors, names in named.items() if factors != usual]
    return (
        f"Verdict with the parameter changed; parts of a cell from left to right: {'; '.join([_times(usual), *others])}."
        " A frame: the finding is lost by changes of this parameter only."
    )


def _times(factors: Sequence[float]) -> str:
    return ", ".join(f"× {factor:g}" for factor in factors)


def _plate(
    file: str,
    question: str,
    title: str,
    caption: str,
    make: Callable[[bool], Figure | None],
    missing: str,
    result: Result,
) -> Plate:
    with style.house_style():
        wide, narrow = make(False), make(True)
        if wide is None or narrow is None:
            return Plate(file, question, title, caption, "", missing=missing)
        wide_svg = style.svg_text(wide, file)
        wide.set_layout_engine("none")  # the layout stands, the second file need not find it again
        buffer = io.BytesIO()
        style.save_png(wide, buffer)
        return Plate(
            file,
            question,
            title,
            caption,
            _alt(title, question, result),
            wide_svg,
            style.svg_text(narrow, f"{file}-narrow"),
            round(wide.get_size_inches()[0] * 96 * _ENLARGED),
            buffer.getvalue(),
        )


def _alt(title: str, question: str, result: Result) -> str:
    found = [row for one in _of(result, question, compared=True) for row in one.comparisons]
    told = [f"{row.comparison}: {words.difference(row)}" for row in found if row.verdict != scoring.NOT_RUN][:6]
    return f"{title}. " + ("; ".join(told) + "." if told else "The numbers are in the tables beside this page.")


def _of(result: Result, question: str, *, compared: bool) -> list[FindingResult]:
    return [one for one in result.findings if one.question == question and bool(one.comparisons) == compared]


def _csv_tables(tables: Tables, card: Scorecard, changed: Variants) -> dict[str, pd.DataFrame]:
    found = {
        "animals": _animals(card),
        "ablation": changed.ablation,
        "dose_response": changed.doses,
        "sensitivity": changed.sensitivity,
    }
    with contextlib.suppress(NotRun):  # the scorecard itself says when the habitat was not run
        found["association_by_hour"] = association_by_hour(table_of(tables, "GroupHabitat"))
    return found


def _animals(card: Scorecard) -> pd.DataFrame:
    """The value of every animal behind every comparison: one row per comparison, side and animal."""
    records = [
        {"comparison": row.name, "says": row.contrast.says, "side": side, "index": index, "value": value}
        for row in card.rows
        for side, values in (("this", row.effect.side_a), ("than", row.effect.side_b))
        if values is not None
        for index, value in values.items()
    ]
    return pd.DataFrame(records, columns=["comparison", "says", "side", "index", "value"])
