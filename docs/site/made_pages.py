"""Pages of the site that are made from the code and its data, so that they cannot say something else.

`pages()` returns them by file name; `stage.py` puts them into docs/reference of the site. Parameters come from the
parameter table, findings from the registry and the kept study, commands from the command line itself, environments and
the Python interface from docstrings, the gallery from the assays and their films.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from socialrl.assays import short_id
from socialrl.assays.table import STUDIES
from socialrl.cli.app import app
from socialrl.findings import load_registry
from socialrl.findings.records import QUESTIONS, Contrast, Finding
from socialrl_envs import ASSAYS, PAPERS
from socialrl_envs.named_tables import CURRENT, table_names
from socialrl_envs.parameters import differences, markdown, rows_of
from socialrl_envs.vocabulary import ASSAY_ROWS, RELEASE_ID

DOCS = Path(__file__).resolve().parents[1]
FILMS = DOCS / "images" / "gallery"
STUDY = DOCS / "results" / "study" / "scorecard.json"

PYTHON = {
    "The world": (
        "socialrl_envs.register_assay",
        "socialrl_envs.assay.Assay",
        "socialrl_envs.habitat.Habitat",
        "socialrl_envs.vocabulary.Drug",
        "socialrl_envs.vocabulary.register_drug",
        "socialrl_envs.parameters.rows_of",
        "socialrl_envs.parameter_rows.Parameter",
        "socialrl_envs.parallel",
    ),
    "What is studied": (
        "socialrl.assays.study.AssayStudy",
        "socialrl.assays.registered.register_study",
        "socialrl.analysis.measure.Measure",
        "socialrl.analysis.measure_table.register_measure",
        "socialrl.analysis.measure_values.measured",
        "socialrl.findings.registry.Registry",
        "socialrl.findings.registry.load_registry",
        "socialrl.findings.registry.load_findings",
    ),
    "Runs": (
        "socialrl.config.loading.load_config",
        "socialrl.storage.run_folder.RunFolder",
        "socialrl.animals.companions.FrozenCompanionsEnv",
        "socialrl.animals.companions.frozen_companions",
        "socialrl.film.films.render_test",
        "socialrl.reproduction.driver.reproduce",
    ),
    "Tables": (
        "socialrl.analysis.association",
        "socialrl.analysis.measures",
        "socialrl.interop.formats",
        "socialrl.interop.score_sheets.ScoreSheet",
    ),
}
"""What other people's code calls, in the order of the page."""


def pages() -> dict[str, str]:
    """Return the text of every made page by its file name."""
    return {
        "cli.md": cli(),
        "parameters.md": parameters(),
        "findings.md": findings(),
        "environments.md": environments(),
        "python.md": python(),
        "gallery.md": gallery(),
    }


def cli() -> str:
    """Every verb with its arguments and options, from the command line itself."""
    import socialrl.cli  # noqa: F401  registers the verbs

    command = typer.main.get_command(app)
    with command.make_context("socialrl", ["--version"], resilient_parsing=True) as context:
        text = get_docs_for_click(obj=command, ctx=context, name="socialrl", title="Commands")
    # without the list of verbs, whose sentences are cut short; the page has a table of contents
    before, _, verbs = text.partition("**Commands**:\n\n")
    # a type in angle brackets says nothing that the name and its sentence do not
    verbs = re.sub(r"^(\* `[^`<]+?) <[^>`]+>`", r"\1`", verbs.partition("\n## ")[2], flags=re.MULTILINE)
    return (before + "## " + verbs).replace("```console\n$ ", "```text\n")


def parameters() -> str:
    """The current parameter table, and what earlier ones have otherwise."""
    parts = [
        "# Parameters",
        f"The current table is `{CURRENT}`. *log-sd* is the standard deviation of the logarithm of a value between"
        " animals; *evidence* says what it rests on: a definition, published data, the fit to wild types, or a choice"
        " of ours (assumed). Equations and reasons: [the model](../model.md). `socialrl parameters` prints the same.",
        markdown(),
    ]
    for older in table_names()[:-1]:
        rows = [
            (f"`{old.name}`", f"{old.value:g}", f"{new.value:g}", f"{old.spread:g}", f"{new.spread:g}", old.unit)
            for old, new in differences(rows_of(older), rows_of())
        ]
        head = ("parameter", older, CURRENT, f"log-sd {older}", f"log-sd {CURRENT}", "unit")
        parts += [f"## From {older} to {CURRENT}", _table(head, rows)]
    return "\n\n".join(parts) + "\n"


def findings() -> str:
    """Every finding of the registry with its source, its comparisons and the verdict of the kept study."""
    study = json.loads(STUDY.read_text(encoding="utf-8"))
    verdicts = {one["id"]: one["verdict"] for one in study["findings"]}
    registry = load_registry()
    parts = [
        "# Findings",
        f"What was published, and whether the model shows it: {len(registry.findings)} records, in the order of the"
        " questions that they ask. *Verdict* is that of the kept [study](../results/study/README.md); how a verdict is"
        " reached: [scorecard](../reproduction.md). To add one: [a finding in an hour](../extend/finding.md).",
    ]
    for question, words in QUESTIONS.items():
        of_it = [one for one in registry.findings if one.question == question]
        if of_it:
            parts.append(f"## {words}")
            parts += [_finding(one, verdicts.get(one.id, "younger than the kept study")) for one in of_it]
    return "\n\n".join(parts) + "\n"


def _finding(one: Finding, verdict: str) -> str:
    doi = f" [doi {one.source.doi}](https://doi.org/{one.source.doi})" if one.source.doi else ""
    lines = [
        f"### {one.id}: {one.title}",
        "",
        one.statement,
        "",
        f"- **Source:** {one.source.citation}{doi}. {one.source.note}".rstrip(),
        f"- **Evidence:** grade {one.grade}, confidence {one.confidence}. **Use:** {one.use}. **Verdict:** {verdict}.",
    ]
    if one.published:
        lines.append(f"- **Published:** {one.published}")
    lines.append(f"- **May fail:** {one.may_fail}")
    lines += [f"- {_contrast(contrast)}" for contrast in one.contrasts]
    return "\n".join(lines)


def _contrast(one: Contrast) -> str:
    tests = ", ".join(f"`{name}`" for name in one.conditions)
    return f"{one.says}: `{one.measure}` {one.expected}, in {tests}."


def environments() -> str:
    """The manual page of every environment, which is its docstring."""
    parts = [
        "# Environments",
        "The docstring of an environment is its manual page. All of them are made by `gymnasium.make` or"
        " `gymnasium.make_vec` after `import socialrl_envs`; `socialrl envs` lists them.",
    ]
    for row in ASSAY_ROWS:
        shown = row.vector if row.single == "refuse_single" else row.single
        parts += [f"## {row.id}", _docstring(f"socialrl_envs.assays.{row.module}.{shown}")]
    parts += [f"## {RELEASE_ID}", _docstring("socialrl_envs.assays.oxytocin_release.OxytocinReleaseEnv")]
    return "\n\n".join(parts) + "\n"


def _docstring(name: str) -> str:
    options = {"members": "false", "show_root_heading": "false", "show_root_toc_entry": "false", "show_bases": "false"}
    return "\n".join([f"::: {name}", "    options:", *(f"      {key}: {value}" for key, value in options.items())])


def python() -> str:
    """What other people's code calls, from docstrings."""
    parts = ["# Python", "What is meant to be called from outside, by subject. Everything else may change."]
    for subject, names in PYTHON.items():
        parts += [f"## {subject}", *(f"::: {name}\n    options:\n      heading_level: 3" for name in names)]
    return "\n\n".join(parts) + "\n"


def gallery() -> str:
    """A film of every assay with its question and its paper."""
    parts = [
        "# Gallery",
        "A film of every assay, with animals that were trained for a few seconds (`docs/site/films.py` makes them)."
        " Each assay's manual page is under [environments](environments.md).",
    ]
    shown = json.loads((FILMS / "films.json").read_text(encoding="utf-8"))
    titles = {RELEASE_ID: "evoked oxytocin release"} | {study.id: study.title for study in reversed(STUDIES)}
    for name, title in ((name, titles.get(name, "")) for name in [*ASSAYS, RELEASE_ID]):
        short = short_id(name)
        parts += [f"## {short}", f"{title.capitalize()}. {PAPERS[name]}.".removeprefix(". ")]
        if short in shown:
            parts += [f"![{short}](../images/gallery/{short}.gif)", f"*Film: {shown[short]}.*"]
        else:
            parts.append("*There is no film of it yet.*")
    return "\n\n".join(parts) + "\n"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
