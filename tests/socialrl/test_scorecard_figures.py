"""Figures of the scorecard from synthetic tables: which panels, what they count, what they are made of."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from figure_words import touching, words
from synthetic_battery import battery

from socialrl.drawing import style
from socialrl.findings import load_registry
from socialrl.findings.contrasts import prepared
from socialrl.findings.variants import ablation_table, dose_response
from socialrl.scorecard import courses, figures, variant_figures, work

pytestmark = pytest.mark.filterwarnings("error")
REGISTRY = load_registry()


@pytest.fixture(scope="module")
def tables():
    return prepared(battery(8, repeats=1))


def drawn(make, tables, narrow=False):
    with style.house_style():
        figure = make(tables, REGISTRY, narrow)
        figure.canvas.draw()  # tick labels are made by drawing
    return figure


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def ticks(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


def changed(tables, assay, **columns):
    name = f"socialrl/{assay}-v0"
    return prepared({**tables, name: tables[name].assign(**columns)})


@pytest.mark.parametrize("narrow", [False, True])
def test_work_is_shown_as_presses_breakpoint_and_huddle_per_access(tables, narrow):
    axes = drawn(work.worth, tables, narrow).axes
    labels = [ax.get_ylabel().replace("\n", " ") for ax in axes]
    assert [label for label in dict.fromkeys(labels) if label] == [
        "Presses in 30 min",
        "Breakpoint (presses)",
        "Huddle per access (s)",
    ]
    assert len(axes) == 6
    assert ticks(axes[0])[1] == "wild\ntype\nn = 8"
    assert axes[0].get_ylim() == axes[1].get_ylim(), "peers and mates on one scale"


def test_a_session_without_access_is_counted_out_of_huddle_per_access(tables):
    table = tables["socialrl/SocialOperant-v0"].copy()
    none = (table["genotype"] == "ko") & (table["test"] == "operant_peer_stranger") & (table["index"] < 3)
    table.loc[none, ["accesses_stranger", "huddle_s_stranger"]] = 0.0
    axes = drawn(work.worth, prepared({"SocialOperant": table})).axes
    assert ticks(axes[4])[-1] == "knockout\nn = 8/5"
    assert ticks(axes[5])[-1] == "knockout\nn = 8"


def test_release_shows_traces_of_both_sexes_and_the_peak_of_every_animal(tables):
    figure = drawn(courses.release, tables)
    females, males, *peaks = figure.axes
    assert [ax.get_title(loc="left") for ax in (females, males)] == ["Females", "Males"]
    assert females.get_ylim() == males.get_ylim()
    knockouts = tables["socialrl/OxytocinRelease-v0"].query("genotype == 'ko' and sex == 'female'")
    shown = females.get_lines()[-1].get_ydata()  # groups are drawn from the highest gain to the lowest
    np.testing.assert_allclose(shown, 100 * np.stack(knockouts["fluorescence"].tolist()).mean(axis=0))
    assert females.get_lines()[-1].get_xdata()[-1] == pytest.approx(10.0, abs=0.05)
    assert [ticks(ax)[-1] for ax in peaks] == ["knockout\nn = 4"] * 2


def test_release_without_traces_shows_the_peaks(tables):
    table = tables["socialrl/OxytocinRelease-v0"].drop(columns="fluorescence")
    axes = drawn(courses.release, prepared({"OxytocinRelease": table})).axes
    assert [ax.get_ylabel() for ax in axes] == ["Peak ΔF/F (%)"] * 2


def test_habitat_counts_pairs_where_they_are_the_replicate(tables):
    assert "wild type, n = 8" in legend(drawn(courses.group, tables))
    units = [f"pair {index // 2}" for index in tables["socialrl/GroupHabitat-v0"]["index"]]
    figure = drawn(courses.group, changed(tables, "GroupHabitat", unit=units))
    assert "knockout, n = 4 pairs" in legend(figure)


def test_share_of_a_pair_is_that_of_its_seconds():
    rows = [
        {"animal": f"ko-{index}", "genotype": "ko", "oxtr_gain": 0.0, "index": index, "test": "habitat_pairs_168h",
         "unit": f"pair {index // 2}", "partner_s_hourly": [partner] * 24, "others_s_hourly": [others] * 24}
        for index, (partner, others) in enumerate([(3000.0, 0.0), (0.0, 1000.0), (10.0, 30.0), (10.0, 30.0)])
    ]  # fmt: skip
    figure = drawn(courses.group, prepared({"GroupHabitat": pd.DataFrame(rows)}))
    line = figure.axes[0].get_lines()[0]
    np.testing.assert_allclose(line.get_ydata(), (0.75 + 0.25) / 2)  # not the mean of 1, 0, 1/4 and 1/4
    np.testing.assert_allclose(line.get_xdata(), [3, 9, 15, 21])


def test_unmated_animals_do_not_stand_among_mates(tables):
    peers, mates = drawn(figures.bond, tables).axes
    assert ticks(mates) == ["0", "1", "2", "6", "24"]
    assert "336" in ticks(peers)
    assert len(set(ticks(peers))) == len(ticks(peers)), "a stranger of the other sex is another test of the same hours"


def test_no_curve_of_release_is_known_by_its_colour_only(tables):
    females = drawn(courses.release, tables).axes[0]
    lines = females.get_lines()
    assert len({line.get_marker() for line in lines}) == len(lines) > 1
    first = [line.get_markevery()[0] for line in lines]
    assert len(set(first)) == len(first), "marks of one group do not hide those of another"


def test_one_of_many_values_of_a_parameter_tells_its_verdict_by_its_place():
    verdicts = ["reproduced", "not reproduced", "inconclusive", "reproduced", "reproduced", "reproduced"]
    rows = [("oxytocin_tau_s", float(factor), "F01", verdict) for factor, verdict in enumerate(verdicts)]
    rows += [("stress_cost", 0.5, "F01", "reproduced"), ("stress_cost", 2.0, "F01", "not reproduced")]
    rows += [("stress_cost", 0.5, "F38", "not run")]
    table = pd.DataFrame(rows, columns=["parameter", "factor", "finding", "finding_verdict"])
    table["survives"] = table["finding_verdict"] == "reproduced"
    with style.house_style():
        (ax,) = variant_figures.sensitivity(table, narrow=False).axes
    parts = [(round(patch.get_y(), 2), round(patch.get_y() + patch.get_height(), 2)) for patch in ax.patches]
    up, down, thin, whole = (-0.42, 0.0), (0.0, 0.42), (-0.08, 0.08), (-0.42, 0.42)
    row = ax.patches[0].get_y() // 1 + 1
    assert [(low - row, high - row) for low, high in parts[:3]] == [pytest.approx(one) for one in (up, down, thin)]
    assert [text.get_text() for text in ax.texts] == ["✓", "✕"], "two values leave room for marks"
    assert len(parts) == len(verdicts) + 2, "what was not judged is empty"
    assert parts[-1][1] - parts[-1][0] == pytest.approx(whole[1] - whole[0])


def test_dose_response_and_arms_say_what_they_count_and_measure():
    gains = {"wt": 1.0, "ko": 0.0, "gain_0.25": 0.25, "gain_0.75": 0.75}
    tables = battery(8, genotypes=gains, repeats=1, arms=("consolidation", "reward"))
    with style.house_style():
        doses = variant_figures.dose_response(dose_response(tables), narrow=False)
        arms = variant_figures.ablation(ablation_table(tables), narrow=False)
    panels = [ax for ax in doses.axes if ax.axison]
    assert len(panels) == 5
    assert all("n = 8 at each gain" in [text.get_text() for text in ax.texts] for ax in panels)
    assert "Preference  F01a" in [label.get_text() for label in arms.axes[0].get_yticklabels()]
    bold = [text.get_position() for text in arms.axes[0].texts if text.get_weight() == "bold"]
    assert [x for x, y in bold if y == 0] == [0], "consolidation, the first of the two, carries most of F01a"


@pytest.mark.parametrize(("narrow", "lowest"), [(False, {2, 3, 4}), (True, {4})])
def test_every_dose_response_panel_has_ticks_that_can_be_read(narrow, lowest):
    tables = battery(8, genotypes={"wt": 1.0, "ko": 0.0, "gain_0.5": 0.5}, repeats=1)
    figure = drawn(
        lambda tables, _, narrow: variant_figures.dose_response(dose_response(tables), narrow), tables, narrow
    )
    panels = [ax for ax in figure.axes if ax.axison]
    for ax in panels:
        gains = [label.get_text() for label in ax.get_xticklabels() if label.get_visible()]
        assert {"0.0", "0.5", "1.0"} <= set(gains), "the axis is shared, its labels are not"
        assert len([label for label in ax.get_yticklabels() if label.get_visible()]) > 1
    assert {at for at, ax in enumerate(panels) if ax.get_xlabel()} == lowest


@pytest.mark.parametrize("narrow", [False, True], ids=["wide", "narrow"])
def test_no_word_of_a_figure_stands_on_another(tables, narrow):
    for make in (figures.bond, courses.group, work.worth, figures.defend, courses.release, figures.drugs):
        assert not touching(words(drawn(make, tables, narrow))), make.__name__
    with style.house_style():
        doses = variant_figures.dose_response(dose_response(tables, REGISTRY), narrow)
        assert not touching(words(doses))
