"""Make the films of the gallery: `python docs/site/films.py runs/reproduce runs/place_preference …`.

The runs are those of `socialrl reproduce --preset quick`, and of `socialrl train` where that trains nobody. Every assay
of these runs gets a film of one test of a wild type in docs/images/gallery, and what is shown is written into
films.json there. An assay without a run keeps its film, and where there is none, animals act at random. Evoked release
has no animals: its film draws what is recorded. One animal of a group, which no battery trains:

    socialrl train group_habitat name=GroupMember env.id=socialrl/GroupMember-v0 'genotypes={wt: {oxtr_gain: 1}}' \\
      animals=1 steps=60000
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from socialrl.assays import short_id
from socialrl.film.films import render_test
from socialrl.film.frames import write_gif
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS
from socialrl_envs.vocabulary import RELEASE_ID

FOLDER = Path(__file__).resolve().parents[1] / "images" / "gallery"
LIST = FOLDER / "films.json"
WIDTH_PX = 400
FRAMES = 40
COHOUSED_H = 168.0
SESSIONS = {"PairHome": "together"}
"""The session that a film shows, where one that is drawn may show nothing: two animals apart do not meet."""


def main(folders: list[Path]) -> None:
    """Write a film of every assay, with animals of the runs in these folders, and a list of what they show."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    runs: dict[str, RunFolder] = {}
    for run in (RunFolder.open(meta.parent) for folder in folders for meta in sorted(folder.rglob("meta.json"))):
        # an assay may be studied twice; the run that is called like the assay counts
        if run.config.env.id not in runs or run.path.name == short_id(run.config.env.id):
            runs[run.config.env.id] = run
    shown = json.loads(LIST.read_text(encoding="utf-8")) if LIST.exists() else {}
    for name, assay in ASSAYS.items():
        film = FOLDER / f"{short_id(name)}.gif"
        if name not in runs and film.exists():
            continue
        # tests of a run may be shorter than the assay's own, which last days in a group
        every_s = (runs[name].config.env.duration_s if name in runs else assay.duration_s) / FRAMES
        shown[short_id(name)] = render_test(
            runs.get(name, name),
            cohousing_h=COHOUSED_H,
            session=SESSIONS.get(short_id(name)),
            gif=film,
            every_s=every_s,
            width_px=WIDTH_PX,
            overwrite=True,
        )
        listed(shown)
        print(f"{film.name}: {shown[film.stem]}, {film.stat().st_size // 1000} kB", flush=True)
    of_release = FOLDER / f"{short_id(RELEASE_ID)}.gif"
    if not of_release.exists():
        shown[short_id(RELEASE_ID)] = release(of_release)
        listed(shown)


def listed(shown: dict[str, str]) -> None:
    """Write what the films show, by assay; the gallery's page reads it."""
    text = json.dumps(shown, indent=1, ensure_ascii=False)
    LIST.write_text(f"{text}\n", encoding="utf-8")


def release(path: Path) -> str:
    """Draw what the release environment records of a wild type and a knockout, and return that in words."""
    import gymnasium as gym
    import matplotlib.pyplot as plt

    traces = {}
    for label, gain in (("wild type", 1.0), ("knockout", 0.0)):
        env = gym.make(RELEASE_ID, oxtr_gain=gain)
        env.reset(seed=1)
        values, over = [], False
        while not over:
            observation, _, _, over, _ = env.step(int(60 <= len(values) < 90))
            values.append(float(observation[1]))
        traces[label] = np.array(values)
    frames = []
    figure, axes = plt.subplots(figsize=(4.8, 2.7), dpi=100)
    for end in np.linspace(10, len(values), FRAMES).astype(int):
        axes.clear()
        for (label, trace), colour in zip(traces.items(), ("#2a9d8f", "#8e5ea2"), strict=True):
            axes.plot(np.arange(end), trace[:end], color=colour, label=label)
        axes.axvspan(60, 90, color="0.9")
        axes.set(xlim=(0, len(values)), ylim=(-0.02, 1.05 * max(map(max, traces.values()))), xlabel="s", ylabel="ΔF/F")
        axes.legend(loc="upper right", frameon=False)
        figure.tight_layout()
        figure.canvas.draw()
        frames.append(np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
    plt.close(figure)
    write_gif(frames, path, fps=12, overwrite=True)
    print(f"{path.name}: {path.stat().st_size // 1000} kB")
    return "ΔF/F of a wild type and a knockout; grey: 30 pulses, one a second"


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
