"""Drug schedules: each drug against the state it should produce, in its span only, and in the acting animal only."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    FOCAL,
    ONE_DOPAMINE,
    PARTNER,
    STRANGER,
    assert_identical,
    make_rows,
    make_single,
    play,
    random_actions,
    toward,
    until_together,
)

from socialrl_envs.drugs import ALL_DOSES, NO_DRUG, levels, schedule
from socialrl_envs.errors import ParameterError

ALWAYS = {"start_s": -1e9, "end_s": 1e9}


def played(**arguments: Any) -> Any:
    env = make_rows(20, **arguments)
    env.reset(seed=2)
    return play(env, random_actions(env, 300))


@pytest.mark.parametrize(("dose", "gain"), [(1.0, 0.0), (0.5, 0.5)])
@pytest.mark.parametrize("relationship", ["peer", "mate"])
def test_an_antagonist_throughout_is_a_lower_gain_to_the_last_bit(dose: float, gain: float, relationship: str) -> None:
    """Fully blocked = knockout, half blocked = heterozygote, in cohousing, behaviour and every reward term.

    But for the mating route to a bond and for compensation, which make up for a lifelong loss and not for a drug: they
    are off here.
    """
    route = {"consolidation_mate_per_h": 0.0, "compensation_share": 0.0}
    blocked = played(relationship=relationship, drugs=[{"drug": "antagonist", "dose": dose, **ALWAYS}], **route)
    mutant = played(relationship=relationship, oxtr_gain=gain, **route)
    signal = -6  # interoception: oxytocin, receptor signal, dopamine, V1a, activity, stress, bondedness
    blocked.observations[:, :, signal] = mutant.observations[:, :, signal] = 0.0
    assert_identical(blocked, mutant)


def test_the_receptor_signal_is_blocked_while_the_antagonist_is_on() -> None:
    env = make_single(drugs=[{"drug": "antagonist", "dose": 1.0, "start_s": 600.0, "end_s": 900.0}], transit_s=15.0)
    env.reset(seed=1)
    until_together(env, PARTNER)
    for _ in range(100):
        time_s = float(env.world.batch.worlds["tick"][0] * env.dt_s)
        env.step(toward(env, PARTNER)[0])
        signal = float(env.world.batch.animals["receptor_signal"][0, FOCAL])
        assert (signal == 0.0) == (600.0 <= time_s < 900.0)


def test_an_agonist_adds_to_oxytocin_at_the_receptor_only() -> None:
    dose = {"drug": "agonist", "dose": 2.0, "start_s": 300.0, "end_s": 600.0}
    env, plain = (
        make_single(drugs=[dose], receptor_half=1.5, oxtr_gain=0.8),
        make_single(receptor_half=1.5, oxtr_gain=0.8),
    )
    env.reset(seed=1)
    plain.reset(seed=1)
    for _ in range(60):
        time_s = float(env.world.batch.worlds["tick"][0] * env.dt_s)
        env.step(0)
        plain.step(0)
        me, other = env.world.batch.animals[0, FOCAL], plain.world.batch.animals[0, FOCAL]
        oxytocin = me["oxytocin"] + (2.0 if 300.0 <= time_s < 600.0 else 0.0)
        assert me["receptor_signal"] == pytest.approx(0.8 * 2.5 * oxytocin / (1.5 + oxytocin), rel=1e-12)
        assert me["oxytocin"] == other["oxytocin"], "what is released does not change"


def test_an_agonist_before_the_test_helps_the_bond_form_and_is_gone_at_the_test() -> None:
    hours = 24.0
    dose = {"drug": "agonist", "dose": 3.0, "start_s": -hours * 3600.0, "end_s": 0.0}
    parameters = {"consolidation_floor_per_h": 0.0, "consolidation_gain_per_h": 0.02, "oxtr_gain": 1.0}
    treated, plain = make_single(drugs=[dose], **parameters), make_single(**parameters)
    for env in (treated, plain):
        env.reset(seed=1, options={"cohousing_h": hours})
    bonds = [float(env.world.batch.pairs["familiarity"][0, FOCAL, PARTNER]) for env in (treated, plain)]
    assert bonds[0] > 1.2 * bonds[1]
    for env in (treated, plain):
        env.step(0)
    signals = [float(env.world.batch.animals["receptor_signal"][0, FOCAL]) for env in (treated, plain)]
    assert signals[0] == signals[1]


@pytest.mark.parametrize("separation_h", [0.0, 6.0])
def test_a_dose_covers_only_its_part_of_the_time_before(separation_h: float) -> None:
    """Blocked for the first half of cohousing, a bond that needs the receptor gets the second half only.

    Times count from the start of the test, so a separation in between moves cohousing further back.
    """
    parameters = {
        "consolidation_floor_per_h": 0.0,
        "consolidation_gain_per_h": 0.05,
        "absence_loss_per_h": 0.0,
        "oxytocin_tau_s": 10.0,
        "oxtr_gain": 1.0,
    }
    begins_h = -24.0 - separation_h
    dose = {"drug": "antagonist", "dose": 1.0, "start_s": begins_h * 3600.0, "end_s": (begins_h + 12.0) * 3600.0}
    half, twelve = make_single(drugs=[dose], **parameters), make_single(**parameters)
    half.reset(seed=1, options={"cohousing_h": 24, "separation_h": separation_h})
    twelve.reset(seed=1, options={"cohousing_h": 12, "separation_h": separation_h})
    bonds = [float(env.world.batch.pairs["familiarity"][0, FOCAL, PARTNER]) for env in (half, twelve)]
    assert bonds[0] == pytest.approx(bonds[1], rel=1e-6)


def test_drugs_act_on_the_acting_animal_only() -> None:
    treated = make_single(drugs=[{"drug": "antagonist", "dose": 1.0, **ALWAYS}])
    plain = make_single()
    for env in (treated, plain):
        env.reset(seed=1)
        until_together(env, STRANGER)
        for _ in range(20):
            env.step(toward(env, STRANGER)[0])
    ours, theirs = treated.world.batch.animals[0], plain.world.batch.animals[0]
    assert ours[STRANGER] == theirs[STRANGER]
    assert ours[FOCAL] != theirs[FOCAL]


@pytest.mark.parametrize(
    ("drug", "parameter"), [("dopamine_antagonist", "dopamine_tone"), ("v1a_antagonist", "v1a_gain")]
)
def test_the_other_antagonists_are_a_lower_tone_and_peers_need_dopamine_only(drug: str, parameter: str) -> None:
    dose = {"drug": drug, "dose": 0.25, **ALWAYS}
    scaled = {parameter: 0.75}
    for relationship in ("mate", "peer"):
        assert_identical(played(relationship=relationship, drugs=[dose]), played(relationship=relationship, **scaled))
    peers, drugged = played(**ONE_DOPAMINE), played(drugs=[dose], **ONE_DOPAMINE)
    same = np.array_equal(peers.terms["contact_selective"], drugged.terms["contact_selective"])
    assert same == (drug == "v1a_antagonist")
    mates = played(relationship="mate")
    assert not np.array_equal(
        mates.terms["contact_selective"], played(relationship="mate", drugs=[dose]).terms["contact_selective"]
    )


def test_doses_add_up_or_multiply() -> None:
    doses = schedule(
        [
            {"drug": "agonist", "dose": 1.5, "start_s": 0, "end_s": 100},
            {"drug": "agonist", "dose": 0.5, "start_s": 50, "end_s": 100},
            {"drug": "antagonist", "dose": 0.5, "start_s": 0, "end_s": 60},
            {"drug": "antagonist", "dose": 0.5, "start_s": 0, "end_s": 60},
            {"drug": "v1a_antagonist", "dose": 1.0, "start_s": 0, "end_s": 60},
            {"drug": "dopamine_antagonist", "dose": 0.1, "start_s": 0, "end_s": 60},
        ]
    )
    assert levels(doses, ALL_DOSES, 55.0) == NO_DRUG._replace(oxytocin=2.0, receptor=0.25, d1=0.9, d2=0.9, v1a=0.0)
    assert levels(doses, ALL_DOSES, 60.0) == NO_DRUG._replace(oxytocin=2.0)
    assert levels(doses, ALL_DOSES, -0.1) == levels(doses, ALL_DOSES, 100.0) == NO_DRUG
    alone = levels(doses, 0b010101, 55.0)
    assert alone == NO_DRUG._replace(oxytocin=1.5, receptor=0.5, v1a=0.0), "the first, third and fifth dose alone"


def test_a_dose_with_a_share_is_drawn_for_every_episode() -> None:
    """As often as it says, each for itself; an episode without it is one of a world without drugs, to the last bit."""
    doses = [
        {"drug": "agonist", "dose": 2.0, "start_s": 0.0, "end_s": 9e9, "share": 0.3},
        {"drug": "v1a_antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 9e9, "share": 0.5},
    ]
    given, plain = make_rows(400, drugs=doses), make_rows(400)
    drawn = []
    for episode in range(2):
        seed = 3 if episode == 0 else None
        given.reset(seed=seed)
        plain.reset(seed=seed)
        actions = random_actions(given, 20)
        with_drugs, without = play(given, actions), play(plain, actions)
        mask = given.world.batch.worlds["given"]
        drawn.append(mask.copy())
        np.testing.assert_array_equal(with_drugs.observations[:, mask == 0], without.observations[:, mask == 0])
        assert (with_drugs.observations[-1, mask != 0] != without.observations[-1, mask != 0]).any(axis=1).all()
    both = np.concatenate(drawn)
    assert 0.25 < (both & 1).mean() < 0.35
    assert 0.43 < (both >> 1).mean() < 0.57
    assert 0.1 < (both == 3).mean() < 0.2, "drawn each for itself"
    assert (drawn[0] != drawn[1]).any()


def test_animals_perceive_dopamine_and_v1a_from_the_first_moment() -> None:
    doses = [
        {"drug": drug, "dose": 0.75, "start_s": 0.0, "end_s": 60.0}
        for drug in ("dopamine_antagonist", "v1a_antagonist")
    ]
    env = make_single(drugs=doses, cohousing_h=0.0, dopamine_tone=1.2, tone_as_work=0.0)
    observation, _ = env.reset(seed=1)
    at = [env.observation_names.index(name) for name in ("dopamine_tone", "v1a_gain")]
    seen = [observation[at]]
    for _ in range(6):
        observation, *_ = env.step(1)
        seen.append(observation[at])
    np.testing.assert_allclose(seen[:5], [[0.3, 0.25]] * 5, rtol=1e-6)
    np.testing.assert_allclose(seen[5:], [[1.2, 1.0]] * 2, rtol=1e-6)


GOOD = {"drug": "agonist", "dose": 1.0, "start_s": 0.0, "end_s": 60.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"drug": "agonsit"},
            "drug 0: unknown drug 'agonsit'; did you mean 'agonist'. Allowed: agonist .oxytocin units added at the "
            "receptor., antagonist",
        ),
        ({"dose": 11.0}, r"drug 0 \(agonist\): dose must be 0 to 10 .*got 11"),
        ({"dose": -1.0}, "dose must be 0 to 10"),
        ({"dose": float("nan")}, "dose must be a number, got nan"),
        ({"dose": "much"}, r"drug 0 \(agonist\): dose must be a number, got 'much'"),
        ({"start_s": None}, "start_s must be a number, got None"),
        ({"drug": "antagonist", "dose": 1.5}, "dose must be 0 to 1 .*got 1.5"),
        ({"end_s": 0.0}, "start_s must be before end_s, got 0 and 0"),
        ({"until_s": 3.0}, "needs the fields drug, dose, start_s, end_s and may have share, got .*until_s"),
        ({"share": 0.0}, "drug 0 .agonist.: share must be above 0 and at most 1, got 0.0"),
        ({"share": "often"}, "drug 0 .agonist.: share must be a number, got 'often'"),
    ],
)
def test_a_bad_dose_is_refused_in_one_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message) as caught:
        make_single(drugs=[{**GOOD, **changes}])
    assert "\n" not in str(caught.value)
