"""Work for company: presses, doors, accesses and sessions of the social operant, computed by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import EXPLORE, FOCAL, PARTNER, REST, STRANGER, channel, make_rows, make_single, play, toward

from socialrl_envs import SocialEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import parameter
from socialrl_envs.state import WAIT

OPERANT = "socialrl/SocialOperant-v0"
LEVER, LEFT, RIGHT = range(3)
COUNTED = {PARTNER: 0, STRANGER: 1}  # places in the counters of `info`


def box(session: str = "choice", side: str = "left", **arguments: Any) -> SocialEnv:
    """Return a begun environment: dwell and passage stated, in whole ticks."""
    env = make_single(OPERANT, **{"press_s": 5.0, "transit_s": 15.0, **arguments})
    env.reset(seed=1, options={"session": session, "side": side})
    return env


def me(env: SocialEnv) -> Any:
    return env.world.batch.animals[0, FOCAL]


def door_s(env: SocialEnv, animal: int) -> float:
    """For how long the door of `animal` will be open."""
    return float(env.world.batch.animals[0, animal]["access_s"])


def press_until_open(env: SocialEnv, animal: int) -> tuple[int, dict[str, Any]]:
    """Press for `animal` until its door opens; return the number of ticks that took and the last info."""
    n_ticks = 0
    while door_s(env, animal) <= 0.0:
        *_, info = env.step(toward(env, animal)[0])
        n_ticks += 1
    return n_ticks, info


def rest_until_shut(env: SocialEnv, animal: int) -> int:
    """Rest until the door of `animal` is shut; return the number of ticks that took."""
    n_ticks = 0
    while door_s(env, animal) > 0.0:
        env.step(REST)
        n_ticks += 1
    return n_ticks


@pytest.mark.parametrize(
    ("dt_s", "n_ticks"),
    # ticks of the first five accesses, with one press in 5 s: 5·k/dt_s, rounded up
    [(5.0, [1, 2, 3, 4, 5]), (2.5, [2, 4, 6, 8, 10]), (2.0, [3, 5, 8, 10, 13]), (10.0, [1, 1, 2, 2, 3])],
)
def test_the_kth_access_costs_k_presses_of_press_s_each(dt_s: float, n_ticks: list[int]) -> None:
    env = box("partner", dt_s=dt_s)
    for k, expected in enumerate(n_ticks, start=1):
        ticks, info = press_until_open(env, PARTNER)
        assert ticks == expected
        assert info["presses"][COUNTED[PARTNER]] == pytest.approx(k * (k + 1) / 2, abs=1e-9)
        assert info["accesses"].tolist() == [k, 0]
        assert rest_until_shut(env, PARTNER) * dt_s == 60.0


def test_each_animal_has_a_ratio_of_its_own() -> None:
    env = box("choice")
    for _ in range(3):
        press_until_open(env, PARTNER)
        rest_until_shut(env, PARTNER)
    assert press_until_open(env, STRANGER)[0] == 1
    rest_until_shut(env, STRANGER)
    assert press_until_open(env, PARTNER)[0] == 4


def test_presses_are_kept_when_the_animal_turns_to_something_else() -> None:
    env = box("choice", press_s=10.0)  # half a press a tick
    env.step(toward(env, PARTNER)[0])
    env.step(REST)
    env.step(toward(env, STRANGER)[0])
    assert press_until_open(env, PARTNER)[0] == 1
    assert door_s(env, STRANGER) == 0.0
    assert press_until_open(env, STRANGER)[0] == 1


@pytest.mark.parametrize("dt_s", [5.0, 2.5, 1.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_whole_session_by_hand(dt_s: float, side: str) -> None:
    """Always toward the partner: k·5 s of pressing and 60 s of access in turn, of which 15 s are spent in the tube.

    Access n opens at 5·n(n + 1)/2 + 60·(n − 1) s: the 17th at 1725 s, the 18th would at 1875 s. After it, 15 s are left
    for three presses. Every access leaves 45 s behind the door.
    """
    env = box("partner", side, dt_s=dt_s)
    over = False
    while not over:
        *_, over, info = env.step(toward(env, PARTNER)[0])
    record = info["record"]
    assert record["accesses_partner"] == record["breakpoint_partner"] == 17
    assert record["presses_partner"] == pytest.approx(17 * 18 / 2 + 3)
    assert record["access_s_partner"] == record["chamber_s_partner"] == record["huddle_s_partner"] == 17 * 45.0
    # in the tube on the way to the partner; on the way back the animal is carried
    assert (record["tube_s_lever"], record["tube_s_partner"]) == (17 * 15.0, 0.0)
    assert record["chamber_s_lever"] == 1800.0 - 17 * (45.0 + 15.0)
    assert record["entries_partner"] == record["entries_lever"] == record["bouts_partner"] == 17
    assert record["latency_s_partner"] == 20.0
    for name in ("presses", "accesses", "access_s", "breakpoint", "huddle_s", "chamber_s", "entries", "tube_s"):
        assert record[f"{name}_stranger"] == 0.0
    assert np.isnan(record["latency_s_stranger"])
    assert (record["session"], record["side"], record["duration_s"]) == ("partner", side, 1800.0)


def test_when_the_access_is_over_the_animal_is_back_at_the_lever() -> None:
    env = box("choice")
    press_until_open(env, STRANGER)
    seen = []
    for _ in range(12):
        observation, *_ = env.step(toward(env, STRANGER)[0])
        seen.append((int(me(env)["chamber"]), int(env.world.batch.pairs[0, FOCAL, STRANGER]["contact"])))
    assert seen == [(LEVER, 0)] * 2 + [(RIGHT, 0)] + [(RIGHT, 1)] * 8 + [(LEVER, 0)]
    assert observation[channel(env, "in_lever")] == 1.0
    *_, info = env.step(toward(env, STRANGER)[0])
    assert info["presses"].tolist() == [0.0, 2.0], "it can press again at once"


def test_who_is_still_in_the_tube_when_the_door_shuts_turns_back() -> None:
    env = box("partner")
    press_until_open(env, PARTNER)
    for _ in range(10):
        env.step(REST)
    for _ in range(2):  # 10 s are left, the passage takes 15
        *_, info = env.step(toward(env, PARTNER)[0])
    assert (int(me(env)["chamber"]), float(me(env)["travel_s"]), door_s(env, PARTNER)) == (LEVER, 0.0, 0.0)
    assert info["entries"].tolist() == [0.0, 0.0, 0.0]
    assert info["access_s"].tolist() == [0.0, 0.0]
    assert info["chamber_s"].tolist() == [65.0, 0.0, 0.0]


def test_who_is_on_the_way_out_when_the_door_shuts_arrives() -> None:
    env = box("partner", explore_dwell_s=5.0)
    press_until_open(env, PARTNER)
    while door_s(env, PARTNER) > 10.0:
        env.step(toward(env, PARTNER)[0])
    animals = env.world.batch.animals
    animals["travel_to"][0, FOCAL], animals["travel_s"][0, FOCAL] = LEVER, 15.0  # would take until 5 s after
    *_, info = env.step(REST)
    assert (int(me(env)["chamber"]), door_s(env, PARTNER)) == (LEFT, 5.0)
    *_, info = env.step(REST)
    assert (int(me(env)["chamber"]), float(me(env)["travel_s"]), door_s(env, PARTNER)) == (LEVER, 0.0, 0.0)
    assert info["entries"].tolist() == [1.0, 1.0, 0.0]
    assert info["access_s"][COUNTED[PARTNER]] == info["chamber_s"][LEFT] == 45.0


def test_two_doors_may_be_open_at_once() -> None:
    env = box("choice")
    press_until_open(env, PARTNER)
    press_until_open(env, STRANGER)
    assert (door_s(env, PARTNER), door_s(env, STRANGER)) == (55.0, 60.0)


def test_nobody_explores_through_a_shut_door_and_anybody_through_an_open_one() -> None:
    env = make_rows(50, OPERANT, explore_dwell_s=5.0, move_cost=1.0)
    env.reset(seed=0)
    out = play(env, np.full(200, EXPLORE))
    assert (out.terms["effort"] == 0.0).all()
    np.testing.assert_array_equal(env.counters()["chamber_s"], [[1000.0, 0.0, 0.0]] * 50)
    assert env.counters()["presses"].sum() == 0.0
    single = box("partner", explore_dwell_s=5.0)
    press_until_open(single, PARTNER)
    while me(single)["chamber"] == LEVER and door_s(single, PARTNER) > 0.0:
        single.step(EXPLORE)
    assert me(single)["chamber"] == LEFT


@pytest.mark.parametrize(
    ("arguments", "cost"),
    [
        ({}, 0.25),
        ({"dopamine_tone": 0.5}, 0.5),
        ({"dopamine_tone": 2.0}, 0.125),
        ({"dopamine_tone": 0.0}, 5.0),
        ({"dopamine_tone": 0.01}, 5.0),
        ({"drugs": [{"drug": "dopamine_antagonist", "dose": 0.8, "start_s": 0.0, "end_s": 60.0}]}, 1.25),
        ({"drugs": [{"drug": "dopamine_antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 60.0}]}, 5.0),
        ({"drugs": [{"drug": "d1_antagonist", "dose": 0.8, "start_s": 0.0, "end_s": 60.0}]}, 1.25),
        ({"drugs": [{"drug": "d2_antagonist", "dose": 1.0, "start_s": 0.0, "end_s": 60.0}]}, 0.25),
        ({"drugs": [{"drug": "dopamine_agonist", "dose": 1.0, "start_s": 0.0, "end_s": 60.0}]}, 0.25),
    ],
)
def test_a_press_costs_by_the_dopamine_tone_at_most_twenty_fold(arguments: dict[str, Any], cost: float) -> None:
    env = box("partner", press_cost=0.25, press_s=2.5, **arguments)  # two presses a tick
    *_, info = env.step(toward(env, PARTNER)[0])
    assert info["reward_terms"]["effort"] == pytest.approx(-1 * cost), "the first access takes one press only"
    rest_until_shut(env, PARTNER)
    if not arguments.get("drugs"):
        *_, info = env.step(toward(env, PARTNER)[0])
        assert info["reward_terms"]["effort"] == pytest.approx(-2 * cost)
    *_, info = env.step(REST)
    assert info["reward_terms"]["effort"] == 0.0


def test_work_left_is_seen_as_a_share_and_not_while_the_door_is_open() -> None:
    env = box("choice", press_s=10.0)
    slots = env.world.batch.slots[0, 0].tolist()
    partner, stranger = (channel(env, f"slot{slots.index(animal)}_work_left") for animal in (PARTNER, STRANGER))

    def seen(action: int) -> list[float]:
        observation, *_ = env.step(action)
        return [float(observation[partner]), float(observation[stranger])]

    full = pytest.approx(1 / 11)
    assert seen(REST) == [full, full]
    assert seen(toward(env, PARTNER)[0]) == [pytest.approx(0.5 / 10.5), full]
    assert seen(toward(env, PARTNER)[0]) == [0.0, full]
    rest_until_shut(env, PARTNER)
    assert seen(REST) == [pytest.approx(2 / 12), full]
    assert all(seen(toward(env, STRANGER)[0]) == [pytest.approx(2 / 12), pytest.approx(0.5 / 10.5)] for _ in range(1))


@pytest.mark.parametrize(("session", "present", "absent"), [("partner", 1, 2), ("stranger", 2, 1)])
def test_an_absent_animal_is_not_seen_and_nothing_can_be_done_about_it(session: str, present: int, absent: int) -> None:
    env = box(session, reward_noise=0.0)
    slot = env.world.batch.slots[0, 0].tolist().index(absent)
    features = [k for k, name in enumerate(env.observation_names) if name.startswith(f"slot{slot}_")]
    others = [name for name in env.observation_names if name.startswith(f"slot{1 - slot}_present")]
    for action in (2 + slot, 4 + slot, REST, EXPLORE, 2 + slot):
        observation, _, _, _, info = env.step(action)
        assert len(features) == 9
        assert (observation[features] == 0.0).all()
        assert observation[channel(env, others[0])] == 1.0
        assert env.world.batch.animals[0, absent]["chamber"] == -1
        if action not in (REST, EXPLORE):
            assert me(env)["intent"] == WAIT
            terms = info["reward_terms"]
            felt = {name: value for name, value in terms.items() if value != 0.0}
            assert set(felt) <= {"stress", "novelty"}, "neither rest nor work nor company"
            assert terms["stress"] < 0.0
            # a tick of 5 s beside who is there; the absent animal, a stranger that was never met, weighs nothing
            known = float(env.world.batch.pairs[0, FOCAL, present]["habituation"])
            weighs = parameter("uncertainty_cost").value * 5.0 / 60.0
            assert terms["novelty"] == pytest.approx(-weighs * (1.0 - known), rel=1e-12)
            assert known < 1.0
    assert info["presses"].sum() == info["rejections"].sum() == info["entries"].sum() == 0.0
    assert press_until_open(env, present)[0] == 1


def test_an_absent_partner_is_still_a_bond() -> None:
    env = box("stranger")
    assert me(env)["bondedness"] == env.world.batch.pairs[0, FOCAL, PARTNER]["familiarity"] > 0.5
    assert env.world.batch.pairs[0, FOCAL, STRANGER]["familiarity"] == 0.0


def test_a_session_is_drawn_where_none_or_several_are_given() -> None:
    env = make_rows(3000, OPERANT)
    env.reset(seed=0)
    present = (env.world.batch.animals["chamber"] >= 0).astype(int)
    shares = [(present == who).all(axis=1).mean() for who in ([1, 1, 0], [1, 0, 1], [1, 1, 1])]
    assert shares == pytest.approx([1 / 3] * 3, abs=4 * np.sqrt(2 / 9 / 3000))
    env.reset(options={"session": ["partner", "choice"]})
    assert 0.4 < (env.world.batch.animals["chamber"][:, STRANGER] >= 0).mean() < 0.6
    assert (env.world.batch.animals["chamber"][:, PARTNER] >= 0).all()
    always = make_rows(20, OPERANT, session="choice")
    always.reset(seed=0)
    assert (always.world.batch.animals["chamber"] >= 0).all()


@pytest.mark.parametrize("session", ["both", 1, None, []])
def test_an_unknown_session_is_refused(session: Any) -> None:
    env = make_single(OPERANT)
    with pytest.raises(ParameterError, match="session must be one of partner, stranger, choice, got"):
        env.reset(options={"session": session})
    with pytest.raises(ParameterError, match="session must be one of all, partner, stranger, got 'choice'"):
        make_single().reset(options={"session": "choice"})


def test_the_doors_mirror_with_the_sides() -> None:
    """Without exploring, the same actions on the other side have the same record."""
    records = []
    for side in ("left", "right"):
        env = box("choice", side, dt_s=5.0)
        rng = np.random.default_rng(0)
        over, action = False, REST
        while not over:
            if rng.random() < 0.1:
                action = int(rng.choice([REST, 2, 3, 4, 5]))
            *_, over, info = env.step(action)
        records.append(info["record"])
        assert records[-1].pop("side") == side
    assert records[0]["accesses_partner"] > 2 < records[0]["accesses_stranger"]
    for name, value in records[0].items():
        np.testing.assert_array_equal(value, records[1][name], err_msg=name)


@pytest.mark.parametrize(("ratio_step", "costs"), [(0.0, [1, 1, 1, 1]), (1.0, [1, 2, 3, 4]), (2.0, [1, 3, 5, 7])])
def test_each_further_access_costs_ratio_step_more(ratio_step: float, costs: list[int]) -> None:
    """A step of 0 is a fixed ratio of 1, as in shaping; 1 is the progressive ratio of the assay."""
    env = box("partner", ratio_step=ratio_step)
    for cost in costs:
        assert press_until_open(env, PARTNER)[0] == cost
        rest_until_shut(env, PARTNER)


def test_ratio_steps_of_a_list_are_drawn_by_episode() -> None:
    env = make_rows(64, OPERANT, ratio_step=[0.0, 1.0], session="partner")
    env.reset(seed=2)
    drawn = env.world.batch.worlds["ratio_step"]
    assert set(drawn.tolist()) == {0.0, 1.0}
    assert 16 < (drawn == 0.0).sum() < 48


@pytest.mark.parametrize("bad", [-1.0, 101.0, float("nan"), "one", []])
def test_a_ratio_step_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ParameterError, match="ratio_step must be"):
        make_single(OPERANT, ratio_step=bad)


def test_without_doors_there_is_no_ratio_step() -> None:
    with pytest.raises(ParameterError, match="has no doors"):
        make_single("socialrl/PartnerPreference-v0", ratio_step=0.0)
    make_single("socialrl/PartnerPreference-v0", ratio_step=1.0)


@pytest.mark.parametrize(("access_s", "open_s"), [(60.0, 60.0), (300.0, 300.0), (0.0, 0.0), (62.0, 65.0)])
def test_a_door_stays_open_for_the_access_of_the_test_to_the_end_of_a_tick(access_s: float, open_s: float) -> None:
    env = box("partner", access_s=access_s)
    env.step(toward(env, PARTNER)[0])
    assert rest_until_shut(env, PARTNER) * 5.0 == open_s
    assert env.world.batch.animals[0, PARTNER]["accesses"] == 1


def test_an_access_of_a_minute_is_the_default_and_nothing_but_the_door_tells_its_length() -> None:
    runs = []
    for arguments in ({}, {"access_s": 60.0}, {"access_s": 300.0}):
        env = box("partner", **arguments)
        seen = [env.step(toward(env, PARTNER)[0])[:2] for _ in range(30)]
        runs.append([(observed.tobytes(), reward) for observed, reward in seen])
    assert runs[0] == runs[1]
    assert runs[0][:12] == runs[2][:12]  # the press and the minute that follows, until the door is shut
    assert runs[0] != runs[2]


def test_lengths_of_access_of_a_list_are_drawn_by_episode_and_recorded() -> None:
    env = make_rows(64, OPERANT, access_s=[60.0, 300.0], session="partner", duration_s=10.0)
    env.reset(seed=2)
    drawn = env.world.batch.worlds["access_s"].copy()
    assert set(drawn.tolist()) == {60.0, 300.0}
    recorded = play(env, np.array([REST, REST])).infos[-1]["record"]["access_s"]
    assert recorded.tolist() == drawn.tolist()


@pytest.mark.parametrize("bad", [-1.0, 3601.0, float("nan"), "one", []])
def test_a_length_of_access_that_is_none_is_refused(bad: Any) -> None:
    with pytest.raises(ParameterError, match="access_s must be"):
        make_single(OPERANT, access_s=bad)
    with pytest.raises(ParameterError, match=r"access_s is not allowed in .* has no doors"):
        make_single("socialrl/PartnerPreference-v0", access_s=300.0)


def test_exploring_a_known_place_is_worth_the_share_of_the_table() -> None:
    """In the box by `known_place_exploration`; in the three chambers, which are new, not."""

    def explored(env_id: str, share: float) -> float:
        env = make_single(env_id, known_place_exploration=share, reward_noise=0.0)
        env.reset(seed=0)
        return float(env.step(EXPLORE)[4]["reward_terms"]["exploration"])

    assert explored(OPERANT, 0.25) == pytest.approx(0.25 * explored(OPERANT, 1.0))
    three = "socialrl/PartnerPreference-v0"
    assert explored(three, 0.25) == explored(three, 1.0) > 0.0


@pytest.mark.parametrize(("ratio_step", "breakpoint"), [(0.0, 1.0), (1.0, 3.0), (2.0, 5.0)])
def test_the_breakpoint_is_the_last_ratio_completed(ratio_step: float, breakpoint: float) -> None:
    """Three accesses; nobody pressed for the stranger."""
    env = box("choice", ratio_step=ratio_step, duration_s=600.0)
    for _ in range(3):
        press_until_open(env, PARTNER)
        rest_until_shut(env, PARTNER)
    over = False
    while not over:
        *_, over, info = env.step(REST)
    assert info["record"]["breakpoint_partner"] == breakpoint
    assert info["record"]["breakpoint_stranger"] == 0.0
    assert info["record"]["ratio_step"] == ratio_step
