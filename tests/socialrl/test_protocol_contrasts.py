"""Contrasts in a protocol: a mistake is one line that names its place, whoever reads the file."""

from __future__ import annotations

import pytest
from late_protocol import PROTOCOL

from socialrl.authoring.checking import check_file
from socialrl.errors import UserError
from socialrl.protocols.contrasts import absent_groups, read_contrasts
from socialrl.protocols.schema import load_protocol


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "measure: preference\n    this: {group: wt",
            "measure: preferences\n    this: {group: wt",
            "did you mean 'pref",
        ),
        ("expected: higher", "expected: more", "expected must be"),
        ("tests: short}", "conditions: short}", "than.conditions: is called tests in a protocol"),
        (
            "    value: 0.5\n",
            "    at_equal: bond\n    kind: matched\n",
            "at_equal is for a file of findings; in a protocol it says nothing",
        ),
        ("    value: 0.5\n", "", "needs than (another side) or value (a number)"),
        ("    value: 0.5\n", "    value: 0.5\n    kind: matched\n", "can be written in a file of findings only"),
        ("tests: short}", "test: short}", "unknown key 'than.test'; did you mean 'than.tests'?"),
        ("tests: short}", "tests: shrt}", "contrasts[0]: than.tests: unknown test 'shrt'; did you mean 'short'?"),
        ("tests: short}", "tests: long}", "than is the same as this: the same tests of the same animals"),
        ("this: {group: wt, tests: long}", "this: wt", "this must be a mapping with group and tests, got"),
        (
            "measure: preference\n    this: {group: wt",
            "measure: attacks\n    this: {group: wt",
            "measure of PartnerPref",
        ),
        ("    expected: higher\n  - measure", "    expected: same\n    decides: no\n  - measure", "decides is for"),
        ("  - measure: preference\n", "  - preference\n  - measure: preference\n", "contrasts[1]: must be a mapping"),
        ("contrasts:", "contrast:", "contrast"),
    ],
)
def test_a_mistake_in_a_contrast_names_its_place(old, new, told, tmp_path):
    file = tmp_path / "late.yaml"
    assert old in PROTOCOL
    file.write_text(PROTOCOL.replace(old, new))
    with pytest.raises(UserError) as error:
        check_file(file)
    assert told in str(error.value)
    assert str(file) in str(error.value)
    assert "\n" not in str(error.value)
    if "tests: shrt}" not in new and "attacks" not in new:  # these two follow from the plan of its phases
        with pytest.raises(UserError) as same:
            load_protocol(file)
        assert str(same.value) == str(error.value), "whoever reads it, in every verb"


def test_groups_that_a_run_does_not_have_are_a_note():
    contrasts = read_contrasts(
        [{"measure": "preference", "this": {"group": name, "tests": "a"}, "value": 0.5, "expected": "higher"}
         for name in ("wt", "knockout", "wwt")],
        "here",
    )  # fmt: skip
    others = {"knockout": ("ko",), "wild_type": ("wt",)}
    told = absent_groups(contrasts, ("wt", "ko"), others)
    assert told.startswith("contrasts cannot be planned for with this run: unknown group 'wwt'")
    assert "knockout" not in told
    assert absent_groups(contrasts[:2], ("wt", "ko"), others) == ""
