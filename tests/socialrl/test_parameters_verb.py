"""The verb `parameters`: a table, and what differs between two."""

from dataclasses import replace

import pytest

from socialrl.cli import main
from socialrl_envs.parameters import PARAMETERS


@pytest.fixture
def say(capsys):
    def run(*words: str) -> tuple[int, str, str]:
        code = main(list(words))
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_parameters_prints_a_table_and_what_differs_between_two(say, monkeypatch):
    code, out, _ = say("parameters", "v1")
    assert code == 0
    assert out.splitlines()[0] == "parameter table v1; there is also v2"
    row = next(line for line in out.splitlines() if line.startswith("exploration_reward"))
    assert row.split()[:6] == ["exploration_reward", "5.3", "0.185", "0", "50", "reward/min"]
    assert say("parameters")[1].startswith("parameter table v2 (current); there is also v1\n")
    refitted = [replace(one, value=6.0, spread=0.2) if one.name == "exploration_reward" else one for one in PARAMETERS]
    monkeypatch.setattr("socialrl_envs.parameters.PARAMETERS", tuple(refitted))
    (row,) = (line for line in say("parameters", "v1", "v2")[1].splitlines() if line.startswith("exploration_reward"))
    assert row.split() == ["exploration_reward", "5.3", "6", "0.185", "0.2", "reward/min"]
    assert say("parameters", "v1", "v1")[1] == "parameter tables v1 and v1 have the same values and log-sds\n"
    assert say("parameters", "v1", "--csv")[1].startswith("name,value,unit,low,high,spread,meaning,evidence,source")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["v9"], "error: unknown parameter table 'v9'; known: v1, v2"),
        (["v1", "v0"], "error: unknown parameter table 'v0'; known: v1, v2"),
        (["v1", "v2", "--csv"], "error: --csv prints one table; leave out the second name"),
    ],
)
def test_a_table_that_there_is_not_is_refused(say, words, line):
    code, out, err = say("parameters", *words)
    assert (code, out, err.strip()) == (2, "", line)
