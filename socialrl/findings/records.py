"""What a registry of findings may contain: one immutable record per section of the file; pydantic holds them.

A finding is data: what was seen, by whom, how good the evidence is, and which comparison of model animals would show
it. The words are those of the file: `this` is expected to be `higher` or `lower` `than` the other side, or the `same`.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints, model_validator

from socialrl.analysis.measure import Measure
from socialrl.config import shapes, words
from socialrl.config.checks import choice, number, one_or_list, optional_choice, refuse, whole
from socialrl.config.shapes import Checked
from socialrl.config.values import Parameters
from socialrl.findings.base import ANY_NAME, Name, PlainName, Record, Text
from socialrl.findings.condition import Condition
from socialrl_envs.vocabulary import SEXES

QUESTIONS: dict[str, str] = {
    "bond": "Do they bond, and how fast?",
    "group": "Does it hold in a group?",
    "worth": "What is it worth to them?",
    "defend": "Do they defend it?",
    "accumbens": "What does the accumbens do?",
    "early": "Where does the gain come from?",
    "buffer": "What is a bond good for?",
    "step": "Who falls into step?",
    "handed": "What is handed on?",
    "repair": "What repairs?",
    "arm": "Which arm does it?",
    "sure": "How sure are we?",
}
"""The questions by which a scorecard is ordered, in their order."""

OF_ATTACHMENT = frozenset({"early", "buffer", "step", "handed", "repair"})
"""The questions about lives: their comparisons are a family of their own where p values are corrected."""

SIGNS = {"higher": +1, "lower": -1, "same": 0}

_Names = Annotated[tuple[Name, ...], one_or_list(ANY_NAME)]
_Parameters = Annotated[
    tuple[PlainName, ...],
    Checked(lambda value: (value,) if isinstance(value, str) else value, shape=lambda: _shape_of_mechanisms()),
]
_Grade = Annotated[str, choice("A", "B", "C")]
_Use = Annotated[str, choice("calibrated", "mechanism", "predicted", "novel", "control", "context")]
_ContrastUse = Annotated[str, choice("calibrated", "mechanism", "predicted", "novel")]
NAMING_MECHANISMS = ("mechanism", "predicted")
"""The uses of comparisons that can name a mechanism."""
_Positive = Annotated[float | None, number(above=0, optional=True)]


def _shape_of_mechanisms() -> shapes.JSON:
    from socialrl_envs.parameters import NAMES

    return shapes.either_of(shapes.one_of(NAMES), shapes.lists(shapes.one_of(NAMES)))


class AnimalGroup(Record):
    """Animals of one kind: what to train (`oxtr_gain`, `arms`, `parameters`, `sex`) and under which genotype names
    they are found.

    `sex` is female, male or mixed (in turn); of a group that names none females are trained, and evoked release is
    recorded in both sexes. Rows of the other sex do not count for a group of one. `parameters` are those that differ
    from all others' in this group.
    """

    oxtr_gain: Annotated[float, number(0, 2)]
    names: Annotated[tuple[Name, ...], Field(min_length=1)]
    arms: dict[str, Annotated[str, choice("own", "wild_type", "knockout")]] = {}
    parameters: Parameters = {}
    sex: Annotated[str | None, optional_choice(lambda: words.SEXES)] = None

    @property
    def special(self) -> bool:
        """Whether it is trained only where a comparison needs it: of a sex or with parameters of its own."""
        return self.sex is not None or bool(self.parameters)

    @property
    def where(self) -> dict[str, str]:
        """The column and value that the group's rows must have."""
        return {"sex": self.sex} if self.sex in SEXES else {}


class OwnMeasure(Record):
    """A measure that a file defines; the others are in the measures table (`socialrl.analysis.measure_table`).

    Either `sum` (columns that are added, list columns over `hours`), divided by the sum of `per`; or `first` less
    `less` (two measures); or `time_to` (hours of cohousing from which on that measure stays at the guide line of 2/3).
    With a `guard` (in the unit of the columns) it is the log-odds ln((sum + guard) / (rest of per + guard)).
    Repeats are averaged before the ratio is taken. `smallest` is the smallest difference that counts as one,
    `same_within` the margin inside which two sides are the same; `why` gives the reason for both.
    """

    label: Text
    unit: Text
    sum: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    hours: tuple[float, float] | None = None
    first: str | None = None
    less: str | None = None
    time_to: str | None = None
    guard: _Positive = None
    smallest: _Positive = None
    same_within: _Positive = None
    why: str = ""
    digits: Annotated[int, whole(0, 4)] = 2

    @model_validator(mode="after")
    def _one_way(self) -> OwnMeasure:
        ways = [bool(self.sum), self.first is not None and self.less is not None, self.time_to is not None]
        if sum(ways) != 1:
            raise refuse("needs exactly one of: sum (with per, or without), first and less, time_to")
        if self.per and not self.sum:
            raise refuse("per needs sum")
        if self.guard and not self.per:
            raise refuse("needs per: it makes the log-odds of sum against the rest of per", key="guard")
        if (self.smallest or self.same_within) and not self.why:
            raise refuse("is missing: give the reason for smallest and same_within", key="why")
        return self

    def as_measure(self, name: str) -> Measure:
        """Return the record of the measures table."""
        return Measure(name, formula="defined in a file of findings", low=-math.inf, **self.model_dump())


class Side(Record):
    """One side of a comparison: animals of `group` in `conditions` (averaged), `minus` the same animals in others.

    `where` keeps only rows with these values, such as `{sex: female}`.
    """

    group: _Names
    conditions: _Names
    minus: _Names = ()
    where: dict[str, str | int | float] = {}


class Reference(Record):
    """A published distribution over animals, each tested once: mean and standard deviation in the measure's unit, n."""

    mean: Annotated[float, number()]
    sd: Annotated[float, number(above=0)]
    n: Annotated[int, whole(2)]


class Contrast(Record):
    """One comparison and the direction that the finding expects of it.

    kind: `groups` and `conditions` compare `this` with `than`; `interaction` compares two differences (both sides have
    `minus`); `against` compares `this` with the number `value`; `distribution` compares the `mean` or the `spread` of
    `this` with a published `reference`; `trend` asks for the slope of the measure `over` a column; `matched` compares
    `this` with `than` where both have the same mean of the measure `at_equal`, between conditions of different
    `cohousing_h` (see `socialrl.findings.matched`). `mechanism` names the parameters that switch on what was added
    to the model because of this comparison; one whose `use` is predicted counts as a prediction where they are off.
    """

    says: Text
    kind: Annotated[str, choice("groups", "conditions", "interaction", "against", "distribution", "trend", "matched")]
    measure: Name
    this: Side
    than: Side | None = None
    value: Annotated[float | None, number(optional=True)] = None
    reference: Reference | None = None
    of: Literal["mean", "spread"] = "mean"
    over: Literal["oxtr_gain", "cohousing_h", "separation_h", "dose"] | None = None
    at_equal: Name | None = None
    paired: bool = True
    expected: Annotated[str, choice(*SIGNS)]
    smallest: _Positive = None
    same_within: _Positive = None
    use: _ContrastUse | None = None
    mechanism: _Parameters = ()
    grade: _Grade | None = None
    decides: bool = True
    note: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Contrast:
        needs = {"against": "value", "distribution": "reference", "trend": "over"}.get(self.kind, "than")
        for name in ("than", "value", "reference", "over"):
            given = getattr(self, name) is not None
            if name == needs and not given:
                raise refuse(f"is missing: a contrast of kind {self.kind} needs it", key=name)
            if name != needs and given:
                raise refuse(f"is not allowed in a contrast of kind {self.kind}", key=name)
        if (self.kind == "matched") != (self.at_equal is not None):
            wrong = "is missing: a contrast of kind matched needs it" if self.kind == "matched" else None
            raise refuse(wrong or f"is not allowed in a contrast of kind {self.kind}", key="at_equal")
        for name, side in (("this", self.this), ("than", self.than)):
            if side is None:
                continue
            if self.kind == "matched" and side.minus:
                raise refuse("is not allowed in a contrast of kind matched", key=f"{name}.minus")
            if self.kind == "interaction" and not side.minus:
                raise refuse("is missing: an interaction compares two differences", key=f"{name}.minus")
            if len(side.group) != 1 and not (self.kind == "trend" and self.over == "oxtr_gain"):
                raise refuse("must name one group (several only for a trend over oxtr_gain)", key=f"{name}.group")
        if self.this == self.than:
            raise refuse(
                "is the same as this: the same tests of the same animals, so there is nothing to show", key="than"
            )
        if self.kind == "conditions" and self.than and self.this.group != self.than.group:
            raise refuse("must be the same on both sides of a contrast of kind conditions", key="than.group")
        n_places = len(self.this.group if self.over == "oxtr_gain" else self.this.conditions)
        if self.kind == "trend" and n_places < 2:
            raise refuse("needs two groups or conditions at least to have a slope", key="this")
        return self

    @property
    def sides(self) -> tuple[Side, ...]:
        """One side, or both."""
        return (self.this,) if self.than is None else (self.this, self.than)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of all tests that the comparison needs, each once."""
        names = [name for side in self.sides for name in (*side.conditions, *side.minus)]
        return tuple(dict.fromkeys(names))

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of all groups that the comparison needs, each once."""
        return tuple(dict.fromkeys(name for side in self.sides for name in side.group))


class Source(Record):
    """Where a finding comes from; `doi` is null where the article's was not seen, and `note` then says so."""

    citation: Text
    doi: str | None
    note: str = ""


class Finding(Record):
    """One published finding (or one null control) and the comparisons that would show it.

    grade: A full text or deposited data, B abstract or figure caption, C press copy. use: `calibrated` went into the
    parameters; `mechanism`: a mechanism was added to the model, for all animals, because of this finding, which
    therefore no longer tests the model, and `mechanism` then names the parameters that switch it on; `predicted` is
    neither; `novel` has not been tested in animals and gets no verdict; `control` is a null control; `context` is not
    compared. `may_fail` is one sentence on why the model may be
    wrong there.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Z]{1,8}[0-9]{1,4}$")]
    title: Text
    statement: Text
    source: Source
    grade: _Grade
    confidence: Annotated[str, choice("high", "medium", "low")]
    use: _Use
    mechanism: _Parameters = ()
    question: Annotated[str, choice(*QUESTIONS)]
    published: str = ""
    may_fail: Text
    conditions: dict[str, tuple[Condition, ...]] = {}
    contrasts: Annotated[tuple[Contrast, ...], Field(max_length=26)] = ()

    @model_validator(mode="after")
    def _context_or_contrast(self) -> Finding:
        if (self.use == "context") == bool(self.contrasts):
            raise refuse(
                "must be empty for a finding that is context only, and hold at least one contrast otherwise",
                key="contrasts",
            )
        return self

    def use_of(self, contrast: Contrast, on: Collection[str] = ()) -> str:
        """How a contrast was used (`calibrated`, `mechanism`, …): its own mark, else the finding's.

        `on` are the parameters of mechanisms that the animals have (`mechanisms.switched_on`): a prediction that one of
        them was added for is a `mechanism`.
        """
        use = contrast.use or self.use
        return "mechanism" if use == "predicted" and any(one in on for one in self.mechanism_of(contrast)) else use

    def mechanism_of(self, contrast: Contrast) -> tuple[str, ...]:
        """The parameters of the mechanism that was added because of a contrast: its own, else the finding's."""
        if contrast.mechanism:
            return contrast.mechanism
        use = contrast.use or self.use
        return self.mechanism if use == "mechanism" or (use == self.use and use in NAMING_MECHANISMS) else ()

    def grade_of(self, contrast: Contrast) -> str:
        """The evidence for a contrast: its own grade, else the finding's."""
        return contrast.grade or self.grade


class Dose(Record):
    """One panel of the dose-response figure: a measure in one test, against the gain."""

    measure: Name
    condition: Name


class Book(Record):
    """A file of findings; every section is optional, so that a file can add findings to another.

    `with_shipped` false leaves out the findings that come with socialrl; their groups and conditions can still be used.
    """

    with_shipped: Annotated[bool, Field(strict=True)] = True
    groups: dict[PlainName, AnimalGroup] = {}
    measures: dict[Name, OwnMeasure] = {}
    conditions: dict[str, tuple[Condition, ...]] = {}
    dose_response: tuple[Dose, ...] = ()
    findings: tuple[Finding, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _mapping(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            raise refuse(
                "must be a mapping with the keys findings, conditions, measures, groups, dose_response, with_shipped"
            )
        return data
