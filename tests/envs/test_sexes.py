"""The sex of every animal: who is of which, what is perceived of it, what courtship pays, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from playing import (
    ASSAYS,
    EVERY_SINGLE,
    FOCAL,
    PARTNER,
    STRANGER,
    assert_identical,
    channel,
    make_rows,
    make_single,
    play,
    random_actions,
    toward,
    until_together,
)

from socialrl_envs.errors import ParameterError
from socialrl_envs.sexes import FEMALE, MALE
from socialrl_envs.vocabulary import RELATIONSHIPS, SEXES, STRANGER_SEXES

WITH_STRANGER = [env_id for env_id in EVERY_SINGLE if ASSAYS[env_id].strangers and not ASSAYS[env_id].contexts]
GROUP, MEMBER = "socialrl/GroupHabitat-v0", "socialrl/GroupMember-v0"


def differs(relationship: str, stranger_sex: str) -> bool:
    """Whether the stranger is of the other sex than the focal animal, by the rule in words."""
    return relationship == "mate" if stranger_sex == "as_partner" else stranger_sex == "other"


def session_with(env_id: str, animal: int) -> str:
    """A session with that animal, and with everybody else where there is one."""
    return max(ASSAYS[env_id].session_table.items(), key=lambda one: (one[1][animal], sum(one[1])))[0]


@pytest.mark.parametrize("env_id", WITH_STRANGER)
@pytest.mark.parametrize("stranger_sex", STRANGER_SEXES)
@pytest.mark.parametrize("relationship", RELATIONSHIPS)
@pytest.mark.parametrize("sex", SEXES)
def test_who_is_of_which_sex_and_what_the_focal_animal_perceives_of_it(
    env_id: str, sex: str, relationship: str, stranger_sex: str
) -> None:
    env = make_single(env_id, sex=sex)
    options = {"relationship": relationship, "stranger_sex": stranger_sex}
    own = SEXES.index(sex)
    expected = {"partner": relationship == "mate", "stranger": differs(relationship, stranger_sex)}
    for name, is_other in expected.items():
        animal = env.world.assay.animals.index(name)
        observation, _ = env.reset(seed=3, options={"session": session_with(env_id, animal), **options})
        animals = env.world.batch.animals["sex"][0]
        assert animals[FOCAL] == own
        assert animals[animal] == (1 - own if is_other else own), name
        slot = int(np.flatnonzero(env.world.batch.slots[0, 0] == animal)[0])
        seen = [observation[channel(env, f"slot{slot}_{one}_sex")] for one in ("same", "other")]
        assert seen == [not is_other, is_other], name


def test_the_default_is_an_all_female_world_as_before_and_others_share_its_noise() -> None:
    """A male among males, and an option that asks for what is there anyway, change no number."""
    actions = random_actions(make_rows(6), 200)
    plays = []
    for arguments in (
        {},
        {"sex": "female", "stranger_sex": "same"},
        {"sex": "male"},
        {"sex": ["female", "male"] * 3},
        {"stranger_sex": ["same", "as_partner"]},
    ):
        env = make_rows(6, **arguments)
        env.reset(seed=4)
        plays.append(play(env, actions))
    for other in plays[1:]:
        assert_identical(plays[0], other)
    assert (plays[0].terms["courtship"] == 0.0).all()


def test_the_sex_of_the_stranger_is_only_a_cue_without_courtship() -> None:
    """Same seed, same actions: with and without a stranger of the other sex only its two channels differ."""
    same, other = make_rows(20), make_rows(20, stranger_sex="other")
    same.reset(seed=1)
    other.reset(seed=1)
    actions = random_actions(same, 150)
    a, b = play(same, actions), play(other, actions)
    np.testing.assert_array_equal(a.rewards, b.rewards)
    changed = {same.observation_names[at] for at in np.flatnonzero((a.observations != b.observations).any(axis=(0, 1)))}
    assert changed == {f"slot{slot}_{one}_sex" for slot in (0, 1) for one in ("same", "other")}


def test_each_row_has_its_own_sex_and_each_episode_draws_the_strangers() -> None:
    env = make_rows(400, sex=["female", "male"] * 200, stranger_sex=["same", "other"], relationship=["peer", "mate"])
    drawn = []
    for seed in (0, None):
        env.reset(seed=seed)
        sexes = env.world.batch.animals["sex"]
        assert (sexes[:, FOCAL] == np.tile([FEMALE, MALE], 200)).all()
        drawn.append(sexes[:, STRANGER] != sexes[:, FOCAL])
        assert 150 < drawn[-1].sum() < 250  # 200 expected, sd 10
        with_mates = sexes[:, PARTNER] != sexes[:, FOCAL]
        assert 60 < (drawn[-1] & with_mates).sum() < 140, "the stranger's sex hangs on the relationship"
    assert (drawn[0] != drawn[1]).any()


def test_the_record_says_the_sex_of_the_animal_and_of_the_stranger() -> None:
    env = make_rows(4, duration_s=15.0, sex=["female", "male"] * 2, autoreset_mode="DISABLED")
    env.reset(seed=0, options={"stranger_sex": "other"})
    *_, info = env.step(np.zeros(4, dtype=np.int64))
    assert info["record"]["sex"].tolist() == ["female", "male"] * 2
    assert info["record"]["stranger_sex"].tolist() == ["other"] * 4
    env.reset(options={"relationship": "peer"})
    *_, info = env.step(np.zeros(4, dtype=np.int64))
    assert info["record"]["stranger_sex"].tolist() == ["same"] * 4
    group = make_rows(8, GROUP, duration_s=60.0, autoreset_mode="DISABLED", sex=["male"] * 2 + ["female"] * 6)
    group.reset(seed=0)
    record = group.step(np.zeros(8, dtype=np.int64))[-1]["record"]
    assert record["sex"].tolist() == ["male"] * 2 + ["female"] * 6
    assert "stranger_sex" not in record


def test_animals_that_live_on_keep_their_sex_and_may_meet_a_stranger_of_the_other() -> None:
    env = make_single(sex="male")
    env.reset(seed=0)
    env.reset(options={"continued": True, "stranger_sex": "other", "cohousing_h": 0})
    assert env.world.batch.animals["sex"][0].tolist() == [MALE, MALE, FEMALE]


def test_in_a_group_everybody_perceives_the_sex_of_everybody() -> None:
    sexes = ["male", "male", *["female"] * 4, "male", "male"]
    env = make_rows(8, GROUP, sex=sexes)
    observations, _ = env.reset(seed=2)
    for row, own in enumerate(sexes):
        for slot, other in enumerate(env.world.batch.slots[0, row]):
            seen = [observations[row, channel(env, f"slot{slot}_{one}_sex")] for one in ("same", "other")]
            assert seen == [sexes[other] == own, sexes[other] != own]
    member = make_single(MEMBER, sex="male")
    member.reset(seed=0)
    assert (member.world.batch.animals["sex"] == MALE).all()


def courtship(animal: int, **arguments: Any) -> list[float]:
    env = make_single(courtship_reward=2.0, **arguments)
    env.reset(seed=1)
    until_together(env, animal)
    paid = [env.step(toward(env, animal)[0])[-1]["reward_terms"]["courtship"] for _ in range(3)]
    assert env.world.batch.pairs["contact"][0, FOCAL, animal] == 1
    return paid


def test_courtship_pays_in_contact_with_the_other_sex_that_is_no_mate() -> None:
    a_tick = [2.0 * 0.25] * 3
    for sex in SEXES:
        assert courtship(STRANGER, sex=sex) == courtship(PARTNER, sex=sex) == [0.0] * 3
        assert courtship(STRANGER, sex=sex, stranger_sex="other") == a_tick
        assert courtship(PARTNER, sex=sex, stranger_sex="other") == [0.0] * 3
        assert courtship(PARTNER, sex=sex, relationship="mate") == [0.0] * 3, "a mate"
        assert courtship(PARTNER, sex=sex, relationship="mate", cohousing_h=0.0) == a_tick, "not yet a mate"


def test_a_bond_with_a_mate_closes_courtship_of_others_and_one_with_a_peer_does_not() -> None:
    for hours, relationship in ((2.0, "mate"), (24.0, "mate"), (24.0, "peer")):
        arguments = {"relationship": relationship, "stranger_sex": "other", "cohousing_h": hours}
        env = make_single(courtship_reward=2.0, **arguments)
        env.reset(seed=1)
        until_together(env, STRANGER)
        paid = env.step(toward(env, STRANGER)[0])[-1]["reward_terms"]["courtship"]
        bond = env.world.batch.pairs["familiarity"][0, FOCAL, PARTNER]
        assert bond > 0.1
        assert paid == pytest.approx(0.5 * (1.0 - bond if relationship == "mate" else 1.0), rel=1e-12)


def test_an_unmated_animal_of_the_other_sex_is_courted_for_as_long_as_it_is_no_mate() -> None:
    env = make_single(courtship_reward=2.0, relationship="mate")
    env.reset(seed=1, options={"mating": False})
    until_together(env, PARTNER)
    assert env.step(toward(env, PARTNER)[0])[-1]["reward_terms"]["courtship"] == 0.5


@pytest.mark.parametrize(
    ("env_id", "arguments", "message"),
    [
        (WITH_STRANGER[0], {"sex": "femal"}, "sex must be one of female, male, got 'femal'; did you mean 'female'?"),
        (WITH_STRANGER[0], {"sex": 1}, "sex must be one of female, male, got 1"),
        (WITH_STRANGER[0], {"sex": ["male", "male"]}, "sex must be one word or one for each of 8 rows, got 2"),
        (
            WITH_STRANGER[0],
            {"stranger_sex": "opposite"},
            "stranger_sex must be one of as_partner, same, other, got 'opposite'",
        ),
        (
            MEMBER,
            {"stranger_sex": "other"},
            "stranger_sex must be one of as_partner in socialrl/GroupMember-v0, which has no stranger, got 'other'",
        ),
        (
            GROUP,
            {"sex": ["female", "male"] * 4},
            "sex: vole0 and vole1 are cage mates, which are of one sex in socialrl/GroupHabitat-v0; got a female and a "
            "male",
        ),
    ],
)
def test_what_is_no_sex_is_refused_in_one_line(env_id: str, arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        make_rows(8, env_id, **arguments)
    assert str(caught.value) == message


def test_a_single_environment_has_one_animal_and_one_sex() -> None:
    with pytest.raises(ParameterError, match=r"sex must be one word in a single environment, got \['male'\]"):
        make_single(sex=["male"])
    env = make_single()
    env.reset(seed=0)
    with pytest.raises(ParameterError, match="unknown reset option 'sex'"):
        env.reset(options={"sex": "male"})


def test_agents_of_the_parallel_environment_have_sexes_by_name() -> None:
    parallel = pytest.importorskip("socialrl_envs.parallel")
    env = parallel.GroupHabitatParallelEnv(sex={"vole2": "male", "vole3": "male"})
    env.reset(seed=0)
    assert env._rows.world.batch.animals["sex"][0].tolist() == [FEMALE] * 2 + [MALE] * 2 + [FEMALE] * 4
    with pytest.raises(ParameterError, match="sex: unknown agent 'vole9'; allowed: vole0, vole1"):
        parallel.GroupHabitatParallelEnv(sex={"vole9": "male"})
