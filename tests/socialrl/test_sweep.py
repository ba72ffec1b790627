"""Many runs of one configuration: what is kept, what goes on, what fails by name, the table and the page over all."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import tiny_sweep as tiny

from socialrl.cli import main
from socialrl.config.loading import config_to_yaml
from socialrl.errors import UserError
from socialrl.report import write_index
from socialrl.sweep.outcome import How
from socialrl.sweep.run import listing
from socialrl.work import on_this_machine, task
from socialrl.work.task import Outcome

WORDS = ("seed=1,2", "genotypes.ko.oxtr_gain=0,0.5")


@pytest.fixture(autouse=True)
def without_tensorboard(monkeypatch):
    """What a run shows in TensorBoard has tests of its own, and takes longer than training here."""
    monkeypatch.setattr("socialrl.tensorboard.results.write_results", lambda _run, **_: None)


class Tasks:
    """Stands in for the task function: notes what is called; does as many as it may, then is asked to stop."""

    def __init__(self, monkeypatch, most: int = 100, wrong: str = "") -> None:
        self.names: list[str] = []
        real = on_this_machine.run_task

        def run_task(task, threads):
            if len(self.names) == most:
                return Outcome(task.name, "stopped", stopped=True)
            self.names.append(task.name)
            if task.name == wrong:
                return Outcome(task.name, "ZeroDivisionError: division by zero", "a traceback")
            return real(task, threads)

        self._real = real
        monkeypatch.setattr(on_this_machine, "run_task", run_task)

    def end(self) -> None:
        """Let the real function work again."""
        on_this_machine.run_task = self._real  # monkeypatch restores it anyway


@pytest.mark.slow
def test_a_sweep_that_is_stopped_goes_on_and_a_failed_point_is_named(tmp_path, monkeypatch):
    made = tiny.ready(tmp_path, *WORDS)
    first = Tasks(monkeypatch, most=2, wrong="seed-1_genotypes.ko.oxtr_gain-0.5")
    with pytest.raises(KeyboardInterrupt):
        tiny.swept(made)
    folder = made.folder
    table = pd.read_csv(folder / "sweep.csv")
    assert list(table["state"]) == ["done", "failed", "not done", "not done"]
    assert (folder / "failed" / f"{first.names[1]}.txt").read_text() == "a traceback"
    assert "1 failed" in (folder / "sweep.html").read_text()
    assert not json.loads((folder / "sweep.json").read_text())["finished"]
    assert not list(folder.glob(".call")), "nobody is told to go on"

    first.end()
    again = Tasks(monkeypatch)
    sweep = tiny.swept(made)
    assert again.names == [one.name for one in made.points[1:]], "what was done is kept"
    assert [one.state for one in sweep.results] == ["done"] * 4
    assert not list((folder / "failed").iterdir())

    table = pd.read_csv(folder / "sweep.csv")
    alone = pd.read_csv(folder / "seed-2_genotypes.ko.oxtr_gain-0" / "evaluation.csv")
    ko = alone[alone["genotype"] == "ko"]
    partner, stranger = ko["huddle_s_partner"], ko["huddle_s_stranger"]
    row = table[table["point"] == "seed-2_genotypes.ko.oxtr_gain-0"].iloc[0]
    assert row["ko.day.preference"] == pytest.approx((partner / (partner + stranger)).mean())
    assert (row["seed"], row["genotypes.ko.oxtr_gain"]) == (2, 0)
    long = pd.read_csv(folder / "measures.csv")
    assert set(long["point"]) == set(table["point"])
    seeds = pd.read_csv(folder / "seeds.csv")
    of_ko = seeds[(seeds["genotype"] == "ko") & (seeds["genotypes.ko.oxtr_gain"] == 0)].iloc[0]
    values = table.loc[table["genotypes.ko.oxtr_gain"] == 0, "ko.day.preference"]
    assert (of_ko["seeds"], of_ko["mean"]) == (2, pytest.approx(values.mean()))
    assert of_ko["sd"] == pytest.approx(values.std())

    page = (folder / "sweep.html").read_text()
    for section in ("figures", "seeds", "points", "made"):
        assert f'<section id="{section}">' in page
    assert '<section id="failed">' not in page
    assert (folder / "figures" / "by_key.svg").exists()
    assert not list(folder.glob("*/checkpoints")), "they are needed to go on only"
    assert listing(made) == [f"{folder / one.name}: done" for one in made.points]
    # more seeds later: the points that are there are not made again
    again.end()
    more = Tasks(monkeypatch)
    tiny.swept(tiny.ready(tmp_path, "seed=1,2,3", WORDS[1]))
    assert more.names == ["seed-3_genotypes.ko.oxtr_gain-0", "seed-3_genotypes.ko.oxtr_gain-0.5"]
    # and the same point with another configuration is refused before anything is run
    with pytest.raises(UserError, match=r"was made with another configuration \(steps: 512 there, 256 here\)"):
        tiny.swept(tiny.ready(tmp_path, *WORDS, "steps=256"))
    index = write_index(tmp_path).read_text()
    assert "sweep.html" in index
    assert "seed-3" not in index, "points are listed on the page of their sweep"


@pytest.mark.slow
def test_a_point_whose_caller_has_gone_stops_at_a_checkpoint_and_goes_on_from_there(tmp_path, monkeypatch):
    words = ("seed=1,2",)
    whole, cut = (tiny.ready(tmp_path, *words, name=name) for name in ("whole", "cut"))
    looks = []
    monkeypatch.setattr(task, "_SECONDS_BETWEEN_LOOKS", -1.0)  # before every rollout
    monkeypatch.setattr(task.Ticket, "valid", lambda _: looks.append(None) or len(looks) != 5)

    def ended(made) -> Outcome:
        point = made.points[0]
        folder = made.folder / point.name
        given = {"config_yaml": config_to_yaml(point.config), "folder": str(folder), "command": "x"}
        return task.run_task(task.Task("x", "socialrl.sweep.point:run_point", given, task.Ticket("", "")))

    run = cut.folder / cut.points[0].name
    assert ended(cut).stopped
    assert list((run / "checkpoints").glob("checkpoint-*"))
    assert not (run / "DONE").exists()
    assert ended(cut).error == ended(whole).error == ""
    assert tiny.lasting(run) == tiny.lasting(whole.folder / whole.points[0].name)


@pytest.mark.slow
def test_a_search_gives_the_same_numbers_when_it_was_stopped(tmp_path, monkeypatch):
    pytest.importorskip("optuna")
    monkeypatch.setattr("socialrl.sweep.report.plates", lambda _: [])
    how = How(optuna=3, batch=2, objective="wt.day.preference")
    words = ("ppo.ent_coef=1e-3..1e-1:log", "lives=1,2")
    whole = tiny.swept(tiny.ready(tmp_path, *words, how=how, name="whole"))
    assert [one.point.name for one in whole.results] == [f"trial-000{k}" for k in (1, 2, 3)]
    made = tiny.ready(tmp_path, *words, how=how, name="stopped")
    stopped = Tasks(monkeypatch, most=1)  # in the middle of the first batch
    with pytest.raises(KeyboardInterrupt):
        tiny.swept(made)
    stopped.end()
    again = tiny.swept(made)
    assert [one.point.own for one in again.results] == [one.point.own for one in whole.results]
    assert [one.value(how.objective) for one in again.results] == [one.value(how.objective) for one in whole.results]
    best = max(one.value(how.objective) for one in whole.results)
    assert whole.best(1)[0][1] == best
    page = (made.folder / "sweep.html").read_text()
    assert '<section id="best">' in page

    import optuna
    from optuna.storages.journal import JournalFileBackend, JournalStorage

    storage = JournalStorage(JournalFileBackend(str(made.folder / "optuna.log")))
    study = optuna.load_study(study_name="sweep", storage=storage)
    assert study.best_value == best
    kept = {name: (made.folder / name).read_bytes() for name in ("sweep.csv", "sweep.json", "sweep.html")}
    with pytest.raises(UserError, match="holds a search over other values or with another objective"):
        tiny.swept(tiny.ready(tmp_path, *words, how=How(optuna=3, objective="ko.day.preference"), name="stopped"))
    with pytest.raises(UserError, match=r"trial-0001.* was made with another configuration \(steps: 512 there, 576"):
        tiny.swept(tiny.ready(tmp_path, *words, "steps=576", how=how, name="stopped"))
    assert kept == {name: (made.folder / name).read_bytes() for name in kept}, "a mistake touches nothing"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["seed=1,2", "--optuna", "4"], "--optuna needs one of --maximize and --minimize"),
        (["lives=1,2", "--optuna", "4", "--maximize", "wt.dya.preference"], "did you mean 'wt.day.preference'"),
        (["lives=1,2", "--maximize", "wt.day.preference"], "add --optuna N"),
        (["lives=1,2", "--random", "0"], "--random must be from 1 to 10000, got 0"),
        (["lives=1,2", "--scheduler", "tcp"], "--scheduler must be the address of a Dask scheduler"),
        (["lives=1,2", "--seeds", "1,2"], "keys of the configuration are given without dashes"),
        (["lives=1,2", "--points", "none.csv"], "none.csv: no such list of points file"),
    ],
)
def test_mistakes_of_the_verb_are_one_line(tmp_path, monkeypatch, capsys, words, told):
    if "--optuna" in words:
        pytest.importorskip("optuna")
    monkeypatch.chdir(tmp_path)
    tiny.written(tmp_path)
    assert main(["sweep", "tiny.yaml", *words]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert len(error.splitlines()) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["tiny.yaml"]


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "sweep").mkdir()
    (tmp_path / "sweep" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match="holds files but no sweep; choose another --output, nothing was touched"):
        tiny.ready(tmp_path, "seed=1,2")
