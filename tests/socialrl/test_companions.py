"""A life among trained animals: Gymnasium's and SB3's contracts, and the companions are those of the run."""

from __future__ import annotations

import pickle
import warnings
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env as check_with_gymnasium
from stable_baselines3 import PPO
from stable_baselines3.common.env_checker import check_env as check_with_sb3

from socialrl.animals.companions import FrozenCompanions, FrozenCompanionsEnv, frozen_companions, random_companions
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.config.loading import config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.film import films
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import SocialEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.state import EXPLORE, REST

N_CHANNELS, N_ACTIONS = 75, 16
HABITATS = {"wt": ["wt"] * 8, "mixed": ["wt", "ko"] * 4}


def network(favourite: int | None) -> dict[str, np.ndarray]:
    """A network that nearly always does one thing, or anything."""
    bias = np.zeros(N_ACTIONS, np.float32)
    if favourite is not None:
        bias[favourite] = 50.0
    return {
        "mlp_extractor.policy_net.0.weight": np.zeros((4, N_CHANNELS), np.float32),
        "mlp_extractor.policy_net.0.bias": np.zeros(4, np.float32),
        "action_net.weight": np.zeros((N_ACTIONS, 4), np.float32),
        "action_net.bias": bias,
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> RunFolder:
    """Animals of even number explore, those of odd number rest."""
    config = config_from_data(
        {
            "name": "run",
            "seed": 1,
            "env": {
                "id": "socialrl/GroupHabitat-v0",
                "dt_s": 60,
                "duration_s": 3600,
                "reset": {"cohousing_h": [0, 48]},
                "arms": {"defence": "knockout"},
            },
            "genotypes": {"wt": {"oxtr_gain": 1}, "ko": {"oxtr_gain": 0, "arms": {"reward": "wild_type"}}},
            "habitats": HABITATS,
            "animals": 16,
            "steps": 4096,
        }
    )
    folder = tmp_path_factory.mktemp("members") / "run"
    with RunFolder.create(folder, config_yaml=config_to_yaml(config), meta={}) as run:
        for kind in HABITATS:
            for index, name in enumerate(config.animal_ids(kind)):
                run.write_networks({name: policy_bytes(network(EXPLORE if index % 2 == 0 else REST), {})}, piece=name)
    return run


def among_random(**arguments: Any) -> FrozenCompanionsEnv:
    return FrozenCompanionsEnv(random_companions(), **{"duration_s": 6000.0, "dt_s": 60.0, **arguments})


def played(env: SocialEnv, seed: int | None, n_ticks: int = 80) -> tuple[np.ndarray, np.ndarray]:
    observation, _ = env.reset(seed=seed)
    observations, rewards = [observation], []
    for tick in range(n_ticks):
        observation, reward, *_ = env.step(tick % N_ACTIONS)
        observations.append(observation)
        rewards.append(reward)
    return np.array(observations), np.array(rewards)


@pytest.mark.parametrize("check", [check_with_gymnasium, check_with_sb3])
def test_the_checkers_have_nothing_to_say(check) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(among_random(), skip_render_check=True)


def test_a_learner_with_one_agent_can_use_it(run) -> None:
    env = FrozenCompanionsEnv(frozen_companions(run))
    model = PPO("MlpPolicy", env, n_steps=64, batch_size=32, n_epochs=1, device="cpu", seed=0)
    model.learn(128)
    assert model.num_timesteps == 128


def test_a_seed_reproduces_everything_and_episodes_differ() -> None:
    first, second = among_random(), among_random()
    a, b = played(first, 3), played(second, 3)
    for one, other in zip(a, b, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(played(first, None)[0], a[0])
    np.testing.assert_array_equal(played(first, 3)[0], a[0])
    assert not np.array_equal(played(second, 4)[0], a[0])


def test_it_can_be_copied_in_the_middle_of_an_episode() -> None:
    env = among_random()
    played(env, 1, 10)
    copy = pickle.loads(pickle.dumps(env))
    for action in range(N_ACTIONS):
        np.testing.assert_array_equal(env.step(action)[0], copy.step(action)[0])


def test_the_companions_are_those_of_the_habitat_partner_first(run) -> None:
    companions = frozen_companions(run, replacing="mixed-11")
    assert companions.names == tuple(f"mixed-{i:02d}" for i in (10, 8, 9, 12, 13, 14, 15))
    env = FrozenCompanionsEnv(companions, oxtr_gain=0.25, arms={"release": "knockout"})
    assert (env.world.dt_s, env.world.duration_s) == (60.0, 3600.0)
    gains = env.world.parameters["oxtr_gain"][env.world.record_of[0]]
    assert gains[0] == 0.25
    assert gains[1:].tolist() == [one["oxtr_gain"] for one in companions.parameters]
    assert ((gains[1:] > 0) == [True, True, False, True, False, True, False]).all()
    rates = env.world.rates[env.world.record_of[0]]
    assert rates["gain_reward"][3] == 1.0  # a knockout with the arm of a wild type
    assert rates["gain_reward"][0] == 0.25
    assert (rates["gain_defence"][1:] == 0.0).all()
    assert rates["gain_defence"][0] == 0.25
    env.reset(seed=0, options={"cohousing_h": 48.0})
    familiarity = env.world.batch.pairs["familiarity"][0]
    assert (familiarity[np.arange(8), np.arange(8) ^ 1] > 0.05).all()


def test_each_companion_acts_by_its_own_network(run) -> None:
    """Explorers (8, 10, 12, 14) leave their cages, the others stay where they were put; so does who is given rest."""
    env = FrozenCompanionsEnv(frozen_companions(run, replacing="mixed-11"))
    env.reset(seed=0)
    intents = set()
    entries = np.zeros(8)
    for _ in range(60):
        *_, over, info = env.step(REST)
        intents.add(tuple(env.world.batch.animals["intent"][0].tolist()))
        entries = env.world.counters[0, :, -13:-8].sum(axis=1)
    assert over
    assert intents == {(0, 1, 1, 0, 1, 0, 1, 0)}
    assert ((entries > 0) == [False, True, True, False, True, False, True, False]).all()
    assert info["record"]["chamber_s_cage1"] == 3600.0


def test_observations_of_companions_are_their_own() -> None:
    """Networks that go to slot 0 go to the animal that is in the slot of each."""
    names = tuple("abcdefg")
    seekers = FrozenCompanions(names, FrozenPolicies([network(2)] * 7), ({},) * 7, ({},) * 7, {"dt_s": 60.0})
    env = FrozenCompanionsEnv(seekers)
    env.reset(seed=5)
    env.step(REST)
    np.testing.assert_array_equal(env.world.batch.animals["target"][0, 1:], env.world.batch.slots[0, 1:, 0])


def test_info_and_spaces_are_those_of_a_group_member() -> None:
    import gymnasium as gym

    member = gym.make("socialrl/GroupMember-v0", dt_s=60.0, duration_s=120.0)
    env = among_random(duration_s=120.0)
    assert env.observation_space == member.observation_space
    assert env.action_space == member.action_space
    assert env.observation_names == member.unwrapped.observation_names
    infos = []
    for one in (env, member):
        one.reset(seed=0)
        one.step(0)
        infos.append(one.step(0)[4])
    ours, theirs = infos
    assert ours.keys() == theirs.keys()
    assert ours["record"].keys() == theirs["record"].keys()


def test_what_cannot_be_company(run, tmp_path) -> None:
    with pytest.raises(UserError, match=r"unknown animal 'mixed-16'; known: wt-00, "):
        frozen_companions(run, replacing="mixed-16")
    with pytest.raises(UserError, match="no such run folder"):
        frozen_companions(tmp_path / "none")
    config = config_from_data({"name": "other", "seed": 1, "env": {"id": "socialrl/PartnerPreference-v0"},
                               "genotypes": {"wt": {"oxtr_gain": 1}}, "animals": 8, "steps": 4096})  # fmt: skip
    with (
        RunFolder.create(tmp_path / "other", config_yaml=config_to_yaml(config), meta={}) as other,
        pytest.raises(UserError, match=r"has no companions: it was trained in socialrl/PartnerPreference-v0, not in"),
    ):
        frozen_companions(other)
    six = FrozenPolicies([network(0)] * 6)
    with pytest.raises(UserError, match="companions must be 7, each with a name, a network, parameters and arms"):
        FrozenCompanions(tuple("abcdef"), six, ({},) * 6, ({},) * 6, {})
    small = {"action_net.weight": np.zeros((6, 28), np.float32), "action_net.bias": np.zeros(6, np.float32)}
    strangers = FrozenCompanions(tuple("abcdefg"), FrozenPolicies([small] * 7), ({},) * 7, ({},) * 7, {})
    with pytest.raises(
        UserError, match="take 28 observation channels and choose from 6 actions, socialrl/GroupHabitat-v0 has 75"
    ):
        FrozenCompanionsEnv(strangers)
    with pytest.raises(ParameterError, match="did you mean 'oxtr_gain'"):
        among_random(oxtr_gian=1.0)


def test_films_of_habitats(run, tmp_path) -> None:
    """Of a trained animal among its companions, and of animals that act at random."""
    png, gif = tmp_path / "a.png", tmp_path / "a.gif"
    words = films.render_test(run, animal="mixed-11", png=png, gif=gif, every_s=1800.0)
    assert words.startswith("mixed-11, female, receptor gain 0, after 24 h")
    actor = films._trained(run, "mixed-11")
    env = actor.make(**actor.world)
    assert isinstance(env, FrozenCompanionsEnv)
    assert env.companions.names[0] == "mixed-10"
    words = films.render_test("socialrl/GroupHabitat-v0", png=tmp_path / "b.png", every_s=200_000.0)
    assert words == "socialrl/GroupHabitat-v0 with random actions, receptor gain 1, after 24 h of cohousing"
