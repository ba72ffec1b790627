"""The codebook describes every column that any assay writes, and notices values that cannot be."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from described_tables import outside

from socialrl.evaluation.event_rows import KINDS
from socialrl.tables.codebook import FIELDS, codebook, column_of, columns_of, kind_of
from socialrl.tables.column import Column
from socialrl.tables.described import read_csv
from socialrl.tables.page import page
from socialrl_envs import ASSAYS
from socialrl_envs.rewards import TERMS


@pytest.mark.parametrize(
    ("assay", "attachment"), [*((assay, False) for assay in ASSAYS), ("socialrl/PartnerPreference-v0", True)]
)
def test_every_counter_and_option_of_every_assay_is_described_and_in_range(assay: str, attachment: bool) -> None:
    shape = ASSAYS[assay]
    env = gym.make_vec(
        assay,
        num_envs=len(shape.acting) * 4,
        vectorization_mode="vector_entry_point",
        autoreset_mode="DISABLED",
        duration_s=40 * shape.dt_s,
        attachment=attachment or shape.has_attachment(None),
        **({"sex": ["female", "male"] * 4} if assay.startswith("socialrl/Shared") else {}),
        **({"relationship": "mate"} if assay.startswith("socialrl/Shared") else {}),
    )
    env.reset(seed=1)
    rng = np.random.default_rng(0)
    for _ in range(40):
        _, _, _, _, info = env.step(rng.integers(env.single_action_space.n, size=env.num_envs))
    frame = pd.DataFrame({name: list(one) if one.ndim > 1 else one for name, one in info["record"].items()})
    assert outside("tests", frame) == {}
    assert outside("protocol_any", frame) == {}


def test_every_reward_term_is_described() -> None:
    assert all(column_of("tests", f"reward_{term}") is not None for term in TERMS)


KEPT = Path(__file__).parents[2] / "docs" / "results"
KEPT_TABLES = {
    "study/scorecard.csv": "reproduction/scorecard",
    "study/comparison.csv": "reproduction/seeds",
    **{f"study/tables/{name}.csv": f"reproduction/{name}"
       for name in ("animals", "dose_response", "ablation", "development", "sensitivity")},
    "seeds/seeds.csv": "reproduction/seeds",
    **{f"calibration/{name}.csv": f"calibration/{name}"
       for name in ("goals", "parameters", "summaries", "course", "bouts", "retest")},
    **{f"inference/{name}.csv": f"validation/{name}"
       for name in ("information", "recovery", "traits", "coverage", "population_coverage")},
}  # fmt: skip


@pytest.mark.parametrize(("file", "table"), KEPT_TABLES.items())
def test_results_that_are_kept_are_described_typed_and_in_range(file: str, table: str) -> None:
    frame = read_csv(KEPT / file, table)
    assert len(frame)
    assert outside(table, frame) == {}


def test_what_cannot_be_is_noticed() -> None:
    frame = pd.DataFrame(
        {
            "duration_s": [600.0, 600.0, 600.0],
            "huddle_s_partner": [0.0, 600.0, 601.0],
            "bouts_partner": [1.0, -1.0, 2.0],
            "latency_s_partner": [np.nan, 5.0, 700.0],
            "familiarity_end_partner": [0.2, np.nan, 1.2],
            "relationship": ["peer", "mate", "friend"],
            "repeat": [0.0, 0.5, 1.0],
            "partner_s_hourly": [[0.0, 10.0], [3600.0, 3601.0], [1.0]],
            "mood": [1, 2, 3],
        }
    )
    found = {name: len(wrong) for name, wrong in outside("tests", frame).items()}
    assert found == {
        "huddle_s_partner": 1,
        "bouts_partner": 1,
        "latency_s_partner": 1,
        "familiarity_end_partner": 2,  # missing where there always is a value, and above 1
        "relationship": 1,
        "repeat": 1,
        "partner_s_hourly": 1,
        "mood": 1,
    }


def test_tests_of_a_protocol_may_be_of_several_assays() -> None:
    frame = pd.DataFrame(
        {
            "duration_s": [600.0, 1800.0],
            "presses_partner": [np.nan, 3.0],
            "mating": pd.array([True, None], dtype="boolean"),
            "conditioned_with": ["second_partner", None],
        }
    )
    assert outside("protocol_x", frame) == {}
    assert set(outside("tests", frame)) == {"presses_partner", "mating", "conditioned_with"}
    whose = pd.DataFrame({"animal": ["wt-00", None]})
    assert set(outside("protocol_x", whose)) == {"animal"}


def test_names_with_places_are_told_apart() -> None:
    for name, meaning in {
        "access_s": "time for which a door stays open",
        "access_s_partner": "time in the chamber of the partner while its door was open",
        "huddle_s_litter_60min": "contact with the litter in each 60 min of the test",
        "chamber_s_with_stranger": "time in one chamber with the stranger",
        "chamber_s_cage1": "time in the chamber 'cage1', tubes left out",
    }.items():
        one = column_of("tests", name)
        assert one is not None
        assert (one.name, one.meaning) == (name, meaning)
    start = column_of("protocol_x", "familiarity_second_partner_start")
    assert start is not None
    assert start.meaning.startswith("familiarity of second_partner at the start")
    assert column_of("tests", "familiarity_second_partner_start") is None
    assert column_of("events", "presses_partner") is None


def test_a_codebook_has_a_row_for_every_column_and_describes_itself() -> None:
    book = codebook({"tests": ["animal", "huddle_s_partner"], "codebook": [one.name for one in FIELDS]})
    assert list(book.columns) == [one.name for one in FIELDS]
    assert len(book) == 2 + len(FIELDS)
    row = book.iloc[1]
    assert (row["unit"], row["range"], row["type"]) == ("s", "0 to duration_s", "number")
    assert (book["meaning"] != "").all()
    assert codebook({"tests": ["mood"]}).iloc[0]["meaning"] == ""


@pytest.mark.parametrize(
    ("table", "kind"),
    [
        ("evaluation", "tests"),
        ("evaluation_of_ko_wt_01", "tests"),
        ("evaluation_of_ko_wt_01_events", "events"),
        ("events_mating", "events"),
        ("protocol_mating", "protocol"),
        ("protocol_mating_bins", "bins"),
        ("tests_company", "company"),
        ("animals", "animals"),
    ],
)
def test_tables_have_kinds(table: str, kind: str) -> None:
    assert kind_of(table) == kind
    assert columns_of(table)


def test_ranges_in_words() -> None:
    assert Column("a", "number", "s", "", 0, 1).range == "0 to 1"
    assert Column("a", "number", "s", "", 0).range == "0 or more"
    assert Column("a", "number", "s", "", 0, "duration_s").range == "0 to duration_s"
    assert Column("a", "number", "s", "", float("-inf"), float("inf")).range == ""
    kind = column_of("events", "kind")
    assert kind is not None
    assert kind.range == ", ".join(KINDS)


def test_the_page_of_the_documentation_is_the_codebook() -> None:
    written = Path(__file__).parents[2] / "docs" / "codebook.md"
    assert written.read_text(encoding="utf-8") == page(), "python -m socialrl.tables.page > docs/codebook.md"
