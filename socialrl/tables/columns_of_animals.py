"""Columns that say whose row it is, and those of the table of animals."""

from __future__ import annotations

from socialrl.tables.column import NUMBER, TEXT, WHOLE, YES_NO, Column
from socialrl_envs.parameter_rows import PARAMETERS
from socialrl_envs.vocabulary import SEXES

_GAIN = next(row for row in PARAMETERS if row.name == "oxtr_gain")

ANIMAL = Column("animal", TEXT, "", "the animal's id: its group and number")
GENOTYPE = Column("genotype", TEXT, "", "its group in the configuration")
SEX = Column("sex", TEXT, "", "sex of the animal", words=SEXES)
HABITAT_TYPE = Column("habitat_type", TEXT, "", "in habitats: the kind of habitat that it lives in")
HABITAT = Column("habitat", TEXT, "", "in habitats: the habitat that it lives in; its animals share one world")

WHOSE: tuple[Column, ...] = (
    ANIMAL,
    GENOTYPE,
    Column("oxtr_gain", NUMBER, _GAIN.unit, "receptor gain of the group", _GAIN.low, _GAIN.high),
    Column(
        "index",
        WHOLE,
        "",
        "number in its group; equal numbers share their random streams in every group and are compared in pairs",
        0,
    ),
    SEX,
    HABITAT_TYPE,
    HABITAT,
)
"""The first columns of every table."""

STEPS = Column("steps", WHOLE, "training steps", "steps that the animal has trained so far, over all its lives", 0)
SEED = Column("seed", WHOLE, "", "seed of the random numbers of this row", 0)

OF_ANIMALS: tuple[Column, ...] = (
    *WHOSE,
    STEPS,
    SEED,
    Column("finished", YES_NO, "", "whether the animal has finished its training"),
    Column("wall_s", NUMBER, "s", "time that training took on the computer", 0),
    *(
        Column(
            f"param_{row.name}",
            NUMBER,
            row.unit,
            f"the animal's own value of the parameter {row.name}: {row.meaning}",
            row.low,
            row.high,
            missing="as in the table of parameters",
        )
        for row in PARAMETERS
    ),
)

OF_PARAMETERS: tuple[Column, ...] = (
    Column("parameter", TEXT, "", "name of the parameter"),
    Column("value", NUMBER, "that of the row", "value in females, before groups and individuals change it"),
    Column("value_male", NUMBER, "that of the row", "value in males", missing="the sexes do not differ"),
    Column("unit", TEXT, "", "unit of the values"),
    Column("lowest", NUMBER, "that of the row", "lowest value that is allowed"),
    Column("highest", NUMBER, "that of the row", "highest value that is allowed"),
    Column("spread", NUMBER, "log-sd", "standard deviation of the logarithm of the value between animals", 0),
    Column("meaning", TEXT, "", "what the parameter means"),
    Column("evidence", TEXT, "", "what the value rests on", words=("definition", "published", "fitted", "assumed")),
    Column("source", TEXT, "", "where the value comes from"),
)
