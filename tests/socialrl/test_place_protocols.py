"""Place preference in protocol files: conditioning as a part of a life, company by name, notes, refusals."""

from __future__ import annotations

from pathlib import Path

import gymnasium as gym
import numpy as np
import pandas as pd
import pytest
from gymnasium.vector import AutoresetMode
from test_protocol_files import cohouse, dose, network, separate

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.cli import main
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.errors import UserError
from socialrl.evaluation.unmet import demands_of, unmet
from socialrl.findings.condition import Condition
from socialrl.findings.conditions import as_test, mistake
from socialrl.findings.registry import load_registry
from socialrl.protocols.evaluating import _notes
from socialrl.protocols.idle_phases import idle_phases
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin, play_protocol
from socialrl.protocols.schema import load_protocol, protocol_from_data
from socialrl.report.protocols import played_of, table
from socialrl.report.study import load
from socialrl.reproduction.playable import check_playable
from socialrl.storage.run_folder import RunFolder

ROOT = Path(__file__).resolve().parents[2]
PLACES = ROOT / "configs" / "place_preference.yaml"
FILE = ROOT / "configs" / "protocols" / "place_preference.yaml"
SHORT = ["env.duration_s=300", "animals=2", "genotypes={wt: {oxtr_gain: 1}}"]
HOUR = 3600.0


@pytest.fixture(scope="module")
def config():
    return load_config(PLACES, SHORT)


def test_of(**keys):
    return {"assay": {"id": "PlacePreference", **keys}}


test_of.__test__ = False


def planned(config, *phases, **keys):
    return plan(protocol_from_data({"name": "p", "phases": list(phases), **keys}), config.env)[0]


def play(config, *phases, **keys):
    animals = animals_of(config)
    policies = FrozenPolicies([network(29)] * len(animals))
    return play_protocol(config, animals, policies, [planned(config, *phases, **keys)], repeats=2)


def test_a_simple_history_is_the_configurations_own_test_to_the_last_bit(config):
    """Cohouse, separate, two days of conditioning with a drug on the second, test."""
    phases = [cohouse(24), separate(3), dose(start_h=24, hours=24), test_of(conditioning_days=2)]
    (test,) = planned(config, *phases)
    (drug,) = test.life[0].drugs
    assert drug == {"drug": "antagonist", "dose": 1.0, "start_s": -24 * HOUR, "end_s": 0.0}
    assert test.doses == "antagonist 1 from -24 to 0 h"
    assert (test.cohousing_h, test.separation_h, test.conditioned_with) == (24.0, 3.0, "partner")
    animals = animals_of(config)
    ours = begin(config, animals, test, 2, None)
    env = gym.make_vec(
        config.env.id,
        num_envs=4,
        vectorization_mode="vector_entry_point",
        autoreset_mode=AutoresetMode.DISABLED,
        dt_s=15.0,
        duration_s=300.0,
        drugs=[drug],
        **{name: np.repeat([one.parameters[name] for one in animals], 2) for name in animals[0].parameters},
    ).unwrapped
    options = {"cohousing_h": 24, "separation_h": 3, "conditioning_days": 2, "conditioned_with": "partner"}
    first, _ = env.reset(seed=ours._seeds.tolist(), options=options)
    np.testing.assert_array_equal(ours._observations, first)
    for name in ("animals", "pairs", "slots"):
        assert getattr(ours._env.world.batch, name).tobytes() == getattr(env.world.batch, name).tobytes(), name


def test_in_a_home_cage_the_contexts_come_to_be_worth_the_same(config):
    """An age makes it a life in a home cage, which obeys the same equations as a world."""
    phases = [cohouse(24), test_of(conditioning_days=2)]
    pair, home = play(config, *phases), play(config, *phases, age_d=90)
    for name in ("value_social", "value_solitary", "familiarity_start_partner", "stress_start"):
        np.testing.assert_allclose(pair[name], home[name], rtol=1e-9, err_msg=name)
    assert (pair["conditioned_with"] == "partner").all()


@pytest.mark.parametrize("keys", [{}, {"age_d": 90}], ids=["pair", "home"])
def test_conditioning_takes_its_days_and_what_was_learned_stays_on_its_side(config, keys):
    """Before, after six days, and half a week later: values are kept, and the contexts are where they were."""
    before, after, later = (test_of(name=name) for name in ("before", "after", "later"))
    before["assay"]["conditioning_days"] = later["assay"]["conditioning_days"] = 0
    after["assay"]["conditioning_days"] = 6
    phases = [cohouse(24), before, after, separate(84), later]
    tests = planned(config, *phases, **keys)
    minutes_h = 300.0 / HOUR
    assert [round(test.separation_h, 9) for test in tests] == [
        0.0,
        round(minutes_h, 9),
        round(2 * minutes_h + 144.0 + 84.0, 9),
    ]
    rows = play(config, *phases, **keys)
    by_test = {name: of.reset_index(drop=True) for name, of in rows.groupby("test")}
    assert not by_test["before"][["value_social", "value_solitary"]].to_numpy().any()
    assert (by_test["after"]["value_social"] > by_test["after"]["value_solitary"]).all()
    for name in ("value_social", "value_solitary"):
        np.testing.assert_array_equal(by_test["after"][name], by_test["later"][name])
    sides = rows.pivot(index=["animal", "repeat"], columns="test", values="side")
    assert (sides.nunique(axis=1) == 1).all()
    assert rows["side"].nunique() == 2


def test_company_has_a_name_and_who_is_away_meanwhile_fades(config):
    def lived(days):
        return [
            cohouse(168),
            {"cohouse": {"with": "friend", "hours": 24}},
            test_of(conditioning_days=days, conditioned_with="friend"),
        ]

    short, long = (play(config, *lived(days)) for days in (2, 10))
    for rows in (short, long):
        assert (rows["conditioned_with"] == "friend").all()
        assert not any(name.startswith("offered_") for name in rows)
        assert (rows["value_social"] > rows["value_solitary"]).all()
    lost = [(rows["familiarity_partner_start"] - rows["familiarity_partner_end"]).mean() for rows in (short, long)]
    assert lost[1] > 2.0 * lost[0] > 0.0
    assert (long["familiarity_friend_end"] > short["familiarity_friend_start"] - 0.2).all()


def test_a_stranger_and_nobody_share_it_too(config):
    stranger = play(config, cohouse(24), test_of(conditioned_with="stranger", stranger_sex="other"))
    nobody = play(config, cohouse(24), test_of(conditioned_with="nobody"))
    assert (stranger["familiarity_start_stranger"] > 0.0).all()
    assert (stranger["value_social"] > nobody["value_social"]).all()
    (test,) = planned(config, cohouse(24), test_of(conditioned_with="stranger"), age_d=90)
    assert test.home.offered == {"partner": "nobody", "stranger": "stranger"}


@pytest.mark.parametrize("keys", [{}, {"age_d": 90}], ids=["pair", "home"])
@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ([test_of(conditioning_days=3)], "phase 1 (assay): conditioning_days must be an even whole number"),
        (
            [test_of(conditioning_days=62)],
            "phase 1 (assay): conditioning_days must be a number from 0 to 60 or null, got 62",
        ),
        (
            [test_of(conditioning_h=25)],
            "phase 1 (assay): conditioning_h must be a number from 0.1 to 24 or null, got 25",
        ),
        (
            [test_of(conditioning_days=0, conditioned_with="nobody")],
            "conditioned_with changes nothing where conditioning_days is 0; leave it out",
        ),
        (
            [test_of(**{"with": ["partner"]})],
            "with: both contexts of PlacePreference are empty in the test; write conditioned_with for the animal that",
        ),
        ([test_of(conditioned_with="prtner")], "conditioned_with: unknown animal 'prtner'; did you mean 'partner'"),
        (
            [cohouse(3), test_of(conditioned_with="second_partner")],
            "conditioned_with: second_partner was never introduced: no phase before this one houses the animal with it",
        ),
        (
            [cohouse(3, **{"with": "sister"}), {"lose": {"who": "sister"}}, test_of(conditioned_with="sister")],
            "phase 3 (assay): conditioned_with: sister was lost in phase 2 and does not come back",
        ),
        ([test_of(stranger_sex="other")], "stranger_sex needs a stranger in this assay, and there is none"),
        (
            [test_of(stranger="same", conditioned_with="stranger")],
            "stranger: same needs a stranger in the assay before",
        ),
        (
            [cohouse(3), test_of(relationship="mate")],
            "relationship must be peer, as before in this history, got mate",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "conditioned_with": "partner"}}],
            "conditioned_with is for tests after conditioning, and PartnerPreference has none; leave it out",
        ),
        (
            [{"assay": {"id": "PartnerPreference", "conditioning_days": 2}}],
            "conditioning_days is for tests after conditioning, and PartnerPreference has none; leave it out",
        ),
        (
            [dose(start_h=60, hours=2), test_of(conditioning_days=2)],
            "start_h: the drug would act from 60 h on, but the last assay ends at 48.0833 h",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(config, phases, message, keys):
    with pytest.raises(UserError) as caught:
        planned(config, *phases, **keys)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_run_that_never_met_conditioning_says_what_to_add(config):
    tests = [planned(config, cohouse(24), test_of())]
    rows = play(config, cohouse(24), test_of())
    assert _notes(config, tests, rows) == ()
    for change, line in (
        (
            "env.reset.conditioning_days=0",
            "no animal of this run was conditioned in training, which the test place_preference requires; train with "
            "env.reset.conditioning_days=[0, 6]",
        ),
        (
            "env.reset.conditioned_with=nobody",
            "no animal of this run had company in a context in training, which the test place_preference requires; "
            "train with env.reset.conditioned_with=[partner, nobody]",
        ),
    ):
        lacking = load_config(PLACES, [*SHORT, change])
        assert _notes(lacking, tests, rows) == (line,)
        assert _notes(load_config(PLACES, [*SHORT, change, line.split("train with ")[1]]), tests, rows) == ()
        # tests of a configuration, too, those alone that have company
        assert [one.split(";")[0] for one in unmet(lacking, demands_of(lacking))] == [
            line.split(";")[0].replace(
                "the test place_preference requires",
                "the tests after_2_days, after_6_days, long_term_peer and 2 more require",
            )
        ]
    alone = [planned(config, cohouse(24), test_of(conditioned_with="nobody"))]
    assert _notes(load_config(PLACES, [*SHORT, "env.reset.conditioning_days=0"]), alone, rows) == ()


def test_a_dose_of_conditioning_leaves_a_trace_and_no_time_together_none(config):
    data = {"name": "p", "phases": [cohouse(0), dose(start_h=0, hours=24), test_of(conditioning_days=2)]}
    (line,) = idle_phases(config, animals_of(config), protocol_from_data(data), "p.yaml")
    assert line == "phase 1 (cohouse) changes nothing: it lasts 0 h"


def test_networks_of_another_assay_are_told_what_to_train():
    other = load_config(ROOT / "configs" / "smoke.yaml", ["env.duration_s=600", "animals=2"])
    policies = FrozenPolicies([network()] * len(animals_of(other)))
    with pytest.raises(UserError) as caught:
        play_protocol(other, animals_of(other), policies, [planned(other, cohouse(1), test_of())], repeats=1)
    assert str(caught.value) == (
        "protocol: phase 2 (assay): PlacePreference has 29 observation channels and 6 actions, the networks of this "
        "run (trained in PartnerPreference) take 28 and 6; train with env.id=socialrl/PlacePreference-v0"
    )


def test_the_shipped_file_is_played_and_reported(config, capsys, tmp_path):
    """`evaluate --protocol` ends with a summary that says who shared the context, and the page has a table of it."""
    assert load_protocol(FILE).source
    with RunFolder.create(tmp_path / "run", config_yaml=config_to_yaml(config), meta={"seed": 1}) as run:
        animals = animals_of(config)
        for animal in animals:
            run.write_networks({animal.id: policy_bytes(network(29), {"animal": animal.id})}, piece=animal.id)
        run.write_table("animals", pd.DataFrame([{**one.common(), "steps": 2048} for one in animals]))
        run.finish()
    assert main(["evaluate", str(run.path), "--protocol", str(FILE), "--repeats", "1", "--quiet"]) == 0
    told = capsys.readouterr()
    assert "note:" not in told.err
    assert "Time where it had company, fraction, in social conditioned place preference" in told.out
    lines = told.out.split("\n")
    for test, company in (
        ("mate_after", "partner"),
        ("second_peer_after", "second_partner"),
        ("nobody_after", "nobody"),
    ):
        at = next(k for k, line in enumerate(lines) if line.split()[:1] == [test])
        assert lines[at].split()[-1] == "2"
        assert f"conditioned with {company}, 6 days" in lines[at + 1]
    at = next(k for k, line in enumerate(lines) if line.split()[:1] == ["mate_before"])
    assert "conditioned" not in lines[at + 1]
    (page,) = table(played_of(load([run]), run, "protocol_place_preference"))
    below = {row[0].text: row[0].below for row in page.rows}
    assert below["second_peer_after"] == "history second_peer, conditioned with second_partner, 6 days"
    assert below["mate_before"] == "history mate"


# ------------------------------------------------------------------------------------------- in the registry


def condition(**keys):
    return Condition.model_validate({"name": "one", "cohousing_h": 24, **keys})


def test_a_condition_of_a_finding_is_a_test_of_a_configuration():
    one = condition(conditioning_days=6, conditioned_with="nobody", drugs=[ALL_DAYS])
    assert mistake("PlacePreference", one) == ""
    test = as_test(one)
    assert (test["conditioning_days"], test["conditioned_with"]) == (6.0, "nobody")
    assert "conditioning_h" not in test
    stranger = condition(conditioned_with="stranger", stranger_sex="other")
    assert mistake("PlacePreference", stranger) == ""
    assert "there is no stranger" in mistake("PlacePreference", condition(stranger_sex="other"))


ALL_DAYS = {"drug": "antagonist", "dose": 1.0, "start_s": -6 * 24 * HOUR, "end_s": 0}


@pytest.mark.parametrize(
    ("keys", "assay", "message"),
    [
        (
            {"conditioning_days": 2},
            "PartnerPreference",
            "must have no conditioning_days in PartnerPreference, which has no conditioning",
        ),
        ({"conditioned_with": "nobody"}, "LivedPreference", "must have no conditioned_with in LivedPreference"),
        ({"conditioning_days": 3}, "PlacePreference", "must have an even number of conditioning_days"),
    ],
)
def test_conditions_that_no_assay_can_play_are_named(keys, assay, message):
    assert mistake(assay, condition(**keys)).startswith(message)


def test_drugs_of_a_condition_begin_with_its_life_and_a_life_has_no_conditioning():
    with pytest.raises(ValueError, match="must be at least -86400, the start of cohousing"):
        condition(drugs=[ALL_DAYS])
    with pytest.raises(ValueError, match="cannot be given with a life: it is for tests without a life"):
        condition(conditioning_days=2, life=[{"isolate": {"days": 1}}])


def test_the_registry_asks_mates_long_term_and_new_peers_and_nobody():
    """What Goodwin et al. found is expected, though the model has no reason for it; the control expects nothing."""
    book = load_registry()
    asked = {one.id: one for one in book.findings if any(book.assay(c) == "PlacePreference" for c in one.contrasts)}
    assert list(asked) == ["F39", "F40", "F41", "F43", "N08"]
    assert [one.expected for one in asked["F40"].contrasts] == ["same", "lower"]
    assert {one.use for one in asked.values()} == {"predicted", "control"}
    check_playable(book.only([*asked.values()]))
