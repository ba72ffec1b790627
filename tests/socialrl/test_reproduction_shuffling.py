"""Shuffled identities: only the shuffled tests change, half of the repeats, alike in all groups; no preference."""

from __future__ import annotations

import numpy as np
import pandas as pd

from socialrl.findings.registry import load_registry
from socialrl.findings.tables import animal_values
from socialrl.reproduction.shuffling import shuffle_identities

N_ANIMALS, N_REPEATS = 16, 4


def rows(*tests: str, **columns) -> pd.DataFrame:
    return pd.DataFrame(
        {"genotype": genotype, "index": index, "test": test, "repeat": repeat}
        | {name: value(test, index) if callable(value) else value for name, value in columns.items()}
        for genotype in ("wt", "ko")
        for index in range(N_ANIMALS)
        for test in tests
        for repeat in range(N_REPEATS)
    )


def test_columns_of_partner_and_stranger_are_exchanged_in_half_of_the_repeats():
    table = rows(
        "cohoused_24h", "cohoused_24h_shuffled", huddle_s_partner=90.0, huddle_s_stranger=10.0, duration_s=100.0
    )
    shuffled = shuffle_identities(table, "PartnerPreference", seed=1)
    plain = shuffled["test"] == "cohoused_24h"
    pd.testing.assert_frame_equal(shuffled[plain], table[plain])
    drawn = shuffled[~plain]
    assert (drawn["huddle_s_partner"] + drawn["huddle_s_stranger"] == 100).all()
    assert (drawn.groupby(["genotype", "index"])["huddle_s_partner"].mean() == 50).all()
    which = drawn.pivot(index=["index", "repeat"], columns="genotype", values="huddle_s_partner")
    assert (which["wt"] == which["ko"]).all()
    assert which["wt"].unstack("repeat").nunique().gt(1).all(), "other repeats in other animals"


def test_sessions_with_partner_and_stranger_exchange_their_rows():
    tests = ("operant_peer_partner", "operant_peer_partner_shuffled", "operant_peer_stranger_shuffled")
    presses = {"operant_peer_stranger_shuffled": 4.0}
    table = rows(*tests, presses_partner=lambda test, _: presses.get(test, 50.0), presses_stranger=0.0)
    shuffled = shuffle_identities(table, "SocialOperant", seed=1)
    assert shuffled.drop(columns="test").equals(table.drop(columns="test"))
    assert (shuffled["test"] == table["test"])[table["test"] == "operant_peer_partner"].all()
    assert not shuffled.duplicated(["genotype", "index", "test", "repeat"]).any()
    for test in tests[1:]:
        values = animal_values(shuffled, load_registry(), "presses", test, "wt")
        assert (values == 27).all(), "two sessions of 50 and two of 4"


def test_in_a_habitat_another_member_takes_the_place_of_the_partner():
    def with_each(_test: str, index: int) -> list[float]:
        member = index % 8
        seconds = np.full(8, 10.0)
        seconds[member], seconds[member ^ 1] = 0.0, 940.0
        return seconds.tolist()

    table = rows(
        "habitat_pairs_168h", "habitat_pairs_168h_shuffled", contact_s_each=with_each, contact_s_partner=940.0,
        contact_s_others=60.0,
    )  # fmt: skip
    # a column of lists, as tables have it
    table = table.assign(
        **{name: [[value]] * len(table) for name, value in (("partner_s_hourly", 940.0), ("others_s_hourly", 60.0))}
    )
    shuffled = shuffle_identities(table, "GroupHabitat", seed=1)
    plain = shuffled["test"] == "habitat_pairs_168h"
    pd.testing.assert_frame_equal(shuffled[plain], table[plain])
    drawn = shuffled[~plain]
    assert (drawn["contact_s_partner"] + drawn["contact_s_others"] == 1000).all()
    # eight worlds (two habitats, four repeats): each of the seven pairings once, and one of them twice
    true_pairs = drawn[drawn["genotype"] == "wt"].groupby([drawn["index"] // 8, "repeat"])["contact_s_partner"].agg(set)
    assert sorted(map(sorted, true_pairs)) in ([[10.0]] * 7 + [[940.0]], [[10.0]] * 6 + [[940.0]] * 2)
    assert drawn["partner_s_hourly"].map(lambda hours: bool(np.isnan(hours).all())).all()


def test_the_draw_hangs_on_the_seed_alone():
    table = rows("cohoused_24h_shuffled", huddle_s_partner=90.0, huddle_s_stranger=10.0)
    first = shuffle_identities(table, "PartnerPreference", seed=1)
    wild_types = table[table["genotype"] == "wt"].reset_index(drop=True)
    alone = shuffle_identities(wild_types, "PartnerPreference", seed=1)
    assert first["huddle_s_partner"][: len(alone)].tolist() == alone["huddle_s_partner"].tolist()
    assert not first.equals(shuffle_identities(table, "PartnerPreference", seed=2))
