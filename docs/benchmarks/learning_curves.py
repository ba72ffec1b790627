"""What is tested while wild types learn, the criterion, and curves of the animals that learned alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

WITHIN_SD = 0.5
"""The criterion, in standard deviations between animals."""
Run = dict[str, Any]


@dataclass(frozen=True)
class Probed:
    """The tests of an assay during training, and the measures (test, name) that are compared; two are drawn.

    `before` are the settings that the assay had until then, `test_s` is the length of a test.
    """

    tests: list[dict[str, Any]]
    measures: list[tuple[str, str]]
    drawn: tuple[tuple[str, str], ...]
    before: str
    test_s: float | None = None


_EARLIER = "ppo.learning_rate=1e-3 ppo.n_steps=128 ppo.batch_size=256"
_HABITAT = Probed(
    [{"name": "bonded", "cohousing_h": 168}],
    [("bonded", n) for n in ("partner_share", "contact_s_partner", "contact_s_others", "return")],
    (("bonded", "partner_share"), ("bonded", "return")),
    f"steps=300000 lives=32 {_EARLIER}",
    test_s=86_400,
)
PROBED = {
    "PartnerPreference": Probed(
        [
            {"name": "24h", "cohousing_h": 24},
            {"name": "168h", "cohousing_h": 168},
            {"name": "mate_24h", "cohousing_h": 24, "relationship": "mate"},
        ],
        [
            (test, name)
            for test in ("24h", "168h", "mate_24h")
            for name in ("preference", "huddle_s_partner", "huddle_s_stranger", "return")
        ],
        (("24h", "preference"), ("168h", "preference"), ("24h", "return")),
        f"steps=200000 lives=16 {_EARLIER}",
    ),
    "SocialOperant": Probed(
        [
            {"name": "partner", "cohousing_h": 168, "session": "partner"},
            {"name": "stranger", "cohousing_h": 168, "session": "stranger"},
            {"name": "mate", "cohousing_h": 168, "session": "partner", "relationship": "mate"},
        ],
        [
            ("partner", "presses"), ("partner", "accesses_partner"), ("partner", "return"),
            ("stranger", "presses"), ("stranger", "accesses_stranger"), ("stranger", "return"),
            ("mate", "presses"), ("mate", "accesses_partner"), ("mate", "return"),
        ],
        (("partner", "presses"), ("stranger", "presses"), ("partner", "return")),
        f"steps=400000 lives=16 {_EARLIER}",
    ),
    "GroupHabitat": _HABITAT,
    "GroupMember": _HABITAT,
    "StrangerEncounter": Probed(
        [
            {"name": "0h", "cohousing_h": 0, "session": "alone"},
            {"name": "168h", "cohousing_h": 168, "session": "alone"},
        ],
        [(test, n) for test in ("0h", "168h") for n in ("attacks", "avoidance", "huddle_s_stranger", "return")],
        (("168h", "attacks"), ("168h", "avoidance"), ("168h", "return")),
        f"steps=100000 lives=16 {_EARLIER}",
    ),
    # The assays of attachment had the settings in use from their beginning; their reference is twice their steps.
    "StressRecovery": Probed(
        [
            {"name": "restrained", "cohousing_h": 168, "stressor": 2},
            {"name": "stranger", "cohousing_h": 0, "stressor": 2},
            {"name": "calm", "cohousing_h": 168, "stressor": 0},
        ],
        [
            *((test, name) for test in ("restrained", "stranger") for name in ("stress_area", "return")),
            ("restrained", "huddle_s_partner"), ("calm", "huddle_s_partner"), ("calm", "return"),
        ],
        (("restrained", "stress_area"), ("restrained", "huddle_s_partner"), ("restrained", "return")),
        "steps=160000",
    ),
    "PairHome": Probed(
        [{"name": "strangers", "cohousing_h": 0}, {"name": "bonded", "cohousing_h": 168}],
        [
            (test, name)
            for test in ("strangers", "bonded")
            for name in ("contact_share", "together_share", "nest_share", "return")
        ],
        (("bonded", "contact_share"), ("bonded", "nest_share"), ("bonded", "return")),
        "steps=300000",
        test_s=86_400,
    ),
    "PlacePreference": Probed(
        [
            {"name": "partner", "cohousing_h": 168, "conditioning_days": 6, "conditioned_with": "partner"},
            {"name": "nobody", "cohousing_h": 168, "conditioning_days": 6, "conditioned_with": "nobody"},
        ],
        [(test, name) for test in ("partner", "nobody") for name in ("place_preference", "return")],
        (("partner", "place_preference"), ("nobody", "place_preference"), ("partner", "return")),
        "steps=160000",
    ),
    "Caregiving": Probed(
        [{"name": "alone", "cohousing_h": 0}, {"name": "little_receptor", "cohousing_h": 0, "expression": 0.5}],
        [
            (test, name)
            for test in ("alone", "little_receptor")
            for name in ("litter_share", "licking_share", "nest_share", "return")
        ],
        (("alone", "litter_share"), ("alone", "licking_share"), ("alone", "return")),
        "steps=160000",
        test_s=43_200,
    ),
}  # fmt: skip


class Curve:
    """The animals of all seeds that learned with the same settings, at the probes that all of them took."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.settings: dict[str, Any] = runs[0]["settings"]
        self._runs = sorted(runs, key=lambda run: run["seed"])
        self.seeds = [run["seed"] for run in self._runs]
        by_steps = [{probe["steps"]: probe for probe in run["probes"]} for run in self._runs]
        self.steps = sorted(set.intersection(*map(set, by_steps)))
        self._probes = [[one[steps] for one in by_steps] for steps in self.steps]
        self.cpu_s = np.array([np.mean([probe["cpu_s"] for probe in probes]) for probes in self._probes])

    def at(self, k: int, measure: tuple[str, str]) -> NDArray[np.float64]:
        """Return the value of each animal at probe `k`; not a number where a ratio has nothing to divide by."""
        name = "/".join(measure)
        return np.concatenate([np.array(probe["values"][name], float) for probe in self._probes[k]])

    def means(self, measure: tuple[str, str]) -> NDArray[np.float64]:
        """Return the mean over animals at each probe."""
        return np.array([np.nanmean(self.at(k, measure)) for k in range(len(self.steps))])

    def shared(self, other: Curve) -> Curve:
        """Return this curve of the seeds that the other has, too: the same animals learn under both settings."""
        return Curve([run for run in self._runs if run["seed"] in other.seeds] or self._runs)


def off(curve: Curve, reference: Curve, measure: tuple[str, str]) -> NDArray[np.float64]:
    """Return how far the mean at each probe is from the reference's end, in its standard deviations between animals."""
    end = np.nanmean(reference.shared(curve).at(-1, measure))
    return np.asarray((curve.means(measure) - end) / np.nanstd(reference.at(-1, measure), ddof=1))


def reached(curve: Curve, reference: Curve, measures: Sequence[tuple[str, str]]) -> int | None:
    """Return the first probe from which on all measures stay within the criterion of the reference's last probe.

    The mean over animals may lie half a standard deviation between animals above or below; a return that is higher is
    not worse learning, and counts.
    """
    good = np.ones(len(curve.steps), bool)
    for measure in measures:
        distance = off(curve, reference, measure)
        good &= (distance >= -WITHIN_SD) & ((distance <= WITHIN_SD) | (measure[1] == "return"))
    failed = np.flatnonzero(~good)
    first = int(failed[-1]) + 1 if failed.size else 0
    return first if first < len(curve.steps) else None


def curves_of(runs: Sequence[Run], assay: str) -> list[Curve]:
    """Return one curve for each different setting of an assay, those of most steps first."""
    by_settings: dict[str, list[Run]] = {}
    for run in runs:
        if run["assay"] == assay:
            by_settings.setdefault(str(run["settings"]), []).append(run)
    return sorted((Curve(same) for same in by_settings.values()), key=lambda one: -one.steps[-1])
