"""skrl's automatic wrapper recognises the worlds: single, native vector, and PettingZoo."""

from __future__ import annotations

import gymnasium as gym
import pytest

from socialrl_envs import ASSAYS

torch = pytest.importorskip("torch")
wrappers = pytest.importorskip(
    "skrl.envs.wrappers.torch", reason="skrl is not installed: pip install 'socialrl[clients]'"
)


@pytest.mark.parametrize("env_id", list(ASSAYS))
def test_the_native_vector_environment_is_recognised(env_id: str) -> None:
    rows = gym.make_vec(env_id, num_envs=8, duration_s=5 * ASSAYS[env_id].dt_s)
    env = wrappers.wrap_env(rows)
    assert type(env).__name__ == "GymnasiumWrapper"
    assert env.num_envs == 8
    observations, _ = env.reset()
    assert observations.shape == (8, *rows.single_observation_space.shape)
    for tick in range(7):
        actions = torch.randint(rows.single_action_space.n, (8, 1))
        observations, rewards, terminated, truncated, _ = env.step(actions)
        assert observations.shape == (8, *rows.single_observation_space.shape)
        assert rewards.shape == terminated.shape == truncated.shape == (8, 1)
        assert bool(truncated.all()) == (tick == 4)
    env.close()


def test_a_single_environment_is_recognised() -> None:
    env = wrappers.wrap_env(gym.make("socialrl/PartnerPreference-v0"))
    observations, _ = env.reset()
    assert observations.shape == (1, 28)
    assert env.step(torch.tensor([[2]]))[1].shape == (1, 1)
    env.close()


def test_the_pettingzoo_environment_is_recognised_with_its_spaces_and_its_state() -> None:
    pytest.importorskip("pettingzoo", reason="PettingZoo is not installed: pip install 'socialrl[parallel]'")
    from socialrl_envs.parallel import GroupHabitatParallelEnv

    env = wrappers.wrap_env(GroupHabitatParallelEnv(duration_s=600.0))
    assert type(env).__name__ == "PettingZooWrapper"
    observations, _ = env.reset()
    agents = env.possible_agents
    assert list(env.observation_spaces) == list(env.action_spaces) == agents
    assert all(observations[agent].shape == (1, 75) for agent in agents)
    assert all(env.state_spaces[agent].shape == (600,) for agent in agents)
    state = env.state()
    assert torch.equal(state["vole3"], torch.cat([observations[agent] for agent in agents], dim=1))
    actions = {agent: torch.tensor([[1]]) for agent in agents}
    observations, rewards, *_ = env.step(actions)
    assert rewards["vole0"].shape == (1, 1)
    assert torch.equal(env.state()["vole0"], torch.cat([observations[agent] for agent in agents], dim=1))
    env.close()
