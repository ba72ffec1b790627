"""Verbs about finished folders: curves of single animals, runs compared with each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import socialrl.report
from socialrl.cli import main
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.storage.run_folder import RunFolder

SMOKE = Path(__file__).parents[2] / "configs" / "smoke.yaml"


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., RunFolder]:
    """Make an empty run folder of two wild types and two knockouts."""

    def made(name: str, *overrides: str) -> RunFolder:
        config = load_config(SMOKE, ["animals=2", "engine=cohort", f"output={tmp_path}", f"name={name}", *overrides])
        with RunFolder.create(config.run_path, config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
            return run

    return made


def with_tables(run: RunFolder) -> RunFolder:
    animals = [("wt", "wt-00"), ("wt", "wt-01"), ("ko", "ko-00"), ("ko", "ko-01")]
    common = [
        {"genotype": genotype, "animal": animal, "oxtr_gain": 1.0, "index": k % 2, "steps": steps}
        for k, (genotype, animal) in enumerate(animals)
        for steps in (64, 128)
    ]
    episodes = [{**row, "life": 0, "return": 10.0 * row["index"] + row["steps"]} for row in common]
    test = {"assay": "socialrl/PartnerPreference-v0", "test": "day", "duration_s": 600.0, "rejections_stranger": 0}
    test |= {"huddle_s_stranger": 100.0, "return": 1.0, "latency_s_partner": 5.0, "latency_s_stranger": 9.0}
    probes = [{**row, **test, "huddle_s_partner": 100.0 * (1 + 2 * row["index"])} for row in common]
    with RunFolder.resume(run.path) as again:
        again.write_table("episodes", pd.DataFrame(episodes))
        again.write_table("probes", pd.DataFrame(probes))
    return run


def curve(folder: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder))
    events.Reload()
    return [(one.step, one.value) for one in events.Scalars(tag)]


def test_curves_of_single_animals_are_added_when_asked_for(make, capsys):
    run = with_tables(make("run"))
    assert main(["tensorboard", str(run.path), "--animal", "wt-01"]) == 0
    folder = run.tb / "wt" / "wt-01"
    assert capsys.readouterr().out == f"curves: {folder}\n"
    assert [one.name for one in (run.tb / "wt").iterdir()] == ["wt-01"], "of nobody else"
    assert curve(folder, "rollout/ep_rew_mean") == [(64, 74.0), (128, 138.0)]
    assert curve(folder, "Headline/preference/day") == [(64, 0.75), (128, 0.75)]
    assert main(["tensorboard", str(run.path), "--animal", "wt-01", "--group", "ko"]) == 0
    assert "and 2 more" in capsys.readouterr().out
    assert len(list(folder.iterdir())) == 1, "replaced, not added twice"
    assert curve(run.tb / "ko" / "ko-00", "Headline/preference/day")[0] == (64, 0.5)


@pytest.mark.parametrize(
    ("overrides", "options", "told"),
    [
        ([], [], "tensorboard needs --animal ID or --group NAME: whose curves are to be added?"),
        ([], ["--animal", "wt-7"], "unknown animal 'wt-7'; animals of this run: wt-00"),
        ([], ["--group", "ko"], "has no training episodes and no probes yet; continue it with"),
        (["engine=sb3"], ["--group", "ko"], "was trained with engine sb3, which writes every animal's curves"),
    ],
)
def test_curves_that_cannot_be_are_one_line(make, capsys, overrides, options, told):
    run = make("run", *overrides)
    assert main(["tensorboard", str(run.path), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line
    assert not list(run.tb.rglob("events*"))


def test_runs_are_compared_by_one_report(make, tmp_path, monkeypatch, capsys):
    paths = [str(make(name).path) for name in ("a", "b", "c")]
    asked = []

    def write(runs, output):
        asked.append(([run.path.name for run in runs], output))
        return output

    monkeypatch.setattr(socialrl.report, "write_report", write)
    place = tmp_path / "both"
    assert main(["compare", *paths, "--output", str(place)]) == 0
    assert asked == [(["a", "b", "c"], place / "comparison.html")]
    assert f"comparison: {place / 'comparison.html'}" in capsys.readouterr().out
    assert main(["compare", *paths, "--labels", "x,y,z", "--output", str(place)]) == 2
    assert "--labels is for scorecards" in capsys.readouterr().err
    (tmp_path / "card").mkdir()
    assert main(["compare", paths[0], str(tmp_path / "card"), "--output", str(place)]) == 2
    assert "takes run folders or scorecards, not both" in capsys.readouterr().err
    assert main(["compare", paths[0], str(tmp_path / "nowhere"), "--output", str(place)]) == 2
    assert capsys.readouterr().err == f"error: {tmp_path / 'nowhere'}: no such run folder\n"
    assert len(asked) == 1
