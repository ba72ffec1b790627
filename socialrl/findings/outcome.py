"""From a judged scorecard to its typed result, with Holm's correction over the predicted comparisons of a family."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from socialrl import __version__
from socialrl.analysis import statistics
from socialrl.findings import scorecard as scoring
from socialrl.findings.mechanisms import Given, switched_on, told
from socialrl.findings.records import OF_ATTACHMENT
from socialrl.findings.results import (
    FORMAT,
    ComparisonResult,
    FindingResult,
    MeasureResult,
    MechanismResult,
    PublishedResult,
    Result,
    SideResult,
    SourceResult,
)
from socialrl.findings.scorecard import Judged, Row, Scorecard


def result_of(
    card: Scorecard,
    name: str = "",
    *,
    made: Mapping[str, Any] | None = None,
    hangs_on: Mapping[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Result:
    """Return the result of a scorecard.

    `made` says how the tables were made (preset, seed, command, versions). `hangs_on` maps findings that survive every
    change of an assumed parameter except those of one to that parameter. `notes` are sentences for the reader.
    """
    rows = card.rows
    corrected = _corrected(rows)
    used = {row.contrast.measure for row in rows}
    values = ((made or {}).get("parameters") or {}).get("values") or {}
    return Result(
        format=FORMAT,
        socialrl=__version__,
        name=name,
        made=dict(made or {}),
        rule=(scoring.__doc__ or "").strip(),
        min_animals=scoring.MIN_ANIMALS,
        alpha=scoring.ALPHA,
        counts=card.counts(),
        findings=tuple(_finding(one, corrected, hangs_on or {}, values) for one in card.findings),
        notes=tuple(notes),
        measures=tuple(
            MeasureResult(one.label, one.unit, one.smallest or math.nan, one.same_within or math.nan, one.why)
            for key, one in card.registry.measures.items()
            if key in used and one.why
        ),
        mechanisms=_mechanisms(rows, values),
    )


def _corrected(rows: Sequence[Row]) -> dict[str, float]:
    """p values of predicted comparisons by name, corrected over all of a family: those about lives, and all others."""
    found: dict[str, float] = {}
    for of_lives in (False, True):
        family = [row for row in rows if (row.finding.question in OF_ATTACHMENT) == of_lives]
        predicted = [row.effect.p if row.use == "predicted" else math.nan for row in family]
        if family:
            found |= {row.name: float(p) for row, p in zip(family, statistics.holm(predicted), strict=True)}
    return found


def _mechanisms(rows: Sequence[Row], values: Mapping[str, Given]) -> tuple[MechanismResult, ...]:
    """The parameters of all mechanisms that findings name, in their order, with the comparisons that name them.

    `values` are the animals' parameters as far as they were recorded.
    """
    named: dict[str, list[str]] = {}
    for row in rows:
        for name in row.finding.mechanism_of(row.contrast):
            named.setdefault(name, []).append(row.name)
    if not named:
        return ()
    from socialrl_envs.parameters import parameter  # only where it is needed: the world is slow to load

    found, on = [], switched_on(named, values)
    for name, where in named.items():
        one = parameter(name)
        value, words = told(name, values)
        about = (one.unit, one.low, one.high, one.meaning, one.evidence, one.source)
        found.append(MechanismResult(name, value, *about, tuple(where), name in on, words))
    return tuple(found)


def _finding(
    judged: Judged, corrected: Mapping[str, float], hangs_on: Mapping[str, str], values: Mapping[str, Given]
) -> FindingResult:
    finding = judged.finding
    return FindingResult(
        id=finding.id,
        title=finding.title,
        statement=finding.statement,
        question=finding.question,
        source=SourceResult(finding.source.citation, finding.source.doi, finding.source.note),
        grade=finding.grade,
        confidence=finding.confidence,
        use=finding.use,
        published=finding.published,
        verdict=judged.verdict,
        kind=judged.kind,
        counted=judged.counted,
        hangs_on=hangs_on.get(finding.id),
        may_fail=finding.may_fail,
        comparisons=tuple(_comparison(row, corrected[row.name], values) for row in judged.rows),
    )


def _comparison(row: Row, p_holm: float, values: Mapping[str, Given]) -> ComparisonResult:
    effect, contrast = row.effect, row.contrast
    sides = effect.side_a is not None and not effect.missing
    two_groups = effect.side_b is not None and contrast.kind != "conditions" and contrast.paired
    published = contrast.reference
    mechanism = row.finding.mechanism_of(contrast)
    on = switched_on(mechanism, values)
    return ComparisonResult(
        part=row.part,
        comparison=contrast.says,
        grade=row.grade,
        use=row.use,
        assay=row.assay,
        tests=" ".join(contrast.conditions),
        groups=" ".join(contrast.groups),
        measure=contrast.measure,
        expected=contrast.expected,
        unit=effect.unit,
        difference=effect.difference.value,
        difference_low=effect.difference.low,
        difference_high=effect.difference.high,
        interval=effect.difference.method,
        effect_size=effect.size.value,
        effect_size_low=effect.size.low,
        effect_size_high=effect.size.high,
        effect_size_is=effect.size_name,
        n=effect.n,
        p=effect.p,
        p_test=effect.p_name,
        p_holm=p_holm,
        smallest=row.smallest,
        same_within=row.same_within,
        verdict=row.verdict,
        because=row.because,
        decides=row.decides,
        notes="; ".join(effect.notes),
        kind=contrast.kind,
        label=row.measure.label,
        digits=row.measure.digits,
        missing=effect.missing,
        note=contrast.note,
        replicate=_replicate(effect.side_a) if sides else "",
        per_group=sides and two_groups,
        this=_side(effect.side_a, effect.sd_a) if sides else None,
        than=_side(effect.side_b) if sides else None,
        value=effect.reference,
        mechanism=mechanism,
        off=tuple(name for name in mechanism if name not in on),
        could_see=statistics.could_be_seen(
            effect.difference.low, effect.difference.high, same=contrast.expected == "same"
        ),
        reference=None if published is None else PublishedResult(published.mean, published.sd, published.n),
    )


def _replicate(values: pd.Series | None) -> str:
    """Pairs have names and animals numbers; see the column `unit` of evaluation tables."""
    return "animal" if values is None or pd.api.types.is_numeric_dtype(values.index) else "pair"


def _side(values: pd.Series | None, sd: float = math.nan) -> SideResult | None:
    if values is None:
        return None
    mean = statistics.mean_interval(values)
    return SideResult(mean.value, mean.low, mean.high, sd if math.isfinite(sd) else float(values.std(ddof=1)), mean.n)
