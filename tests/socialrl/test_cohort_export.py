"""An animal taken out of a cohort is an ordinary SB3 model, usable where socialrl is not installed."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from stable_baselines3 import PPO
from stable_baselines3.common.utils import LinearSchedule
from toy_envs import WalkVecEnv

from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort.export import export_safetensors, export_zip

ROWS = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)


@pytest.fixture(scope="module")
def model() -> CohortPPO:
    torch.set_num_threads(1)
    cohort = CohortPPO(
        "MlpPolicy",
        WalkVecEnv(6),
        3,
        seeds=[4, 5, 6],
        n_steps=16,
        batch_size=16,
        n_epochs=2,
        animal_names=["a", "b", "c"],
        learning_rate=LinearSchedule(5e-3, 1e-3, 1.0),
        gamma=[0.9, 0.8, 0.7],
        policy_kwargs={"net_arch": [40]},
    )
    return cohort.learn(160)


def probabilities(single: PPO, rows: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return single.policy.get_distribution(torch.from_numpy(rows)).distribution.probs.numpy()


def test_animal_is_a_plain_ppo_with_its_own_weights(model: CohortPPO) -> None:
    rows = np.repeat(ROWS[None], 3, axis=0).reshape(90, 5)
    together = model.policy.probabilities(rows).reshape(3, 30, 6)
    values = model.policy.values(rows).reshape(3, 30)
    for index, name in enumerate(model.animal_names):
        single = model.animal(name)
        assert type(single) is PPO
        np.testing.assert_allclose(probabilities(single, ROWS), together[index], atol=1e-6)
        with torch.no_grad():
            np.testing.assert_allclose(
                single.policy.predict_values(torch.from_numpy(ROWS))[:, 0], values[index], atol=1e-5
            )
        actions, _ = single.predict(ROWS, deterministic=True)
        np.testing.assert_array_equal(actions, together[index].argmax(axis=1))
        assert single.gamma == [0.9, 0.8, 0.7][index]
        assert single.seed == [4, 5, 6][index]
        assert single.num_timesteps == 160
    assert np.abs(together[0] - together[1]).max() > 0.01


def test_exporting_leaves_the_global_random_state(model: CohortPPO) -> None:
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    expected = torch.rand(1), np.random.random()  # noqa: NPY002
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002
    model.animal(1)
    assert (torch.rand(1), np.random.random()) == expected  # noqa: NPY002


def test_a_taken_out_animal_trains_on_from_its_adam_state(model: CohortPPO) -> None:
    single = model.animal("b")
    (group,) = single.policy.optimizer.param_groups
    _, square, step = model.policy.optimizer.moments()
    parameter = single.policy.value_net.weight
    state = single.policy.optimizer.state[parameter]
    assert float(state["step"]) == int(step[1]) > 0
    np.testing.assert_array_equal(
        state["exp_avg_sq"], model.policy.layout.unpack(square[1].numpy())["value_net.weight"]
    )
    assert group["eps"] == 1e-5
    before = parameter.detach().clone()
    single.set_env(WalkVecEnv(2))
    single.learn(32, reset_num_timesteps=False)
    assert not torch.equal(parameter, before)
    assert single.num_timesteps == 192


def test_a_linear_schedule_stays_one_and_other_code_becomes_its_value(model: CohortPPO) -> None:
    single = model.animal("a")
    assert [single.lr_schedule(left) for left in (1.0, 0.5, 0.0)] == pytest.approx([5e-3, 3e-3, 1e-3])
    own = CohortPPO("MlpPolicy", WalkVecEnv(4), 2, n_steps=16, batch_size=16, learning_rate=lambda left: 1e-3 + left)
    assert own.animal(1).learning_rate == 1.001
    each = CohortPPO(
        "MlpPolicy", WalkVecEnv(4), 2, n_steps=16, batch_size=16, clip_range=[0.1, LinearSchedule(2, 1, 1)]
    )
    assert [each.animal(index).clip_range(0.5) for index in (0, 1)] == [0.1, 1.5]


def test_the_zip_loads_and_predicts_where_socialrl_is_not_installed(model: CohortPPO, tmp_path: Path) -> None:
    export_zip(model, "c", tmp_path / "c.zip")
    np.save(tmp_path / "rows.npy", ROWS)
    code = (
        "import sys\n"
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] in ('socialrl', 'socialrl_envs'):\n"
        "            raise ImportError('not installed: ' + name)\n"
        "sys.meta_path.insert(0, Absent())\n"
        "import numpy as np\n"
        "from stable_baselines3 import PPO\n"
        "model = PPO.load('c.zip', device='cpu')\n"
        "np.save('actions.npy', model.predict(np.load('rows.npy'), deterministic=True)[0])\n"
        "assert not any(name.startswith('socialrl') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    expected, _ = model.animal("c").predict(ROWS, deterministic=True)
    np.testing.assert_array_equal(np.load(tmp_path / "actions.npy"), expected)


def test_the_safetensors_form_can_be_computed_from_its_description_alone(model: CohortPPO, tmp_path: Path) -> None:
    export_safetensors(model, 1, tmp_path / "b.safetensors")
    tensors = load_file(tmp_path / "b.safetensors")
    description = json.loads((tmp_path / "b.json").read_text())
    assert description["animal"] == "b"
    assert description["steps"] == 160
    activations = {"tanh": np.tanh, "relu": lambda x: np.maximum(x, 0), "logits": lambda x: x, "value": lambda x: x}

    def compute(layers: list[dict]) -> np.ndarray:
        x = ROWS
        for layer in layers:
            x = activations[layer["activation"]](x @ tensors[layer["weight"]].T + tensors[layer["bias"]])
        return x

    single = model.animal(1)
    logits = compute(description["policy"])
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, probabilities(single, ROWS), atol=1e-5)
    with torch.no_grad():
        expected = single.policy.predict_values(torch.from_numpy(ROWS))
    np.testing.assert_allclose(compute(description["value"]), expected, atol=1e-5)
