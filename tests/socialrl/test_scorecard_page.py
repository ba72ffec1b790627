"""The scorecard page of synthetic tables: one self-contained file with the scorecard's numbers and failures."""

from __future__ import annotations

import dataclasses
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser

import browser
import pandas as pd
import pytest
from synthetic_battery import OFF, battery

from socialrl.config.given_parameters import read_parameters
from socialrl.findings import load_registry, variants
from socialrl.findings.outcome import result_of
from socialrl.findings.records import QUESTIONS
from socialrl.findings.results import MechanismResult, read_result
from socialrl.findings.scorecard import score
from socialrl.findings.variants import UNCHANGED, sensitivity_table
from socialrl.scorecard import words
from socialrl.scorecard.markdown import markdown
from socialrl.scorecard.page import Variants, write_scorecard
from socialrl_envs import parameters

pytestmark = pytest.mark.filterwarnings("error")

NOTHING = Variants(pd.DataFrame(), pd.DataFrame(columns=["arm"]), pd.DataFrame(columns=["finding", "survives"]))


class Page(HTMLParser):
    """Collects what a browser would load, links, ids, alternative texts, visible text, and tags left open."""

    VOID = {"meta", "link", "img", "source", "br", "input", "rect", "line", "circle", "path"}

    def __init__(self, text):
        super().__init__()
        self.loaded, self.links, self.ids, self.alts, self.open, self.words = [], [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.loaded += [values[name] for name in ("src", "srcset") if name in values]
        if "href" in values:
            (self.loaded if tag == "link" else self.links).append(values["href"])
        if "id" in values:
            self.ids.append(values["id"])
        if tag == "img":
            self.alts.append(values["alt"])
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "pre"} & set(self.open):  # the CSV says everything once more
            self.words.append(" ".join(data.split()))

    @property
    def text(self):
        return " ".join(word for word in self.words if word)


@pytest.fixture(scope="module")
def tables():
    return battery(6, repeats=1, arms=("consolidation", "reward"))


@pytest.fixture(scope="module")
def written(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("card") / "run"
    return write_scorecard(tables, folder, name="a <b> run", notes=["Quick preset: intervals are wide."])


@pytest.fixture(scope="module")
def page(written):
    return Page(written.read_text(encoding="utf-8"))


def test_page_is_one_sound_file_that_loads_nothing(written, page):
    text = written.read_text(encoding="utf-8")
    assert page.open == []
    assert page.loaded
    assert all(one.startswith("data:") for one in page.loaded)
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "a &lt;b&gt; run" in text
    assert len(page.ids) == len(set(page.ids))
    assert {one[1:] for one in page.links if one.startswith("#")} <= set(page.ids)
    assert all(one.startswith(("#", "https://doi.org/", "data:text/csv;")) for one in page.links)
    assert all(len(alt) > 60 for alt in page.alts)


def test_the_markdown_table_has_a_line_for_every_compared_finding(written, tables):
    result = result_of(score(tables))
    lines = (written.parent / "scorecard.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == words.lede(result)
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[4:]]
    compared = {one.id: one for one in result.findings if one.kind in words.KINDS}
    assert sorted(cell[0] for cell in cells) == sorted(compared)
    assert {len(cell) for cell in cells} == {7}
    for name, title, _, verdict, says, difference, _ in cells:
        one = compared[name]
        assert title == one.title
        assert verdict.strip("*") == words.shown(one.verdict, one.use)
        assert says == one.leading.comparison
        assert one.leading.missing or difference.startswith(words.difference(one.leading))


def test_scorecard_stands_before_the_questions_and_all_questions_are_there(page):
    order = [one for one in page.ids if one == "scorecard" or one in QUESTIONS]
    assert order == ["scorecard", *QUESTIONS]


def test_sections_to_which_the_findings_add_nothing_are_left_out(tmp_path):
    registry = load_registry()
    (one,) = [finding for finding in registry.findings if finding.id == "F01"]
    path = write_scorecard({}, tmp_path, registry=registry.only([one]))
    shown = Page(path.read_text(encoding="utf-8"))
    assert [name for name in shown.ids if name in QUESTIONS] == [one.question, "sure"]


def test_every_finding_is_there_with_its_verdict_numbers_and_weakness(page, tables):
    result = result_of(score(tables))
    for one in result.findings:
        assert one.id in page.ids
        assert " ".join(one.may_fail.split()) in page.text
        for row in one.comparisons:
            assert " ".join(words.difference(row).split()) in page.text
            assert row.comparison in page.text
    assert words.lede(result) in page.text
    assert "Quick preset: intervals are wide." in page.text


@pytest.mark.usefixtures("unrendered")
def test_failures_are_shown_as_failures(tmp_path):
    alike = battery(6, repeats=1, effect=0.0)
    only = {name: table for name, table in alike.items() if "Preference" in name}
    path = write_scorecard(only, tmp_path, changed=NOTHING)
    text = path.read_text(encoding="utf-8")
    assert 'class="finding not-reproduced" id="F01"' in text
    assert "Why the model may be wrong here: The receptor-independent growth" in text


@pytest.mark.usefixtures("unrendered")
def test_finding_that_a_mechanism_was_added_for_stands_in_its_own_block(tables, tmp_path):
    registry = load_registry()
    others = [
        one for one in registry.findings if "mechanism" not in {one.use_of(contrast) for contrast in one.contrasts}
    ]
    changed = [one.model_copy(update={"use": "mechanism"}) if one.id == "F06" else one for one in others]
    only = {name: table for name, table in tables.items() if "Encounter" in name}
    book = dataclasses.replace(registry, findings=tuple(changed))
    page = Page(write_scorecard(only, tmp_path, registry=book, changed=NOTHING).read_text(encoding="utf-8"))
    assert "Mechanism added: a mechanism was added for all animals because of this finding" in page.text
    assert "mechanism added for it: not a test" in page.text
    assert "For 1 more a mechanism was added to the model, so it does not test it." in " ".join(
        words.lede(result_of(score(tables, book, parameters=OFF))).split()
    )
    assert words.lede(result_of(score(only, book))) in page.text


@pytest.mark.usefixtures("unrendered")
def test_a_mechanism_names_its_parameters_and_links_the_row_to_them(tables, tmp_path):
    registry = load_registry()
    finding = registry.finding("F06")
    rows = [
        one.model_copy(update={"use": "mechanism", "mechanism": ("contact_floor",)} if number == 0 else {})
        for number, one in enumerate(finding.contrasts)
    ]
    changed = finding.model_copy(update={"contrasts": tuple(rows)})
    only = {name: table for name, table in tables.items() if "Encounter" in name}
    written = write_scorecard(
        only, tmp_path, registry=dataclasses.replace(registry, findings=(changed,)), changed=NOTHING
    )
    page = Page(written.read_text(encoding="utf-8"))
    text = " ".join(page.text.split())
    assert "Mechanism: contact_floor was added for this row." in text
    assert "#parameter-contact_floor" in page.links
    assert "parameter-contact_floor" in page.ids
    assert "Mechanisms that were added because of findings" in text
    row = parameters.parameter("contact_floor")
    assert row.meaning in text
    result = read_result(tmp_path / "scorecard.json")
    (mechanism,) = result.mechanisms
    assert (mechanism.name, mechanism.value, mechanism.rows) == ("contact_floor", row.value, ("F06a",))
    first, *others = (one.mechanism for one in result.findings[0].comparisons)
    assert first == ("contact_floor",)
    assert not any(others)
    table = pd.read_csv(tmp_path / "scorecard.csv")
    assert table["mechanism"].fillna("").tolist() == ["contact_floor", *[""] * (len(rows) - 1)]
    # one comparison of the finding is still a prediction, so the finding is; what was added for the other is said
    told = "predicted, press copy only: not counted; mechanism contact_floor added for a"
    assert words.mark(result.findings[0]) == told
    assert text.count(told) == 2
    whole = finding.model_copy(update={"use": "mechanism", "mechanism": ("contact_floor", "stress_cost")})
    of_all = result_of(score(only, dataclasses.replace(registry, findings=(whole,))))
    assert words.mark(of_all.findings[0]) == "mechanism contact_floor and stress_cost added for it: not a test"
    assert "mechanism `contact_floor` and `stress_cost` added for it" in markdown(of_all)
    # a reproduction without the mechanism says that it is off
    without = read_parameters(["contact_floor=0"]).recorded()
    off = result_of(score(only, dataclasses.replace(registry, findings=(whole,))), made={"parameters": without})
    assert [(one.name, one.off) for one in off.mechanisms] == [("contact_floor", True), ("stress_cost", False)]


def test_a_mechanism_that_is_off_says_so():
    off = MechanismResult("x", 0.0, "1/h", 0.0, 2.0, "what it does", "assumed", "nobody", ("F10", "F11a"))
    ((name, value, *_, where),) = words.mechanism_rows([off])
    assert (name, value, where) == ("x", "0 1/h (off)", "F10, F11a")


def test_numbers_tables_and_figures_lie_beside_the_page(written, page):
    folder = written.parent
    content = json.loads((folder / "scorecard.json").read_text())
    assert content["name"] == "a <b> run"
    animals = pd.read_csv(folder / "scorecard_tables" / "animals.csv")
    f01a = animals[animals["comparison"] == "F01a"].pivot(index="index", columns="side", values="value")
    stored = content["findings"][0]["comparisons"][0]["difference"]
    assert (f01a["this"] - f01a["than"]).mean() == pytest.approx(stored)
    assert len(pd.read_csv(folder / "scorecard_tables" / "ablation.csv")) > 20
    assert pd.read_csv(folder / "scorecard_tables" / "association_by_hour.csv")["hour"].max() == 119
    for name in ("bond", "group", "worth", "defend", "release", "drugs", "ablation", "dose_response"):
        stem = folder / "scorecard_figures" / name
        assert ET.parse(stem.with_suffix(".svg")).getroot().tag.endswith("svg")
        assert stem.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    assert "No animals under changed parameters were run" in page.text
    assert not (folder / "scorecard_figures" / "sensitivity.svg").exists()


def test_counts_say_what_they_count():
    tables = battery(8, repeats=1)
    habitat = tables["socialrl/GroupHabitat-v0"]
    tables["socialrl/GroupHabitat-v0"] = habitat.assign(unit=[f"pair {index // 2}" for index in habitat["index"]])
    result = result_of(score(tables))
    rows = {f"{one.id}{row.part}": row for one in result.findings for row in one.comparisons}
    assert (rows["F14"].n, words.n_counts(rows["F14"])) == (8, "")
    assert (rows["F01a"].n, words.n_counts(rows["F01a"])) == (8, "per group")
    assert (rows["F02a"].n, words.n_counts(rows["F02a"])) == (4, "pairs per group")
    assert (rows["F02c"].n, words.n_counts(rows["F02c"])) == (4, "pairs")
    assert words.n_counts(result_of(score({})).findings[0].comparisons[0]) == ""


@pytest.mark.usefixtures("unrendered")
def test_table_of_arms_stands_only_where_arms_were_run(page, tmp_path):
    assert "All numbers of the arms" in page.text
    plain = {name: table for name, table in battery(6, repeats=1).items() if "Encounter" in name}
    assert "All numbers of the arms" not in Page(write_scorecard(plain, tmp_path).read_text(encoding="utf-8")).text


def test_page_without_any_table_says_so(tmp_path):
    page = Page(write_scorecard({}, tmp_path).read_text(encoding="utf-8"))
    assert "No predicted finding has been run yet" in page.text
    assert page.text.count("No table of this assay was given") == 6
    assert "assay GroupHabitat was not run" in page.text
    assert page.alts == []


@pytest.mark.usefixtures("unrendered")
def test_an_older_figure_does_not_outlive_its_data(tables, tmp_path):
    only = {name: table for name, table in tables.items() if "Encounter" in name}
    write_scorecard(only, tmp_path, changed=NOTHING)
    assert (tmp_path / "scorecard_figures" / "defend.png").exists()
    write_scorecard({}, tmp_path, changed=NOTHING)
    assert not (tmp_path / "scorecard_figures" / "defend.png").exists()


def test_same_tables_give_the_same_bytes(tables, tmp_path):
    only = {name: table for name, table in tables.items() if "Encounter" in name}
    first = write_scorecard(only, tmp_path / "a", changed=NOTHING).read_bytes()
    assert write_scorecard(only, tmp_path / "b", changed=NOTHING).read_bytes() == first


def test_lede_counts_and_names_a_broken_control(tables):
    assert words.lede(result_of(score({}))) == "No predicted finding has been run yet, so there is no verdict."
    table = tables["socialrl/PartnerPreference-v0"].copy()
    table.loc[table["genotype"] == "all_arms_wild_type", "huddle_s_partner"] = 0.0
    text = words.lede(result_of(score({"PartnerPreference": table})))
    assert "1 null control shows an effect where there should be none." in text
    assert "could not be compared" in text


@pytest.mark.usefixtures("unrendered")
def test_findings_that_hang_on_one_parameter_are_marked(tmp_path):
    parts: dict[str, list[pd.DataFrame]] = {}
    for parameter, effect in (("contact_floor", 0.0), ("recognition_noise", 1.0)):
        for name, table in battery(8, genotypes={"wt": 1.0, "ko": 0.0}, effect=effect, repeats=1).items():
            if "Encounter" in name:
                parts.setdefault(name, []).append(table.assign(parameter=parameter, factor=0.5))
    tables = {name: pd.concat(rows) for name, rows in parts.items()}
    changes = sensitivity_table(tables)
    assert variants.hanging(changes) == {"F06": "contact_floor"}
    page = Page(write_scorecard(tables, tmp_path).read_text(encoding="utf-8"))
    assert "Depend on one assumed number" in page.text
    assert page.text.count("depends on contact_floor alone") == 2, "in the list on top and at the finding"
    assert (tmp_path / "scorecard_figures" / "sensitivity.png").exists()
    assert page.text.count("No predicted finding has been run yet") == 1  # changed animals are not the model


def test_a_finding_that_is_not_there_without_a_change_hangs_on_nothing():
    def changes(unchanged: bool) -> pd.DataFrame:
        survives = {UNCHANGED: unchanged, "contact_floor": False, "recognition_noise": True}
        return pd.DataFrame(
            {"finding": "F06", "parameter": name, "factor": 1.5, "survives": alive} for name, alive in survives.items()
        )

    assert variants.hanging(changes(unchanged=True)) == {"F06": "contact_floor"}
    assert variants.hanging(changes(unchanged=False)) == {}


@pytest.mark.slow
@pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("width", [1200, 390])
def test_a_browser_shows_the_page_without_complaint_or_sideways_scrolling(written, tmp_path, width):
    assert not browser.complaints(written, tmp_path / "first")
    shown = browser.shown(written, width, tmp_path / "second")
    assert shown.given_px == width
    assert shown.needed_px <= width
    assert shown.smallest_px >= 11.5
    assert shown.cut == 0, "tables of findings that have to be scrolled sideways"
