"""Run in a child process under some setting of the processor: a small study from end to end, as digests of all its
bytes.

Prints one JSON object, name of a result -> digest. `test_same_bytes.py` compares what comes out under different
settings.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
NOT_RESULTS = ("wall_s",)


def main(folder: Path, parts: list[str]) -> None:
    found: dict[str, str] = {}
    for part in parts:
        for name, result in PARTS[part](folder):
            found[f"{part}/{name}"] = digest(result)
    print(json.dumps(found))


def digest(result: Any) -> str:
    if isinstance(result, np.ndarray):
        data = np.ascontiguousarray(result).tobytes()
    elif isinstance(result, bytes):
        data = result
    else:
        data = repr(result).encode()
    return hashlib.sha256(data).hexdigest()[:16]


def of_table(name: str, table: pd.DataFrame) -> Iterator[tuple[str, Any]]:
    for column in table.columns.difference(NOT_RESULTS):
        values = table[column]
        plain = np.asarray(values) if values.dtype.kind in "fiub" else repr([_plain(one) for one in values])
        yield f"{name}.{column}", plain


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def whole_run(folder: Path) -> Iterator[tuple[str, Any]]:
    """Train a small cohort from a configuration, test it, write its report; every weight, column and number."""
    from socialrl.cli import main as socialrl

    run = folder / "run"
    settings = ["engine=cohort", "workers=null", f"output={folder}", "name=run", "animals=4", "env.duration_s=900"]
    settings += ["individual_spread=1.0", "ppo.net_arch=[64,64]", "probes.repeats=2"]
    for words in (["train", str(SMOKE), *settings], ["evaluate", str(run)], ["report", str(run)]):
        try:
            socialrl(words)
        except SystemExit as end:
            if end.code:
                raise
    for path in sorted(run.rglob("*.safetensors")):
        if "checkpoints" not in path.parts:
            yield path.name, path.read_bytes()
    for path in sorted(run.glob("*.parquet")):
        yield from of_table(path.name, pd.read_parquet(path))
    for path in sorted([*run.rglob("*.csv"), *run.rglob("summary.json")]):
        yield path.relative_to(run).as_posix(), path.read_bytes()


def habitat(_: Path) -> Iterator[tuple[str, Any]]:
    """The worlds that the run does not visit, under random actions; individuals drawn from the parameter table."""
    import gymnasium as gym

    from socialrl_envs.parameters import draw_individual

    rng = np.random.default_rng(3)
    for assay in ("GroupHabitat", "SocialOperant", "StrangerEncounter"):
        env = gym.make_vec(f"socialrl/{assay}-v0", num_envs=8, vectorization_mode="vector_entry_point", dt_s=3.0)
        observations, _ = env.reset(seed=1)
        seen = [observations]
        for _ in range(200):
            observations, rewards, *_ = env.step(rng.integers(0, env.single_action_space.n, 8))
            seen += [observations, rewards]
        yield assay, b"".join(np.ascontiguousarray(one).tobytes() for one in seen)
    yield "individual", [draw_individual(rng, {}) for _ in range(20)]
    release = gym.make("socialrl/OxytocinRelease-v0")
    seen = [release.reset(seed=2)[0]]
    for _ in range(200):
        observation, reward, *_ = release.step(int(rng.integers(0, release.action_space.n)))
        seen += [observation, np.asarray(reward)]
    yield "OxytocinRelease", b"".join(np.ascontiguousarray(one).tobytes() for one in seen)


def statistics(_: Path) -> Iterator[tuple[str, Any]]:
    """Intervals, tests and a scorecard over made-up animals."""
    from synthetic_battery import battery

    from socialrl.analysis import statistics as stats
    from socialrl.analysis import survival
    from socialrl.findings import load_registry
    from socialrl.findings.contrasts import evaluate, prepared

    rng = np.random.default_rng(5)
    for n in (5, 12, 33, 150):
        a, b = rng.normal(1, 1, n), rng.exponential(1, n)
        yield f"mean of {n}", stats.mean_interval(a)
        yield f"against {n}", stats.against(b, 0.9)
        yield f"paired {n}", stats.paired(pd.Series(a), pd.Series(b))
        yield f"unpaired {n}", stats.unpaired(a, b[: n - 1])
        times, reached = np.round(100 * b), rng.random(n) < 0.7
        yield f"times {n}", survival.event_times(times, reached, 200.0)
        yield f"logrank {n}", survival.logrank(times, reached, np.round(40 * np.abs(a)), reached)
    registry = load_registry()
    # rounded, because the makers of these tables use NumPy's exp
    tables = prepared({assay: table.round(6) for assay, table in battery(n=7, repeats=1).items()})
    for finding in registry.findings:
        for k, contrast in enumerate(finding.contrasts):
            effect = evaluate(contrast, tables, registry)
            yield f"{finding.id}.{k}", (effect.difference, effect.size, effect.p, effect.missing)


def calibration(_: Path) -> Iterator[tuple[str, Any]]:
    """A calibration on surrogate animals: emulator, fits, region of confidence, tables."""
    from synthetic_voles import N_FREE, SPACE, stand_in, surrogate, voles

    from socialrl.analysis.linear_algebra import principal_axes
    from socialrl.calibration.calibrate import calibrate
    from socialrl.calibration.emulator import Emulator
    from socialrl.calibration.plan import Plan
    from socialrl.calibration.population import normals

    kinds = ("peers", "mates")
    factors = SPACE.spread_out(96, 3)
    tests = np.stack([surrogate(factors, 0, kind=kind) for kind in kinds], axis=1)
    yield "prior", SPACE.draw_prior(50, 1)
    yield "normals", normals(64, N_FREE, 1, "x")
    for name, table in SPACE.members(factors).items():
        yield f"members.{name}", table
    emulator = Emulator.fit(factors, tests, np.linspace(1, 3, 96))
    yield "coefficients", emulator.coefficients
    yield "residuals", emulator.residuals
    yield "skill", emulator.skill
    real = pd.concat([voles(24, np.full(N_FREE, 0.1), np.full(N_FREE, 0.2), kind) for kind in kinds])
    plan = Plan(vectors=64, rounds=2, resamples=2, starts=2, seed=1)
    result = calibrate(real, stand_in(kinds), plan, SPACE, late=real)
    yield "after", result.after.vector
    yield "posterior", result.posterior
    yield "distances", [match.distances for match in result.matches.values()]
    yield "as far", result.as_far_of_both
    yield "rounds", result.rounds
    yield "axes", principal_axes(result.prior)
    for name in ("summaries", "parameters", "time_course", "bouts"):
        yield from of_table(name, getattr(result, name)())
    yield from of_table("goals", result.goals)
    yield from of_table("retests", result.retests)


PARTS = {"run": whole_run, "habitat": habitat, "statistics": statistics, "calibration": calibration}

if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:] or list(PARTS))
