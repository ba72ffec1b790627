"""A report over two runs: each run's own tests and names, one card a question, contrasts between the runs."""

from __future__ import annotations

import json
import re

import pandas as pd
import pytest
from synthetic_run import write_run

from socialrl.analysis import statistics
from socialrl.drawing.plates import Plate
from socialrl.report import (
    account,
    alike,
    between,
    catalogue,
    headline,
    page,
    protocols,
    settings,
    tables,
    write_report,
)
from socialrl.report.study import load
from socialrl.report.summary import Summary, summarise
from socialrl.storage.run_folder import RunFolder

pytestmark = pytest.mark.filterwarnings("error")

FIRST, SECOND = {"wt": 1.0, "ko": 0.0}, {"wt": 1.0, "ko": 0.1, "low": 0.1}


def run_of(path, genotypes, **options):
    settings = {"animals": 6, "probe_steps": (0, 50_000), "tables": ("animals", "probes", "evaluation")}
    return RunFolder.open(write_run(path, genotypes=genotypes, **(settings | options)))


def apart(run, test="cohoused_24h", name="apart", hours=168.0):
    """Give a run a further test of animals that lived apart before it."""
    table = run.read_table("evaluation")
    rows = table[table["test"] == test].assign(test=name, separation_h=hours)
    run.write_table("evaluation", pd.concat([table, rows], ignore_index=True))
    return run


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    first = run_of(folder / "first", FIRST)
    second = apart(run_of(folder / "second", SECOND, cohousing_h=(0, 24), seed=1))
    return [first, second]


@pytest.fixture(scope="module")
def study(both):
    return load(both)


def test_each_run_lists_its_own_tests(study):
    told = {one.name: {fact.name: fact.text for fact in one.facts} for one in account.runs(study)}
    assert "168 h apart" not in told["first"]["Tests"]
    assert "168 h (7 days)" in told["first"]["Tests"]
    assert "168 h apart" in told["second"]["Tests"]
    assert "168 h (7 days)" not in told["second"]["Tests"]
    numbers = summarise(study)
    assert tables.glance(study, numbers, "first").head == ("Group", "0 h", "24 h", "168 h (7 days)")
    assert tables.glance(study, numbers, "second").head == ("Group", "0 h", "24 h", "24 h, 168 h apart")


def test_a_name_that_means_two_kinds_of_test_is_told_apart(tmp_path):
    first, second = (run_of(tmp_path / name, FIRST, tables=("animals", "evaluation")) for name in ("a", "b"))
    table = second.read_table("evaluation")
    table.loc[table["test"] == "cohoused_24h", "separation_h"] = 48.0
    second.write_table("evaluation", table)
    study = load([first, second])
    labels = {one.test: one.label for one in study.conditions}
    assert labels["cohoused_24h"] == "24 h"
    assert labels["cohoused_24h (b)"] == "24 h, 48 h apart"


def test_the_same_kind_of_test_under_two_names_is_one():
    state = {"assay": "PartnerPreference", "relationship": "peer", "separation_h": 0.0, "drugs": ""}
    rows = [("a", "day", 24.0), ("a", "week", 168.0), ("b", "h24", 24.0), ("b", "day", 168.0)]
    table = pd.DataFrame([{"run": run, "test": test, "cohousing_h": hours, **state} for run, test, hours in rows])
    assert alike.names_of_tests([table]) == {
        ("a", "day"): "day",
        ("a", "week"): "week",
        ("b", "h24"): "day",
        ("b", "day"): "week",
    }
    drugs = pd.concat([table, table[table["test"] == "day"].assign(test="day_antagonist", drugs="antagonist")])
    assert alike.names_of_tests([drugs])["a", "day_antagonist"] == "day_antagonist"
    assert alike.names_of_tests([drugs])["b", "h24"] == "day", (
        "a drug makes another test, and the first one stays alone"
    )


def test_groups_keep_looks_and_names_of_the_reports_of_one_run(both, study):
    alone = {
        (group.run, group.genotype): (group.name, group.colour, group.marker)
        for one in both
        for group in load([one]).groups
    }
    together = {(group.run, group.genotype): (group.name, group.colour, group.marker) for group in study.groups}
    assert alone == together
    names = {key: name for key, (name, _, _) in together.items()}
    assert (names["first", "ko"], names["second", "ko"]) == ("knockout", "ko, gain 0.1")


def test_every_question_has_one_card_and_no_group_at_gain_0_1_is_a_knockout(study):
    contrasts = between.run_contrasts(study)
    found = [*headline.between_runs(study, contrasts), *headline.findings(study, summarise(study))]
    cards = headline.cards(found)
    assert len({card.question for card in cards}) == len(cards)
    assert sum(len(card.answers) for card in cards) == len(found)
    of_second = [one for card in cards for one in card.answers if one.of == "second"]
    assert of_second
    assert not any("knockout" in one.question + one.text + one.clause for one in of_second)


def test_many_runs_are_counted_and_have_a_row_each():
    answers = [headline.Finding("Do they?", verdict, "", "", "+1", "n = 8", f"run {number}")
               for number, verdict in enumerate(["shown", "not shown", "shown", "shown", "opposite"])]  # fmt: skip
    (card,) = headline.cards(answers)
    told = headline.counted(5, [card])
    assert told == "5 runs beside each other. Do they? Shown 3, not shown 1, opposite 1 of 5."
    rows = headline.as_table(card).rows
    assert [[cell.text for cell in row] for row in rows][1] == ["run 1", "not shown", "+1"]


def test_with_many_runs_all_but_the_first_figure_is_folded(study, monkeypatch):
    monkeypatch.setattr(headline, "MOST_ON_CARDS", 1)
    monkeypatch.setattr(headline, "findings", lambda *_: [])
    plates = [Plate("one", "Do they differ?", missing="not here"), Plate("two", "How fast?", missing="not here")]
    text = page.html(study, Summary([], [], [], [], []), [], plates, [], "")
    folded = re.findall(r'<details class="printed part"><summary>(.*?)</summary>', text)
    assert {"2. How fast?", "first", "second"} <= set(folded)
    assert "1. Do they differ?" not in folded


def test_equally_small_runs_have_one_warning(both):
    study = load(both)
    study.configs = {"a": {"animals": 2}, "b": {"animals": 4}, "c": {"animals": 2}, "d": {"animals": 2}}
    first, second = account.warnings(study)
    assert first.startswith("a, c and d have 2 animals per group.")
    assert second.startswith("b has 4 animals per group.")


def test_runs_of_one_seed_are_compared_in_pairs(study):
    rows = between.run_contrasts(study)
    assert {row.paired for row in rows} == {True}
    assert {(row.group.run, row.reference.run) for row in rows} == {("second", "first")}
    assert {row.condition.label for row in rows} == {"0 h", "24 h"}, "only tests that both runs have"
    (one,) = [r for r in rows if (r.group.genotype, r.condition.label, r.measure) == ("ko", "24 h", "preference")]
    values = [
        study.final[(study.final["group"] == f"{run}/ko") & (study.final["test"] == "cohoused_24h")]
        .set_index("index")["preference"]
        for run in ("second", "first")
    ]  # fmt: skip
    assert one.difference == statistics.paired(*values).difference
    assert one.n == 6
    assert "low, gain 0.1 (second)" in between.only_in_one(study)


def test_settings_that_differ_are_set_beside_each_other(study):
    table = settings.differing(study)
    assert table.head == ("Setting", "first", "second")
    rows = {row[0].text: [(cell.text, cell.marked) for cell in row[1:]] for row in table.rows}
    assert rows["genotypes.ko.oxtr_gain"] == [("0", False), ("0.1", True)]
    assert rows["genotypes.low.oxtr_gain"] == [("–", False), ("0.1", True)]
    assert not {"name", "output", "seed", "steps"} & set(rows)


def test_runs_of_two_seeds_are_independent(study):
    study.configs["second"]["seed"] += 1
    try:
        rows = between.run_contrasts(study)
    finally:
        study.configs["second"]["seed"] -= 1
    assert {row.paired for row in rows} == {False}
    assert {(row.n, row.n_reference) for row in rows} == {(6, 6)}
    assert all(row.difference.low < row.difference.high for row in rows if row.measure == "preference")


@pytest.mark.usefixtures("unrendered")
def test_the_page_and_the_files_show_the_contrasts(both, tmp_path):
    path = write_report(both, tmp_path / "out")
    text = path.read_text(encoding="utf-8")
    assert "Contrasts between the runs" in text
    assert "Settings that differ" in text
    assert (path.parent / "figures" / "fig_between_runs.svg").is_file()
    stored = pd.read_csv(path.parent / "tables" / "contrasts_between_runs.csv")
    assert {"reference", "difference", "difference_low", "difference_high", "paired", "p_holm"} <= set(stored)
    summary = json.loads((path.parent / "summary.json").read_text())
    assert len(summary["contrasts_between_runs"]) == len(stored) == 2 * 2 * 2


@pytest.mark.usefixtures("unrendered")
def test_protocols_stand_on_the_page_with_every_test_and_group(tmp_path):
    run = run_of(tmp_path / "run", FIRST, animals=4, tables=("animals", "evaluation"))
    rows = run.read_table("evaluation")
    run.write_table("protocol_long_life", rows.assign(history="paired", phase=1, doses=""))
    run.write_protocol_notes("long_life", ["no animal of this run met a mate in training"])
    (played,) = protocols.played(load([run]))
    (table,) = protocols.table(played)
    assert [row[0].text for row in table.rows] == [test for _, test, _ in played.tests for _ in FIRST]
    values = rows[(rows["test"] == "cohoused_24h") & (rows["genotype"] == "wt")]
    sums = values.groupby("animal")[["huddle_s_partner", "huddle_s_stranger"]].mean()
    expected = (sums["huddle_s_partner"] / sums.sum(axis=1)).mean()
    shown = {(row[0].text, row[1].text): row[3].text for row in table.rows}
    assert shown["cohoused_24h", "wild type"].startswith(f"{expected:.2f} [")
    page = write_report([run]).read_text(encoding="utf-8")
    assert 'id="protocols"' in page
    assert "No animal of this run met a mate in training." in page
    assert (run.path / "figures" / "protocol_long_life.svg").is_file()


def test_tests_of_another_length_are_not_compared_between_runs(tmp_path):
    first, second = (run_of(tmp_path / name, FIRST, tables=("animals", "evaluation")) for name in ("a", "b"))
    rows = second.read_table("evaluation")
    short = rows["test"] == "cohoused_24h"
    second.write_table("evaluation", rows.assign(duration_s=rows["duration_s"].where(~short, 1800.0)))
    study = load([first, second])
    contrasts = between.run_contrasts(study)
    assert {one.condition.label for one in contrasts} == {"0 h", "168 h (7 days)"}
    note = between.table(study, contrasts).note
    assert note.endswith("Not compared, because the tests are longer or shorter than in a: b (after 24 h).")


def test_captions_count_no_group_that_took_no_such_test(tmp_path):
    tested = run_of(tmp_path / "a", FIRST, tables=("animals", "evaluation"))
    untested = run_of(tmp_path / "b", FIRST, tables=("animals",))
    assert catalogue.counts(load([tested, untested])) == "n = 6 wild type (a), 6 knockout (a) animals"
