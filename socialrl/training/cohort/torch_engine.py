"""A cohort's arithmetic in batched tensor operations, for any device that torch knows; same meaning as `rollout.py` and
`update.py`.

Every product carries the animal axis (`torch.baddbmm`), and gradients are written by hand: the graph of this small
network would cost more than the arithmetic. No operation mixes animals.
"""

import numpy as np
import torch

from socialrl.training.cohort.buffer import CohortBuffer
from socialrl.training.cohort.layout import POLICY, VALUE, Layer
from socialrl.training.cohort.parts import Networks
from socialrl.training.cohort.update import HYPERPARAMETERS, STATISTICS


class TorchEngine:
    """See `engines.Engine`. Tensors inside have shape (n_animals, samples of an animal, features)."""

    def __init__(self, policy: Networks) -> None:
        self._policy = policy
        self._n_animals = policy.n_animals

    @torch.no_grad()
    def act(
        self, observations: np.ndarray, uniforms: np.ndarray, episode_starts: np.ndarray, buffer: CohortBuffer
    ) -> tuple[np.ndarray, int]:
        x = self._by_animal(observations)
        log_probs = torch.log_softmax(self._forward(POLICY, x)[-1], dim=-1)
        values = self._forward(VALUE, x)[-1][..., 0]
        below = log_probs.exp().cumsum(dim=-1)
        draws = self._by_animal(uniforms[:, None])
        actions = (below <= draws).sum(dim=-1).clamp(max=log_probs.shape[-1] - 1)
        taken = log_probs.gather(-1, actions[..., None])[..., 0]
        now = (slice(None), slice(None), buffer.step)
        kept = buffer.observations.reshape(self._n_animals, buffer.n_lives, buffer.n_steps, -1)
        kept[now] = observations.reshape(self._n_animals, buffer.n_lives, -1)
        buffer.by_life(buffer.actions)[now] = actions.cpu().numpy()
        buffer.by_life(buffer.log_probs)[now] = taken.cpu().numpy()
        buffer.by_life(buffer.values)[now] = values.cpu().numpy()
        buffer.by_life(buffer.episode_starts)[now] = episode_starts.reshape(self._n_animals, -1)
        troubled = ~(torch.isfinite(taken) & torch.isfinite(values)).flatten()
        first = int(troubled.nonzero()[0, 0]) if bool(troubled.any()) else -1
        return actions.flatten().cpu().numpy().astype(np.int64), first

    @torch.no_grad()
    def probabilities(self, observations: np.ndarray) -> np.ndarray:
        logits = self._forward(POLICY, self._by_animal(observations))[-1]
        return torch.softmax(logits, dim=-1).flatten(0, 1).cpu().numpy()

    @torch.no_grad()
    def values(self, observations: np.ndarray, wanted: np.ndarray | None = None) -> np.ndarray:
        values = self._forward(VALUE, self._by_animal(observations))[-1].flatten().cpu().numpy()
        return values if wanted is None else np.where(wanted, values, np.float32(0))

    @torch.no_grad()
    def update(
        self,
        buffer: CohortBuffer,
        permutations: np.ndarray,
        hyperparameters: np.ndarray,
        batch_size: int,
        normalize_advantage: bool,
    ) -> np.ndarray:
        device = self._policy.weights.device
        n_animals, n_epochs, n_samples = permutations.shape
        sources = {
            name: torch.from_numpy(getattr(buffer, name)).to(device)
            for name in ("observations", "actions", "log_probs", "values", "advantages", "returns")
        }
        orders = torch.from_numpy(permutations).to(device).long()
        table = torch.from_numpy(hyperparameters).to(device)
        hyper = {name: table[:, i, None].float() for i, name in enumerate(HYPERPARAMETERS)}
        totals = torch.zeros(n_animals, 4, dtype=torch.float64, device=device)
        kl_of_epoch, loss, norms, steps_taken, epochs, minibatches, in_epoch = (
            torch.zeros(n_animals, dtype=torch.float64, device=device) for _ in range(7)
        )
        running = torch.ones(n_animals, dtype=torch.bool, device=device)
        stopped, non_finite = torch.zeros_like(running), torch.zeros_like(running)
        for epoch in range(n_epochs):
            if not bool(running.any()):
                break
            epochs += running
            kl_of_epoch[running] = 0
            in_epoch[running] = 0
            for start in range(0, n_samples, batch_size):
                order = orders[:, epoch, start : start + batch_size]
                batch = {name: _take(source, order) for name, source in sources.items()}
                losses, kl, gradient = self._losses_and_gradient(batch, hyper, normalize_advantage)
                policy_loss, value_loss, entropy_loss, _ = losses.unbind(dim=1)
                total = policy_loss + hyper["ent_coef"][:, 0] * entropy_loss + hyper["vf_coef"][:, 0] * value_loss
                norm = torch.linalg.vector_norm(gradient, dim=1)
                totals += torch.where(running[:, None], losses.double(), 0.0)
                minibatches += running
                in_epoch += running
                kl_of_epoch += torch.where(running, kl.double(), 0.0)
                loss = torch.where(running, total.double(), loss)
                non_finite |= running & ~(torch.isfinite(total) & torch.isfinite(norm))
                # A comparison with NaN (no target) is false.
                stopped |= running & ~non_finite & (kl.double() > 1.5 * table[:, HYPERPARAMETERS.index("target_kl")])
                running = ~(stopped | non_finite)
                norms += torch.where(running, norm.double(), 0.0)
                steps_taken += running
                scale = (hyper["max_grad_norm"][:, 0] / (norm + 1e-6)).clamp(max=1.0)
                self._adam(gradient * scale[:, None], table, running)
        statistics = torch.zeros(n_animals, len(STATISTICS), dtype=torch.float64, device=device)
        columns = {name: i for i, name in enumerate(STATISTICS)}
        statistics[:, :4] = totals / minibatches[:, None]
        for name, column in (
            ("approx_kl", kl_of_epoch / in_epoch),
            ("loss", loss),
            ("grad_norm", norms / steps_taken),
            ("n_epochs", epochs),
            ("n_minibatches", minibatches),
            ("stopped_early", stopped),
            ("non_finite", non_finite),
        ):
            statistics[:, columns[name]] = column.double()
        return statistics.cpu().numpy()

    def _by_animal(self, rows: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.ascontiguousarray(rows, np.float32))
        return tensor.to(self._policy.weights.device).reshape(self._n_animals, -1, rows.shape[1])

    def _matrix(self, flat: torch.Tensor, layer: Layer) -> torch.Tensor:
        matrix: torch.Tensor = flat[:, layer.weight_at : layer.bias_at].unflatten(  # type: ignore[no-untyped-call]
            1, (layer.n_in, layer.width)
        )
        return matrix[:, :, : layer.n_out]

    def _forward(self, network: int, x: torch.Tensor) -> list[torch.Tensor]:
        """The input, each hidden activation and the output of one network, each (n_animals, samples, features)."""
        weights = self._policy.weights
        layers = self._policy.layout.networks[network]
        outputs = [x]
        for i, layer in enumerate(layers):
            bias = weights[:, None, layer.bias_at : layer.bias_at + layer.n_out]
            z = torch.baddbmm(bias, outputs[-1], self._matrix(weights, layer))
            if i < len(layers) - 1:
                z = torch.relu(z) if self._policy.relu else torch.tanh(z)
            outputs.append(z)
        return outputs

    def _backward(self, network: int, outputs: list[torch.Tensor], delta: torch.Tensor, gradient: torch.Tensor) -> None:
        layers = self._policy.layout.networks[network]
        for i in range(len(layers) - 1, -1, -1):
            layer, below = layers[i], outputs[i]
            self._matrix(gradient, layer).copy_(below.transpose(1, 2) @ delta)
            gradient[:, layer.bias_at : layer.bias_at + layer.n_out] = delta.sum(dim=1)
            if i > 0:
                delta = delta @ self._matrix(self._policy.weights, layer).transpose(1, 2)
                delta = delta * ((below > 0) if self._policy.relu else (1 - below * below))

    def _losses_and_gradient(
        self, batch: dict[str, torch.Tensor], hyper: dict[str, torch.Tensor], normalize_advantage: bool
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Losses (n_animals, 4: policy, value, entropy, clipped share), KL (n_animals,), gradient of all weights."""
        n_batch = batch["actions"].shape[1]
        advantages = batch["advantages"]
        if normalize_advantage and n_batch > 1:
            spread = advantages.std(dim=1, keepdim=True) + 1e-8
            advantages = (advantages - advantages.mean(dim=1, keepdim=True)) / spread
        policy = self._forward(POLICY, batch["observations"])
        log_probs = torch.log_softmax(policy[-1], dim=-1)
        probabilities = log_probs.exp()
        entropy = -(probabilities * log_probs).sum(dim=-1)
        actions = batch["actions"].long()[..., None]
        log_ratio = log_probs.gather(-1, actions)[..., 0] - batch["log_probs"]
        ratio = log_ratio.exp()
        clip = hyper["clip_range"]
        free_gain = advantages * ratio
        clipped_gain = advantages * ratio.clamp(1 - clip, 1 + clip)
        slope = torch.where(clipped_gain < free_gain, torch.zeros_like(ratio), -free_gain / n_batch)
        taken = torch.zeros_like(log_probs).scatter_(-1, actions, 1.0)
        delta = slope[..., None] * (taken - probabilities)
        delta += (hyper["ent_coef"] / n_batch)[..., None] * probabilities * (log_probs + entropy[..., None])

        value = self._forward(VALUE, batch["observations"])
        predictions, passes = value[-1][..., 0], torch.ones_like(ratio)
        reach = torch.nan_to_num(hyper["clip_range_vf"], nan=float("inf"))
        change = predictions - batch["values"]
        clipped_values = torch.where(change.abs() > reach, batch["values"] + change.clamp(-reach, reach), predictions)
        passes = (change.abs() <= reach).float()
        error = clipped_values - batch["returns"]
        value_delta = 2 * error * passes * hyper["vf_coef"] / n_batch

        gradient = torch.zeros_like(self._policy.weights)
        self._backward(POLICY, policy, delta, gradient)
        self._backward(VALUE, value, value_delta[..., None], gradient)
        losses = torch.stack(
            [
                -torch.minimum(free_gain, clipped_gain).mean(dim=1),
                (error * error).mean(dim=1),
                -entropy.mean(dim=1),
                ((ratio - 1).abs() > clip).float().mean(dim=1),
            ],
            dim=1,
        )
        return losses, ((ratio - 1) - log_ratio).mean(dim=1), gradient

    def _adam(self, gradient: torch.Tensor, table: torch.Tensor, running: torch.Tensor) -> None:
        mean, square, steps = self._policy.optimizer.moments()
        rate, beta1, beta2, eps = (
            table[:, HYPERPARAMETERS.index(n), None] for n in ("learning_rate", "beta1", "beta2", "eps")
        )
        steps += running
        mask = running[:, None]
        counted = steps.clamp(min=1)[:, None].double()
        step_size = (rate / (1 - beta1**counted)).float()
        root_correction = (1 - beta2**counted).sqrt().float()
        mean.copy_(torch.where(mask, mean + (gradient - mean) * (1 - beta1.float()), mean))
        square.copy_(torch.where(mask, square * beta2.float() + (1 - beta2.float()) * gradient * gradient, square))
        change = step_size * mean / (square.sqrt() / root_correction + eps.float())
        self._policy.weights.sub_(torch.where(mask, change, torch.zeros_like(change)))


def _take(source: torch.Tensor, order: torch.Tensor) -> torch.Tensor:
    """Rows `order` (n_animals, n_batch) of each animal's samples."""
    if source.dim() == 3:
        return source.gather(1, order[..., None].expand(-1, -1, source.shape[2]))
    return source.gather(1, order)
