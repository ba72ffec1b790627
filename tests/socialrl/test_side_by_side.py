"""Cohorts taken apart: what tasks make side by side is what one process makes, to the last bit."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import reproduce_killed
import tiny_reproduction
from lineage_stand_in import tiny

from socialrl.calibration import elsewhere as calibration
from socialrl.calibration.plan import simulated
from socialrl.calibration.population import Space
from socialrl.calibration.run import ASSAY
from socialrl.calibration.simulate import conditions, trained_cohorts
from socialrl.config.loading import config_from_data
from socialrl.errors import UserError
from socialrl.inference.simulate import Size, simulate
from socialrl.lineage import elsewhere as lineage
from socialrl.lineage.adults import assayed
from socialrl.lineage.animals import animals_in
from socialrl.lineage.carers import watched
from socialrl.lineage.pedigree import founders_of
from socialrl.lineage.rearing import reared_by_two
from socialrl.lineage.settings import assay_settings, care_settings
from socialrl.progress import Silent
from socialrl.reproduction import driver
from socialrl.scorecard import page
from socialrl.storage.stages import PIECES
from socialrl.work import on_this_machine
from socialrl.work.asked import Asked, open_executor
from socialrl.work.calls import open_call
from socialrl.work.pieces import Pieces, Wanted

SIDE_BY_SIDE = Asked(jobs=1)
FAST = {"n_steps": 16, "batch_size": 16, "n_epochs": 1, "net_arch": [8]}


@pytest.fixture(autouse=True)
def pickled(monkeypatch) -> list[str]:
    """Tasks take the way to another process and back, without one."""
    names, real = [], on_this_machine.run_task

    def run_task(task, threads):
        names.append(task.name)
        return pickle.loads(pickle.dumps(real(pickle.loads(pickle.dumps(task)), threads)))

    monkeypatch.setattr(on_this_machine, "run_task", run_task)
    return names


@pytest.fixture
def pieces(tmp_path):
    with open_executor(SIDE_BY_SIDE, tmp_path) as executor, open_call(tmp_path) as ticket:
        yield Pieces(tmp_path, executor, ticket)


def test_a_cohort_of_a_calibration_in_pieces(pieces, pickled, monkeypatch):
    monkeypatch.setattr(calibration, "TOGETHER", 2)
    config = config_from_data(
        {
            "name": "tiny",
            "seed": 9,
            "env": {"id": ASSAY, "dt_s": 60},
            "genotypes": {"wt": {"oxtr_gain": 1.0}},
            "animals": 1,
            "lives": 2,
            "steps": 64,
            "ppo": FAST,
        }
    )
    space = Space.around({})
    tests = conditions(["peers"], 24.0, 288.0)
    alone = trained_cohorts(config, space, tests, repeats=1)
    heard: list[tuple[int, str]] = []
    beside = calibration.SideBySide(config, space, tests, 1, pieces, lambda *steps: heard.append(steps))
    factors = space.spread_out(3, 1)
    whole, apart = (one(factors, 7, "Check after", everything=True) for one in (alone, beside))
    pd.testing.assert_frame_equal(_plain(whole), _plain(apart), check_exact=True, check_dtype=False)
    assert pickled == ["check-after-000", "check-after-001"]
    assert heard[-1] == (3 * 64, "Check after")
    # all candidates of a generation at once: the same animals, other parameters
    both = [(factors[:2], 9, "search 1, candidate 1"), (factors[1:], 9, "search 1, candidate 2")]
    for one, other in zip(simulated(alone, both), simulated(beside, both), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_dtype=False)
    n = len(pickled)
    simulated(beside, both)
    assert len(pickled) == n, "pieces that are there are not made again"


def test_carers_and_adults_of_a_generation_in_pieces(pieces, pickled, monkeypatch):
    monkeypatch.setattr(lineage, "PAIRS", 2)
    monkeypatch.setattr(lineage, "ADULTS", 3)
    small = {"steps": 64, "lives": 2, "repeats": 1, "duration_s": 600, "env": {"duration_s": 600}, "ppo": FAST}
    cells = {"two": {"dams": "wt"}, "one": {"dams": "wt", "carers": 1}}
    assays = {
        "PartnerPreference": {**small, "tests": [{"name": "day", "cohousing_h": 24}]},
        "StrangerEncounter": {**small, "tests": [{"name": "stranger", "cohousing_h": 0}]},
    }
    config = tiny(litters=2, founders={"wt": {"oxtr_gain": 1.0}}, cells=cells, care=small, assays=assays)
    care, settings = care_settings(config, "x"), assay_settings(config, "x")
    table = reared_by_two(config, founders_of(config))
    paired = table[table["pair"] != ""].sort_values(["pair", "sex"], kind="stable")
    parents = animals_in(config, paired)
    n_carers = {dam.id: 1 + k % 2 for k, dam in enumerate(parents[::2])}
    beside = lineage.SideBySide(pieces)

    def nothing(*_: Any) -> None:
        pass

    whole, apart = watched(care, parents, n_carers, nothing), beside.watch(care, parents, n_carers, nothing)
    pd.testing.assert_frame_equal(whole, apart, check_exact=True)
    assert len(pickled) == 2
    adults = animals_in(config, table)
    whole, apart = assayed(settings, adults, nothing), beside.test(settings, adults, nothing)
    pd.testing.assert_frame_equal(whole, apart, check_exact=True)
    assert len(pickled) == 2 + 2 * -(-len(adults) // 3)


@pytest.mark.slow
def test_stages_of_a_reproduction_as_tasks(tmp_path, pickled, monkeypatch):
    tiny_reproduction.shrink_training(monkeypatch.setattr)
    monkeypatch.setattr(page, "draw", lambda *_, **__: [])
    cards = []
    for name, work in (("alone", None), ("beside", SIDE_BY_SIDE)):
        place = tmp_path / name / "out"
        driver.reproduce(
            place,
            "tiny",
            1,
            quiet=True,
            preset=reproduce_killed.PRESET,
            registry=reproduce_killed.registry(),
            work=work,
        )
        card = json.loads((place / "scorecard.json").read_text())
        cards.append({**card, "made": None})
        networks = sorted(place.rglob("*.safetensors"))
        cards.append([(one.name, one.read_bytes()) for one in networks if "models" in one.parts])
    assert pickled == ["StrangerEncounter"]
    assert cards[:2] == cards[2:]
    assert len(cards[1]) > 0


@pytest.mark.slow
def test_simulations_for_inference_as_tasks(tmp_path, pickled):
    size, words = Size(animals=32, repeats=2, steps=64, together=16), ["lives=2", "ppo.n_steps=16", "ppo.batch_size=16"]
    for name, work in (("alone", None), ("beside", SIDE_BY_SIDE)):
        simulate(tmp_path / name, size, 1, words, assays=("StrangerEncounter",), progress=Silent(), work=work)
    assert pickled == ["StrangerEncounter-000", "StrangerEncounter-001"]

    def tables(path: Path) -> dict[str, bytes]:
        return {one.relative_to(path).as_posix(): one.read_bytes() for one in path.rglob("*.parquet")}

    assert tables(tmp_path / "alone") == tables(tmp_path / "beside"), "and nothing is left of the pieces"


def test_pieces_that_fail_are_named_after_the_others_are_made(pieces, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    wanted = {"a": Wanted("cluster_tasks:fail"), "b": Wanted("cluster_tasks:a_table", {"value": 3})}
    with pytest.raises(UserError, match=r"1 of 2 pieces failed: a \(ZeroDivisionError: division by zero\)"):
        pieces.tables(wanted)
    assert [one.name for one in (tmp_path / PIECES).iterdir()] == ["b.parquet"]
    pieces.drop()
    assert not (tmp_path / PIECES).exists()


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with lists as text, since they are arrays after a way through a file."""
    lists = [name for name in table if isinstance(table[name].iloc[0], list | np.ndarray)]
    return table.assign(**{name: [str([float(x) for x in one]) for one in table[name]] for name in lists})
