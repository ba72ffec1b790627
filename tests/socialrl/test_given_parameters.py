"""Parameters of a whole study from the command line: tables, values and files, and what a wrong one is told."""

import pytest

from socialrl.config.given_parameters import GivenParameters, read_parameters
from socialrl.errors import UserError
from socialrl_envs.named_tables import CURRENT
from socialrl_envs.parameters import parameter


def test_tables_values_and_files_come_on_top_of_each_other(tmp_path):
    file = tmp_path / "parameters.yaml"
    file.write_text(
        "env:\n  parameters: {table: v1, contact_floor: 0.9, stress_cost: 0.4}\n"
        "individual_spread: {scale: 0.5, contact_floor: 0.3}\n"
    )
    given = read_parameters([str(file), "stress_cost=0.2"])
    assert (given.table, given.changed_parameters) == ("v1", {"contact_floor": 0.9, "stress_cost": 0.2})
    assert given.individual_spread == {"scale": 0.5, "contact_floor": 0.3}
    assert given.in_words() == (
        "table v1, contact_floor 0.9, stress_cost 0.2, individual spread scale 0.5, contact_floor 0.3"
    )
    assert read_parameters(["v1", "stress_cost=0.2"]) == read_parameters(["stress_cost=0.2", "v1"])
    assert read_parameters(["table=v1"]) == read_parameters(["v1"])
    file.write_text("env: {parameters: v1}\n")
    assert read_parameters([str(file)]) == read_parameters(["v1"])


def test_nothing_given_is_the_current_table():
    assert read_parameters([]) == GivenParameters() == read_parameters([CURRENT])
    assert read_parameters([]).usual
    assert not read_parameters(["v1"]).usual
    assert read_parameters([]).in_words() == f"table {CURRENT}"


def test_what_is_recorded_has_every_value():
    recorded = read_parameters(["v1", "stress_cost=0.2"]).recorded()
    assert (recorded["table"], recorded["changed"], recorded["individual_spread"]) == ("v1", {"stress_cost": 0.2}, 1.0)
    assert recorded["in_words"] == "table v1, stress_cost 0.2"
    assert recorded["values"]["stress_cost"] == 0.2
    assert recorded["values"]["contact_floor"] == parameter("contact_floor", "v1").value
    assert "oxtr_gain" not in recorded["values"], "a group has it"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("v9", "must be the name of a parameter table (v1, v2), NAME=VALUE, or a file that ends in .yaml"),
        ("stres_cost=1", "parameters.stres_cost is not usable: unknown parameter 'stres_cost'; did you mean "
         "'stress_cost'?"),
        ("stress_cost=x", "parameters.stress_cost must be one number, got the text 'x'"),
        ("stress_cost=99", "parameters.stress_cost is not usable: parameter 'stress_cost' is out of range (allowed: "
         "numbers from 0 to 50 reward/min), got 99.0"),
        ("stress_cost=", "write NAME=VALUE, for example stress_cost=0.2"),
        ("=1", "write NAME=VALUE, for example stress_cost=0.2"),
        ("oxtr_gain=0", "the gain is what groups differ in, and cannot be set for all of them"),
        ("table=v9", "parameters.table must be the name of a parameter table (v1, v2), got the text 'v9'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_in_one_line(given, line):
    with pytest.raises(UserError) as refused:
        read_parameters([given])
    assert str(refused.value) == f"--parameters {given}: {line}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("env: {parameters: v1}\nsteps: 3\n", "only env.parameters and individual_spread are taken from a file of "
         "parameters, got steps"),
        ("env: {dt_s: 3}\n", "only env.parameters and individual_spread are taken from a file of parameters, got "
         "env.dt_s"),
        ("env: 3\n", "only env.parameters and individual_spread are taken from a file of parameters, got env"),
        ("- v1\n", "must hold env.parameters and individual_spread"),
        ("", "must hold env.parameters and individual_spread"),
        ("env: {parameters: 3}\n", "parameters must be the name of a table (v1, v2) or a mapping of parameter names to "
         "numbers, got 3"),
        ("individual_spread: -1\n", "individual_spread must be a factor from 0 to 100 (0: identical animals, 1: the "
         "table's spreads) or a mapping of parameters to log-sd, got -1"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_in_one_line(tmp_path, text, line):
    file = tmp_path / "p.yaml"
    file.write_text(text)
    with pytest.raises(UserError) as refused:
        read_parameters([str(file)])
    assert str(refused.value).endswith(f"p.yaml: {line}")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: no such parameter file"):
        read_parameters([str(tmp_path / "none.yaml")])
