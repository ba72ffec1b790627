"""Development over days: values worked out by hand, limits, and independence of how the days are cut."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import socialrl_envs
from socialrl_envs.development import (
    Day,
    SlowState,
    day,
    family_share,
    grow,
    open_days,
    reference_day,
    window,
)
from socialrl_envs.errors import ParameterError
from socialrl_envs.parameters import record
from socialrl_envs.vocabulary import SLOW

ADULT_D = 100.0  # 86 days after the window began to close, 43 of its time constants


def of(**overrides: Any) -> Any:
    """Return one animal's parameters."""
    return record(1, overrides)[0]


def values(state: SlowState) -> np.ndarray[Any, Any]:
    return np.array([getattr(state, variable.name) for variable in SLOW])


def test_the_window_is_open_then_closes_to_what_adults_keep() -> None:
    """w = 1 up to a_c, then π + (1 − π)·exp(−(a − a_c)/τ_c)."""
    p = of(window_close_d=14.0, window_tau_d=2.0, adult_plasticity=0.1)
    assert window(p, 0.0) == 1.0
    assert window(p, 14.0) == 1.0
    assert window(p, 16.0) == pytest.approx(0.1 + 0.9 * np.exp(-1.0))
    assert window(p, 100.0) == pytest.approx(0.1)
    np.testing.assert_allclose(window(p, np.array([3.0, 18.0])), [1.0, 0.1 + 0.9 * np.exp(-2.0)])


@pytest.mark.parametrize(("age_d", "days"), [(0.0, 10.0), (5.0, 30.0), (13.5, 0.25), (20.0, 7.0), (200.0, 3.0)])
def test_days_of_plasticity_are_the_integral_of_the_window(age_d: float, days: float) -> None:
    p = of()
    middles = age_d + (np.arange(20_000) + 0.5) * days / 20_000
    assert open_days(p, age_d, days) == pytest.approx(np.mean(window(p, middles)) * days, rel=1e-7)


def test_expression_follows_care_as_worked_out_by_hand() -> None:
    """Days 0 to 10 lie in the window: E = T + (1 − T)·exp(−10/5), T = 1 + 0.3·(0.5 − 1) = 0.85."""
    p = of(care_to_expression=0.3, care_to_competence=0.2, development_tau_d=5.0)
    grown = grow(SlowState.newborn(), p, 10.0, care=0.5)
    assert grown.age_d == 10.0
    assert grown.expression == pytest.approx(0.85 + 0.15 * np.exp(-2.0))
    assert grown.competence == pytest.approx(0.9 + 0.1 * np.exp(-2.0))


def test_reactivity_follows_strain_relative_to_the_reference() -> None:
    """Twice the strain of the reference: Z = 2 − exp(−10/5) with m_Z = 1."""
    p = of(strain_to_reactivity=1.0, development_tau_d=5.0)
    grown = grow(SlowState.newborn(), p, 10.0, strain=2.0 * reference_day(p).strain)
    assert grown.reactivity == pytest.approx(2.0 - np.exp(-2.0))
    other = grow(SlowState.newborn(), p, 10.0, strain=0.9, reference_strain=0.6)
    assert other.reactivity == pytest.approx(1.5 - 0.5 * np.exp(-2.0))


def test_company_load_and_the_set_point_as_worked_out_by_hand() -> None:
    """Six hours alone: p = 0.5/e; p* keeps exp(−0.25/14) and gains what p passed on; W = S̄·(1 − exp(−0.25/7))."""
    p = of(contact_memory_h=6.0, set_point_d=14.0, load_tau_d=7.0)
    grown = grow(SlowState(), p, 0.25, strain=0.8, contact_share=0.0)
    assert grown.contact_recent == pytest.approx(0.5 * np.exp(-1.0))
    assert grown.load == pytest.approx(0.8 * (1.0 - np.exp(-0.25 / 7.0)))
    lag = (np.exp(-0.25 / 14.0) - np.exp(-1.0)) / (14.0 / 0.25 - 1.0)
    assert grown.set_point == pytest.approx(0.5 * np.exp(-0.25 / 14.0) + 0.5 * lag)
    # more than a unit of stress is no more load
    assert grow(SlowState(), p, 1.0, strain=2.5).load == pytest.approx(1.0 - np.exp(-1.0 / 7.0))


def test_time_constants_that_are_equal_are_no_exception() -> None:
    """τ_p = τ_* = 1 d: p* − c = (p*₀ − c)·e^−t + (p₀ − c)·t·e^−t, and neighbours of that case agree with it."""
    state = SlowState(contact_recent=1.0, set_point=0.2)
    middle, *others = (
        grow(state, of(contact_memory_h=24.0, set_point_d=tau_d), 2.0, contact_share=0.0).set_point
        for tau_d in (1.0, 1.0005, 1.001)
    )
    assert middle == pytest.approx((0.2 + 2.0) * np.exp(-2.0))
    assert others == pytest.approx([middle] * 2, rel=2e-3)


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0, 1.5])
def test_the_reference_family_leaves_every_animal_in_the_reference_state(gain: float) -> None:
    """Two carers are care 1 by definition, whatever the gain, and everything but age and load stays where it is."""
    p = of(oxtr_gain=gain)
    assert reference_day(p).care == pytest.approx(1.0)
    assert family_share(p, 2) == pytest.approx(p["cohousing_contact_share"])
    grown = grow(SlowState.newborn(), p, 21.0)
    for name in ("expression", "competence", "reactivity", "contact_recent", "set_point"):
        assert getattr(grown, name) == pytest.approx(getattr(SlowState(), name), rel=1e-12), name


def test_one_carer_gives_less_and_none_nothing() -> None:
    """Shares of independent carers: half with two is 1 − √0.5 with one; eight hours away take a third."""
    p = of(cohousing_contact_share=0.5)
    assert family_share(p, 1) == pytest.approx(1.0 - np.sqrt(0.5))
    assert family_share(p, 0) == 0.0
    assert family_share(p, 2, away_h=8.0) == pytest.approx(0.5 * 2.0 / 3.0)
    one = day(p, family_share(p, 1))
    assert one.care == pytest.approx((1.0 - np.sqrt(0.5)) / 0.5)
    assert one.strain > reference_day(p).strain
    assert day(p, 0.0) == Day(care=0.0, strain=1.0, contact_share=0.0)


def test_strain_of_a_day_as_worked_out_by_hand() -> None:
    """Wild type, X = 1 in contact: half of the day 1 − 0.5 − 0.4, half alone 1; an hour of 2 is 1/12 more."""
    p = of(buffer_receptor=0.5, buffer_familiar=0.4, stranger_stress=0.4, enrichment=0.3)
    assert day(p, 0.5).strain == pytest.approx(0.5 * 0.1 + 0.5)
    assert day(p, 0.5, familiarity=0.0).strain == pytest.approx(0.5 * 0.9 + 0.5)
    assert day(p, 0.5, state=SlowState(reactivity=2.0)).strain == pytest.approx(1.1)
    assert day(p, 0.5, stressor=2.0, stressor_h=1.0).strain == pytest.approx(0.55 + 1.0 / 12.0)
    assert day(p, 0.5, enriched=True).strain == pytest.approx(0.5 * 0.0 + 0.5 * 0.7)  # no stress below 0
    knockout = of(oxtr_gain=0.0)
    assert day(knockout, 0.5).strain == pytest.approx(0.5 * 0.6 + 0.5)


def test_care_is_touch_times_occupancy() -> None:
    """Unfamiliar company is no care; a lick counts three times; half of the receptors blocked is half, and release too.

    s(u) = 2·u/(1 + u); an agonist of 1 in contact gives s(2) = 4/3; blocked by half, R = 0.5 + 0.5·0.5 = 0.75.
    """
    p = of(licking_weight=3.0, receptor_half=1.0, release_floor=0.5)
    assert day(p, 0.5, familiarity=0.4).care == pytest.approx(0.4)
    assert day(p, 0.5, licked_share=0.1).care == pytest.approx((0.5 + 2.0 * 0.1) / 0.5)
    assert day(p, 0.5, agonist=1.0).care == pytest.approx(4.0 / 3.0)
    assert day(p, 0.5, antagonist=0.5).care == pytest.approx(0.5 * 1.5 / 1.75)
    assert day(p, 0.5, antagonist=1.0).care == 0.0


@pytest.mark.parametrize(("days", "repaired"), [(10.0, 0.18), (50.0, 0.63)])
def test_good_company_repairs_adults_slowly(days: float, repaired: float) -> None:
    """Repair is nothing but the plasticity that is left: π = 0.1, τ_dev = 5 d, u = 1."""
    p = of(adult_plasticity=0.1, development_tau_d=5.0)
    grown = grow(SlowState(age_d=ADULT_D, expression=0.8), p, days, care=1.0)
    assert (grown.expression - 0.8) / 0.2 == pytest.approx(repaired, abs=0.005)
    assert (grown.expression - 0.8) / 0.2 == pytest.approx(1.0 - np.exp(-0.1 * days / 5.0))


def test_without_plasticity_an_adult_stays_as_it_is() -> None:
    p = of(adult_plasticity=0.0)
    before = SlowState(age_d=700.0, expression=0.8, competence=0.9, reactivity=1.4)
    after = grow(before, p, 20.0, care=3.0, strain=2.0)
    assert (after.expression, after.competence, after.reactivity) == (0.8, 0.9, 1.4)


def test_an_arm_whose_parameter_is_0_does_not_move() -> None:
    p = of(care_to_expression=0.0, care_to_competence=0.0, strain_to_reactivity=0.0)
    grown = grow(SlowState.newborn(), p, 21.0, care=0.0, strain=2.0, contact_share=0.0)
    assert (grown.expression, grown.competence, grown.reactivity) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("pieces", [2, 21, 21 * 24])
def test_results_do_not_depend_on_how_the_days_are_cut(pieces: int) -> None:
    p = of(care_to_competence=0.5)
    about = {"care": 0.4, "strain": 0.9, "contact_share": 0.2}
    whole = cut = SlowState(age_d=3.0, expression=1.2, reactivity=0.8, contact_recent=0.9, set_point=0.1, load=0.3)
    whole = grow(whole, p, 21.0, **about)
    for _ in range(pieces):
        cut = grow(cut, p, 21.0 / pieces, **about)
    np.testing.assert_allclose(values(cut), values(whole), rtol=1e-10)


def test_no_time_changes_nothing() -> None:
    state = SlowState(age_d=3.0, expression=1.2, reactivity=0.8, contact_recent=0.9, set_point=0.1, load=0.3)
    np.testing.assert_allclose(values(grow(state, of(), 0.0, care=0.0, strain=2.0, contact_share=1.0)), values(state))


def test_states_stay_in_their_ranges() -> None:
    p = of(care_to_expression=1.0, care_to_competence=1.0, strain_to_reactivity=3.0)
    much = grow(SlowState.newborn(), p, 60.0, care=5.0, strain=3.0)
    none = grow(SlowState.newborn(), p, 60.0, care=0.0, strain=0.0)
    assert (much.expression, much.competence, much.reactivity) == (1.5, 1.5, 2.0)
    assert (none.expression, none.competence, none.reactivity) == (0.5, 0.5, 0.5)


def test_several_animals_at_once_are_each_as_alone() -> None:
    gains = [0.0, 0.5, 1.0]
    p = record(3, {"oxtr_gain": gains})
    company = day(p, np.array([0.1, 0.3, 0.5]), familiarity=0.5)
    grown = grow(SlowState(age_d=np.array([0.0, 20.0, 90.0])), p, 12.0, **vars(company))
    for i, age_d in enumerate([0.0, 20.0, 90.0]):
        alone = of(oxtr_gain=gains[i])
        one = grow(SlowState(age_d=age_d), alone, 12.0, **vars(day(alone, (0.1, 0.3, 0.5)[i], familiarity=0.5)))
        assert [getattr(grown, v.name)[i] for v in SLOW] == pytest.approx([getattr(one, v.name) for v in SLOW])


def test_a_block_of_stress_hormones_leaves_a_share_of_the_strain_and_all_of_the_care() -> None:
    """Strain is (calm + stressor)·(1 − (1 − u)·block)."""
    p = of(stress_without_hormone=0.25)
    about = {"stressor": 1.0, "stressor_h": 6.0}
    usual, blocked = day(p, 0.5, **about), day(p, 0.5, hormone_block=0.4, **about)
    assert blocked.strain == pytest.approx(0.7 * usual.strain)
    assert (blocked.care, blocked.contact_share) == (usual.care, usual.contact_share)
    assert day(of(), 0.5, hormone_block=1.0, **about).strain == 0.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SlowState(expression=0.2), "expression must be numbers from 0.5 to 1.5, got 0.2"),
        (lambda: SlowState(age_d=-1), "age_d must be numbers from 0 to 730, got -1"),
        (lambda: grow(SlowState(), of(), -1.0), "days must be numbers from 0 on, got -1.0"),
        (lambda: grow(SlowState(), of(), 1.0, care=float("nan")), "care must be numbers from 0 on, got nan"),
        (lambda: grow(SlowState(), of(), 1.0, contact_share=1.2), "contact_share must be numbers from 0 to 1, got 1.2"),
        (lambda: grow(SlowState(age_d=729.0), of(), 2.0), "age_d must be numbers from 0 to 730, got 731.0"),
        (lambda: family_share(of(), 1.5), "carers must be a whole number from 0 to 10, got 1.5"),
        (lambda: family_share(of(), 1, away_h=25), "away_h must be numbers from 0 to 24, got 25"),
        (lambda: day(of(), 0.5, hormone_block=1.5), "hormone_block must be numbers from 0 to 1, got 1.5"),
        (lambda: day(of(), 0.5, stressor=2.5), "stressor must be numbers from 0 to 2, got 2.5"),
        (lambda: day(of(), 0.5, stressor=1.0, stressor_h=-1), "stressor_h must be numbers from 0 to 24, got -1"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(call: Any, message: str) -> None:
    with pytest.raises(ParameterError) as caught:
        call()
    assert str(caught.value) == message


WORDS_OF_GENOTYPES = {"knockout", "wild_type", "heterozygote", "genotype", "wt", "ko", "het"}


@pytest.mark.parametrize("file", ["development", "attachment", "life", "feeling", "step", "begin", "rewards"])
def test_no_equation_names_a_genotype(file: str) -> None:
    """What care, stress and company do to an animal follows from where its gain stands; docstrings may speak of it."""
    tree = ast.parse((Path(socialrl_envs.__file__).parent / f"{file}.py").read_text(encoding="utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    names |= {node.value for node in texts if id(node) not in docs}
    assert len(names) > 10
    assert not {word for name in names for word in name.lower().split("_")} & WORDS_OF_GENOTYPES
    assert not names & WORDS_OF_GENOTYPES


def test_with_the_three_arms_off_generations_are_flat() -> None:
    """The null control: pups of any care, raised one after another to carers of any care, stay at the reference."""
    p = of(care_to_expression=0.0, care_to_competence=0.0, strain_to_reactivity=0.0)
    state = SlowState.newborn()
    for generation in range(4):
        cared = day(p, family_share(p, carers=generation % 3), state=state)
        state = grow(SlowState.newborn(), p, 21.0, **vars(cared))
        assert (state.expression, state.competence, state.reactivity) == (1.0, 1.0, 1.0)
    on = grow(SlowState.newborn(), of(), 21.0, **vars(day(of(), family_share(of(), carers=1))))
    assert on.expression < 1.0 < on.reactivity, "the arms are what moves them"
