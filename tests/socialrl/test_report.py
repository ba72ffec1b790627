"""The report of small synthetic runs: its files, its numbers, its words about what is missing or did not come out."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import matplotlib as mpl
import pandas as pd
import pytest
from synthetic_run import write_run

from socialrl.analysis import statistics
from socialrl.analysis.statistics import Estimate
from socialrl.drawing import wording
from socialrl.errors import UserError
from socialrl.report import account, headline, tables, terminal_summary, write_report
from socialrl.report.study import load
from socialrl.report.summary import MIN_ANIMALS, plain, summarise
from socialrl.storage.run_folder import RunFolder

pytestmark = pytest.mark.filterwarnings("error")

TWO = {"wild_type": 1.0, "knockout": 0.0}
STEPS = (0, 50_000, 100_000, 150_000)


class Page(HTMLParser):
    """Collects what a browser would ask for, ids, alternative texts, and tags that were left open."""

    VOID = {"meta", "link", "img", "source", "br", "input"}

    def __init__(self, text):
        super().__init__()
        self.asked, self.ids, self.alts, self.open, self.tags = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.asked += [values[name] for name in ("src", "srcset", "href") if name in values]
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "img":
            self.alts.append(values.get("alt", ""))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def full_run(tmp_path_factory):
    path = write_run(tmp_path_factory.mktemp("runs") / "demo", genotypes=TWO, animals=6, probe_steps=STEPS)
    return RunFolder.open(path)


@pytest.fixture(scope="module")
def full_report(full_run):
    return write_report([full_run])


def quick(path, **options):
    """A run without traces, opened; enough for numbers and words."""
    settings = {"genotypes": TWO, "animals": 6, "probe_steps": STEPS, "tables": ("animals", "probes", "evaluation")}
    return RunFolder.open(write_run(path, **(settings | options)))


def verdicts(run):
    study = load([run])
    return [finding.verdict for finding in headline.findings(study, summarise(study))]


def test_the_page_is_one_file_that_asks_for_nothing(full_report):
    text = full_report.read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert all(one.startswith(("data:", "#")) for one in page.asked), [one[:40] for one in page.asked]
    assert "script" not in page.tags
    assert "default-src 'none'" in text
    assert 'name="viewport"' in text
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_is_sound_for_screen_readers(full_report):
    page = Page(full_report.read_text(encoding="utf-8"))
    assert len(page.ids) == len(set(page.ids))
    assert len(page.alts) == 6
    assert all(len(alt) > 60 for alt in page.alts)
    assert {one[1:] for one in page.asked if one.startswith("#")} <= set(page.ids)


def test_figures_tables_and_numbers_lie_beside_the_page(full_report):
    folder = full_report.parent
    assert full_report.name == "report.html"
    for number, name in enumerate(["learning", "preference", "huddle", "time_course", "reward", "criterion"], start=1):
        stem = folder / "figures" / f"fig{number}_{name}"
        assert ET.parse(stem.with_suffix(".svg")).getroot().tag.endswith("svg")
        assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    means = pd.read_csv(folder / "tables" / "means.csv")
    assert len(means) == 2 * 3
    assert {"genotype", "oxtr_gain", "test", "n", "preference", "preference_low", "preference_high"} <= set(means)
    contrasts = pd.read_csv(folder / "tables" / "contrasts.csv")
    assert {"reference", "paired_difference", "paired_difference_low", "paired_wilcoxon_p", "p_holm"} <= set(contrasts)
    assert len(pd.read_csv(folder / "tables" / "animals_tests.csv")) == 12 * 3
    assert len(pd.read_csv(folder / "tables" / "animals_huddle_10min.csv")) == 12 * 3 * 18


def test_page_summary_and_tables_show_the_same_numbers(full_run, full_report):
    text = full_report.read_text(encoding="utf-8").replace("\u00a0", " ")
    summary = json.loads((full_report.parent / "summary.json").read_text(encoding="utf-8"))
    means = pd.read_csv(full_report.parent / "tables" / "means.csv")
    printed = terminal_summary(full_run)
    for row, (_, stored) in zip(summary["means"], means.iterrows(), strict=True):
        assert row["preference"]["value"] == pytest.approx(stored["preference"])
        shown = wording.interval(Estimate(**row["preference"]))
        assert shown in text
        assert shown in printed
    assert [finding["verdict"] for finding in summary["findings"]] == ["shown", "shown", "shown"]


def test_summary_is_strict_json_with_the_group_and_test_of_every_row(full_report):
    text = (full_report.parent / "summary.json").read_text(encoding="utf-8")
    assert "NaN" not in text
    row = json.loads(text)["steps_to_criterion"][0]
    assert row["group"] == {"run": "demo", "genotype": "wild_type", "oxtr_gain": 1.0}
    assert row["condition"]["cohousing_h"] == 0
    assert row["difference"] is None  # the reference has no contrast with itself


def test_the_same_run_gives_the_same_bytes(full_run, full_report, tmp_path):
    for kept in (statistics._interval, statistics._permuted_p):
        kept.cache_clear()  # they are resampled anew
    again = write_report([full_run], tmp_path / "again")
    assert again.read_bytes() == full_report.read_bytes()
    svg = "figures/fig4_time_course.svg"
    assert (again.parent / svg).read_bytes() == (full_report.parent / svg).read_bytes()


def test_the_page_says_what_is_assumed_and_marks_changed_parameters(full_report):
    text = full_report.read_text(encoding="utf-8")
    assert "Follows from the equations alone" in text
    assert "before any training" in text
    assert re.search(r"<code>contact_gain</code>.*?marked.*?0\.55.*?changed in the configuration", text, re.DOTALL)
    shown = re.sub(r'<details class="csv">.*?</details>', "", text, flags=re.DOTALL)
    assert shown.count("changed in the configuration") == 1
    assert re.search(r'<details class="printed" open><summary>All \d+ parameters, 1 of them changed</summary>', text)


def test_an_effect_is_reported_as_shown_not_shown_or_opposite(tmp_path):
    assert verdicts(quick(tmp_path / "there")) == ["shown", "shown", "shown"]
    assert verdicts(quick(tmp_path / "none", effect=0.0, seed=5))[1] == "not shown"
    turned = quick(tmp_path / "turned", genotypes={"knockout": 0.0, "wild_type": 1.0}, effect=-3.0)
    assert verdicts(turned)[1] == "opposite"
    study = load([turned])
    assert "preferred the partner more" in headline.lede(headline.findings(study, summarise(study)))


@pytest.mark.usefixtures("unrendered")
def test_few_animals_are_not_judged_and_the_page_says_so(tmp_path):
    run = quick(tmp_path / "few", animals=MIN_ANIMALS - 1, cohousing_h=(24,), tables=("animals", "evaluation"))
    study = load([run])
    found = headline.findings(study, summarise(study))
    assert {finding.verdict for finding in found} == {"too few animals to judge"}
    page = write_report([run]).read_text(encoding="utf-8").replace("\u00a0", " ")
    assert f"Below {MIN_ANIMALS} no finding is judged" in page
    assert "Too few animals were tested after 24 h" in page


@pytest.mark.parametrize(
    ("low", "high", "p", "n", "verdict"),
    [
        (0.1, 0.3, 0.01, 8, "shown"),
        (0.1, 0.3, 0.06, 8, "not shown"),  # interval alone is not enough
        (-0.1, 0.3, 0.01, 8, "not shown"),
        (-0.3, -0.1, 0.01, 8, "opposite"),
        (0.1, 0.3, 0.01, 5, "too few animals to judge"),
        (float("nan"), float("nan"), 1.0, 8, "too few animals to judge"),
    ],
)
def test_verdicts_need_interval_test_and_animals(low, high, p, n, verdict):
    assert headline._verdict(Estimate(0.2, low, high, n, ""), p, n, +1) == verdict


@pytest.mark.usefixtures("unrendered")
def test_one_animal_of_one_genotype_makes_a_report(tmp_path):
    run = quick(tmp_path / "one", genotypes={"wild_type": 1.0}, animals=1, cohousing_h=(24,))
    page = write_report([run]).read_text(encoding="utf-8")
    assert "one has 1 animal per group" in page
    assert "This run has no recorded time courses" in page
    assert "nan" not in re.sub(r"data:[^\"]*", "", page).lower().replace("nano", "")


def test_animals_that_never_huddle_are_counted_and_left_out_of_preference_only(tmp_path):
    run = quick(tmp_path / "never", never=2)
    study = load([run])
    row = summarise(study).mean(study.groups[1], study.key_condition())
    assert (row.n, row.n_never_huddled, row.preference.n, row.total_huddle_s.n) == (6, 2, 4, 6)
    assert "4, 2 never huddled" in terminal_summary(run)


@pytest.mark.usefixtures("unrendered")
def test_unfinished_run_has_a_banner_and_uses_its_last_probes(tmp_path):
    run = quick(tmp_path / "half", finished=False, tables=("animals", "probes"))
    page = write_report([run]).read_text(encoding="utf-8")
    assert "half is unfinished: 0 of 12 animals" in page
    assert re.search(r"<code>socialrl resume \S*half</code> resumes it", page)
    assert "there is no evaluation, so the tests below are the last probes" in page
    assert "in the last probes" in terminal_summary(run)
    assert json.loads((run.path / "summary.json").read_text())["tests_are_last_probes"] == {"half": True}


def test_a_run_with_nothing_in_it_says_what_to_do(tmp_path):
    run = quick(tmp_path / "empty", finished=False, tables=())
    page = write_report([run]).read_text(encoding="utf-8")
    assert "Nothing has been tested yet" in page
    assert page.count('class="missing"') == 7  # six figures and the tables
    assert "no animal has been tested yet" in terminal_summary(run)


def test_pieces_of_an_unfinished_run_are_read(tmp_path):
    run = quick(tmp_path / "pieces", finished=False, tables=())
    done = quick(tmp_path / "done").read_table("probes")
    run.write_part("knockout-00", "probes", done[done["animal"] == "knockout-00"])
    study = load([RunFolder.open(run.path)])
    assert study.final["animal"].unique().tolist() == ["knockout-00"]


@pytest.mark.usefixtures("unrendered")
def test_an_old_figure_goes_when_its_table_is_gone(tmp_path):
    run = quick(tmp_path / "run", tables=("animals", "evaluation"), cohousing_h=(24,))
    old = run.path / "figures" / "fig1_learning.svg"
    old.parent.mkdir()
    old.write_text("<svg/>")
    write_report([run])
    assert not old.exists()
    assert (run.path / "figures" / "fig2_preference.svg").exists()


def test_names_and_configuration_cannot_put_markup_into_the_page(tmp_path):
    run = quick(tmp_path / "safe", tables=())
    run.meta["command"] = "socialrl train <script>alert(1)</script>"
    page = write_report([run]).read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_commands_repeat_the_run(tmp_path):
    run = quick(tmp_path / "run", tables=())
    trained = account.runs(load([run]))[0].commands
    assert trained[:2] == ["git checkout 0123abc", "socialrl train configs/partner_preference.yaml"]
    assert [line.split()[1] for line in trained[2:]] == ["evaluate", "report"]
    run.meta["command"] = "socialrl demo --output runs/demo"  # which evaluates and reports, too
    assert account.runs(load([run]))[0].commands[1:] == ["socialrl demo --output runs/demo"]


def test_several_runs_share_a_page_and_are_compared_within_each(tmp_path):
    first, second = quick(tmp_path / "first"), quick(tmp_path / "second", effect=0.0, seed=5)
    study = load([first, second])
    assert [group.label for group in study.groups[:2]] == ["wild type (first)", "wild type (second)"]
    assert [(a.run, b.run) for a, b in study.comparisons()] == [("first", "first"), ("second", "second")]
    found = headline.findings(study, summarise(study))
    assert [finding.verdict for finding in found if "less after 24 h" in finding.question] == ["shown", "not shown"]


def test_several_runs_need_a_place(tmp_path):
    first, second = quick(tmp_path / "a", tables=()), quick(tmp_path / "b", tables=())
    with pytest.raises(UserError, match="a report of 2 runs needs an output"):
        write_report([first, second])
    page = write_report([first, second], tmp_path / "out" / "both.html")
    assert page == tmp_path / "out" / "both.html"
    assert (tmp_path / "out" / "both_files" / "summary.json").exists()
    assert "both_files/figures/" in page.read_text(encoding="utf-8")


def test_bad_places_and_runs_are_refused(tmp_path):
    run = quick(tmp_path / "run", tables=())
    with pytest.raises(UserError, match="needs at least one run folder"):
        load([])
    with pytest.raises(UserError, match="is given twice"):
        load([run, run])
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"is a file; a report needs a folder or a name that ends in \.html"):
        write_report([run], tmp_path / "file")
    with pytest.raises(UserError, match="cannot create"):
        write_report([run], tmp_path / "file" / "below")


def test_terminal_summary_fits_and_names_the_report(full_run, full_report):
    lines = terminal_summary(full_run).splitlines()
    assert max(len(line) for line in lines[:-1]) <= 80
    assert lines[-1] == f"Report: {full_report}"
    assert all(line.isascii() for line in lines[:-1])
    assert sum("of 6" in line for line in lines) == 6


def test_reference_and_order_of_groups(tmp_path):
    gains = {"knockout": 0.0, "over_expression": 1.5, "wild_type": 1.0}
    study = load([quick(tmp_path / "run", genotypes=gains, animals=1, cohousing_h=(0, 72))])
    assert [group.genotype for group in study.groups] == ["over_expression", "wild_type", "knockout"]
    assert study.reference("run").genotype == "wild_type"
    assert study.key_condition().cohousing_h == 72  # there is no test after 24 h
    named = load([quick(tmp_path / "named", genotypes={"low": 0.2, "high": 0.9}, animals=1)])
    assert named.reference("named").genotype == "high"


def test_conditions_with_a_mate_are_kept_apart(tmp_path):
    study = load([quick(tmp_path / "mates", mates=True, animals=2)])
    assert [condition.label for condition in study.conditions] == ["0 h", "24 h", "168 h (7 days)", "24 h, mate"]
    assert study.key_condition().test == "cohoused_24h"
    assert [row.relationship for row in summarise(study).cohousing] == ["peer", "peer"]  # one time is not a series


def test_a_partner_of_the_other_sex_that_did_not_mate_is_told_apart(tmp_path):
    """Also in hours to criterion: two times with mates and two without are two series."""
    run = quick(tmp_path / "mates", mates=True, animals=2)
    table = run.read_table("evaluation")
    with_mate = table[table["test"] == "mate_24h"].assign(mating=True)
    others = [
        with_mate.assign(test=name, cohousing_h=hours, mating=mating)
        for name, hours, mating in (("mate_6h", 6.0, True), ("unmated_6h", 6.0, False), ("unmated_24h", 24.0, False))
    ]
    peers = table[table["relationship"] == "peer"].assign(mating=False)
    run.write_table("evaluation", pd.concat([peers, with_mate, *others], ignore_index=True))
    study = load([run])
    labels = {condition.test: condition.label for condition in study.conditions}
    assert labels["mate_24h"] == "24 h, mate"
    assert labels["unmated_24h"] == "24 h, unmated mate"
    kinds = [row.relationship for row in summarise(study).cohousing]
    assert kinds == ["mate", "mate", "peer", "peer", "unmated mate", "unmated mate"]


def test_drawing_leaves_the_readers_settings_alone(full_report):
    assert full_report.exists()
    assert mpl.rcParams["svg.fonttype"] == mpl.rcParamsDefault["svg.fonttype"]
    assert mpl.rcParams["axes.spines.top"] == mpl.rcParamsDefault["axes.spines.top"]


def test_report_imports_neither_torch_nor_pyplot():
    code = (
        "import sys, socialrl.report.writing, socialrl.report.terminal\n"
        "print([name for name in ('torch', 'stable_baselines3', 'matplotlib.pyplot') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_plain_turns_what_is_not_finite_into_null():
    assert plain({"a": float("nan"), "b": [float("inf"), 1.5]}) == {"a": None, "b": [None, 1.5]}


def test_parameter_table_of_two_runs_names_the_run_that_changed_a_value(tmp_path):
    study = load([quick(tmp_path / "a", tables=()), quick(tmp_path / "b", tables=())])
    study.configs["b"]["env"]["parameters"] = {}
    study.configs["b"]["individual_spread"] = {"scale": 1.0, "contact_gain": 0.2}
    row = {
        "name": "contact_gain",
        "value": 0.4,
        "unit": "1",
        "low": 0,
        "high": 5,
        "source": "",
        "evidence": "",
        "spread": 0,
        "meaning": "",
        "male": None,
    }
    cell = tables.parameters(study, [row]).rows[0][1]
    assert (cell.text, cell.marked) == ("0.55 (a)", True)
    spread = tables.parameters(study, [row]).rows[0][4]
    assert (spread.text, spread.below, spread.marked) == ("0.2 (b)", "set in the configuration; table –", True)


def test_the_page_gives_the_tests_own_length_and_the_time_of_short_training(tmp_path):
    study = load([quick(tmp_path / "run")])
    config = study.configs["run"]
    config["steps"] = 10_000
    config["evaluation"]["duration_s"] = 1800
    config["env"]["reset"]["cohousing_h"] = [24]
    (run,) = account.runs(study)
    told = {fact.name: fact.text for fact in run.facts}
    assert told["Tests"].startswith("A test of 30 min in three chambers")
    assert told["Training"].endswith("so this is the time of 14 tests of 3 h (41.7 h).")
    assert told["Cohousing in training"] == "24 h, before every episode."


def test_a_configuration_that_was_changed_is_not_reported(tmp_path):
    path = quick(tmp_path / "run").path
    config = path / "config.yaml"
    config.write_text(config.read_text().replace("seed: 1", "seed: 2"))
    with pytest.raises(UserError, match=r"config\.yaml was changed after it was written"):
        write_report([RunFolder.open(path)])
