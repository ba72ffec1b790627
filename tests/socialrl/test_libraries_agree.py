"""What we have written ourselves although a library does it, beside that library (docs/house.md says why)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from socialrl.calibration import emulator
from socialrl.config.layers import lay_over
from socialrl.config.strict_yaml import read_yaml

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(
    path.relative_to(ROOT) for folder in ("configs", "socialrl") for path in (ROOT / folder).rglob("*.yaml")
)


@pytest.mark.parametrize("path", SHIPPED, ids=str)
def test_shipped_files_say_the_same_in_yaml_1_2(path: Path) -> None:
    yaml = pytest.importorskip("ruamel.yaml", reason="an oracle of the extra `dev`")
    text = (ROOT / path).read_text(encoding="utf-8")
    assert _typed(read_yaml(text, str(path))) == _typed(yaml.YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize(
    "text",
    ["off", "yes", "1e-3", "3e5", ".5", "-7", "true", "null", "1:30", "2001-12-14", "a b", "'1'", "[1, x]", "{}"],
)
def test_values_are_those_of_yaml_1_2(text: str) -> None:
    yaml = pytest.importorskip("ruamel.yaml", reason="an oracle of the extra `dev`")
    theirs = yaml.YAML(typ="safe", pure=True).load(f"a: {text}")["a"]
    if text == "2001-12-14":  # a date is no value of a configuration
        theirs = text
    assert _typed(read_yaml(text, "here")) == _typed(theirs)


def _typed(value: Any) -> Any:
    """Data with the type of every scalar, because 1 == True == 1.0."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    return [_typed(one) for one in value] if isinstance(value, list) else (type(value).__name__, value)


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.text("xyz", max_size=3)
LISTS = st.dictionaries(st.sampled_from("lm"), SCALARS | st.lists(SCALARS, max_size=3), max_size=2)


def _mappings(below: Any) -> Any:
    """Mappings with mappings in `a` to `c` and lists in `l` and `m`, so that none meets the other."""
    return st.builds(dict.__or__, LISTS, st.dictionaries(st.sampled_from("abc"), SCALARS | below, max_size=3))


MAPPINGS = st.recursive(_mappings(SCALARS), _mappings, max_leaves=6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(MAPPINGS, MAPPINGS)
def test_a_piece_is_laid_over_as_omegaconf_merges(base: dict[str, Any], piece: dict[str, Any]) -> None:
    theirs = OmegaConf.to_container(OmegaConf.merge(OmegaConf.create(base), OmegaConf.create(piece)))
    assert lay_over(base, piece) == theirs


def test_a_mapping_may_take_the_place_of_a_list() -> None:
    with pytest.raises(TypeError, match="incompatible"):
        OmegaConf.merge({"spread": [1, 2]}, {"spread": {"scale": 2}})
    assert lay_over({"spread": [1, 2]}, {"spread": {"scale": 2}}) == {"spread": {"scale": 2}}


def test_a_value_that_omegaconf_would_leave_out_is_laid_over() -> None:
    base, piece = {"name": "first"}, {"name": "???"}
    assert OmegaConf.to_container(OmegaConf.merge(base, piece)) == base
    assert lay_over(base, piece) == piece


def test_the_emulators_ridge_is_that_of_scikit_learn() -> None:
    linear = pytest.importorskip("sklearn.linear_model", reason="comes with the extra `fit`")
    rng = np.random.default_rng(4)
    design = np.column_stack([np.ones(60), rng.normal(size=(60, 9))])
    outcomes = design @ rng.normal(size=(10, 3)) * [1.0, 0.2, 0.0] + rng.normal(size=(60, 3))
    weights = rng.uniform(1.0, 3.0, 60)
    root = np.sqrt(weights)[:, None]
    coefficients, left_out = emulator._ridge(design * root, outcomes * root)
    theirs = linear.RidgeCV(emulator._RIDGES, alpha_per_target=True, store_cv_results=True)
    theirs.fit(design[:, 1:], outcomes, weights)
    np.testing.assert_allclose(coefficients[0], theirs.intercept_, rtol=1e-9)
    np.testing.assert_allclose(coefficients[1:], theirs.coef_.T, rtol=1e-9, atol=1e-12)
    chosen = np.searchsorted(emulator._RIDGES, theirs.alpha_)
    squares = theirs.cv_results_[:, np.arange(3), chosen]
    np.testing.assert_allclose(left_out**2, squares, rtol=1e-7)
