"""Files found by name, in a checkout and in a wheel: which one is meant, what is listed, what a copy is."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import pytest
import yaml

import socialrl
import socialrl_envs
from socialrl.authoring.catalogue import catalogue, example
from socialrl.cli import main
from socialrl.config import load_config
from socialrl.config.shipped import find, shipped, shipped_folder
from socialrl.errors import UserError
from socialrl.findings import load_findings
from socialrl.interop.formats import read_tests
from socialrl.protocols.schema import load_protocol

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """An empty folder, which commands run in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(path: Path, text: str = "name: mine\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- which file is meant ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "what", "file"),
    [
        ("demo", "configuration", "demo.yaml"),
        ("configs/demo", "configuration", "demo.yaml"),
        ("configs/demo.yaml", "configuration", "demo.yaml"),
        ("loss", "protocol", "protocols/loss.yaml"),
        ("protocols/loss", "protocol", "protocols/loss.yaml"),
        ("configs/protocols/loss.yaml", "protocol", "protocols/loss.yaml"),
        ("example", "findings", "findings/example.yaml"),
        ("lineage", "lineage", "lineage.yaml"),
        ("made_up", "score sheet", "score_sheets/made_up.csv"),
        ("configs/score_sheets/made_up.csv", "score sheet", "score_sheets/made_up.csv"),
    ],
)
def test_a_name_is_found_in_any_folder(given, what, file):
    assert find(given, what) == CONFIGS / file


@pytest.mark.parametrize("given", ["demo.yaml", "runs/demo", "loss", "findings/demo", "nowhere", "/demo", ""])
def test_what_is_no_name_of_the_kind_comes_back_as_it_is(given):
    assert find(given) == Path(given)


@pytest.mark.parametrize(("given", "what"), [("demo", "score sheet"), ("made_up", "configuration")])
def test_a_table_is_no_configuration(given, what):
    assert find(given, what) == Path(given)
    assert find(f"configs/score_sheets/{given}", what) == Path(f"configs/score_sheets/{given}")


def test_a_file_of_the_user_comes_first():
    in_folder = written(Path("configs/demo.yaml"))
    assert find("demo") == in_folder
    here = written(Path("demo.yaml"))
    assert find("demo") == here
    exactly = written(Path("demo"))
    assert find("demo") == exactly
    assert find("loss", "protocol") == CONFIGS / "protocols" / "loss.yaml"
    own = written(Path("configs/protocols/loss.yml"))
    assert find("loss", "protocol") == own


def test_a_folder_of_that_name_is_not_meant():
    Path("demo").mkdir()
    assert find("demo") == CONFIGS / "demo.yaml"


def test_readers_take_names():
    assert load_config("smoke", ["seed=3"]).seed == 3
    assert load_protocol("mating").name == "mating"
    assert [one.id for one in load_findings("example").findings] == ["X01"]
    assert read_tests("made_up").name == read_tests("configs/score_sheets/made_up.csv").name == "made_up.csv"


@pytest.mark.parametrize(
    ("given", "more"),
    [
        ("demoo", "; did you mean demo, which comes with socialrl?"),
        ("smoke.yaml", "; did you mean smoke, which comes with socialrl?"),
        ("mating", "; did you mean protocols/mating, which comes with socialrl?"),
        ("xyz", "; `socialrl configs` lists the names of those that come with socialrl"),
        ("xyz.yaml", ""),
        ("mine/demo.yaml", ""),
    ],
)
def test_a_name_that_is_not_there_gets_a_hint(given, more):
    with pytest.raises(UserError) as raised:
        load_config(given)
    assert str(raised.value) == f"{given}: no such configuration file{more}"


def test_files_lie_in_the_package_of_a_wheel(elsewhere, monkeypatch):
    package = elsewhere / "site-packages" / "socialrl"
    package.mkdir(parents=True)
    monkeypatch.setattr(resources, "files", lambda name: {"socialrl": package}[name])
    shipped_folder.cache_clear()
    try:
        with pytest.raises(UserError, match=r"has no configs: .* is incomplete; install socialrl again"):
            shipped_folder()
        demo = written(package / "configs" / "demo.yaml")
        loss = written(package / "configs" / "protocols" / "loss.yaml")
        assert shipped() == {"demo": demo, "protocols/loss": loss}
        assert find("loss", "protocol") == loss
    finally:
        shipped_folder.cache_clear()


# --- the verb --------------------------------------------------------------------------------------------------------


def test_all_are_listed_with_their_verb_and_a_sentence(capsys):
    assert main(["configs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Experiments: socialrl train NAME"
    assert "Protocols: socialrl evaluate RUN --protocol NAME" in lines
    rows = [line.split(maxsplit=1) for line in lines if line.startswith("  ")]
    files = [path for path in CONFIGS.rglob("*.*") if path.parent.name != "schema"]
    assert sorted(Path(name).stem for name, _ in rows) == sorted(path.stem for path in files)
    assert rows[-1] == ["made_up", "Made up: random numbers in the form of partner-preference tests of three hours."]
    for name, about in rows:
        assert len(about) > 15, name


def test_two_files_of_the_same_last_name_are_told_apart(elsewhere, capsys):
    assert find("place_preference") == CONFIGS / "place_preference.yaml"
    assert find("place_preference", "protocol") == CONFIGS / "protocols" / "place_preference.yaml"
    assert {example(one.listed).path for one in catalogue()} == {one.path for one in catalogue()}
    both = ["place_preference", "protocols/place_preference"]
    assert main(["configs", "copy", *both]) == 2
    line = "error: place_preference and protocols/place_preference would both become place_preference.yaml"
    assert capsys.readouterr().err.startswith(line)
    assert list(elsewhere.iterdir()) == []


def test_a_file_is_shown(capsys):
    assert main(["configs", "show", "demo"]) == 0
    assert capsys.readouterr().out == (CONFIGS / "demo.yaml").read_text()


def test_copies_are_the_same_data_and_their_commands_name_them(capsys):
    assert main(["configs", "copy", "smoke", "loss"]) == 0
    assert capsys.readouterr().out == (
        "smoke.yaml: change it, then socialrl train smoke.yaml\n"
        "loss.yaml: change it, then socialrl evaluate RUN --protocol loss.yaml\n"
    )
    for name, of in (("smoke", CONFIGS / "smoke.yaml"), ("loss", CONFIGS / "protocols" / "loss.yaml")):
        text = Path(f"{name}.yaml").read_text()
        assert yaml.safe_load(text) == yaml.safe_load(of.read_text())
        assert f"configs/{example(name).name}.yaml" not in text
        schema = re.match(r"# yaml-language-server: \$schema=file://(\S+)\n", text)
        assert schema is not None
        assert Path(schema[1]).is_file()
    assert "#\n# socialrl evaluate runs/childhood --protocol loss.yaml\n" in Path("loss.yaml").read_text()


def test_a_copy_goes_where_it_is_told():
    assert main(["configs", "copy", "smoke", "demo", "--output", "a/b"]) == 0
    assert main(["configs", "copy", "smoke", "--output", "c/mine.yaml"]) == 0
    assert {path.as_posix() for path in Path().rglob("*.yaml")} == {"a/b/demo.yaml", "a/b/smoke.yaml", "c/mine.yaml"}
    assert "# socialrl train c/mine.yaml\n" in Path("c/mine.yaml").read_text()
    assert main(["configs", "copy", "made_up", "demo", "--output", "d"]) == 0
    assert Path("d/made_up.csv").read_bytes() == (CONFIGS / "score_sheets" / "made_up.csv").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["copy", "demo", "smoke"], "smoke.yaml exists; give another --output, or replace it with --overwrite"),
        (["copy", "demo", "dmeo"], "no file called 'dmeo' comes with socialrl; did you mean 'demo'?"),
        (["copy", "demo", "lineage", "--output", "x.yaml"], "--output x.yaml is one file, and 2 are to be copied"),
        (["copy", "mating"], "mating.yaml is a folder; give another --output"),
        (["copy", "made_up", "--output", "x.yaml"], "--output x.yaml must end in .csv, as score_sheets/made_up does"),
        (["show", "xyzzy"], "unknown name 'xyzzy'; known: caregiving, demo, "),
        (["cpy", "demo"], "unknown verb of `socialrl configs` 'cpy'; did you mean 'copy'? Known: show, copy"),
    ],
)
def test_mistakes_are_one_line_and_copy_nothing(capsys, arguments, line):
    written(Path("smoke.yaml"))
    Path("mating.yaml").mkdir()
    assert main(["configs", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"error: {line}")
    assert err.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["mating.yaml", "smoke.yaml"]
    assert Path("smoke.yaml").read_text() == "name: mine\n"


def test_a_copy_replaces_on_demand():
    written(Path("smoke.yaml"))
    assert main(["configs", "copy", "smoke", "--overwrite"]) == 0
    assert load_config("smoke.yaml").name == "smoke"


# --- two distributions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", [ROOT, ROOT / "envs"])
def test_what_a_registry_shows_leads_to_nothing_that_is_not_there(folder):
    shown = folder / tomllib.loads((folder / "pyproject.toml").read_text())["project"]["readme"]
    links = re.findall(r"\]\(([^)]+)\)", shown.read_text())
    assert links
    assert [link for link in links if not link.startswith("https://")] == []


def test_both_distributions_have_one_version_and_one_licence():
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    worlds = tomllib.loads((ROOT / "envs" / "pyproject.toml").read_text())["project"]
    assert socialrl.__version__ == socialrl_envs.__version__
    assert f"socialrl-envs=={socialrl.__version__}" in ours["dependencies"]
    assert f"\nversion: {socialrl.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert (ROOT / "envs" / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    # what the worlds need, the other needs as well, in the same range
    assert set(worlds["dependencies"]) <= set(ours["dependencies"])
    assert {re.split("[>=<]", one)[0] for one in worlds["dependencies"]} == {"gymnasium", "numpy", "numba"}
