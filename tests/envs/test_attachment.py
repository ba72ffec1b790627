"""What the slow state does within a test, each effect worked out by hand; off, at the reference and in knockouts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    EVERY_ASSAY,
    EXPLORE,
    FOCAL,
    PARTNER,
    REST,
    STRANGER,
    channel,
    make_rows,
    make_single,
    make_worlds,
    play,
    random_actions,
    toward,
    until_together,
)

from socialrl_envs import ASSAYS, SocialVectorEnv
from socialrl_envs.development import grow
from socialrl_envs.errors import ParameterError
from socialrl_envs.observation import INTEROCEPTION, OF_ATTACHMENT
from socialrl_envs.parameters import record
from socialrl_envs.rewards import OF_CARE, TERMS, terms_of
from socialrl_envs.vocabulary import SLOW

AS_WITHOUT = {
    "buffer_familiar": 1.0,
    "buffer_receptor": 0.0,
    "stranger_stress": 0.0,
    "stress_on_receptor": 0.0,
    "load_cost": 0.0,
}
"""Parameters with which the reference state of attachment is the model without it."""
HOUR = 240  # ticks of 15 s


def me(env: Any, animal: int = FOCAL) -> Any:
    return env.world.batch.animals[0, animal]


def beside(animal: int, cohousing_h: float = 24.0, **arguments: Any) -> Any:
    """Return an environment whose focal animal has walked to `animal` and not touched it yet."""
    env = make_single(attachment=True, transit_s=15.0, receptor_half=1.0, **arguments)
    env.reset(seed=1, options={"cohousing_h": cohousing_h})
    until_together(env, animal)
    return env


# ------------------------------------------------------------------------------------------- off, and the reference


@pytest.mark.parametrize("env_id", [one for one in EVERY_ASSAY if not ASSAYS[one].of_attachment])
def test_the_model_without_it_is_a_special_case_to_the_last_bit(env_id: str) -> None:
    """Every equation of attachment is exact at the reference: same actions, same bytes as in a world without it."""
    length = {"duration_s": 90 * ASSAYS[env_id].dt_s, "cohousing_h": [0.0, 3.0], "separation_h": 1.0}
    plain = make_worlds(2, env_id, oxtr_gain=0.5, **length)
    whole = make_worlds(2, env_id, oxtr_gain=0.5, attachment=True, **AS_WITHOUT, **length)
    first, second = plain.reset(seed=3)[0], whole.reset(seed=3)[0]
    n = first.shape[1]
    np.testing.assert_array_equal(first, second[:, :n])
    actions = random_actions(plain, 89)
    a, b = play(plain, actions), play(whole, actions)
    np.testing.assert_array_equal(a.observations, b.observations[:, :, :n])
    np.testing.assert_array_equal(a.rewards, b.rewards)
    for name, term in a.terms.items():
        np.testing.assert_array_equal(term, b.terms[name], err_msg=name)
    assert not b.terms["need"].any()
    assert set(b.terms) - set(a.terms) == {"need"}
    assert whole.observation_names[:n] == plain.observation_names
    assert whole.observation_names[n:] == tuple(name for name, _ in OF_ATTACHMENT)


def test_without_it_there_is_no_channel_no_term_no_column_and_no_option() -> None:
    env = make_rows(2, duration_s=60.0)
    env.reset(seed=0)
    info = play(env, random_actions(env, 4)).infos[-1]
    assert not {name for name, _ in OF_ATTACHMENT} & set(env.observation_names)
    assert tuple(info["reward_terms"]) == terms_of(False)
    assert set(TERMS) - set(terms_of(False)) == {"need", "place", *OF_CARE}
    assert not {variable.name for variable in SLOW} & set(info["record"])
    assert not {"stressor", "stress_peak"} & set(info["record"])
    for variable in SLOW:  # at its reference an option asks for nothing
        env.reset(options={variable.name: variable.reference})
        with pytest.raises(ParameterError, match=rf"^{variable.name} is not allowed without attachment=True; got"):
            env.reset(options={variable.name: variable.highest})
    with pytest.raises(ParameterError, match=r"^stressor is not allowed without attachment=True; got 1.0$"):
        make_single(stressor=1.0)


def test_load_and_need_show_from_the_reference_state_on() -> None:
    """An hour alone at stress S = 1 − 0.5·exp(−t/τ) gives load ∫S dt/τ_W and a need of 1 − exp(−1/6) of a half."""
    env = make_single(attachment=True)
    env.reset(seed=0, options={"cohousing_h": 0.0})
    for _ in range(HOUR):
        observation = env.step(REST)[0]
    stressed_s = 3600.0 - 0.5 * 1800.0 * (1.0 - np.exp(-2.0))
    assert me(env)["load"] == pytest.approx(stressed_s / (7 * 86_400.0), rel=0.01)
    assert me(env)["contact_recent"] == pytest.approx(0.5 * np.exp(-1.0 / 6.0))
    recent, set_point = me(env)["contact_recent"], me(env)["set_point"]
    assert observation[channel(env, "need")] == pytest.approx(0.5 + 0.5 * (set_point - recent) / set_point)
    grown = grow(env.world.slow_state().__class__(), record(1)[0], 1.0 / 24.0, contact_share=0.0)
    assert set_point == pytest.approx(grown.set_point, rel=1e-9), "ticks and days solve the same equation"


# ------------------------------------------------------------------------------------------- the receptor and release


@pytest.mark.parametrize(("expression", "competence"), [(0.5, 1.0), (1.0, 0.5), (1.5, 1.2)])
def test_expression_scales_the_gain_and_competence_the_release(expression: float, competence: float) -> None:
    """O → Q·(ρ + (1 − ρ)·min(g·E, 1)), X = g·E·s(O); contact with a stranger is worth b0 + b1·X."""
    env = beside(STRANGER, 0.0, expression=expression, competence=competence, stress_on_receptor=0.0, load_cost=0.0)
    contact = toward(env, STRANGER)[0]
    for _ in range(20):
        observation, _, _, _, info = env.step(contact)
    level = competence * (0.5 + 0.5 * min(expression, 1.0))
    oxytocin = level * (1.0 - np.exp(-20 * 15.0 / 120.0))
    signal = expression * 2.0 * oxytocin / (1.0 + oxytocin)
    assert me(env)["oxytocin"] == pytest.approx(oxytocin, rel=1e-12)
    assert me(env)["receptor_signal"] == pytest.approx(signal, rel=1e-12)
    p = record(1)[0]
    settled = 1.0 + p["settling_worth"] * env.world.batch.pairs[0, FOCAL, STRANGER]["comfort"]
    worth = 0.25 * (p["contact_floor"] + p["contact_gain"] * signal) * settled
    assert info["reward_terms"]["contact_general"] == pytest.approx(worth)
    assert observation[channel(env, "oxytocin")] == pytest.approx(oxytocin / competence, rel=1e-6)
    assert observation[channel(env, "expression")] == pytest.approx(expression)
    assert observation[channel(env, "competence")] == pytest.approx(competence)


def test_stress_above_what_is_free_takes_gain_away() -> None:
    """At stress 0.9 at the start of a tick, d_S = 0.3 and S_0 = 0.5 leave 1 − 0.3·0.4 = 0.88 of the gain."""
    env = beside(STRANGER, 0.0, stress_on_receptor=0.3, stress_free=0.5)
    me(env)["stress"] = 0.9
    env.step(toward(env, STRANGER)[0])
    oxytocin = me(env)["oxytocin"]
    assert oxytocin == pytest.approx((0.5 + 0.5 * 0.88) * (1.0 - np.exp(-15.0 / 120.0)))
    assert me(env)["receptor_signal"] == pytest.approx(0.88 * 2.0 * oxytocin / (1.0 + oxytocin))


def policy(env: SocialVectorEnv, observations: Any) -> Any:
    """Actions that hang on every channel, as those of a network do."""
    weights = np.random.default_rng(7).standard_normal((observations.shape[1], env.world.n_actions))
    return np.argmax(observations @ weights, axis=1)


def lived(gain: float, n_ticks: int = 240, **slow: float) -> tuple[bytes, bytes]:
    """What is perceived and felt in two hours of a world whose actions hang on what is perceived; its bonds."""
    env = make_rows(4, attachment=True, oxtr_gain=gain, cohousing_h=30.0, stressor=1.0, **slow)
    observations = [env.reset(seed=2)[0]]
    felt = []
    for _ in range(n_ticks):
        seen, reward, _, _, _ = env.step(policy(env, observations[-1]))
        observations.append(seen)
        felt.append(reward)
    bonds = env.world.batch.pairs["familiarity"].tobytes() + env.world.counters.tobytes()
    return np.array(observations).tobytes() + np.array(felt).tobytes(), bonds


def test_nothing_of_an_animal_without_receptor_moves_with_expression_or_competence() -> None:
    """0·E = 0, and what it releases finds no receptor: bonds, rewards and perception stay, to the last bit."""
    usual = lived(0.0)
    for slow in ({"expression": 0.5}, {"expression": 1.5}, {"competence": 0.5}, {"competence": 1.4}):
        assert lived(0.0, **slow) == usual, slow
    assert lived(0.0, reactivity=1.5) != usual, "stress reaches it"


@pytest.mark.parametrize("slow", [{"expression": 0.5}, {"competence": 0.5}])
@pytest.mark.parametrize("gain", [0.5, 1.0])
def test_they_reach_every_animal_with_a_receptor(gain: float, slow: dict[str, float]) -> None:
    assert lived(gain, **slow)[1] != lived(gain)[1]


# ------------------------------------------------------------------------------------------- stress, load, need


@pytest.mark.parametrize(("reactivity", "stressor"), [(1.0, 0.0), (2.0, 0.0), (1.0, 2.0), (0.5, 1.0)])
def test_alone_stress_goes_to_reactivity_and_a_stressor(reactivity: float, stressor: float) -> None:
    """S* = Z + stressor; an hour from the hour 1 on, then it falls again with the same time constant."""
    env = make_single(
        attachment=True, reactivity=reactivity, stressor=stressor, stressor_start_h=1.0, stressor_length_h=1.0
    )
    env.reset(seed=0, options={"cohousing_h": 0.0})
    expected = 0.5
    kept = np.exp(-3600.0 / 1800.0)
    for target in (reactivity, reactivity + stressor, reactivity):
        for _ in range(HOUR):
            env.step(REST)
        expected = target + (expected - target) * kept
        assert me(env)["stress"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("animal", "gain"), [(PARTNER, 1.0), (PARTNER, 0.0), (STRANGER, 1.0)])
def test_company_buffers_stress_by_familiarity_and_receptor(animal: int, gain: float) -> None:
    """S* = 1 − 0.5·min(X, 1) − 0.4·F + 0.4·(1 − F) in contact."""
    env = beside(animal, 100.0, oxtr_gain=gain)
    before = float(me(env)["stress"])
    env.step(toward(env, animal)[0])
    signal = float(me(env)["receptor_signal"])
    known = float(env.world.batch.pairs[0, FOCAL, animal]["familiarity"])
    target = 1.0 - 0.5 * min(signal, 1.0) - 0.4 * known + 0.4 * (1.0 - known)
    assert me(env)["stress"] == pytest.approx(target + (before - target) * np.exp(-15.0 / 1800.0), rel=1e-12)


def test_stress_has_no_negative_target() -> None:
    env = beside(PARTNER, 300.0, buffer_familiar=1.0, buffer_receptor=1.0, stress_tau_s=10.0)
    for _ in range(100):
        env.step(toward(env, PARTNER)[0])
    assert 0.0 <= me(env)["stress"] < 1e-6


def test_load_takes_from_contact_exploration_and_rest_and_nothing_else() -> None:
    """With m_W = 0.3, load 0.5 leaves 0.85 of them; stress, effort, novelty, defence and noise stay."""
    free, loaded = (
        make_rows(3, attachment=True, load=load, load_tau_d=60.0, courtship_reward=1.0, stranger_sex="other")
        for load in (0.0, 0.5)
    )
    free.reset(seed=1)
    loaded.reset(seed=1)
    actions = random_actions(free, 150)
    a, b = play(free, actions).terms, play(loaded, actions).terms
    for name in ("contact_general", "contact_selective", "courtship", "exploration", "rest"):
        felt = a[name] != 0.0
        assert felt.any(), name
        np.testing.assert_allclose(b[name][felt] / a[name][felt], 0.85, rtol=0.01, err_msg=name)
    for name in ("stress", "effort", "novelty", "defence", "noise"):
        np.testing.assert_array_equal(a[name], b[name], err_msg=name)


def test_need_is_paid_in_contact_by_what_company_lacks() -> None:
    """Accustomed to 0.6, lately 0.2: Δ = 2/3; need_gain 1.2 a minute. A surplus costs; apart there is nothing."""
    for recent, set_point, need in ((0.2, 0.6, 2.0 / 3.0), (0.9, 0.6, -0.5), (0.5, 0.01, -1.0)):
        env = beside(PARTNER, 24.0, need_gain=1.2, contact_memory_h=72.0, set_point_d=120.0)
        me(env)["contact_recent"], me(env)["set_point"] = recent, set_point
        assert env.step(EXPLORE)[4]["reward_terms"]["need"] == 0.0
        until_together(env, PARTNER)
        felt = env.step(toward(env, PARTNER)[0])[4]["reward_terms"]["need"]
        assert felt == pytest.approx(0.25 * 1.2 * need, abs=0.005)


def test_stress_is_contagious_only_where_the_option_is_on() -> None:
    """dS/dt += σ·min(X, 1)·F·(S_j − S) over a tick, after the animal's own relaxation."""
    calm, shared = (beside(PARTNER, 200.0, contagion=rate, stress_tau_s=1e5) for rate in (0.0, 10.0))
    for env in (calm, shared):
        me(env)["stress"], me(env, PARTNER)["stress"] = 0.2, 1.0
        me(env)["oxytocin"] = 1.0
        env.world.batch.pairs[0, FOCAL, PARTNER]["familiarity"] = 0.9
        env.step(toward(env, PARTNER)[0])
    known = float(shared.world.batch.pairs[0, FOCAL, PARTNER]["familiarity"])
    rate = 10.0 * 15.0 / 3600.0 * min(float(me(shared)["receptor_signal"]), 1.0) * known
    assert me(calm)["stress"] == pytest.approx(0.2, abs=2e-4)
    alone = float(me(calm)["stress"])
    assert me(shared)["stress"] == pytest.approx(1.0 + (alone - 1.0) * np.exp(-rate), rel=1e-9)


# ------------------------------------------------------------------------------------------- options and lives


def test_a_list_is_drawn_for_every_animal_and_for_every_variable_by_itself() -> None:
    env = make_rows(400, attachment=True, expression=[0.6, 1.0, 1.4], reactivity=[1.0, 2.0])
    drawn = []
    for seed in (0, None):
        env.reset(seed=seed)
        animals = env.world.batch.animals[:, FOCAL]
        assert set(animals["expression"]) == {0.6, 1.0, 1.4}
        assert set(animals["reactivity"]) == {1.0, 2.0}
        assert abs(np.corrcoef(animals["expression"], animals["reactivity"])[0, 1]) < 0.2
        drawn.append(animals["expression"].copy())
    assert (drawn[0] != drawn[1]).any()
    assert set(env.world.batch.animals[:, PARTNER]["expression"]) == {1.0}
    group = make_worlds(60, "socialrl/GroupHabitat-v0", attachment=True, expression=[0.6, 1.4])
    group.reset(seed=0)
    expression = group.world.batch.animals["expression"]
    assert ((expression == 0.6).sum(axis=1) % 8 > 0).any(), "animals of one world differ"


def test_animals_that_live_on_keep_their_slow_state_unless_it_is_given() -> None:
    env = make_single(attachment=True, expression=0.7, load=0.2)
    env.reset(seed=0, options={"cohousing_h": 10.0})
    load = float(me(env)["load"])
    assert load > 0.2, "ten hours of cohousing have been lived through"
    env.reset(options={"continued": True, "cohousing_h": 0.0, "expression": 1.3})
    assert (me(env)["expression"], me(env)["load"]) == (1.3, load)
    env.reset(options={"cohousing_h": 0.0})
    assert (me(env)["expression"], me(env)["load"]) == (0.7, 0.2)


def test_what_was_lived_through_makes_an_animal_grow() -> None:
    """Two weeks with a partner, from an age of 10 days: care is ∫ F·y dt over that of the reference family."""
    env = make_single(attachment=True, care_to_competence=0.4, age_d=10.0, expression=0.8)
    env.reset(seed=0, options={"cohousing_h": 336.0})
    parameters = env.world.parameters[:1][0]
    before = env.world.batch.animals[0, FOCAL].copy()
    assert before["lived_s"] == pytest.approx(336.0 * 3600.0)
    assert before["lived_contact_s"] / before["lived_s"] == pytest.approx(0.5, abs=0.01)
    care = before["lived_care_s"] / before["lived_s"] / 0.5
    assert 0.5 < care < 1.0, "it grows with familiarity"
    env.world.grow()
    expected = grow(
        env.world.slow_state().__class__(age_d=10.0, expression=0.8),
        parameters,
        14.0,
        care=care,
        strain=before["lived_stress_s"] / before["lived_s"],
    )
    for name in ("age_d", "expression", "competence", "reactivity"):
        assert me(env)[name] == pytest.approx(getattr(expected, name), rel=1e-9), name
    grown = float(me(env)["expression"])
    assert grown > 0.8
    env.world.grow()
    assert (me(env)["expression"], me(env)["age_d"]) == (grown, 24.0)


def test_a_stressor_before_the_test_is_lived_through_before_it() -> None:
    plain, stressed = make_single(attachment=True), make_single(attachment=True)
    plain.reset(seed=0, options={"cohousing_h": 2.0, "separation_h": 2.0})
    stressed.reset(
        seed=0,
        options={
            "cohousing_h": 2.0,
            "separation_h": 2.0,
            "stressor": 1.0,
            "stressor_start_h": -1.0,
            "stressor_length_h": 1.0,
        },
    )
    assert me(stressed)["stress"] - me(plain)["stress"] == pytest.approx(1.0 - np.exp(-2.0))
    assert me(stressed, PARTNER)["stress"] == me(plain, PARTNER)["stress"], "its cage mate is spared"


def test_peak_area_and_half_of_stress_are_those_of_its_trace() -> None:
    env = make_single(attachment=True, duration_s=4 * 3600.0, stressor=2.0, stressor_length_h=1.0)
    env.reset(seed=0, options={"cohousing_h": 0.0})
    trace = []
    over = False
    while not over:
        _, _, _, over, info = env.step(REST)
        trace.append(float(me(env)["stress"]))
    peak = 3.0 - 2.5 * np.exp(-2.0)
    record = info["record"]
    assert record["stress_peak"] == pytest.approx(peak) == max(trace)
    assert record["stress_area"] == pytest.approx(sum(trace) / HOUR)
    half_s = 1800.0 * np.log((peak - 1.0) / (0.5 * peak - 1.0))
    assert record["stress_half_s"] == pytest.approx(half_s, abs=15.0)
    assert (record["stressor"], record["stressor_length_h"], record["expression"]) == (2.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"expression": 0.4}, "expression must be 0.5 to 1.5 × reference, got 0.4"),
        ({"reactivity": [1.0, 2.5]}, r"reactivity must be 0.5 to 2 × reference, got \[1.0, 2.5\]"),
        ({"age_d": -1}, "age_d must be 0 to 730 days, got -1"),
        ({"load": "high"}, "load must be a number of fraction or a list of them, got 'high'"),
        ({"stressor": 3.0}, "stressor must be 0 to 2 units of stress, got 3.0"),
        ({"stressor_length_h": -1.0}, "stressor_length_h must be 0 to 8760 hours, got -1.0"),
        ({"stressor_start_h": 3.0}, "stressor_start_h must be before the end of the test, which lasts 3 h; got 3.0"),
        ({"expresion": 1.0}, "unknown reset option 'expresion'; did you mean 'expression'"),
    ],
)
def test_bad_slow_states_and_stressors_are_refused_in_one_line(options: dict[str, Any], message: str) -> None:
    for env in (make_single(attachment=True), make_rows(2, attachment=True)):
        env.reset(seed=0)
        before = env.world.get_state()
        with pytest.raises(ParameterError, match=message) as caught:
            env.reset(options=options)
        assert "\n" not in str(caught.value)
        for name, array in env.world.get_state().items():
            np.testing.assert_array_equal(array, before[name], err_msg=name)


def test_attachment_itself_is_yes_or_no() -> None:
    with pytest.raises(ParameterError, match=r"^attachment must be True or False, got 1$"):
        make_single(attachment=1)


def test_bounds_have_room_for_the_slow_state() -> None:
    plain, whole = make_single(), make_single(attachment=True)
    n = plain.observation_space.shape[0]
    assert whole.observation_space.shape == (n + len(OF_ATTACHMENT),)
    other = np.flatnonzero(plain.observation_space.high != whole.observation_space.high[:n])
    assert [plain.observation_names[at] for at in other] == ["stress"]
    assert INTEROCEPTION[-2][0] == "stress"
