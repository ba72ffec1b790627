"""The folder of a lineage at the command line: other verbs, a stop, another plan, a changed table, the index."""

from __future__ import annotations

import shutil

import pytest
from lineage_stand_in import Care, made, preference, tiny

from socialrl.cli import main
from socialrl.lineage import run


@pytest.fixture(scope="module")
def stopped_once(tmp_path_factory):
    """A lineage that was stopped in generation 1."""
    place = tmp_path_factory.mktemp("lineage")

    def stopped(assays, animals, on_steps):
        if animals[0].id.startswith("wt-1"):
            raise KeyboardInterrupt
        return preference(assays, animals, on_steps)

    with pytest.raises(KeyboardInterrupt):
        made(tiny(), place, Care(), stopped)
    return place / "tiny"


@pytest.fixture
def unfinished(stopped_once, tmp_path):
    """A copy of it."""
    return shutil.copytree(stopped_once, tmp_path / "tiny")


def say(capsys, *words) -> tuple[int, str]:
    """Return the exit code, and what was written to standard error."""
    code = main([str(word) for word in words])
    return code, capsys.readouterr().err


VERBS = ["evaluate", "report", "resume"]


@pytest.mark.parametrize("verb", VERBS)
def test_other_verbs_say_in_one_line_what_the_folder_is(verb, unfinished, capsys):
    code, line = say(capsys, verb, unfinished)
    assert (code, line.count("\n")) == (2, 1)
    go_on = "repeat the command `socialrl lineage` that began it to go on"
    assert line == f"error: {unfinished} holds an unfinished lineage and not a run; {go_on}\n"
    (unfinished / "lineage.json").write_text("{}")
    code, line = say(capsys, verb, unfinished)
    assert code == 2
    assert line == f"error: {unfinished} holds a lineage and not a run; open {unfinished / 'lineage.html'}\n"


def test_check_reads_the_tables_of_its_generations(unfinished, capsys):
    assert main(["check", str(unfinished)]) == 0
    assert capsys.readouterr().out == f"{unfinished}: 2 stages unchanged since they were written\n"
    table = unfinished / "stages" / "generation-00.parquet"
    table.write_bytes(table.read_bytes() + b"x")
    (unfinished / "stages" / "reference.parquet").unlink()
    code, told = say(capsys, "check", unfinished)
    assert code == 2
    assert f"{unfinished}: stages/generation-00.parquet was changed since it was written\n" in told
    assert f"{unfinished}: stages/reference.parquet is missing\n" in told


def test_a_damaged_table_is_not_bred_from(unfinished, tmp_path):
    table = unfinished / "stages" / "generation-00.parquet"
    table.write_bytes(table.read_bytes()[:-8])
    with pytest.raises(ValueError, match=r"generation-00\.parquet"):
        made(tiny(), tmp_path)


def test_the_index_lists_it(unfinished):
    (unfinished / "lineage.json").write_text('{"sentences": ["3 generations."], "made": {"started": "2026-01-02"}}')
    (unfinished / "lineage.html").write_text("page")
    assert main(["index", str(unfinished.parent)]) == 0
    page = (unfinished.parent / "index.html").read_text(encoding="utf-8")
    assert 'href="tiny/lineage.html"' in page
    assert "3 generations." in page


@pytest.mark.parametrize(("flag", "again"), [((), "the same command"), (("--overwrite",), "the same command without")])
def test_ctrl_c_ends_with_130_and_says_how_to_go_on(flag, again, tmp_path, capsys, monkeypatch):
    def stopped(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "run_lineage", stopped)
    code, told = say(capsys, "lineage", "configs/lineage.yaml", "--output", tmp_path, "--quiet", *flag)
    assert code == 130
    assert told.startswith(f"stopped; finished generations are kept; run {again}")
    assert told.count("\n") == 1


def test_a_changed_configuration_does_not_go_on_with_what_was_bred_before(tmp_path, capsys, monkeypatch):
    """The plan of the file that was stopped, against that of a changed one; `--overwrite` starts anew."""
    monkeypatch.setattr(run, "check_size", lambda *_: None)
    begun = []

    def first_stage(self):
        begun.append(self.config.litters)
        raise KeyboardInterrupt

    monkeypatch.setattr(run.Maker, "reference_families", first_stage)
    place = ("--output", tmp_path, "--quiet")
    assert say(capsys, "lineage", "configs/lineage_in_fostered.yaml", *place)[0] == 130
    code, line = say(capsys, "lineage", "configs/lineage_in_fostered.yaml", "litters=8", "care.steps=2048", *place)
    assert (code, line.count("\n")) == (2, 1)
    where = tmp_path / "lineage_in_fostered"
    assert line.startswith(f"error: {where} holds a lineage with another plan (litters: 24 there, 8 here; socialrl/")
    assert line.endswith("choose another name, or start from the beginning with --overwrite\n")
    assert say(capsys, "lineage", "configs/lineage_in_fostered.yaml", "litters=8", "--overwrite", *place)[0] == 130
    assert begun == [24, 8]
