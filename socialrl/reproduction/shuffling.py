"""Null control of the labels: who is called the partner is drawn at random, after the tests were played.

Half of an animal's repeats, drawn at random, are exchanged; the draw is the same in all groups. A preference, or a
difference between genotypes, that remains comes from the scoring and not from the animals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from socialrl import seeding
from socialrl.assays import study_of
from socialrl.errors import UserError
from socialrl.findings.conditions import twin
from socialrl.findings.registry import Registry, load_registry


def shuffle_identities(table: pd.DataFrame, assay: str, seed: int, registry: Registry | None = None) -> pd.DataFrame:
    """Return the table with the tests whose `partner_is` is shuffled in the registry changed, all other rows as they
    are.

    Two sessions of one history, one with the partner and one with a stranger, exchange their rows; in a test that holds
    both animals their columns are exchanged; in a habitat another member, drawn for every habitat and repeat, takes the
    place of the partner.
    """
    book, study = registry or load_registry(), study_of(assay)
    shuffled = {
        name: one
        for name, one in book.conditions.items()
        if one.partner_is == "shuffled" and book.assay_of[name] == assay and (table["test"] == name).any()
    }
    for name, one in shuffled.items():
        match study.shuffle:
            case "members":
                table = _other_mates(table, name, seed)
            case "sessions" if one.session in study.sessions:
                other = twin(name, shuffled, study.sessions)
                if other and one.session == study.sessions[0]:
                    table = _exchange_rows(table, name, other, seed)
            case "columns" | "sessions":
                table = _exchange_columns(table, name, seed)
            case None:
                raise UserError(
                    f"{name}: partner_is shuffled is not possible in {assay}, where no animals can be exchanged"
                )
    return table


def _exchange_columns(table: pd.DataFrame, test: str, seed: int) -> pd.DataFrame:
    chosen = _half(table, test, seed) & (table["test"] == test).to_numpy()
    changed = table.copy()
    for name in [str(name) for name in table if str(name).endswith("_partner")]:
        other = f"{name.removesuffix('_partner')}_stranger"
        if other in table:
            changed[name] = table[name].where(~chosen, table[other])
            changed[other] = table[other].where(~chosen, table[name])
    return changed


def _exchange_rows(table: pd.DataFrame, test: str, twin: str, seed: int) -> pd.DataFrame:
    chosen = _half(table, test, seed)
    names = table["test"].astype(object)
    to_twin, to_test = chosen & (names == test), chosen & (names == twin)
    return table.assign(test=names.mask(to_twin, twin).mask(to_test, test))


def _other_mates(table: pd.DataFrame, test: str, seed: int) -> pd.DataFrame:
    """Draw new pairs in every habitat: member k with k xor d, d drawn from 1 … n − 1, each once in n − 1 worlds."""
    rows = np.flatnonzero((table["test"] == test).to_numpy())
    with_each = np.stack(table["contact_s_each"].iloc[rows].to_list())  # (n_rows, n_members) seconds of contact
    n_members = with_each.shape[1]
    habitat, member = np.divmod(table["index"].to_numpy()[rows], n_members)
    world = habitat * (int(table["repeat"].max()) + 1) + table["repeat"].to_numpy()[rows]
    distances = np.concatenate(
        [
            1 + seeding.generator(seed, "shuffle", test, block).permutation(n_members - 1)
            for block in range(int(world.max()) // (n_members - 1) + 1)
        ]
    )
    partner = with_each[np.arange(len(rows)), member ^ distances[world]]
    changed = table.copy()
    changed.loc[changed.index[rows], "contact_s_partner"] = partner
    changed.loc[changed.index[rows], "contact_s_others"] = with_each.sum(axis=1) - partner
    for name in ("partner_s_hourly", "others_s_hourly"):
        # contact with each member is not kept by the hour
        changed[name] = pd.Series(
            [
                np.full(len(hours), np.nan) if one == test else hours
                for hours, one in zip(table[name], table["test"], strict=True)
            ],
            index=table.index,
        )
    return changed


def _half(table: pd.DataFrame, test: str, seed: int) -> NDArray[np.bool_]:
    """Whether each row is in the drawn half of its animal's repeats; of an odd number, chance decides on the last."""
    n = int(table["repeat"].max()) + 1
    drawn = {}
    for index in table["index"].unique():
        rng = seeding.generator(seed, "shuffle", test, int(index))
        n_drawn = n // 2 + (n % 2) * int(rng.integers(2))
        drawn[index] = set(rng.permutation(n)[:n_drawn].tolist())
    return np.array([repeat in drawn[index] for index, repeat in zip(table["index"], table["repeat"], strict=True)])
