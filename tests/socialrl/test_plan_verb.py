"""The verb `plan`: from a reproduction, a protocol, a score sheet and new animals to a page; one line for mistakes."""

from __future__ import annotations

import json

import made_sheets
import numpy as np
import pandas as pd
import pytest
import synthetic_battery
import tiny_reproduction
from described_tables import undescribed
from late_protocol import PROTOCOL
from synthetic_run import CONFIG

from socialrl import cli
from socialrl.assays import short_id
from socialrl.errors import UserError
from socialrl.findings.contrasts import evaluate, single_tests
from socialrl.findings.registry import load_registry
from socialrl.planning.animals import Animals
from socialrl.planning.designs import designs_of
from socialrl.planning.page_tables import power_frame
from socialrl.planning.plan import Assumed, make_plan
from socialrl.planning.pools import Cages
from socialrl.planning.power import Effort
from socialrl.planning.question import question_of
from socialrl.planning.words import WARNING, ethics, warnings
from socialrl.storage.run_folder import RunFolder

FEW = ["--experiments", "100", "--most", "60", "-q"]


@pytest.fixture(scope="module")
def tables():
    return {short_id(assay): table for assay, table in synthetic_battery.battery(n=10).items()}


def run_folder(path, table, name="evaluation"):
    config = CONFIG.format(name=path.name, genotypes="  wt: {oxtr_gain: 1.0}", animals=10, steps=1, tests="")
    with RunFolder.create(path, config_yaml=config, meta={"seed": 7, "versions": {"socialrl": "0.1.0"}}) as run:
        run.write_table(name, table)
        run.finish()
    return path


@pytest.fixture(scope="module")
def reproduced(tables, tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    run_folder(folder / "PartnerPreference", tables["PartnerPreference"])
    run_folder(folder / "GroupHabitat", tables["GroupHabitat"])
    (folder / "reproduction.json").write_text("{}")
    return folder


@pytest.fixture
def say(capsys):
    def spoken(*arguments):
        code = cli.main([str(one) for one in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return spoken


# --- what is drawn


def test_single_tests_are_the_values_of_the_scorecard_test_by_test(tables):
    registry = load_registry()
    for name, number in (("F01", 0), ("F01", 1), ("F02", 0), ("F02", -1), ("F15", 2), ("F15", 4), ("F18", 0)):
        contrast = registry.finding(name).contrasts[number]
        found, effect = single_tests(contrast, tables, registry), evaluate(contrast, tables, registry)
        assert list(found.this.columns) == [0, 1], "two repeats"
        if contrast.kind == "distribution":
            assert found.unit == "published standard deviations"
            assert found.this.to_numpy().mean() == pytest.approx(effect.difference.value)
            continue
        assert found.this.index.tolist() == effect.side_a.index.tolist()
        if contrast.measure != "cohousing_to_criterion_h":
            # a mean of ratios here, a ratio of means there
            assert found.this.mean(axis=1).to_numpy() == pytest.approx(effect.side_a.to_numpy(), abs=0.03, rel=0.12)


def test_a_table_without_repeats_is_one_test_of_each_animal(tables):
    registry = load_registry()
    once = {name: table[table["repeat"] == 0].drop(columns="repeat") for name, table in tables.items()}
    found = single_tests(registry.finding("F01").contrasts[0], once, registry)
    assert found.this.shape == (10, 1)


def test_designs_say_what_n_counts():
    finding = load_registry().finding("F15")
    same, other = designs_of(finding.contrasts[1])
    assert (same.paired, same.counts, same.animals) == (True, "animals", 1)
    assert (other.paired, other.counts, other.animals) == (False, "animals a condition", 2)
    apart, pairs = designs_of(load_registry().finding("F01").contrasts[0], "pair")
    assert (apart.counts, apart.animals) == ("pairs a group", 4)
    assert (pairs.counts, pairs.animals) == ("pairs of pairs", 4)
    (one,) = designs_of(finding.contrasts[0])
    assert one.animals == 1


# --- from a folder to a page


def test_a_finding_is_planned_from_a_reproduction(reproduced, tmp_path, say):
    output = tmp_path / "plan"
    arguments = ["plan", "F01", "--only", "F01a", "--run", reproduced, "--output", output, "--lost", "0.1", *FEW]
    code, out, err = say(*arguments)
    assert (code, err.count("note: ")) == (0, 2)
    assert "F01a: Knockouts prefer the partner less" in out
    content = json.loads((output / "plan.json").read_text())
    (one,) = content["comparisons"]
    designs = [(design["design"]["name"], design["cages"]["size"]) for design in one["designs"]]
    assert designs == [("unpaired", 1), ("paired", 1), ("unpaired", 2), ("paired", 2)]
    first = one["designs"][0]
    smallest = first["smallest"][0]
    powers = {point["n"]: point["power"] for point in first["points"]}
    assert powers[smallest["n"]] >= 0.8
    assert smallest["n"] - 1 not in powers or powers[smallest["n"] - 1] < 0.8
    assert first["difference"] < 0
    csv = pd.read_csv(output / "plan.csv")
    assert csv.loc[0, "animals_to_order"] == np.ceil(2 * smallest["n"] / 0.9)
    assert set(pd.read_csv(output / "power.csv")["comparison"]) == {"F01a"}
    assert undescribed(output, "plan", "power") == {}
    page = (output / "plan.html").read_text()
    for words in ("How many animals?", "For an ethics form", "statsmodels", "not your colony&#39;s", "intra-class"):
        assert words in page
    ethics = one["ethics"]
    assert WARNING in ethics
    for words in ("Mann–Whitney", "α = 0.05", "10 simulated animals", "10 % of animals are expected to be lost"):
        assert words in ethics
    assert (output / "figures" / "power_F01a.svg").exists()
    before = (output / "plan.csv").read_bytes()
    assert say(*arguments)[0] == 0
    assert (output / "plan.csv").read_bytes() == before, "the same seed gives the same plan"


def test_in_the_habitat_n_counts_pairs(tables, tmp_path, say):
    table = tables["GroupHabitat"].assign(unit=[f"pair {index // 2}" for index in tables["GroupHabitat"]["index"]])
    run_folder(tmp_path / "study" / "GroupHabitat", table)
    code, out, _ = say("plan", "F02a", "--run", tmp_path / "study", "--output", tmp_path / "plan", "--cages", 1, *FEW)
    assert code == 0
    assert "pairs a group" in out
    assert "ICC" not in out, "no cages were asked for"


def test_a_contrast_of_a_protocol_is_planned_from_its_table(tables, tmp_path, say):
    file = tmp_path / "late.yaml"
    file.write_text(PROTOCOL)
    rows = tables["PartnerPreference"]
    played = rows[rows["test"].isin(["cohoused_6h", "cohoused_168h"]) & rows["genotype"].isin(["wt", "ko"])]
    played = played.assign(test=played["test"].map({"cohoused_6h": "short", "cohoused_168h": "long"}))
    run = run_folder(tmp_path / "run", played, "protocol_late")
    output = tmp_path / "plan"
    code, out, _ = say("plan", file, "--run", run, "--output", output, "--test", "t", "--cages", 1, *FEW)
    assert code == 0
    assert "late-a: A week makes more preference than an evening" in out
    content = json.loads((output / "plan.json").read_text())["comparisons"]
    assert [one["name"] for one in content] == ["late-a", "late-b"]
    assert [design["design"]["name"] for design in content[0]["designs"]] == ["paired", "unpaired"]
    assert content[1]["says"] == "preference of knockout in long: higher than 0.5"
    week = played[(played["test"] == "long") & (played["genotype"] == "ko")]
    own = (week["huddle_s_partner"] / (week["huddle_s_partner"] + week["huddle_s_stranger"])).mean() - 0.5
    assert content[1]["designs"][0]["difference"] == pytest.approx(own)
    unplayed = run_folder(tmp_path / "other", played)
    code, _, err = say("plan", file, "--run", unplayed, "--output", tmp_path / "none", *FEW)
    assert code == 2
    assert "has not played the protocol late; run `socialrl evaluate" in err
    assert not (tmp_path / "none").exists()


def test_the_spread_of_a_score_sheet_takes_the_place_of_the_models(reproduced, tmp_path, say):
    sheet = made_sheets.made_sheet(12)
    sheet.to_csv(tmp_path / "sheet.csv", index=False)
    output = tmp_path / "plan"
    code, _, err = say(
        "plan", "F01a", "--run", reproduced, "--sheet", tmp_path / "sheet.csv", "--output", output, "--cages", 3, *FEW
    )
    assert code == 0
    assert "The spread between animals is that of 12 tests in sheet.csv" in err
    one = json.loads((output / "plan.json").read_text())["comparisons"][0]
    first = one["designs"][0]
    partner, stranger = sheet["huddle time partner"], sheet["huddle time novel"]
    sd = (partner / (partner + stranger)).std()
    assert first["d"] == pytest.approx(first["difference"] / sd, rel=0.05)
    assert WARNING not in one["ethics"]
    assert first["cages"]["size"] == 3, "cages that were given are in the headline"
    assert first["smallest"][0]["n"] % 3 == 0
    assert "3 to a cage" in one["ethics"]
    assert "Without any cage effect: " in one["ethics"]
    two = sheet.assign(Genotype=["WT", "KO"] * 6)
    two.to_csv(tmp_path / "two.csv", index=False)
    code, _, err = say("plan", "F01a", "--run", reproduced, "--sheet", tmp_path / "two.csv", "--output", output, *FEW)
    assert (code, "keep one with --where 'Genotype=KO'" in err) == (2, True)


@pytest.mark.slow
def test_new_animals_are_trained_as_those_of_the_battery_and_drawn_together(monkeypatch, tmp_path, say):
    tiny_reproduction.shrink_training(monkeypatch.setattr)
    from socialrl.planning import new_animals
    from socialrl.reproduction.presets import Preset, Size

    size = Size(8, {"StrangerEncounter": 320}, 2)
    monkeypatch.setitem(new_animals.PRESETS, "quick", Preset(size, doses=False, arms=False, parameters=None, note=""))
    output = tmp_path / "plan"
    arguments = ["plan", "F06", "--only", "F06a", "--train", 6, "--output", output, "--cages", 1, "--difference", -3]
    code, _, err = say(*arguments, *FEW)
    assert code == 0, err
    run = RunFolder.open(output / "new-StrangerEncounter")
    table = run.read_table("evaluation")
    assert set(table["genotype"]) == {"wt", "ko"}, "only the groups that are compared"
    assert table["animal"].nunique() == 12
    assert run.config.seed != 1
    code, _, err = say(*arguments, "--seed", 2, *FEW)
    assert (code, "another preset, seed" in err) == (2, True)


@pytest.mark.slow
def test_new_animals_of_a_run_learn_and_play_the_protocol_as_its_own_did(tmp_path, say):
    file = tmp_path / "late.yaml"
    file.write_text(PROTOCOL.replace("group: knockout", "group: ko"))
    config = {
        "name": "few", "output": str(tmp_path), "seed": 1, "engine": "cohort",
        "env": {"id": "socialrl/PartnerPreference-v0", "dt_s": 60, "duration_s": 1200},
        "genotypes": {"wt": {"oxtr_gain": 1.0}, "het": {"oxtr_gain": 0.5}, "ko": {"oxtr_gain": 0.0}},
        "animals": 3, "lives": 2, "steps": 64, "probes": {"every_steps": 10**6, "repeats": 1, "tests": []},
        "ppo": {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "net_arch": [4]},
        "evaluation": {"repeats": 2, "tests": []},
    }  # fmt: skip
    (tmp_path / "few.yaml").write_text(json.dumps(config))
    assert say("train", tmp_path / "few.yaml", "-q")[0] == 0
    assert say("evaluate", tmp_path / "few", "--protocol", file, "--repeats", 3, "-q")[0] == 0
    output = tmp_path / "plan"
    arguments = ["plan", file, "--run", tmp_path / "few", "--train", 4, "--output", output, "--cages", 1, "--only"]
    code, out, err = say(*arguments, "late-b", *FEW)
    assert code == 0, err
    new = RunFolder.open(output / "new-late")
    table = new.read_table("protocol_late")
    assert new.config.seed != 1
    assert new.config.steps == 64
    assert table["repeat"].nunique() == 3, "as often as the run's, whatever its configuration says"
    assert table.groupby("genotype")["animal"].nunique().to_dict() == {"ko": 4}, "only the group that is compared"
    sources = {row.split()[0] for row in out.splitlines() if " (" in row}
    assert {"few", "new", "together"} <= sources
    code, _, err = say(*arguments, "late-a", *FEW)
    assert (code, "holds other animals" in err) == (2, True)


def test_several_sources_are_planned_alone_and_together(tables):
    asked = question_of("F01a")
    other = synthetic_battery.battery(n=6, seed=2)
    both = [Animals("run", tables), Animals("run", {short_id(name): table for name, table in other.items()})]
    effort = Effort(experiments=100, pools=10, each=20, most=30)
    plan = make_plan(asked, both, Assumed(effort=effort, cages=Cages()))
    (part,) = plan.parts
    assert {label: own.n for label, own in part.sources.items()} == {"run (1)": 10, "run (2)": 6, "together": 16}
    assert [one.source for one in part.planned] == ["together", "together", "run (1)", "run (2)"]
    assert part.first.pool.missing == 0.0
    assert "16 simulated animals" in ethics(plan, part)
    power = power_frame(plan)
    assert set(power["animals"]) == {"together", "run (1)", "run (2)"}
    assert (power["animals_low"] <= power["animals_high"]).all()


# --- mistakes


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["F01a"], "needs animals: those of a run with --run, new ones with --train, or both"),
        (["F99", "--train", "8"], "unknown finding 'F99'"),
        (["F01z", "--train", "8"], "unknown finding 'F01z'"),
        (["F01", "--only", "F01x", "--train", "8"], "--only: unknown comparison 'F01x'"),
        (["F01a", "--train", "1"], "--train must be from 3 to"),
        (["F01a", "--train", "8", "--power", "1.5"], "--power must be from 0.5 to 0.999, got 1.5"),
        (["F01a", "--train", "8", "--power", "0.8", "--power", "0.8"], "--power is given twice"),
        (["F01a", "--train", "8", "--alpha", "nan"], "--alpha must be"),
        (["F01a", "--train", "8", "--test", "ranks"], "unknown test 'ranks'; did you mean 'rank'?"),
        (["F01a", "--train", "8", "--cages", "0"], "--cages must be from 1 to 50, got 0"),
        (["F01a", "--train", "8", "--cages", "1", "--icc", "0.3"], "--icc needs cages of two animals or more"),
        (["F01a", "--train", "8", "--icc", "1"], "--icc must be from 0 to 0.99, got 1"),
        (
            ["F01a", "--train", "8", "--cages", "20", "--most", "50"],
            "--most must leave room for three cages a group, 60",
        ),
        (["F01a", "--train", "8", "--lost", "2"], "--lost must be from 0 to 0.9, got 2"),
        (["F01a", "--train", "8", "--where", "A=B"], "--where and --pairs pick rows of a sheet"),
        (["F01a", "--run", "nowhere"], "nowhere: no such run folder"),
        (["a.yaml", "--findings", "b.yaml", "--train", "8"], "--findings is for a finding that is named by its id"),
        (["F18c", "--train", "8"], "F18c compares a spread, not a mean"),
        (["nothing.yaml", "--train", "8"], "nothing.yaml"),
    ],
)
def test_a_mistake_is_one_line(arguments, told, tmp_path, monkeypatch, say):
    monkeypatch.chdir(tmp_path)
    code, out, err = say("plan", *arguments, "-q")
    lines = [line for line in err.splitlines() if not line.startswith("note")]
    assert (code, out, len(lines)) == (2, "", 1)
    assert told in err
    assert not any(tmp_path.iterdir())


def test_animals_that_do_not_have_what_is_needed_are_refused(reproduced, tmp_path, say):
    code, _, err = say("plan", "F06a", "--run", reproduced, "--output", tmp_path / "plan", *FEW)
    assert (code, "has no animals of StrangerEncounter; it has GroupHabitat, PartnerPreference" in err) == (2, True)
    code, _, err = say("plan", "F01", "--train", 8, "--difference", "-0.1", "--output", tmp_path / "plan", *FEW)
    assert (code, "choose it with --only: F01a, F01b, F01c, F01d" in err) == (2, True)
    code, _, err = say("plan", "F01c", "--run", reproduced, "--within", "0.5", "--output", tmp_path / "plan", *FEW)
    assert (code, "there are none in F01c" in err) == (2, True)
    code, _, err = say("plan", "F01a", "--run", tmp_path, "--output", tmp_path / "plan", *FEW)
    assert (code, "holds no reproduction" in err) == (2, True)
    code, _, err = say("plan", "F01a", "--run", reproduced, "--output", reproduced, *FEW)
    assert (code, "holds a run; a plan needs a folder of its own" in err) == (2, True)


def test_a_file_of_findings_and_a_protocol_without_contrasts(tmp_path):
    asked = question_of("configs/findings/example.yaml")
    assert [one.name for one in asked.comparisons] == ["X01a", "X01b"]
    assert [one.name for one in question_of("mating").comparisons] == ["mating-a", "mating-b"], "by its name"
    with pytest.raises(UserError, match="unknown finding 'f01a'; did you mean 'F01a'"):
        question_of("f01a")
    file = tmp_path / "mine.yaml"
    file.write_text(PROTOCOL.partition("contrasts:")[0])
    with pytest.raises(UserError, match="has no contrasts to plan for"):
        question_of(str(file))


def test_animals_that_do_not_scatter_are_named(tables):
    alike = {name: table.assign(huddle_s_partner=300.0, huddle_s_stranger=100.0) for name, table in tables.items()}
    effort = Effort(experiments=100, pools=2, each=20, most=12)
    plan = make_plan(question_of("F01c"), [Animals("run", alike)], Assumed(effort=effort, cages=Cages()))
    assert "These animals do not scatter at all, so that a number from them means nothing." in warnings(plan.parts[0])


def test_a_form_has_no_options_and_nothing_of_other_designs(tables):
    plan = make_plan(
        question_of("F01a"),
        [Animals("run", tables)],
        Assumed(effort=Effort(experiments=100, pools=4, each=20, most=30)),
    )
    form = ethics(plan, plan.parts[0])
    assert "--" not in form
    assert "scorecard" not in form
    assert "Pairs:" not in form, "the headline is of independent groups"
    assert "with an intra-class correlation of 0.2 (assumed)" in form


def test_a_difference_stays_where_the_measure_can_be(reproduced, tmp_path, say):
    words = ["plan", "F01a", "--run", reproduced, "--output", tmp_path / "plan", *FEW]
    code, _, err = say(*words, "--difference", "-5")
    assert (code, "--difference must be from -1 to 1: preference lies between 0 and 1, got -5" in err) == (2, True)
