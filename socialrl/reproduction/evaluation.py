"""Testing the animals of the battery: the registry's tests, shuffled identities, what the replicate is, recordings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from socialrl.animals.animal import animals_of, animals_recorded
from socialrl.assays import study_of
from socialrl.config.loading import Config
from socialrl.config.recording import ReleaseSection
from socialrl.evaluation.playing import play_evaluation
from socialrl.findings.conditions import RELEASE
from socialrl.findings.registry import Registry
from socialrl.progress import Progress
from socialrl.release.table import release_table
from socialrl.reproduction.shuffling import shuffle_identities
from socialrl.storage.run_folder import RunFolder


def evaluate(run: RunFolder, assay: str, registry: Registry, progress: Progress) -> pd.DataFrame:
    """Return the evaluation table of a finished run: one row per animal, test and repeat.

    In the group habitat `unit` names the pair, the replicate there: cage mates share their contact.
    """
    config = run.config.for_evaluation()
    tests, repeats = config.evaluation.tests, config.evaluation.repeats
    table = play_evaluation(run, config, animals_of(config), tests, repeats=repeats, progress=progress)
    table = shuffle_identities(table, assay, config.seed, registry)
    if study_of(config.env.id).pairs:
        # pairs of one habitat are not independent either, but habitats would leave only two replicates
        table["unit"] = [f"pair {index // 2}" for index in table["index"]]
    return table


def record_release(config: Config, registry: Registry, sexes: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the recordings of every condition of evoked release: one row per animal and condition, named by `test`.

    An animal has the same slice and the same noise in all conditions, so that a drug is compared within animals.
    `sexes` are those of single groups; the others have as many females as males.
    """
    animals = animals_recorded(config, own=sexes)
    tables = [
        release_table(animals, config.seed, env=ReleaseSection(drugs=one.drugs)).assign(test=one.name)
        for one in registry.conditions_in(RELEASE)
    ]
    return pd.concat(tables, ignore_index=True)
