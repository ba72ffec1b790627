"""The index of a folder of runs: every run with its state, numbers and links, also what cannot be read."""

from __future__ import annotations

import json
import re

import pytest
from synthetic_run import write_run

from socialrl.errors import UserError
from socialrl.report import write_index, write_report
from socialrl.storage.run_folder import RunFolder

SMALL = {"genotypes": {"wt": 1.0, "ko": 0.1}, "animals": 2, "cohousing_h": (24,), "tables": ("animals", "evaluation")}


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "my runs"
    write_report([RunFolder.open(write_run(folder / "with report", **SMALL))])
    write_run(folder / "deeper" / "half", finished=False, **(SMALL | {"tables": ()}))
    write_run(folder / "broken", **SMALL)
    (folder / "broken" / "meta.json").write_text("{")
    card = folder / "card"
    write_run(card / "stage", **SMALL)
    counts = {"predicted": {"reproduced": 3, "not reproduced": 1, "not run": 0}}
    (card / "scorecard.json").write_text(json.dumps({"counts": counts, "made": {"preset": "quick"}}))
    (card / "scorecard.html").write_text("")
    (card / "reproduction.json").write_text(json.dumps({"started": "2025-03-04T05:06:07+00:00"}))
    (folder / "three").mkdir()
    same = {"labels": ["seed 1", "seed 2"], "same_verdict": {"findings": 20, "of": 22}}
    (folder / "three" / "seeds.json").write_text(json.dumps(same))
    (folder / "three" / "seeds.html").write_text("")
    (folder / "fit").mkdir()
    (folder / "fit" / "calibration.json").write_text(json.dumps({"verdict": "Nearer."}))
    (folder / "gains").mkdir()
    said = {"said": ["Of 8 animals the gain is not told of 8."], "started": "2025-03-05T05:06:07+00:00"}
    (folder / "gains" / "inference.json").write_text(json.dumps(said))
    (folder / "gains" / "inference.html").write_text("")
    (folder / "how many").mkdir()
    planned = {"question": "F01a", "title": "Knockouts need longer", "animals": [{"label": "demo"}]}
    (folder / "how many" / "plan.json").write_text(json.dumps(planned))
    (folder / "how many" / "plan.html").write_text("")
    return folder


@pytest.mark.usefixtures("unrendered")
def test_every_run_is_listed_with_state_numbers_and_links(runs):
    page = write_index(runs)
    assert page == runs / "index.html"
    text = page.read_text(encoding="utf-8").replace("\u00a0", " ").replace("\u2060", "")
    links = re.findall(r'<a href="([^"#]*)"', text)
    assert f"--logdir &#39;{runs}&#39;" in text, "a path with a space is quoted"
    assert links == [
        "with%20report/report.html",
        "card/scorecard.html",
        "three/seeds.html",
        "gains/inference.html",
        "how%20many/plan.html",
    ]
    assert "stage" not in text, "the scorecard stands for the runs of its stages"
    assert "unfinished" in text
    assert "cannot be read" in text
    assert "meta.json is damaged" in text
    assert re.search(r"wild type 0\.\d\d, ko 0\.\d\d", text)
    assert "ko (gain 0.1)" in text
    assert "3 reproduced, 1 not reproduced" in text
    assert "2025-03-04 05:06" in text
    assert "seed 1, seed 2" in text
    assert "20 of 22" in text
    assert "Nearer." in text
    assert "the gain is not told of 8" in text
    assert "Knockouts need longer" in text
    assert re.findall("<h([1-6])", text)[:2] == ["1", "2"], "no level of heading is left out"


@pytest.mark.usefixtures("unrendered")
def test_the_index_is_made_anew_and_is_the_same(runs):
    first = write_index(runs).read_bytes()
    assert write_index(runs).read_bytes() == first


@pytest.mark.usefixtures("unrendered")
def test_places_without_runs_are_refused(runs, tmp_path):
    (tmp_path / "empty").mkdir()
    for place, complaint in (
        (tmp_path / "empty", "holds no run, sweep, scorecard, calibration, lineage, inference, plan or recording"),
        (tmp_path / "nowhere", "no such folder"),
        (runs / "with report", "is a run folder; the index is made for the folder around it"),
        (runs / "card" / "scorecard.html", "is a file, not a folder"),
    ):
        with pytest.raises(UserError, match=complaint):
            write_index(place)
