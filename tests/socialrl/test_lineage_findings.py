"""Published findings that a lineage is judged by: each kind of comparison, verdicts, what a file may not say."""

from __future__ import annotations

import json
import math

import pytest
from lineage_stand_in import Care, made, tiny
from test_lineage_verb import TINY

from socialrl.cli import main
from socialrl.lineage import comparisons, page_tables, terminal
from socialrl.lineage.findings import Asked, verdicts
from socialrl.lineage.outcome import OWN_MEASURES

OFF = {"parameters": {"care_to_expression": 0, "care_to_competence": 0, "strain_to_reactivity": 0}}


def asked(**keys) -> Asked:
    return Asked.model_validate({"id": "F50", "says": "They do.", "source": "A 2020", "measure": "expression", **keys})


def judged(lineage, **keys):
    """Return the row of one comparison, of tables that a lineage makes once."""
    litters = comparisons.litter_means(lineage.animals, [*OWN_MEASURES, *lineage.tested])
    return verdicts([asked(**keys)], litters, lineage.tables["trends"], lineage.tables["transmission"]).iloc[0]


@pytest.fixture(scope="module")
def one_carer(tmp_path_factory):
    """Two cells of twelve litters; those of one carer get half of the care in generation 1."""
    cells = {"two": {"dams": "wt"}, "one": {"dams": "wt", "carers": 1, "in_generations": [1]}}
    config = tiny(cells=cells, litters=12, individual_spread=0.5)
    return made(config, tmp_path_factory.mktemp("lineage"), Care())


def test_a_difference_of_cells_is_judged_litter_by_litter(one_carer):
    row = judged(one_carer, this="one", than="two", generation=1, expected="lower")
    assert (row["verdict"], row["n"]) == ("reproduced", 12)
    assert row["low"] <= row["difference"] <= row["high"] < 0.0
    assert row["p"] < 0.01
    assert judged(one_carer, this="one", than="two", generation=1, expected="higher")["verdict"] == "not reproduced"
    small = judged(one_carer, this="one", than="two", generation=1, expected="lower", smallest=0.5)
    assert small["verdict"] == "not reproduced"
    assert small["because"] == "the difference, if any, is too small to count"


def test_a_number_a_change_and_a_correlation_are_judged_too(one_carer):
    assert judged(one_carer, this="two", value=0, generation=2, expected="higher")["verdict"] == "reproduced"
    change = judged(one_carer, this="two", per_generation=True, expected="same", same_within=0.2)
    assert change["verdict"] == "reproduced"
    assert math.isnan(change["p"])
    assert 0.0 < change["could_see"] < 0.2
    r = judged(one_carer, measure="licking_share", with_dam="rearing", expected="higher")
    assert -1.0 <= r["low"] <= r["difference"] <= r["high"] <= 1.0
    assert r["n"] > 12


def test_novel_ones_have_no_verdict_and_few_litters_none_either(one_carer, tmp_path):
    row = judged(one_carer, this="one", than="two", generation=1, expected="lower", use="novel")
    assert (row["verdict"], row["because"]) == ("no verdict", "not tested in animals")
    few = made(tiny(litters=3, generations=1), tmp_path)
    assert judged(few, this="wt", value=0, generation=1, expected="higher")["because"] == "n = 3, fewer than 6"


def test_with_the_arms_off_generations_are_flat(tmp_path):
    """The null control of generations: carers that differ by their receptor, and nothing that is handed on."""
    control = made(tiny(env=OFF, litters=8), tmp_path, Care())
    for generation in (1, 2):
        row = judged(control, this="wt", value=1, generation=generation, expected="same", same_within=0.001)
        assert (row["verdict"], row["difference"]) == ("reproduced", 0.0)
    flat = judged(control, this="wt", per_generation=True, expected="same", same_within=0.001)
    assert (flat["verdict"], flat["difference"]) == ("reproduced", 0.0)


def test_page_and_terminal_show_them(one_carer):
    config = one_carer.config.model_copy(
        update={"findings": (asked(this="one", than="two", generation=1, expected="lower", use="mechanism"),)}
    )
    lineage = type(one_carer)(config, one_carer.reference, one_carer.families, one_carer.animals, one_carer.tested)
    (row,) = page_tables.findings(lineage).rows
    assert (row[0].text, row[0].below, row[3].text) == ("F50: They do.", "A 2020", "reproduced")
    assert row[3].below == "mechanism; the interval lies on the expected side"
    assert row[-1].text == "12"
    assert next(iter(terminal.tables(lineage))).title == "Published findings"


MISTAKES = {
    "findings[0] needs one of than, value, per_generation and with_dam, got none": {"this": "two"},
    "findings[0] needs one of than, value, per_generation and with_dam, got than, value": {"than": "two", "value": 1},
    "findings[0].this is missing: a comparison with value needs it": {"value": 1, "generation": 1},
    "findings[0].generation is missing: a comparison with than needs it": {"this": "two", "than": "one"},
    "findings[0].generation is not allowed in a comparison with with_dam": {"with_dam": "birth", "generation": 1},
    "findings[0].with_dam must be rearing": {"with_dam": "foster"},
    "findings[0].same_within is missing: expected same needs it": {"with_dam": "birth", "expected": "same"},
    "findings[0] (F50): unknown cell 'onee'; did you mean 'one'? Known: two, one": {
        "this": "two", "than": "onee", "generation": 1,
    },
    "findings[0] (F50): generation must be 1 to 2, got 3": {"this": "two", "value": 1, "generation": 3},
    "findings[0] (F50): unknown measure 'expresion'; did you mean 'expression'?": {
        "with_dam": "birth", "measure": "expresion",
    },
    "findings[0].says must be text, got 3": {"with_dam": "birth", "says": 3},
}  # fmt: skip


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(line, tmp_path, capsys):
    path = tmp_path / "lineage.yaml"
    one = {"id": "F50", "says": "They do.", "source": "A 2020", "measure": "care", "expected": "higher"}
    path.write_text(json.dumps({**TINY, "findings": [{**one, **MISTAKES[line]}]}))
    assert main(["lineage", str(path), "--output", str(tmp_path / "out"), "--quiet"]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert line in said
    assert not (tmp_path / "out").exists(), "nothing is written"
