"""Records an environment as frames and writes frames to a GIF or a PNG file.

A frame is a uint8 array (height, width, 3). Files appear whole or not at all, and none is replaced unless asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from PIL import Image

from socialrl.errors import UserError
from socialrl.storage.atomic import atomic_file

FASTEST_FPS = 50
"""A GIF counts delays in hundredths of a second, and viewers slow down anything shorter than two of them."""

_PALETTE_FRAMES = 12
# One of the 256 entries stays free: the writer needs it for "as in the frame before", which makes files small.
_PALETTE_COLOURS, _EXACT_COLOURS = 255, 48


def record_frames(
    env: gym.Env[Any, Any],
    policy: Callable[[Any], Any],
    *,
    seed: int | None = None,
    options: Mapping[str, Any] | None = None,
    every_s: float = 60.0,
    max_frames: int = 200,
) -> list[np.ndarray]:
    """Plays one episode and returns a frame at its start and then every `every_s` seconds of its own time.

    `policy` maps an observation to an action. The environment needs render_mode "rgb_array" and its tick length in
    seconds as `unwrapped.dt_s`; a tick gives at most one frame. Stops when the episode ends or after `max_frames`
    frames. Raises UserError for another render mode, a missing `dt_s`, or a number out of range.
    """
    if env.render_mode != "rgb_array":
        raise UserError(
            f"recording needs an environment made with render_mode='rgb_array', got render_mode={env.render_mode!r}"
        )
    dt_s = getattr(env.unwrapped, "dt_s", None)
    if dt_s is None:
        raise UserError(f"{type(env.unwrapped).__name__} does not say how long a tick is: it has no attribute dt_s")
    if not every_s > 0:
        raise UserError(f"every_s must be above 0 seconds, got {every_s}")
    if max_frames < 1:
        raise UserError(f"max_frames must be at least 1, got {max_frames}")
    observation, _ = env.reset(seed=seed, options=None if options is None else dict(options))
    frames = [_rendered(env)]
    tick, over = 0, False
    while not over and len(frames) < max_frames:
        observation, _, terminated, truncated, _ = env.step(policy(observation))
        tick += 1
        over = terminated or truncated
        # Counting whole periods, not adding them up, so that rounding does not pile up over a long episode.
        if _periods(tick * dt_s, every_s) > _periods((tick - 1) * dt_s, every_s):
            frames.append(_rendered(env))
    return frames


def write_gif(
    frames: Iterable[np.ndarray], path: str | Path, fps: float, overwrite: bool = False, width_px: int | None = None
) -> Path:
    """Writes an animation that repeats endlessly and returns its path.

    All frames share one palette of 255 colours; equal frames in a row become one that lasts longer. `fps` is 1..50,
    rounded to the hundredths of a second that the format counts in. `width_px` shrinks the frames to that width. Raises
    UserError for a suffix other than .gif, a missing folder, an existing file without `overwrite`, or bad frames.
    """
    path = _checked_path(path, ".gif", overwrite)
    if not 1 <= fps <= FASTEST_FPS:
        raise UserError(f"fps must be in 1..{FASTEST_FPS}, got {fps}")
    images = _shrunk([Image.fromarray(frame) for frame in _checked_frames(frames)], width_px)
    indexed = _indexed(images, _shared_palette(images))
    delay_ms = round(100 / fps) * 10

    def save(partial: Path) -> None:
        # optimize=True makes the writer store only the pixels that changed: a third of the size.
        indexed[0].save(
            partial, "GIF", save_all=True, append_images=indexed[1:], duration=delay_ms, loop=0, optimize=True
        )

    return _write(path, save)


def write_png(frame: np.ndarray, path: str | Path, overwrite: bool = False) -> Path:
    """Writes one frame as a PNG file and returns its path; refuses as `write_gif` does."""
    path = _checked_path(path, ".png", overwrite)
    image = Image.fromarray(_checked_frames([frame])[0])
    return _write(path, lambda partial: image.save(partial, "PNG", optimize=True))


def _periods(time_s: float, every_s: float) -> int:
    return int(time_s / every_s + 1e-9)


def _rendered(env: gym.Env[Any, Any]) -> np.ndarray:
    frame = env.render()
    if not isinstance(frame, np.ndarray):
        raise UserError(
            f"{type(env.unwrapped).__name__}.render() must return an array, got {type(frame).__name__}; "
            "was it made with render_mode='rgb_array'?"
        )
    return frame.copy()


def _checked_path(path: str | Path, suffix: str, overwrite: bool) -> Path:
    path = Path(path)
    if path.suffix.lower() != suffix:
        raise UserError(f"the file name must end in {suffix}, got '{path}'")
    if not path.parent.is_dir():
        raise UserError(f"there is no folder '{path.parent}' to write '{path.name}' into")
    if path.is_dir():
        raise UserError(f"'{path}' is a folder, not a file")
    if path.exists() and not overwrite:
        raise UserError(f"'{path}' exists already; give another name, or overwrite it explicitly")
    return path


def _checked_frames(frames: Iterable[np.ndarray]) -> list[np.ndarray]:
    checked: list[np.ndarray] = []
    for number, frame in enumerate(frames):
        if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or 0 in frame.shape:
            raise UserError(
                f"frame {number} must be a uint8 array (height, width, 3), got {frame.dtype} of shape {frame.shape}"
            )
        if checked and frame.shape != checked[0].shape:
            raise UserError(
                f"frame {number} has shape {frame.shape}, frame 0 has {checked[0].shape}; all must be equal"
            )
        checked.append(frame)
    if not checked:
        raise UserError("there are no frames to write")
    return checked


def _shrunk(images: list[Image.Image], width_px: int | None) -> list[Image.Image]:
    if width_px is None:
        return images
    width, height = images[0].size
    if not 16 <= width_px <= width:
        raise UserError(f"width_px must be in 16..{width} (the width of the frames), got {width_px}")
    size = (width_px, max(1, round(height * width_px / width)))
    return [image.resize(size, Image.Resampling.LANCZOS) for image in images]


def _packed(image: Image.Image) -> np.ndarray:
    """Colours as single numbers 0..2²⁴−1, (height, width) uint32."""
    return np.asarray(image).astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)


def _unpacked(colours: np.ndarray) -> np.ndarray:
    """The reverse: (n,) numbers to (n, 3) uint8."""
    return np.stack([colours >> 16, colours >> 8 & 255, colours & 255], axis=-1).astype(np.uint8)


def _shared_palette(images: Sequence[Image.Image]) -> np.ndarray:
    """At most 255 colours, (n, 3) uint8: the commonest of frames spread over the film as they are, the rest by octree.

    A drawing is mostly a few flat colours. Left to a quantiser alone they shift, or a thin line in a rare colour greys
    out.
    """
    picks = np.unique(np.linspace(0, len(images) - 1, _PALETTE_FRAMES).round().astype(int))
    packed = np.concatenate([_packed(images[pick]).ravel() for pick in picks])
    colours, which, counts = np.unique(packed, return_inverse=True, return_counts=True)
    if len(colours) <= _PALETTE_COLOURS:
        return _unpacked(colours)
    common = np.argsort(-counts, kind="stable")[:_EXACT_COLOURS]
    rest = Image.fromarray(_unpacked(packed[~np.isin(which, common)])[np.newaxis])
    octree = rest.quantize(_PALETTE_COLOURS - _EXACT_COLOURS, method=Image.Quantize.FASTOCTREE)
    others = np.array(octree.getpalette(), dtype=np.uint8).reshape(-1, 3)[: _PALETTE_COLOURS - _EXACT_COLOURS]
    return np.concatenate([_unpacked(colours[common]), others])


def _indexed(images: Sequence[Image.Image], palette: np.ndarray) -> list[Image.Image]:
    """The images with each pixel in the palette's nearest colour.

    Without dithering: dots that flicker from frame to frame look worse than flat colour and treble the file. Pillow's
    own mapping looks colours up at a quarter of their precision, so that flat colours shift although the palette has
    them.
    """
    nearest = np.zeros(1 << 24, dtype=np.uint8)
    known = np.zeros(1 << 24, dtype=np.bool_)
    entries = palette.astype(np.int32)
    indexed = []
    for image in images:
        packed = _packed(image)
        fresh = np.unique(packed[~known[packed]])
        for chunk in np.array_split(fresh, len(fresh) // 4096 + 1):
            gaps = _unpacked(chunk).astype(np.int32)[:, np.newaxis] - entries
            nearest[chunk] = (gaps * gaps).sum(axis=-1).argmin(axis=-1)
        known[fresh] = True
        paletted = Image.fromarray(nearest[packed])
        paletted.putpalette(palette.tobytes())
        indexed.append(paletted)
    return indexed


def _write(path: Path, save: Callable[[Path], None]) -> Path:
    with atomic_file(path) as partial:
        save(partial)
    return path
