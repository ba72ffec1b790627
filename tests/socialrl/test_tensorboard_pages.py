"""What TensorBoard shows first, what its tables call things, and the banner of films."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from torch.utils.tensorboard import SummaryWriter

from socialrl.config.loading import load_config
from socialrl.drawing.groups import group_of
from socialrl.film.banner import with_banner
from socialrl.tensorboard.results import _add_hparams, _settings
from socialrl.training.scalars import probe_scalars, spread

SECTIONS = ("rollout", "train", "time", "eval", "eval_sd", "assay", "reward", "physiology", "film", "final", "results")


def probe():
    rows = {
        "genotype": "wt",
        "animal": ["wt-00", "wt-01"],
        "assay": "socialrl/PartnerPreference-v0",
        "duration_s": 10_800.0,
    }
    rows |= {"test": "cohoused_24h", "huddle_s_partner": [300.0, 100.0], "huddle_s_stranger": [100.0, 300.0]}
    rows |= {"rejections_stranger": 0, "return": 1.0, "latency_s_partner": 5.0, "latency_s_stranger": 9.0}
    return pd.DataFrame(rows)


def test_the_main_measure_comes_before_every_other_section():
    tags = spread(probe_scalars(probe()))
    assert sorted(tags)[0] == "Headline/preference/cohoused_24h"
    assert tags["Headline/preference/cohoused_24h"] == tags["eval/cohoused_24h/preference"]
    assert tags["Headline/preference/cohoused_24h"][0] == pytest.approx(0.5)
    assert all(section > "Headline" for section in SECTIONS)


def test_hparams_show_names_that_can_be_broken_and_keep_their_tags(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        _add_hparams(writer, {"genotype": "wt", "oxtr_gain": 1.0}, {"final/cohoused_168h/huddle_s_partner": 0.5})
    (file,) = tmp_path.iterdir()
    values = [value for event in EventFileLoader(str(file)).Load() for value in event.summary.value]
    (experiment,) = [
        HParamsPluginData.FromString(value.metadata.plugin_data.content).experiment
        for value in values
        if value.tag == "_hparams_/experiment"
    ]
    (metric,) = experiment.metric_infos
    assert metric.display_name == "huddle s partner cohoused 168h"
    assert metric.name.tag == "final/cohoused_168h/huddle_s_partner"
    assert "final/cohoused_168h/huddle_s_partner" in {value.tag for value in values}


def test_hparams_have_the_assay_and_every_parameter_that_was_changed():
    changed = ["env.parameters={stress_cost: 0.5}", "genotypes.ko={oxtr_gain: 0, parameters: {stress_cost: 0.25}}"]
    config = load_config("smoke", changed)
    assert _settings(config, "wt") | {"assay": "PartnerPreference", "parameters/stress_cost": 0.5} == _settings(
        config, "wt"
    )
    assert _settings(config, "ko")["parameters/stress_cost"] == 0.25


@pytest.mark.parametrize("gain", [0.0, 0.1, 0.5, 1.0])
def test_a_film_has_a_banner_in_the_colour_of_its_group(gain):
    frames = [np.zeros((90, 160, 3), dtype=np.uint8)] * 2
    group = group_of("low", gain)
    banded = with_banner(frames, group, "low-00", "male")
    assert [one.shape for one in banded] == [(96, 160, 3)] * 2
    colour = "#" + "".join(f"{channel:02X}" for channel in banded[0][0, -1])
    assert colour == group.colour
    assert (banded[0][6:] == frames[0]).all()
    assert len(np.unique(banded[0][:6].reshape(-1, 3), axis=0)) > 1, "the name is written on it"
