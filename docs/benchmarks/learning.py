"""How many steps wild types need until they behave as they do at the end of training, under several settings of PPO.

    python docs/benchmarks/learning.py --assay PartnerPreference --seeds 1,2 \\
        --settings "" --settings "before" --settings "steps=75000 lives=8 ppo.learning_rate=lin_3e-3"

Each `--settings` is a list of changes to the battery's training of that assay, as on the command line of `socialrl
train`, separated by spaces. "" changes nothing, and "before" stands for the settings that the assay had when it was
made faster, the reference. Only wild types (gain 1, the table's spread between animals) learn, because settings are
never chosen by what knockouts do. During training frozen copies of all animals take the same tests again and again;
their CPU seconds are not counted. Runs are added to learning.json, and one with the same assay, settings and seed is
replaced; learning.csv, learning.md and the pictures are made anew from all of them, without `--settings` only that.
A run takes 10 to 40 CPU seconds.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from learning_curves import PROBED
from learning_page import write_page
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from socialrl.analysis.measure_table import measure_called
from socialrl.analysis.measure_values import values
from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.assays import study_of
from socialrl.config.loading import Config, config_from_data, with_overrides
from socialrl.evaluation.playing import play_tests
from socialrl.storage.atomic import write_bytes
from socialrl.training.cohort import CohortPPO
from socialrl.training.cohort_trainer import build_cohort

HERE = Path(__file__).parent
REPEATS = 4
_TRAINED_AS = {"GroupMember": "GroupHabitat"}


def wild_types(assay: str, animals: int, seed: int, changes: list[str]) -> Config:
    """Return the battery's training of an assay for one group of wild types, with `changes`."""
    study = study_of(_TRAINED_AS.get(assay, assay))
    data = {
        "name": "learning",
        "seed": seed,
        "workers": 1,
        "env": {"id": study_of(assay).id, **study.training["env"]},
        "genotypes": {"wt": {"oxtr_gain": 1.0}},
        "animals": animals,
        "lives": study.training["lives"],
        "steps": study.steps["full"],
        "ppo": study.training.get("ppo", {}),
        "probes": {"repeats": REPEATS, "tests": PROBED[assay].tests},
        "evaluation": {"duration_s": PROBED[assay].test_s},
    }
    return with_overrides(config_from_data(data, "learning"), changes)


class Probing(BaseCallback):
    """Takes the tests at the first rollout after every `every` steps, and at the end; `rows` has one entry for each."""

    def __init__(self, config: Config, every: int) -> None:
        super().__init__()
        self._config, self._every, self._next = config, every, 0
        self._assay = study_of(config.env.id).name
        self._animals = animals_of(config)
        self._probing_cpu_s, self._begun = 0.0, 0.0
        self.rows: list[dict[str, Any]] = []

    def _on_training_start(self) -> None:
        self._begun = time.process_time()

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps >= self._next:
            self.probe()
            self._next += self._every

    def _on_training_end(self) -> None:
        self.probe()

    @property
    def cpu_s(self) -> float:
        """CPU seconds of learning so far, without those of the tests."""
        return time.process_time() - self._begun - self._probing_cpu_s

    def probe(self) -> None:
        """Test all animals as they are now."""
        begun, cpu_s = time.process_time(), self.cpu_s
        model = self.model
        assert isinstance(model, CohortPPO)
        unpack = model.policy.layout.unpack
        weights = [{k: v.numpy() for k, v in unpack(row).items()} for row in model.policy.weights.detach().numpy()]
        tests = self._config.probes.tests
        table = play_tests(
            self._config.for_evaluation(), self._animals, FrozenPolicies(weights), tests,
            repeats=REPEATS, purpose="probe", steps=self.num_timesteps,
        )  # fmt: skip
        by_animal = {
            f"{test}/{name}": values(table[table["test"] == test], measure_called(name), ["animal"])
            for test, name in PROBED[self._assay].measures
        }
        rounded = {name: [float(f"{one:.4g}") for one in column] for name, column in by_animal.items()}
        self.rows.append({"steps": self.num_timesteps, "cpu_s": round(cpu_s, 2), "values": rounded})
        self._probing_cpu_s += time.process_time() - begun


def settings_of(config: Config) -> dict[str, Any]:
    """Return what decides how the animals of a configuration learn."""
    return {"steps": config.steps, "lives": config.lives, **config.ppo.model_dump(mode="json")}


def measure(config: Config, every: int) -> list[dict[str, Any]]:
    """Train the animals of a configuration and return the rows of its probes."""
    model = build_cohort(config, animals_of(config))
    model.set_logger(Logger(folder=None, output_formats=[]))
    probing = Probing(config, every)
    model.learn(config.steps, callback=probing)
    return probing.rows


def stored(path: Path) -> list[dict[str, Any]]:
    """Return the runs that are kept in a file."""
    return list(json.loads(path.read_text())) if path.exists() else []


def main() -> None:
    """Measure what the command line names, keep it in learning.json, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", choices=sorted(PROBED), default="PartnerPreference")
    parser.add_argument("--settings", action="append", default=[], help='changes, for example "lives=8 steps=75000"')
    parser.add_argument("--seeds", default="1", help="whole numbers, for example 1,2 (default: 1)")
    parser.add_argument("--animals", type=int, default=16, help="wild types, a multiple of 8 in a habitat")
    parser.add_argument("--every", type=int, default=12_500, help="steps between two probes")
    parser.add_argument("--results", type=Path, default=HERE / "learning.json", help="where runs are kept")
    chosen = parser.parse_args()
    path: Path = chosen.results
    runs = stored(path)
    if chosen.settings:  # compiles, so that the first run is not slower than the others
        measure(wild_types(chosen.assay, 8, 1, ["steps=4096", "lives=8"]), 10**9)
    for settings in chosen.settings:
        for seed in map(int, chosen.seeds.split(",")):
            config = wild_types(chosen.assay, chosen.animals, seed, changes(settings, chosen.assay))
            rows = measure(config, chosen.every)
            key = {"assay": chosen.assay, "settings": settings_of(config), "seed": seed}
            runs = [run for run in stored(path) if {name: run[name] for name in key} != key]
            runs.append({**key, "animals": chosen.animals, "probes": rows})
            write_bytes(path, (json.dumps(runs, separators=(",", ":")) + "\n").replace("},{", "},\n{").encode())
            means = ", ".join(f"{name} {np.nanmean(column):.3g}" for name, column in rows[-1]["values"].items())
            print(f"{settings or 'in use'}, seed {seed}: {rows[-1]['steps']:,} steps, {rows[-1]['cpu_s']} s; {means}")
    current = {
        f"{kind}{assay}": settings_of(wild_types(assay, 8, 1, changes(kind.strip(), assay)))
        for kind in ("", "before ")
        for assay in PROBED
    }
    write_page(runs, current, path.parent)


def changes(settings: str, assay: str) -> list[str]:
    """Return the changes that a `--settings` stands for."""
    return (PROBED[assay].before if settings == "before" else settings).split()


if __name__ == "__main__":
    main()
