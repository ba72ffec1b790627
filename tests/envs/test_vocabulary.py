"""One row for each thing that is added: the vocabulary is light, and drugs and assays may come from outside."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from playing import PARTNER_PREFERENCE, make_rows, play, random_actions

import socialrl_envs
from socialrl_envs import ASSAYS, PAPERS, SocialEnv, SocialVectorEnv, rewards, vocabulary
from socialrl_envs.assays.partner_preference import PARTNER_PREFERENCE as ASSAY
from socialrl_envs.drugs import NO_DRUG, levels
from socialrl_envs.errors import ParameterError
from socialrl_envs.vocabulary import DRUGS, OPTIONS, Drug


def test_the_vocabulary_and_the_registration_load_no_numba() -> None:
    statement = (
        "import socialrl_envs.vocabulary, gymnasium, sys; print('numba' in sys.modules, len(gymnasium.registry))"
    )
    done = subprocess.run([sys.executable, "-c", statement], capture_output=True, text=True, check=True)
    assert done.stdout.split()[0] == "False"


def test_every_row_of_an_assay_is_its_own_assay() -> None:
    assert tuple(ASSAYS) == vocabulary.ASSAY_IDS
    for row in vocabulary.ASSAY_ROWS:
        assert gym.spec(row.id).vector_entry_point.endswith(row.vector)
        assert ASSAYS[row.id].id == row.id
    assert set(PAPERS) == {*ASSAYS, vocabulary.RELEASE_ID}


def test_every_option_has_a_random_stream_of_its_own() -> None:
    assert len({option.stream for option in OPTIONS}) == len(OPTIONS)


def test_every_reward_term_is_felt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Terms stand where `rewards.TERMS` says: the file in which they are written fails at once where one is missing."""
    source = Path(vocabulary.__file__ or "").with_name("feeling.py")
    code = compile(source.read_text(encoding="utf-8"), str(source), "exec")
    for terms, error in ((rewards.TERMS[1:], ValueError), ((*rewards.TERMS, "pride"), AssertionError)):
        monkeypatch.setattr(rewards, "TERMS", terms)
        with pytest.raises(error):
            exec(code, {"__name__": "socialrl_envs.feeling", "__package__": "socialrl_envs"})


def test_a_drug_is_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row from outside acts where it says, like a known drug that acts there."""
    monkeypatch.setitem(DRUGS, "atosiban", Drug(1.0, "fraction of the receptor gain blocked", "receptor", "atosiban"))

    def played(drug: str) -> Any:
        dose = {"drug": drug, "dose": 0.7, "start_s": 0.0, "end_s": 900.0}
        env = make_rows(3, drugs=[dose])
        env.reset(seed=1)
        return play(env, random_actions(env, 80))

    new, known = played("atosiban"), played("antagonist")
    np.testing.assert_array_equal(new.observations, known.observations)
    assert not np.array_equal(new.observations, played("v1a_antagonist").observations)


def test_every_drug_acts_at_its_site_only() -> None:
    for name, drug in DRUGS.items():
        doses = socialrl_envs.drugs.schedule([{"drug": name, "dose": 0.25, "start_s": 0.0, "end_s": 1.0}])  # type: ignore[attr-defined]
        untouched, found = NO_DRUG._asdict(), levels(doses, -1, 0.5)._asdict()
        changed = {level for level in untouched if found[level] != untouched[level]}
        assert changed == ({"d1", "d2"} if drug.site == "dopamine" else {drug.site})
        assert all(found[level] == (0.25 if untouched[level] == 0.0 else 0.75) for level in changed)


class Toy(SocialEnv):
    """An assay from outside: partner preference with a shorter test."""

    assay = replace(ASSAY, id="elsewhere/QuickPreference-v0", duration_s=300.0, paper="nobody")


class ToyRows(SocialVectorEnv):
    assay = Toy.assay


@pytest.fixture
def toy() -> Iterator[str]:
    toy_id = Toy.assay.id
    socialrl_envs.register_assay(Toy.assay, Toy, ToyRows)
    yield toy_id
    del gym.registry[toy_id], ASSAYS[toy_id], PAPERS[toy_id]


def test_an_assay_may_come_from_outside(toy: str) -> None:
    assert ASSAYS[toy].duration_s == 300.0
    assert PAPERS[toy] == "nobody"
    env, rows = gym.make(toy), gym.make_vec(toy, num_envs=2)
    plain = gym.make(PARTNER_PREFERENCE, duration_s=300.0)
    np.testing.assert_array_equal(env.reset(seed=4)[0], plain.reset(seed=4)[0])
    np.testing.assert_array_equal(rows.reset(seed=4)[0][0], env.unwrapped.world.observations[0])
    assert [env.step(2)[3] for _ in range(20)] == [False] * 19 + [True]
    with pytest.raises(ParameterError, match="an assay elsewhere/QuickPreference-v0 is already registered"):
        socialrl_envs.register_assay(replace(Toy.assay, paper="another"), Toy, ToyRows)


def test_an_option_outside_its_row_is_refused() -> None:
    for option in OPTIONS:
        if option.is_number:
            allowed = f"{option.name} must be {option.lowest:g} to {option.highest:g} {option.unit}"
            for outside in (option.highest * 1.01, option.lowest - 0.01):
                with pytest.raises(ParameterError, match=allowed):
                    make_rows(1, "socialrl/SocialOperant-v0", **{option.name: outside})
