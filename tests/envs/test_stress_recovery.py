"""An hour of restraint, then recovery: who is held, who is there, and what company does to the trace of stress."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    EXPLORE,
    FOCAL,
    PARTNER,
    STRANGER,
    assert_identical,
    make_rows,
    make_single,
    play,
    random_actions,
    toward,
)

from socialrl_envs.errors import ParameterError

RECOVERY = "socialrl/StressRecovery-v0"
HOUR = 240  # ticks of 15 s
COMPANY = {"partner": PARTNER, "stranger": STRANGER}


def begun(session: str, cohousing_h: float = 168.0, **arguments: Any) -> Any:
    env = make_single(RECOVERY, recognition_noise=0.0, **arguments)
    env.reset(seed=1, options={"session": session, "cohousing_h": cohousing_h})
    return env


def recovered(session: str, cohousing_h: float = 168.0, **arguments: Any) -> dict[str, float]:
    """Return the record of an animal that seeks company as soon as it can."""
    env = begun(session, cohousing_h, **arguments)
    action = toward(env, COMPANY.get(session, PARTNER))[0]
    over = False
    while not over:
        _, _, _, over, info = env.step(action)
    return dict(info["record"])


def test_for_an_hour_no_action_does_anything() -> None:
    still, busy = (make_rows(6, RECOVERY, session="partner") for _ in range(2))
    still.reset(seed=0)
    busy.reset(seed=0)
    for env in (still, busy):
        masks = env.action_masks()
        assert masks[:, 0].all()
        assert not masks[:, 1:].any()
    actions = random_actions(busy, HOUR)
    a = play(still, np.zeros_like(actions))
    assert_identical(a, play(busy, actions))
    for name in ("contact_general", "exploration", "rest", "effort"):
        assert not a.terms[name].any(), name
    assert (busy.world.batch.animals["chamber"][:, FOCAL] == 0).all()
    assert busy.action_masks()[:, 1].all()
    play(busy, np.full(40, EXPLORE))
    assert (busy.world.batch.animals["chamber"][:, FOCAL] == 1).any(), "then it is free"


def test_without_a_stressor_nobody_is_held() -> None:
    env = begun("partner", stressor=0.0)
    assert env.action_masks()[1]
    record = recovered("partner", stressor=0.0)
    assert record["huddle_s_partner"] > 3.5 * 3600.0
    assert np.isnan(record["stress_half_s"]), "there is nothing to recover from"


@pytest.mark.parametrize("session", ["alone", "partner", "stranger"])
def test_who_is_in_the_cage(session: str) -> None:
    here = begun(session).world.batch.animals["chamber"][0]
    assert here[FOCAL] == 0
    assert [here[PARTNER] == 1, here[STRANGER] == 1] == [session == "partner", session == "stranger"]


def test_sessions_are_drawn_where_none_is_named() -> None:
    env = make_rows(90, RECOVERY)
    env.reset(seed=0)
    assert (np.bincount(env.world.batch.worlds["session"]) > 15).all()
    assert (env.world.batch.worlds["stressor"] == 2.0).all()


def test_a_familiar_animal_buffers_and_an_unfamiliar_one_does_not() -> None:
    """What the equations of stress must give for an animal that huddles; not what a vole chooses to do."""
    alone, partner, stranger = (recovered(session) for session in ("alone", "partner", "stranger"))
    assert partner["stress_half_s"] < alone["stress_half_s"] < 3.0 * 3600.0
    assert partner["stress_area"] < stranger["stress_area"]
    assert partner["stress_area"] < alone["stress_area"]
    assert alone["stress_peak"] == pytest.approx(partner["stress_peak"], abs=0.4)
    unknown = recovered("partner", cohousing_h=0.0)
    assert partner["stress_area"] < unknown["stress_area"]


def test_without_a_receptor_only_familiarity_buffers() -> None:
    wild_type, knockout = (recovered("partner", oxtr_gain=gain) for gain in (1.0, 0.0))
    assert wild_type["stress_half_s"] < knockout["stress_half_s"]
    assert knockout["stress_half_s"] < recovered("alone", oxtr_gain=0.0)["stress_half_s"]
    without = {"buffer_familiar": 0.0, "stranger_stress": 0.0, "oxtr_gain": 0.0}
    assert recovered("partner", **without)["stress_half_s"] == recovered("alone", **without)["stress_half_s"]


def test_it_needs_the_slow_state() -> None:
    with pytest.raises(ParameterError, match=r"^attachment must be True in socialrl/StressRecovery-v0, .* got False$"):
        make_single(RECOVERY, attachment=False)
    make_single(RECOVERY, attachment=True)
