"""The equations of one animal's state over a test, each computed by hand, and what the animal perceives of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    EXPLORE,
    FOCAL,
    PARTNER,
    REST,
    STRANGER,
    SWITCHED_OFF,
    against,
    channel,
    make_rows,
    make_single,
    play,
    random_actions,
    toward,
    until_together,
)

DT_S = 15.0


def beside(animal: int, cohousing_h: float = 24.0, relationship: str = "peer", **overrides: Any) -> Any:
    """Return an environment whose focal animal has walked to `animal` and not touched it yet."""
    env = make_single(transit_s=15.0, explore_dwell_s=75.0, **overrides)
    env.reset(seed=1, options={"cohousing_h": cohousing_h, "relationship": relationship})
    until_together(env, animal)
    return env


def me(env: Any) -> Any:
    return env.world.batch.animals[0, FOCAL]


def pair(env: Any, other: int) -> Any:
    return env.world.batch.pairs[0, FOCAL, other]


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0, 2.0])
def test_oxytocin_relaxes_to_the_release_of_its_genotype(gain: float) -> None:
    """In contact O goes to ρ + (1 − ρ)·min(g, 1), apart to 0; X = g·(1 + K)·O/(K + O)."""
    env = beside(STRANGER, 0.0, oxtr_gain=gain, oxytocin_tau_s=100.0, release_floor=0.3, receptor_half=2.0)
    contact = toward(env, STRANGER)[0]
    for _ in range(20):
        env.step(contact)
    level = 0.3 + 0.7 * min(gain, 1.0)
    oxytocin = level * (1.0 - np.exp(-20 * DT_S / 100.0))
    assert me(env)["oxytocin"] == pytest.approx(oxytocin, rel=1e-12)
    assert me(env)["receptor_signal"] == pytest.approx(gain * 3.0 * oxytocin / (2.0 + oxytocin), rel=1e-12)
    for _ in range(10):
        env.step(REST)
    assert me(env)["oxytocin"] == pytest.approx(oxytocin * np.exp(-10 * DT_S / 100.0), rel=1e-12)


def test_the_receptor_signal_of_a_wild_type_in_steady_contact_is_one() -> None:
    env = beside(PARTNER, oxtr_gain=1.0, oxytocin_tau_s=10.0)
    for _ in range(40):
        env.step(toward(env, PARTNER)[0])
    assert me(env)["oxytocin"] == pytest.approx(1.0, rel=1e-12)
    assert me(env)["receptor_signal"] == pytest.approx(1.0, rel=1e-12)


def test_contact_is_mutual() -> None:
    """The tethered animal lives through the same contact: same oxytocin, same growth of familiarity at gain 1."""
    env = beside(STRANGER, 0.0, oxtr_gain=1.0)
    for _ in range(30):
        env.step(toward(env, STRANGER)[0])
    animals, pairs = env.world.batch.animals[0], env.world.batch.pairs[0]
    assert animals["oxytocin"][STRANGER] == animals["oxytocin"][FOCAL] > 0.0
    assert pairs["familiarity"][STRANGER, FOCAL] == pairs["familiarity"][FOCAL, STRANGER] > 0.0
    np.testing.assert_array_equal(pairs["contact"], pairs["contact"].T)


def test_familiarity_grows_in_contact_by_kappa0_plus_kappa1_times_signal() -> None:
    env = beside(
        STRANGER,
        0.0,
        oxtr_gain=1.0,
        oxytocin_tau_s=10.0,
        consolidation_floor_per_h=0.2,
        consolidation_gain_per_h=0.6,
        absence_loss_per_h=0.0,
        interference_per_h=0.0,
    )
    for _ in range(240):  # one hour; oxytocin is at its level but for the first minute
        env.step(toward(env, STRANGER)[0])
    assert pair(env, STRANGER)["familiarity"] == pytest.approx(1.0 - np.exp(-0.8), rel=5e-3)


@pytest.mark.parametrize(("gain", "protection"), [(0.0, 0.0), (0.5, 0.4), (1.0, 0.8), (2.0, 0.8)])
def test_contact_with_another_erodes_the_bond_the_less_the_larger_the_gain(gain: float, protection: float) -> None:
    env = beside(STRANGER, oxtr_gain=gain, interference_per_h=0.3, absence_loss_per_h=0.01, retention=0.8)
    before = float(pair(env, PARTNER)["familiarity"])
    for _ in range(240):
        env.step(toward(env, STRANGER)[0])
    loss_per_h = 0.01 + 0.3 * (1.0 - protection)
    assert pair(env, PARTNER)["familiarity"] == pytest.approx(before * np.exp(-loss_per_h), rel=1e-3)


def test_resting_alone_costs_the_bond_only_its_absence_loss() -> None:
    env = beside(PARTNER, interference_per_h=5.0, absence_loss_per_h=0.02, retention=0.0)
    before = float(pair(env, PARTNER)["familiarity"])
    for _ in range(240):
        env.step(REST)
    assert pair(env, PARTNER)["familiarity"] == pytest.approx(before * np.exp(-0.02), rel=1e-4)


def test_novelty_is_spent_in_contact_and_comes_back_apart() -> None:
    env = beside(STRANGER, 0.0, habituation_tau_s=300.0, habituation_recovery_h=2.0)
    for _ in range(20):
        env.step(toward(env, STRANGER)[0])
    spent = 1.0 - np.exp(-20 * DT_S / 300.0)
    assert pair(env, STRANGER)["habituation"] == pytest.approx(spent, rel=1e-9)
    for _ in range(240):
        env.step(REST)
    assert pair(env, STRANGER)["habituation"] == pytest.approx(spent * np.exp(-1.0 / 2.0), rel=1e-9)


def test_stress_falls_with_a_familiar_animal_and_rises_with_nobody_or_a_stranger() -> None:
    """Contact pulls stress to 1 − F of the most familiar companion, everything else to 1."""
    quiet = {"consolidation_floor_per_h": 0.0, "consolidation_gain_per_h": 0.0, "absence_loss_per_h": 0.0}
    with_stranger = beside(STRANGER, 0.0, stress_tau_s=900.0, **quiet)
    before = float(me(with_stranger)["stress"])
    for _ in range(30):
        with_stranger.step(toward(with_stranger, STRANGER)[0])
    assert me(with_stranger)["stress"] == pytest.approx(1.0 - (1.0 - before) * np.exp(-0.5), rel=1e-12)
    with_partner = beside(PARTNER, 48.0, stress_tau_s=900.0)
    before = float(me(with_partner)["stress"])
    for _ in range(300):
        with_partner.step(toward(with_partner, PARTNER)[0])
    familiarity = float(pair(with_partner, PARTNER)["familiarity"])
    assert me(with_partner)["stress"] == pytest.approx(1.0 - familiarity, abs=0.02)
    assert me(with_partner)["stress"] < before


def test_the_activity_drive_rises_in_rest_and_contact_and_is_spent_by_exploring() -> None:
    env = beside(PARTNER, **SWITCHED_OFF, activity_rise_s=600.0, activity_spend_s=200.0)
    for actions in ([REST] * 10, [toward(env, PARTNER)[0]] * 10):
        before = float(me(env)["activity_drive"])
        for action in actions:
            env.step(action)
        assert me(env)["activity_drive"] == pytest.approx(1.0 - (1.0 - before) * np.exp(-150.0 / 600.0), rel=1e-12)
    before = float(me(env)["activity_drive"])
    for _ in range(10):
        env.step(EXPLORE)
    assert me(env)["activity_drive"] == pytest.approx(before * np.exp(-150.0 / 200.0), rel=1e-12)


def test_bondedness_is_the_greatest_familiarity() -> None:
    env = beside(STRANGER, 24.0)
    for _ in range(50):
        env.step(toward(env, STRANGER)[0])
        assert me(env)["bondedness"] == max(pair(env, PARTNER)["familiarity"], pair(env, STRANGER)["familiarity"])


# ---------------------------------------------------------------------- meeting and driving off


def test_it_takes_one_who_seeks_and_one_who_stays() -> None:
    env = beside(PARTNER, settling_worth=0.0)  # so that the channel is 1 in contact
    contact = channel(env, f"slot{toward(env, PARTNER)[0] - 2}_in_contact")
    for action, expected in (
        (REST, 0.0),  # both rest: nobody seeks
        (EXPLORE, 0.0),
        (toward(env, PARTNER)[0], 1.0),
    ):
        until_together(env, PARTNER)
        env.step(action)
        observed, *_ = env.step(action)
        assert observed[contact] == expected


def test_a_driven_off_animal_keeps_away_for_its_time_and_no_longer() -> None:
    """`withdrawal_s` of 60 s is the tick of the rejection and the three after it."""
    env = beside(STRANGER, withdrawal_s=60.0, settling_worth=0.0)  # so that the channel is 1 in contact
    slot = toward(env, STRANGER)[0] - 2
    contact, withdrawn = channel(env, f"slot{slot}_in_contact"), channel(env, f"slot{slot}_withdrawn")
    observed = [env.step(against(env, STRANGER)[0])[0]]
    observed += [env.step(toward(env, STRANGER)[0])[0] for _ in range(5)]
    assert [o[contact] for o in observed] == [0, 0, 0, 0, 1, 1]
    assert [o[withdrawn] for o in observed] == [1, 1, 1, 0, 0, 0]


def test_rejecting_from_afar_or_again_while_it_keeps_away_does_nothing() -> None:
    env = beside(STRANGER, withdrawal_s=150.0)
    for _ in range(5):
        *_, info = env.step(against(env, STRANGER)[0])
    assert info["rejections"].tolist() == [0.0, 1.0]
    *_, info = env.step(against(env, PARTNER)[0])
    assert info["rejections"].tolist() == [0.0, 1.0]


def test_nobody_is_touched_on_the_way() -> None:
    """Passing takes `transit_s`; during it the animal is out of reach, and its decisions wait."""
    env = beside(PARTNER, dt_s=5.0)
    env.step(toward(env, PARTNER)[0])
    assert pair(env, PARTNER)["contact"] == 1
    env.step(toward(env, STRANGER)[0])  # sets out for the centre: 15 s
    for _ in range(2):
        assert me(env)["travel_s"] > 0.0
        assert pair(env, PARTNER)["contact"] == 0
        env.step(toward(env, PARTNER)[0])  # cannot turn round
    assert me(env)["travel_s"] == 0.0
    assert me(env)["chamber"] == 1


def test_an_explorer_on_its_way_goes_on_exploring() -> None:
    """A decision taken between two chambers waits: until it arrives, exploring pays and resting does not."""
    env = make_single(dt_s=5.0, transit_s=30.0, explore_dwell_s=5.0)
    env.reset(seed=1)
    while me(env)["travel_s"] <= 0.0:
        env.step(EXPLORE)
    while me(env)["travel_s"] > 0.0:
        *_, info = env.step(REST)
        assert info["reward_terms"]["exploration"] > 0.0
        assert info["reward_terms"]["rest"] == 0.0
    *_, info = env.step(REST)
    assert info["reward_terms"]["exploration"] == 0.0
    assert info["reward_terms"]["rest"] > 0.0


def test_the_way_to_an_animal_leads_through_the_centre() -> None:
    env = beside(PARTNER)
    seen = [int(me(env)["chamber"])]
    while me(env)["chamber"] != env.world.batch.animals["chamber"][0, STRANGER]:
        env.step(toward(env, STRANGER)[0])
        seen.append(int(me(env)["chamber"]))
    assert seen in ([0, 1, 2], [2, 1, 0])


# ---------------------------------------------------------------------- perception


def test_without_recognition_noise_familiarity_is_seen_as_it_is() -> None:
    env = make_rows(20, recognition_noise=0.0, cohousing_h=[0.0, 10.0, 100.0])
    env.reset(seed=0)
    actions = random_actions(env, 100)
    for tick in range(100):
        observed = env.step(actions[tick])[0]
        slots = env.world.batch.slots[:, 0]
        familiarity = np.take_along_axis(env.world.batch.pairs["familiarity"][:, FOCAL], slots, axis=1)
        columns = [channel(env, f"slot{slot}_recognised_familiarity") for slot in (0, 1)]
        np.testing.assert_array_equal(observed[:, columns], familiarity.astype(np.float32))


def test_recognition_noise_is_drawn_anew_at_every_encounter_and_only_then() -> None:
    env = make_single(recognition_noise=0.1)
    env.reset(seed=2)
    errors, encounters, together = [], 0, False
    rng = np.random.default_rng(0)
    for _ in range(700):
        env.step(rng.integers(0, 6))
        now = bool(pair(env, PARTNER)["together"])
        encounters += now and not together
        together = now
        errors.append(float(pair(env, PARTNER)["recognition_error"]))
    assert len(set(errors)) - 1 <= encounters <= len(set(errors))
    assert encounters > 20


def test_the_first_encounter_is_recognised_anew() -> None:
    """The error that an animal starts with, seen from afar, is not the one of meeting at the very first tick."""
    env = make_single(recognition_noise=0.1, transit_s=15.0)
    env.reset(seed=2)
    from_afar = float(pair(env, PARTNER)["recognition_error"])
    env.step(toward(env, PARTNER)[0])
    assert pair(env, PARTNER)["together"] == 1
    assert float(pair(env, PARTNER)["recognition_error"]) != from_afar


def test_recognition_noise_has_the_spread_of_its_parameter() -> None:
    env = make_rows(4000, recognition_noise=0.2)
    env.reset(seed=0)
    errors = env.world.batch.pairs["recognition_error"][:, FOCAL, 1:]
    assert errors.std() == pytest.approx(0.2, rel=0.04)
    assert errors.mean() == pytest.approx(0.0, abs=4 * 0.2 / np.sqrt(8000))
    assert abs(np.corrcoef(errors.T)[0, 1]) < 4 / np.sqrt(4000)


def test_the_observation_names_its_channels_rightly() -> None:
    """Every channel against the state it is said to show, over a random life."""
    env = make_rows(30, recognition_noise=0.1)
    env.reset(seed=4)
    observed = play(env, random_actions(env, 211)).observations[-1]
    animals, pairs = env.world.batch.animals, env.world.batch.pairs
    expected = {f"in_{name}": animals["chamber"][:, FOCAL] == i for i, name in enumerate(("left", "centre", "right"))}
    for name in ("oxytocin", "receptor_signal", "dopamine_tone", "v1a_gain", "activity_drive", "stress", "bondedness"):
        expected[name] = animals[name][:, FOCAL]
    rows = np.arange(30)
    for slot in (0, 1):
        other = env.world.batch.slots[:, 0, slot]
        about = pairs[rows, FOCAL, other]
        expected |= {
            f"slot{slot}_present": np.ones(30),
            f"slot{slot}_distance": np.abs(animals["chamber"][:, FOCAL] - animals["chamber"][rows, other]) / 2.0,
            f"slot{slot}_in_contact": about["contact"] * (0.5 + 0.5 * about["comfort"]),
            f"slot{slot}_withdrawn": pairs[rows, other, FOCAL]["withdrawn_s"] > 0.0,
            f"slot{slot}_recognised_familiarity": np.clip(about["familiarity"] + about["recognition_error"], 0, 1),
            f"slot{slot}_habituation": about["habituation"],
            f"slot{slot}_same_sex": np.ones(30),
            f"slot{slot}_other_sex": np.zeros(30),
            f"slot{slot}_work_left": np.zeros(30),
        }
    assert set(expected) == set(env.observation_names)
    for name, values in expected.items():
        np.testing.assert_array_equal(observed[:, channel(env, name)], values.astype(np.float32), err_msg=name)
    varied = [name for name, values in expected.items() if np.ptp(values.astype(float)) > 0.0]
    assert len(varied) >= 14, "a life too dull to tell channels apart"
