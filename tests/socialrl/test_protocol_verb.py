"""Protocols on the command line: tables, events and notes that `socialrl evaluate --protocol` writes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import test_protocol_files
from test_protocol_files import network

from socialrl import cli
from socialrl.animals.animal import animals_of
from socialrl.animals.policies import policy_bytes
from socialrl.config.loading import config_to_yaml
from socialrl.storage.run_folder import RunFolder

config = test_protocol_files.config


# --- the command line


@pytest.fixture
def run(config, tmp_path):
    with RunFolder.create(tmp_path / "run", config_yaml=config_to_yaml(config), meta={"seed": 1}) as folder:
        animals = animals_of(config)
        for animal in animals:
            folder.write_networks({animal.id: policy_bytes(network(), {"animal": animal.id})}, piece=animal.id)
        folder.write_table("animals", pd.DataFrame([{**one.common(), "steps": 2048} for one in animals]))
        folder.finish()
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(
        "name: mine\nphases:\n  - cohouse: {hours: 6, relationship: mate, mating: false}\n"
        "  - assay: {id: PartnerPreference}\n  - assay: {id: SocialOperant, with: partner, minutes: 5}\n"
    )
    return path


def say(capsys, *arguments):
    code = cli.main([str(one) for one in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_evaluate_plays_a_protocol_and_keeps_it_beside_its_table(capsys, run, file):
    before = {path.name for path in run.path.iterdir()}
    code, out, err = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 3, "-q")
    learned_in = "socialrl/PartnerPreference-v0"
    notes = err.splitlines()
    assert notes[0] == f"note: the animals learned in {learned_in}; new to them: socialrl/SocialOperant-v0"
    assert notes[1].startswith(
        "note: no animal of this run met a mate in training, which the tests partner_preference, "
    )
    assert len(notes) == 2
    lines = out.splitlines()
    assert (code, lines[-1]) == (0, f"protocol: {run.path / 'protocol_mine.parquet'} and .csv")
    assert lines[0] == "Preference, fraction, in partner preference"
    assert lines[1].split() == ["test", "genotype", "mean", "[95", "%", "interval]", "n"]
    assert [line.split()[0] for line in lines[2:4]] == ["partner_preference", "knockout"]
    assert lines[4] == "Presses, per 30-min session, in lever pressing for company"
    table = run.read_table("protocol_mine")
    wild = table[(table["test"] == "partner_preference") & (table["genotype"] == "wt")]
    seconds = wild.groupby("animal")[["huddle_s_partner", "huddle_s_stranger"]].mean()
    mean = (seconds["huddle_s_partner"] / seconds.sum(axis=1)).mean()
    assert f" {mean:.2f} [" in lines[2]
    assert lines[2].endswith("  2")
    table = run.read_table("protocol_mine")
    assert table.groupby(["test", "animal"]).size().tolist() == [3] * 2 * 4
    assert set(table["steps"]) == {2048}
    assert set(table["mating"]) == {False}
    assert set(table["relationship"]) == {"mate"}
    operant = table[table["test"] == "social_operant"]
    assert (set(operant["duration_s"]), set(operant["session"])) == ({300.0}, {"partner"})
    assert operant["presses_partner"].notna().all()
    assert table.loc[table["test"] == "partner_preference", "presses_partner"].isna().all()
    assert len(pd.read_csv(run.path / "protocol_mine.csv")) == len(table)
    assert (run.path / "protocols" / "mine.yaml").read_text() == file.read_text()
    added = {path.name for path in run.path.iterdir()} - before - {".lock"}
    assert added == {"protocol_mine.parquet", "protocol_mine.csv", "protocols"}


def test_a_table_is_never_replaced_silently(capsys, run, file):
    say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 1, "-q")
    kept = (run.path / "protocol_mine.parquet").read_bytes()
    code, out, err = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "-q")
    assert (code, out) == (2, "")
    assert "protocol_mine.parquet exists already; give the protocol another name, or replace the table with" in err
    assert (run.path / "protocol_mine.parquet").read_bytes() == kept
    assert say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "-q", "--overwrite")[0] == 0
    assert len(run.read_table("protocol_mine")) == 2 * 4 * 2


def test_a_protocol_has_its_events_when_asked(capsys, run, file):
    code, out, _ = say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "--events-csv", "-q")
    assert code == 0
    assert out.splitlines()[-2] == f"events: {run.path / 'events_mine.parquet'} and .csv"
    events, table = run.read_table("events_mine"), run.read_table("protocol_mine")
    keys = ["animal", "test", "repeat"]
    own = table.set_index(keys)
    assert set(map(tuple, events[keys].to_numpy())) == set(own.index), (
        "every test of every animal, by the table's names"
    )
    contact = events[(events["kind"] == "contact") & (events["other"] == "partner")]
    seconds = (contact["end_s"] - contact["start_s"]).groupby([contact[key] for key in keys]).sum()
    assert (seconds > 0).any()
    np.testing.assert_allclose(seconds.reindex(own.index, fill_value=0.0), own["huddle_s_partner"])
    ends = events[events["kind"] != "contact"].groupby(keys)["end_s"].max()
    np.testing.assert_allclose(ends.reindex(own.index), own["duration_s"])
    assert len(pd.read_csv(run.path / "events_mine.csv")) == len(events)
    # none of the tests that are replaced are left, and taking them down changes no test
    say(capsys, "evaluate", run.path, "--protocol", file, "--repeats", 2, "--overwrite", "-q")
    assert not list(run.path.glob("events*"))
    pd.testing.assert_frame_equal(run.read_table("protocol_mine"), table)


def test_mistakes_on_the_command_line_leave_nothing_behind(capsys, run, file, tmp_path):
    before = {path.name for path in run.path.iterdir()}
    code, _, err = say(capsys, "evaluate", run.path, "--protocol", tmp_path / "mone.yaml")
    assert (code, err) == (2, f"error: {tmp_path / 'mone.yaml'}: no such protocol file; did you mean {file}?\n")
    file.write_text("name: mine\nphases:\n  - assay: {id: StrangerEncounter, with: stranger}\n")
    code, _, err = say(capsys, "evaluate", run.path, "--protocol", file, "-q")
    assert code == 2
    assert f"error: {file}: phase 1 (assay): StrangerEncounter has 27 observation channels" in err
    assert {path.name for path in run.path.iterdir()} - {".lock"} == before - {".lock"}
    file.write_text("- cohouse\n")
    assert say(capsys, "evaluate", run.path, "--protocol", file)[2] == (
        f"error: {file}: a protocol is a mapping with name and phases or histories, got a list\n"
    )
