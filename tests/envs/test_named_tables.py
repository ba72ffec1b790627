"""Earlier parameter tables: kept as they were, whatever becomes of the current one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from numpy.typing import NDArray
from playing import SWITCHED_OFF

from socialrl_envs import parameters
from socialrl_envs.named_tables import CURRENT, kept_rows, read_rows, table_names
from socialrl_envs.parameters import (
    PARAMETERS,
    Parameter,
    ParameterError,
    completed,
    differences,
    draw_individual,
    markdown,
    parameter,
    record,
    rows_of,
    table_csv,
)
from socialrl_envs.release import evoked_release

# What the worlds gave when v1 was the only table, before tables had names; see `digest_of_world`.
GIVEN_BY_V1 = {
    "PartnerPreference": "cf99772a0ec7d38b",
    "StrangerEncounter": "3756627d7cbb3815",
    "SocialOperant": "afcdd9a42ca3bae2",
    "GroupHabitat": "c3127a7b7713bfb1",
    "GroupMember": "e2127517396e9fa7",
}


def digest(parts: Iterable[NDArray[Any] | bytes]) -> str:
    joined = b"".join(one if isinstance(one, bytes) else np.ascontiguousarray(one).tobytes() for one in parts)
    return hashlib.sha256(joined).hexdigest()[:16]


def digest_of_world(assay: str, **arguments: Any) -> str:
    """200 ticks of random actions in eight rows: everything that is observed and felt."""
    env = gym.make_vec(
        f"socialrl/{assay}-v0",
        num_envs=8,
        vectorization_mode="vector_entry_point",
        dt_s=3.0,
        cohousing_h=24.0,
        **arguments,
    )
    rng = np.random.default_rng(3)
    seen = [env.reset(seed=1)[0]]
    for _ in range(200):
        observations, rewards, *_ = env.step(rng.integers(0, env.single_action_space.n, 8))
        seen += [observations, rewards]
    return digest(seen)


def refitted(row: Parameter) -> Parameter:
    """Return a row as another fit could leave it: another value, spread and range."""
    value = row.low + 0.5 * (min(row.high, 2.0 * row.value + 1.0) - row.low)
    return replace(row, value=value, spread=row.spread + 0.1, low=row.low, high=value, evidence="fitted")


@pytest.fixture
def another_current_table(monkeypatch):
    monkeypatch.setattr(parameters, "PARAMETERS", tuple(map(refitted, PARAMETERS)))


@pytest.mark.usefixtures("another_current_table")
@pytest.mark.parametrize("assay", GIVEN_BY_V1)
def test_v1_gives_what_it_gave_whatever_the_current_table_is(assay):
    assert digest_of_world(assay, table="v1") == GIVEN_BY_V1[assay]
    assert digest_of_world(assay) != GIVEN_BY_V1[assay], "the current table was not changed by this test"


@pytest.mark.parametrize("assay", ["PartnerPreference", "SocialOperant", "GroupHabitat"])
def test_with_the_mechanisms_off_and_its_numbers_the_current_table_gives_what_v1_gave(assay):
    """What was added since v1 was added as switches alone. In these assays only those that act have a say."""
    numbers = {row["name"]: float(row["value"]) for row in kept_rows("v1")}
    assert digest_of_world(assay, **numbers, **SWITCHED_OFF) == GIVEN_BY_V1[assay]


@pytest.mark.usefixtures("another_current_table")
def test_v1_draws_the_individuals_that_it_drew():
    rng = np.random.default_rng(3)
    drawn = [draw_individual(rng, {"oxtr_gain": 0.5}, 1.0, "v1") for _ in range(5)]
    assert digest([repr([sorted(one.items()) for one in drawn]).encode()]) == "81bdd96761fda9ab"


@pytest.mark.usefixtures("another_current_table")
def test_v1_releases_what_it_released():
    assert digest([evoked_release(record(1, table="v1")).oxytocin]) == "7028d74d805cfa17"


@pytest.mark.usefixtures("another_current_table")
def test_animals_that_do_not_act_have_the_values_of_the_named_table():
    env = gym.make("socialrl/PartnerPreference-v0", table="v1", withdrawal_s=60.0)
    acting, females, males = env.unwrapped.world.parameters
    assert acting["withdrawal_s"] == 60.0
    kept = float(next(r for r in kept_rows("v1") if r["name"] == "withdrawal_s")["value"])
    assert females["withdrawal_s"] == males["withdrawal_s"] == kept


def test_what_is_younger_than_a_table_is_off_in_it(monkeypatch):
    switch = Parameter("warming_worth", 0.7, "reward/min", 0.0, 5.0, 0.3, "worth of warmth", "fitted", "a fit")
    lasting = Parameter("warming_tau_s", 60.0, "s", 1.0, 1e4, 0.2, "time constant of warmth", "assumed", "none")
    monkeypatch.setattr(parameters, "PARAMETERS", (*PARAMETERS, switch, lasting))
    *_, off, any_value = rows_of("v1")
    assert (off.value, off.spread, off.evidence) == (0.0, 0.0, "definition")
    assert (any_value.value, any_value.spread) == (60.0, 0.0), "0 is outside its range"
    assert "v1" in off.source
    drawn = draw_individual(np.random.default_rng(1), {}, 1.0, "v1")
    assert not {"warming_worth", "warming_tau_s"} & set(drawn)


def test_every_kept_table_has_only_parameters_that_there_are():
    for table in table_names():
        rows = rows_of(table)
        assert [row.name for row in rows] == [row.name for row in PARAMETERS]
        for row in rows:
            assert row.low <= row.value <= row.high, (table, row.name)
        if table != CURRENT:
            assert {row["name"] for row in kept_rows(table)} <= set(parameters.NAMES)


def test_a_table_reads_as_it_was_written():
    assert completed("again", read_rows(table_csv())) == PARAMETERS
    written = {row["name"]: row for row in read_rows(table_csv("v1"))}
    for row in kept_rows("v1"):
        assert {column: written[row["name"]][column] for column in row} == row


def test_a_field_that_is_younger_than_a_table_has_its_default_there():
    @dataclass(frozen=True)
    class Wider(Parameter):
        male: float | None = None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parameters, "Parameter", Wider)
        rows = tuple(Wider(**{**vars(row), "male": 0.5 if row.name == "v1a_gain" else None}) for row in PARAMETERS)
        later = replace(rows[0], name="later", low=0.0, value=1.0, male=2.0)
        patch.setattr(parameters, "PARAMETERS", (*rows, later))
        assert completed("again", read_rows(table_csv())) == (*rows, later)
        assert {row.male for row in rows_of("v1")} == {None}
        changed = [new.name for _, new in differences(rows_of("v1"), rows_of(CURRENT)) if new.value == 1.0]
        assert {"v1a_gain", "later"} <= set(changed)


def test_differences_are_those_of_value_and_spread():
    changed = replace(PARAMETERS[3], value=90.0)
    wider = replace(PARAMETERS[4], spread=0.5)
    told = replace(PARAMETERS[5], source="a better source")
    new = (*PARAMETERS[:3], changed, wider, told, *PARAMETERS[6:])
    assert differences(PARAMETERS, new) == [(PARAMETERS[3], changed), (PARAMETERS[4], wider)]


@pytest.mark.parametrize(
    "make",
    [
        lambda table: gym.make("socialrl/PartnerPreference-v0", table=table),
        lambda table: gym.make_vec("socialrl/GroupHabitat-v0", num_envs=8, vectorization_mode="vector_entry_point",
                                   table=table),
        lambda table: gym.make("socialrl/OxytocinRelease-v0", table=table),
        lambda table: parameter("oxtr_gain", table),
        lambda table: record(1, table=table),
        markdown,
    ],
)  # fmt: skip
@pytest.mark.parametrize("table", ["v0", "", "../v1", 1, None, ["v1"]])
def test_an_unknown_table_is_refused_with_those_that_there_are(make, table):
    with pytest.raises(ParameterError, match=f"^unknown parameter table .*; known: {', '.join(table_names())}$"):
        make(table)


@pytest.mark.usefixtures("another_current_table")
def test_the_parallel_habitat_fills_in_the_named_table():
    pytest.importorskip("pettingzoo")
    from socialrl_envs.parallel import GroupHabitatParallelEnv

    env = GroupHabitatParallelEnv(table="v1", contact_floor={"vole2": 2.0})
    floors = env._rows.world.parameters["contact_floor"]
    assert floors.tolist() == [0.7, 0.7, 2.0, *[0.7] * 7]  # the last two: females and males that do not act
