"""Evaluates one comparison of the registry on evaluation tables: effect, interval over animals, n, p.

Every kind comes down to one number per animal (or pair of animals with the same `index`, which share seeds and noise),
and the mean of these with its interval. A side is the mean of the measure over its conditions, less the mean over its
`minus` conditions.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from socialrl.analysis import statistics
from socialrl.analysis.measure_values import NotRun
from socialrl.analysis.statistics import NAN, Estimate
from socialrl.assays import short_id
from socialrl.findings import matched, spread
from socialrl.findings.records import Contrast, Side
from socialrl.findings.registry import Registry
from socialrl.findings.tables import animal_values, time_to_criterion

Tables = Mapping[str, pd.DataFrame]
"""Evaluation tables by assay id, short ("SocialOperant") or as registered ("socialrl/SocialOperant-v0")."""


@dataclass(frozen=True)
class Effect:
    """The result of a comparison, or why there is none (`missing`).

    `difference` is in `unit`, with its 95 % interval; `size` is the standardised effect named by `size_name` (d_z
    paired or against a number, g unpaired). `side_a`, `side_b` are the values per animal behind the two sides (`side_b`
    None against a number), `reference` that number, `sd_a` the spread of `this` side where it is not that of `side_a`.
    """

    difference: Estimate
    size: Estimate
    size_name: str
    p: float
    p_name: str
    n: int
    unit: str
    side_a: pd.Series | None = None
    side_b: pd.Series | None = None
    reference: float = NAN
    sd_a: float = NAN
    notes: tuple[str, ...] = ()
    missing: str = ""


def evaluate(
    contrast: Contrast, tables: Tables, registry: Registry, genotypes: Mapping[str, str] | None = None
) -> Effect:
    """Return the effect of a comparison; never raises for absent tables, tests or groups: `missing` says
    what is absent.

    `genotypes` maps groups of the registry to genotype names of the tables in place of the registry's own, such as
    `{"knockout": "arm_release_ko"}`.
    """
    try:
        return _evaluate(contrast, prepared(tables), registry, genotypes or {})
    except NotRun as reason:
        nothing = Estimate(NAN, NAN, NAN, 0, "not run")
        return Effect(nothing, nothing, "", NAN, "", 0, registry.measures[contrast.measure].unit, missing=str(reason))


class Prepared(dict[str, pd.DataFrame]):
    """Tables prepared for many comparisons by `prepared`; `values_of` caches what was computed."""

    values_of: dict[tuple[Any, ...], pd.Series]


def prepared(tables: Tables) -> Prepared:
    """Return the tables without animals under a changed parameter or arm of development, ready for many look-ups.

    Test and genotype become categories, and values per animal are computed once. Prepared tables are returned
    unchanged.
    """
    if isinstance(tables, Prepared):
        return tables
    ready = Prepared()
    ready.values_of = {}
    for name, table in tables.items():
        for changed in ("parameter", "development"):
            if changed in table:
                table = table[table[changed].isna() | (table[changed] == "")].drop(columns=changed)
        ready[name] = table.astype({column: "category" for column in ("test", "genotype") if column in table})
    return ready


def table_of(tables: Tables, assay: str) -> pd.DataFrame:
    """Return the table of an assay, whichever form of its id the tables use; raises `NotRun` when there is none."""
    for name, table in tables.items():
        if short_id(name) == short_id(assay) and len(table):
            return table
    raise NotRun(f"assay {short_id(assay)} was not run")


def genotype_of(table: pd.DataFrame, group: str, registry: Registry, genotypes: Mapping[str, str]) -> str:
    """Return the genotype name under which a group of the registry is in a table; raises `NotRun` when it is not."""
    if group in genotypes:
        return genotypes[group]
    present = set(table["genotype"].unique())
    for name in (group, *registry.groups[group].names):
        if name in present:
            return name
    raise NotRun(f"group {group} was not run")


@dataclass(frozen=True)
class _Reader:
    """The source of a comparison's values; each is computed once."""

    tables: Prepared
    assay: str
    registry: Registry
    genotypes: Mapping[str, str]

    def genotype(self, group: str) -> str:
        return genotype_of(table_of(self.tables, self.assay), group, self.registry, self.genotypes)

    def values(self, measure: str, test: str, genotype: str, where: Mapping[str, str | int | float]) -> pd.Series:
        key = (self.assay, measure, self.registry.measures[measure], test, genotype, *where.items())
        if key not in self.tables.values_of:
            table = table_of(self.tables, self.assay)
            self.tables.values_of[key] = animal_values(table, self.registry, measure, test, genotype, where)
        return self.tables.values_of[key]


def _evaluate(contrast: Contrast, tables: Prepared, registry: Registry, genotypes: Mapping[str, str]) -> Effect:
    reader = _Reader(tables, registry.assay(contrast), registry, genotypes)
    measure = registry.measures[contrast.measure]
    notes: list[str] = []
    if contrast.kind == "trend":
        slopes = _slopes(contrast, reader, notes)
        return _paired(slopes, None, 0.0, f"{measure.unit} per unit of {contrast.over}", notes)
    if contrast.kind == "matched":
        return _matched(contrast, reader, notes)
    if contrast.kind == "distribution":
        return _distribution(_tests(contrast, reader, notes), contrast, notes)
    this = _side(contrast.this, contrast, reader, notes)
    if contrast.kind == "against":
        assert contrast.value is not None
        return _paired(this, None, contrast.value, measure.unit, notes)
    assert contrast.than is not None
    than = _side(contrast.than, contrast, reader, notes)
    if contrast.paired:
        return _paired(this, than, NAN, measure.unit, notes)
    compared = statistics.unpaired(this, than)
    return Effect(
        compared.difference,
        compared.hedges_g,
        "g",
        compared.mann_whitney_p,
        "Mann–Whitney",
        compared.n_a + compared.n_b,
        measure.unit,
        this,
        than,
        notes=tuple(notes + _missing_note(this, than)),
    )


def _side(
    side: Side, contrast: Contrast, reader: _Reader, notes: list[str], rounds: Iterator[int] | None = None
) -> pd.Series:
    """One value per animal: mean over the conditions, less the mean over `minus`; an animal must have been in all.

    With `rounds` each test is taken from the next of them, else from all rounds.
    """
    genotype = reader.genotype(side.group[0])
    where = {**reader.registry.groups[side.group[0]].where, **side.where}
    measure = reader.registry.measures[contrast.measure]

    def values(name: str, test: str) -> pd.Series:
        one = {} if rounds is None else {"repeat": next(rounds)}
        return reader.values(name, test, genotype, {**where, **one})

    parts = []
    for tests in (side.conditions, side.minus):
        if not tests:
            continue
        if measure.time_to is not None:
            by_test = [values(measure.time_to, test) for test in tests]
            mean, n_never = time_to_criterion(by_test, [reader.registry.conditions[test].cohousing_h for test in tests])
            if n_never:
                notes.append(f"{n_never} of {len(mean)} {genotype} never reached it")
        else:
            by_test = [values(contrast.measure, test) for test in tests]
            mean = pd.concat(by_test, axis=1, join="inner").mean(axis=1, skipna=False)
        parts.append(mean)
    return parts[0] if len(parts) == 1 else parts[0] - parts[1]


def _paired(this: pd.Series, than: pd.Series | None, value: float, unit: str, notes: list[str]) -> Effect:
    other = pd.Series(value, index=this.index) if than is None else than
    compared = statistics.paired(this, other)
    extra = _missing_note(this, than)
    return Effect(
        compared.difference,
        compared.d_z,
        "d_z" if than is not None else "d",
        compared.wilcoxon_p,
        "signed-rank",
        compared.n,
        unit,
        this,
        than,
        reference=value,
        notes=tuple(notes + extra),
    )


def _missing_note(this: pd.Series, than: pd.Series | None) -> list[str]:
    missing = int(this.isna().sum()) + (0 if than is None else int(than.isna().sum()))
    return [f"{missing} without a value"] if missing else []


def _slopes(contrast: Contrast, reader: _Reader, notes: list[str], rounds: Iterator[int] | None = None) -> pd.Series:
    """Least-squares slope per pair (over groups of different gain) or per animal (over conditions)."""
    side = contrast.this
    points: list[tuple[float, pd.Series]] = []
    if contrast.over == "oxtr_gain":
        for group in side.group:
            one = side.model_copy(update={"group": (group,)})
            values = _side(one, contrast, reader, notes, rounds)
            points.append((reader.registry.groups[group].oxtr_gain, values))
    else:
        for test in side.conditions:
            one = side.model_copy(update={"conditions": (test,)})
            at = float(getattr(reader.registry.conditions[test], str(contrast.over)))
            points.append((at, _side(one, contrast, reader, notes, rounds)))
    x = np.array([at for at, _ in points], dtype=np.float64)
    spread = ((x - x.mean()) ** 2).sum()
    if spread == 0:
        raise NotRun(f"all values of {contrast.over} are the same, there is no slope")
    complete = pd.concat([series for _, series in points], axis=1, join="inner").dropna()
    return pd.Series(
        (complete.to_numpy(dtype=np.float64) * ((x - x.mean()) / spread)).sum(axis=1), index=complete.index
    )


def _matched(contrast: Contrast, reader: _Reader, notes: list[str]) -> Effect:
    """Two groups where both have the same mean of `at_equal`; p is that of the values mixed for this start."""
    curves = []
    for side in contrast.sides:
        genotype, tests = reader.genotype(side.group[0]), side.conditions
        curves.append(
            matched.curve(
                {test: reader.registry.conditions[test].cohousing_h for test in tests},
                {test: reader.values(str(contrast.at_equal), test, genotype, side.where) for test in tests},
                {test: reader.values(contrast.measure, test, genotype, side.where) for test in tests},
            )
        )
    found = matched.compare(curves[0], curves[1], paired=contrast.paired)
    unit, n = reader.registry.measures[contrast.measure].unit, found.difference.n
    if found.this is None or found.than is None:
        return Effect(found.difference, found.difference, "", NAN, "", n, unit, notes=tuple(notes))
    where = (
        f"{found.this_h:.0f} h of cohousing in {contrast.groups[0]} and {found.than_h:.0f} h in {contrast.groups[-1]}"
    )
    start = reader.registry.measures[str(contrast.at_equal)]
    notes.append(f"at {found.start:.{start.digits}f} in both ({start.label.lower()}): after {where}".replace("_", " "))
    if contrast.paired:
        compared = _paired(found.this, found.than, NAN, unit, notes)
        return replace(compared, difference=found.difference)
    apart = statistics.unpaired(found.this, found.than)
    return Effect(
        found.difference, apart.hedges_g, "g", apart.mann_whitney_p, "Mann–Whitney", n, unit, found.this, found.than,
        notes=tuple(notes),
    )  # fmt: skip


def _tests(contrast: Contrast, reader: _Reader, notes: list[str]) -> pd.DataFrame:
    """The measure in single tests: a row per animal, a column per repeat of the tests of `this`."""
    side, table = contrast.this, table_of(reader.tables, reader.assay)
    rows = table[table["genotype"] == reader.genotype(side.group[0])]
    if "repeat" not in rows:
        return _side(side, contrast, reader, notes).to_frame()
    repeats = [set(rows.loc[rows["test"] == test, "repeat"]) for test in contrast.conditions]
    tests = {}
    # where a test was not run, there is no repeat, and `_side` says which
    for repeat in sorted(set.intersection(*repeats)) or [0]:
        once = side.model_copy(update={"where": {**side.where, "repeat": int(repeat)}})
        tests[repeat] = _side(once, contrast, reader, notes)
    return pd.DataFrame(tests)


@dataclass(frozen=True)
class SingleTests:
    """What a comparison is made of, test by test: a row per animal (or pair), by index, a column per repeat.

    `than` is None where `this` is compared with the number `value`. NaN where a test has no value. In `unit`, which for
    a published distribution is its standard deviations.

    Tests of one round share their random numbers. So each test behind a value is of another round, as far as there are
    rounds; the column `after` further on in `than` is of other rounds than a column of `this`.
    """

    this: pd.DataFrame
    than: pd.DataFrame | None
    value: float
    unit: str
    after: int = 1


def single_tests(contrast: Contrast, tables: Tables, registry: Registry) -> SingleTests:
    """Return the values of a comparison of means in single tests; what is absent raises `NotRun`.

    The two sides of a matched comparison are mixed for the common start of each round, from tests of that round.
    """
    ready = prepared(tables)
    reader = _Reader(ready, registry.assay(contrast), registry, {})
    table = table_of(ready, reader.assay)
    unit = registry.measures[contrast.measure].unit
    repeats: list[Any] = [None]
    if "repeat" in table:
        played = [set(table.loc[table["test"] == test, "repeat"]) for test in contrast.conditions]
        repeats = sorted(set.intersection(*played)) or [0]  # none: `_side` says which test was not run
    this: dict[Any, pd.Series] = {}
    than: dict[Any, pd.Series] = {}
    for number, repeat in enumerate(repeats):
        # this round for the first test, the next for the second, and so on
        beginning = repeats[number:] + repeats[:number]
        if contrast.kind == "trend":
            this[repeat] = _slopes(contrast, reader, [], _rounds(beginning))
        elif contrast.kind == "matched":
            where: dict[str, int] = {} if repeat is None else {"repeat": int(repeat)}
            only = {"this": _only(contrast.this, where), "than": _only(contrast.than, where)}
            found = _matched(contrast.model_copy(update=only), reader, [])
            if found.side_a is None or found.side_b is None:
                raise NotRun(found.difference.method)
            this[repeat], than[repeat] = found.side_a, found.side_b
        else:
            this[repeat] = _side(contrast.this, contrast, reader, [], _rounds(beginning))
            if contrast.than is not None:
                than[repeat] = _side(contrast.than, contrast, reader, [], _rounds(beginning))
    value, of_this = contrast.value or 0.0, pd.DataFrame(this)
    if contrast.kind == "trend":
        unit = f"{unit} per unit of {contrast.over}"
    if contrast.reference is not None:
        value, unit = 0.0, "published standard deviations"
        of_this = (of_this - contrast.reference.mean) / contrast.reference.sd
    n_tests = len(contrast.this.conditions) + len(contrast.this.minus)
    after = n_tests if n_tests % len(repeats) else 1  # where all rounds are in use at least not the same one
    return SingleTests(of_this, pd.DataFrame(than) if than else None, value, unit, after)


def _rounds(repeats: Sequence[Any]) -> Iterator[int] | None:
    """The rounds again and again, or None where tests were not repeated."""
    return None if repeats[0] is None else itertools.cycle(int(one) for one in repeats)


def _only(side: Side | None, where: Mapping[str, int]) -> Side | None:
    return None if side is None else side.model_copy(update={"where": {**side.where, **where}})


def _distribution(tests: pd.DataFrame, contrast: Contrast, notes: list[str]) -> Effect:
    """The model's mean (in published standard deviations from the published mean) or its log ratio of spreads.

    Published animals were tested once, so the spread is that of one test of each animal. The interval is over model
    animals and takes the published figures as exact; the sampling error of the published mean is given in the note.
    """
    reference = contrast.reference
    assert reference is not None
    this = tests.mean(axis=1)
    found = tests.loc[this.notna()].to_numpy(dtype=np.float64)
    values = this.dropna().to_numpy(dtype=np.float64)
    notes = notes + _missing_note(this, None)
    if contrast.of == "mean":
        own = 1.96 / np.sqrt(reference.n)
        notes.append(f"published n {reference.n}: its mean is known to ± {own:.2f} standard deviations")
        estimate = statistics.mean_interval((values - reference.mean) / reference.sd)
        p = statistics.against(values, reference.mean).wilcoxon_p
        unit, p_name = "published standard deviations", "signed-rank"
    else:
        if found.shape[1] > 1:
            notes.append(f"spread of one test of each animal, pooled over {found.shape[1]} rounds of tests")
        estimate = spread.log_ratio(found, reference.sd)
        p, unit, p_name = NAN, "log ratio of standard deviations", ""
    return Effect(
        estimate, estimate, "d" if contrast.of == "mean" else "ln ratio", p, p_name, values.size, unit, this, None,
        reference=reference.mean, notes=tuple(notes), sd_a=float(spread.of_animals(found)),
    )  # fmt: skip
