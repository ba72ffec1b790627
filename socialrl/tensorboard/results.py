"""The end of a run in TensorBoard: final measures as HParams, the main figure, and a film of one test of each group."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from PIL import Image
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from socialrl.animals.animal import animals_of, ids_by_group
from socialrl.assays import short_id
from socialrl.config.loading import Config
from socialrl.config.values import in_words
from socialrl.drawing.style import house_style
from socialrl.film.films import render_test
from socialrl.report.figures import preference_by_cohousing
from socialrl.report.learning import learning_curves
from socialrl.report.study import load
from socialrl.storage.run_folder import RunFolder
from socialrl.training.scalars import headline

_FILM_HOURS = 24.0
_FILM_EVERY_S = 180.0
_FILM_FRAMES = 60
_FILM_WIDTH_PX = 640


def write_results(run: RunFolder, *, films: bool = True) -> None:
    """Write the results of an evaluated run into `tb/`: HParams and a film per group, figures under `results`.

    Without `films` it takes a moment only, which counts where there are many runs.

    The measure is the assay's main one (`scalars.headline`): preference, presses, share of the partner in a habitat.
    """
    config = run.config
    by_test = {test: headline(rows) for test, rows in run.read_table("evaluation").groupby("test", sort=False)}
    animals = animals_of(config)
    for group, members in ids_by_group(animals).items():
        own = {test: (name, _of(values, members)) for test, (name, values) in by_test.items()}
        tested = [one for one in members if any(one in values.index for _, values in own.values())]
        if not tested:  # an unfinished run may have no animal of this group yet
            continue
        metrics = {
            f"final/{test}/{name}": float(values.mean()) for test, (name, values) in own.items() if values.notna().any()
        }
        with SummaryWriter(str(run.tb / group)) as writer:
            genotype = next(one.genotype for one in animals if one.id == tested[0])
            _add_hparams(writer, _settings(config, genotype), metrics)
            if films:
                _add_film(writer, run, tested[0])
    with SummaryWriter(str(run.tb / "results")) as writer, house_style():
        study = load([run])
        for name, draw in (("preference_by_cohousing", preference_by_cohousing), ("learning", learning_curves)):
            figure = draw(study, False)
            if figure is not None:
                writer.add_figure(f"results/{name}", figure)


def _add_hparams(writer: SummaryWriter, settings: dict[str, float | str], metrics: dict[str, float]) -> None:
    """Add a group's settings and final measures, as `SummaryWriter.add_hparams` does, with names that are not cut off.

    The heads of TensorBoard's columns are narrow and break at spaces only, so a measure is shown as
    "preference cohoused 24h". The numbers keep their tags. They go into the group's own folder, so that it stays one
    entry in the list of runs.
    """
    experiment, *session = hparams(settings, metrics)  # type: ignore[no-untyped-call]
    metadata = experiment.value[0].metadata.plugin_data
    content = HParamsPluginData.FromString(metadata.content)
    for info in content.experiment.metric_infos:
        _, test, measure = info.name.tag.split("/")
        info.display_name = f"{measure} {test}".replace("_", " ")
    metadata.content = content.SerializeToString()
    for summary in (experiment, *session):
        writer._get_file_writer().add_summary(summary)  # type: ignore[no-untyped-call]
    for name, value in metrics.items():
        writer.add_scalar(name, value)


def _of(values: pd.Series, animals: Sequence[str]) -> pd.Series:
    """A measure of some animals, by animal."""
    by_animal = values.droplevel("genotype")
    return by_animal[by_animal.index.isin(animals)]


def _settings(config: Config, genotype: str) -> dict[str, float | str]:
    given = config.ppo.model_dump().items()
    ppo = {f"ppo/{name}": value for name, value in given if isinstance(value, float | int | str)}
    given_to_animals = {**config.env.changed_parameters, **config.genotypes[genotype].parameters}
    changed = {
        f"parameters/{name}": value if isinstance(value, float | int) else in_words(value)
        for name, value in given_to_animals.items()
    }
    return {
        "assay": short_id(config.env.id),
        "genotype": genotype,
        "oxtr_gain": config.genotypes[genotype].oxtr_gain,
        "animals": config.animals,
        "steps": config.steps,
        "lives": config.lives,
        "seed": config.seed,
        **changed,
        **ppo,
    }


def _add_film(writer: SummaryWriter, run: RunFolder, animal: str) -> None:
    """Add a GIF as an image: TensorBoard plays it, and needs no video library."""
    with tempfile.TemporaryDirectory() as folder:
        gif = Path(folder) / "test.gif"
        every_s = max(_FILM_EVERY_S, run.config.env.duration_s / _FILM_FRAMES)
        render_test(run, animal=animal, cohousing_h=_FILM_HOURS, gif=gif, every_s=every_s, width_px=_FILM_WIDTH_PX)
        with Image.open(gif) as film:
            width, height = film.size
        image = Summary.Image(encoded_image_string=gif.read_bytes(), width=width, height=height, colorspace=3)
    value = Summary.Value(tag=f"film/after_{_FILM_HOURS:g}h_of_cohousing/{animal}", image=image)
    writer._get_file_writer().add_summary(Summary(value=[value]), 0)  # type: ignore[no-untyped-call]
