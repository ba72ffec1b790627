"""Series of animals that act in one world: what is recorded, and the tables of an evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_events import config_for, networks, run_of

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies
from socialrl.errors import UserError
from socialrl.evaluation.events import EventRecorder
from socialrl.evaluation.playing import evaluate_run, play_tests
from socialrl.evaluation.series import SeriesRecorder, dyads
from socialrl.progress import Silent
from socialrl.report import write_report
from socialrl_envs import ASSAYS

HOURS = 3
KEYS = ["animal", "test", "repeat"]


@pytest.fixture(scope="module")
def habitat() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records, events, series and synchrony of two habitats of eight in one test and two repeats."""
    config = config_for("GroupHabitat", dt_s=60, duration_s=HOURS * 3600)
    animals, events, series = animals_of(config), EventRecorder(), SeriesRecorder()
    records = play_tests(
        config, animals, FrozenPolicies(networks("GroupHabitat", len(animals))), config.evaluation.tests[:1],
        repeats=2, purpose="evaluation", steps=0, events=events, series=series,
    )  # fmt: skip
    return records, events.table(), series.series(), series.table()


def test_the_animals_of_a_habitat_are_compared_with_their_cage_mate_and_with_one_of_the_next_cage() -> None:
    found = dyads(ASSAYS["socialrl/GroupHabitat-v0"])
    assert [two[:2] for two in found if two[2] == "pair"] == [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert [two[:2] for two in found if two[2] == "others"] == [(1, 2), (3, 4), (5, 6), (7, 0)]
    assert dyads(ASSAYS["socialrl/PartnerPreference-v0"]) == []


def test_series_are_those_of_records_and_events(habitat) -> None:
    records, events, series, _ = habitat
    assert len(series) == len(records) * HOURS * 60
    per_test = series.groupby(KEYS, sort=False)
    end = per_test.last()
    assert (end["time_s"] == HOURS * 3600).all()
    touched = events[events["kind"] == "contact"]
    minutes = {
        key: len(set().union(*(range(int(a), int(b), 60) for a, b in zip(rows["start_s"], rows["end_s"], strict=True))))
        for key, rows in touched.groupby(KEYS)
    }
    counted = per_test["in_contact"].sum()
    assert {key: minutes.get(key, 0) for key in counted.index} == counted.to_dict()
    passages = events[events["kind"] == "passage"].merge(
        series[series["moving"]], left_on=[*KEYS, "end_s"], right_on=[*KEYS, "time_s"], how="left", indicator=True
    )
    assert (passages["_merge"] == "both").all()  # the tick that ends with an arrival is one of moving
    assert (series.loc[series["action"] == "explore", "moving"]).all()
    assert series["oxytocin"].between(0, 2).all()
    assert series["stress"].between(0, 1).all()


def test_the_table_has_every_pair_series_form_and_hour(habitat) -> None:
    _, _, _, table = habitat
    pairs = table.drop_duplicates(["animal", "other", "test", "repeat"])
    assert len(pairs) == 8 * 2 * 2  # eight in each world; two habitats, two repeats
    assert len(table) == len(pairs) * 6 * 3 * (HOURS + 1)
    assert set(table["genotype"]) == {"wt", "ko + wt"}
    assert set(table["company"]) == {"pair", "others"}
    own = pairs[(pairs["company"] == "pair") & (pairs["habitat"] == "wt-0")]
    assert set(zip(own["animal"], own["other"], strict=True)) == {
        (f"wt-{i:02d}", f"wt-{i + 1:02d}") for i in range(0, 8, 2)
    }
    # one habitat of a kind: the others of another repeat lend themselves, three pairs on either side
    assert set(table.loc[table["peak"].notna() & table["hour"].isna(), "n_pseudo"]) <= set(range(7))
    stress = table[(table["series"] == "stress") & (table["form"] == "raw") & table["hour"].isna()]
    assert (stress["n_pseudo"] == 6).all()
    assert np.isfinite(stress["index_pseudo"]).all()


def test_the_share_of_contact_is_that_of_the_records(habitat) -> None:
    records, _, _, table = habitat
    pairs = table[(table["company"] == "pair") & table["hour"].isna()].drop_duplicates(["animal", "test", "repeat"])
    both = pairs.merge(records, on=["animal", "test", "repeat"])
    np.testing.assert_allclose(both["contact_share"], both["contact_s_partner"] / both["duration_s"])


@pytest.mark.usefixtures("unrendered")
def test_an_evaluation_writes_synchrony_where_several_act_and_the_series_when_asked(tmp_path: Path) -> None:
    with run_of(tmp_path, "GroupHabitat", dt_s=60, duration_s=7200) as run:
        told = [{**one.common(), "steps": 0, "finished": True} for one in animals_of(run.config)]
        run.write_table("animals", pd.DataFrame(told))
        evaluate_run(run, synchrony=False, progress=Silent())
        assert not run.has_table("synchrony")
        write_report([run])
        page = (run.path / "report.html").read_text(encoding="utf-8")
        assert "The tests of this run have no synchrony" in page
        before = run.read_table("evaluation")
        evaluate_run(run, series=True, progress=Silent())
        pd.testing.assert_frame_equal(run.read_table("evaluation"), before)
        assert len(run.read_table("series")) == len(before) * 120
        together = run.read_table("synchrony")
        write_report([run])
        page = (run.path / "report.html").read_text(encoding="utf-8")
        assert "Who falls into step?" in page
        assert "Synchrony in bonded: means over pairs" in page
        assert (run.path / "figures" / "fig_synchrony.svg").exists()
        shown = pd.read_csv(run.path / "tables" / "pairs_synchrony.csv")
        assert len(shown) * 2 == len(together)  # of two repeats
        evaluate_run(run, progress=Silent())
        assert not run.has_table("series")  # and none of another evaluation is left
        pd.testing.assert_frame_equal(run.read_table("synchrony"), together)


def test_synchrony_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    with run_of(tmp_path, "PartnerPreference", dt_s=15, duration_s=1500) as run:
        with pytest.raises(UserError, match="in socialrl/PartnerPreference-v0 one acts"):
            evaluate_run(run, synchrony=True, progress=Silent())
        with pytest.raises(UserError, match="leave either --series or --no-synchrony out"):
            evaluate_run(run, synchrony=False, series=True, progress=Silent())
        assert not run.has_table("evaluation")
