"""Animals of a cohort do not touch each other: same learning in any company, and one animal's failure is its own."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from stable_baselines3.common.callbacks import BaseCallback
from toy_envs import CueVecEnv, WalkVecEnv

from socialrl.errors import UserError
from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort.checkpoint import load_latest, save_checkpoint

SEEDS = [3, 1, 4, 15, 9, 2, 6, 5]
SETTINGS: dict[str, Any] = {
    "n_steps": 24,
    "batch_size": 20,
    "n_epochs": 3,
    "learning_rate": 2e-3,
    "target_kl": 0.01,
    "clip_range_vf": 0.2,
    "ent_coef": 0.01,
}


def trained(seeds: list[int], engine: str = "compiled", lives: int = 3, **settings: Any) -> CohortPPO:
    torch.set_num_threads(1)
    model = CohortPPO(
        "MlpPolicy", WalkVecEnv(len(seeds) * lives, limit=11), n_animals=len(seeds), seeds=seeds, engine=engine,
        **{**SETTINGS, **settings},
    )  # fmt: skip
    # The toy env's limits differ by row; an animal's must depend on its life only.
    model.env.limits = 11 + np.tile(np.arange(lives), len(seeds))  # type: ignore[union-attr]
    return model.learn(4 * lives * 24)


@pytest.mark.parametrize("company", [[4], [4, 9, 3]], ids=["alone", "among three"])
def test_an_animal_learns_the_same_in_any_company_to_the_last_bit(company: list[int]) -> None:
    eight, fewer = trained(SEEDS), trained(company)
    here, there = SEEDS.index(4), company.index(4)
    assert torch.equal(eight.policy.weights[here], fewer.policy.weights[there])
    for a, b in zip(eight.policy.optimizer.moments(), fewer.policy.optimizer.moments(), strict=True):
        assert torch.equal(a[here], b[there])
    assert not torch.equal(eight.policy.weights[0], eight.policy.weights[1])


def test_the_tensor_engine_keeps_animals_apart_to_float_tolerance() -> None:
    eight, alone = trained(SEEDS, "torch"), trained([4], "torch")
    np.testing.assert_allclose(eight.policy.weights[2], alone.policy.weights[0], rtol=1e-4, atol=2e-5)


def test_the_number_of_threads_does_not_matter() -> None:
    one, three = (trained(SEEDS[:5], n_threads=n_threads) for n_threads in (1, 3))
    assert torch.equal(one.policy.weights, three.policy.weights)


def test_hyperparameters_of_one_animal_do_not_reach_another() -> None:
    """Animal 1 gets its own rate, entropy bonus, gamma and lambda; each learns as where all have its values."""
    own = {"learning_rate": 9e-3, "ent_coef": 0.3, "gamma": 0.5, "gae_lambda": 0.7}
    usual = {"learning_rate": 2e-3, "ent_coef": 0.01, "gamma": 0.99, "gae_lambda": 0.95}
    mixed = trained([3, 1, 4], **{name: [usual[name], own[name], usual[name]] for name in own})
    all_usual, all_own = trained([3, 1, 4], **usual), trained([3, 1, 4], **own)
    assert torch.equal(mixed.policy.weights[0], all_usual.policy.weights[0])
    assert torch.equal(mixed.policy.weights[1], all_own.policy.weights[1])
    assert not torch.equal(mixed.policy.weights[1], all_usual.policy.weights[1])


class Poison(BaseCallback):
    """Makes one row's reward NaN from a given per-animal step on; optionally claims that a named term is the cause."""

    def __init__(self, row: int, from_step: int, term: str | None = None) -> None:
        super().__init__()
        self.row, self.from_step, self.term = row, from_step, term

    def _on_step(self) -> bool:
        if self.num_timesteps >= self.from_step:
            self.locals["rewards"][self.row] = np.nan
            if self.term is not None:
                column = np.zeros(self.training_env.num_envs)
                column[self.row] = np.nan
                self.training_env.reward_terms = {"novelty": np.zeros_like(column), self.term: column}  # type: ignore[attr-defined]
        return True


def test_a_nan_reward_stops_with_the_animal_named_and_leaves_the_checkpoint(tmp_path: Path) -> None:
    names = ["wild_type-00", "wild_type-01", "knockout-00"]
    model = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, seeds=[1, 2, 3], animal_names=names, **SETTINGS)
    model.learn(96)
    kept = model.policy.weights.clone()
    save_checkpoint(model, tmp_path)
    with pytest.raises(
        UserError, match=r"animal knockout-00 \(life 1\) at step 150: the reward is nan in reward term effort"
    ):
        model.learn(96, callback=Poison(row=5, from_step=150, term="effort"), reset_num_timesteps=False)
    again = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, seeds=[1, 2, 3], animal_names=names, **SETTINGS)
    load_latest(again, tmp_path)
    assert torch.equal(again.policy.weights, kept)
    assert again.num_timesteps == 96


@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_a_loss_that_is_not_finite_names_the_animal_and_spares_the_others(engine: str) -> None:
    model = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, seeds=[1, 2, 3], engine=engine, **SETTINGS)

    class Overflow(BaseCallback):
        def _on_step(self) -> bool:
            return True

        def _on_rollout_end(self) -> None:
            self.model.rollout_buffer.returns[1, 7] = np.inf  # type: ignore[attr-defined]

    before = model.policy.weights.clone()
    with pytest.raises(UserError, match="animal animal-1 at step 48: the loss is not finite"):
        model.learn(48, callback=Overflow())
    assert torch.isfinite(model.policy.weights).all()
    assert not torch.equal(model.policy.weights[0], before[0])
    assert not torch.equal(model.policy.weights[2], before[2])


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["compiled", "torch"])
def test_every_animal_finds_the_known_optimum(engine: str) -> None:
    """Naming the cue pays 1 a step, so the best policy always names it. All 12 animals must; chance is 1/3."""
    torch.set_num_threads(1)
    settings = {"n_steps": 64, "batch_size": 64, "n_epochs": 6, "learning_rate": 3e-3, "gamma": 0.5}
    model = CohortPPO(
        "MlpPolicy", CueVecEnv(24), 12, seed=5, engine=engine, policy_kwargs={"net_arch": [32]}, **settings
    )
    cues = np.repeat(np.eye(3, dtype=np.float32)[None], 12, axis=0)

    def right() -> np.ndarray:
        return np.einsum("icc->ic", model.policy.probabilities(cues.reshape(36, 3)).reshape(12, 3, 3)).min(axis=1)

    assert right().max() < 0.5
    model.learn(6000)
    assert right().min() > 0.9
    values = model.policy.values(cues.reshape(36, 3))
    np.testing.assert_allclose(values, 2.0, atol=0.15)  # a reward of 1 for ever at gamma 0.5


def test_refusals_say_what_is_allowed() -> None:
    with pytest.raises(UserError, match="env has 6 rows, which 4 animals cannot share equally"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 4)
    with pytest.raises(UserError, match="learning_rate: 2 values for 3 animals"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, learning_rate=[1e-3, 1e-3])
    with pytest.raises(UserError, match=r"gamma of animal 1 must be a number from 0 to 1, got 1\.5"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, gamma=[0.9, 1.5, 0.9])
    with pytest.raises(UserError, match="seeds: 2 given for 3 animals"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, seeds=[1, 2])
    with pytest.raises(UserError, match="unknown policy_kwargs entry 'net_archs'; did you mean 'net_arch'"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, policy_kwargs={"net_archs": [8]})
    with pytest.raises(UserError, match="engine: 'fast' is not one of auto, compiled, torch"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, engine="fast")
    model = CohortPPO("MlpPolicy", WalkVecEnv(6), 3, n_steps=8, batch_size=8)
    with pytest.raises(UserError, match="needs a multiple of 3 rows, animal-major, got 4"):
        model.predict(np.zeros((4, 5), np.float32))
    with pytest.raises(UserError, match="unknown animal 'animal-9'; known: animal-"):
        model.animal("animal-9")
    with pytest.raises(UserError, match=r"needs .* GiB of memory, and .* animals would fit, or n_steps"):
        CohortPPO("MlpPolicy", WalkVecEnv(6), 3, n_steps=10**10, batch_size=8)
