"""Place preference as an experiment: its configuration, refusals, what a trained network does, the null control."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from socialrl.analysis.measure_table import headline_of, measure_called
from socialrl.animals.animal import animals_of
from socialrl.config.loading import load_config
from socialrl.errors import UserError
from socialrl.evaluation.playing import play_tests
from socialrl.training.frozen_cohort import train_frozen
from socialrl.training.vec_env import native_arguments

ROOT = Path(__file__).parents[2]
PLACES = ROOT / "configs" / "place_preference.yaml"
SMOKE = ROOT / "configs" / "smoke.yaml"


def test_the_configuration_asks_the_worlds_for_its_conditioning() -> None:
    arguments = native_arguments(load_config(PLACES))
    assert arguments["conditioning_days"] == [0.0, 2.0, 6.0]
    assert arguments["conditioned_with"] == ["partner", "partner", "stranger", "nobody"]
    assert "conditioning_days" not in native_arguments(load_config(SMOKE))
    tests = {test.name: test.history() for test in load_config(PLACES).evaluation.tests}
    assert tests["alone_in_both"]["conditioned_with"] == "nobody"
    assert tests["before"]["conditioning_days"] == 0.0
    assert "conditioned_with" not in tests["before"]


@pytest.mark.parametrize(
    ("file", "change", "message"),
    [
        (PLACES, "env.reset.conditioning_days=[2,3]", "conditioning_days must be an even whole number"),
        (PLACES, "env.reset.conditioning_days=100", "env.reset.conditioning_days must be a number from 0 to 60, got"),
        (PLACES, "env.reset.conditioning_h=0", "env.reset.conditioning_h must be a number from 0.1 to 24, got 0"),
        (PLACES, "env.reset.conditioned_with=[nobdy]", "did you mean 'nobody'"),
        (PLACES, "env.reset.conditioning_dys=2", "did you mean env.reset.conditioning_days?"),
        (
            PLACES,
            "evaluation.tests=[{name: a, cohousing_h: 1, conditioning_days: 5}]",
            "evaluation.tests.0.conditioning_days is not usable: conditioning_days must be an even whole number",
        ),
        (
            SMOKE,
            "env.reset.conditioning_days=4",
            "env.reset.conditioning_days is not allowed in socialrl/PartnerPreference-v0, which has no conditioning",
        ),
        (
            SMOKE,
            "probes.tests=[{name: a, cohousing_h: 1, conditioned_with: nobody}]",
            "probes.tests.0.conditioned_with is not allowed in socialrl/PartnerPreference-v0",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(file: Path, change: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        load_config(file, [change])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_trained_animals_stay_where_they_had_company_and_nowhere_if_they_had_none() -> None:
    """Four wild types with little else to do; the null control is in the middle, whatever they have learned."""
    little = ["env.parameters.exploration_reward=2", "genotypes={wt: {oxtr_gain: 1.0}}", "animals=4", "steps=20480"]
    config = load_config(PLACES, [*little, "engine=cohort"])
    animals = animals_of(config)
    policies, steps = train_frozen(config, animals, lambda _: None)
    table = play_tests(
        config, animals, policies, config.evaluation.tests, repeats=32, purpose="evaluation", steps=steps
    )
    spent: pd.Series = table.groupby("test")[["chamber_s_social", "chamber_s_solitary"]].mean()
    share = spent["chamber_s_social"] / spent.sum(axis=1)
    assert abs(share["alone_in_both"] - 0.5) < 0.1
    assert abs(share["before"] - 0.5) < 0.1
    for test in ("after_2_days", "after_6_days", "mate"):
        assert share[test] > 0.62, test
    np.testing.assert_allclose(table.filter(like="reward_").sum(axis=1), table["return"], rtol=1e-9)


def test_its_measures() -> None:
    assert headline_of("PlacePreference").name == "place_preference"
    assert measure_called("place_preference").chance == 0.5
    assert measure_called("place_score").columns == ("chamber_s_social", "chamber_s_solitary")
