"""Settling, errors that last a test, the day and the rhythm: each by hand, and nothing of it where it is off."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import EXPLORE, FOCAL, PARTNER, REST, STRANGER, channel, make_rows, make_single, toward, until_together

DT_S = 15.0
SETTLING = {"settling_worth": 3.0, "settling_tau_s": 600.0, "settling_loss_s": 100.0}
NO_SETTLING = {"settling_worth": 0.0}


def beside(animal: int, **overrides: Any) -> Any:
    """Return an environment whose focal animal has walked to `animal` and not touched it yet."""
    env = make_single(transit_s=15.0, **overrides)
    env.reset(seed=1, options={"cohousing_h": 24.0})
    until_together(env, animal)
    return env


def pair(env: Any, other: int) -> Any:
    return env.world.batch.pairs[0, FOCAL, other]


def drive(env: Any) -> float:
    return float(env.world.batch.animals[0, FOCAL]["activity_drive"])


def test_an_animal_settles_in_contact_and_unsettles_apart() -> None:
    """C goes to 1 with `settling_tau_s` in contact, to 0 with `settling_loss_s` apart; each contact has its own."""
    env = beside(STRANGER, **SETTLING)
    for _ in range(20):
        env.step(toward(env, STRANGER)[0])
    settled = 1.0 - np.exp(-20 * DT_S / 600.0)
    assert pair(env, STRANGER)["comfort"] == pytest.approx(settled, rel=1e-12)
    assert pair(env, PARTNER)["comfort"] == 0.0
    for _ in range(4):
        env.step(REST)
    assert pair(env, STRANGER)["comfort"] == pytest.approx(settled * np.exp(-4 * DT_S / 100.0), rel=1e-12)


def test_settled_contact_is_worth_more_whoever_it_is() -> None:
    """(b0 + b1·X)·(1 + k·C): the ratio to the same world without settling is 1 + k·C."""
    for animal in (PARTNER, STRANGER):
        worth = []
        for own in (SETTLING, NO_SETTLING):
            env = beside(animal, **own)
            worth.append([env.step(toward(env, animal)[0])[4]["reward_terms"]["contact_general"] for _ in range(30)])
        comfort = 1.0 - np.exp(-np.arange(1, 31) * DT_S / 600.0)
        np.testing.assert_allclose(np.array(worth[0]) / np.array(worth[1]), 1.0 + 3.0 * comfort, rtol=1e-9)


def test_a_familiar_animal_draws_less_before_one_has_settled_with_it() -> None:
    """F·(w0·(1 − q·(1 − C)) + w1·X): with q = 1 and no receptor nothing is left at the first moment."""
    alone = {"oxtr_gain": 0.0, "selective_mate": 0.0, "selective_floor": 2.0, "settling_tau_s": 600.0}
    env = beside(PARTNER, incentive_comfort=1.0, **alone)
    plain = beside(PARTNER, **alone)
    for tick in range(1, 20):
        *_, with_comfort = env.step(toward(env, PARTNER)[0])
        *_, without = plain.step(toward(plain, PARTNER)[0])
        ratio = with_comfort["reward_terms"]["contact_selective"] / without["reward_terms"]["contact_selective"]
        assert ratio == pytest.approx(1.0 - np.exp(-tick * DT_S / 600.0), rel=1e-9)


def test_how_settled_it_is_can_be_felt_only_where_something_depends_on_it() -> None:
    """The contact channel is 1 without settling; with it, half at first and more with comfort."""
    for own, felt in ((SETTLING, True), (NO_SETTLING, False)):
        env = beside(PARTNER, **own)
        contact = channel(env, f"slot{toward(env, PARTNER)[0] - 2}_in_contact")
        for _ in range(10):
            observed, *_ = env.step(toward(env, PARTNER)[0])
            comfort = float(pair(env, PARTNER)["comfort"])
            assert observed[contact] == pytest.approx(0.5 + 0.5 * comfort if felt else 1.0, rel=1e-6)


def test_the_share_of_the_error_that_lasts_is_the_correlation_between_encounters() -> None:
    """Errors keep their standard deviation; two encounters of a test correlate by `recognition_lasting`."""
    for lasting in (0.0, 0.6, 1.0):
        rows = make_rows(4000, recognition_noise=0.2, recognition_lasting=lasting, transit_s=15.0, explore_dwell_s=15.0)
        rows.reset(seed=1, options={"cohousing_h": 0.0})
        first = rows.world.batch.pairs["recognition_error"][:, FOCAL, PARTNER].copy()
        for _ in range(40):
            rows.step(np.full(4000, EXPLORE))
        later = rows.world.batch.pairs["recognition_error"][:, FOCAL, PARTNER]
        met = later != first if lasting < 1.0 else np.ones(4000, dtype=bool)
        assert met.sum() > 2000
        assert later.std() == pytest.approx(0.2, rel=0.05)
        assert np.corrcoef(first[met], later[met])[0, 1] == pytest.approx(lasting, abs=0.06)


def test_a_budget_of_activity_rises_and_falls_at_a_constant_rate() -> None:
    env = beside(PARTNER, activity_budget=1.0, activity_rise_s=600.0, activity_spend_s=300.0, day_calm=0.0)
    for _ in range(10):
        env.step(EXPLORE)
    before = drive(env)
    for _ in range(4):
        env.step(REST)
    assert drive(env) == pytest.approx(min(before + 60.0 / 600.0, 1.0), rel=1e-12)
    before = drive(env)
    for _ in range(4):
        env.step(EXPLORE)
    assert drive(env) == pytest.approx(max(before - 60.0 / 300.0, 0.0), abs=1e-12)
    for _ in range(100):
        env.step(EXPLORE)
    assert drive(env) == 0.0


def test_calm_days_differ_and_keep_the_activity_drive_down() -> None:
    """The ceiling is 1 − calm·u with u uniform from day to day, for the same animal in another test too."""
    rows = make_rows(2000, day_calm=0.6)
    rows.reset(seed=1)
    ceilings = rows.world.batch.animals["activity_ceiling"][:, FOCAL].copy()
    assert ceilings.min() == pytest.approx(0.4, abs=0.01)
    assert ceilings.mean() == pytest.approx(0.7, abs=0.02)
    assert np.all(rows.world.batch.animals["activity_drive"] <= rows.world.batch.animals["activity_ceiling"])
    rows.reset()
    again = rows.world.batch.animals["activity_ceiling"][:, FOCAL]
    assert abs(np.corrcoef(ceilings, again)[0, 1]) < 0.1


def test_a_long_stay_has_many_days() -> None:
    """In the habitat of several days the state of the day changes at midnight, 24 h after the start, and not before."""
    env = make_rows(8, "socialrl/GroupHabitat-v0", day_calm=0.5)
    env.reset(seed=1)
    day = [env.world.batch.animals["day"][0].copy()]
    for _ in range(24 * 60 + 2):
        env.step(np.zeros(8, dtype=np.int64))
        day.append(env.world.batch.animals["day"][0].copy())
    changed = [tick for tick in range(1, len(day)) if not np.array_equal(day[tick], day[tick - 1])]
    assert changed == [24 * 60 + 1]


def test_the_rhythm_has_its_period_and_depth() -> None:
    """(1 − depth·|1 − 2·φ|): a triangle from 1 − depth to 1 and back in `rhythm_h`."""
    env = make_single(rhythm_depth=0.8, rhythm_h=1.0, day_calm=0.0)
    env.reset(seed=1)
    ceiling = []
    for _ in range(480):
        env.step(REST)
        ceiling.append(float(env.world.batch.animals[0, FOCAL]["activity_ceiling"]))
    assert min(ceiling) == pytest.approx(0.2, abs=0.01)
    assert max(ceiling) == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(ceiling[:240], ceiling[240:], atol=1e-9)


def test_an_agonist_is_not_felt_in_contact_where_the_signal_adapts() -> None:
    """X = g·[s(O + a) − h·s(a)]: felt contact falls, consolidation does not."""
    drugs = [{"drug": "agonist", "dose": 4.0, "start_s": 0.0, "end_s": 10800.0}]
    felt = {}
    for adaptation in (0.0, 1.0):
        env = beside(STRANGER, signal_adaptation=adaptation, receptor_half=1.0, drugs=drugs, oxytocin_tau_s=10.0)
        for _ in range(40):
            env.step(toward(env, STRANGER)[0])
        felt[adaptation] = float(env.world.batch.animals[0, FOCAL]["receptor_signal"])
        felt[f"bond {adaptation}"] = float(pair(env, STRANGER)["familiarity"])
    assert felt[0.0] == pytest.approx(2.0 * 5.0 / 6.0, rel=1e-6)
    assert felt[1.0] == pytest.approx(2.0 * 5.0 / 6.0 - 2.0 * 4.0 / 5.0, rel=1e-6)
    assert felt["bond 0.0"] == felt["bond 1.0"] > 0.0


def test_compensation_grows_without_the_receptor_and_is_missing_in_who_is_blocked() -> None:
    """κ0·(1 − k·(1 − M)): untouched in knockouts and untreated animals, (1 − k)·κ0 under a full block of wild types."""
    block = [{"drug": "antagonist", "dose": 1.0, "start_s": -1e6, "end_s": 1e6}]
    only = {"consolidation_floor_per_h": 0.2, "absence_loss_per_h": 0.0, "interference_per_h": 0.0}

    def grown(gain: float, share: float, drugs: list[dict[str, Any]]) -> float:
        env = make_single(oxtr_gain=gain, compensation_share=share, drugs=drugs, consolidation_gain_per_h=0.0, **only)
        env.reset(seed=1, options={"cohousing_h": 6.0})
        return float(-np.log(1.0 - pair(env, PARTNER)["familiarity"]))

    whole = grown(1.0, 0.0, block)
    assert grown(0.0, 0.75, []) == grown(0.0, 0.75, block) == grown(1.0, 0.75, []) == whole
    assert grown(1.0, 0.75, block) == pytest.approx(0.25 * whole, rel=5e-3)
    assert grown(0.5, 0.75, block) == pytest.approx((1.0 - 0.75 * 0.5) * whole, rel=5e-3)


def test_without_v1a_a_familiar_animal_is_not_recalled() -> None:
    """Perceived familiarity is F·(1 − v·(1 − V)); the bond itself stays."""
    block = [{"drug": "v1a_antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 10800.0}]
    for share, drugs in ((0.0, block), (0.9, []), (0.9, block)):
        env = make_single(v1a_recall=share, recognition_noise=0.0, drugs=drugs)
        observed, _ = env.reset(seed=1, options={"cohousing_h": 72.0})
        familiarity = float(pair(env, PARTNER)["familiarity"])
        seen = observed[channel(env, f"slot{toward(env, PARTNER)[0] - 2}_recognised_familiarity")]
        assert familiarity > 0.5
        assert seen == pytest.approx(familiarity * (1.0 - share * bool(drugs)), rel=1e-6)


def test_an_uninspected_animal_costs_until_it_has_been_met() -> None:
    """−v·max(1 − H) over the animals present: full at first, 0 once all are known, nothing for absent ones."""
    cost = {"uncertainty_cost": 4.0, "novelty_reward": 0.0, "habituation_tau_s": 60.0, "habituation_recovery_h": 1e4}
    env = make_single(transit_s=15.0, **cost)
    env.reset(seed=1, options={"cohousing_h": 168.0})
    *_, info = env.step(REST)
    assert info["reward_terms"]["novelty"] == pytest.approx(-4.0 * 0.25, rel=1e-6)
    until_together(env, STRANGER)
    for tick in range(1, 20):
        *_, info = env.step(toward(env, STRANGER)[0])
        assert info["reward_terms"]["novelty"] == pytest.approx(-np.exp(-tick * DT_S / 60.0), rel=1e-3)
    alone = make_single("socialrl/SocialOperant-v0", **cost)
    alone.reset(seed=1, options={"cohousing_h": 168.0, "session": "partner"})
    *_, info = alone.step(REST)
    assert info["reward_terms"]["novelty"] == pytest.approx(0.0, abs=1e-3)  # the partner has been alone for a bout
