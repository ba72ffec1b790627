"""Testing a trained cohort of the battery: the registry's tests, shuffled identities, and what the replicate is."""

from __future__ import annotations

import pandas as pd

from socialrl.animals.animal import animals_of
from socialrl.assays import study_of
from socialrl.evaluation.playing import play_evaluation
from socialrl.progress import Progress
from socialrl.reproduction.shuffling import shuffle_identities
from socialrl.storage.run_folder import RunFolder


def evaluate(run: RunFolder, assay: str, progress: Progress) -> pd.DataFrame:
    """Return the evaluation table of a finished run: one row per animal, test and repeat.

    In the group habitat `unit` names the pair, the replicate there: cage mates share their contact.
    """
    config = run.config.for_evaluation()
    tests, repeats = config.evaluation.tests, config.evaluation.repeats
    table = play_evaluation(run, config, animals_of(config), tests, repeats=repeats, progress=progress)
    table = shuffle_identities(table, assay, config.seed)
    if study_of(config.env.id).pairs:
        # pairs of one habitat are not independent either, but there would be two replicates left
        table["unit"] = [f"pair {index // 2}" for index in table["index"]]
    return table
