"""What probes and TensorBoard cost a cohort: `python docs/benchmarks/probes.py [--rounds 3]`, about two minutes.

Trains configs/partner_preference.yaml with its probes and logs, and again with neither, in turns; the best round of
each counts. Reading the configuration, compiling and writing the networks at the end are in neither.
"""

import argparse
import tempfile
import time
from pathlib import Path

from stable_baselines3.common.logger import Logger

from socialrl.animals.animal import animals_of
from socialrl.config.loading import Config, load_config
from socialrl.progress import Silent
from socialrl.storage.run_folder import RunFolder
from socialrl.training.cohort_trainer import CohortRecorder, build_cohort

CONFIG = Path(__file__).parents[2] / "configs" / "partner_preference.yaml"
STEPS = 90_000


def seconds(config: Config, watched: bool) -> float:
    """Return the wall seconds of learning, with probes, episode rows and event files or without."""
    animals = animals_of(config)
    model = build_cohort(config, animals)
    with tempfile.TemporaryDirectory() as folder:
        run = RunFolder.create(Path(folder) / "run", config_yaml="name: bench\n", meta={})
        recorder = CohortRecorder(run, config, animals, Silent()) if watched else None
        model.set_logger(Logger(folder=None, output_formats=[]))
        begun = time.perf_counter()
        model.learn(config.steps, callback=recorder)
        spent = time.perf_counter() - begun
        run.close()
    return spent


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    config = load_config(CONFIG, [f"steps={STEPS}"])
    load = {watched: min(times) for watched, times in _in_turns(config, rounds).items()}
    n = len(animals_of(config))
    print(f"{n} animals, {STEPS:,} steps each, probes every {config.probes.every_steps:,} steps")
    print(f"bare: {load[False]:.1f} s, {n * STEPS / load[False]:,.0f} env steps/s")
    print(f"with probes and TensorBoard: {load[True]:.1f} s, {100 * (load[True] / load[False] - 1):.1f} % more")


def _in_turns(config: Config, rounds: int) -> dict[bool, list[float]]:
    times: dict[bool, list[float]] = {False: [], True: []}
    seconds(load_config(CONFIG, ["steps=4096"]), True)  # compiles
    for _ in range(rounds):
        for watched in (False, True):
            times[watched].append(seconds(config, watched))
    return times


if __name__ == "__main__":
    main()
