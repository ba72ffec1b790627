"""Films of one test: the right animal in the right world, and a clear line where there is none."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from PIL import Image

from socialrl.animals.policies import policy_bytes
from socialrl.config.loading import config_from_data, config_to_yaml
from socialrl.errors import UserError
from socialrl.film import films
from socialrl.storage.run_folder import RunFolder

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
            "individual_spread": 0,
        }
    )
    with RunFolder.create(tmp_path / "short", config_yaml=config_to_yaml(config), meta={}) as run:
        # One action overwhelmingly likely: exploring, so that a test can tell this policy from another.
        weights = {
            "mlp_extractor.policy_net.0.weight": np.zeros((8, 28)),
            "mlp_extractor.policy_net.0.bias": np.zeros(8),
            "action_net.weight": np.zeros((6, 8)),
            "action_net.bias": np.array([0.0, 50.0, 0.0, 0.0, 0.0, 0.0]),
        }
        for animal in ("wild_type-00", "knockout-00"):
            run.write_networks({animal: policy_bytes(weights, {})}, piece=animal)
    return run


def test_a_run_gives_the_animal_its_own_world_and_network(run):
    actor = films._trained(run, None)
    assert actor.name == "wild_type-00"
    expected = {"dt_s": 15.0, "duration_s": 300.0, "arms": {"release": "knockout"}, "drugs": []}
    expected |= {"transit_s": 30.0, "oxtr_gain": 1.0}
    assert {name: actor.world[name] for name in expected} == expected
    assert films._trained(run, "knockout-00").world["oxtr_gain"] == 0.0
    env = actor.make(**actor.world)
    assert env.unwrapped.assay.id == ASSAY
    observation, _ = env.reset(seed=0)
    policy = actor.policy(env, np.random.default_rng(0))
    assert [policy(observation) for _ in range(20)] == [1] * 20


def test_actions_are_sampled(run):
    weights = dict(films.load_trained(run, "wild_type-00"))
    weights["action_net.bias"] = np.log([0.6, 0.4, 1e-9, 1e-9, 1e-9, 1e-9])
    run.write_networks({"wild_type-00": policy_bytes(weights, {})}, piece="wild_type-00")
    actor = films._trained(run, None)
    env = actor.make(**actor.world)
    policy = actor.policy(env, np.random.default_rng(0))
    explored = sum(policy(np.zeros(28, np.float32)) for _ in range(1000))
    # 400 expected, standard deviation sqrt(1000 * 0.6 * 0.4) = 15.5
    assert abs(explored - 400) < 4 * 15.5


def test_film_and_picture_of_a_trained_animal(run, tmp_path):
    gif, png = tmp_path / "a.gif", tmp_path / "a.png"
    words = films.render_test(run, animal="knockout-00", gif=gif, png=png, cohousing_h=6)
    assert words == "knockout-00, female, receptor gain 0, after 6 h of cohousing"
    assert 1 <= getattr(Image.open(gif), "n_frames", 1) <= 6
    assert Image.open(png).size[0] > 100


def test_the_gain_at_test_can_be_replaced(run, tmp_path):
    words = films.render_test(run, gain=0.5, png=tmp_path / "a.png")
    assert words == "wild_type-00, female, receptor gain 0.5, after 24 h of cohousing"


def test_an_assay_is_played_with_random_actions(tmp_path, monkeypatch):
    real = films.record_frames
    monkeypatch.setattr(films, "record_frames", lambda *args, **options: real(*args, **{**options, "max_frames": 3}))
    words = films.render_test(ASSAY, png=tmp_path / "a.png", gain=0.0)
    assert words == f"{ASSAY} with random actions, receptor gain 0, after 24 h of cohousing"
    first = (tmp_path / "a.png").read_bytes()
    films.render_test(ASSAY, png=tmp_path / "a.png", gain=0.0, overwrite=True)
    assert (tmp_path / "a.png").read_bytes() == first


def test_what_cannot_be_shown(run, tmp_path):
    with pytest.raises(UserError, match="unknown animal 'knockout-01'; trained: wild_type-00, knockout-00"):
        films.render_test(run, animal="knockout-01", png=tmp_path / "a.png")
    with pytest.raises(UserError, match="an animal can only be chosen from a run folder"):
        films.render_test(ASSAY, animal="knockout-00", png=tmp_path / "a.png")
    damaged = run.models / "knockout-00.safetensors"
    damaged.write_bytes(b"half a file")
    with pytest.raises(UserError, match=r"is damaged: models/knockout-00.safetensors has 11 bytes"):
        films.render_test(run, animal="knockout-00", png=tmp_path / "a.png")
    foreign = {"action_net.weight": np.zeros((6, 5)), "action_net.bias": np.zeros(6)}
    run.write_networks({"knockout-00": policy_bytes(foreign, {})}, piece="knockout-00")
    with pytest.raises(UserError, match="knockout-00: the network takes 5 observation channels, the world gives"):
        films.render_test(run, animal="knockout-00", png=tmp_path / "a.png")
    shutil.rmtree(run.models)
    with pytest.raises(UserError, match=r"is damaged: models/wild_type-00.safetensors is missing"):
        films.render_test(run, png=tmp_path / "a.png")
    shutil.rmtree(run.path / "parts")
    with pytest.raises(UserError, match=r"has no trained animal yet; continue it with `socialrl resume"):
        films.render_test(run, png=tmp_path / "a.png")
