"""Parameters that differ between the sexes: from the table or by name, in records, worlds and individuals' draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from playing import assert_identical, make_rows, make_single, play, random_actions

from socialrl_envs import parameters
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import draw_individual, parameter, record

ONE, OTHER = "stress_cost", "novelty_reward"  # without and with a spread between animals


@pytest.fixture
def by_sex(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table in which two parameters differ between the sexes."""
    males = {ONE: 0.7, OTHER: 3.0}
    rows = tuple(replace(row, male=males.get(row.name)) for row in parameters.PARAMETERS)
    monkeypatch.setattr(parameters, "PARAMETERS", rows)
    monkeypatch.setattr(parameters, "_BY_NAME", {row.name: row for row in rows}, raising=False)


@pytest.mark.usefixtures("by_sex")
def test_a_record_has_the_values_of_its_sex() -> None:
    usual = {name: parameter(name).value for name in (ONE, OTHER)}
    rows = record(3, {OTHER: [1.0, 2.0, 3.0]}, sex=["female", "male", "male"])
    assert rows[ONE].tolist() == [usual[ONE], 0.7, 0.7]
    assert rows[OTHER].tolist() == [1.0, 2.0, 3.0], "what is given holds for both sexes"
    assert record(2)[ONE].tolist() == [usual[ONE]] * 2
    assert record(2, sex="male")[OTHER].tolist() == [3.0] * 2
    given = record(2, {ONE: {"male": 0.1}, OTHER: {"female": 5.0, "male": 6.0}}, sex=["female", "male"])
    assert (given[ONE].tolist(), given[OTHER].tolist()) == ([usual[ONE], 0.1], [5.0, 6.0])


@pytest.mark.usefixtures("by_sex")
def test_a_male_is_drawn_with_the_number_of_the_female_from_the_value_of_its_sex() -> None:
    female, male = (draw_individual(np.random.default_rng(5), {}, sex=sex) for sex in ("female", "male"))
    assert male[OTHER] / 3.0 == pytest.approx(female[OTHER] / parameter(OTHER).value, rel=1e-12)
    assert {name: value for name, value in male.items() if name != OTHER} == {
        name: value for name, value in female.items() if name != OTHER
    }
    given = [draw_individual(np.random.default_rng(5), {OTHER: 2.0}, sex=sex)[OTHER] for sex in ("female", "male")]
    assert given[0] == given[1], "a value that is given holds for both sexes"


@pytest.mark.usefixtures("by_sex")
def test_rows_of_a_world_live_by_the_parameters_of_their_sex_and_so_do_those_that_do_not_act() -> None:
    env = make_rows(4, sex=["female", "male"] * 2, relationship="mate")
    env.reset(seed=1)
    lived = env.world.parameters[ONE][env.world.record_of]
    usual = parameter(ONE).value
    assert lived.tolist() == [[usual, 0.7, 0.7], [0.7, usual, usual]] * 2
    alone = [make_rows(4, sex=sex, relationship="mate") for sex in ("female", "male")]
    actions = random_actions(env, 50)
    played = play(env, actions)
    for at, one in enumerate(alone):
        one.reset(seed=1)
        assert_identical(play(one, actions), played, slice(at, None, 2), slice(at, None, 2))
    single = make_single(sex="male", stress_cost={"male": 0.2})
    assert single.world.parameters[ONE][0] == 0.2


@pytest.mark.usefixtures("by_sex")
def test_the_page_shows_both_values() -> None:
    assert f"| `{ONE}` | {parameter(ONE).value:g}; males 0.7 |" in parameters.markdown()


def test_what_is_no_value_by_sex_is_refused_in_one_line() -> None:
    for given in ({"males": 1.0}, {}):
        with pytest.raises(ParameterError) as caught:
            record(1, {ONE: given})
        assert str(caught.value).startswith(
            f"parameter '{ONE}' must be a number, or numbers by sex (female, male), got {given}"
        )
    with pytest.raises(ParameterError, match=f"parameter '{ONE}' is out of range .* got 99.0"):
        record(1, {ONE: {"male": 99.0}})


def test_a_value_of_males_has_a_source_and_lies_in_the_range() -> None:
    for row in parameters.PARAMETERS:
        if row.male is not None:
            assert row.low <= row.male <= row.high, row.name
            assert row.male != row.value, row.name
            assert "no measurement found" not in row.source, row.name
