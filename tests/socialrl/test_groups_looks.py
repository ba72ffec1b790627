"""Names, colours and markers of groups: they follow from the group alone and are the same in every place."""

from __future__ import annotations

import pandas as pd
import pytest
from contrast import ratio

from socialrl.drawing import groups
from socialrl.drawing.groups import group_of
from socialrl.findings.registry import load_registry
from socialrl.scorecard import marks

LIGHT, DARK = "#ffffff", "#161b22"


def test_names_are_the_configurations_unless_name_and_gain_agree():
    assert groups.label("wt", 1.0) == groups.label("wild_type", 1.0) == "wild type"
    assert (groups.label("ko", 0.0), groups.plural("ko", 0.0)) == ("knockout", "knockouts")
    assert groups.label("ko", 0.1) == "ko, gain 0.1"
    assert groups.plural("ko", 0.1) == "animals of “ko” (gain 0.1)"
    assert groups.label("wt", 1.0, changed=True) == "wt, gain 1"
    assert groups.label("gain_0_1", 0.1) == "gain_0_1, gain 0.1"
    assert groups.label("over_expression", 1.5) == "over-expression"


def test_looks_do_not_depend_on_the_run_or_on_what_else_there_is():
    alone = group_of("het", 0.5)
    in_run = group_of("het", 0.5, run="demo", key="demo/het", of_run=True)
    assert (alone.colour, alone.marker) == (in_run.colour, in_run.marker)
    assert (in_run.label, in_run.plural) == ("heterozygote (demo)", "heterozygotes")


def test_scorecard_release_and_report_give_a_group_the_same_looks():
    table = pd.DataFrame({"genotype": ["wt", "het", "ko"], "oxtr_gain": [1.0, 0.5, 0.0], "test": "a", "index": 0})
    registry = load_registry()
    card = {one.genotype: (one.colour, one.marker) for one in marks.groups_of(table, registry)}
    record = {one.genotype: (one.colour, one.marker) for one in marks.groups_by_gain(table)}
    report = {name: groups.looks(name, gain) for name, gain in (("wt", 1.0), ("het", 0.5), ("ko", 0.0))}
    assert card == record == report
    assert len(set(report.values())) == 3


@pytest.mark.parametrize("gain", [step / 20 for step in range(41)])
def test_every_gain_can_be_seen_on_both_grounds(gain):
    colour, _ = groups.looks("low", gain)
    assert min(ratio(colour, LIGHT), ratio(colour, DARK)) >= 3


def test_groups_of_other_gains_and_changed_groups_differ():
    colours = [groups.looks("dose", gain)[0] for gain in (0, 0.1, 0.25, 0.5, 0.75, 1, 1.5, 2)]
    arms = [groups.looks(f"arm_{arm}_ko", 1.0, changed=True)[0] for arm in ("release", "reward", "defence")]
    assert len({*colours, *arms}) == 11
    assert all(min(ratio(one, LIGHT), ratio(one, DARK)) >= 3 for one in arms)
