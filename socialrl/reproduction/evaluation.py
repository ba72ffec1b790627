"""Testing the animals of the battery: the registry's tests, shuffled identities, what the replicate is, recordings."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from socialrl.animals.animal import animals_of, animals_recorded
from socialrl.assays import study_of
from socialrl.config.loading import Config
from socialrl.config.recording import ReleaseSection
from socialrl.evaluation.playing import play_evaluation
from socialrl.evaluation.series import PAIR, SeriesRecorder
from socialrl.findings.conditions import RELEASE
from socialrl.findings.registry import Registry
from socialrl.progress import Progress
from socialrl.release.table import release_table
from socialrl.reproduction.lives import play_lives
from socialrl.reproduction.shuffling import shuffle_identities
from socialrl.storage.run_folder import RunFolder


def evaluate(run: RunFolder, assay: str, registry: Registry, progress: Progress) -> pd.DataFrame:
    """Return the evaluation table of a finished run: one row per animal, test and repeat.

    In the group habitat `unit` names the pair, the replicate there: cage mates share their contact. Where two animals
    share a home, the columns `synchrony_<series>_<form>` say how far they are in step beyond other pairs.
    """
    config = run.config.for_evaluation()
    tests, repeats = config.evaluation.tests, config.evaluation.repeats
    animals, study = animals_of(config), study_of(assay)
    watcher = SeriesRecorder() if study.synchrony else None
    pieces = []
    if tests:
        table = play_evaluation(run, config, animals, tests, repeats=repeats, series=watcher, progress=progress)
        pieces.append(shuffle_identities(table, assay, config.seed, registry))
    if any(one.life for one in registry.conditions_in(assay)):
        pieces.append(play_lives(run, config, animals, assay, registry, progress))
    table = pieces[0] if len(pieces) == 1 else pd.concat(pieces, ignore_index=True)
    if watcher is not None:
        table = with_synchrony(table, watcher.table(study.synchrony, shifts=False))
    if study.pairs:
        # pairs of one habitat are not independent either, but habitats would leave only two replicates
        table["unit"] = [f"pair {index // 2}" for index in table["index"]]
    return table


def with_synchrony(table: pd.DataFrame, synchrony: pd.DataFrame) -> pd.DataFrame:
    """Return rows of tests with a column `synchrony_<series>_<form>` each: how far an animal's pair is in step there.

    It is the peak of the whole test less the mean of those of pseudo-pairs, the same for both of the two. The index
    divides that by their standard deviation, which is next to nothing where two hardly ever move, so that a mean over
    pairs would be that of a few. Missing where there is no peak or no pseudo-pair.
    """
    whole = synchrony[synchrony["hour"].isna() & (synchrony["company"] == PAIR)]
    named = whole.assign(
        column="synchrony_" + whole["series"] + "_" + whole["form"], above=whole["peak"] - whole["pseudo_mean"]
    )
    keys = ["test", "repeat"]
    wide = named.set_index(["animal", "other", *keys, "column"])["above"].unstack("column").reset_index()
    both = [wide.drop(columns=other).rename(columns={one: "animal"}) for one, other in _SIDES]
    return table.merge(pd.concat(both), on=["animal", *keys], how="left", validate="one_to_one")


_SIDES = (("animal", "other"), ("other", "animal"))


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
