"""The command line: what each verb calls, one line and exit code 2 for a mistake, a quiet end when stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

import socialrl
from socialrl import cli
from socialrl.cli import run_verbs
from socialrl.errors import UserError, unknown
from socialrl.storage.run_folder import RunFolder

SMOKE = Path(__file__).resolve().parents[2] / "configs" / "smoke.yaml"
ROWS = pd.DataFrame({"animal": ["wild_type-00"], "steps": [1]})


class Parts:
    """Stand-ins for trainer, tester and reporter; they write what the real ones promise and record their arguments."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple] = []
        self.error: BaseException | None = None
        for name, functions in {
            "socialrl.training.run": {
                "check_fits": lambda _config: None,
                "train_run": self.train_run,
                "resume_run": self.resume_run,
            },
            "socialrl.evaluation.playing": {"evaluate_run": self.evaluate_run},
            "socialrl.tensorboard.results": {"write_results": lambda _run: None},
            "socialrl.report": {"write_report": self.write_report, "terminal_summary": self.terminal_summary},
        }.items():  # fmt: skip
            module = ModuleType(name)
            module.__dict__.update(functions)
            monkeypatch.setitem(sys.modules, name, module)

    def train_run(self, config, run, *, progress):
        self.calls.append(("train", config, run.path))
        progress.update(1, 2, "wild_type 0.5")
        if self.error:
            raise self.error
        run.write_table("probes", ROWS)
        run.finish()

    def resume_run(self, run, *, progress):
        self.calls.append(("resume", run.path))
        progress.update(1, 1)
        run.write_table("probes", ROWS)
        run.finish()

    def evaluate_run(self, run, *, repeats=None, events=None, events_csv=False, selection=None, progress, **synchrony):
        self.calls.append(("evaluate", run.path, repeats))
        self.events, self.selection, self.synchrony = (events, events_csv), selection, synchrony
        progress.update(1, 1)
        run.write_table("evaluation", ROWS, csv=True)

    def write_report(self, runs, output=None):
        self.calls.append(("report", [run.path for run in runs], output))
        page = output or runs[0].path / "report.html"
        page.write_text("<html>")
        return page

    def terminal_summary(self, run):
        return f"preference in {run.path}, report there: {(run.path / 'report.html').exists()}"

    @property
    def verbs(self) -> list[str]:
        return [call[0] for call in self.calls]


@pytest.fixture
def parts(monkeypatch) -> Parts:
    return Parts(monkeypatch)


@pytest.fixture
def say(capsys, tmp_path, monkeypatch):
    """Run the command line in an empty folder and return (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = cli.main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def mistake(result: tuple[int, str, str]) -> str:
    code, out, err = result
    assert code == 2
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err.removeprefix("error: ").rstrip("\n")


# --- verbs


def test_train_makes_the_run_and_says_what_comes_next(say, parts, tmp_path):
    code, out, err = say("train", SMOKE, "genotypes.ko.oxtr_gain=0.1", "seed=7", "--output", "elsewhere")
    assert code == 0
    _, config, path = parts.calls[0]
    assert (config.seed, config.genotypes["ko"].oxtr_gain, path) == (7, 0.1, Path("elsewhere/smoke"))
    assert "wt (gain 1), ko (gain 0.1)" in out
    assert "next: socialrl evaluate elsewhere/smoke" in out
    assert err.startswith("training 4 animals: 50 %, 1 of 2, wild_type 0.5")
    run = RunFolder.open(tmp_path / "elsewhere" / "smoke")
    assert run.finished
    assert run.config == config
    assert run.meta["seed"] == 7


def test_train_lays_pieces_over_the_configuration_and_changes_over_both(say, parts, tmp_path):
    (tmp_path / "piece.yaml").write_text("seed: 5\nindividual_spread: {contact_floor: 0.2}\n")
    code, _, _ = say("train", SMOKE, "individual_spread.contact_floor=0.3", "--with", "piece.yaml", "-q")
    assert code == 0
    config = parts.calls[0][1]
    assert (config.seed, config.individual_spread) == (5, {"scale": 1.0, "contact_floor": 0.3})


def test_train_refuses_a_run_that_is_there_and_replaces_it_when_told(say, parts):
    say("train", SMOKE, "-q")
    assert mistake(say("train", SMOKE)) == (
        "runs/smoke holds a finished run; choose another name, or replace it with --overwrite"
    )
    assert say("train", SMOKE, "--overwrite", "--quiet")[0] == 0
    assert parts.verbs == ["train", "train"]


def test_ctrl_c_leaves_a_run_that_resume_continues(say, parts):
    parts.error = KeyboardInterrupt()
    code, _, err = say("train", SMOKE, "-q")
    assert code == 130
    assert err == "stopped; the run folder is readable; resume with `socialrl resume runs/smoke`\n"
    assert not RunFolder.open("runs/smoke").finished
    assert mistake(say("train", SMOKE)).startswith("runs/smoke holds an unfinished run; continue it with")
    assert say("resume", "runs/smoke")[0] == 0
    assert RunFolder.open("runs/smoke").finished
    assert mistake(say("resume", "runs/smoke")) == "runs/smoke is finished; there is nothing to resume"


def test_ctrl_c_elsewhere_is_one_word(say, monkeypatch):
    def stop(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunFolder, "open", stop)
    assert say("report", "x") == (130, "", "stopped\n")


def test_evaluate_once_or_with_overwrite(say, parts):
    say("train", SMOKE, "-q")
    code, out, _ = say("evaluate", "runs/smoke", "--repeats", 8)
    assert code == 0
    assert "next: socialrl report runs/smoke" in out
    assert mistake(say("evaluate", "runs/smoke")) == (
        "runs/smoke has been evaluated already; use --overwrite to replace evaluation.parquet"
    )
    Path("runs/smoke/report.html").write_text("of before")
    assert "next: socialrl report runs/smoke --overwrite" in say("evaluate", "runs/smoke", "--overwrite")[1]
    assert parts.calls[1:] == [("evaluate", Path("runs/smoke"), 8), ("evaluate", Path("runs/smoke"), None)]


def test_a_run_refused_before_it_began_leaves_no_folder(say, parts, tmp_path):
    parts.error = UserError("512 animals need 900 GiB")
    code, _, err = say("train", SMOKE, "-q")
    assert (code, err) == (2, "error: 512 animals need 900 GiB\n")
    assert not (tmp_path / "runs" / "smoke").exists()


def test_events_are_asked_for_or_left_out(say, parts):
    say("train", SMOKE, "-q", "--output", "runs")
    for option, passed in (
        ((), (None, False)),
        (("--events",), (True, False)),
        (("--no-events",), (False, False)),
        (("--events-csv",), (True, True)),
    ):
        say("evaluate", "runs/smoke", "--overwrite", *option)
        assert parts.events == passed
    assert mistake(say("evaluate", "runs/smoke", "--overwrite", "--no-events", "--events-csv")) == (
        "--events-csv and --no-events contradict each other; use one of them"
    )


def test_evaluate_does_not_disturb_a_writer(say, parts):
    parts.error = KeyboardInterrupt()
    assert say("train", SMOKE)[0] == 130
    with RunFolder.resume("runs/smoke"):
        assert "runs/smoke is being written by process" in mistake(say("evaluate", "runs/smoke"))
    code, _, err = say("evaluate", "runs/smoke", "-q")
    assert code == 0
    assert err == "note: runs/smoke is unfinished; what is done so far is included\n"


def test_report_of_one_and_of_several(say, parts):
    say("train", SMOKE, "-q")
    say("train", SMOKE, "name=other", "-q")
    code, out, _ = say("report", "runs/smoke")
    assert (code, out) == (0, "report: runs/smoke/report.html\n")
    assert mistake(say("report", "runs/smoke")) == (
        "runs/smoke/report.html exists; give another --output, or replace it with --overwrite"
    )
    assert "a report of several runs needs --output FILE" in mistake(say("report", "runs/smoke", "runs/other"))
    assert say("report", "runs/smoke", "runs/other", "--output", "both.html")[0] == 0
    assert parts.calls[-1] == ("report", [Path("runs/smoke"), Path("runs/other")], Path("both.html"))
    assert mistake(say("report", "runs/other", "--output", "both.html")).startswith("both.html exists; give another")
    assert mistake(say("report", "runs/other", "--output", "runs/smoke")).startswith("runs/smoke/report.html exists;")


def test_demo_does_everything_once_and_is_not_repeated(say, parts, monkeypatch):
    monkeypatch.setattr(run_verbs, "_demo_config", lambda: SMOKE)
    code, out, _ = say("demo", "-q")
    assert code == 0
    assert parts.verbs == ["train", "evaluate", "report"]
    assert out.endswith("preference in runs/demo, report there: True\n")
    done = Path("runs/demo/DONE").read_text()

    code, out, _ = say("demo")
    assert code == 0
    assert "runs/demo holds a finished demo, which is kept" in out
    assert out.endswith("preference in runs/demo, report there: True\n")
    assert parts.verbs == ["train", "evaluate", "report"]
    assert Path("runs/demo/DONE").read_text() == done

    assert say("demo", "--overwrite", "-q")[0] == 0
    assert parts.verbs == ["train", "evaluate", "report"] * 2


def test_a_stopped_demo_is_continued(say, parts, monkeypatch):
    monkeypatch.setattr(run_verbs, "_demo_config", lambda: SMOKE)
    parts.error = KeyboardInterrupt()
    assert say("demo", "--output", "out/first", "-q")[0] == 130
    code, out, _ = say("demo", "--output", "out/first", "-q")
    assert code == 0
    assert "out/first holds an unfinished demo, which is resumed" in out
    assert parts.verbs == ["train", "resume", "evaluate", "report"]


def test_the_demo_has_its_configuration():
    assert run_verbs._demo_config().name == "demo.yaml"


def test_envs_lists_ids(say):
    code, out, _ = say("envs")
    assert code == 0
    assert any(line.startswith("socialrl/PartnerPreference-v0 ") for line in out.splitlines())


def test_version(say):
    assert say("--version") == (0, f"socialrl {socialrl.__version__}\n", "")


@pytest.mark.parametrize("verb", ["train", "resume", "evaluate", "report", "render", "envs", "demo"])
def test_help_of_every_verb_has_an_example(say, verb):
    code, out, _ = say(verb, "--help")
    assert code == 0
    assert f"Example: socialrl {verb}" in out


def test_no_verb_shows_the_help(say):
    code, out, _ = say()
    assert code == 0
    assert "partner_preference" not in out
    assert "evaluate" in out


# --- mistakes


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["trian"], "unknown verb 'trian'; did you mean 'train'? Known: train, resume,"),
        (["xyz"], "unknown verb 'xyz'; known: train, resume,"),
        (["train"], "Missing argument 'CONFIG'. (see `socialrl train --help`)"),
        (["train", "nowhere.yaml"], "nowhere.yaml: no such configuration file"),
        (["train", "."], "cannot read .: it is a folder, not a file"),
        (["train", SMOKE, "stepz=1"], "command line: unknown key stepz; did you mean steps?"),
        (["train", SMOKE, "genotypes.wt.oxtr_gain=-1"], "must be a number from 0 to 2, got -1"),
        (["train", SMOKE, "animals=0"], "command line: animals must be a whole number of at least 1, got 0"),
        (["train", SMOKE, "env.id=socialrl/PartnerPreferenc-v0"], "did you mean 'socialrl/PartnerPreference-v0'?"),
        (["train", SMOKE, "--ouput", "x"], "No such option: --ouput"),
        (["train", SMOKE, "--seed", "7"], "keys of the configuration are given without dashes, such as seed=7"),
        (["resume", "runs/none"], "runs/none: no such run folder"),
        (["evaluate", "."], ". is not a run folder of socialrl (it has no meta.json)"),
        (["evaluate", "x", "--repeats", "0"], "--repeats must be from 1 to 10000, got 0"),
        (["evaluate", "x", "--repeats", "two"], "Invalid value for '--repeats'"),
        (["report"], "Missing argument 'RUN'."),
        (["render", "runs/none", "--gif", "a.gif"], "runs/none is neither a run folder nor an assay: unknown assay"),
        (
            ["render", "socialrl/PartnerPreference-v1", "--gif", "a.gif"],
            "unknown assay 'socialrl/PartnerPreference-v1'; known: socialrl/",
        ),
        (["render", "x"], "nothing to write: give --gif FILE, --png FILE or both"),
        (["render", "x", "--gif", "a.gif", "--gain", "3"], "--gain must be from 0 to 2, got 3"),
        (["render", "x", "--gif", "a.gif", "--gain", "nan"], "--gain must be from 0 to 2, got nan"),
        (
            ["render", "x", "--gif", "a.gif", "--cohousing-h", "400"],
            "--cohousing-h must be from 0 to 336 (hours cohoused in all before the test), got 400",
        ),
        (["envs", "more"], "Got unexpected extra argument"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(say, arguments, line):
    assert line in mistake(say(*arguments))


def test_render_does_not_replace_a_film(say):
    Path("a.gif").write_text("precious")
    assert (
        mistake(say("render", "x", "--gif", "a.gif"))
        == "a.gif exists; give another name, or replace it with --overwrite"
    )
    assert Path("a.gif").read_text() == "precious"


def test_no_space_and_no_permission_are_mistakes_too(say, parts):
    parts.error = OSError(28, "No space left on device", "runs/smoke/tb/events")
    assert say("train", SMOKE, "-q")[::2] == (
        2,
        "error: cannot use runs/smoke/tb/events: no space left on the device\n",
    )


def test_parameter_errors_of_the_environment_are_mistakes_too(say, parts):
    from socialrl_envs.errors import ParameterError

    parts.error = ParameterError("parameter 'x' is out of range")
    assert say("train", SMOKE, "-q")[::2] == (2, "error: parameter 'x' is out of range\n")


@pytest.mark.parametrize("error", [ValueError("shape (3,) is wrong"), OSError(5, "Input/output error")])
def test_bugs_keep_their_traceback(say, parts, error):
    parts.error = error
    with pytest.raises(type(error)):
        say("train", SMOKE, "-q")


def test_a_reader_that_leaves_is_no_error():
    # The closed pipe needs a real process: standard output of this one belongs to pytest.
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import sys; from socialrl.cli import main; sys.exit(main(['envs']))"],
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_an_unknown_animal_of_a_large_cohort_is_one_readable_line():
    told = unknown("animal", "wt-7", [f"wt-{number:03d}" for number in range(240)], listed_as="animals of this run")
    assert told.startswith("unknown animal 'wt-7'; animals of this run: wt-000, wt-001")
    assert told.endswith("wt-019, … (240 in all)")
