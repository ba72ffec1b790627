"""Pieces laid over a configuration, and spreads between animals by parameter."""

from __future__ import annotations

from pathlib import Path

import pytest

from socialrl.animals.animal import animals_of
from socialrl.config.layers import lay_over
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl_envs.parameters import parameter

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"


def piece(folder: Path, text: str, name: str = "piece.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


# --- spread by parameter


def test_spreads_by_parameter_are_kept_in_the_run_folders_configuration(tmp_path):
    config = load_config(SMOKE, ["individual_spread={scale: 0.5, contact_floor: 0}"])
    assert config.individual_spread == {"scale": 0.5, "contact_floor": 0.0}
    again = tmp_path / "config.yaml"
    again.write_text(config_to_yaml(config))
    assert load_config(again) == config
    with pytest.raises(TypeError, match="cannot be changed"):
        config.individual_spread["scale"] = 2.0


def test_one_parameters_spread_on_the_command_line_keeps_the_factor_of_the_others(tmp_path):
    none = tmp_path / "none.yaml"
    none.write_text(SMOKE.read_text().replace("individual_spread: 1.0", "individual_spread: 0"))
    config = load_config(none, ["individual_spread.contact_floor=0.4"])
    assert config.individual_spread == {"scale": 0.0, "contact_floor": 0.4}
    again = load_config(none, ["individual_spread.contact_floor=0.4", "individual_spread.stress_cost=0.1"])
    assert again.individual_spread == {"scale": 0.0, "contact_floor": 0.4, "stress_cost": 0.1}
    without = tmp_path / "without.yaml"
    without.write_text(SMOKE.read_text().replace("individual_spread: 1.0\n", ""))
    assert load_config(without, ["individual_spread.contact_floor=0.4"]).individual_spread["scale"] == 1.0


def test_an_animal_is_the_same_individual_whatever_one_parameters_spread():
    usual, wide = (
        {animal.id: animal.parameters for animal in animals_of(load_config(SMOKE, overrides))}
        for overrides in ([], ["individual_spread.contact_floor=0.9", "individual_spread.stress_cost=0.2"])
    )
    for name, own in usual.items():
        row = parameter("contact_floor")
        z = (own["contact_floor"] / row.value, wide[name]["contact_floor"] / row.value)
        assert z[1] == pytest.approx(z[0] ** (0.9 / row.spread))
        assert wide[name].pop("stress_cost") != parameter("stress_cost").value
        assert {k: v for k, v in wide[name].items() if k != "contact_floor"} == {
            k: v for k, v in own.items() if k != "contact_floor"
        }


# --- pieces


def test_a_piece_is_laid_over_key_by_key_and_lists_as_a_whole():
    base = {"a": 1, "b": {"c": 2, "d": {"e": 3}}, "f": [1, 2], "g": 1.0}
    over = {"b": {"d": {"h": 4}}, "f": [3], "g": {"scale": 2}}
    assert lay_over(base, over) == {"a": 1, "b": {"c": 2, "d": {"e": 3, "h": 4}}, "f": [3], "g": {"scale": 2}}
    assert base["b"] == {"c": 2, "d": {"e": 3}}, "the base is unchanged"


def test_pieces_come_over_the_file_in_order_and_overrides_last(tmp_path):
    one = piece(tmp_path, "seed: 5\nenv:\n  parameters: {stress_cost: 0.7, move_cost: 0.2}\n", "one.yaml")
    two = piece(tmp_path, "seed: 6\nenv:\n  parameters: {stress_cost: 0.9}\n", "two.yaml")
    config = load_config(SMOKE, ["env.parameters.move_cost=0.3"], [one, two])
    assert config.seed == 6
    assert config.env.changed_parameters == {"stress_cost": 0.9, "move_cost": 0.3}
    assert config.steps == load_config(SMOKE).steps


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sed: 5\n", "piece.yaml: unknown key sed; did you mean seed?"),
        ("env:\n  parameters: {stress_cots: 1}\n", "piece.yaml: env.parameters.stress_cots is not usable"),
        ("- 1\n", "piece.yaml: a piece of a configuration is a mapping of keys to values, got a list"),
        ("", "piece.yaml: the piece of a configuration is empty"),
    ],
)
def test_a_mistake_in_a_piece_is_blamed_on_the_piece(text, told, tmp_path):
    with pytest.raises(UserError) as caught:
        load_config(SMOKE, [], [piece(tmp_path, text)])
    assert str(caught.value).startswith(f"{tmp_path}/{told}")


def test_other_mistakes_are_not_blamed_on_the_piece(tmp_path):
    over = piece(tmp_path, "seed: 5\n")
    with pytest.raises(UserError, match=r"^command line: seed must be"):
        load_config(SMOKE, ["seed=-1"], [over])
    wrong = piece(tmp_path, SMOKE.read_text().replace("animals: 2", "animals: 0"), "wrong.yaml")
    with pytest.raises(UserError, match=r"wrong.yaml: animals must be"):
        load_config(wrong, [], [over])


def test_a_missing_piece_is_named():
    with pytest.raises(UserError, match=r"nowhere\.yaml: no such piece of a configuration"):
        load_config(SMOKE, [], ["nowhere.yaml"])
