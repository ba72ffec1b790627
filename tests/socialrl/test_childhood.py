"""Lives from birth: how carers, separation, weaning, isolation, stress and enrichment move the slow state."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_protocol_files import PPT, cohouse, dose, planned, refusal

from socialrl.animals.animal import Animal
from socialrl.config.loading import load_config
from socialrl.evaluation.unmet import states_beyond
from socialrl.protocols.idle_phases import idle_phases
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin
from socialrl.protocols.schema import load_protocol, protocol_from_data
from socialrl_envs.parameters import record

SMOKE = "configs/smoke.yaml"
SHORT = ["env.duration_s=600", "animals=1"]
P = record()[0]
SHARE = float(P["cohousing_contact_share"])
OPEN_D = 14 + 0.1 * 7 + 0.9 * 2 * (1 - np.exp(-7 / 2))
"""Days of full plasticity in the first 21: w is 1 to day 14, then 0.1 + 0.9·exp(−(a − 14)/2)."""


@pytest.fixture(scope="module")
def config():
    return load_config(SMOKE, [*SHORT, "env.attachment=true"])


def animal(**parameters):
    return Animal("wt-00", "wt", parameters.get("oxtr_gain", 1.0), 0, {"oxtr_gain": 1.0, **parameters})


def lived(config, *phases, of=None):
    """Return the slow state (and stress) at the beginning of the test of a life."""
    (test,) = planned(config, [*phases, PPT])
    begun = begin(config, [of or animal()], test, 1)
    return {name: float(values[0]) for name, values in begun._state_columns("start").items()}


def rear(carers="two", days=21, **more):
    return {"rear": {"carers": carers, "days": days, **more}}


WEANED = {"wean": {"company": "alone"}}


def test_two_carers_leave_an_animal_as_it_is(config):
    state = lived(config, rear(), WEANED)
    for name in ("expression", "competence", "reactivity"):
        assert state[f"{name}_start"] == pytest.approx(1.0, abs=1e-12), name
    assert state["age_d_start"] == 21.0


@pytest.mark.parametrize(
    ("phase", "care"),
    [
        (rear("one"), (1 - np.sqrt(1 - SHARE)) / SHARE),
        (rear(1), (1 - np.sqrt(1 - SHARE)) / SHARE),
        (rear(separation={"hours": 6, "from_d": 0, "to_d": 20}), 0.75),
        (rear("one", separation={"hours": 6, "from_d": 0, "to_d": 60}), 0.75 * (1 - np.sqrt(1 - SHARE)) / SHARE),
        (rear(handling={"minutes": 72, "from_d": 0, "to_d": 20}), 0.95),
    ],
)
def test_pups_that_get_less_care_express_less(config, phase, care):
    """E = 1 + m_E·(u − 1)·(1 − exp(−∫w/τ)), u the care relative to that of two carers."""
    expected = 1 + 0.3 * (care - 1) * (1 - np.exp(-OPEN_D / 5))
    assert lived(config, phase, WEANED)["expression_start"] == pytest.approx(expected, rel=1e-6)


def test_separation_counts_on_the_days_that_the_file_names(config):
    """Ten days of six hours apart, then eleven days of recovery while the window closes."""
    first, rest = 1 - np.exp(-10 / 5), np.exp(-(OPEN_D - 10) / 5)
    expected = 1 + 0.3 * (0.75 - 1) * first * rest
    found = lived(config, rear(separation={"hours": 6, "from_d": 0, "to_d": 9}), WEANED)
    assert found["expression_start"] == pytest.approx(expected, rel=1e-6)


def test_poor_rearing_makes_stress_reactive_and_reaches_a_knockout_through_stress_alone(config):
    wild = lived(config, rear("one"), WEANED)
    knockout = lived(config, rear("one"), WEANED, of=animal(oxtr_gain=0.0))
    assert wild["reactivity_start"] > 1.05
    assert knockout["reactivity_start"] > 1.05
    off = animal(care_to_expression=0.0, strain_to_reactivity=0.0)
    flat = lived(config, rear("one"), WEANED, of=off)
    assert (flat["expression_start"], flat["reactivity_start"]) == (1.0, 1.0)


def test_a_block_at_birth_lowers_expression_and_an_agonist_raises_it(config):
    plain = lived(config, rear(), WEANED)["expression_start"]
    blocked = lived(config, dose("antagonist", 1.0, hours=48, age_d="birth"), rear(), WEANED)["expression_start"]
    helped = lived(config, dose("agonist", 1.0, hours=48, age_d=1), rear(), WEANED)["expression_start"]
    assert blocked < plain < helped
    # no care at all for two days, and the rest as usual: the dose is cut out of the days to the hour
    assert blocked == pytest.approx(1 - 0.3 * (1 - np.exp(-2 / 5)) * np.exp(-(OPEN_D - 2) / 5), rel=1e-6)


def test_isolation_adds_load_and_company_takes_it_away(config):
    """Alone stress goes to 1 and W = 1 − exp(−days/τ_W); with a familiar sibling it stays lower."""
    isolated = lived(config, rear(), WEANED, {"isolate": {"days": 28}})
    weaned = lived(config, rear(), {"wean": {"company": "siblings"}}, {"rehouse": {"days": 28}})
    assert isolated["load_start"] == pytest.approx(1.0, abs=0.05)
    assert weaned["load_start"] < isolated["load_start"] - 0.1
    assert isolated["set_point_start"] < weaned["set_point_start"]
    enriched = lived(config, rear(), WEANED, {"enrich": {"days": 28}})
    assert enriched["load_start"] < isolated["load_start"] - 0.1
    assert enriched["reactivity_start"] < isolated["reactivity_start"]


def test_an_hour_of_restraint_is_less_with_the_partner(config):
    pair = cohouse(96, relationship="mate")
    stress = {"hours": 1, "stressor": 1.0}
    before = lived(config, pair)
    alone = lived(config, pair, {"stress": stress})
    buffered = lived(config, pair, {"stress": {**stress, "with": "partner"}})
    assert before["stress_start"] < buffered["stress_start"] < alone["stress_start"] - 0.05
    assert alone["stress_start"] > 1.0
    nothing = lived(config, pair, {"stress": {**stress, "hours": 0}})
    assert nothing == before


def test_siblings_know_each_other_since_birth_and_a_group_does_not(config):
    (test,) = planned(
        config,
        [rear(), {"wean": {"company": "siblings"}}, {"assay": {**PPT["assay"], "with": ["sibling", "stranger"]}}],
    )
    assert [spell.together for spell in test.home.spells] == [("sibling",)]
    with_sibling = begin(config, [animal()], test, 1)
    assert with_sibling._familiarity("start")["familiarity_sibling_start"][0] > 0.9
    (test,) = planned(
        config,
        [rear(), {"wean": {"company": "group", "with": ["a", "b"]}}, {"assay": {**PPT["assay"], "with": ["a", "b"]}}],
    )
    assert [spell.together for spell in test.home.spells] == [()]
    assert begin(config, [animal()], test, 1)._familiarity("start")["familiarity_a_start"][0] == 0.0


def test_until_it_is_weaned_a_pup_lives_on_in_its_nest(config):
    (test,) = planned(config, [rear("one", days=5), {"wean": {"company": "alone", "age_d": 21}}, PPT])
    assert [(spell.hours, spell.nest.carers) for spell in test.home.spells] == [(504.0, 1)]
    data = {"name": "p", "age_d": "birth", "phases": [cohouse(24, age_d=60), PPT]}
    (test,) = plan(protocol_from_data(data), config.env)[0]
    assert [(spell.hours, spell.nest is not None) for spell in test.home.spells] == [(1440.0, True), (24.0, False)]
    assert test.home.spells[0].nest.carers == 2


def test_what_is_lived_in_a_test_counts_as_well(config):
    phases = [cohouse(24), PPT, {"isolate": {"days": 7}}, {"assay": {**PPT["assay"], "name": "again"}}]
    first, second = planned(config, phases)
    one = begin(config, [animal()], first, 1)
    assert one._state_columns("start")["age_d_start"][0] == pytest.approx(91.0)
    one._cage.bring_back(one._env.world, one._places(), one._companions())
    two = begin(config, [animal()], second, 1, one)
    assert two._state_columns("start")["age_d_start"][0] == pytest.approx(98.0, abs=0.01)
    assert two._state_columns("start")["load_start"][0] > one._state_columns("start")["load_start"][0]


# --- notes


def test_one_line_says_that_a_run_without_attachment_has_no_childhood():
    config = load_config(SMOKE, SHORT)
    phases = [rear("one"), WEANED, {"isolate": {"days": 7}}, {"stress": {"hours": 1}}, cohouse(24), PPT]
    lines = idle_phases(config, [animal()], protocol_from_data({"name": "p", "phases": phases}), "p.yaml")
    assert lines == [
        "rear, stress change nothing; wean, isolate change only whom the animal lives with: these phases move the slow "
        "state, which the animals of this run do not have; train with env.attachment=true"
    ]


def test_hours_alone_before_pairing_have_their_effect_with_attachment(config):
    phases = [{"separate": {"days": 5}}, cohouse(6), PPT]
    assert idle_phases(config, [animal()], protocol_from_data({"name": "p", "phases": phases}), "p.yaml") == []


# --- what is refused


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (
            [{"wean": {"company": "alone", "age_d": -1}}, PPT],
            "f.yaml: phase 1 (wean): age_d must be a number from 0 to 730 (days since birth, or the word birth)",
        ),
        (
            [{"wean": {"company": "alone"}}, PPT],
            "phase 1 (wean): begins at age 0 d, and pups need carers up to day 16: they live without any for 24 h",
        ),
        (
            [rear(days=3), {"isolate": {"days": 3}}, PPT],
            "phase 2 (isolate): begins at age 3 d, and pups need carers up to day 16",
        ),
        ([rear(days=3), PPT], "phase 2 (assay): begins at age 3 d, and pups need carers up to day 16"),
        (
            [rear("none", days=2), rear(days=19), PPT],
            "phase 1 (rear): pups would be without carers for 48 h; before day 16 they live without any for 24 h",
        ),
        (
            [rear(separation={"hours": 24, "from_d": 1, "to_d": 3}), PPT],
            "phase 1 (rear): separation.hours leaves pups without carers for 72 h; before day 16 they live without any",
        ),
        (
            [rear(separation={"hours": 3, "from_d": 5, "to_d": 3}), PPT],
            "separation.to_d must be 5 (from_d) or more, got 3",
        ),
        (
            [rear("three"), PPT],
            "phase 1 (rear): carers must be two (both parents: the reference family), one (a single",
        ),
        (
            [rear(), {"wean": {"company": "sibling"}}, PPT],
            "company must be siblings (a sibling of the same sex, known si",
        ),
        ([rear(), WEANED, WEANED, PPT], "phase 3 (wean): ends life in the nest, and the animal has left it"),
        ([rear(), WEANED, rear(), PPT], "phase 3 (rear): is about life in the nest, and the animal has left it"),
        ([cohouse(2), rear(), PPT], "phase 2 (rear): is about life in the nest, and the animal has left it"),
        ([{"stress": {"hours": -1}}, PPT], "phase 1 (stress): hours must be a number from 0 to 17520 (a life of two"),
        (
            [{"stress": {"hours": 1, "stressor": 3}}, PPT],
            "stressor must be a number from 0 to 2 (units of stress), got 3",
        ),
        ([{"stress": {"hours": 1, "with": "partner"}}, PPT], "phase 1 (stress): with: partner was never introduced"),
        ([rear(days=800), PPT], "phase 1 (rear): days must be a number from 0 to 730 (a life of two years), got 800"),
        (
            [rear(), dose(hours=1, age_d=40), PPT],
            "phase 2 (dose): age_d: the drug would act from age 40 d on, but the l",
        ),
    ],
)
def test_impossible_childhoods_are_refused_in_one_line(config, phases, message):
    assert message in refusal(config, {"name": "p", "phases": phases})


def test_a_life_of_an_adult_has_no_childhood(config):
    line = refusal(config, {"name": "p", "age_d": 80, "phases": [WEANED, PPT]})
    assert "phase 1 (wean): ends life in the nest, and this life begins at 80 d; to begin at birth, write age_d" in line


def test_one_line_names_the_states_that_training_never_had(config):
    rows = pd.DataFrame(
        {
            "test": ["a", "a", "b"],
            "expression_start": [0.83, 0.97, 1.0],
            "competence_start": [1.0, 1.0, 1.0],
            "reactivity_start": [1.0, 1.04, 1.46],
            "load_start": [0.02, 0.0, 0.0],
        }
    )
    assert states_beyond(config, rows) == [
        "no animal of this run came to expression 0.8 in training, which the test a requires; train with "
        "env.reset.expression=[0.8, 1]",
        "no animal of this run came to reactivity 1.5 in training, which the test b requires; train with "
        "env.reset.reactivity=[1, 1.5]",
    ]
    met = load_config(SMOKE, [*SHORT, "env.attachment=true", "env.reset.expression=[0.8, 1]", "env.reset.reactivity=2"])
    (line,) = states_beyond(met, rows)
    assert line.startswith(
        "no animal of this run came to reactivity 1 to 1.5 in training, which the tests a, b require"
    )


def test_the_shipped_lives_differ_where_they_should(config):
    """Single mothers' pups, isolated animals and restrained ones come to their tests in another state than controls."""

    def at_start(file, of):
        tests = {test.name: test for tests in plan(load_protocol(file), config.env) for test in tests}
        begun = {name: begin(config, [animal()], tests[name], 1)._state_columns("start") for name in of}
        return {name: {key: float(value[0]) for key, value in state.items()} for name, state in begun.items()}

    files = Path("configs/protocols")
    family = at_start(files / "single_mother.yaml", ["two_parents_24h", "mother_24h"])
    assert family["mother_24h"]["expression_start"] < family["two_parents_24h"]["expression_start"]
    assert family["mother_24h"]["reactivity_start"] > family["two_parents_24h"]["reactivity_start"]
    strained = at_start(files / "restraint.yaml", ["undisturbed", "restrained_alone", "restrained_with_partner"])
    stress = [one["stress_start"] for one in strained.values()]
    assert stress[0] < stress[2] < stress[1]
