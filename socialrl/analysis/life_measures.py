"""Measures of lives: what an animal comes to a test with, and whether two at home fall into step."""

from __future__ import annotations

from socialrl.analysis.habitat_measures import HOME
from socialrl.analysis.measure import Measure

LIVED = "LivedPreference"
RECOVERY = "StressRecovery"
_DEFINITION = "docs/model.md#attachment"
_ALONE = "a twentieth of the stress of an animal alone; a choice"


def _came_with(name: str, label: str, unit: str, formula: str, why: str, smallest: float = 0.05) -> Measure:
    """A state at the start of a test."""
    return Measure(
        f"{name}_start", label, unit, formula, _DEFINITION, assays=(LIVED,), sum=(f"{name}_start",), smallest=smallest,
        same_within=smallest, why=why,
    )  # fmt: skip


OF_RECOVERY: tuple[Measure, ...] = (
    Measure(
        "stress_half_s",
        "Time to half of the stress",
        "s",
        "seconds from the end of the stressor until stress is half of its peak; the test length when it never is",
        "restraint and recovery: Donovan et al. 2018 Behav Brain Res 342:70; definition ours",
        assays=(RECOVERY,),
        sum=("stress_half_s",),
        missing="duration_s",
        digits=0,
        smallest=120.0,
        same_within=300.0,
        why="stress follows its target with a time constant of 1800 s; two and five minutes of that are choices",
    ),
    Measure(
        "stress_area",
        "Area of stress",
        "units × h",
        "∫ stress dt over the test",
        "definition ours",
        assays=(RECOVERY,),
        sum=("stress_area",),
        smallest=0.05,
        why="a twentieth of what an hour alone adds; a choice",
    ),
    Measure(
        "stress_peak",
        "Peak of stress",
        "units of stress",
        "highest stress of the test",
        "definition ours",
        assays=(RECOVERY,),
        sum=("stress_peak",),
        smallest=0.05,
        why=_ALONE,
    ),
)

_STATE = "a twentieth of the reference; a choice"
_SERIES = {"moving": "moving", "stress": "stress", "action": "actions"}
_FORMS = {
    "raw": "as it is",
    "outside_contact": "outside contact",
    "contact_partialled": "with contact partialled out",
}

OF_LIVES: tuple[Measure, ...] = (
    Measure(
        "bond_start",
        "Bond with the partner",
        "fraction",
        "familiarity of the partner at the start of the test",
        "docs/model.md",
        assays=(LIVED,),
        high=1.0,
        sum=("familiarity_start_partner",),
        smallest=0.02,
        same_within=0.02,
        why="a fiftieth of a full bond; a choice",
    ),
    _came_with("expression", "Receptor expression", "× reference", "E at the start of the test", _STATE, 0.02),
    _came_with("competence", "Release competence", "× reference", "Q at the start of the test", _STATE, 0.02),
    _came_with("reactivity", "Stress reactivity", "× reference", "Z at the start of the test", _STATE),
    _came_with("load", "Load", "fraction", "W at the start of the test", "a twentieth of full load; a choice"),
    _came_with("stress", "Stress before the test", "units of stress", "S at the start of the test", _ALONE),
)

OF_TWO: tuple[Measure, ...] = tuple(
    Measure(
        f"synchrony_{series}_{form}",
        f"Synchrony of {told}, {words}",
        "correlation",
        f"peak of the cross-correlation of {told} within 10 min, less the mean of that of pseudo-pairs; {words}",
        "docs/synchrony.md",
        assays=(HOME,),
        low=-2.0,
        high=1.0,
        sum=(f"synchrony_{series}_{form}",),
        smallest=0.02,
        same_within=0.05,
        why="a correlation of a fiftieth and of a twentieth; choices",
    )
    for series, told in _SERIES.items()
    for form, words in _FORMS.items()
)
