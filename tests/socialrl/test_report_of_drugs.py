"""A test under a drug is not the test of the core question, whatever it is called."""

from __future__ import annotations

import pytest
from synthetic_run import write_run

from socialrl.report.study import load
from socialrl.report.summary import cohousing_rows
from socialrl.storage.run_folder import RunFolder

pytestmark = pytest.mark.filterwarnings("error")

BLOCKED = "[{name: a_block, cohousing_h: 24, drugs: [{drug: v1a_antagonist, dose: 1, start_s: 0, end_s: 900}]}]"


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of one experiment; the first has the 24 h test once more under a drug, by a name that comes first."""
    folder = tmp_path_factory.mktemp("runs")
    first = RunFolder.open(write_run(folder / "first", tests=BLOCKED, tables=("animals", "evaluation")))
    table = first.read_table("evaluation")
    blocked = table[table["test"] == "cohoused_24h"].assign(test="a_block", huddle_s_partner=0.0)
    first.write_table("evaluation", type(table)(list(blocked.to_dict("records")) + list(table.to_dict("records"))))
    second = RunFolder.open(write_run(folder / "second", tables=("animals", "evaluation")))
    return first, second


def test_the_core_question_is_asked_without_drugs(runs):
    study = load(runs[:1])
    assert study.key_condition().test == "cohoused_24h"
    labels = {one.test: (one.label, one.usual) for one in study.conditions}
    assert labels["a_block"] == ("24 h, v1a antagonist", False)
    assert labels["cohoused_24h"] == ("24 h", True)
    said = {one.test: one.cohousing for one in study.conditions}
    assert said["a_block"] == "24 h of cohousing (v1a antagonist)"
    assert said["cohoused_24h"] == "24 h of cohousing"


def test_hours_to_criterion_come_from_tests_without_drugs(runs):
    with_drugs, without = (cohousing_rows(load([one])) for one in runs)
    assert [row.times for row in with_drugs] == [row.times for row in without]
    assert with_drugs


def test_runs_are_compared_in_the_test_without_drugs(runs):
    study = load(runs)
    assert {one.test for one in study.conditions_of("second")} < {one.test for one in study.conditions_of("first")}
