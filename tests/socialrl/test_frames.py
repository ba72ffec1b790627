"""Files of frames and the recording of an episode, on small hand-made frames and a toy environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from socialrl.errors import UserError
from socialrl.film.frames import record_frames, write_gif, write_png
from socialrl_envs.render import AnimalView, Snapshot, draw


def moving_square(n: int, size: int = 40) -> list[np.ndarray]:
    frames = []
    for k in range(n):
        frame = np.full((size, 2 * size, 3), (247, 245, 240), dtype=np.uint8)
        frame[10:20, 3 * k : 3 * k + 10] = (0, 158, 115)
        frame[30, : 2 * k + 1] = (204, 121, 167)
        frames.append(frame)
    return frames


def opened(path: Path) -> GifImageFile:
    film = Image.open(path)
    assert isinstance(film, GifImageFile)
    return film


class Ticker(gym.Env):
    """Counts ticks of 15 s for `n_ticks`; its picture shows the count, its observation is the count."""

    metadata = {"render_modes": ["rgb_array", "ansi"]}
    observation_space = gym.spaces.Discrete(1000)
    action_space = gym.spaces.Discrete(10)

    def __init__(self, n_ticks: int = 20, render_mode: str | None = "rgb_array") -> None:
        self.n_ticks, self.render_mode, self.dt_s = n_ticks, render_mode, 15.0
        self.tick = 0
        self.actions: list[Any] = []
        self.resets: list[tuple[Any, Any]] = []
        self._picture = np.zeros((4, 4, 3), dtype=np.uint8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.tick = 0
        self.resets.append((seed, options))
        return self.tick, {}

    def step(self, action):
        self.tick += 1
        self.actions.append(action)
        return self.tick, 0.0, False, self.tick >= self.n_ticks, {}

    def render(self):
        # The same array every time: a recorder that keeps it without copying shows the last tick only.
        self._picture[:] = self.tick
        return self._picture


# --- recording -------------------------------------------------------------------------------------------------------


def test_recording_keeps_the_start_and_every_period():
    frames = record_frames(Ticker(), lambda _: 0, seed=1, options=None, every_s=60.0, max_frames=100)
    assert [int(frame[0, 0, 0]) for frame in frames] == [0, 4, 8, 12, 16, 20]


@pytest.mark.parametrize(
    ("every_s", "ticks"), [(15.0, [0, 1, 2, 3, 4, 5, 6]), (5.0, [0, 1, 2, 3, 4, 5, 6]), (20.0, [0, 2, 3, 4, 6])]
)
def test_a_period_that_is_no_whole_number_of_ticks_takes_the_next_tick(every_s, ticks):
    frames = record_frames(Ticker(6), lambda _: 0, every_s=every_s)
    assert [int(frame[0, 0, 0]) for frame in frames] == ticks


def test_recording_stops_at_the_most_frames_and_plays_no_further():
    env = Ticker()
    frames = record_frames(env, lambda _: 0, every_s=15.0, max_frames=3)
    assert len(frames) == 3
    assert env.tick == 2


def test_recording_passes_on_seed_options_and_the_policy_s_actions():
    env = Ticker(5)
    record_frames(env, lambda count: count * 2, seed=9, options={"side": "left"}, every_s=60.0)
    assert env.resets == [(9, {"side": "left"})]
    assert env.actions == [0, 2, 4, 6, 8]


def test_recording_looks_through_wrappers():
    frames = record_frames(gym.wrappers.TimeLimit(Ticker(), 4), lambda _: 0, every_s=15.0)
    assert len(frames) == 5


def test_recording_refuses_what_it_cannot_record(monkeypatch):
    with pytest.raises(UserError, match="render_mode='rgb_array', got render_mode='ansi'"):
        record_frames(Ticker(render_mode="ansi"), lambda _: 0)
    with pytest.raises(UserError, match="every_s must be above 0 seconds, got 0"):
        record_frames(Ticker(), lambda _: 0, every_s=0)
    with pytest.raises(UserError, match="max_frames must be at least 1, got 0"):
        record_frames(Ticker(), lambda _: 0, max_frames=0)
    timeless = Ticker()
    del timeless.dt_s
    with pytest.raises(UserError, match="Ticker does not say how long a tick is: it has no attribute dt_s"):
        record_frames(timeless, lambda _: 0)
    blind = Ticker()
    monkeypatch.setattr(blind, "render", lambda: None)
    with pytest.raises(UserError, match=r"Ticker.render\(\) must return an array, got NoneType"):
        record_frames(blind, lambda _: 0)


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_gif_has_every_frame_its_colours_its_rate_and_repeats(tmp_path):
    frames = moving_square(12)
    path = write_gif(frames, tmp_path / "film.gif", fps=20)
    assert path == tmp_path / "film.gif"
    with opened(path) as film:
        assert film.n_frames == 12
        assert film.info["loop"] == 0  # in a GIF, 0 = for ever
        for k, frame in enumerate(frames):
            film.seek(k)
            assert film.info["duration"] == 50
            np.testing.assert_array_equal(np.asarray(film.convert("RGB")), frame)
    assert [entry.name for entry in tmp_path.iterdir()] == ["film.gif"]


def test_frames_that_stay_the_same_become_one_longer_one(tmp_path):
    first, second = moving_square(2)
    with opened(write_gif([first, first, first, second], tmp_path / "film.gif", fps=10)) as film:
        assert film.n_frames == 2
        assert film.info["duration"] == 300


def test_many_colours_stay_close(tmp_path):
    ramp = np.arange(64, dtype=np.uint8) * 4
    frame = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.uint8(90)), axis=-1)
    with opened(write_gif([frame], tmp_path / "ramp.gif", fps=1)) as film:
        error = np.abs(np.asarray(film.convert("RGB")).astype(int) - frame)
    assert error.mean() < 8


def drawn_frames(n: int) -> list[np.ndarray]:
    names, edges, xy = ("left", "centre", "right"), ((0, 1), (1, 2)), ((0.0, 0.5), (0.5, 0.5), (1.0, 0.5))
    frames = []
    for k in range(n):
        focal = AnimalView("focal", k % 3)
        others = (AnimalView("partner", 0, tethered=True), AnimalView("stranger", 2, tethered=True))
        contacts = ((0, 1 + k % 3 // 2),) if k % 3 != 1 else ()
        trace = tuple(0.5 + 0.5 * np.sin(np.arange(36 * k + 1)))
        moment = Snapshot(
            names, edges, xy, (focal, *others), contacts, 540.0 * k, oxytocin=trace, receptor_signal=trace
        )
        frames.append(draw(moment))
    return frames


def test_a_film_of_drawn_frames_is_small(tmp_path):
    path = write_gif(drawn_frames(20), tmp_path / "film.gif", fps=10, width_px=640)
    with opened(path) as film:
        assert film.size == (640, 360)
        assert film.n_frames == 20
    # 3 MB for 200 frames is what a page can carry.
    assert path.stat().st_size < 300_000


def test_the_flat_colours_of_a_drawing_do_not_shift(tmp_path):
    frames = drawn_frames(6)
    with opened(write_gif(frames, tmp_path / "film.gif", fps=10)) as film:
        film.seek(4)
        error = np.abs(np.asarray(film.convert("RGB")).astype(int) - frames[4]).max(axis=-1)
    assert (error == 0).mean() > 0.9
    # The oxytocin curve is a thin line in a colour that is rare; it must not turn grey.
    purple = (frames[4] == (204, 121, 167)).all(axis=-1)
    assert purple.sum() > 20
    assert error[purple].max() < 12


def test_a_png_keeps_every_pixel(tmp_path):
    frame = np.random.default_rng(3).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    path = write_png(frame, tmp_path / "moment.PNG")
    with Image.open(path) as picture:
        np.testing.assert_array_equal(np.asarray(picture), frame)


@pytest.mark.parametrize(("write", "name"), [(write_gif, "a.gif"), (write_png, "a.png")], ids=["gif", "png"])
def test_an_existing_file_is_replaced_only_when_asked(tmp_path, write, name):
    def put(overwrite: bool) -> None:
        if write is write_gif:
            write_gif(moving_square(3), tmp_path / name, 10, overwrite=overwrite)
        else:
            write_png(moving_square(1)[0], tmp_path / name, overwrite=overwrite)

    (tmp_path / name).write_text("mine")
    with pytest.raises(UserError, match=rf"'.*{name}' exists already; give another name, or overwrite it explicitly"):
        put(overwrite=False)
    assert (tmp_path / name).read_text() == "mine"
    put(overwrite=True)
    with Image.open(tmp_path / name) as picture:
        assert picture.size == (80, 40)


def test_bad_places_are_refused_in_one_line(tmp_path):
    frames = moving_square(2)
    with pytest.raises(UserError, match=r"must end in \.gif, got '.*film\.mp4'"):
        write_gif(frames, tmp_path / "film.mp4", 10)
    with pytest.raises(UserError, match=r"must end in \.png, got '.*film'"):
        write_png(frames[0], tmp_path / "film")
    with pytest.raises(UserError, match=r"there is no folder '.*nowhere' to write 'film.gif' into"):
        write_gif(frames, tmp_path / "nowhere" / "film.gif", 10)
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(UserError, match=r"'.*folder.gif' is a folder, not a file"):
        write_gif(frames, tmp_path / "folder.gif", 10, overwrite=True)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.gif"]


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        ([], "there are no frames to write"),
        ([np.zeros((4, 4), dtype=np.uint8)], r"frame 0 must be a uint8 array .* got uint8 of shape \(4, 4\)"),
        ([np.zeros((4, 4, 3))], "frame 0 must be a uint8 array .* got float64"),
        (
            [np.zeros((4, 4, 3), dtype=np.uint8), np.zeros((4, 5, 3), dtype=np.uint8)],
            r"frame 1 has shape \(4, 5, 3\), frame 0 has \(4, 4, 3\)",
        ),
    ],
)
def test_bad_frames_are_refused_and_leave_the_old_film_alone(tmp_path, frames, message):
    path = tmp_path / "film.gif"
    path.write_text("old")
    with pytest.raises(UserError, match=message):
        write_gif(frames, path, 10, overwrite=True)
    assert path.read_text() == "old"


@pytest.mark.parametrize("fps", [0, 51, float("nan")])
def test_rates_that_a_gif_cannot_keep_are_refused(tmp_path, fps):
    with pytest.raises(UserError, match=rf"fps must be in 1\.\.50, got {fps}"):
        write_gif(moving_square(2), tmp_path / "film.gif", fps)


@pytest.mark.parametrize("width_px", [5, 81])
def test_frames_are_only_ever_shrunk(tmp_path, width_px):
    with pytest.raises(UserError, match=rf"width_px must be in 16\.\.80 .* got {width_px}"):
        write_gif(moving_square(2), tmp_path / "film.gif", 10, width_px=width_px)
