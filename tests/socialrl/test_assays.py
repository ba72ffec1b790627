"""What is shown of a test hangs on its assay, never on which columns its table happens to have."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from figure_words import touching, words
from synthetic_run import write_run

from socialrl.analysis.measure_page import page
from socialrl.analysis.measure_table import headline_of, measure_called, measure_table, measures_of, shown_in
from socialrl.analysis.measure_values import measured
from socialrl.assays import registered_studies, study_of
from socialrl.config.experiment import PPOSection
from socialrl.config.loading import load_config
from socialrl.drawing import style
from socialrl.errors import UserError
from socialrl.findings.registry import load_registry
from socialrl.report import terminal_summary, write_report
from socialrl.report.measured import headline_figure, measured_rows
from socialrl.report.study import load
from socialrl.storage.run_folder import RunFolder
from socialrl.training.scalars import episode_scalars, headline, probe_scalars
from socialrl_envs import ASSAYS

LEVER, ENCOUNTER = "socialrl/SocialOperant-v0", "socialrl/StrangerEncounter-v0"


def rows_of(assay: str, tests: dict[str, dict], animals: int = 6) -> pd.DataFrame:
    """Rows of tests as `play_tests` writes them, two repeats; partner and stranger have columns in every assay."""
    rows = []
    for genotype, gain in (("wild_type", 1.0), ("knockout", 0.0)):
        for index in range(animals):
            for test, counters in tests.items():
                for repeat in range(2):
                    animal = {"animal": f"{genotype}-{index:02d}", "genotype": genotype, "oxtr_gain": gain}
                    state = {"cohousing_h": 168.0, "separation_h": 0.0, "relationship": "peer", "mating": False}
                    common = {"index": index, "steps": 100, "test": test, "assay": assay, "repeat": repeat, "seed": 1}
                    rows.append(animal | common | state | {"return": 1.0, "duration_s": 1800.0} | counters)
    return pd.DataFrame(rows)


def at_the_lever(session: str, partner: float, stranger: float) -> dict:
    """A session; who is not there has counters too, and they are zero."""
    counters = {"session": session}
    for who, presses in (("partner", partner), ("stranger", stranger)):
        counters |= {f"presses_{who}": presses, f"accesses_{who}": presses / 5, f"breakpoint_{who}": presses / 5}
        counters |= {f"huddle_s_{who}": presses * 2, f"rejections_{who}": 0.0, f"latency_s_{who}": 3.0}
    return counters


LEVER_TESTS = {
    "partner": at_the_lever("partner", 30.0, 0.0),
    "stranger": at_the_lever("stranger", 0.0, 10.0),
    "choice": at_the_lever("choice", 30.0, 10.0),
}
ENCOUNTER_TESTS = {
    "alone": {"session": "alone", "huddle_s_partner": 0.0, "huddle_s_stranger": 20.0, "rejections_partner": 0.0}
    | {"attacks": 7.0, "chamber_s_apart": 450.0, "chamber_s_with_stranger": 1350.0}
}


@pytest.fixture(params=[(LEVER, LEVER_TESTS), (ENCOUNTER, ENCOUNTER_TESTS)], ids=["lever", "encounter"])
def run(request, tmp_path):
    assay, tests = request.param
    groups = {"wild_type": 1.0, "knockout": 0.0}
    path = write_run(tmp_path / "run", genotypes=groups, tables=(), finished=False, assay=assay)
    with RunFolder.open(path) as made:
        made.lock()
        made.write_table("evaluation", rows_of(assay, tests))
    return RunFolder.open(path)


def test_sessions_with_one_animal_and_encounters_have_no_preference(run):
    study = load([run])
    assert study.final.empty
    assert study.conditions == []
    assert "preference" not in set(study.measured["measure"])


def test_a_report_shows_the_measures_of_the_assay(run):
    study = load([run])
    found = {(row.test, row.measure): row.estimate for row in measured_rows(study) if row.group.genotype == "knockout"}
    if study.assays == (LEVER,):
        assert (found["partner", "presses"].value, found["partner", "presses"].n) == (30.0, 6)
        assert found["stranger", "presses"].value == 10.0
        assert found["choice", "partner_presses"].value == 0.75
        assert ("partner", "partner_presses") not in found, "a share needs both animals"
        assert ("partner", "presses_stranger") not in found, "nobody can press for an animal that is not there"
        assert found["choice", "huddle_per_access_s"].value == 10.0
    else:
        assert found["alone", "attacks"].value == 7.0
        assert found["alone", "avoidance"].value == 0.25
    printed = terminal_summary(run)
    assert headline_of(study.assays[0]).label in printed
    assert "Preference" not in printed
    page = write_report([run]).read_text(encoding="utf-8")
    assert headline_of(study.assays[0]).label in page
    assert "Preference P / (P + S)" not in page
    opening = re.search('<p class="lede">(.*?)</p>', page, re.DOTALL)[1]
    assert opening.count("wild type") == 1, "the first test stands for the others, which are in the figure"
    assert "no animal has been tested" not in page
    assert (run.path / "figures" / "fig_measures.svg").is_file()
    assert not (run.path / "figures" / "fig2_preference.svg").exists()


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_names_of_many_tests_do_not_run_into_each_other(tmp_path, narrow):
    tests = LEVER_TESTS | {"mate": LEVER_TESTS["partner"], "mate_stranger": LEVER_TESTS["stranger"]}
    groups = {"wild_type": 1.0, "knockout": 0.0}
    path = write_run(tmp_path / "run", genotypes=groups, tables=(), finished=False, assay=LEVER)
    with RunFolder.open(path) as made:
        made.lock()
        made.write_table("evaluation", rows_of(LEVER, tests, animals=2))
    with style.house_style():
        assert not touching(words(headline_figure(load([RunFolder.open(path)]), narrow)))


def test_tensorboard_shows_the_headline_of_the_assay():
    lever = rows_of(LEVER, LEVER_TESTS)
    name, values = headline(lever[lever["test"] == "partner"])
    assert (name, set(values)) == ("presses", {30.0})
    curves = probe_scalars(lever)
    assert set(curves["eval/choice/partner_presses"]) == {0.75}
    assert not [tag for tag in curves if tag.endswith("/preference")]
    # a session without a partner and without a single rejection is an encounter all the same
    quiet = {"alone": ENCOUNTER_TESTS["alone"] | {"attacks": 0.0}}
    name, values = headline(rows_of(ENCOUNTER, quiet))
    assert (name, set(values)) == ("attacks", {0.0})


def test_counters_of_training_go_by_the_names_of_the_measures():
    episode = ENCOUNTER_TESTS["alone"] | {"genotype": "wt", "animal": "wt-00", "return": 2.0}
    assert episode_scalars([episode], ENCOUNTER)["assay/attacks"].item() == 7.0
    lever = LEVER_TESTS["partner"] | {"genotype": "wt", "animal": "wt-00", "return": 2.0}
    assert episode_scalars([lever], LEVER)["assay/presses_partner"].item() == 30.0


def test_every_assay_has_a_study_whose_measures_and_sessions_exist():
    assert {study.id for study in registered_studies()} == set(ASSAYS)
    for study in registered_studies():
        sessions = ASSAYS[study.id].session_table
        assert set(study.sessions) <= set(sessions)
        for one in shown_in(study.id):
            assert one in measures_of(study.id)
            assert set(one.sessions) <= set(sessions)
        assert study.pairs == (len(ASSAYS[study.id].acting) > 1)


def test_an_assay_without_a_study_has_its_return():
    assert study_of("mine/Maze-v0").headline == "return"
    assert [one.name for one in measures_of("mine/Maze-v0")] == ["return"]
    assert measure_called("return").label == "Return"


def test_every_comparison_of_the_registry_uses_a_measure_of_its_assay():
    book = load_registry()
    assert dict(book.measures) == measure_table(), "one table; the registry's file brings none of its own"
    for finding in book.findings:
        for contrast in finding.contrasts:
            measure, assay = book.measures[contrast.measure], book.assay(contrast)
            assert measure in measures_of(assay) or assay in measure.assays, f"{finding.id}: {measure.name} in {assay}"


def test_a_file_of_findings_cannot_give_a_measure_a_second_meaning(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("measures: {preference: {label: Mine, unit: s, sum: [huddle_s_partner]}}\n", encoding="utf-8")
    with pytest.raises(UserError, match="measure preference comes with socialrl; give yours another name"):
        load_registry(file)


def test_the_page_of_measures_is_that_of_the_table():
    written = Path(__file__).parents[2] / "docs" / "measures.md"
    assert written.read_text(encoding="utf-8") == page(), "python -m socialrl.analysis.measure_page > docs/measures.md"


def test_values_lie_in_the_range_that_the_table_gives():
    tests = pd.concat([rows_of(LEVER, LEVER_TESTS), rows_of(ENCOUNTER, ENCOUNTER_TESTS)])
    for assay, rows in tests.groupby("assay"):
        found = measured(rows, measures_of(str(assay)), ["genotype", "animal", "test"])
        for name, values in found.groupby("measure")["value"]:
            one = measure_called(str(name))
            assert values.dropna().between(one.low, one.high).all(), name


@pytest.mark.parametrize(
    "name", ["partner_preference", "demo", "social_operant", "group_habitat", "mixed_habitat", "stranger_encounter"]
)
def test_a_shipped_configuration_learns_as_the_battery_does(name):
    config = load_config(f"configs/{name}.yaml")
    training = study_of(config.env.id).training
    assert config.ppo == PPOSection.model_validate(training.get("ppo", {}))
    assert config.lives == training["lives"]
