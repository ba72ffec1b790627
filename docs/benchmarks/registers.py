"""Measures what docs/benchmarks/registers.md reports, and writes it: `python docs/benchmarks/registers.py`.

How much of the speed of the library's matrix product a training update reaches, with the registers of this processor
and with those of a processor without AVX-512, which is imitated. One thread, in processor time: other work on the
machine lengthens the measurement, and hardly changes its best values.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch

from socialrl.networks.lanes import LANES
from socialrl.training.bench import N_LIVES, N_STEPS, reference_cohort

HERE = Path(__file__).parent
AVX2 = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+popcnt,+sse4.2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
}
SETTINGS = {"this processor": {}, "imitated: no AVX-512": AVX2}
N_ANIMALS, SIZE = 6, 1024


def measure(seconds: float) -> dict[str, float]:
    """GFLOP/s of the update and of the library's product, which alternate; the best of each."""
    torch.set_num_threads(1)
    model = reference_cohort(N_ANIMALS, n_threads=1)
    model.learn(N_LIVES * N_STEPS)
    assert model.streams is not None
    engine, hyperparameters = model.policy.engine, model._hyperparameters()
    orders = model.streams.permutations(model.n_epochs, N_LIVES * N_STEPS)
    forward, backward = model.policy.layout.macs_per_sample()
    a = torch.rand(SIZE, SIZE)
    product = torch.mm(a, a)

    def update() -> None:
        engine.update(model.rollout_buffer, orders, hyperparameters, model.batch_size, True)

    def multiply() -> None:
        torch.mm(a, a, out=product)

    flops = {update: 2 * (forward + backward) * orders.size, multiply: 2 * SIZE**3}
    fastest = dict.fromkeys(flops, np.inf)
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for work in flops:
            for _ in range(8):
                start = time.thread_time()
                work()
                fastest[work] = min(fastest[work], time.thread_time() - start)
    rates = [flops[work] / fastest[work] / 1e9 for work in (update, multiply)]
    return {"lanes": LANES, "update_gflops": rates[0], "product_gflops": rates[1], "share": rates[0] / rates[1]}


def page(result: dict) -> str:
    rows = [
        "# The update and the processor's registers",
        "",
        f"Made by `python docs/benchmarks/registers.py` in one run; {result['machine']};",
        f"torch {result['torch']}. One thread, processor time, the best of many repeats, update and product in turn.",
        "Reference work as in `cohort.md`. Only matrix products count as arithmetic, no padding; the update's time",
        "includes tanh, softmax, losses, gather, gradient norm and Adam. The peer is the library's product (torch) of",
        f"two {SIZE} x {SIZE} matrices with the same instructions.",
        "",
        "| instructions | numbers in a register | update, GFLOP/s | library's product, GFLOP/s | share |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {row['lanes']} | {row['update_gflops']:.0f} | {row['product_gflops']:.0f} | "
            f"{row['share']:.0%} |"
            for name, row in result["settings"].items()
        ),
        "",
        "What an imitated processor gives says nothing about the clock and the caches of a real one.",
        "",
    ]
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each setting")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        print(json.dumps(measure(chosen.seconds)))
        return
    settings = {}
    for name, environment in SETTINGS.items():
        command = [sys.executable, __file__, "--child", "--seconds", str(chosen.seconds)]
        done = subprocess.run(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True)
        settings[name] = json.loads(done.stdout.splitlines()[-1])
    machine = f"{platform.machine()}, load {os.getloadavg()[0]:.1f} at the end"
    result = {"machine": machine, "torch": torch.__version__, "settings": settings}
    (HERE / "registers.json").write_text(json.dumps(result, indent=1) + "\n")
    (HERE / "registers.md").write_text(page(result))
    print(page(result))


if __name__ == "__main__":
    main()
