"""What one point of a sweep costs: processor seconds, memory and disk per animal, by size, one process and one thread.

Run `python docs/benchmarks/clusters.py`; it prints the rows of the table in docs/clusters.md. Processor seconds are
counted and not time on the clock, so that a busy machine measures nearly the same; what others do to its caches shows.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SIZES = (4, 16, 64)
"""Animals per genotype; three genotypes."""


def measured(animals: int, folder: Path) -> dict[str, float]:
    """Train and test one point in this process and return what it took; start-up and compiling are apart."""
    import torch as th

    from socialrl.config.loading import config_to_yaml, load_config
    from socialrl.progress import Silent
    from socialrl.sweep.point import run_point
    from socialrl.work.task import Seat

    th.set_num_threads(1)
    seat = Seat(1, Silent())

    def point(name: str, *more: str) -> tuple[float, float, Path]:
        words = [f"animals={animals}", f"name={name}", f"output={folder}", "probes.tests=[]", *more]
        config = load_config(ROOT / "configs" / "partner_preference.yaml", words)
        path = folder / name
        begun = _processor_s()
        run_point(config_yaml=config_to_yaml(config), folder=str(path), command="", seat=seat)
        return _processor_s() - begun, float(config.steps), path

    start_s = _processor_s()
    point("warm", "steps=1024", "evaluation.repeats=1", "animals=1")
    warm_s = _processor_s()
    short_s, short, _ = point("short", "steps=4096")
    long_s, steps, path = point("long", "steps=20480")
    n = 3 * animals
    of_a_step = (long_s - short_s) / (steps - short) / n
    size = sum(one.stat().st_size for one in path.rglob("*") if one.is_file())
    return {
        "animals": n,
        "start": warm_s - start_s,
        "us_per_step": 1e6 * of_a_step,
        "s_besides": (short_s - of_a_step * short * n) / n,
        "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "kib_on_disk": size / 1024 / n,
    }


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as place:
            print(json.dumps(measured(int(sys.argv[1]), Path(place))))
    else:
        print("| animals | µs per step and animal | s per animal besides | memory, MiB | on disk, KiB per animal |")
        print("|---:|---:|---:|---:|---:|")
        for animals in SIZES:
            words = [sys.executable, __file__, str(animals)]
            told = subprocess.run(words, capture_output=True, text=True, check=True, env={**os.environ})
            row = json.loads(told.stdout.splitlines()[-1])
            numbers = f"{row['us_per_step']:.2f} | {row['s_besides']:.3f} | {row['mib']:.0f} | {row['kib_on_disk']:.0f}"
            print(f"| {row['animals']:.0f} | {numbers} |", flush=True)
            print(f"start-up and a tiny point: {row['start']:.1f} s", file=sys.stderr)
