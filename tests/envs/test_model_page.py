"""docs/model.md and the parameter table say the same."""

from pathlib import Path

from socialrl_envs.parameters import PARAMETERS, markdown
from socialrl_envs.rewards import TERMS

PAGE = (Path(__file__).parents[2] / "docs" / "model.md").read_text()


def test_the_page_holds_the_parameter_table_as_it_is():
    assert PAGE.endswith(markdown()), (
        "run: python -c 'from socialrl_envs.parameters import markdown; print(markdown())'"
    )


def test_every_parameter_has_a_source_a_meaning_and_a_range_around_its_value():
    for row in PARAMETERS:
        assert row.source, row.name
        assert row.meaning, row.name
        assert row.low <= row.value <= row.high, row.name
        assert row.spread >= 0.0, row.name


def test_every_reward_term_is_explained():
    assert [term for term in TERMS if f"| {term} |" not in PAGE] == []
