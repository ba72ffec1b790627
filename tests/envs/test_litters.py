"""From a test of care to the childhood of pups: care relative to a reference family."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from socialrl_envs.development import SlowState, day, grow
from socialrl_envs.errors import ParameterError
from socialrl_envs.litters import NOBODY, Family, families, family_day, relative_care
from socialrl_envs.parameters import record

HALF_A_DAY = 43_200.0


def two_litters(**changes: list[float]) -> dict[str, Any]:
    """Two litters with two carers each."""
    columns = {
        "duration_s": [HALF_A_DAY] * 4,
        "litter_contact_s": [0.75 * HALF_A_DAY] * 2 + [0.5 * HALF_A_DAY] * 2,
        "licking_s": [0.05 * HALF_A_DAY, 0.05 * HALF_A_DAY, 0.0, 0.0],
        "care_received": [0.5, 0.45, 0.3, 0.2],
        "litter_alone_s": [600.0, 600.0, 1200.0, 1200.0],
    }
    return {**columns, **changes}


def test_what_carers_give_is_added_and_contact_is_that_of_any() -> None:
    two = families(two_litters(), carers=2)
    np.testing.assert_allclose(two.contact_share, [0.75, 0.5])
    np.testing.assert_allclose(two.licked_share, [0.1, 0.0])
    np.testing.assert_allclose(two.care, [0.95, 0.5])
    np.testing.assert_allclose(two.alone_s, [600.0, 1200.0])
    one = families(two_litters(), carers=1)
    assert len(one.care) == 4
    reference = two.mean()
    assert reference.care == pytest.approx(0.725)
    np.testing.assert_allclose(relative_care(two.care, reference.care), [0.95 / 0.725, 0.5 / 0.725])


@pytest.mark.parametrize("gain", [0.0, 0.5, 1.0])
def test_the_reference_family_leaves_a_pup_of_any_gain_in_the_reference_state(gain: float) -> None:
    pups = record(2, {"oxtr_gain": gain})
    reference = Family(0.75, 0.1, 0.95)
    here, usual = family_day(pups, reference, reference)
    np.testing.assert_allclose(here.care, 1.0)
    grown = grow(
        SlowState.newborn(), pups, 20.0, care=here.care, strain=here.strain, contact_share=here.contact_share,
        reference_strain=usual,
    )  # fmt: skip
    for name in ("expression", "competence", "reactivity"):
        np.testing.assert_allclose(getattr(grown, name), 1.0, err_msg=name)


def test_less_care_lowers_expression_and_raises_reactivity() -> None:
    pups = record(2)
    families_ = families(two_litters(), carers=2)
    reference = Family(0.75, 0.1, 0.95)
    here, usual = family_day(pups, families_, reference)
    assert here.care[0] == pytest.approx(1.0)
    assert here.care[1] == pytest.approx(0.5 / (0.75 + 2.0 * 0.1))
    grown = grow(SlowState.newborn(), pups, 20.0, care=here.care, strain=here.strain, reference_strain=usual)
    assert grown.expression[1] < grown.expression[0] == pytest.approx(1.0)
    assert grown.reactivity[1] > grown.reactivity[0] == pytest.approx(1.0)


def test_licking_drugs_and_the_pups_own_release_count() -> None:
    pup = record(1)[0]
    reference = Family(0.5, 0.0, 0.5)
    licked = family_day(pup, Family(0.5, 0.1, 0.7), reference)[0]
    assert licked.care == pytest.approx(1.4)
    assert family_day(pup, reference, reference, antagonist=0.5)[0].care < 0.6
    poor = family_day(pup, reference, reference, state=SlowState(competence=0.5))[0]
    assert poor.care == pytest.approx(day(pup, 0.5, state=SlowState(competence=0.5)).care)


def test_a_litter_without_carers_receives_nothing() -> None:
    pup = record(1)[0]
    here, _ = family_day(pup, NOBODY, Family(0.5, 0.0, 0.5))
    assert (here.care, here.contact_share) == (0.0, 0.0)


def test_what_is_no_record_of_care_is_refused() -> None:
    for wrong, told in (
        (lambda: families({"duration_s": [1.0]}, carers=1), "no column litter_contact_s; it must be one of a test of"),
        (lambda: families(two_litters(), carers=3), "carers must be 1 or 2, got 3"),
        (lambda: families({name: column[:3] for name, column in two_litters().items()}, carers=2), "2 carers .* got 3"),
        (lambda: relative_care(0.5, 0.0), "must be above 0, got 0.0"),
        (lambda: family_day(record(1), NOBODY, NOBODY), "the reference family must give care"),
    ):
        with pytest.raises(ParameterError, match=told):
            wrong()
