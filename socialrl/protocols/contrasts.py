"""What a protocol's tests are to show: its `contrasts`, read and checked when the protocol is.

```yaml
contrasts:
  - says: After loss of a mate knockouts are less stressed than wild types
    measure: stress_area
    this: {group: ko, tests: mate_lost}
    than: {group: wt, tests: mate_lost}
    expected: lower
```

They become the records of findings, which call tests `conditions`. Groups are called as in a run or as in the registry,
so that only a run can say whether they are there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from socialrl.analysis.measure_table import measure_table, measures_of
from socialrl.assays import short_id
from socialrl.config.checks import shown
from socialrl.config.problems import Place, problems
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.errors import UserError, unknown
from socialrl.findings.records import SIGNS, Contrast

MOST = 26
"""Contrasts of one protocol: they are named by the letters of the alphabet."""
_OURS, _THEIRS = "tests", "conditions"
"""What a side's tests are called in a protocol, and in a file of findings."""
_KEYS = ("says", "kind", "measure", "this", "than", "value", "expected", "smallest", "same_within", "over", "reference",
         "of")  # fmt: skip
_SIDE_KEYS = ("group", _OURS, "minus", "where")
_OF_FINDINGS = ("paired", "use", "mechanism", "grade", "decides", "note", "at_equal")
"""Keys of a finding's comparison that say how the scorecard counts it; nothing reads them here."""


_SIDE: dict[str, Any] = {
    "type": "object",
    "required": ["group", _OURS],
    "additionalProperties": False,
    "properties": {
        "group": {"type": ["string", "array"], "description": "a group, called as in the run or as in the registry"},
        _OURS: {"type": ["string", "array"], "description": "a test of this protocol, or several that are averaged"},
        "minus": {"type": ["string", "array"], "description": "tests of the same animals that are subtracted"},
        "where": {"type": "object", "description": "only rows with these values, such as {sex: female}"},
    },
}


def shape() -> dict[str, Any]:
    """Return the JSON Schema of a protocol's contrasts."""
    words = {"type": "string"}
    properties: dict[str, Any] = {key: {} for key in _KEYS} | {
        "says": words | {"description": "the comparison in words"},
        "measure": words | {"description": "a measure of the assay, such as preference"},
        "this": _SIDE | {"description": "what is compared"},
        "than": _SIDE | {"description": "with what it is compared: another side"},
        "value": {"type": "number", "description": "with what it is compared: a number"},
        "expected": {"enum": list(SIGNS), "description": "what this is expected to be"},
        "smallest": {"type": "number", "description": "the smallest difference that counts"},
        "same_within": {"type": "number", "description": "the margin inside which both sides are the same"},
    }
    items = {"type": "object", "required": ["measure", "this", "expected"], "additionalProperties": False}
    return {"type": "array", "maxItems": MOST, "items": items | {"properties": properties}}


def read_contrasts(given: Sequence[Any], where: str) -> tuple[Contrast, ...]:
    """Return the comparisons of a protocol; a mistake raises `UserError` with `where`, the place and what is allowed.

    Whether their tests exist is asked by `check_tests`, which knows the protocol's plan.
    """
    if len(given) > MOST:
        raise UserError(f"{where}: contrasts: must be at most {MOST}, got {len(given)}")
    return tuple(_contrast(one, f"{where}: {place(number)}") for number, one in enumerate(given))


def place(number: int) -> str:
    """Return how errors name a contrast, counted from 0 as lists in files are."""
    return f"contrasts[{number}]"


def check_tests(contrasts: Sequence[Contrast], assay_of: Mapping[str, str], where: str) -> None:
    """Raise `UserError` for a comparison of tests that are not in `assay_of` (the assay of every test), of several
    assays, or of a measure that means nothing in theirs."""
    for number, one in enumerate(contrasts):
        at = f"{where}: {place(number)}"
        for side, tests in _tests(one):
            for name in tests:
                if name not in assay_of:
                    raise UserError(f"{at}: {side}: {unknown('test', name, list(assay_of))}")
        assays = list(dict.fromkeys(short_id(assay_of[name]) for name in one.conditions))
        if len(assays) > 1:
            raise UserError(f"{at}: a comparison stays in one assay, got tests of {' and '.join(assays)}")
        known = [measure.name for measure in measures_of(assays[0])]
        everywhere = not measure_table()[one.measure].assays
        if one.measure not in known and not everywhere:
            raise UserError(f"{at}: {unknown(f'measure of {assays[0]}', one.measure, known)}")


def absent_groups(contrasts: Sequence[Contrast], there: Collection[str], others: Mapping[str, Collection[str]]) -> str:
    """Return a note on groups of the comparisons that a run does not have, or nothing.

    `there` are the run's genotypes, `others` the names under which it may have each group of the registry.
    """
    names = dict.fromkeys(name for one in contrasts for name in one.groups)
    absent = [name for name in names if not set(there) & {name, *others.get(name, ())}]
    if not absent:
        return ""
    told = "; ".join(unknown("group", name, list(there), listed_as="this run has") for name in absent)
    return f"contrasts cannot be planned for with this run: {told}"


def _contrast(data: Any, where: str) -> Contrast:
    """The record of a comparison as a protocol has it; `kind` and `says` may be left out."""
    if not isinstance(data, dict):
        raise UserError(f"{where}: must be a mapping with measure, this and expected, got {shown(data)}")
    _known_keys(data, _KEYS, where)
    theirs = dict(data)
    for name in ("this", "than"):
        side = theirs.get(name)
        if side is not None:
            if not isinstance(side, dict):
                raise UserError(f"{where}: {name} must be a mapping with group and {_OURS}, got {shown(side)}")
            _known_keys(side, _SIDE_KEYS, where, f"{name}.")
            theirs[name] = {_THEIRS if key == _OURS else key: value for key, value in side.items()}
    if "kind" not in theirs and not {"than", "value", "over", "reference"} & set(theirs):
        raise UserError(f"{where}: needs than (another side) or value (a number), which this is compared with")
    theirs.setdefault("kind", _kind(theirs))
    theirs.setdefault("says", _says(theirs))
    if theirs["kind"] == "matched" or theirs.get("over") == "dose":
        raise UserError(f"{where}: can be written in a file of findings only, not in a protocol")
    try:
        found = Contrast.model_validate(theirs)
    except ValidationError as error:
        raise UserError(f"{where}: {problems(error, Contrast, _place)[0].text}") from error
    measures = measure_table()
    if found.measure not in measures:
        raise UserError(f"{where}: {unknown('measure', found.measure, measures)}")
    own_unit = found.kind in ("distribution", "trend")
    margin = found.same_within or (None if own_unit else measures[found.measure].same_within)
    if found.expected == "same" and margin is None:
        raise UserError(f"{where}: expected same needs same_within")
    return found


def _known_keys(data: Mapping[str, Any], known: Sequence[str], where: str, before: str = "") -> None:
    for key in map(str, data):
        if before and key == _THEIRS:
            raise UserError(f"{where}: {before}{_THEIRS}: is called {_OURS} in a protocol")
        if not before and key in _OF_FINDINGS:
            raise UserError(f"{where}: {key} is for a file of findings; in a protocol it says nothing")
        if key not in known:
            raise UserError(f"{where}: {unknown('key', f'{before}{key}', [before + one for one in known])}")


def _place(path: KeyPath) -> Place:
    return Place("", tuple(_OURS if part == _THEIRS else part for part in path))


def _tests(one: Contrast) -> list[tuple[str, Sequence[str]]]:
    """The tests of each side with their place."""
    found: list[tuple[str, Sequence[str]]] = []
    for name, side in (("this", one.this), ("than", one.than)):
        if side is not None:
            found += [(f"{name}.{_OURS}", side.conditions), (f"{name}.minus", side.minus)]
    return found


def _kind(data: Mapping[str, Any]) -> str:
    """The kind that the sides of a comparison imply."""
    this, than = data.get("this"), data.get("than")
    if "over" in data:
        return "trend"
    if "reference" in data:
        return "distribution"
    if not isinstance(this, dict) or not isinstance(than, dict):
        return "against" if than is None else "groups"
    if "minus" in this and "minus" in than and this.get("group") != than.get("group"):
        return "interaction"
    return "conditions" if this.get("group") == than.get("group") else "groups"


def _says(data: Mapping[str, Any]) -> str:
    """What a comparison says where it does not say so: "preference of ko in mate_lost lower than of wt in …"."""

    def told(side: Any) -> str:
        if not isinstance(side, dict):
            return str(data.get("value", "?"))
        names = [_listed(side.get(key)) for key in ("group", _THEIRS)]
        return f"{names[0]} in {names[1]}" + (f" less {_listed(side['minus'])}" if side.get("minus") else "")

    compared = f"{data.get('expected', '?')} than {told(data.get('than'))}"
    if data.get("expected") == "same":
        compared = f"the same as {told(data.get('than'))}"
    if data.get("kind") == "trend":
        compared = f"{data.get('expected', '?')} over {data.get('over', '?')}"
    return f"{data.get('measure', '?')} of {told(data.get('this'))}: {compared}"


def _listed(names: Any) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list | tuple) else str(names)
