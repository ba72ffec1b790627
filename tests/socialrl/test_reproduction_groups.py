"""Which animals a reproduction makes: gains, single arms, changed parameters, and the stages they are trained in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from socialrl.animals.animal import animals_of
from socialrl.assays import study_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.findings.conditions import RELEASE
from socialrl.findings.registry import load_registry
from socialrl.findings.variants import UNCHANGED
from socialrl.reproduction import groups
from socialrl.reproduction.presets import PRESETS, Size
from socialrl.reproduction.stages import stages_of
from socialrl_envs.parameter_rows import ATTACHMENT, CARE, CONTEXTS
from socialrl_envs.parameters import parameter
from socialrl_envs.vocabulary import ARMS

OUTPUT = Path("unused")


def stages(name: str, seed: int = 1) -> dict:
    return {stage.config.name: stage for stage in stages_of(PRESETS[name], seed, OUTPUT)}


def test_the_dose_response_has_its_nine_gains_each_once():
    plain = [one.oxtr_gain for one in [*groups.in_all_assays(), *groups.doses()] if not one.arms]
    assert sorted(plain) == [0, 0.125, 0.25, 0.375, 0.5, 0.75, 1, 1.25, 1.5]


def test_single_arms_are_wild_types_without_it_and_knockouts_with_it():
    made = {one.name: one for one in groups.single_arms()}
    assert len(made) == 2 * len(ARMS)
    lost, kept = made["arm_reward_ko"], made["arm_reward_wt"]
    assert (lost.oxtr_gain, dict(lost.arms)) == (1.0, {"reward": "knockout"})
    assert (kept.oxtr_gain, dict(kept.arms)) == (0.0, {"reward": "wild_type"})
    assert dict(kept.columns) == {"arm": "reward", "arm_setting": "wild_type"}


def test_every_assumed_parameter_is_halved_and_raised_by_half_inside_its_range():
    made: dict[str, list[groups.Change]] = {}
    for change in groups.changes():
        made.setdefault(change.parameter, []).append(change)
    assert next(iter(made)) == UNCHANGED
    off = [name for name, switches in groups.ACTS_WITH.items() if not any(parameter(one).value for one in switches)]
    off += [row.name for row in (*ATTACHMENT, *CONTEXTS, *CARE)]  # no assay of the battery has them on
    acting = {name for name in groups.assumed_parameters() if parameter(name).value and name not in off}
    assert set(made) - {UNCHANGED} == acting - {name for name in acting if parameter(name).male is not None}
    for name, tried in made.items():
        if name == UNCHANGED:
            continue
        row = parameter(name)
        assert all(row.low <= change.value <= row.high for change in tried)
        assert [change.factor for change in tried] == pytest.approx(
            [change.value / row.value for change in tried], abs=1e-4
        )
        if name == "oxytocin_tau_s":
            assert [change.value for change in tried] == [10, 30, 60, 300, 600, 1800]
        else:
            # what the range leaves of a half and of one and a half; no change is none
            reached = {max(0.5, row.low / row.value), min(1.5, row.high / row.value)} - {1.0}
            assert [change.factor for change in tried] == pytest.approx(sorted(reached), abs=1e-4)


def test_a_changed_group_keeps_its_name_in_tables_and_has_one_of_its_own_in_files():
    knockout = next(one for one in groups.registered() if one.name == "ko")
    changed = groups.Change("receptor_half", 0.5, 0.5).applied_to(knockout)
    assert (changed.name, changed.columns["genotype"]) == ("receptor_half_x0_5_ko", "ko")
    assert dict(changed.parameters) == {"receptor_half": 0.5}
    assert (changed.columns["parameter"], changed.columns["factor"]) == ("receptor_half", 0.5)


def test_sensitivity_runs_the_groups_that_findings_compare_and_no_controls():
    book = load_registry()
    for assay in load_registry().assays:
        # what lives and places do to knockouts is asked in novel comparisons alone
        needed = {"wt"} if study_of(assay).attachment or study_of(assay).contexts else {"wt", "ko"}
        assert needed <= {one.name for one in groups.changed_in(assay)}
        assert not any(one.arms or one.sex for one in groups.changed_in(assay))
    # heterozygotes and males are compared there, too, but in novel comparisons and in a finding of one sex
    assert {one.name for one in groups.changed_in(book.assay_of["mate_2h"])} == {"wt", "ko", "over_expression"}


def test_males_are_trained_only_where_findings_compare_them():
    for name in ("quick", "full"):
        trained = {stage.assay: {one.name for one in stage.groups} for stage in stages(name).values()}
        with_males = [assay for assay, members in trained.items() if "wild_type_male" in members]
        assert with_males == ["PartnerPreference", "LivedPreference"]
    members = stages("full")["PartnerPreference"].config.genotypes
    assert (members["wild_type_male"].sex, members["wt"].sex) == ("male", "female")


def test_what_acts_only_in_mechanisms_that_are_off_is_left_out_of_the_sensitivity_analysis():
    off = GivenParameters(parameters=dict.fromkeys(("settling_worth", "incentive_comfort"), 0.0))
    tried = {change.parameter for change in groups.changes(off)}
    assert not tried & {"settling_worth", "incentive_comfort", "settling_tau_s", "settling_loss_s"}
    for switch in ("settling_worth", "incentive_comfort"):
        one = GivenParameters(parameters={**off.changed_parameters, switch: 0.5})
        tried = {change.parameter for change in groups.changes(one)}
        assert {"settling_tau_s", "settling_loss_s"} <= tried
        assert (switch in tried) == (parameter(switch).evidence == "assumed"), "what is fitted is not tried"


def test_presets_have_the_same_assays_and_share_the_stages_that_are_the_same():
    quick, full, study = (stages(name) for name in ("quick", "full", "study"))
    assert set(quick) == set(full) == set(load_registry().assays)
    assert all(study[name].config == full[name].config for name in full)
    of_lives = {name for name in full if study_of(name).attachment}
    assert of_lives == {"LivedPreference", "StressRecovery", "PairHome", "Caregiving"}
    made = {name for name, stage in study.items() if stage.part == "arms"}
    assert made == {f"{name}-arms" for name in set(full) - of_lives - {"PlacePreference"}}
    for assay in load_registry().assays:
        parts = [stage for stage in study.values() if stage.part == "parameters" and stage.assay == assay]
        made = {(group.columns["parameter"], group.columns["factor"]) for part in parts for group in part.groups}
        changes = groups.changes(own=groups.own_parameters(assay))
        assert made == {(change.parameter, change.factor) for change in changes}
        if study_of(assay).contexts:
            assert {name for name, _ in made} - {UNCHANGED} == {row.name for row in CONTEXTS}


def test_habitats_hold_enough_pairs_for_a_verdict_in_every_preset():
    for name in PRESETS:
        for stage in stages(name).values():
            if stage.assay == "GroupHabitat":
                assert stage.config.animals // 2 >= 6


def test_recordings_of_release_are_of_both_sexes():
    assert stages("full")[RELEASE].config.animals == 2 * PRESETS["full"].size.animals


def test_the_seed_reaches_every_stage_and_pairs_hold_across_stages():
    study = stages("study", seed=5)
    assert {stage.config.seed for stage in study.values()} == {5}
    base = next(one for one in animals_of(study["SocialOperant"].config) if one.id == "wt-03")
    arm = next(one for one in animals_of(study["SocialOperant-arms"].config) if one.id == "arm_release_ko-03")
    assert (arm.parameters, arm.index) == (base.parameters, base.index)
    assert stages_of(replace(PRESETS["quick"]), 6, OUTPUT)[0].config.seed == 6


def test_the_evidence_field_says_what_is_assumed_and_not_a_word_of_the_source(monkeypatch):
    rows = [replace(parameter("contact_gain"), source="assumed"), replace(parameter("press_s"), source="Somebody 2001")]
    monkeypatch.setattr(groups, "rows_of", lambda _table: rows)
    assert groups.assumed_parameters() == ["press_s"]


def test_all_animals_of_a_reproduction_have_the_given_parameters():
    given = GivenParameters(
        parameters={"table": "v1", "contact_floor": 0.5, "withdrawal_s": 30.0}, individual_spread={"contact_floor": 0.0}
    )
    few = Size(8, "quick", 1, many=False)
    for stage in stages_of(replace(PRESETS["study"], size=few, parameters=few), 1, OUTPUT, None, given):
        assert stage.config.env.table == "v1"
        assert stage.config.individual_spread == {"scale": 1.0, "contact_floor": 0.0}
        for one in animals_of(stage.config):
            changed = stage.config.genotypes[one.genotype].parameters
            assert one.parameters["contact_floor"] == changed.get("contact_floor", 0.5)
            assert one.parameters["withdrawal_s"] == changed.get("withdrawal_s", 30.0)


def test_sensitivity_changes_the_given_values():
    given = GivenParameters(parameters={"withdrawal_s": 30.0, "stress_cost": 0.0})
    values = {(one.parameter, one.factor): one.value for one in groups.changes(given)}
    assert (values["withdrawal_s", 0.5], values["withdrawal_s", 1.5]) == (15.0, 45.0)
    assert "stress_cost" not in {name for name, _ in values}, "zero has no factor"
    assert ("stress_cost", 0.5) in {(one.parameter, one.factor) for one in groups.changes()}
