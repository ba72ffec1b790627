"""Minari: what trained animals perceive, do and get in tests, as a data set for offline reinforcement learning."""

from __future__ import annotations

import contextlib
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from socialrl import __version__
from socialrl.errors import UserError, unknown
from socialrl.interop.format import Settings
from socialrl.interop.formats import Format, Option

if TYPE_CHECKING:
    from socialrl.config.loading import Config
    from socialrl.evaluation.steps import Steps
    from socialrl.storage.run_folder import RunFolder

_PLACE = "MINARI_DATASETS_PATH"
"""The environment variable that tells Minari where its data sets are."""


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",")]


def _repeats(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1000:
        raise ValueError("out of range")
    return number


def export(run: RunFolder, folder: Path, settings: Settings) -> list[str]:
    """Play the tests of a run's evaluation again, tick by tick the same, and write them as one data set."""
    from socialrl.evaluation.playing import play_evaluation, trained_animals
    from socialrl.evaluation.steps import StepRecorder
    from socialrl.progress import Silent

    config = run.config.for_evaluation()
    tests = _chosen("test", config.evaluation.tests or config.probes.tests, settings["tests"], "name")
    animals = _chosen("animal", trained_animals(run), settings["animals"], "id")
    if settings["animals"] and animals[0].habitat:
        raise UserError("animals: those of a habitat are played together; leave it out")
    moves = StepRecorder()
    play_evaluation(
        run, config, animals, tests, repeats=_n_repeats(run, config, settings), moves=moves, progress=Silent()
    )
    name = f"socialrl/{_word(config.env.id.partition('/')[2].partition('-')[0])}/{_word(run.path.name)}-v0"
    _write(folder, name, run, config, moves.episodes, settings)
    return [f'to load it: minari.load_dataset("{name}"), with {_PLACE} set to the folder of the export']


def _chosen(noun: str, there: Sequence[Any], wanted: list[str] | None, key: str) -> list[Any]:
    if not there:
        raise UserError("the run's configuration names no tests; add evaluation.tests")
    known = {getattr(one, key): one for one in there}
    for name in wanted or ():
        if name not in known:
            raise UserError(f"{noun}s: {unknown(noun, name, known)}")
    return [known[name] for name in wanted or known]


def _n_repeats(run: RunFolder, config: Config, settings: Settings) -> int:
    if settings["repeats"] is not None:
        return int(settings["repeats"])
    if run.has_table("evaluation"):
        return int(run.read_table("evaluation")["repeat"].max()) + 1
    return config.evaluation.repeats


def _word(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "_", text)


def _write(
    folder: Path, name: str, run: RunFolder, config: Config, episodes: Sequence[Steps], settings: Settings
) -> None:
    import gymnasium as gym
    import minari
    from minari.data_collector.episode_buffer import EpisodeBuffer

    from socialrl_envs import ASSAYS
    from socialrl_envs.observation import space_of

    assay = ASSAYS[config.env.id]
    alone = len(assay.acting) == 1
    env = gym.make(config.env.id, **_arguments(config)) if alone else None
    tests = {one.name: one for one in config.evaluation.tests or config.probes.tests}
    buffers = [
        EpisodeBuffer(
            id=number,
            seed=one.seed,
            options=tests[one.labels["test"]].history(),
            observations=one.observations,
            actions=one.actions,
            rewards=one.rewards.tolist(),
            terminations=[False] * len(one.actions),
            truncations=[False] * (len(one.actions) - 1) + [True],
        )
        for number, one in enumerate(episodes)
    ]
    with _datasets_in(folder), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # Minari asks for what nobody has to give
        dataset = minari.create_dataset_from_buffers(
            name,
            buffers,
            env=env,
            observation_space=space_of(assay, attachment=config.env.attachment, tones_apart=config.env.tones_apart),
            action_space=gym.spaces.Discrete(assay.n_actions),
            algorithm_name="PPO, frozen; actions are sampled",
            author=settings["author"],
            author_email=settings["author_email"],
            code_permalink=f"socialrl {__version__}, commit {run.meta.get('commit')}",
            description=f"Tests of the run {run.path.name} (seed {config.seed}) in {config.env.id}: an episode is a "
            "test of one animal. Episode metadata say whose test it is.",
            data_format="hdf5",
            requirements=[f"socialrl=={__version__}"],
        )
        dataset.storage.update_episode_metadata([one.labels for one in episodes], list(range(len(episodes))))
    if env is not None:
        env.close()


def _arguments(config: Config) -> dict[str, Any]:
    """Return what the environment of the run's tests is made with; animals differ in their own parameters."""
    return {
        "dt_s": config.env.dt_s,
        "duration_s": config.env.duration_s,
        "table": config.env.table,
        "drugs": [drug.model_dump() for drug in config.env.drugs_of_tests],
        "attachment": config.env.attachment,
        "tones_apart": config.env.tones_apart,
    }


@contextlib.contextmanager
def _datasets_in(folder: Path) -> Iterator[None]:
    before = os.environ.get(_PLACE)
    os.environ[_PLACE] = str(folder.resolve())  # Minari makes nothing below a relative path
    try:
        yield
    finally:
        if before is None:
            del os.environ[_PLACE]
        else:
            os.environ[_PLACE] = before


FORMAT = Format(
    "minari",
    "a Minari data set of the tests, for offline reinforcement learning",
    export=export,
    options=(
        Option("tests", "only these tests", None, _names, "names between commas", "all"),
        Option("animals", "only these animals", None, _names, "ids between commas", "all"),
        Option("repeats", "repeats of each test", None, _repeats, "a whole number from 1 to 1000", "as evaluated"),
        Option("author", "who made it", "socialrl"),
        Option("author_email", "how to reach them", None, shown_default="none"),
    ),
    extensions=(".hdf5",),
    writes="one data set, socialrl/<Assay>/<run>-v0: an episode is a test of one animal",
    needs=("minari", "h5py"),
    extra="minari",
)
