"""The test protocol: frozen animals play tests with sampled actions, one row per animal, test and repeat.

Nothing learns here. Actions are sampled from the policy, never the most likely one: the argmax would turn a 60/40
preference into 100/0. Random numbers come from separate streams, the same in all groups, so that groups are
compared in pairs; they do not depend on how many animals are tested together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium as gym
import numpy as np
import pandas as pd
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.animals.animal import Animal, animals_of
from socialrl.animals.policies import FrozenPolicies, load_trained
from socialrl.animals.rows import Lineup
from socialrl.budget import check_tests
from socialrl.config.loading import Config, Drug, TestCondition
from socialrl.errors import UserError, command
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.selection import ALL, Selection, rows_of, with_company
from socialrl.evaluation.series import SeriesRecorder, dyads
from socialrl.evaluation.steps import StepRecorder
from socialrl.evaluation.traces import Tracer
from socialrl.progress import Progress
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS, SocialVectorEnv
from socialrl_envs.noise import fill_uniform

_ROWS_AT_ONCE = 4096


def play_tests(
    config: Config,
    animals: Sequence[Animal],
    policies: FrozenPolicies,
    tests: Sequence[TestCondition],
    *,
    repeats: int,
    purpose: str,
    steps: int,
    tracer: Tracer | None = None,
    events: EventRecorder | None = None,
    series: SeriesRecorder | None = None,
    moves: StepRecorder | None = None,
) -> pd.DataFrame:
    """Return one row per animal, test and repeat: common columns, `steps`, the test, reward sums and raw counters.

    `purpose` names the random streams ("probe", "evaluation"): the same purpose plays the same tests again, so that
    probes at different steps differ by what was learned. `steps` is copied into the rows. Tests with different drugs or
    of different length are played in separate worlds, one after another.
    """
    pieces = []
    for drugs, duration_s in dict.fromkeys((test.drugs, config.length_of(test)) for test in tests):
        alike = [test for test in tests if (test.drugs, config.length_of(test)) == (drugs, duration_s)]
        block = [(test, repeat) for test in alike for repeat in range(repeats)]
        played = _Tests(config, animals, block, purpose, [*config.env.drugs_of_tests, *drugs], duration_s)
        sums, record = played.play(policies, tracer, events, series, moves)
        labels = played.labels()
        columns: dict[str, Any] = {
            **{name: labels[name] for name in animals[0].common()},
            "steps": steps,
            "test": labels["test"],
            "assay": config.env.id,
            "repeat": labels["repeat"],
            "seed": played.seeds,
            "return": sums.sum(axis=0),
            **{f"reward_{term}": sums[k] for k, term in enumerate(played.terms)},
            **{name: list(column) if column.ndim > 1 else column for name, column in record.items()},
        }
        pieces.append(pd.DataFrame(columns))
    return pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)


class _Tests:
    """Animals in their worlds, ready to play a block of tests; rows are animal by animal."""

    def __init__(
        self,
        config: Config,
        animals: Sequence[Animal],
        block: Sequence[tuple[TestCondition, int]],
        purpose: str,
        drugs: Sequence[Drug],
        duration_s: float,
    ) -> None:
        self.rows = [(animal, test, repeat) for animal in animals for test, repeat in block]
        lineup = Lineup(ASSAYS[config.env.id], animals, len(block))
        self._order = lineup.order
        env = gym.make_vec(
            config.env.id,
            num_envs=len(self.rows),
            vectorization_mode="vector_entry_point",
            autoreset_mode=AutoresetMode.DISABLED,
            dt_s=config.env.dt_s,
            duration_s=duration_s,
            drugs=[drug.model_dump() for drug in drugs],
            attachment=config.env.attachment,
            tones_apart=config.env.tones_apart,
            **lineup.arguments(),
        ).unwrapped
        assert isinstance(env, SocialVectorEnv)
        self._env = env
        self.terms = env.world.terms
        path = [(purpose, animal.index, test.name, repeat) for animal, test, repeat in self.rows]
        self.seeds = np.array([seeding.seed_int(config.seed, "test", *one) for one in path])
        self._keys = np.array([seeding.seed_int(config.seed, "choice", *one) for one in path], dtype=np.uint64)
        world_seeds = lineup.world_seeds(self.seeds)
        for test in dict.fromkeys(test for test, _ in block):
            mask = np.zeros(len(self.rows), dtype=np.bool_)
            mask[self._order] = [one.name == test.name for _, one, _ in self.rows]
            self._observations, _ = env.reset(seed=world_seeds, options={"reset_mask": mask, **test.history()})

    def labels(self) -> dict[str, list[Any]]:
        """Return the columns that identify a row: the animal's common columns, test and repeat."""
        common = [animal.common() for animal, _, _ in self.rows]
        return {
            **{name: [one[name] for one in common] for name in common[0]},
            "test": [test.name for _, test, _ in self.rows],
            "repeat": [repeat for _, _, repeat in self.rows],
        }

    def play(
        self,
        policies: FrozenPolicies,
        tracer: Tracer | None,
        events: EventRecorder | None,
        series: SeriesRecorder | None,
        moves: StepRecorder | None,
    ) -> tuple[NDArray[np.float64], Mapping[str, NDArray[Any]]]:
        """Play to the end; return the sums of the reward terms (n_terms, n_rows) and the records."""
        env, observations = self._env, self._observations
        if policies.n_features != observations.shape[1]:
            raise UserError(
                f"the networks take {policies.n_features} observation channels, {env.assay.id} gives "
                f"{observations.shape[1]}"
            )
        follow = tracer if tracer is not None and len(env.assay.acting) == 1 else None
        if follow is not None:
            follow.follow(self.rows)
        if events is not None:
            events.follow(env, self._order, self.labels())
        if series is not None:
            series.follow(env, self._order, self.labels())
        if moves is not None:
            moves.follow(env, self._order, self.labels(), self.seeds)
        return play_out(env, self._order, observations, self._keys, policies, follow, events, series, moves)


def play_out(
    env: SocialVectorEnv,
    order: NDArray[np.int64],
    observations: NDArray[np.float32],
    keys: NDArray[np.uint64],
    policies: FrozenPolicies,
    follow: Tracer | None = None,
    events: EventRecorder | None = None,
    series: SeriesRecorder | None = None,
    moves: StepRecorder | None = None,
) -> tuple[NDArray[np.float64], Mapping[str, NDArray[Any]]]:
    """Play tests that have begun to their end; return the sums of the reward terms (n_terms, n_rows) and the records.

    `order` (`Lineup.order`) and `observations` are the environment's; `keys` (n_rows,) of the choices, the sums and the
    records go animal by animal. `follow`, `events`, `series` and `moves` have been told of these tests.
    """
    sums = np.zeros((len(env.world.terms), len(keys)))
    chance = np.empty(len(keys))
    actions = np.empty(len(keys), dtype=np.int64)
    for tick in range(env.world.stage.n_ticks):
        fill_uniform(keys, tick, chance)
        actions[order] = policies.choose(observations[order], chance)
        observations, rewards, _, _, info = env.step(actions)
        for total, term in zip(sums, info["reward_terms"].values(), strict=True):
            total += term
        if follow is not None:
            follow.note(env, actions)
        if events is not None:
            events.note()
        if series is not None:
            series.note()
        if moves is not None:
            moves.note(observations, actions, rewards)
    if events is not None:
        events.finish()
    if series is not None:
        series.finish()
    if moves is not None:
        moves.finish()
    return sums[:, order], {name: column[order] for name, column in info["record"].items()}


def load_policies(run: RunFolder, animals: Sequence[Animal]) -> FrozenPolicies:
    """Return the trained networks of `animals`."""
    return FrozenPolicies([load_trained(run, animal.id) for animal in animals])


def trained_animals(run: RunFolder) -> list[Animal]:
    """Return the animals that have a network; a run without any raises `UserError`."""
    animals = [one for one in animals_of(run.config) if run.has_network(one.id)]
    if not animals:
        raise UserError(f"{run.path} has no trained animal yet; continue it with `{command('resume', run.path)}`")
    return animals


def play_evaluation(
    run: RunFolder,
    config: Config,
    animals: Sequence[Animal],
    tests: Sequence[TestCondition],
    *,
    repeats: int,
    tracer: Tracer | None = None,
    events: EventRecorder | None = None,
    series: SeriesRecorder | None = None,
    moves: StepRecorder | None = None,
    progress: Progress,
) -> pd.DataFrame:
    """Return the rows of `play_tests` for all `animals` of a run, some at a time, so that memory stays small."""
    n_acting = len(ASSAYS[config.env.id].acting)
    # whole habitats at a time, so that animals that share a world stay together
    at_once = n_acting * max(1, _ROWS_AT_ONCE // (n_acting * len(tests) * repeats))
    longest_s = max(config.length_of(test) for test in tests)
    check_tests(
        len(animals),
        len(tests),
        repeats,
        longest_s,
        round(longest_s / config.env.dt_s),
        at_once=at_once * len(tests) * repeats,
    )
    pieces = []
    for first in range(0, len(animals), at_once):
        progress.update(first, len(animals), "animals tested")
        some = animals[first : first + at_once]
        pieces.append(
            play_tests(
                config,
                some,
                load_policies(run, some),
                tests,
                repeats=repeats,
                purpose="evaluation",
                steps=config.steps,
                tracer=tracer,
                events=events,
                series=series,
                moves=moves,
            )
        )
    progress.update(len(animals), len(animals), "animals tested")
    return pd.concat(pieces, ignore_index=True)


def evaluate_run(
    run: RunFolder,
    *,
    repeats: int | None = None,
    events: bool | None = None,
    events_csv: bool = False,
    synchrony: bool | None = None,
    series: bool = False,
    selection: Selection = ALL,
    progress: Progress,
) -> None:
    """Play the evaluation tests of a run's configuration and write the tables `evaluation` and `traces`.

    With `events` (None: where animals live in one world, as in the group habitat) also the table `events`, and with
    `events_csv` its CSV. With `synchrony` (None: where animals that act live in one world) the table `synchrony`, and
    with `series` the series tick by tick that it is computed from; where one animal acts, asking for either raises
    `UserError`. Animals that are not finished yet are left out; a run without any raises `UserError`.

    A `selection` of the animals gets tables of its own, `evaluation_of_<names>` and, with `events`,
    `evaluation_of_<names>_events`; its rows are those that the same animals have in an evaluation of all.
    """
    config = run.config.for_evaluation()
    tests = config.evaluation.tests or config.probes.tests
    if not tests:
        raise UserError(f"{run.path / 'config.yaml'} names no tests; add evaluation.tests")
    animals = trained_animals(run)
    repeats = config.evaluation.repeats if repeats is None else repeats
    steps = run.read_table("animals").set_index("animal")["steps"]
    tracer = Tracer()
    n_acting = len(ASSAYS[config.env.id].acting)
    recorder = EventRecorder() if events or (events is None and n_acting > 1) else None
    watcher = _watcher(config.env.id, synchrony, series, bool(selection))
    # an animal whose network is written and whose row is not has not finished yet
    animals = [one for one in animals if one.id in steps.index]
    chosen = selection.of(config, animals)
    playing = with_company(config, animals, chosen)
    table = play_evaluation(
        run, config, playing, tests, repeats=repeats, tracer=tracer, events=recorder, series=watcher, progress=progress
    )
    table = table.assign(steps=table["animal"].map(steps))
    if selection:
        part = f"evaluation{selection.suffix(config)}"
        for name in (part, f"{part}_events"):
            run.drop_table(name)
        if recorder is not None:
            run.write_table(f"{part}_events", rows_of(recorder.table(), chosen), csv=events_csv)
        run.write_table(part, rows_of(table, chosen), csv=True)
        return
    # The table `evaluation` is the sign of a complete evaluation, so it is deleted first and written last.
    for name in ("evaluation", "traces", "events", "synchrony", "series"):
        run.drop_table(name)
    traces = tracer.table()
    if len(traces):
        run.write_table("traces", traces)
    if recorder is not None:
        run.write_table("events", recorder.table(), csv=events_csv)
    if watcher is not None:
        progress.update(len(animals), len(animals), "animals tested, synchrony of their pairs")
        run.write_table("synchrony", watcher.table())
        if series:
            run.write_table("series", watcher.series())
    run.write_table("evaluation", table, csv=True)


def _watcher(assay: str, synchrony: bool | None, series: bool, selected: bool) -> SeriesRecorder | None:
    """Return what records the series of pairs, None where they are not wanted; a wish that cannot be met raises."""
    asked = synchrony or series
    if series and synchrony is False:
        raise UserError("the series are those of the table synchrony; leave either --series or --no-synchrony out")
    if asked and not dyads(ASSAYS[assay]):
        raise UserError(f"synchrony is that of two animals that act in one world; in {assay} one acts")
    if asked and selected:
        raise UserError("synchrony compares pairs with all others of their condition; evaluate the whole run for it")
    wanted = synchrony is not False and not selected and bool(dyads(ASSAYS[assay]))
    return SeriesRecorder() if wanted else None
