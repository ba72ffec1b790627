"""The end of a run in TensorBoard: final measures as HParams, the main figure, and a film of one test of each group."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import SummaryWriter

from .. import measures
from ..config import Config
from ..film import render_test
from ..report.figures import preference_by_cohousing
from ..report.study import load
from ..report.style import house_style
from ..runs import RunFolder

_FILM_HOURS = 24.0
_FILM_EVERY_S = 180.0
_FILM_WIDTH_PX = 640


def write_results(run: RunFolder) -> None:
    """Write the results of an evaluated run into `tb/`: HParams and a film per group, the figure under `results`."""
    config = run.config
    evaluation = measures.animal_table(run.read_table("evaluation"))
    for genotype in config.genotypes:
        own = evaluation[evaluation["genotype"] == genotype]
        if own.empty:  # an unfinished run may not have come to this group yet
            continue
        metrics = {
            f"final/{test}/preference": float(rows["preference"].mean())
            for test, rows in own.groupby("test", sort=False)
            if rows["preference"].notna().any()
        }
        with SummaryWriter(str(run.tb / genotype)) as writer:
            # "." keeps the group's one entry in the list of runs
            writer.add_hparams(_settings(config, genotype), metrics, run_name=".")
            _add_film(writer, run, str(own["animal"].iloc[0]))
    with SummaryWriter(str(run.tb / "results")) as writer, house_style():
        figure = preference_by_cohousing(load([run]), False)
        if figure is not None:
            writer.add_figure("results/preference_by_cohousing", figure)


def _settings(config: Config, genotype: str) -> dict[str, float | str]:
    ppo = {f"ppo/{name}": value for name, value in config.ppo.model_dump().items() if isinstance(value, float | int)}
    return {
        "genotype": genotype,
        "oxtr_gain": config.genotypes[genotype].oxtr_gain,
        "animals": config.animals,
        "steps": config.steps,
        "lives": config.lives,
        "seed": config.seed,
        **ppo,
    }


def _add_film(writer: SummaryWriter, run: RunFolder, animal: str) -> None:
    """Add a GIF as an image: TensorBoard plays it, and needs no video library."""
    with tempfile.TemporaryDirectory() as folder:
        gif = Path(folder) / "test.gif"
        render_test(
            run, animal=animal, cohousing_h=_FILM_HOURS, gif=gif, every_s=_FILM_EVERY_S, width_px=_FILM_WIDTH_PX
        )
        image = Summary.Image(encoded_image_string=gif.read_bytes(), width=_FILM_WIDTH_PX, height=360, colorspace=3)
    value = Summary.Value(tag=f"film/after_{_FILM_HOURS:g}h_of_cohousing/{animal}", image=image)
    writer._get_file_writer().add_summary(Summary(value=[value]), 0)
