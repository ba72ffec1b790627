"""Columns of the tables of a lineage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column
from socialrl.tables.columns_of_animals import SEX
from socialrl.tables.columns_of_studies import MEASURE as COMPARED
from socialrl.tables.columns_of_studies import VERDICT
from socialrl.tables.columns_of_studies import N as VALUES
from socialrl.tables.columns_of_studies import P as P_VALUE
from socialrl_envs.vocabulary import SLOW

_FOUNDER = "founders were not reared here"
_NOT_REARING = "it does not rear a litter"
_FEW = "too few values"
_SLOW = {one.name: one for one in SLOW}

MEASURE = replace(COMPARED, meaning="the measure")
N = replace(VALUES, meaning="how many litters or animals it rests on", missing=_FEW)
P = replace(P_VALUE, missing=_FEW)
_CELL = Column("cell", TEXT, "", "the line of litters")
_GENERATION = Column("generation", WHOLE, "", "generation, founders 0", 0)
_LOW = Column("low", NUMBER, "that of the row", "lower end of the 95 % interval", missing=_FEW)
_HIGH = Column("high", NUMBER, "that of the row", "upper end of the 95 % interval", missing=_FEW)
_R = Column("r", NUMBER, "", "Pearson's correlation", -1, 1, missing=_FEW)
_R_LOW = replace(_LOW, unit="", low=-1, high=1)
_R_HIGH = replace(_HIGH, unit="", low=-1, high=1)
_OVER = Column("over", TEXT, "", "which mothers or litters are correlated")
_RELATION = Column("relation", TEXT, "", "which mother: birth dam or rearing dam")
_SMALLEST = Column(
    "smallest_seen",
    NUMBER,
    "that of the row",
    "smallest difference that so many litters show with 80 % power",
    0,
    missing=_FEW,
)
_DIFFERENCE = Column(
    "difference", NUMBER, "that of the row", "first side of the comparison less the second", missing=_FEW
)


def _slow(variable: str, name: str, meaning: str) -> Column:
    one = _SLOW[variable]
    return Column(name, NUMBER, one.unit, meaning, one.lowest, one.highest)


_OF_ADULTS: tuple[Column, ...] = (
    _slow("expression", "expression_weaned", "expression of the receptor at weaning"),
    _slow("competence", "competence_weaned", "release competence at weaning"),
    _slow("reactivity", "reactivity_weaned", "stress reactivity at weaning"),
    Column("age_d", NUMBER, "days", "age when it mates, rears and is tested", 0),
    _slow("expression", "expression", "expression of the receptor as an adult"),
    _slow("competence", "competence", "release competence as an adult"),
    _slow("reactivity", "reactivity", "stress reactivity as an adult"),
    Column("contact_recent", NUMBER, "fraction", "share of its recent time in contact", 0, 1),
    Column("set_point", NUMBER, "fraction", "share of time in contact that it is used to", 0, 1),
    Column("load", NUMBER, "fraction", "load that stress has left", 0, 1),
    Column("nest_share", NUMBER, "fraction", "share of its time in the nest", 0, 1, missing=_NOT_REARING),
    Column("licking_share", NUMBER, "fraction", "share of its time licking pups", 0, 1, missing=_NOT_REARING),
    Column("latency_to_return_s", NUMBER, "s", "mean absence from the litter", 0, missing=_NOT_REARING),
    Column("care_given", NUMBER, "touch × occupancy", "care that it gives", 0, missing=_NOT_REARING),
    Column("litter_care", NUMBER, "touch × occupancy", "care that its litter gets from all carers", 0,
           missing=_NOT_REARING),
    Column("litter_contact_share", NUMBER, "fraction", "share of the time in which its litter is touched", 0, 1,
           missing=_NOT_REARING),
    Column("litter_survives", YES_NO, "", "whether its litter lives", missing=_NOT_REARING),
)  # fmt: skip
_PAIR = Column("pair", TEXT, "", "the pair that it is in as a parent", missing="it has no mate")
_NUMBER = Column("number", WHOLE, "", "its number, by which its random streams are named", 0)
_GAINS: tuple[Column, ...] = (
    Column("genotype_gain", NUMBER, "× wild type", "receptor gain of its genotype", 0, 2),
    Column("deviate", NUMBER, "standard deviations", "how far its own gain lies from that, as a normal score"),
    Column("oxtr_gain", NUMBER, "× wild type", "its own receptor gain", 0),
)

TABLES: Mapping[str, tuple[Column, ...]] = {
    "lineage/animals": (
        _GENERATION,
        _CELL,
        Column("animal", TEXT, "", "the animal's id: cell, generation, litter and place"),
        _NUMBER,
        SEX,
        Column("place", WHOLE, "", "number of its litter in the cell; of a founder: number of its pair", 0),
        Column("rank", WHOLE, "", "its number among those of its sex in the litter", 0),
        Column("dam", TEXT, "", "its mother", missing=_FOUNDER),
        Column("sire", TEXT, "", "its father", missing=_FOUNDER),
        Column("birth_litter", TEXT, "", "the litter that it was born in", missing=_FOUNDER),
        Column("rearing_litter", TEXT, "", "the litter that it grew up in", missing=_FOUNDER),
        Column("rearing_dam", TEXT, "", "the female that reared it", missing=_FOUNDER),
        Column("rearing_sire", TEXT, "", "the male that reared it", missing="the dam reared alone, or a founder"),
        *_GAINS,
        Column("carers", WHOLE, "count", "how many reared it", 0, 2, missing=_FOUNDER),
        Column("after_weaning", TEXT, "", "how it lived after weaning"),
        Column("survived", YES_NO, "", "whether it lived to be weaned"),
        _PAIR,
        Column("breeds", YES_NO, "", "whether it becomes a parent"),
        Column("care_received", NUMBER, "touch × occupancy", "care that it got", 0, missing=_FOUNDER),
        Column("contact_share", NUMBER, "fraction", "share of its early time in which it was touched", 0, 1,
               missing=_FOUNDER),
        Column("care", NUMBER, "× reference family", "the same over that in reference families", 0, missing=_FOUNDER),
        *_OF_ADULTS,
        Column("born_to", TEXT, "", "group of the first dams of its cell"),
        Column("reared_by", TEXT, "", "group of the first dams of the cell that reared it", missing=_FOUNDER),
        Column("receptor", NUMBER, "× wild type", "its gain times its expression", 0),
        Column("<measure>_<test>", NUMBER, "that of the measure", "<measure> in the test <test>, repeats averaged",
               missing="it was not tested, or there was nothing to measure"),
    ),
    "lineage/reference": (
        _CELL,
        Column("animal", TEXT, "", "the carer's id"),
        _PAIR,
        _NUMBER,
        SEX,
        *_GAINS,
        *_OF_ADULTS,
    ),
    "lineage/findings": (
        Column("finding", TEXT, "", "id of the published finding"),
        Column("says", TEXT, "", "the comparison in words"),
        Column("source", TEXT, "", "the paper, and its species"),
        Column("use", TEXT, "", "whether it was predicted, or used to make the model"),
        MEASURE,
        Column("expected", TEXT, "", "what was published: higher, lower or the same"),
        _DIFFERENCE,
        _LOW,
        _HIGH,
        N,
        P,
        replace(_SMALLEST, name="could_see"),
        VERDICT,
        Column("because", TEXT, "", "why, in words", missing="nothing to say"),
    ),
    "lineage/means": (
        _CELL,
        _GENERATION,
        MEASURE,
        Column("value", NUMBER, "that of the measure", "mean over litters", missing=_FEW),
        _LOW,
        _HIGH,
        N,
    ),
    "lineage/contrasts": (
        _CELL,
        Column("compared_with", TEXT, "", "the first cell"),
        _GENERATION,
        MEASURE,
        replace(_DIFFERENCE, meaning="this cell less the first"),
        _LOW,
        _HIGH,
        N,
        Column("d_z", NUMBER, "standard deviations", "standardised difference of pairs of litters", missing=_FEW),
        P,
        _SMALLEST,
    ),
    "lineage/trends": (
        _CELL,
        MEASURE,
        Column("value", NUMBER, "that of the measure per generation", "change from one generation to the next",
               missing=_FEW),
        _LOW,
        _HIGH,
        N,
    ),
    "lineage/variance": (
        MEASURE,
        Column("component", TEXT, "", "what the variance goes with: birth, rearing or neither"),
        Column("variance", NUMBER, "that of the measure, squared", "variance between animals", 0, missing=_FEW),
        Column("share", NUMBER, "fraction", "its share of all variance", 0, 1, missing=_FEW),
        _LOW,
        _HIGH,
        Column("n_animals", WHOLE, "count", "animals", 0),
        Column("n_births", WHOLE, "count", "litters of birth", 0),
        Column("n_rearings", WHOLE, "count", "litters of rearing", 0),
        Column("note", TEXT, "", "why there is no share", missing="there is one"),
    ),
    "lineage/effects": (
        MEASURE,
        Column("effect", TEXT, "", "the effect in words: a group of parents, or a treatment, rather than the usual"),
        _DIFFERENCE,
        _LOW,
        _HIGH,
        P,
        _SMALLEST,
        Column("n_animals", WHOLE, "count", "animals", 0),
        Column("n_rearings", WHOLE, "count", "litters of rearing", 0),
    ),
    "lineage/mothers": (
        _RELATION,
        _CELL,
        _GENERATION,
        Column("mother", TEXT, "", "id of the mother"),
        MEASURE,
        Column("mothers", NUMBER, "that of the measure", "the mother's value", missing="not measured"),
        Column("daughters", NUMBER, "that of the measure", "mean of her daughters", missing="not measured"),
    ),
    "lineage/transmission": (_RELATION, MEASURE, _OVER, _R, _R_LOW, _R_HIGH, N),
    "lineage/care": (_OVER, MEASURE, _R, _R_LOW, _R_HIGH, N),
}  # fmt: skip
"""Columns of each table of a lineage, `lineage/<table>`."""
