"""The scorecard as a page: all findings on top, then sections by question with figures in the form the field prints.

One self-contained HTML file; beside it `scorecard.json`, a Markdown table, tables as CSV, figures as SVG and PNG.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from socialrl.analysis.association import association_by_hour
from socialrl.analysis.measure_values import NotRun
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.tables import Cell, Table, text_table
from socialrl.findings import scorecard as scoring
from socialrl.findings import variants
from socialrl.findings.contrasts import Tables, prepared, table_of
from socialrl.findings.development import development_table
from socialrl.findings.outcome import result_of
from socialrl.findings.records import QUESTIONS
from socialrl.findings.registry import Registry, load_registry
from socialrl.findings.results import FindingResult, Result, flat_rows, write_result
from socialrl.findings.scorecard import Scorecard
from socialrl.scorecard import courses, figures, markdown, variant_figures, words, work
from socialrl.scorecard.multiples import leading_rows, multiples
from socialrl.storage.atomic import write_bytes


@dataclass(frozen=True)
class Variants:
    """Tables of changed animals, as `socialrl.findings.variants` makes them; empty where nothing was run."""

    doses: pd.DataFrame
    ablation: pd.DataFrame
    sensitivity: pd.DataFrame
    development: pd.DataFrame = field(default_factory=pd.DataFrame)


_BY_FINDING = (
    "The comparison that decided each finding. Pale marks are animals or pairs, thin lines join one with itself, marks"
    " with bars are means with 95 % bootstrap intervals. Dashed: the number that is compared with. ✓ reproduced,"
    " ✕ not reproduced, ? inconclusive, ○ novel."
)


@dataclass(frozen=True)
class Shown:
    """A figure and the question it belongs to."""

    question: str
    plate: Plate


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
    ablation and sensitivity tables made before; by default they are made from `tables`. `made` says how the tables were
    made (preset, seed, command, commit, versions), for the foot of the page and `scorecard.json`. Beside the page go
    `scorecard.json`, `scorecard.csv`, `scorecard.md`, `scorecard_tables/*.csv` and `scorecard_figures/*.svg`, `*.png`.
    Files of an earlier scorecard are replaced. Raises `UserError` for a place that cannot be written.
    """
    book = registry or load_registry()
    ready = prepared(tables)
    values = ((made or {}).get("parameters") or {}).get("values")
    card = scoring.score(ready, book, parameters=values)
    changed = changed or Variants(
        variants.dose_response(ready, book),
        variants.ablation_table(ready, book),
        variants.sensitivity_table(tables, book, values),
        development_table(tables, book),
    )
    tables = ready
    hanging = variants.hanging(changed.sensitivity)
    result = result_of(card, name, made=made, hangs_on=hanging, notes=notes)
    plates = draw(tables, card, result, changed)
    write_result(result, folder)
    write_bytes(folder / "scorecard.md", markdown.markdown(result).encode())
    pages.write_beside(
        folder,
        [one.plate for one in plates],
        _csv_tables(tables, card, changed),
        figures_in="scorecard_figures",
        tables_in="scorecard_tables",
    )
    path = folder / "scorecard.html"
    write_bytes(path, html(result, plates, changed.ablation, changed.development).encode())
    return path


def draw(tables: Tables, card: Scorecard, result: Result, changed: Variants) -> list[Shown]:
    """Return the figures of the page in order, those without data as a sentence."""
    book = card.registry
    marks = "Pale marks are animals, marks with bars their mean with its 95 % bootstrap interval over animals"
    not_played = "No table of this assay was given, so there is no figure"
    by_tables: list[tuple[str, str, str, str, Callable[[Tables, Registry, bool], Figure | None]]] = [
        ("bond", "bond", "Preference by hours of cohousing",
         f"{marks}. Dashed: guide line of 2/3; dotted: chance.", figures.bond),
        ("group", "group", "Partner's share of contact in the group habitat",
         "Share of all side-by-side contact that is with the partner, in blocks of 6 h. Line: mean; band: 95 %"
         " bootstrap interval over animals, or over pairs where the pair is the replicate. Dotted: chance with eight"
         " animals.",
         courses.group),
        ("worth", "worth", "Work for the partner and for a stranger",
         "Progressive-ratio sessions of 30 min, one with the partner behind the door and one with a stranger. Thin"
         " lines join the two sessions of an animal; marks with bars are means with 95 % bootstrap intervals over"
         " animals. Animals without an access have no huddle per access; where n differs, both sessions' n are given.",
         work.worth),
        ("defend", "defend", "Attacks on an intruder, and keeping away from it", f"{marks}.", figures.defend),
        ("release", "accumbens", "Evoked oxytocin release",
         "Above: fluorescence of the probe, mean over animals and its 95 % bootstrap interval; 30 pulses from minute "
         "1."
         f" Below: peak of every animal's own trace. {marks}. No behaviour is involved: the difference between"
         " genotypes is in the release equation. Slices and noise are assumed, and no two animals share them.",
         courses.release),
        ("drugs", "accumbens", "Wild types under drugs",
         "Preference in the partner-preference test. Blue: with the drug, pale marks are animals; open grey: the same"
         " test without it. Bars are 95 % bootstrap intervals over animals. Dashed: 2/3; dotted: chance.",
         figures.drugs),
    ]  # fmt: skip
    plates = [
        _plate(file, question, title, caption, partial(make, tables, book), not_played, result)
        for file, question, title, caption, make in by_tables
    ]
    plates += [
        _plate(f"{question}_findings", question, f"{QUESTIONS[question]} Finding by finding", _BY_FINDING,
               partial(multiples, card, question), not_played, result)
        for question in QUESTIONS
        if leading_rows(card, question)
    ]  # fmt: skip
    by_changes: list[tuple[str, str, str, str, Callable[[bool], Figure | None], str]] = [
        ("ablation", "arm", "How much of the knockouts' difference each arm carries",
         "One line per comparison, named as in the sections above. 1: the arm alone makes the whole difference between"
         " knockouts and wild types; 0: it makes none of it; below 0 (orange): it works against it. Bold: the arm that"
         " carries most. Arms need not add up to 1. A dash: the full difference cannot be distinguished from zero."
         " Effect sizes, intervals and n are in the table below.",
         lambda narrow: variant_figures.ablation(changed.ablation, narrow),
         "No animals with a single changed arm were run"),
        ("dose_response", "sure", "Receptor gain from none to more than wild type",
         "Mean over animals (in the habitat over pairs, where these are the replicate), band: 95 % bootstrap interval."
         " Dotted vertical line: wild type.",
         lambda narrow: variant_figures.dose_response(changed.doses, narrow), "No animals of other gains were run"),
        ("sensitivity", "sure", "Which findings survive a change of one assumed parameter",
         _sensitivity_caption(changed.sensitivity), lambda narrow: variant_figures.sensitivity(
             changed.sensitivity, narrow, {one.id: one.verdict for one in result.findings}),
         "No animals under changed parameters were run"),
    ]  # fmt: skip
    plates += [_plate(*one[:5], one[5], result) for one in by_changes]
    return plates


def html(
    result: Result, plates: Sequence[Shown], ablation: pd.DataFrame, development: pd.DataFrame | None = None
) -> str:
    """Return the page of a result, with its figures, the table of single arms and that of arms of development."""
    kinds = {kind: result.of_kind(kind) for kind in words.KINDS}
    return pages.render(
        Path(__file__).parent / "scorecard.html.j2",
        words=words,
        SYMBOL=words.SYMBOL,
        version=result.socialrl,
        name=result.name,
        notes=result.notes,
        lede=words.lede(result),
        kinds=[(kind, words.KINDS[kind], members) for kind, members in kinds.items() if members],
        questions=_questions(result, plates),
        arms=_arms_table(ablation),
        development=_development_table(pd.DataFrame() if development is None else development),
        hanging={one.id: one.hangs_on for one in result.findings if one.hangs_on},
        margins=_margins_table(result),
        mechanisms=_mechanisms_table(result),
        rule=words.RULE,
        made=result.made,
        csv=flat_rows(result).to_csv(index=False, lineterminator="\n"),
    )


def _questions(result: Result, plates: Sequence[Shown]) -> list[dict[str, Any]]:
    """The sections of the page. One to which the findings add nothing is left out; the last also holds the rule."""
    sections: list[dict[str, Any]] = [
        {
            "key": key,
            "title": title,
            "plates": [one.plate for one in plates if one.question == key],
            "findings": _of(result, key, compared=True),
            "context": _of(result, key, compared=False),
        }
        for key, title in QUESTIONS.items()
    ]
    return [
        one
        for one in sections
        if one["findings"]
        or one["context"]
        or one["key"] == "sure"
        or any(not plate.missing for plate in one["plates"])
    ]


def _arms_table(ablation: pd.DataFrame) -> Table | None:
    """All numbers of single arms; None where no arm was changed alone."""
    rows = words.ablation_rows(ablation)
    if not any(row["arm"] != "all" for row in rows):
        return None
    head = ("Arm", "Setting", "Comparison", "Difference [95 % interval]", "Effect size", "Share carried", "n")
    cells = [
        [
            Cell(row["arm"]),
            Cell(row["setting"]),
            Cell(row["comparison"], below=row["says"]),
            *(Cell(row[name]) for name in ("difference", "size", "share", "n")),
        ]
        for row in rows
    ]
    return Table("", head, cells, n_left=3)


def _development_table(development: pd.DataFrame) -> Table | None:
    """What lives do with each arm of development; None where no animals were tested so."""
    if development.empty:
        return None
    head = ("Comparison", "Animals", "Arms of development", "Difference [95 % interval]", "Effect size", "Of all", "n")
    cells = [
        [Cell(row["comparison"], below=row["says"]), *(Cell(row[name]) for name in words.DEVELOPMENT_COLUMNS)]
        for row in words.development_rows(development)
    ]
    note = (
        "Each arm alone, all three, and none; release competence, which is off in the table, as strong as expression."
        " Of all: the difference as a share of that with all three arms. With none, what is left comes from company and"
        " stress by other ways, such as load."
    )
    return Table("", head, cells, note, n_left=3)


def _mechanisms_table(result: Result) -> Table | None:
    """What was added to the model because of findings; None where nothing names its parameters."""
    if not result.mechanisms:
        return None
    head = ("Parameter", "Value", "Range", "What it does", "Evidence", "Added because of")
    rows = [
        [Cell(name, code=True, anchor=f"parameter-{name}"), *map(Cell, rest)]
        for name, *rest in words.mechanism_rows(result.mechanisms)
    ]
    note = (
        "Each acts in all animals. A row does not test the model, whatever its verdict is, if its mechanism is on or if"
        " its finding is marked so; other rows count as predictions where their mechanism is off."
    )
    return Table("Mechanisms that were added because of findings", head, rows, note, n_left=6)


def _margins_table(result: Result) -> Table:
    """What counts as a difference, for every measure in use."""
    names = ("label", "unit", "smallest", "same_within", "why")
    head = ("Measure", "Unit", "Smallest difference that counts", "Same within", "Why")
    return text_table(head, [[row[name] for name in names] for row in words.margins(result)], n_left=5)


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
    order = "; ".join([_times(usual), *others])
    return (
        f"Verdict with the parameter changed; parts of a cell from left to right: {order}."
        " A frame: the finding is lost only when this parameter is changed."
        " Where a parameter has many values, parts in the upper half of a cell are reproduced, in the lower half not"
        " reproduced, and thin in the middle inconclusive. Empty: not judged."
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
) -> Shown:
    return Shown(
        question,
        drawn(
            file,
            title,
            make,
            caption=lambda: caption,
            alt=lambda: _alt(title, question, result),
            missing=lambda: missing,
        ),
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
        "development": changed.development,
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
