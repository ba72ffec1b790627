"""Films of one test: the right animal in the right world, and a clear line where there is none."""

from __future__ import annotations

import gymnasium as gym
import pandas as pd
import pytest
import torch
from PIL import Image
from stable_baselines3 import PPO

from socialrl import film
from socialrl.config import config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.runs import RunFolder

ASSAY = "socialrl/PartnerPreference-v0"


@pytest.fixture
def run(tmp_path):
    config = config_from_data(
        {
            "name": "short",
            "seed": 1,
            "env": {"id": ASSAY, "duration_s": 300, "parameters": {"transit_s": 30}, "arms": {"release": "knockout"}},
            "genotypes": {"wild_type": {"oxtr_gain": 1}, "knockout": {"oxtr_gain": 0}},
            "animals": 1,
            "steps": 4096,
            "ppo": {"net_arch": [8]},
        }
    )
    with RunFolder.create(tmp_path / "short", config_yaml=config_to_yaml(config), meta={}) as run:
        model = PPO("MlpPolicy", gym.make(ASSAY), policy_kwargs={"net_arch": [8]}, seed=0, device="cpu")
        torch.nn.init.zeros_(model.policy.action_net.weight)
        # One action overwhelmingly likely: exploring, so that a test can tell this policy from another.
        model.policy.action_net.bias.data[:] = torch.tensor([0.0, 50.0, 0.0, 0.0, 0.0, 0.0])
        for animal in ("wild_type-00", "knockout-00"):
            model.save(run.models / f"{animal}.zip")
        animals = pd.DataFrame(
            {
                "animal": ["wild_type-00", "knockout-00"],
                "oxtr_gain": [1.0, 0.0],
                "param_oxtr_gain": [1.25, 0.0],
                "param_contact_floor": [0.9, 1.1],
            }
        )
        run.write_table("animals", animals)
        run.finish()
    return run


def test_a_run_gives_the_animal_its_own_world_and_network(run):
    keywords, name, policy_of = film._trained(run, None, seed=1)
    assert name == "wild_type-00"
    assert keywords == {
        "id": ASSAY,
        "dt_s": 15.0,
        "duration_s": 300.0,
        "arms": {"release": "knockout"},
        "drugs": [],
        "transit_s": 30.0,
        "oxtr_gain": 1.25,
        "contact_floor": 0.9,
    }
    env = gym.make(**keywords)
    observation, _ = env.reset(seed=0)
    policy = policy_of(env)
    assert [policy(observation) for _ in range(20)] == [1] * 20


def test_film_and_picture_of_a_trained_animal(run, tmp_path):
    gif, png = tmp_path / "a.gif", tmp_path / "a.png"
    words = film.render_test(run, animal="knockout-00", gif=gif, png=png, cohousing_h=6)
    assert words == "knockout-00, receptor gain 0, after 6 h of cohousing"
    assert 1 <= getattr(Image.open(gif), "n_frames", 1) <= 6
    assert Image.open(png).size[0] > 100


def test_the_gain_at_test_can_be_replaced(run, tmp_path):
    words = film.render_test(run, gain=0.5, png=tmp_path / "a.png")
    assert words == "wild_type-00, receptor gain 0.5, after 24 h of cohousing"


def test_an_assay_is_played_with_random_actions(tmp_path, monkeypatch):
    real = film.record_frames
    monkeypatch.setattr(film, "record_frames", lambda *args, **options: real(*args, **{**options, "max_frames": 3}))
    words = film.render_test(ASSAY, png=tmp_path / "a.png", gain=0.0)
    assert words == f"{ASSAY} with random actions, receptor gain 0, after 24 h of cohousing"
    first = (tmp_path / "a.png").read_bytes()
    film.render_test(ASSAY, png=tmp_path / "a.png", gain=0.0, overwrite=True)
    assert (tmp_path / "a.png").read_bytes() == first


def test_what_cannot_be_shown(run, tmp_path):
    with pytest.raises(UserError, match="unknown animal 'knockout-01'; did you mean 'knockout-00'"):
        film.render_test(run, animal="knockout-01", png=tmp_path / "a.png")
    with pytest.raises(UserError, match="an animal can only be chosen from a run folder"):
        film.render_test(ASSAY, animal="knockout-00", png=tmp_path / "a.png")
    (run.models / "knockout-00.zip").write_bytes(b"PK half a file")
    with pytest.raises(UserError, match=r"knockout-00.zip is damaged: no network for this world can be read"):
        film.render_test(run, animal="knockout-00", png=tmp_path / "a.png")
    for path in run.models.iterdir():
        path.unlink()
    with pytest.raises(UserError, match=r"has no trained animal yet; continue it with `socialrl resume"):
        film.render_test(run, png=tmp_path / "a.png")
