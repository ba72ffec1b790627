"""Presses, accesses and rejections in the event table: as many as were counted, at moments that fit the rest."""

from __future__ import annotations

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from played_events import KEYS, of_kind, played

from socialrl.evaluation.events import EventRecorder

DT_S, N_TICKS, N_TESTS = 5.0, 240, 16
BEHIND = ("partner", "stranger")


def at_the_lever(press_s: float, **options: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tests of animals that mostly seek one of the two, at random: their records and events."""
    env = gym.make_vec(
        "socialrl/SocialOperant-v0",
        num_envs=N_TESTS,
        vectorization_mode="vector_entry_point",
        autoreset_mode="DISABLED",
        dt_s=DT_S,
        duration_s=DT_S * N_TICKS,
        press_s=press_s,
        **options,
    ).unwrapped
    env.reset(seed=5)
    animals = [f"wt-{number:02d}" for number in range(N_TESTS)]
    recorder = EventRecorder()
    recorder.follow(env, np.arange(N_TESTS), {"animal": animals, "test": ["t"] * N_TESTS, "repeat": [0] * N_TESTS})
    rng = np.random.default_rng(1)
    favourite = rng.integers(2, 4, N_TESTS)
    for _ in range(N_TICKS):
        others = rng.choice(6, N_TESTS, p=[0.1, 0.3, 0.2, 0.2, 0.1, 0.1])
        _, _, _, _, info = env.step(np.where(rng.random(N_TESTS) < 0.8, favourite, others))
        recorder.note()
    recorder.finish()
    columns = {name: column for name, column in info["record"].items() if column.ndim == 1}
    return pd.DataFrame({"animal": animals, "test": "t", "repeat": 0, **columns}), recorder.table()


@pytest.fixture(scope="module")
def lever() -> tuple[pd.DataFrame, pd.DataFrame]:
    return at_the_lever(2.0)


def counted(events: pd.DataFrame, kind: str, records: pd.DataFrame, other: str) -> np.ndarray:
    rows = events[(events["kind"] == kind) & (events["other"] == other)]
    return rows.groupby(KEYS).size().reindex(records.set_index(KEYS).index, fill_value=0).to_numpy()


@pytest.mark.parametrize(
    ("press_s", "options"),
    [(2.0, {}), (1.0, {"ratio_step": 0.5}), (7.0, {"ratio_step": 0}), (0.3, {"access_s": 0, "ratio_step": 3})],
)
def test_as_many_presses_and_accesses_as_were_counted(press_s: float, options: dict[str, float]) -> None:
    records, events = at_the_lever(press_s, **options)
    for other in BEHIND:
        presses, accesses = records[f"presses_{other}"].to_numpy(), records[f"accesses_{other}"].to_numpy()
        np.testing.assert_array_equal(counted(events, "access", records, other), accesses)
        np.testing.assert_array_equal(counted(events, "press", records, other), np.floor(presses + 1e-6))
        assert presses.max() >= 3
    assert (events.loc[events["kind"] == "press", "chamber"] == "lever").all()
    pressed = of_kind(events, "press").sort_values([*KEYS, "start_s"])
    assert (pressed["seconds"] == 0.0).all()
    for _, rows in pressed.groupby([*KEYS, "other"]):
        assert (np.diff(rows["start_s"]) >= press_s - 1e-9).all(), "no faster than one press in press_s"


def test_a_door_opens_with_the_tick_of_its_last_press_and_shuts_after_access_s(lever) -> None:
    _, events = lever
    moments = of_kind(events, "press").groupby([*KEYS, "other"])["start_s"].apply(np.array)
    accesses = of_kind(events, "access")
    assert len(accesses) > 15
    for key, rows in accesses.groupby([*KEYS, "other"]):
        for nth, row in enumerate(rows.itertuples(), 1):
            last = moments[key][nth * (nth + 1) // 2 - 1]  # the k-th access costs k presses
            assert row.start_s - DT_S < last <= row.start_s
            assert row.end_s == min(row.start_s + 60.0, DT_S * N_TICKS)
            assert row.chamber == row.other, "the chamber has the name of who lives in it, on either side"
    assert (accesses["end_s"] == DT_S * N_TICKS).any(), "an access that the end of a test cuts short"


def test_accesses_are_the_time_behind_the_door(lever) -> None:
    records, events = lever
    where = of_kind(events, "chamber", "passage")
    for other in BEHIND:
        inside, accesses = where[where["chamber"] == other], of_kind(events, "access")
        both = inside.merge(accesses[accesses["other"] == other], on=KEYS, suffixes=("", "_open"))
        shared = np.minimum(both["end_s"], both["end_s_open"]) - np.maximum(both["start_s"], both["start_s_open"])
        both["shared_s"] = shared.clip(lower=0.0)
        found = both.groupby(KEYS)["shared_s"].sum().reindex(records.set_index(KEYS).index, fill_value=0.0)
        np.testing.assert_allclose(found, records[f"access_s_{other}"], rtol=0, atol=1e-6)
        assert found.sum() > 0
        total = inside["seconds"].sum()
        assert total == pytest.approx(found.sum()), "nobody is behind a door that is shut"


def test_an_access_of_other_lengths() -> None:
    for access_s, expected in ((0.0, 0.0), (7.0, 10.0)):  # a door shuts with a tick
        _, events = at_the_lever(1.0, access_s=access_s)
        accesses = of_kind(events, "access")
        whole = accesses[accesses["end_s"] < DT_S * N_TICKS]
        assert len(whole) > 5
        assert (whole["seconds"] == expected).all()


@pytest.mark.parametrize("assay", ["PartnerPreference", "StrangerEncounter", "SocialOperant"])
def test_as_many_rejections_as_were_counted(assay: str) -> None:
    records, events = played(assay, dt_s=5, duration_s=3000)
    names = {"attacks": "stranger"} if assay == "StrangerEncounter" else {}
    names |= {f"rejections_{who}": who for who in BEHIND if f"rejections_{who}" in records}
    for column, other in names.items():
        np.testing.assert_array_equal(counted(events, "rejection", records, other), records[column])
    rejected = of_kind(events, "rejection")
    assert len(rejected) > 10
    assert (rejected["seconds"] == 0.0).all()
    assert not (events["kind"] == "press").any() or assay == "SocialOperant"
    # it was where it says, and contact with the other was over
    stays = of_kind(events, "chamber").rename(columns={"start_s": "came_s", "end_s": "went_s"})
    there = rejected.assign(row=range(len(rejected))).merge(
        stays[[*KEYS, "chamber", "came_s", "went_s"]], on=[*KEYS, "chamber"]
    )
    there = there[(there["came_s"] <= there["start_s"]) & (there["start_s"] < there["went_s"])]
    assert there["row"].tolist() == list(range(len(rejected)))
    both = of_kind(events, "contact").merge(rejected, on=[*KEYS, "other"], suffixes=("", "_of_it"))
    assert not ((both["start_s"] <= both["start_s_of_it"]) & (both["start_s_of_it"] < both["end_s"])).any()


def test_rejections_in_a_habitat_name_the_other_by_its_id() -> None:
    records, events = played("GroupHabitat", dt_s=60, duration_s=3600)
    rejected = of_kind(events, "rejection")
    found = rejected.groupby(KEYS).size().reindex(records.set_index(KEYS).index, fill_value=0)
    np.testing.assert_array_equal(found, records["rejections_partner"] + records["rejections_others"])
    mates = {row.animal: f"{row.habitat_type}-{row.index ^ 1:02d}" for row in records.itertuples()}
    of_mates = rejected[rejected["other"] == rejected["animal"].map(mates)].groupby(KEYS).size()
    np.testing.assert_array_equal(
        of_mates.reindex(records.set_index(KEYS).index, fill_value=0), records["rejections_partner"]
    )
    assert set(rejected["other"]) <= set(records["animal"])
