"""Measures what docs/benchmarks/cohort.md reports, and writes it: `python docs/benchmarks/cohort.py [--rounds 5]
[--curves]`.

About three minutes on two processors (with --curves about five). Needs nothing but an installed socialrl; leave the
machine alone meanwhile.
"""

import argparse
import gc
import json
import os
import platform
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from scipy import stats

from socialrl.training.bench import N_LIVES, N_STEPS, phases, reference_cohort, run_bench
from socialrl.training.bench_curves import return_curves
from socialrl.training.cohort.engines import usable_processors
from socialrl.training.cohort.memory import bytes_per_animal

HERE = Path(__file__).parent
COHORT_SIZES = (8, 32, 128, 512)
PEAK = "gemm_gflops"


def resident_bytes() -> int:
    """Memory of this process, bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def scaling(rounds: int) -> list[dict[str, float]]:
    """Time per animal and update, and memory per animal, at each cohort size; the sizes alternate over the rounds."""
    rows = []
    models = {}
    for n_animals in COHORT_SIZES:
        gc.collect()
        before = resident_bytes()
        models[n_animals] = reference_cohort(n_animals)
        models[n_animals].learn(N_LIVES * N_STEPS)
        rows.append({"n_animals": n_animals, "resident_kib_per_animal": (resident_bytes() - before) / n_animals / 1024})
    fastest = dict.fromkeys(COHORT_SIZES, np.inf)
    for _ in range(rounds):
        for n_animals, model in models.items():
            # About as many samples at every size, so that no size is measured over a shorter time.
            n_updates = max(1, 256 // n_animals)
            start = time.perf_counter()
            model.learn(n_updates * N_LIVES * N_STEPS)
            elapsed = (time.perf_counter() - start) / n_updates / n_animals
            fastest[n_animals] = min(fastest[n_animals], elapsed)
    for row in rows:
        row["ms_per_animal_update"] = fastest[int(row["n_animals"])] * 1e3
        row["env_steps_per_s"] = N_LIVES * N_STEPS / fastest[int(row["n_animals"])]
    return rows


def measure(rounds: int, with_curves: bool) -> dict:
    bench = run_bench(rounds, progress=print)
    print("phases")
    model = reference_cohort(24)
    model.learn(N_LIVES * N_STEPS)
    # Short runs, many of them: the fastest is one that nothing else on the machine disturbed.
    runs = [phases(model, 2) for _ in range(8 * rounds)]
    best = min(runs, key=lambda run: sum(run.values()))
    print("cohort sizes")
    layout = model.policy.layout
    result = {
        "machine": f"{platform.machine()}, {usable_processors()} processors, load {os.getloadavg()[0]:.1f} at the end",
        "torch": torch.__version__,
        "bench": bench,
        "phases_ms": {name: seconds * 1e3 for name, seconds in best.items()},
        "sizes": scaling(2 * rounds),
        "accounted_kib_per_animal": bytes_per_animal(layout, N_LIVES, N_STEPS, 4) / 1024,
        "parameters": layout.n_parameters,
    }
    if with_curves:
        print("return curves, 2 x 16 animals")
        torch.set_num_threads(1)
        cohort, sb3 = (curves.reshape(16, 4, -1).mean(axis=2) for curves in return_curves(16, 32))
        result["curves"] = [
            {
                "cohort": [cohort[:, q].mean(), cohort[:, q].std(ddof=1)],
                "sb3": [sb3[:, q].mean(), sb3[:, q].std(ddof=1)],
                "p": stats.mannwhitneyu(cohort[:, q], sb3[:, q]).pvalue,
            }
            for q in range(4)
        ]
    return result


def page(result: dict) -> str:
    bench, spent = result["bench"], result["phases_ms"]
    total = sum(spent.values())
    cohort, dummy, native = (bench[f"{name}_env_steps_per_s"] for name in ("cohort", "sb3_dummy", "sb3_native"))
    rows = [
        "# Cohort against one PPO after another",
        "",
        "Made by `python docs/benchmarks/cohort.py` in one run. Each number is the best of several rounds; the kinds "
        "of work",
        f"alternate within a round. Machine: {result['machine']}; torch {result['torch']}.",
        "",
        "Reference work: PartnerPreference, 24 animals x 8 lives, n_steps 128, 4 minibatches of 256 per animal, 4 "
        "epochs, policy",
        f"and value networks of 64 x 64 tanh ({result['parameters']} parameters per animal), Adam, float32. SB3's PPO "
        "trains one animal",
        "with the same settings on 8 rows, on one torch thread (its matrix products are too small for two).",
        "",
        "| training | env steps per s | speed-up by the cohort |",
        "|---|---:|---:|",
        f"| CohortPPO, 24 animals | {cohort:,.0f} | |",
        f"| SB3 PPO, DummyVecEnv of 8 single envs | {dummy:,.0f} | {cohort / dummy:.1f} x |",
        f"| SB3 PPO, native vector env, 8 rows | {native:,.0f} | {cohort / native:.1f} x |",
        "",
        "| simulation alone | steps per s |",
        "|---|---:|",
        f"| PartnerPreference, single env | {bench['env_single_steps_per_s']:,.0f} |",
        f"| CartPole-v1 of Gymnasium, single env | {bench['cartpole_single_steps_per_s']:,.0f} |",
        f"| PartnerPreference, native vector env, 192 rows | {bench['env_vector_rows_per_s']:,.0f} |",
        "",
        "## Where the time goes",
        "",
        f"One update of 24 animals ({24 * N_LIVES * N_STEPS:,} env steps), {total:.0f} ms:",
        "",
        "| phase | ms | share |",
        "|---|---:|---:|",
        *(f"| {name} | {ms:.1f} | {ms / total:.1%} |" for name, ms in spent.items()),
        "",
        f"The update does {bench['update_gflops']:.0f} GFLOP/s of useful arithmetic (matrix products, padding not "
        "counted). The library's product of",
        f"two 1024 x 1024 matrices reaches {bench[PEAK]:.0f} GFLOP/s on the same processors. The update thus reaches "
        f"{bench['update_gflops'] / bench[PEAK]:.0%} of it, although",
        "its measured time includes tanh, softmax, losses, gather, gradient norm and Adam.",
        "",
        "## Cohort size",
        "",
        "| animals | ms per animal and update | env steps per s | memory per animal, KiB |",
        "|---:|---:|---:|---:|",
        *(
            f"| {row['n_animals']} | {row['ms_per_animal_update']:.2f} | {row['env_steps_per_s']:,.0f} | "
            f"{row['resident_kib_per_animal']:.0f} |"
            for row in result["sizes"]
        ),
        "",
        "Weights, Adam moments, rollout arrays and sample orders of one animal take "
        f"{result['accounted_kib_per_animal']:.0f} KiB; the memory check before",
        "training counts these. The measured memory also includes the env's state. It is too low where a cohort "
        "reuses "
        "memory",
        "that an earlier measurement freed, as in the first row.",
        "",
    ]
    if "curves" in result:
        rows += [
            "## Return curves",
            "",
            "Mean reward per step of 16 animals of a cohort and of 16 runs of SB3's PPO with other seeds, in quarters "
            "of training",
            "(32 updates; mean and standard deviation over animals; two-sided Mann-Whitney test, not corrected):",
            "",
            "| quarter | cohort | SB3 | p |",
            "|---:|---:|---:|---:|",
            *(
                f"| {i + 1} | {q['cohort'][0]:.3f} ± {q['cohort'][1]:.3f} | {q['sb3'][0]:.3f} ± {q['sb3'][1]:.3f} | "
                f"{q['p']:.2f} |"
                for i, q in enumerate(result["curves"])
            ),
            "",
        ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--curves", action="store_true", help="also train 2 x 16 animals for the return curves")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", UserWarning)
    result = measure(chosen.rounds, chosen.curves)
    (HERE / "cohort.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "cohort.md").write_text(page(result))
    print(page(result))


if __name__ == "__main__":
    main()
