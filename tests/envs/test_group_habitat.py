"""The group habitat: eight animals that all act, four pairs, an arena, four cages; and one acting animal."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playing import EXPLORE, REST, assert_identical, make_rows, make_single, play, random_actions

from socialrl_envs import SocialVectorEnv
from socialrl_envs.errors import ParameterError
from socialrl_envs.state import AFFILIATE

GROUP, MEMBER = "socialrl/GroupHabitat-v0", "socialrl/GroupMember-v0"
N = 8
MATE = np.arange(N) ^ 1
HOUR_S = 3600.0


def begun(n_worlds: int = 1, seed: int = 1, **arguments: Any) -> SocialVectorEnv:
    env = make_rows(N * n_worlds, GROUP, **arguments)
    env.reset(seed=seed)
    return env


def toward(env: SocialVectorEnv, targets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the affiliate action of every row (n_rows,) toward the animal `targets` (n_rows,) of its world."""
    slots = env.world.batch.slots.reshape(env.num_envs, N - 1)
    return 2 + np.argmax(slots == targets[:, None], axis=1)


def sociable(env: SocialVectorEnv, rng: np.random.Generator) -> NDArray[np.int64]:
    """Mostly toward somebody, sometimes anything: every counter gets its share."""
    me = np.tile(np.arange(N), env.world.n_worlds)
    somebody = (me + rng.integers(1, N, env.num_envs)) % N
    actions = np.where(rng.random(env.num_envs) < 0.4, MATE[me], somebody)
    return np.where(rng.random(env.num_envs) < 0.7, toward(env, actions), rng.integers(0, 16, env.num_envs))


def played(n_worlds: int, hours: float, seed: int = 1, **arguments: Any) -> tuple[SocialVectorEnv, dict[str, Any]]:
    """Play a sociable group to its end; return the environment and the records (n_rows, …)."""
    env = begun(n_worlds, seed, duration_s=hours * HOUR_S, **arguments)
    rng = np.random.default_rng(seed)
    for _ in range(env.world.stage.n_ticks):
        *_, info = env.step(sociable(env, rng))
    return env, info["record"]


def test_pairs_start_in_cages_of_their_own_and_know_their_mates_only() -> None:
    env = begun(3, cohousing_h=24.0)
    assert (env.world.batch.animals["chamber"] == [1, 1, 2, 2, 3, 3, 4, 4]).all()
    familiarity = env.world.batch.pairs["familiarity"][0]
    mates = np.zeros((N, N), dtype=np.bool_)
    mates[np.arange(N), MATE] = True
    assert (familiarity[mates] > 0.4).all()
    assert (familiarity[~mates] == 0.0).all()
    assert (env.world.batch.animals["sex"] == 0).all()


def test_the_matrices_of_a_group_are_symmetric_and_everything_adds_up() -> None:
    env, record = played(4, 4.0)
    contact = record["contact_s_each"].reshape(4, N, N)
    together = record["together_s"].reshape(4, N, N)
    for matrix in (contact, together):
        np.testing.assert_array_equal(matrix, matrix.transpose(0, 2, 1))
        assert (matrix[:, np.arange(N), np.arange(N)] == 0.0).all()
    assert (contact <= together).all()
    assert (contact.sum(axis=(1, 2)) > 0.0).all()
    sizes = record["group_size_s"]
    np.testing.assert_array_equal(sizes.sum(axis=1), np.full(4 * N, 4 * HOUR_S))
    np.testing.assert_array_equal(record["together_s"].sum(axis=1), sizes @ np.arange(N))  # size − 1 companions
    chambers = sum(
        record[f"{what}_{name}"] for name in env.world.assay.habitat.names for what in ("chamber_s", "tube_s")
    )
    np.testing.assert_array_equal(chambers, np.full(4 * N, 4 * HOUR_S))
    mate = np.tile(MATE, 4)
    np.testing.assert_array_equal(record["contact_s_partner"], record["contact_s_each"][np.arange(4 * N), mate])
    total = record["contact_s_each"].sum(axis=1)
    np.testing.assert_array_equal(record["contact_s_partner"] + record["contact_s_others"], total)
    for who in ("partner", "others"):
        assert record[f"{who}_s_hourly"].shape == (4 * N, 4)
        np.testing.assert_allclose(record[f"{who}_s_hourly"].sum(axis=1), record[f"contact_s_{who}"], rtol=1e-12)
        assert record[f"rejections_{who}"].sum() > 0.0
    assert (record["partner_s_hourly"] <= HOUR_S).all()
    np.testing.assert_array_equal(record["duration_s"], np.full(4 * N, 4 * HOUR_S))


def test_group_sizes_by_hand() -> None:
    """One animal explores away from its mate, the others rest: sizes are 2 in the cages, 1 for the two when apart."""
    env = begun(explore_dwell_s=5.0, transit_s=60.0)
    actions = np.full(N, REST)
    actions[0] = EXPLORE
    while env.world.batch.animals["chamber"][0, 0] == 1:
        env.step(actions)
    before = env.counters()["group_size_s"].copy()
    np.testing.assert_array_equal(
        before[:, 1], env.counters()["chamber_s"].sum(axis=1) + env.counters()["tube_s"].sum(axis=1)
    )
    actions[0] = REST
    for _ in range(5):
        env.step(actions)
    grown = env.counters()["group_size_s"] - before
    np.testing.assert_array_equal(grown[:2, 0], [300.0, 300.0])
    np.testing.assert_array_equal(grown[2:, 1], [300.0] * 6)
    assert grown.sum() == N * 300.0
    np.testing.assert_array_equal(env.counters()["together_s"][0, 1:], [before[0, 1], *[0.0] * 6])


def test_each_row_has_its_own_parameters() -> None:
    """After long contact with its mate, each animal's oxytocin is at the release level of its own gain."""
    gains = np.linspace(0.0, 1.0, 2 * N)
    env = begun(2, oxtr_gain=gains, release_floor=0.4, oxytocin_tau_s=60.0)
    actions = toward(env, np.tile(MATE, 2))
    for _ in range(40):
        env.step(actions)
    np.testing.assert_allclose(env.world.batch.animals["oxytocin"].ravel(), 0.4 + 0.6 * gains, rtol=1e-9)
    noise = begun(2, reward_noise=np.where(np.arange(2 * N) == 5, 1.0, 0.0))
    terms = play(noise, random_actions(noise, 20)).terms["noise"]
    assert np.flatnonzero(np.abs(terms).sum(axis=0)).tolist() == [5]


def test_one_rows_gain_changes_nothing_in_other_worlds() -> None:
    gains = np.full(3 * N, 1.0)
    changed_gains = gains.copy()
    changed_gains[N + 3] = 0.0
    plain, changed = begun(3, oxtr_gain=gains), begun(3, oxtr_gain=changed_gains)
    actions = random_actions(plain, 300)
    a, b = play(plain, actions), play(changed, actions)
    others = np.r_[0:N, 2 * N : 3 * N]
    assert_identical(a, b, others, others)
    assert not np.array_equal(a.rewards[:, N + 3], b.rewards[:, N + 3])
    np.testing.assert_array_equal(a.terms["noise"], b.terms["noise"])


def test_a_world_is_its_seed() -> None:
    """World 1 of seed 4 is world 0 of seed 5, whatever the number of worlds."""
    two, one = begun(2, seed=4), begun(1, seed=5)
    actions = random_actions(two, 200)
    assert_identical(play(two, actions), play(one, actions[:, N:]), slice(N, 2 * N), slice(None))


def test_the_noise_of_animals_in_a_world_is_their_own() -> None:
    env = begun(40, reward_noise=0.3)
    felt = play(env, np.zeros((500, 40 * N), dtype=np.int64)).terms["noise"]
    assert felt.std() == pytest.approx(0.3, rel=0.02)  # ticks of a minute
    correlations = np.asarray(np.corrcoef(felt[:, :N].T))[~np.eye(N, dtype=np.bool_)]
    assert np.abs(correlations).max() < 4.5 / np.sqrt(500)


def test_no_animal_is_favoured_by_its_number() -> None:
    """All behave alike by chance: equal contact in every pair, equal time alone for each animal."""
    _, record = played(120, 3.0, seed=7, recognition_noise=0.0)
    alone = {"alone_s": record["group_size_s"][:, 0]}
    for name in ("contact_s_partner", "contact_s_others", "rejections_others", "chamber_s_arena", "entries_arena"):
        alone[name] = record[name]
    for name, column in alone.items():
        by_animal = column.reshape(120, N)
        error = by_animal.std(axis=0) / np.sqrt(120)
        off = (by_animal.mean(axis=0) - by_animal.mean()) / error
        assert (np.abs(off) < 4.0).all(), f"{name}: {off} standard errors"
    contact = record["contact_s_each"].reshape(120, N, N)
    stranger = np.array([contact[:, i, j] for i in range(N) for j in range(i) if j != i ^ 1])
    error = stranger.std(axis=1) / np.sqrt(120)
    assert (np.abs(stranger.mean(axis=1) - stranger.mean()) < 4.5 * error).all()


@pytest.mark.parametrize("dt_s", [60.0, 30.0, 15.0])
def test_two_that_seek_each_other_meet(dt_s: float) -> None:
    """One in the arena, its mate in their cage: they must not swap places for ever."""
    env = begun(200, dt_s=dt_s, transit_s=30.0)
    animals = env.world.batch.animals
    animals["chamber"][:, 0] = 0
    actions = np.tile(toward(env, np.tile(MATE, 200)).reshape(200, N)[:, :2], 1)
    full = np.full((200, N), EXPLORE)
    full[:, :2] = actions
    for _ in range(round(60.0 / dt_s) + 1):
        env.step(full.ravel())
    assert (animals["chamber"][:, 0] == animals["chamber"][:, 1]).all()
    assert (env.world.batch.pairs["contact"][:, 0, 1] == 1).all()
    entries = env.counters()["entries"].reshape(200, N, 5).sum(axis=2)[:, :2]
    assert (entries.sum(axis=1) == 1.0).all(), "one of them went"
    assert 70 < entries[:, 0].sum() < 130, "either of them"


def test_who_is_sought_by_somebody_else_does_not_wait() -> None:
    """0 seeks 1, 1 seeks 2: all in chambers side by side, everybody sets out."""
    env = begun()
    animals = env.world.batch.animals[0]
    animals["chamber"][[0, 1, 2]] = [1, 0, 2]
    env.step(toward(env, np.array([1, 2, 3, 2, 5, 4, 7, 6])))
    assert animals["moved"][:2].tolist() == [1, 1]
    assert animals["intent"][2] == AFFILIATE


def test_halving_the_tick_leaves_the_group_as_it_was() -> None:
    """The same random policy, deciding every minute, in ticks of 60 and of 30 s; a world is one observation."""
    counted = []
    for dt_s, seed in ((60.0, 1), (30.0, 20_000)):
        env = begun(
            200, seed, dt_s=dt_s, duration_s=3 * HOUR_S, transit_s=60.0, explore_dwell_s=300.0, withdrawal_s=120.0
        )
        rng = np.random.default_rng(seed)
        for _ in range(180):
            actions = sociable(env, rng)
            for _ in range(round(60.0 / dt_s)):
                *_, info = env.step(actions)
        record = info["record"]
        columns = [record[f"contact_s_{who}"] for who in ("partner", "others")]
        columns += [record["rejections_others"], record["chamber_s_arena"], *record["group_size_s"].T]
        counted.append(np.array(columns).reshape(len(columns), 200, N).mean(axis=2))
    whole, half = counted
    error = np.sqrt((whole.var(axis=1) + half.var(axis=1)) / 200)
    difference = whole.mean(axis=1) - half.mean(axis=1)
    assert (np.abs(difference) <= 4.0 * error).all(), f"{difference} against standard errors {error}"


@pytest.mark.parametrize("env_id", [GROUP, MEMBER])
def test_there_are_no_mates_in_a_group(env_id: str) -> None:
    message = f"relationship must be one of peer in {env_id}, whose cage mates are of one sex, got 'mate'"
    env = make_rows(N, env_id)
    env.reset(seed=0)
    with pytest.raises(ParameterError, match=message):
        env.reset(options={"relationship": "mate"})
    with pytest.raises(ParameterError, match=message):
        make_rows(N, env_id, relationship="mate")


def test_the_single_face_has_the_record_of_a_member() -> None:
    env, record = played(1, 2.0)
    single = make_single(MEMBER, duration_s=2 * HOUR_S)
    single.reset(seed=1)
    over = False
    while not over:
        *_, over, info = single.step(REST)
    assert set(info["record"]) == set(record)
    for name, column in record.items():
        assert np.shape(info["record"][name]) == column.shape[1:], name
    assert single.observation_space == env.single_observation_space
    assert single.action_space == env.single_action_space


def test_the_others_of_the_single_face_are_sociable() -> None:
    """They seek whom they know best: a focal animal that rests is visited by its mate and hardly by others."""
    env = make_rows(100, MEMBER, duration_s=6 * HOUR_S, cohousing_h=48.0)
    env.reset(seed=0)
    record = play(env, np.zeros((360, 100), dtype=np.int64)).infos[-1]["record"]
    assert record["contact_s_partner"].mean() > HOUR_S
    assert (record["contact_s_others"] < 0.2 * record["contact_s_partner"]).mean() > 0.9


def test_among_strangers_a_sociable_animal_favours_nobody() -> None:
    """Without cohousing all are equally unfamiliar: whom it seeks is drawn, not given by the order of animals."""
    env = make_rows(3000, MEMBER, cohousing_h=0.0)
    env.reset(seed=0)
    env.step(np.full(3000, REST))
    seeking = env.world.batch.animals["intent"][:, 4] == AFFILIATE
    targets = env.world.batch.animals["target"][seeking, 4]
    assert seeking.mean() == pytest.approx(0.4, abs=4 * np.sqrt(0.24 / 3000))
    counts = np.bincount(targets, minlength=N)
    assert counts[4] == 0
    expected = len(targets) / 7
    np.testing.assert_allclose(np.delete(counts, 4), expected, atol=4 * np.sqrt(expected))


def test_roaming_others_go_to_anybody() -> None:
    """Among roaming animals the focal animal's mate seeks it no more often than anybody else."""
    sought = {}
    for others in ("sociable", "roaming"):
        env = make_rows(2000, MEMBER, others=others, cohousing_h=48.0)
        env.reset(seed=0)
        env.step(np.full(2000, REST))
        seeking = env.world.batch.animals["intent"][:, 1] == AFFILIATE
        sought[others] = np.bincount(env.world.batch.animals["target"][seeking, 1], minlength=N) / seeking.sum()
    assert sought["sociable"][0] == 1.0
    np.testing.assert_allclose(np.delete(sought["roaming"], 1), 1 / 7, atol=0.06)  # 4 standard errors of 800 draws


def test_others_may_differ_from_each_other() -> None:
    """Seven rules: the partner roams, vole2 to vole7 are sociable; the single face takes the same."""
    rules = ["roaming", *["sociable"] * 6]
    env = make_rows(500, MEMBER, others=rules, cohousing_h=48.0)
    env.reset(seed=1)
    env.step(np.full(500, REST))
    animals = env.world.batch.animals
    for i in range(1, N):
        targets = animals["target"][animals["intent"][:, i] == AFFILIATE, i]
        assert (len(set(targets.tolist())) > 3) == (i == 1), i
    single = make_single(MEMBER, others=rules)
    assert single.world.stage.rules.tolist() == env.world.stage.rules.tolist()
    assert make_single(MEMBER).assay.rules == ("sociable",) * N


@pytest.mark.parametrize("others", ["shy", ["sociable"] * 6, [], ["tethered"] * 7])
def test_other_rules_are_refused(others: Any) -> None:
    with pytest.raises(
        ParameterError, match=r"others must be sociable or roaming, or a list of 7 of these \(partner, "
    ):
        make_single(MEMBER, others=others)
