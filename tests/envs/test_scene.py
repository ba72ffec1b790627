"""What of a world is shown: who is there, who is tied, which doors are shut, and what the focal animal does."""

from __future__ import annotations

from typing import Any

import numpy as np
from playing import EXPLORE, PARTNER, REST, STRANGER, make_single, toward

from socialrl_envs import SocialEnv
from socialrl_envs.render import AnimalView, Snapshot, describe, draw
from socialrl_envs.render.layout import arrange
from socialrl_envs.render.palette import FOCAL, WALL, animal_colour
from socialrl_envs.scene import Scene


def shown(env: SocialEnv) -> Snapshot:
    return Scene(env.world, env.action_names).snapshot()


def begun(env_id: str, **options: Any) -> SocialEnv:
    env = make_single(f"socialrl/{env_id}-v0", render_mode="ansi")
    env.reset(seed=1, options=options)
    return env


def test_an_animal_that_takes_no_part_is_not_shown() -> None:
    for session, present in (("stranger", "stranger"), ("partner", "partner")):
        snapshot = shown(begun("SocialOperant", session=session))
        assert [animal.name for animal in snapshot.animals] == ["focal", present]
        assert snapshot.others() == (present,)
        assert snapshot.title == f"SocialOperant-v0, {session}, 24 h cohoused"


def test_doors_are_shown_shut_and_open() -> None:
    env = begun("SocialOperant", session="choice", side="right")
    assert shown(env).shut == ((0, 1), (0, 2))
    env.step(toward(env, PARTNER)[0])
    assert env.render().splitlines()[1:6] == [
        "  lever: focal",
        "  left:  stranger (tethered)",
        "  right: partner (tethered)",
        "  door between lever and left: closed",
        "focal: press for partner; in contact with nobody",
    ]
    assert shown(env).shut == ((0, 1),)
    env.step(toward(env, PARTNER)[0])
    assert "focal: affiliate partner" in env.render()


def test_a_shut_door_is_drawn_across_its_tube() -> None:
    parts: dict[str, Any] = {
        "chamber_names": ("lever", "left", "right"),
        "chamber_edges": ((0, 1), (0, 2)),
        "chamber_xy": ((0.5, 0.5), (0.15, 0.5), (0.85, 0.5)),
        "animals": (AnimalView("focal", 0),),
    }
    snapshot = Snapshot(**parts, shut=((0, 2),))
    scene, picture = arrange(snapshot), draw(snapshot)
    for (door_a, door_b), shut in zip(scene.tubes, (False, True), strict=True):
        x, y = (round((a + b) / 2) for a, b in zip(door_a, door_b, strict=True))
        assert (picture[y, x] == WALL).all() == shut


def test_a_stranger_that_roams_is_not_tied_and_one_on_its_way_is_between_chambers() -> None:
    env = begun("StrangerEncounter", session="with_partner")
    assert [animal.tethered for animal in shown(env).animals] == [False, False, True]
    walked = False
    for _ in range(120):
        env.step(EXPLORE)
        stranger = shown(env).animals[1]
        if stranger.travel_to is not None:
            walked = True
            assert stranger.travel_to == 1 - stranger.chamber
            assert 0.0 <= stranger.travel_fraction < 1.0
    assert walked


def test_contacts_are_named_right_where_somebody_is_absent() -> None:
    """The stranger is animal 2 of the world and number 1 of the picture."""
    env = begun("SocialOperant", session="stranger")
    for _ in range(8):
        env.step(toward(env, STRANGER)[0])
    snapshot = shown(env)
    assert snapshot.contacts == ((0, 1),)
    assert "in contact with stranger" in describe(snapshot)


def test_a_passage_is_shown_from_its_start_to_its_end() -> None:
    """Also where sums of fine ticks leave a trifle more than the whole way to go."""
    env = make_single(transit_s=15.0)
    env.reset(seed=1, options={"side": "left"})
    me = env.world.batch.animals[0, 0:1]
    shares = []
    for left_s in (15.0 + 1e-12, 15.0, 12.0, 1e-6):
        me["travel_to"], me["travel_s"] = 2, left_s
        shares.append(shown(env).animals[0].travel_fraction)
    assert shares[:2] == [0.0, 0.0]
    np.testing.assert_allclose(shares[2:], [0.2, 1.0], atol=1e-6)


def test_a_group_of_eight_is_drawn_in_eight_colours() -> None:
    env = begun("GroupMember")
    env.step(REST)
    snapshot = shown(env)
    assert len(snapshot.animals) == 8
    assert not any(animal.tethered for animal in snapshot.animals)
    assert draw(snapshot).std() > 10.0
    assert len({animal_colour(animal.name, k) for k, animal in enumerate(snapshot.animals)}) == 8
    assert len({animal_colour(f"vole{k}", k) for k in range(8)}) == 8
    assert animal_colour("resident", 0) == animal_colour("focal", 3) == FOCAL
    assert np.asarray(FOCAL).max() < 100, "darker than all others"


def test_the_trace_of_stress_is_shown_where_there_is_a_slow_state() -> None:
    env = begun("StressRecovery", session="alone")
    env.step(REST)
    stress = float(env.world.batch.animals[0, 0]["stress"])
    assert f"receptor signal 0.00, stress {stress:.2f}" in env.render()
    plain = begun("PartnerPreference")
    plain.step(REST)
    assert "stress" not in plain.render()


def test_contexts_are_named_with_what_they_are_worth() -> None:
    env = begun("PlacePreference", conditioned_with="partner")
    me = env.world.batch.animals[0, 0]
    social = env.world.batch.worlds[0]["placement"]  # the chamber of the social context
    me["value_left"], me["value_right"] = (1.25, -0.01) if social == 0 else (-0.01, 1.25)
    names = ("social, worth 1.2/min", "solitary, worth 0/min")
    scene = env._scene.snapshot()
    assert scene.chamber_names == (names if social == 0 else names[::-1])
    assert scene.title.startswith("PlacePreference-v0, 2 days with partner, ")
    env.step(env.action_names.index("affiliate_slot0"))
    assert env._scene.snapshot().action == "wait", "nobody is there"
