"""Several seeds: each is the reproduction that it would be alone, none is repeated, and all are judged together."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import reproduce_killed as small
import tiny_reproduction as tiny
from synthetic_battery import battery

from socialrl.cli import main
from socialrl.cli.study_verbs import for_one_seed
from socialrl.config.given_parameters import read_parameters
from socialrl.errors import UserError
from socialrl.findings.results import read_result
from socialrl.findings.scorecard import score
from socialrl.reproduction import driver, seeds, stages
from socialrl.reproduction.presets import PRESETS
from socialrl.scorecard import beside, page
from socialrl.storage import atomic, provenance


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    tiny.shrink_training(monkeypatch.setattr)
    monkeypatch.setitem(PRESETS, "quick", small.PRESET)
    monkeypatch.setattr(page, "draw", lambda *_: [])
    monkeypatch.setattr(provenance, "_commit", lambda: ("0" * 40, False))


def reproduce(folder: Path, *which: int, said: list[str] | None = None, **more):
    lines = [] if said is None else said
    command = "socialrl reproduce --seed {}".format
    return seeds.reproduce_seeds(
        folder, "quick", which, quiet=True, say=lines.append, registry=small.registry(), command=command, **more
    )


@pytest.fixture(scope="module")
def two(tmp_path_factory) -> Path:
    """Two seeds that nobody disturbed."""
    folder = tmp_path_factory.mktemp("two") / "out"
    with pytest.MonkeyPatch.context() as patch:
        tiny.shrink_training(patch.setattr)
        patch.setitem(PRESETS, "quick", small.PRESET)
        patch.setattr(page, "draw", lambda *_: [])
        patch.setattr(provenance, "_commit", lambda: ("0" * 40, False))
        reproduce(folder, 1, 2)
    return folder


def results(folder: Path) -> dict[str, bytes]:
    """The scorecards and tables in a folder: all that does not tell the time."""
    kept = [*folder.rglob("scorecard*.*"), *folder.rglob("evaluation.csv"), *folder.rglob("seeds.*")]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in kept}


def test_each_seed_has_the_bytes_that_it_has_alone(two, tmp_path):
    place = tmp_path / "seed-2"
    driver.reproduce(place, "quick", 2, quiet=True, registry=small.registry(), command="socialrl reproduce --seed 2")
    alone = results(place)
    assert {"scorecard.json", "scorecard.html", "StrangerEncounter/evaluation.csv"} <= set(alone)
    assert alone == results(two / "seed-2")
    assert alone["StrangerEncounter/evaluation.csv"] != results(two / "seed-1")["StrangerEncounter/evaluation.csv"]


def test_a_seed_that_is_done_is_not_touched_and_a_new_one_is_added(two, monkeypatch):
    def state():
        return {path: path.stat().st_mtime_ns for path in (two / "seed-1").rglob("*") if path.name != ".lock"}

    before, whole = state(), results(two)
    said: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(seeds, "reproduce", None)
        reproduce(two, 1, 2, said=said)
    assert said == ["seed 1, 1 of 2: done before", "seed 2, 2 of 2: done before", "all seeds together"]
    assert state() == before
    assert results(two) == whole
    reproduce(two, 1, 2, 3)
    assert state() == before
    assert json.loads((two / "seeds.json").read_text())["labels"] == ["seed 1", "seed 2", "seed 3"]
    reproduce(two, 1, 2)
    assert results(two).items() >= whole.items()


def test_a_scorecard_of_another_version_is_made_anew_without_training(two, tmp_path, monkeypatch):
    place = shutil.copytree(two, tmp_path / "out")
    before = (place / "seed-1" / "StrangerEncounter" / "DONE").stat().st_mtime_ns
    monkeypatch.setattr(provenance, "_commit", lambda: ("1" * 40, False))
    monkeypatch.setattr(stages, "evaluate", None)
    reproduce(place, 1, 2)
    assert read_result(place / "seed-1" / "scorecard.json").made["commit"] == "1" * 40
    assert (place / "seed-1" / "StrangerEncounter" / "DONE").stat().st_mtime_ns == before


def test_stopped_between_two_seeds_it_goes_on_with_the_second(two, tmp_path, monkeypatch):
    def stop(place, *args, **more):
        if place.name == "seed-2":
            raise KeyboardInterrupt
        return driver.reproduce(place, *args, **more)

    place = tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(seeds, "reproduce", stop)
        with pytest.raises(KeyboardInterrupt):
            reproduce(place, 1, 2)
    assert not (place / "seeds.json").exists()
    said: list[str] = []
    reproduce(place, 1, 2, said=said)
    assert said[:2] == ["seed 1, 1 of 2: done before", "seed 2, 2 of 2"]
    theirs = results(two)
    assert results(place) == {name: theirs[name] for name in theirs if not name.startswith("seed-3")}


@pytest.mark.parametrize("file", ["seeds.json", "seeds.csv", "seeds.md", "seeds.html"])
def test_killed_at_a_file_over_all_seeds_it_ends_with_the_same_bytes(two, tmp_path, monkeypatch, file):
    def killed(path, content):
        if path.name == file:
            raise KeyboardInterrupt
        atomic.write_bytes(path, content)

    place = shutil.copytree(two, tmp_path / "out")
    for path in place.glob("seeds.*"):
        path.unlink()
    reproduce(place, 1, 2)
    whole = results(place)
    (place / file).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(beside, "write_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            reproduce(place, 1, 2)
    assert not (place / file).exists()
    reproduce(place, 1, 2)
    assert results(place) == whole


def test_all_folders_are_checked_before_anything_is_run(tmp_path):
    place = tmp_path / "out"
    driver.reproduce(place / "seed-2", "quick", 5, quiet=True, registry=small.registry())
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=r"seed-2.StrangerEncounter was made with another preset, seed"):
        reproduce(place, 1, 2)
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(UserError, match="holds a reproduction of one seed; choose another folder for several"):
        reproduce(place / "seed-2", 1, 2)


def test_all_seeds_have_the_given_parameters_and_are_done_only_with_them(two, tmp_path):
    given = read_parameters(["v1", "contact_floor=0"])
    said: list[str] = []
    reproduce(tmp_path / "out", 1, 2, parameters=given)
    for name in ("seed-1", "seed-2"):
        assert read_result(tmp_path / "out" / name / "scorecard.json").made["parameters"] == given.recorded()
    reproduce(tmp_path / "out", 1, 2, parameters=given, said=said)
    assert [line for line in said if "seed" in line] == [
        "seed 1, 1 of 2: done before", "seed 2, 2 of 2: done before", "all seeds together",
    ]  # fmt: skip
    page = (tmp_path / "out" / "seeds.html").read_text()
    assert page.count(given.in_words()) == 4, "once a seed in the table, and in the same table as CSV"
    with pytest.raises(UserError, match=r"was made with parameters table v2, not table v1, contact_floor 0; choose"):
        reproduce(two, 1, 2, parameters=given)


def test_the_page_over_seeds_judges_all_animals_together(two):
    content = json.loads((two / "seeds.json").read_text())
    (row,) = content["findings"][0]["comparisons"]
    values = [pd.read_csv(two / name / "scorecard_tables" / "animals.csv")["value"] for name in ("seed-1", "seed-2")]
    assert row["pooled"]["n"] == sum(map(len, values)) == 4
    assert row["pooled"]["difference"] == pytest.approx(pd.concat(values).mean())
    assert row["mean"] == pytest.approx(np.mean([one.mean() for one in values]))
    assert row["sd"] == pytest.approx(np.std([one.mean() for one in values], ddof=1))


def test_joined_tables_keep_pairs_apart_and_pair_animals_within_a_seed():
    def habitat(seed):
        tables = battery(8, repeats=1, seed=seed)
        table = tables["socialrl/GroupHabitat-v0"]
        tables["socialrl/GroupHabitat-v0"] = table.assign(unit=[f"pair {index // 2}" for index in table["index"]])
        return tables

    tables = {1: habitat(1), 7: habitat(7)}
    both = score(seeds.joined(tables))
    single = {seed: score(one) for seed, one in tables.items()}
    for number, row in enumerate(both.rows):
        parts = [single[seed].rows[number].effect for seed in tables]
        if all(not part.missing for part in parts):
            assert row.effect.n == sum(part.n for part in parts), row.name
        if row.contrast.kind in ("groups", "conditions", "against", "interaction"):
            weights = [part.n for part in parts]
            if not any(weights):  # the synthetic animals were not in this test
                continue
            expected = np.average([part.difference.value for part in parts], weights=weights)
            assert row.effect.difference.value == pytest.approx(expected), row.name
    f02 = next(row for row in both.rows if row.name == "F02a").effect
    assert set(f02.side_a.index) == {f"seed {seed}, pair {pair}" for seed in tables for pair in range(4)}


def test_the_command_of_one_seed_is_that_of_all_with_its_seed_and_folder():
    for given, told in (
        ("/bin/socialrl reproduce --preset full --seeds 1,2 --output runs/x", "--preset full --seed 2 --output o"),
        ("socialrl reproduce --seeds=1,2 -q", "--seed 2 -q --output o"),
        ("socialrl reproduce --output=a --findings f.yaml --seeds 1,2", "--output o --findings f.yaml --seed 2"),
    ):
        assert for_one_seed(given.split(), 2, "o") == f"socialrl reproduce {told}"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "1,2", "--seed", "1"], "--seed and --seeds contradict each other; use one of them"),
        (["--seeds", "1"], "--seeds needs 2 to 20 seeds, got 1; for one seed use --seed"),
        (["--seeds", "1,1"], "--seeds names a seed twice; got '1,1'"),
        (["--seeds", "1,,2"], "--seeds needs whole numbers between commas, such as 1,2,3; got '1,,2'"),
        (["--seeds", "1,-2"], "--seeds needs whole numbers between commas, such as 1,2,3; got '1,-2'"),
        (["--seeds", "1,9223372036854775808"], "--seeds must be from 0 to "),
        (["--seeds", ",".join(map(str, range(21)))], "--seeds needs 2 to 20 seeds, got 21"),
    ],
)
def test_seeds_that_are_none_are_one_line(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", *arguments]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not list(tmp_path.iterdir())


def test_the_verb_says_how_many_verdicts_are_the_same(tmp_path, capsys):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "with_shipped: false\n"
        "findings:\n"
        "  - {id: X01, title: Attacks, statement: They attack., source: {citation: none, doi: null}, grade: A,\n"
        "     confidence: low, use: predicted, question: defend, may_fail: It may., contrasts: [\n"
        "       {says: Wild types attack, kind: against, measure: attacks, value: 0, expected: higher,\n"
        "        this: {group: wild_type, conditions: intruder_168h}}]}\n"
    )
    out = tmp_path / "out"
    assert main(["reproduce", "--findings", str(file), "--seeds", "1,2", "--output", str(out), "-q"]) == 0
    told = capsys.readouterr().out
    assert "1 of 1 verdicts on findings are the same under all seeds" in told
    assert f"seeds: {out / 'seeds.html'}" in told.replace("\n", "")
    made = read_result(out / "seed-1" / "scorecard.json").made
    assert f"--output {out / 'seed-1'}" in made["command"]
    assert made["findings"] == ["mine.yaml"]
