"""Testing a trained cohort of the battery: the registry's tests, shuffled identities, and what the replicate is."""

from __future__ import annotations

import pandas as pd

from socialrl.animals import animals_of
from socialrl.protocol import load_policies, play_tests
from socialrl.runs import RunFolder
from socialrl_envs import ASSAYS

from .shuffling import shuffle_identities

_ROWS_AT_ONCE = 8192


def evaluate(run: RunFolder, assay: str) -> pd.DataFrame:
    """Return the evaluation table of a finished run: one row per animal, test and repeat.

    In the group habitat `unit` names the pair, the replicate there: cage mates share their contact.
    """
    config = run.config.for_evaluation()
    animals, n_acting = animals_of(config), len(ASSAYS[config.env.id].acting)
    tests, repeats = config.evaluation.tests, config.evaluation.repeats
    at_once = n_acting * max(1, _ROWS_AT_ONCE // (n_acting * len(tests) * repeats))
    pieces = []
    for first in range(0, len(animals), at_once):
        some = animals[first : first + at_once]
        policies = load_policies(run, some)
        pieces.append(
            play_tests(config, some, policies, tests, repeats=repeats, purpose="evaluation", steps=config.steps)
        )
    table = shuffle_identities(pd.concat(pieces, ignore_index=True), assay, config.seed)
    if n_acting > 1:
        # pairs of one habitat are not independent either, but there would be two replicates left
        table["unit"] = [f"pair {index // 2}" for index in table["index"]]
    return table
