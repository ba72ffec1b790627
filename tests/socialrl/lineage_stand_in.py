"""A lineage without training: carers that lick by their receptor, and animals whose preference is their receptor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from socialrl import seeding
from socialrl.config.loading import config_from_data
from socialrl.lineage import run
from socialrl.lineage.outcome import Lineage
from socialrl.lineage.schema import LineageConfig
from socialrl.progress import Silent

REFERENCE_CARE, REFERENCE_SHARE = 0.1, 0.5

TINY = {
    "name": "tiny",
    "seed": 3,
    "generations": 2,
    "litters": 6,
    "reference_families": 4,
    "founders": {"wt": {"oxtr_gain": 1.0}, "ko": {"oxtr_gain": 0.0}},
    "cells": {"wt": {"dams": "wt"}},
}


def tiny(**changes) -> LineageConfig:
    """Return a small lineage; `changes` replace top keys."""
    return LineageConfig.model_validate({**TINY, **changes})


def receptor(animal) -> float:
    return float(animal.parameters["oxtr_gain"] * animal.slow_state["expression"])


class Care:
    """Carers whose care is `of(animal)` times half of the reference's, for each of two; calls are counted."""

    def __init__(self, of=lambda animal: 1.0 + 0.5 * (receptor(animal) - 1.0)) -> None:
        self.of = of
        self.calls: list[list[str]] = []

    def __call__(self, care, parents, n_carers: Mapping[str, int], on_steps) -> pd.DataFrame:
        assert set(care) == {1, 2}
        assert [one.sex for one in parents] == ["female", "male"] * (len(parents) // 2)
        self.calls.append([one.id for one in parents])
        on_steps(10)
        rows = {}
        for dam, sire in zip(parents[::2], parents[1::2], strict=True):
            acting = [dam, sire][: n_carers[dam.id]]
            given = {one.id: max(0.5 * REFERENCE_CARE * self.of(one), 0.0) for one in acting}
            total = sum(given.values())
            for one in (dam, sire):
                own = {"nest_share": 0.6, "licking_share": given[one.id], "latency_to_return_s": 600.0,
                       "care_given": given[one.id]} if one.id in given else {}  # fmt: skip
                rows[one.id] = own | {
                    "litter_care": total,
                    "litter_contact_share": min(REFERENCE_SHARE * total / REFERENCE_CARE, 1.0),
                }
        columns = ["nest_share", "licking_share", "latency_to_return_s", "care_given"]
        return pd.DataFrame.from_dict(rows, orient="index", columns=[*columns, "litter_care", "litter_contact_share"])


def preference(_assays, animals, on_steps) -> pd.DataFrame:
    """Return a preference that is the receptor and a little noise of the animal's own."""
    on_steps(10, "PartnerPreference")
    noise = [seeding.generator(1, "noise", one.index).standard_normal() for one in animals]
    values = 0.5 + 0.2 * np.array([receptor(one) for one in animals]) + 0.02 * np.array(noise)
    return pd.DataFrame({"preference_day": values}, index=[one.id for one in animals])


def nothing(*_) -> None:
    """Write no results."""


def made(config: LineageConfig, folder: Path, care: Care | None = None, test=preference, write=nothing) -> Lineage:
    """Run a lineage with the stand-ins in `folder`/<name>; `write` None writes the results."""
    config = config.model_copy(update={"output": str(folder)})
    return run.run_lineage(config, "tiny.yaml", progress=Silent(), watch=care or Care(), test=test, write=write)


def plain_settings(_config, _where):
    """Stand in for the settings of care; nothing trains by them here."""
    one = config_from_data(
        {
            "name": "care",
            "seed": 1,
            "env": {"id": "socialrl/PartnerPreference-v0"},
            "genotypes": {"wt": {"oxtr_gain": 1.0}},
            "animals": 1,
            "steps": 1024,
        }
    )
    return {1: one, 2: one}
