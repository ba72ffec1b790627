"""Social conditioned place preference: what a context comes to be worth, by hand; what is drawn; controls; refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import EXPLORE, FOCAL, PARTNER, REST, STRANGER, channel, make_rows, make_single, play, random_actions

from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import parameter

PLACES = "socialrl/PlacePreference-v0"
QUIET = {"stress_cost": 0.0, "reward_noise": 0.0}
"""Alone, an animal at home then feels the worth of rest and nothing else."""
ONLY_CONTACT = {
    **QUIET,
    "cohousing_contact_share": 1.0,
    "cohousing_bout_s": 1e5,
    **dict.fromkeys(("selective_floor", "selective_gain", "defence_floor", "defence_gain", "novelty_reward"), 0.0),
    **dict.fromkeys(("contact_gain", "settling_worth", "uncertainty_cost"), 0.0),
}
"""Contact all day, worth b0 a minute whoever it is and whatever the gain."""
A_DAY = 1.0 - np.exp(-24.0 / 24.0)
"""How far a value comes in a session of a day, with a time constant of 24 h in the context."""


def values(n_rows: int = 12, **arguments: Any) -> dict[str, np.ndarray]:
    """Return what both contexts are worth at the start of the test, by name, and which came first."""
    env = make_rows(n_rows, PLACES, **{"cohousing_h": 0.0, **arguments})
    env.reset(seed=4)
    tests, me = env.world.batch.worlds, env.world.batch.animals[:, FOCAL]
    mirrored = tests["placement"] == 1
    return {
        "social": np.where(mirrored, me["value_right"], me["value_left"]),
        "solitary": np.where(mirrored, me["value_left"], me["value_right"]),
        "social_first": tests["social_first"].copy(),
        "familiarity": env.world.batch.pairs[:, FOCAL]["familiarity"].copy(),
    }


# ------------------------------------------------------------------------------------------- what is learned


@pytest.mark.parametrize("days", [2, 6])
def test_a_value_goes_to_what_is_felt_there_per_minute(days: int) -> None:
    """Rest alone is worth `rest_reward`, contact b0: V = r·(1 − exp(−h/τ)) after h hours in the context."""
    learned = values(conditioning_days=days, **ONLY_CONTACT)
    share = 1.0 - np.exp(-24.0 * (days / 2) / 24.0)
    np.testing.assert_allclose(learned["solitary"], parameter("rest_reward").value * share, rtol=1e-9)
    # a bout is longer than a session: all of it is contact
    np.testing.assert_allclose(learned["social"], parameter("contact_floor").value * share, rtol=1e-9)


def test_hours_of_a_session_and_the_time_constant_say_how_far() -> None:
    short = values(conditioning_days=4, conditioning_h=3.0, value_tau_h=10.0, **ONLY_CONTACT)
    share = 1.0 - np.exp(-2 * 3.0 / 10.0)
    np.testing.assert_allclose(short["social"], parameter("contact_floor").value * share, rtol=1e-9)
    # the rest of the day it is alone: six hours of contact in four days, less what is lost apart
    assert (short["familiarity"][:, PARTNER] < values(**ONLY_CONTACT)["familiarity"][:, PARTNER]).all()


def test_the_rule_holds_no_gain() -> None:
    """Where the receptor adds nothing to what is felt, knockouts learn the same values to the last bit."""
    rows = {"oxtr_gain": [0.0, 1.0] * 6}
    learned = values(**ONLY_CONTACT, **rows)
    assert len(set(learned["social"].tolist())) == 1
    as_in_table = values(cohousing_h=24.0, **rows)
    assert (as_in_table["social"][0::2] < as_in_table["social"][1::2]).all(), "what it adds reaches the value"
    np.testing.assert_array_equal(np.abs(as_in_table["solitary"]) < 0.1, True)


def test_company_is_the_partner_or_a_stranger() -> None:
    partner, stranger, nobody = (
        values(cohousing_h=24.0, reward_noise=0.0, conditioned_with=who) for who in ("partner", "stranger", "nobody")
    )
    assert (partner["social"] > stranger["social"]).all(), "a familiar animal is worth more"
    assert (stranger["social"] > nobody["social"]).all()
    assert (stranger["familiarity"][:, STRANGER] > 0.1).all()
    assert not partner["familiarity"][:, STRANGER].any()
    assert not nobody["familiarity"][:, STRANGER].any()
    assert (partner["familiarity"][:, PARTNER] > nobody["familiarity"][:, PARTNER]).all(), "they live together"


def test_with_nobody_both_contexts_are_alike() -> None:
    """The null control: what differs is the order, and either context is first equally often."""
    alone = values(400, conditioned_with="nobody", conditioning_days=6)
    both = np.array([alone["social"], alone["solitary"]])
    difference = both[0] - both[1]
    assert abs(difference.mean()) < 4.0 * difference.std() / np.sqrt(400)
    assert np.abs(difference).max() < 0.05
    assert 0.4 < alone["social_first"].mean() < 0.6


def test_drugs_of_conditioning_count_from_the_start_of_the_test() -> None:
    def blocked(start_h: float, end_h: float) -> np.ndarray:
        dose = {"drug": "antagonist", "dose": 1.0, "start_s": start_h * 3600.0, "end_s": end_h * 3600.0}
        return values(cohousing_h=24.0, drugs=[dose])["social"]

    free = values(cohousing_h=24.0)["social"]
    np.testing.assert_array_equal(blocked(-100.0, -72.0), free)
    assert (blocked(-72.0, -48.0) != free).all(), "during cohousing, a day before two days of conditioning"
    assert (blocked(-48.0, 0.0) < free).all()
    np.testing.assert_array_equal(blocked(0.0, 1.0), free)


# ------------------------------------------------------------------------------------------- the test


def test_nobody_is_there_and_side_and_start_are_drawn() -> None:
    env = make_rows(200, PLACES, conditioned_with=["partner", "stranger"])
    observations, _ = env.reset(seed=0)
    batch = env.world.batch
    assert (batch.animals["chamber"][:, [PARTNER, STRANGER]] < 0).all()
    for drawn in (batch.animals["chamber"][:, FOCAL], batch.worlds["placement"], batch.worlds["social_first"]):
        assert 0.4 < drawn.mean() < 0.6
    assert not env.action_masks()[:, 2:].any()
    slots = [k for k, name in enumerate(env.observation_names) if name.startswith("slot")]
    assert not observations[:, slots].any()
    for name in ("contact_general", "contact_selective", "defence", "novelty", "courtship"):
        assert not play(env, random_actions(env, 5)).terms[name].any()


def test_the_value_of_the_context_is_felt_and_both_are_perceived() -> None:
    env = make_single(PLACES, dt_s=30.0, value_felt=0.5, **ONLY_CONTACT)
    env.reset(seed=2)
    seen = set()
    for tick in range(60):
        me = env.world.batch.animals[0, FOCAL]
        here, there = me["value_left"], me["value_right"]
        if me["chamber"] == 1:
            here, there = there, here
        observation, _, _, _, info = env.step(EXPLORE if tick % 2 else REST)
        assert info["reward_terms"]["place"] == pytest.approx(0.5 * here * 0.5), "half of V, for half a minute"
        if me["chamber"] == 1:
            here, there = me["value_right"], me["value_left"]
        else:
            here, there = me["value_left"], me["value_right"]
        assert observation[channel(env, "value_here")] == pytest.approx(0.5 + 0.5 * here / (1.0 + here))
        assert observation[channel(env, "value_there")] == pytest.approx(0.5 + 0.5 * there / (1.0 + there))
        seen.add(int(me["chamber"]))
    assert seen == {0, 1}
    assert list(info["reward_terms"])[-1] == "place"


def test_before_conditioning_nothing_is_known_and_without_its_worth_nothing_is_felt() -> None:
    before = make_rows(4, PLACES, conditioning_days=0)
    observations, _ = before.reset(seed=0)
    np.testing.assert_array_equal(observations[:, channel(before, "value_here")], 0.5)
    assert not play(before, random_actions(before, 20)).terms["place"].any()
    worthless = make_rows(4, PLACES, value_felt=0.0)
    worthless.reset(seed=0)
    assert not play(worthless, random_actions(worthless, 20)).terms["place"].any()


def test_the_record_tells_the_contexts_whichever_side_they_are_on() -> None:
    env = make_rows(20, PLACES, cohousing_h=24.0, conditioned_with="partner", conditioning_h=12.0)
    env.reset(seed=0)
    begun = env.world.batch.animals["value_left"].copy()
    record = play(env, random_actions(env, 120)).infos[-1]["record"]
    np.testing.assert_array_equal(begun, env.world.batch.animals["value_left"], "the test changes no value")
    assert set(record["side"]) == {"left", "right"}
    assert set(record["first_context"]) == {"social", "solitary"}
    assert set(record["conditioned_with"]) == {"partner"}
    assert (record["value_social"] > 0.2).all()
    assert (np.abs(record["value_solitary"]) < 0.1).all()
    assert (record["conditioning_h"] == 12.0).all()
    assert (record["conditioning_days"] == 2.0).all()
    places = sum(record[f"{what}_{name}"] for what in ("chamber_s", "tube_s") for name in ("social", "solitary"))
    np.testing.assert_allclose(places, 1800.0)
    right = np.array(record["side"]) == "right"
    counted = env.counters()["chamber_s"]
    np.testing.assert_array_equal(np.where(right, counted[:, 1], counted[:, 0]), record["chamber_s_social"])


def test_animals_that_live_on_keep_what_they_know_and_new_ones_know_nothing() -> None:
    env = make_single(PLACES, **QUIET)
    env.reset(seed=1, options={"side": "left"})
    known = env.world.batch.animals["value_left"][0, FOCAL]
    env.reset(options={"continued": True, "conditioning_days": 0, "side": "right"})
    assert env.world.batch.animals["value_left"][0, FOCAL] == known, "values do not decay"
    env.reset(options={"continued": True, "side": "right"})
    assert env.world.batch.animals["value_left"][0, FOCAL] < known, "now it is alone there"
    env.reset(options={"conditioning_days": 0})
    assert env.world.batch.animals["value_left"][0, FOCAL] == 0.0


# ------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"conditioning_days": 3}, "conditioning_days must be an even whole number, sessions of both contexts in turn"),
        ({"conditioning_days": [2, 2.5]}, "in turn; got 2.5"),
        ({"conditioning_days": 62}, "conditioning_days must be 0 to 60 days, got 62"),
        ({"conditioning_h": 25}, "conditioning_h must be 0.1 to 24 hours, got 25"),
        ({"conditioned_with": "mate"}, "conditioned_with must be one of partner, stranger, nobody, got 'mate'"),
        ({"conditioning_day": 2}, "unknown reset option 'conditioning_day'; did you mean 'conditioning_days'"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    env = make_single(PLACES)
    with pytest.raises(ParameterError) as caught:
        env.reset(seed=0, options=options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "option", [{"conditioning_days": 4}, {"conditioning_h": 1.0}, {"conditioned_with": ["partner", "nobody"]}]
)
def test_other_assays_have_no_conditioning(option: dict[str, Any]) -> None:
    name = next(iter(option))
    with pytest.raises(ParameterError, match=rf"^{name} is not allowed in socialrl/PartnerPreference-v0, which has no"):
        make_single(**option)
