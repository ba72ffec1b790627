"""What is computed from events alone: counters as a test counts them, the partner, and the page of an import."""

from __future__ import annotations

import pandas as pd
import pytest
from made_habitat import made_events, made_run, made_tests, spent

from socialrl.analysis.from_events import partner_by_hour, partners, records_of
from socialrl.analysis.measure_table import measure_called
from socialrl.analysis.measure_values import values
from socialrl.errors import UserError
from socialrl.interop.exporting import export_run
from socialrl.interop.importing import import_file
from socialrl.report import whereabouts
from socialrl.report.whereabouts import write_whereabouts


def stays(*rows: tuple[str, float, float, str]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["animal", "start_s", "end_s", "chamber"])
    return table.assign(kind="chamber", to=None, other=None, habitat_type="h", habitat="h", test="t", repeat=0)


def test_the_partner_is_who_begins_in_the_same_chamber():
    events = stays(
        ("a", 0, 100, "one"), ("b", 0, 60, "one"), ("b", 60, 100, "two"), ("c", 0, 100, "two"), ("d", 0, 100, "three")
    )  # fmt: skip
    assert partners(events) == {"a": "b", "b": "a"}
    records = records_of(events).set_index("animal")
    assert records.loc["a", ["together_s_partner", "together_s_others"]].tolist() == [60, 0]
    assert records.loc["b", ["together_s_partner", "together_s_others"]].tolist() == [60, 40]
    assert pd.isna(records.loc["c", "together_s_partner"])
    share = values(records_of(events), measure_called("partner_cohabitation"), ["animal"])
    assert share["a"] == 1.0
    assert share["b"] == pytest.approx(0.6)
    assert records.loc["b", "chamber_s_two"] == 40


def test_shares_by_the_hour_add_up():
    events = made_events(ticks=240)
    table = partner_by_hour(events)
    records = records_of(events).set_index("animal")
    for animal, own in table.groupby("animal"):
        assert own["partner_s"].sum() == pytest.approx(records.loc[animal, "together_s_partner"])
        assert own["others_s"].sum() == pytest.approx(records.loc[animal, "together_s_others"])
    assert table["share"].dropna().between(0, 1).all()


def test_counters_of_preference_tests_are_those_of_the_events():
    events = made_tests(3)
    records = records_of(events).set_index("animal")
    for (animal, who), seconds in spent(events, "contact", "other").items():
        assert records.loc[animal, f"huddle_s_{who}"] == seconds
    for (animal, place), seconds in spent(events, "chamber", "chamber").items():
        assert records.loc[animal, f"chamber_s_{place}"] == seconds
    first = events[(events["kind"] == "contact") & (events["other"] == "partner")].groupby("animal")["start_s"].min()
    assert records["latency_s_partner"].to_dict() == first.to_dict()
    named = values(records.reset_index(), measure_called("preference"), ["animal"])
    both = records["huddle_s_partner"] + records["huddle_s_stranger"]
    pd.testing.assert_series_equal(named, records["huddle_s_partner"] / both, check_names=False)


def test_repeats_are_told_apart_and_who_was_alone_has_no_figures_of_company():
    events = made_tests(2)
    twice = pd.concat([events, events.assign(repeat=1)], ignore_index=True)
    for table in (whereabouts._places, whereabouts._contacts):
        assert "repeat" not in table(events).head
        rows = [tuple(cell.text for cell in row[:3]) for row in table(twice).rows]
        assert len(set(rows)) == len(rows) == 2 * len(table(events).rows)
    alone = events.assign(habitat=events["animal"])
    assert [one.file for one in whereabouts._plates(alone)] == ["places"]


def test_the_page_of_an_import(tmp_path):
    with made_run(tmp_path / "run", made_events(ticks=150)) as run:
        export_run(run, "olcus", tmp_path / "out")
    import_file(tmp_path / "out" / "wt-0_bonded_r0", tmp_path / "in")
    page = write_whereabouts(tmp_path / "in").read_text()
    assert "Who was where, and with whom?" in page
    assert page.count("<figure") == 3
    assert "wt-03" in page
    assert "no animal was used" not in page  # it may be a recording of real ones
    assert pd.read_csv(tmp_path / "in" / "evaluation.csv")["chamber_s_arena"].sum() > 0
    (tmp_path / "in" / "events.parquet").write_bytes(b"PAR1")
    with pytest.raises(UserError, match="was changed since it was imported"):
        write_whereabouts(tmp_path / "in")
