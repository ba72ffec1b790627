"""Lives with companions by name: what each becomes to the animal, who is offered in a test, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_protocol_files import PPT, cohouse, dose, knockout, network, planned, play, refusal, separate
from test_protocol_verb import say

from socialrl.animals.animal import animals_of
from socialrl.animals.policies import FrozenPolicies, policy_bytes
from socialrl.config.loading import config_to_yaml, load_config
from socialrl.protocols.idle_phases import idle_phases
from socialrl.protocols.plan import plan
from socialrl.protocols.playing import begin, play_protocol
from socialrl.protocols.schema import protocol_from_data
from socialrl.storage.run_folder import RunFolder

SMOKE = "configs/smoke.yaml"


@pytest.fixture(scope="module")
def config():
    return load_config(SMOKE, ["env.duration_s=600", "animals=2"])


def mate(name, hours=24.0, **more):
    return cohouse(hours, **{"with": name, "relationship": "mate", **more})


def offer(*names, **more):
    return {"assay": {"id": "PartnerPreference", "with": list(names), **more}}


def slow_learner(**more):
    """A knockout whose bonds grow and fade at plain rates."""
    rates = {"consolidation_floor_per_h": 0.02, "absence_loss_per_h": 0.01, "cohousing_contact_share": 1.0}
    return knockout(**{**rates, **more})


def at_beginning(config, animal, *phases):
    (test,) = planned(config, list(phases))
    return begin(config, [animal], test, 1)


def known(test, who):
    """How familiar a companion is when the test begins."""
    return float(test._familiarity("start")[f"familiarity_{who}_start"][0])


# --- what companions become


def test_with_one_partner_the_home_cage_gives_the_numbers_of_the_world_to_the_last_bit(config):
    """An age at the top of the file makes the same life one of the home cage."""
    phases = [dose(hours=12), mate("partner", 20), separate(3), PPT]
    animals = animals_of(config)
    tests = [
        plan(protocol_from_data({"name": "p", "phases": phases, **more}), config.env)[0][0]
        for more in ({}, {"age_d": 90})
    ]
    assert [test.home is None for test in tests] == [True, False]
    one, other = (begin(config, animals, test, 2) for test in tests)
    np.testing.assert_array_equal(one._observations, other._observations)
    for name in ("animals", "pairs"):
        assert getattr(one._env.world.batch, name).tobytes() == getattr(other._env.world.batch, name).tobytes(), name
    alike = [test.play(FrozenPolicies([network()] * 4)) for test in (one, other)]
    for name in set(alike[0]) - {"cohousing_h", "separation_h", "mating"}:
        assert [str(value) for value in alike[0][name]] == [str(value) for value in alike[1][name]], name


def test_companions_one_after_another_are_kept_apart(config):
    """F = 1 − exp(−κ0·h) with each while together, and each fades for itself afterwards."""
    test = at_beginning(
        config,
        slow_learner(),
        cohouse(10, **{"with": "sister", "relationship": "sibling"}),
        mate("partner", 20, mating=False),
        mate("second_partner", 5, mating=False),
        offer("partner", "second_partner"),
    )
    grown = {
        name: 1 - np.exp(-0.02 * hours) for name, hours in (("sister", 10), ("partner", 20), ("second_partner", 5))
    }
    apart = {"sister": 25, "partner": 5, "second_partner": 0}
    for name, familiarity in grown.items():
        assert known(test, name) == pytest.approx(familiarity * np.exp(-0.01 * apart[name]), rel=5e-3), name


def test_companions_at_once_have_hours_of_their_own(config):
    both = {"cohouse": [{"with": "partner", "relationship": "mate", "hours": 30}, {"with": "friend", "hours": 10}]}
    test = at_beginning(config, slow_learner(consolidation_mate_per_h=0.0), both, offer("partner", "friend"))
    assert known(test, "partner") == pytest.approx(1 - np.exp(-0.02 * 30), rel=5e-3)
    assert known(test, "friend") == pytest.approx((1 - np.exp(-0.02 * 10)) * np.exp(-0.01 * 20), rel=5e-3)
    mated = test._cage.pairs["mated"][0, 0]
    assert mated.tolist() == [0, 1, 0, 0, 0]


def test_who_is_separated_from_one_lives_on_with_the_other(config):
    cage = cohouse(10, **{"with": ["partner", "friend"]})
    apart = {"separate": {"hours": 10, "from": "friend"}}
    back = {"rehouse": {"hours": 10}}
    test = at_beginning(config, slow_learner(absence_loss_per_h=0.0), cage, apart, back, offer("partner", "friend"))
    assert known(test, "partner") == pytest.approx(1 - np.exp(-0.02 * 30), rel=5e-3)
    # back with those of the last cage, which is the partner alone
    assert known(test, "friend") == pytest.approx(1 - np.exp(-0.02 * 10), rel=5e-3)
    together = {"rehouse": {"hours": 10, "with": ["partner", "friend"]}}
    again = at_beginning(
        config, slow_learner(absence_loss_per_h=0.0), cage, apart, together, offer("partner", "friend")
    )
    assert known(again, "friend") == pytest.approx(1 - np.exp(-0.02 * 20), rel=5e-3)


def test_an_age_lets_the_animal_live_on_as_it_lived(config):
    phases = [cohouse(24), offer("partner", "stranger", age_d=94)]
    (test,) = planned(config, phases)
    assert [(spell.hours, spell.together) for spell in test.home.spells] == [(96.0, ("partner",))]
    assert (test.cohousing_h, test.separation_h) == (96.0, 0.0)
    (drugged,) = planned(config, [dose(hours=2, age_d=92), cohouse(24), offer("partner", "stranger", age_d=94)])
    assert drugged.doses == "antagonist 1 from -48 to -46 h"
    (year,) = planned(config, [cohouse(24), {"separate": {"days": 500}}, PPT])
    assert year.separation_h == 12000.0


# --- who is offered


@pytest.mark.parametrize(
    ("names", "other_sex", "present"),
    [
        (("partner", "second_partner"), (1, 1), (True, True)),
        (("second_partner", "sister"), (1, 0), (True, True)),
        (("brother", "stranger"), (1, 1), (True, True)),
        (("stranger", "partner"), (1, 1), (True, True)),
        (("sister", "stranger_of_other_sex"), (0, 1), (True, True)),
        (("stranger", "stranger_of_other_sex"), (0, 1), (True, True)),
        (("partner", "nobody"), (1, None), (True, False)),
        (("nobody", "stranger_of_other_sex"), (None, 1), (False, True)),
        (("stranger", "nobody"), (0, None), (False, True)),
    ],
)
def test_a_test_offers_whom_the_file_names(config, names, other_sex, present):
    life = [
        cohouse(5, **{"with": ["sister"], "relationship": "sibling"}),
        cohouse(5, **{"with": ["brother"], "relationship": "sibling", "sex": "other"}),
        mate("partner", 10),
        mate("second_partner", 20),
    ]
    test = at_beginning(config, slow_learner(), *life, offer(*names))
    batch = test._env.world.batch
    assert (batch.animals["chamber"][0, 1:] >= 0).tolist() == list(present)
    seats = test.offers()
    for k, place in enumerate(("partner", "stranger"), 1):
        name = seats[place]
        if other_sex[names.index(name)] is not None:
            assert batch.animals["sex"][0, k] == other_sex[names.index(name)], name
        expected = known(test, name) if name in ("partner", "second_partner", "sister", "brother") else 0.0
        assert batch.pairs["familiarity"][0, 0, k] == expected, name
        assert (expected > 0.0) == (name in ("partner", "second_partner", "sister", "brother"))
    assert set(seats.values()) == set(names)
    if "partner" in names:
        assert seats["partner"] == "partner"


def test_an_absent_mate_is_still_the_bond_and_fades_while_another_is_tested(config):
    life = [mate("partner", 48), cohouse(4, **{"with": "friend"})]
    animal = slow_learner(interference_per_h=0.0)
    (test,) = planned(config, [*life, offer("friend", "stranger")])
    begun_one = begin(config, [animal], test, 1)
    before = known(begun_one, "partner")
    table = begun_one.play(FrozenPolicies([network()]))
    assert table["bondedness_end"].item() == pytest.approx(before), "the bond with the partner, who is elsewhere"
    lost = before * np.exp(-0.01 * 600 / 3600)
    assert table["familiarity_partner_end"].item() == pytest.approx(lost, rel=1e-6)
    assert table[["offered_partner", "offered_stranger"]].to_numpy().tolist() == [["friend", "stranger"]]
    assert (table["cohousing_h"].item(), table["mating"].item()) == (4.0, False)


def test_familiarity_goes_from_test_to_test_with_each_animal(config):
    phases = [
        mate("partner", 48),
        cohouse(24, **{"with": "friend"}),
        offer("partner", "stranger", name="one"),
        offer("friend", "stranger", name="two", stranger="same", stranger_sex="other"),
    ]
    table = play(config, phases, repeats=2).groupby("test")
    one, two = table.get_group("one"), table.get_group("two")
    np.testing.assert_array_equal(two["familiarity_friend_start"], one["familiarity_friend_end"])
    np.testing.assert_array_equal(two["familiarity_start_stranger"], one["familiarity_end_stranger"])
    assert (one["familiarity_end_stranger"] > 0).any()
    np.testing.assert_array_equal(two["familiarity_start_partner"], two["familiarity_friend_start"])


def test_every_history_of_a_file_tells_who_was_offered(config):
    data = {"name": "p", "histories": {"a": [cohouse(6), PPT], "b": [mate("partner", 6), offer("partner", "nobody")]}}
    histories = plan(protocol_from_data(data), config.env)
    animals = animals_of(config)[:1]
    table = play_protocol(config, animals, FrozenPolicies([network()]), histories, repeats=1)
    assert table["offered_stranger"].tolist() == ["stranger", "nobody"]
    assert table["session"].tolist() == ["all", "partner"]
    alone = play_protocol(config, animals, FrozenPolicies([network()]), histories[:1], repeats=1)
    assert "offered_stranger" not in alone, "the table of a file with one partner is as it was"
    assert [str(table[name][0]) for name in alone] == [str(alone[name][0]) for name in alone]


def test_phases_with_companions_that_change_nothing_are_named(config):
    phases = [{"separate": {"days": 3}}, cohouse(6, **{"with": "friend"}), offer("friend", "stranger")]
    lines = idle_phases(config, animals_of(config)[:1], protocol_from_data({"name": "p", "phases": phases}), "p.yaml")
    assert len(lines) == 1
    assert lines[0].endswith(": the animal has not met anybody before it")


# --- what is refused


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        (
            [mate("partner"), mate("partner", sex="same"), PPT],
            "f.yaml: phase 2 (cohouse): sex must be other where the relationship is mate: a mate is of the other sex",
        ),
        ([cohouse(3, sex="other"), PPT], "phase 1 (cohouse): sex must be same where the relationship is peer"),
        (
            [cohouse(3, sex="male"), PPT],
            "sex must be same (the sex of the tested animal) or other (the other sex)",
        ),
        (
            [cohouse(3, **{"with": "sister", "relationship": "sibling", "mating": True}), PPT],
            "phase 1 (cohouse): mating must be false where the relationship is sibling",
        ),
        (
            [mate("partner"), cohouse(3, **{"with": "partner", "relationship": "peer"}), offer("partner", "nobody")],
            "phase 2 (cohouse): relationship must be mate as before (partner is the same animal), got peer",
        ),
        (
            [mate("partner"), offer("second_partner", "stranger")],
            "f.yaml: phase 2 (assay): with: second_partner was never introduced: no phase before this one houses the "
            "animal with it; so far it has lived with partner (mate); a test may also offer stranger, stranger_of_oth",
        ),
        (
            [mate("partner"), mate("second_partner"), offer("partner", "second_partnr")],
            "with: unknown animal 'second_partnr'; did you mean 'second_partner'? Known: partner, second_partner, str",
        ),
        (
            [mate("partner"), mate("partnr"), PPT],
            "phase 2 (cohouse): with: unknown companion 'partnr'; did you mean 'partner'? Give another animal a name",
        ),
        (
            [mate("partner"), mate("friend"), offer("partner", "friend", "stranger")],
            "with: PartnerPreference has 2 places beside the tested animal (partner, stranger), one animal each, got 3",
        ),
        (
            [mate("friend"), offer("friend", "friend")],
            "with: friend is named twice; each place of a test holds one animal, got [friend, friend]",
        ),
        (
            [mate("friend"), offer("friend")],
            "with: the places of PartnerPreference can be taken as [partner, stranger] or [partner, nobody] or [nobody",
        ),
        ([mate("friend"), offer("nobody", "nobody")], "can be taken as [partner, stranger] or [partner, nobody] or"),
        (
            [mate("friend"), {"lose": {"who": "friend"}}, separate(5), offer("friend", "stranger")],
            "phase 4 (assay): with: friend was lost in phase 2 and does not come back",
        ),
        (
            [mate("friend"), {"lose": {"who": "friend"}}, mate("friend"), PPT],
            "phase 3 (cohouse): with: friend was lost in phase 2 and does not come back",
        ),
        ([{"lose": {"who": "sister"}}, PPT], "phase 1 (lose): who: sister was never introduced: no phase before this"),
        ([{"rehouse": {"hours": 2}}, PPT], "phase 1 (rehouse): with is missing: the animal has not lived with anybody"),
        ([{"rehouse": {"hours": 2, "with": "partner"}}, PPT], "phase 1 (rehouse): with: partner was never introduced"),
        (
            [cohouse(3, **{"with": "friend"}), mate("partner"), {"separate": {"hours": 2, "from": "friend"}}, PPT],
            "phase 3 (separate): from: friend is not in the cage, so they cannot be separated; the animal lives with",
        ),
        (
            [{"cohouse": [{"hours": 3}, {"hours": 3}]}, PPT],
            "phase 1 (cohouse): names partner twice; each companion of a cage is named once",
        ),
        ([{"cohouse": [{"hours": 3}, {"with": "x"}]}, PPT], "phase 1 (cohouse 2): hours is missing"),
        (
            [mate("friend"), {"assay": {"id": "GroupMember"}}],
            "phase 2 (assay): GroupMember holds pairs that live through one history, with one partner each",
        ),
        (
            [dose(hours=1, age_d=2), cohouse(3), PPT],
            "phase 1 (dose): age_d: the drug would act at age 2 d, but this life begins at 90 d; to begin at birth",
        ),
        (
            [dose(hours=1, age_d=120), PPT],
            "age_d: the drug would act from age 120 d on, but the last assay ends at",
        ),
        (
            [dose(hours=1, age_d=900), PPT],
            "phase 1 (dose): age_d must be a number from 0 to 730 (days since birth",
        ),
        (
            [cohouse(48), offer("partner", "stranger", age_d=91)],
            "phase 2 (assay): age_d must be 92 d or more, when the phase before it ends, got 91; to begin at birth",
        ),
        (
            [cohouse(3), offer("partner", "nobody"), offer("partner", "stranger", name="b", stranger="same")],
            "phase 3 (assay): stranger: same needs a stranger in the assay before, and there was none; write new",
        ),
    ],
)
def test_impossible_lives_with_companions_are_refused_in_one_line(config, phases, message):
    assert message in refusal(config, {"name": "p", "phases": phases})


def test_a_second_partner_is_never_taken_for_the_first(config):
    """Names that turn an experiment round are no slips of each other."""
    for wrong in ("second_partner", "ex_partner", "partner_2", "other_partner"):
        line = refusal(config, {"name": "p", "phases": [mate("partner"), offer(wrong, "stranger")]})
        assert "did you mean" not in line, line


def test_a_life_that_begins_at_birth_takes_doses_at_any_age(config):
    data = {"name": "p", "age_d": "birth", "phases": [dose(hours=1, age_d=1), cohouse(24, age_d=60), PPT]}
    (test,) = plan(protocol_from_data(data), config.env)[0]
    assert test.doses == f"antagonist 1 from {-60 * 24} to {-60 * 24 + 1} h"
    assert [spell.together for spell in test.home.spells] == [(), ("partner",)]


# --- the command line


def test_the_summary_and_the_page_say_who_was_offered(capsys, config, tmp_path):
    with RunFolder.create(tmp_path / "run", config_yaml=config_to_yaml(config), meta={"seed": 1}) as folder:
        animals = animals_of(config)
        for one in animals:
            folder.write_networks({one.id: policy_bytes(network(), {"animal": one.id})}, piece=one.id)
        folder.write_table("animals", pd.DataFrame([{**one.common(), "steps": 2048} for one in animals]))
        folder.finish()
    file = tmp_path / "two.yaml"
    file.write_text(
        "name: two\nphases:\n  - cohouse: {with: partner, hours: 6}\n  - cohouse: {with: friend, hours: 6}\n"
        "  - assay: {id: PartnerPreference, name: both, with: [partner, friend]}\n"
        "  - assay: {id: PartnerPreference, name: one, with: [friend, nobody]}\n"
    )
    code, out, err = say(capsys, "evaluate", folder.path, "--protocol", file, "--repeats", 1, "-q")
    lines = [line.split() for line in out.splitlines()]
    assert code == 0
    assert lines[0] == ["Preference,", "fraction,", "in", "partner", "preference"]
    assert lines[1] == ["test", "genotype", "mean", "[95", "%", "interval]", "n"]
    assert [line[0] for line in lines[2:6]] == ["both", "partner", "one", "friend"]
    assert lines[3][:4] == ["partner", "/", "friend", "knockout"]
    assert lines[4] == ["one", "wild", "type", "-", "0"], "beside an empty chamber there is no preference"
    assert lines[5][:4] == ["friend", "/", "nobody", "knockout"]
    assert max(map(len, out.splitlines()[:-1])) <= 80
    assert lines[-1][0] == "protocol:"
    assert err.splitlines() == [
        "note: no animal of this run was in the session partner in training, which the test one requires; train with "
        "env.reset.session=[all, partner]",
        "note: no animal of this run met two familiar animals at once in training, which the test both requires; "
        "training offers one, and strangers",
    ]
    code, _, _ = say(capsys, "report", folder.path)
    page = (folder.path / "report.html").read_text(encoding="utf-8")
    assert code == 0
    assert "offered: partner / friend" in page
    assert "Protocol two" in page
