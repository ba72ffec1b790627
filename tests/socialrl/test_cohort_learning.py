"""On PartnerPreference, a cohort's return curves are those of SB3's PPO; it can train from env checkpoints."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from socialrl.training.bench import reference_cohort
from socialrl.training.bench_curves import return_curves
from socialrl.training.cohort.checkpoint import load_latest, save_checkpoint


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_return_curves_of_cohort_and_sb3_are_indistinguishable_over_16_seeds() -> None:
    """Two independent samples of 16, mean reward in four quarters of training: no quarter differs (Holm-corrected rank
    tests).

    The test has power: it does tell the first quarter from the last within each sample.
    """
    torch.set_num_threads(1)
    cohort, sb3 = (curves.reshape(16, 4, -1).mean(axis=2) for curves in return_curves(16, 8))
    p = np.sort([stats.mannwhitneyu(cohort[:, quarter], sb3[:, quarter]).pvalue for quarter in range(4)])
    assert (p * np.arange(4, 0, -1)).min() > 0.05
    for sample in (cohort, sb3):
        assert stats.wilcoxon(sample[:, 0], sample[:, 3]).pvalue < 1e-2
        assert sample[:, 3].mean() > sample[:, 0].mean()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_animals_on_the_native_env_learn_the_same_alone_and_in_company() -> None:
    small = {"n_steps": 40, "batch_size": 160, "n_epochs": 2}
    together = reference_cohort(3, **small, seeds=[7, 100, 200]).learn(8 * 40 * 2)
    alone = reference_cohort(1, **small, seeds=[100]).learn(8 * 40 * 2)
    assert torch.equal(together.policy.weights[1], alone.policy.weights[0])


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_resuming_on_the_native_env_is_bit_identical(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    small = {"n_steps": 40, "batch_size": 160, "n_epochs": 2}
    whole = reference_cohort(2, **small).learn(2 * 8 * 40 * 2)
    half = reference_cohort(2, **small).learn(8 * 40 * 2)
    save_checkpoint(half, tmp_path)
    resumed = reference_cohort(2, **small)
    load_latest(resumed, tmp_path)
    resumed.learn(8 * 40 * 2, reset_num_timesteps=False)
    assert torch.equal(resumed.policy.weights, whole.policy.weights)
    assert not torch.equal(resumed.policy.weights, half.policy.weights)
