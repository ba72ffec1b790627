"""`socialrl record`: the configuration of a recording, the folder it writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from described_tables import undescribed

from socialrl import cli
from socialrl.animals.animal import animals_recorded
from socialrl.config.loading import RecordingConfig, config_to_yaml, load_config, load_recording
from socialrl.errors import UserError
from socialrl.release.folder import record, summary
from socialrl.release.table import release_table

FILE = Path(__file__).resolve().parents[2] / "configs" / "oxytocin_release.yaml"
NO_NOISE = ["recording.slice_spread=0", "recording.frame_noise=0", "recording.smoothing_s=0", "individual_spread=0"]


def few(tmp_path: Path, *overrides: str) -> RecordingConfig:
    return load_recording(FILE, [f"output={tmp_path}", "animals=4", *overrides])


def test_the_file_shows_every_key_and_its_values_are_the_defaults(tmp_path: Path) -> None:
    config = load_recording(FILE)
    least = tmp_path / "least.yaml"
    least.write_text(
        "name: oxytocin_release\nseed: 1\nanimals: 32\n"
        "genotypes: {wt: {oxtr_gain: 1.0}, het: {oxtr_gain: 0.5}, ko: {oxtr_gain: 0.0}}\n"
    )
    assert load_recording(least) == config
    again = tmp_path / "again.yaml"
    again.write_text(config_to_yaml(config))
    assert load_recording(again) == config
    text = FILE.read_text()
    for section in (config, config.env, config.stimulation, config.recording):
        assert all(f"{name}:" in text for name in type(section).model_fields)


def test_the_folder_holds_the_numbers_that_were_recorded(tmp_path: Path) -> None:
    config = few(tmp_path)
    table = record(config)
    folder = tmp_path / "oxytocin_release"
    assert {one.name for one in folder.iterdir()} == {
        "config.yaml", "recording.json", "parameters.csv", "release.csv", "traces.csv", "release.svg", "release.png",
    }  # fmt: skip
    assert load_recording(folder / "config.yaml") == config
    assert undescribed(folder, "release", "traces") == {}
    rows = pd.read_csv(folder / "release.csv")
    np.testing.assert_allclose(rows["peak"], table["peak"], rtol=1e-9)
    assert rows.groupby(["genotype", "sex"]).size().tolist() == [2] * 6
    traces = pd.read_csv(folder / "traces.csv")
    assert traces.groupby("animal").size().tolist() == [120] * 12
    one = traces[traces["animal"] == "ko-03"]
    assert one["time_s"].iloc[[0, -1]].tolist() == [2.5, 597.5]
    np.testing.assert_allclose(one["fluorescence"], table.set_index("animal").loc["ko-03", "fluorescence"], rtol=1e-6)
    assert (folder / "release.png").read_bytes()[:4] == b"\x89PNG"


def test_the_stimulation_is_what_the_configuration_says(tmp_path: Path) -> None:
    """Without noise the release of twice the strength is twice as much, and a train begins when it begins."""

    def recorded(*overrides: str) -> pd.DataFrame:
        config = few(tmp_path, *NO_NOISE, *overrides)
        return release_table(
            animals_recorded(config), 1, env=config.env, stimulation=config.stimulation, recording=config.recording
        )

    usual, strong = recorded(), recorded("stimulation.strength=2")
    np.testing.assert_allclose(strong["peak_oxytocin"], 2 * usual["peak_oxytocin"])
    late = recorded("stimulation.start_s=300")
    before = np.stack(late["fluorescence"].tolist())[:, :60]
    assert (before == 0.0).all()
    np.testing.assert_allclose(late["peak_oxytocin"], usual["peak_oxytocin"])
    blocked = recorded("env.drugs=[{drug: antagonist, dose: 1, start_s: 0, end_s: 600}]").set_index("animal")["peak"]
    np.testing.assert_allclose(blocked["wt-00"], usual.set_index("animal").loc["ko-00", "peak"])


def test_one_sex_is_all_animals(tmp_path: Path) -> None:
    table = record(few(tmp_path, "sex=male"))
    assert set(table["sex"]) == {"male"}
    assert "female" not in summary(table)


def test_the_same_seed_gives_the_same_bytes_and_another_gives_others(tmp_path: Path) -> None:
    for place, seed in (("a", 1), ("b", 1), ("c", 2)):
        record(few(tmp_path / place, f"seed={seed}"))
    a, b, c = (
        [
            (tmp_path / place / "oxytocin_release" / name).read_bytes()
            for name in ("release.csv", "traces.csv", "release.svg")
        ]
        for place in "abc"
    )
    assert a == b
    assert all(x != y for x, y in zip(a, c, strict=True))


def test_a_recording_is_replaced_only_when_told(tmp_path: Path) -> None:
    config = few(tmp_path)
    record(config)
    with pytest.raises(UserError, match="holds a recording; choose another name, or replace it with --overwrite"):
        record(config)
    record(few(tmp_path, "seed=5"), overwrite=True)
    assert load_recording(config.path / "config.yaml").seed == 5
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="holds files but no recording"):
        record(few(tmp_path, "name=mine"), overwrite=True)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stimulation.pulse=3", "unknown key stimulation.pulse; allowed: pulses, rate_hz, start_s, pulse_s"),
        ("stimulation.rate_hz=2", "stimulation.rate_hz must be at most 1, so that pulses of 1 s do not overlap, got 2"),
        ("stimulation.start_s=580", "must end within env.duration_s = 600 s, but its last pulse ends at 610 s"),
        ("stimulation.strength=1000", "stimulation.strength must be"),
        ("animals=5", "animals must be a multiple of 2, so that there are as many of each sex, got 5"),
        ("sex=[male, male]", "sex must name each sex once, got male, male"),
        ("env.dt_s=7", "env.duration_s must be a multiple of env.dt_s = 7 s, got 600 s"),
        ("env.id=socialrl/SocialOperant-v0", "env.id must be socialrl/OxytocinRelease-v0"),
        ("genotypes.kp.oxtr_gain=0.1", "unknown genotype 'kp'; known: wt, het, ko"),
    ],
)
def test_a_mistake_is_one_line(override: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        few(tmp_path, override)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_recorded_is_not_trained() -> None:
    """And the other way round; one line, not one for every key of the other kind of file."""
    with pytest.raises(UserError) as caught:
        load_config(FILE)
    assert str(caught.value).endswith(f"is recorded, not trained: socialrl record {FILE}")
    assert "\n" not in str(caught.value)
    trained = FILE.with_name("partner_preference.yaml")
    with pytest.raises(UserError) as caught:
        load_recording(trained)
    assert str(caught.value).endswith(
        f"got the text 'socialrl/PartnerPreference-v0'; to train: socialrl train {trained}"
    )
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="is recorded, not trained: socialrl record FILE"):
        load_config(FILE.with_name("smoke.yaml"), ["env.id=socialrl/OxytocinRelease-v0"])


def test_the_verb_prints_means_and_where_they_lie(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["record", str(FILE), f"output={tmp_path}", "animals=4"]
    assert cli.main(arguments) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0] == "Means [95 % interval over animals]"
    assert out.splitlines()[1].split() == [
        "sex",
        "group",
        "peak",
        "ΔF/F",
        "(%)",
        "area",
        "(%",
        "s)",
        "decay",
        "(s)",
        "animals",
    ]
    assert f"recording: {tmp_path / 'oxytocin_release' / 'release.png'}" in out
    assert cli.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
