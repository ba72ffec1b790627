"""A calibration that starts from an earlier parameter table, or from other values."""

from dataclasses import replace

import numpy as np
import pytest

from socialrl.calibration.population import Space
from socialrl.calibration.run import space_of, starting_from, training_settings
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl_envs import parameters
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import PARAMETERS, parameter


@pytest.fixture
def another_current_table(monkeypatch):
    rows = tuple(replace(row, value=(row.low + row.value) / 2.0, spread=row.spread + 0.1) for row in PARAMETERS)
    monkeypatch.setattr(parameters, "PARAMETERS", rows)


@pytest.mark.usefixtures("another_current_table")
def test_values_spreads_and_animals_are_those_of_the_table_that_it_starts_from():
    space = Space.around({"table": "v1", "defence_gain": 0.2})
    same = np.zeros((2, space.n))
    values = space.members(same)
    assert values["contact_floor"].tolist() == [parameter("contact_floor", "v1").value] * 2
    assert values["defence_gain"].tolist() == [0.2, 0.2]
    spread = dict(zip(space.names, space.table_population().spread, strict=True))
    assert spread["exploration_reward"] == pytest.approx(parameter("exploration_reward", "v1").spread)
    animals = space.animals(same, 0)
    assert {one.table for one in animals} == {"v1"}
    assert "table" not in animals[0].parameters
    current = Space.around({})
    assert current.n > space.n, "mechanisms that are younger than v1 are off in it, and free in the current table"
    floors = current.members(np.zeros((1, current.n)))["contact_floor"]
    assert floors[0] == parameter("contact_floor").value != 0.7


def test_the_command_line_changes_what_a_calibration_starts_from(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(
        "{name: c, seed: 1, env: {id: socialrl/PartnerPreference-v0, parameters: {table: v1, stress_cost: 0.1}}, "
        "genotypes: {wt: {oxtr_gain: 1}}, animals: 1, steps: 150000}\n"
    )
    settings = training_settings(load_config(file), 1, None, ["peers"])
    assert settings.env.table == "v1"
    other = starting_from(settings, ["move_cost=0.1"])
    assert other.env.parameters == {"table": "v1", "stress_cost": 0.1, "move_cost": 0.1}
    assert starting_from(settings, ["v2"]).env.parameters == {"table": "v2", "stress_cost": 0.1}
    assert starting_from(settings, []) == settings


def test_spreads_are_fitted_and_cannot_be_given(tmp_path):
    file = tmp_path / "parameters.yaml"
    file.write_text("env: {parameters: v1}\nindividual_spread: {contact_floor: 0.2}\n")
    with pytest.raises(UserError, match="individual_spread is what a calibration fits; leave it out of the file"):
        starting_from(training_settings(None, 1, None, ["peers"]), [str(file)])


def test_a_calibration_starts_from_the_table_that_is_asked_for():
    settings = training_settings(None, 1, None, ("peers", "mates"))
    earlier = space_of(starting_from(settings, ["v1", "stress_cost=0.5"]))
    assert {free.name: free.total(earlier.base) for free in earlier.free}["contact"] == pytest.approx(0.7 + 0.35)
    assert "settling_worth" not in earlier.names, "it is off in that table"
    assert earlier.animals(np.zeros((1, earlier.n)), 0)[0].table == "v1"
    current = space_of(settings)
    assert "settling_worth" in current.names
    assert current.animals(np.zeros((1, current.n)), 0)[0].table == CURRENT
