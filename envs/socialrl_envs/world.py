"""The batched world: records, rates and the two compiled calls (begin, step) behind every environment."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import noise, parameters
from .assay import Assay
from .begin import begin_worlds
from .compiled import compiled
from .contexts import check_days
from .counters import n_counters
from .development import SlowState, grow_lived
from .drugs import schedule
from .errors import ParameterError
from .masking import write_masks
from .named_tables import CURRENT
from .observation import names_of, space_of
from .own_slow_state import checked_rows
from .physiology import check_arms, derive_rates
from .rewards import terms_of
from .sexes import sex_of_rows
from .spelling import nearest
from .state import Batch, world_dtype
from .step import step_worlds
from .vocabulary import OPTIONS, RELATIONSHIPS, RESET_KEYS, SEXES, SLOW, Option, parts_tones

_THREAD_FROM = 1024  # worlds from which a second thread pays for its start


@compiled
def _pick(keys, episodes, which, n_choices, out):  # type: ignore[no-untyped-def]
    """Draw one of `n_choices` for every world, from its own key and episode."""
    for w in range(keys.shape[0]):
        base = noise.moment(keys[w], episodes[w], 2**31)
        out[w] = int(noise.uniform(noise.draw(base, noise.HISTORY, 0, which)) * n_choices)


@compiled
def _pick_each(keys, episodes, which, n_choices, out):  # type: ignore[no-untyped-def]
    """Draw one of `n_choices` for every acting animal of every world, `out` (n_worlds, n_acting)."""
    for w in range(out.shape[0]):
        base = noise.moment(keys[w], episodes[w], 2**31)
        for k in range(out.shape[1]):
            out[w, k] = int(noise.uniform(noise.draw(base, noise.HISTORY, k, which)) * n_choices)


class World:
    """`n_worlds` copies of an assay, advanced together.

    `overrides` are biological parameters of the acting animals: scalars, or one value per row (`n_worlds` × acting
    animals, world by world). `sex` is that of the acting animals, one word or one for each row; `table` is the name of
    the parameter table. Conspecifics that do not act have the table's values for their sex, whatever the overrides.
    `attachment` gives every animal a slow state (`vocabulary.SLOW`) that is felt and perceived; None: as usual in the
    assay. `options` are those of an episode (`vocabulary.OPTIONS`) by name: a value, or a list that each reset draws
    from. `own_slow_state` gives the acting animals variables of `vocabulary.SLOW` of their own, each (n_rows,): they
    come to every episode with them, unless the options of a reset say otherwise.

    `tones_apart` says whether animals perceive the dopamine tone at D2 receptors in a channel of its own (None: if
    one of `drugs` moves one tone alone). A network needs the channels that it was trained with, whatever the drugs of
    a test, so whoever plays trained networks says what it was in training.
    """

    def __init__(
        self,
        assay: Assay,
        n_worlds: int,
        *,
        overrides: Mapping[str, Any] | None = None,
        sex: str | Sequence[str] = "female",
        table: str = CURRENT,
        dt_s: float | None = None,
        duration_s: float | None = None,
        arms: Mapping[str, str | Sequence[str]] | None = None,
        drugs: Sequence[Mapping[str, Any]] = (),
        attachment: bool | None = None,
        tones_apart: bool | None = None,
        own_slow_state: Mapping[str, Any] | None = None,
        threads: int = 1,
        **options: Any,
    ) -> None:
        self.assay = assay
        self.n_worlds = n_worlds
        duration_s = assay.duration_s if duration_s is None else duration_s
        dt_s = assay.dt_s if dt_s is None else dt_s
        self.attachment = assay.has_attachment(attachment)
        self.terms = terms_of(self.attachment, assay.contexts, assay.has_litter)
        self._doses = schedule(drugs)
        apart = parts_tones(dose["drug"] for dose in drugs) if tones_apart is None else tones_apart
        if not isinstance(apart, (bool, np.bool_)):
            raise ParameterError(f"tones_apart must be True, False or None (as the drugs are), got {tones_apart!r}")
        self.tones_apart = bool(apart)
        self.stage = assay.stage(dt_s, duration_s, attachment=self.attachment, tones_apart=self.tones_apart)
        self.dt_s, self.duration_s = float(dt_s), float(duration_s)
        self.n_rows = n_worlds * len(assay.acting)
        self.sexes = sex_of_rows(sex, self.n_rows)
        self._check_cage_mates()
        overrides = dict(overrides or {})
        per_row = any(np.ndim(value) for value in [*overrides.values(), *(arms or {}).values()])
        per_row |= len(set(self.sexes.tolist())) > 1
        n_records = self.n_rows if per_row else 1
        sexes = [SEXES[number] for number in self.sexes[:n_records]]
        acting = parameters.record(n_records, overrides, table, sex=sexes)
        # the last two records are those of females and of males that do not act
        self.parameters = np.concatenate([acting, parameters.record(2, table=table, sex=SEXES)])
        switches = self._switches(arms or {}, n_records)
        self.rates = derive_rates(self.parameters, self.dt_s, switches)
        self._cohousing_rates = derive_rates(self.parameters, self.stage.cohousing_dt_s, switches)
        n_acting, n_chambers = len(assay.acting), len(assay.habitat.names)
        self._packed_stage = self.stage.packed()
        self._worlds = np.zeros(n_worlds, dtype=world_dtype(assay.n_animals, n_acting))
        self.record_of[:] = n_records
        rows = np.arange(self.n_rows).reshape(n_worlds, n_acting)
        self.record_of[:, list(assay.acting)] = rows if per_row else 0
        self._worlds["animals"]["sex"][:, list(assay.acting)] = self.sexes.reshape(n_worlds, n_acting)
        for variable in SLOW:
            self._worlds["animals"][variable.name] = variable.reference
        n_bins = int(np.ceil(self.duration_s / self.stage.bin_s - 1e-9))
        self.counters = np.zeros((n_worlds, n_acting, n_counters(assay.n_animals, n_chambers, assay.has_litter)))
        self.bins = np.zeros((n_worlds, n_acting, assay.n_animals, n_bins))
        options_on = {"attachment": self.attachment, "tones_apart": self.tones_apart}
        self.observation_space = space_of(assay, **options_on)
        self.observation_names = names_of(assay, **options_on)
        self.n_actions = assay.n_actions
        self.observations = np.zeros((self.n_rows, self.observation_space.shape[0]), dtype=np.float32)
        # what is felt in a tick before the test
        self._felt = np.zeros((len(self.terms), self.n_rows)), np.zeros(self.n_rows)
        usual = {option.name: assay.usual.get(option.name, option.default) for option in OPTIONS}
        given = {name: options.pop(name, default) for name, default in usual.items()}
        if options:
            raise TypeError(f"got an unexpected keyword argument '{next(iter(options))}'")
        if given["session"] is None:
            given["session"] = list(assay.usual_sessions)
        self._history = self.check_history(given)
        self._own_slow_state = checked_rows(own_slow_state or {}, self._check_number, self.n_rows, n_acting)
        self._pool = ThreadPoolExecutor(threads - 1) if threads > 1 and n_worlds >= _THREAD_FROM else None
        self._cuts = [int(cut) for cut in np.linspace(0, n_worlds, threads + 1 if self._pool else 2)]

    def _acting_mates(self) -> list[tuple[int, int, NDArray[np.bool_]]]:
        """Return the cage mates that both act, and in which worlds they are of different sexes."""
        sexes = self.sexes.reshape(self.n_worlds, -1)
        pairs = [(i, j) for i, j in enumerate(self.assay.cohoused_with[: sexes.shape[1]]) if i < j < sexes.shape[1]]
        return [(i, j, sexes[:, i] != sexes[:, j]) for i, j in pairs]

    def _check_cage_mates(self) -> None:
        """Refuse animals of both sexes as cage mates where these can only be peers."""
        if "mate" in self.assay.relationships:
            return
        for i, j, differ in self._acting_mates():
            if differ.any():
                raise ParameterError(
                    f"sex: {self.assay.animals[i]} and {self.assay.animals[j]} are cage mates, which are of one sex in "
                    f"{self.assay.id}; got a female and a male"
                )

    def _check_relationship(self, given: NDArray[np.int64], mask: NDArray[np.bool_]) -> None:
        """Refuse a relationship that does not fit the sexes of cage mates that both act, in the worlds of `mask`."""
        if "mate" not in self.assay.relationships:
            return
        for i, j, differ in self._acting_mates():
            unfit = [(word, mates) for word, mates in zip(RELATIONSHIPS, (False, True), strict=True)
                     if RELATIONSHIPS.index(word) in given and (differ[mask] != mates).any()]  # fmt: skip
            if unfit:
                one, other = self.assay.animals[i], self.assay.animals[j]
                sexes = "a female and a male" if unfit[0][0] == "peer" else "of one sex"
                need = "peers are of one sex" if unfit[0][0] == "peer" else "mates are a female and a male"
                raise ParameterError(f"relationship: {need}, but {one} and {other} are {sexes}; got {unfit[0][0]!r}")

    @staticmethod
    def _switches(arms: Mapping[str, str | Sequence[str]], n_records: int) -> dict[str, NDArray[np.str_]]:
        """Return arm settings for every parameter record; animals that do not act keep their own gain."""
        switches = {}
        for arm, setting in check_arms(arms).items():
            if setting.ndim and setting.shape != (n_records,):
                raise ParameterError(f"arm '{arm}' must be one setting or one for each of {n_records} rows")
            switches[arm] = np.append(np.broadcast_to(setting, n_records).astype("U9"), ["own", "own"])
        return switches

    # ------------------------------------------------------------------ episodes

    def check_history(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Check the options of an episode; unknown keys and bad values raise `ParameterError`."""
        for key in options:
            if key not in RESET_KEYS:
                near = nearest(str(key), RESET_KEYS)
                hint = f"did you mean '{near}'? Allowed" if near else "allowed"
                raise ParameterError(f"unknown reset option {key!r}; {hint}: {', '.join(RESET_KEYS)}")
        checked = dict(options)
        for option in OPTIONS:
            if option.name in options:
                check = self._check_number if option.is_number else self._check_word
                checked[option.name] = check(option, options[option.name])
        for key in ("mating", "continued"):
            if key in options and not isinstance(options[key], (bool, np.bool_)):
                raise ParameterError(f"{key} must be True or False, got {options[key]!r}")
        if "stressor_start_h" in checked and (checked["stressor_start_h"] * 3600.0 >= self.duration_s).any():
            raise ParameterError(
                f"stressor_start_h must be before the end of the test, which lasts {self.duration_s / 3600.0:g} h; got "
                f"{options['stressor_start_h']!r}"
            )
        check_days(checked.get("conditioning_days", ()))
        side = options.get("side")
        if side is not None and side not in list(self.assay.placements):  # a list: `side` may be unhashable
            raise ParameterError(f"side must be one of {', '.join(self.assay.placements)} or None, got {side!r}")
        return checked

    def _check_number(self, option: Option, given: Any) -> NDArray[np.float64]:
        array = np.asarray(given)
        if array.dtype.kind not in "fiu" or array.ndim > 1 or array.size == 0:
            raise ParameterError(f"{option.name} must be a number of {option.unit} or a list of them, got {given!r}")
        if not (np.isfinite(array) & (array >= option.lowest) & (array <= option.highest)).all():
            raise ParameterError(
                f"{option.name} must be {option.lowest:g} to {option.highest:g} {option.unit}, got {given!r}"
            )
        if option.of_attachment and not self.attachment and (array != option.default).any():
            raise ParameterError(f"{option.name} is not allowed without attachment=True; got {given!r}")
        if option.of_doors and not self.assay.doors and (array != option.default).any():
            raise ParameterError(f"{option.name} is not allowed in {self.assay.id}, which has no doors; got {given!r}")
        self._check_contexts(option, given, array != option.default)
        return np.atleast_1d(array.astype(np.float64))

    def _check_contexts(self, option: Option, given: Any, differs: Any) -> None:
        """Refuse an option of conditioning that `differs` from its default in an assay that has none."""
        if option.of_contexts and not self.assay.contexts and np.any(differs):
            raise ParameterError(
                f"{option.name} is not allowed in {self.assay.id}, which has no conditioning; got {given!r}"
            )

    def _check_word(self, option: Option, given: Any) -> NDArray[np.int64]:
        known, why = list(option.words or self.assay.session_table), ""
        allowed = known
        if option.name == "relationship" and list(self.assay.relationships) != known:
            allowed, why = list(self.assay.relationships), f" in {self.assay.id}, whose cage mates are of one sex"
        if option.of_strangers and not self.assay.strangers:
            allowed, why = [str(option.default)], f" in {self.assay.id}, which has no stranger"
        kinds = list(given) if isinstance(given, (list, tuple, np.ndarray)) else [given]
        if not kinds or any(kind not in allowed for kind in kinds):
            raise ParameterError(f"{option.name} must be one of {', '.join(allowed)}{why}, got {given!r}")
        self._check_contexts(option, given, [kind != option.default for kind in kinds])
        return np.array([known.index(kind) for kind in kinds])

    def seed(self, keys: NDArray[np.uint64], mask: NDArray[np.bool_]) -> None:
        """Give the worlds in `mask` new keys and restart their episode count."""
        self.batch.worlds["key"][mask] = keys
        self.batch.worlds["episode"][mask] = -1

    def begin(self, mask: NDArray[np.bool_], options: Mapping[str, Any] | None = None) -> None:
        """Begin a new episode in the worlds of `mask` (n_worlds,) and write their first observations.

        `options` override, for these episodes, those of the constructor. Where `cohousing_h`, `relationship` or
        `separation_h` is a list, each episode draws one of its values.
        """
        own = self.check_history(options or {})
        history = {**self._history, **own}
        self._check_relationship(history["relationship"], mask)
        self.observations = self.observations.copy()  # a caller may still hold the last ones
        worlds = self.batch.worlds
        worlds["episode"][mask] += 1
        for option in OPTIONS:
            if option.of_animals:
                continue
            choices = history[option.name]
            picked = np.zeros(self.n_worlds, dtype=np.int64)
            if len(choices) > 1:
                _pick(worlds["key"].copy(), worlds["episode"].copy(), option.stream, len(choices), picked)
            worlds[option.name][mask] = choices[picked[mask]]
        worlds["mating"][mask] = history.get("mating", True)
        worlds["continued"][mask] = history.get("continued", False)
        if self.attachment:
            self._bring_slow_state(mask, history, own)
        side = history.get("side")
        if side is not None:
            worlds["placement"][mask] = list(self.assay.placements).index(side)
        elif not (self.assay.contexts and history.get("continued", False)):
            worlds["placement"][mask] = -1
        # else animals live on that know the contexts, which stay on their sides
        self._spread(begin_worlds, mask, self._packed_stage, self._doses, self._cohousing_rates, self.rates,
                     self._worlds, self.counters, self.bins, self.observations, *self._felt)  # fmt: skip

    def _bring_slow_state(self, mask: NDArray[np.bool_], history: Mapping[str, Any], own: Mapping[str, Any]) -> None:
        """Give the animals of new episodes their slow state; those that live on keep it unless `own` options say so."""
        worlds, animals = self.batch.worlds, self.batch.animals
        n_acting = len(self.assay.acting)
        lives_on = history.get("continued", False)
        for option in (one for one in OPTIONS if one.of_animals):
            if lives_on and option.name not in own:
                continue
            if option.name in self._own_slow_state and option.name not in own:
                animals[option.name][mask, :n_acting] = self._own_slow_state[option.name][mask]
            else:
                choices = history[option.name]
                picked = np.zeros((self.n_worlds, n_acting), dtype=np.int64)
                if len(choices) > 1:
                    _pick_each(worlds["key"].copy(), worlds["episode"].copy(), option.stream, len(choices), picked)
                animals[option.name][mask, :n_acting] = choices[picked[mask]]
            if not lives_on:
                animals[option.name][mask, n_acting:] = option.default

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
        """Advance all worlds by one tick.

        `actions` (n_rows,) int64. Returns fresh arrays: observations (n_rows, n_features) float32, reward (n_rows,)
        float64, truncated (n_rows,) bool, reward terms (n_terms, n_rows) float64 in the order of `terms`.
        """
        observations = np.empty_like(self.observations)
        reward = np.empty(self.n_rows)
        terms = np.empty((len(self.terms), self.n_rows))
        truncated = np.empty(self.n_rows, dtype=np.bool_)
        self._spread(
            step_worlds,
            self._packed_stage,
            self._doses,
            self.rates,
            self._worlds,
            self.counters,
            self.bins,
            actions,
            observations,
            reward,
            terms,
            truncated,
        )
        self.observations = observations
        return observations, reward, truncated, terms

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions can have an effect at the coming tick, (n_rows, n_actions) bool."""
        masks = np.empty((self.n_rows, self.n_actions), dtype=np.bool_)
        write_masks(self._packed_stage, self._worlds, masks)
        return masks

    def _spread(self, kernel: Any, *arguments: Any) -> None:
        """Run a compiled kernel over all worlds, on the requested number of threads."""
        if self._pool is None:
            kernel(0, self.n_worlds, *arguments)
            return
        spans = list(itertools.pairwise(self._cuts))
        others = [self._pool.submit(kernel, *span, *arguments) for span in spans[1:]]
        kernel(*spans[0], *arguments)
        for other in others:
            other.result()

    @property
    def batch(self) -> Batch:
        """The state of all worlds by name, as views: writing to them changes the worlds."""
        worlds = self._worlds
        return Batch(worlds["test"], worlds["animals"], worlds["pairs"], worlds["slots"], self.counters, self.bins)

    def slow_state(self) -> SlowState:
        """Return the slow state of all animals as it is now, arrays (n_worlds, n_animals)."""
        return SlowState(**{variable.name: self.batch.animals[variable.name].copy() for variable in SLOW})

    def grow(self) -> None:
        """Let development follow what the animals have lived through since the last reset: cohousing, apart, test.

        Age, expression, competence and reactivity move as in `development.grow`. Load and the memory of company have
        moved already, tick by tick. What was lived through counts once: a second call changes nothing.
        """
        grow_lived(self.batch.animals, self.parameters[self.record_of])

    @property
    def record_of(self) -> NDArray[np.int64]:
        """Which record of `parameters` and `rates` each animal has, (n_worlds, n_animals)."""
        return self._worlds["rates_of"]

    # ------------------------------------------------------------------ snapshots of the whole state

    def get_state(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that changes, by name; records stay records."""
        state = {name: array.copy() for name, array in self.batch._asdict().items()}
        return {**state, "observations": self.observations.copy()}

    def set_state(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Restore what `get_state` returned; other shapes or records raise `ValueError`."""
        for name, own in self.batch._asdict().items():
            if own.shape != state[name].shape or own.dtype != state[name].dtype:
                raise ValueError(
                    f"state '{name}' has shape {state[name].shape} {state[name].dtype}, expected {own.shape} "
                    f"{own.dtype}"
                )
            own[...] = state[name]
        self.observations = state["observations"].copy()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_pool": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if len(self._cuts) > 2:
            self._pool = ThreadPoolExecutor(len(self._cuts) - 2)
