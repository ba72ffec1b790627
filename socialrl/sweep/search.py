"""A search for the best values with Optuna, in batches; every proposal and what came of it is in a journal file.

What is proposed depends on the seed, on the number of the proposal and on what the journal holds, and not on which run
of a batch ends first. So a search that was stopped or killed goes on as if it had not been, and gives the same numbers
on a cluster as alone. The journal (`optuna.log`, study `sweep`) can be opened with Optuna and its dashboard.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import TPESampler
from optuna.storages.journal import JournalFileBackend, JournalStorage
from optuna.trial import TrialState, create_trial

from socialrl import seeding
from socialrl.errors import UserError
from socialrl.sweep.folder import JOURNAL
from socialrl.sweep.space import SEED, Axis, Space

_STUDY = "sweep"
_ASKED = "asked"


class Search:
    """The study in the journal of a sweep's folder, which is made if it is not there; the folder is locked.

    A journal of another search raises `UserError`.
    """

    def __init__(self, folder: Path, space: Space, objective: str, *, maximize: bool, seed: int) -> None:
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._seed = seed
        self._direction: Literal["maximize", "minimize"] = "maximize" if maximize else "minimize"
        self._distributions = {axis.key: _distribution(axis) for axis in space.axes if axis.key != SEED}
        path = folder / JOURNAL
        asked = json.dumps(
            {
                "values": {key: repr(one) for key, one in self._distributions.items()},
                "seeds": [axis.values for axis in space.axes if axis.key == SEED],
                "objective": [self._direction, objective],
            }
        )
        storage = JournalStorage(JournalFileBackend(str(path)))
        self._study = optuna.create_study(
            study_name=_STUDY, storage=storage, direction=self._direction, load_if_exists=True
        )
        if self._study.user_attrs.get(_ASKED, asked) != asked:
            raise UserError(
                f"{path} holds a search over other values or with another objective; choose another --output, or"
                " replace it with --overwrite"
            )
        self._study.set_user_attr(_ASKED, asked)

    @property
    def n_known(self) -> int:
        """Proposals in the journal."""
        return len(self._study.get_trials(deepcopy=False))

    def proposal(self, number: int) -> dict[str, str]:
        """Return the values of proposal `number` (from 0) as they are typed: of the journal, or new ones."""
        trials = self._study.get_trials(deepcopy=False)
        if number < len(trials):
            params = trials[number].params
        else:
            params = self._new(trials, number)
        return {key: value if isinstance(value, str) else repr(value) for key, value in params.items()}

    def told(self, number: int) -> bool:
        """Whether the journal knows what came of proposal `number`."""
        return bool(self._study.get_trials(deepcopy=False)[number].state.is_finished())

    def tell(self, number: int, value: float) -> None:
        """Note what came of a proposal; NaN: it failed, and the search goes on without it."""
        if value == value:
            self._study.tell(number, value)
        else:
            self._study.tell(number, state=TrialState.FAIL)

    def _new(self, trials: list[optuna.trial.FrozenTrial], number: int) -> dict[str, Any]:
        """Ask for a proposal in a copy, and note it in the journal in one line, which is there or is not."""
        sampler = TPESampler(seed=seeding.seed_int(self._seed, "sweep", "optuna", number))
        copy = optuna.create_study(direction=self._direction, sampler=sampler)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            copy.add_trials(trials)
            asked = copy.ask(self._distributions)
        self._study.add_trial(
            create_trial(state=TrialState.RUNNING, params=asked.params, distributions=asked.distributions)
        )
        return dict(asked.params)


def _distribution(axis: Axis) -> BaseDistribution:
    one = axis.interval
    if one is None:
        return CategoricalDistribution(axis.values)
    if one.whole:
        return IntDistribution(int(one.low), int(one.high), log=one.log)
    return FloatDistribution(one.low, one.high, log=one.log)
