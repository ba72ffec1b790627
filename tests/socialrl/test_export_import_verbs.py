"""`socialrl export` and `socialrl import` as a user types them: lists, hints, folders that are whole or not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_habitat import made_events, made_run
from made_sheets import made_sheet

from socialrl import cli
from socialrl.interop import formats


def run(*words: object) -> int:
    return cli.main([str(word) for word in words])


@pytest.fixture(scope="module")
def habitat(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "habitat"
    made_run(path, made_events(ticks=30))
    return path


def test_lists_name_every_format_and_option(capsys):
    for verb, part in (("export", "export"), ("import", "read_events")):
        assert run(verb, "--list") == 0
        told = capsys.readouterr().out
        for one in formats.formats().values():
            if getattr(one, part) is not None:
                assert f"{one.name}: " in told
                for option in one.options if verb == "export" else one.reading:
                    assert f"  {option.name}=…" in told
    assert run("export", "--help") == 0
    assert "--format" in capsys.readouterr().out


def test_an_export_says_what_it_made(habitat, tmp_path, capsys):
    assert run("export", habitat, "validation=2", "--format", "olcus", "--output", tmp_path / "out") == 0
    said = capsys.readouterr()
    assert said.out.startswith("olcus: 5 files in ")
    assert "note: recordings: 1; for example voletron --olcus_dir=wt-0_bonded_r0" in said.err
    record = json.loads((tmp_path / "out" / "export.json").read_text())
    assert (record["run"], record["format"], record["options"]["validation"]) == ("habitat", "olcus", 2)
    # a second time only when told to
    assert run("export", habitat, "--format", "olcus", "--output", tmp_path / "out") == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert run("export", habitat, "--format", "boris", "--output", tmp_path / "out", "--overwrite") == 0
    assert {one.name for one in (tmp_path / "out").iterdir()} == {
        "aggregated_events.tsv", "bouts.boris", "export.json", "tabular_events.tsv"
    }  # fmt: skip


def test_an_import_says_what_it_read(tmp_path, capsys):
    made_sheet(10).to_csv(tmp_path / "scores.csv", index=False)
    assert run("import", tmp_path / "scores.csv", "--output", tmp_path / "in") == 0
    assert capsys.readouterr().out.startswith("score-sheet: 10 tests in ")
    record = json.loads((tmp_path / "in" / "import.json").read_text())
    assert list(record["sha256"]) == ["scores.csv"]
    assert len(formats.read_tests(tmp_path / "in" / "scores.csv").tests) == 10


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["export", "RUN"], "export needs --format NAME; formats: "),
        (["export", "RUN", "--format", "olcuss"], "unknown format 'olcuss'; did you mean 'olcus'?"),
        (["export", "RUN", "--format", "xlsx"], "the format xlsx does not write runs; those that do: "),
        (["export", "RUN", "--format", "olcus", "--output", "taken"], "holds files but no export.json"),
        (["export", "RUN", "--format", "olcus", "events=event"], "events must be events, events_NAME of a protocol"),
        (["export", "RUN", "--format", "olcus", "events=events_x"], "unknown table 'events_x'"),
        (["export", "nowhere", "--format", "olcus"], "nowhere: no such run folder"),
        (["import", "nowhere.csv"], "nowhere.csv: no such file or folder"),
        (["import", "take"], "take: no such file or folder; did you mean taken?"),
        (["import", "taken", "--format", "olcus"], "taken holds no raw*.csv"),
        (["import", "taken", "--format", "voletrn"], "unknown format 'voletrn'; did you mean 'voletron'?"),
    ],
)
def test_mistakes_end_in_one_line_and_nothing_is_written(words, told, habitat, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    assert run(*(habitat if word == "RUN" else word for word in words)) == 2
    said = capsys.readouterr().err.strip()
    assert told in said
    assert said.count("\n") == 0
    assert sorted(str(one.relative_to(tmp_path)) for one in tmp_path.rglob("*")) == ["taken", "taken/mine.txt"]


def test_an_export_that_fails_leaves_nothing(habitat, tmp_path, monkeypatch):
    def half(_run, folder, _settings):
        (folder / "half.csv").write_text("1")
        raise OSError(28, "full")

    monkeypatch.setitem(formats._registered, "half", formats.Format("half", "fails", export=half))
    assert run("export", habitat, "--format", "half", "--output", tmp_path / "out") == 2
    assert not list(tmp_path.iterdir())


def test_a_format_says_which_extra_it_needs(habitat, tmp_path, monkeypatch, capsys):
    one = formats.Format("later", "needs more", export=lambda *_: [], needs=("no_such_module",), extra="later")
    monkeypatch.setitem(formats._registered, "later", one)
    assert run("export", habitat, "--format", "later", "--output", tmp_path / "out") == 2
    assert "the format later needs the library no_such_module; install it with: pip install 'socialrl[later]'" in (
        capsys.readouterr().err
    )
