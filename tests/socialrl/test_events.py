"""The event table: intervals that tile a test, agree with its counters to the last second, and pass through tubes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from played_events import KEYS, config_for, networks, of_kind, played

from socialrl.analysis.association import cohabitation, contacts, group_sizes, in_bins
from socialrl.animals.animal import animals_of
from socialrl.animals.policies import policy_bytes
from socialrl.config.loading import config_to_yaml
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import evaluate_run
from socialrl.progress import Silent
from socialrl.protocols.evaluating import evaluate_protocol
from socialrl.storage.run_folder import RunFolder
from socialrl_envs import ASSAYS

HOURS = 5
CHAMBERS = ("arena", "cage1", "cage2", "cage3", "cage4")


@pytest.fixture(scope="module")
def habitat() -> tuple[pd.DataFrame, pd.DataFrame]:
    return played("GroupHabitat", dt_s=60, duration_s=HOURS * 3600)


def assert_tiles(events: pd.DataFrame, duration_s: float) -> None:
    """Chambers and passages of each animal follow each other from the first second to the last, and fit together."""
    where = of_kind(events, "chamber", "passage")
    assert (where["seconds"] >= 0).all()  # an animal that is carried is in no tube
    assert (where.loc[where["kind"] == "chamber", "seconds"] > 0).all()
    for _, rows in where.groupby(KEYS):
        assert rows["start_s"].iloc[0] == 0.0
        assert rows["end_s"].iloc[-1] == duration_s
        np.testing.assert_array_equal(rows["end_s"].iloc[:-1], rows["start_s"].iloc[1:])
        reached = rows["to"].where(rows["kind"] == "passage", rows["chamber"])
        assert reached.iloc[:-1].tolist() == rows["chamber"].iloc[1:].tolist()


def assert_counted(records: pd.DataFrame, events: pd.DataFrame, chambers: tuple[str, ...]) -> None:
    """Chamber seconds and entries are those of the counters."""
    where, passages = of_kind(events, "chamber", "passage"), of_kind(events, "passage")
    rows = records.set_index(KEYS)
    for name in chambers:
        for kind, counter in (("chamber", "chamber_s"), ("passage", "tube_s")):
            here = where[(where["chamber"] == name) & (where["kind"] == kind)]
            seconds = here.groupby(KEYS)["seconds"].sum().reindex(rows.index, fill_value=0.0)
            np.testing.assert_array_equal(seconds, rows[f"{counter}_{name}"], err_msg=name)
        entries = passages[passages["to"] == name].groupby(KEYS).size().reindex(rows.index, fill_value=0)
        np.testing.assert_array_equal(entries, rows[f"entries_{name}"], err_msg=name)


def test_chambers_and_passages_tile_the_test_and_are_those_of_the_counters(habitat) -> None:
    records, events = habitat
    assert len(records) == 16 * 2 * 2
    assert events.groupby(KEYS).ngroups == len(records)
    assert_tiles(events, HOURS * 3600)
    assert_counted(records, events, CHAMBERS)


def test_who_is_in_one_chamber_with_whom_is_counted_alike(habitat) -> None:
    """Minute by minute from the intervals, against the counters of groups and of time together."""
    records, events = habitat
    where = of_kind(events, "chamber", "passage")
    minutes = 60.0 * np.arange(HOURS * 60) + 30.0
    for _, rows in records.groupby(["habitat", "test", "repeat"]):
        world = where.merge(rows[KEYS])
        places = np.array(
            [
                own["chamber"].map(CHAMBERS.index).to_numpy()[np.searchsorted(own["end_s"], minutes + 29.9)]
                for own in (world[world["animal"] == animal] for animal in rows["animal"])
            ]
        )
        together = (places[:, None] == places[None]).sum(axis=2) * 60.0
        expected = np.stack(rows["together_s"])
        np.testing.assert_array_equal(together - np.diag(np.diag(together)), expected)
        sizes = (places[:, None] == places[None]).sum(axis=1)
        spent = np.array([[60.0 * (own == n + 1).sum() for n in range(8)] for own in sizes])
        np.testing.assert_array_equal(spent, np.stack(rows["group_size_s"]))


def test_contact_is_symmetric_and_adds_up_to_the_record(habitat) -> None:
    records, events = habitat
    touched = of_kind(events, "contact")
    assert len(touched) > 1000
    columns = ["test", "repeat", "start_s", "end_s", "chamber"]
    one = touched[["animal", "other", *columns]]
    swapped = one.rename(columns={"animal": "other", "other": "animal"})[one.columns]
    by = list(one.columns)
    pd.testing.assert_frame_equal(
        one.sort_values(by).reset_index(drop=True), swapped.sort_values(by).reset_index(drop=True)
    )
    pairs = contacts(events).set_index([*KEYS, "other"])["contact_s"]
    for _, rows in records.groupby(["habitat", "test", "repeat"]):
        ids = rows["animal"].tolist()
        for row in rows.itertuples():
            found = [pairs.get((row.animal, row.test, row.repeat, other), 0.0) for other in ids]
            np.testing.assert_array_equal(found, row.contact_s_each)


def test_cohabitation_is_time_in_one_chamber_with_tubes_apart(habitat) -> None:
    records, events = habitat
    together = cohabitation(events).groupby([*KEYS[1:], "animal", "other"])["cohabitation_s"].sum()
    stays = of_kind(events, "chamber")
    one = stays[stays["animal"] == "mixed-00"]
    for other in ("mixed-01", "mixed-05"):
        pairs = one.merge(stays[stays["animal"] == other], on=["test", "repeat", "habitat", "chamber"])
        shared = np.minimum(pairs["end_s_x"], pairs["end_s_y"]) - np.maximum(pairs["start_s_x"], pairs["start_s_y"])
        by_hand = shared.clip(lower=0.0).groupby([pairs["test"], pairs["repeat"]]).sum()
        for (test, repeat), seconds in by_hand.items():
            assert together.get((test, repeat, "mixed-00", other), 0.0) == seconds
            assert together.get((test, repeat, other, "mixed-00"), 0.0) == seconds
    # far more than contact, and less than with tubes counted for the chamber that was left
    each = np.concatenate(
        [np.sum(np.stack(rows["contact_s_each"])) for _, rows in records.groupby("habitat")], axis=None
    )
    beside = np.concatenate([np.sum(np.stack(rows["together_s"])) for _, rows in records.groupby("habitat")], axis=None)
    assert each.sum() < together.sum() < beside.sum()


def test_contact_lies_within_the_chamber_that_it_names(habitat) -> None:
    _, events = habitat
    stays = of_kind(events, "chamber").rename(columns={"start_s": "came_s", "end_s": "went_s"})
    touched = of_kind(events, "contact").reset_index()
    around = touched.merge(stays[[*KEYS, "chamber", "came_s", "went_s"]], on=[*KEYS, "chamber"])
    around = around[(around["came_s"] <= around["start_s"]) & (around["end_s"] <= around["went_s"])]
    assert around["index"].tolist() == touched["index"].tolist()


def test_contact_by_the_hour_is_that_of_the_record(habitat) -> None:
    records, events = habitat
    touched = in_bins(of_kind(events, "contact"))
    mate = {(row.habitat, row.index): row.animal for row in events.drop_duplicates("animal").itertuples(index=False)}
    partner = [mate[habitat, index ^ 1] for habitat, index in zip(touched["habitat"], touched["index"], strict=True)]
    touched["who"] = np.where(touched["other"] == partner, "partner", "others")
    hourly = touched.groupby(["who", *KEYS, "bin"])["seconds"].sum()
    for row in records.itertuples():
        for who in ("partner", "others"):
            found = [hourly.get((who, row.animal, row.test, row.repeat, hour), 0.0) for hour in range(HOURS)]
            np.testing.assert_array_equal(found, getattr(row, f"{who}_s_hourly"))


def test_group_sizes_over_time_add_up_to_those_of_the_test(habitat) -> None:
    records, events = habitat
    sizes = group_sizes(events)
    world = ["habitat_type", "habitat", "test", "repeat"]
    by_hour = sizes.groupby([*world, "bin"])["animal_s"].sum()
    assert (by_hour == 8 * 3600.0).all()
    assert len(by_hour) == 8 * HOURS
    found = sizes.pivot_table(index=world, columns="size", values="animal_s", aggfunc="sum", fill_value=0.0)
    for key, rows in records.groupby(world):
        expected = np.sum(np.stack(rows["group_size_s"]), axis=0)
        np.testing.assert_allclose(found.loc[key].reindex(range(1, 9), fill_value=0.0), expected, rtol=1e-12)


def test_labels_say_whose_row_it_is(habitat) -> None:
    records, events = habitat
    labels = ["animal", "genotype", "index", "habitat_type", "habitat"]
    expected = records[labels].drop_duplicates().sort_values("animal").reset_index(drop=True)
    found = events[labels].drop_duplicates().sort_values("animal").reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected)
    mixed = found[found["habitat_type"] == "mixed"]
    assert mixed["genotype"].tolist() == ["ko", "wt"] * 4
    assert set(events.loc[events["animal"] == "mixed-02", "other"].dropna()) <= set(mixed["animal"])


@pytest.mark.parametrize(("dt_s", "transit_s"), [(60, 15), (15, 15), (15, 40), (5, 12)])
def test_a_passage_takes_the_time_of_the_tube(dt_s: float, transit_s: float) -> None:
    """Whatever the tick: it comes out at the end of one, and was in the tube for `transit_s`."""
    records, events = played("GroupHabitat", dt_s=dt_s, duration_s=7200, parameters={"transit_s": transit_s})
    passages = of_kind(events, "passage")
    assert len(passages) > 100
    np.testing.assert_allclose(passages["seconds"], transit_s, rtol=0, atol=1e-9)
    assert (passages["end_s"] % dt_s == 0).all()
    assert_tiles(events, 7200)
    assert_counted(records, events, CHAMBERS)
    # it was never in contact while it was on its way
    both = of_kind(events, "contact").merge(passages, on=KEYS, suffixes=("", "_tube"))
    assert not ((both["start_s"] < both["end_s_tube"]) & (both["start_s_tube"] < both["end_s"])).any()


@pytest.mark.parametrize("assay", ["PartnerPreference", "SocialOperant", "StrangerEncounter", "GroupMember"])
def test_assays_with_one_acting_animal(assay: str) -> None:
    shape = ASSAYS[f"socialrl/{assay}-v0"]
    duration_s = 200 * shape.dt_s
    records, events = played(assay, dt_s=shape.dt_s, duration_s=duration_s, parameters={"press_s": 1.0})
    assert_tiles(events, duration_s)
    chambers = next(iter(shape.chambers.values()))
    assert_counted(records, events, chambers)
    assert "habitat" not in events
    contacts = of_kind(events, "contact")
    assert len(contacts) > 10
    rows = records.set_index(KEYS)
    seconds = contacts.groupby([*KEYS, "other"])["seconds"].sum().unstack("other").reindex(rows.index).fillna(0.0)
    bouts = contacts.groupby([*KEYS, "other"]).size().unstack("other").reindex(rows.index).fillna(0)
    if assay == "GroupMember":
        np.testing.assert_array_equal(seconds["partner"], rows["contact_s_partner"])
        return
    for other in seconds:
        np.testing.assert_array_equal(seconds[other], rows[f"huddle_s_{other}"])
        np.testing.assert_array_equal(bouts[other], rows[f"bouts_{other}"])
        if assay == "PartnerPreference":  # tethered in its chamber, which goes by its name whatever the side
            assert (contacts.loc[contacts["other"] == other, "chamber"] == other).all()


def run_of(folder: Any, assay: str, **env: Any) -> RunFolder:
    config = config_for(assay, **env)
    run = RunFolder.create(folder / "run", config_yaml=config_to_yaml(config), meta={})
    animals = animals_of(config)
    for animal, weights in zip(animals, networks(assay, len(animals)), strict=True):
        run.write_networks({animal.id: policy_bytes(weights, {})}, piece=animal.id)
    run.write_table("animals", pd.DataFrame({"animal": [one.id for one in animals], "steps": 0}))
    return run


def test_an_evaluation_of_a_habitat_has_its_events_unless_told_otherwise(tmp_path) -> None:
    with run_of(tmp_path, "GroupHabitat", dt_s=60, duration_s=3600) as run:
        evaluate_run(run, progress=Silent())
        events = run.read_table("events")
        assert_tiles(events, 3600)
        assert set(events["habitat"]) == {"wt-0", "mixed-0"}
        assert not (run.path / "events.csv").exists()
        evaluate_run(run, events_csv=True, progress=Silent())
        written = pd.read_csv(run.path / "events.csv")
        pd.testing.assert_frame_equal(written, run.read_table("events"), check_dtype=False)
        pd.testing.assert_frame_equal(events, run.read_table("events"))
        evaluate_run(run, events=False, progress=Silent())  # and none of another evaluation are left
        assert not run.has_table("events")
        assert not (run.path / "events.csv").exists()


def test_other_assays_write_events_when_asked(tmp_path) -> None:
    with run_of(tmp_path, "PartnerPreference", dt_s=15, duration_s=1500) as run:
        evaluate_run(run, progress=Silent())
        assert not run.has_table("events")
        before = run.read_table("evaluation")
        evaluate_run(run, events=True, progress=Silent())
        assert_tiles(run.read_table("events"), 1500)
        pd.testing.assert_frame_equal(run.read_table("evaluation"), before)


def test_events_do_not_depend_on_how_many_animals_are_tested_at_once(tmp_path, monkeypatch) -> None:
    with run_of(tmp_path, "GroupHabitat", dt_s=60, duration_s=3600) as run:
        evaluate_run(run, progress=Silent())
        together = run.read_table("events"), run.read_table("evaluation")
        monkeypatch.setattr("socialrl.evaluation.playing._ROWS_AT_ONCE", 1)
        evaluate_run(run, progress=Silent())
        by = ["animal", "test", "repeat", "start_s", "kind", "other"]
        for name, before in zip(("events", "evaluation"), together, strict=True):
            keys = by if name == "events" else KEYS
            after = run.read_table(name).sort_values(keys).reset_index(drop=True)
            pd.testing.assert_frame_equal(after, before.sort_values(keys).reset_index(drop=True))


def test_a_protocol_in_a_habitat_has_its_events_unless_told_otherwise(tmp_path, monkeypatch) -> None:
    file = tmp_path / "twice.yaml"
    habitat = "assay: {id: GroupHabitat, minutes: 60"
    file.write_text(
        f"name: twice\nphases:\n  - {habitat}}}\n  - separate: {{hours: 6}}\n  - {habitat}, name: again}}\n"
    )
    monkeypatch.setattr("socialrl.protocols.evaluating.idle_phases", lambda *_: ["phase 2 changes nothing"])
    with run_of(tmp_path, "GroupHabitat", dt_s=60, duration_s=7200) as run:
        played = evaluate_protocol(run, file, progress=Silent())
        table, path = played.table, played.events
        assert run.protocol_notes("twice") == list(played.notes) == ["phase 2 changes nothing"]
        assert (table.name, path) == ("protocol_twice.parquet", run.path / "events_twice.parquet")
        events = run.read_table("events_twice")
        assert set(events["test"]) == {"group_habitat", "again"}
        assert_tiles(events, 3600)
        assert_counted(run.read_table("protocol_twice"), events, CHAMBERS)
        assert not run.has_table("events"), "those are of the configuration's tests"
        monkeypatch.setattr("socialrl.protocols.evaluating._ROWS_AT_ONCE", 1)
        evaluate_protocol(run, file, overwrite=True, progress=Silent())
        by = ["animal", "test", "repeat", "start_s", "kind", "other"]
        alone, together = (one.sort_values(by, ignore_index=True) for one in (run.read_table("events_twice"), events))
        pd.testing.assert_frame_equal(alone, together)
        assert evaluate_protocol(run, file, events=False, overwrite=True, progress=Silent()).events is None
        assert not run.has_table("events_twice")


def test_no_tests_no_events() -> None:
    assert EventRecorder().table().empty


def test_intervals_are_cut_at_the_borders_of_bins() -> None:
    intervals = pd.DataFrame(
        {"animal": ["a", "b", "c"], "start_s": [0.0, 3000.0, 3600.0], "end_s": [3600.0, 7300.0, 3700.0]}
    )
    pieces = in_bins(intervals)
    assert pieces["animal"].tolist() == ["a", "b", "b", "b", "c"]
    assert pieces["bin"].tolist() == [0, 0, 1, 2, 1]
    assert pieces["seconds"].tolist() == [3600.0, 600.0, 3600.0, 100.0, 100.0]
