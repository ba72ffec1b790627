"""How far stress in the nest makes an adult reactive: the delay of single-mother pups against strain_to_reactivity.

    python docs/results/attachment/calibrate_mz.py --output runs/calibrate_mz --delay-h 24

This is the only calibration in the half of the model that is about lives (F48, Ahern & Young 2009). Wild types of both
sexes are trained once, in all slow states; then they live from birth with one carer and with two, and with each value
of the parameter, which acts on lives alone and needs no training of its own. The delay is how many more hours with an
unmated animal of the other sex pups of one carer need to reach a preference of 2/3, animal by animal. `--delay-h` is
the published delay in hours, if it was seen; without it the script shows the curve and chooses nothing.

Sexes are not pooled: female n and male n of a cohort have the same draws, so where no parameter that differs between
the sexes matters they are the same animal twice, and pooling them would make the interval too narrow.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from socialrl.analysis import measures, statistics
from socialrl.animals.animal import Animal, animals_of
from socialrl.config.given_parameters import GivenParameters
from socialrl.evaluation.playing import load_policies
from socialrl.findings.condition import Condition
from socialrl.findings.registry import load_registry
from socialrl.progress import open_progress
from socialrl.protocols.playing import play_protocol
from socialrl.reproduction.groups import TrainedGroup
from socialrl.reproduction.lives import planned
from socialrl.reproduction.presets import Size
from socialrl.reproduction.stages import CohortStage, run_stage, stage_config
from socialrl.storage.run_folder import RunFolder

PARAMETER, ASSAY = "strain_to_reactivity", "LivedPreference"
VALUES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
HOURS = (2.0, 6.0, 12.0, 24.0, 48.0, 96.0, 168.0)
REARED = ("one", "two")


def condition(carers: str, hours: float) -> Condition:
    """Return the test of an animal that so many carers reared, after hours with an unmated animal."""
    life = [{"rear": {"carers": carers, "days": 21}}, {"wean": {"company": "siblings"}}]
    name = f"{carers}_carers_{hours:g}h"
    keys = {"met_at_d": 60, "cohousing_h": hours, "relationship": "mate", "mating": False}
    return Condition.model_validate({"name": name, "life": life, **keys})


def hours_to_criterion(
    run: RunFolder, animals: Sequence[Animal], value: float, carers: str, repeats: int
) -> tuple[pd.Series, float]:
    """Return hours to a preference of 2/3 by animal, the longest where it is never reached, and the mean reactivity."""
    config = run.config.for_evaluation()
    changed = [replace(one, parameters={**one.parameters, PARAMETER: value}) for one in animals]
    tests = [planned(condition(carers, hours), ASSAY, config.env, "F48") for hours in HOURS]
    rows = play_protocol(config, changed, load_policies(run, animals), tests, repeats=repeats)
    seconds = rows.groupby(["animal", "cohousing_h"])[["huddle_s_partner", "huddle_s_stranger"]].mean()
    by_hours = (seconds["huddle_s_partner"] / seconds.sum(axis=1)).unstack("cohousing_h")
    reached = by_hours.apply(lambda one: measures.cohousing_to_criterion_h(HOURS, one.to_numpy()), axis=1)
    return reached.fillna(max(HOURS)), float(rows["reactivity_start"].mean())


def main() -> None:
    """Train if needed, test every value, write `calibrate_mz.csv`, and print it with the value that fits best."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--animals", type=int, default=48, help="wild types of each sex")
    options.add_argument("--steps", default="full", choices=("quick", "full", "sensitivity"))
    options.add_argument("--repeats", type=int, default=4)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--delay-h", type=float, default=None)
    given = options.parse_args()
    members = (TrainedGroup("wt", 1.0), TrainedGroup("wild_type_male", 1.0, sex="male"))
    registry = load_registry()
    book = registry.only([registry.finding("F48")])
    size = Size(given.animals, given.steps, given.repeats, many=False)
    config = stage_config(ASSAY, ASSAY, members, size, given.seed, given.output, book, GivenParameters())
    with open_progress("wild types", quiet=False) as progress:
        run = run_stage(CohortStage(ASSAY, "", ASSAY, members, config, book), progress)
    animals = animals_of(run.config)
    sex = {one.id: one.sex for one in animals}
    rows = []
    for value in VALUES:
        found = {carers: hours_to_criterion(run, animals, value, carers, given.repeats) for carers in REARED}
        delay = found["one"][0] - found["two"][0]
        for who in ("female", "male"):
            mean = statistics.mean_interval(delay[delay.index.map(sex) == who])
            rows.append(
                {
                    PARAMETER: value, "sex": who, "delay_h": mean.value, "low": mean.low, "high": mean.high,
                    "n": mean.n, "reactivity_one": found["one"][1], "reactivity_two": found["two"][1],
                }
            )  # fmt: skip
    table = pd.DataFrame(rows)
    table.to_csv(given.output / "calibrate_mz.csv", index=False, lineterminator="\n")
    print(table.round(2).to_string(index=False))
    if given.delay_h is not None:
        females = table[table["sex"] == "female"]
        best = females.loc[(females["delay_h"] - given.delay_h).abs().idxmin()]
        print(f"{PARAMETER} {best[PARAMETER]:g}: a delay of {best['delay_h']:.1f} h [{best['low']:.1f}, "
              f"{best['high']:.1f}], published {given.delay_h:g} h")  # fmt: skip


if __name__ == "__main__":
    main()
