"""Columns of what was read or recorded outside of a run: imports, recordings of evoked release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from socialrl.tables.column import NUMBER, TEXT, WHOLE, Column
from socialrl.tables.columns_of_animals import GENOTYPE, SEX, WHOSE

_UNKNOWN = "the file does not say"
_NONE = "there is none in such a row"
_ANIMAL = Column("animal", TEXT, "", "the animal's name in the file, or that of its observation")
_WHICH: tuple[Column, ...] = (
    _ANIMAL,
    Column("genotype", TEXT, "", "its genotype", missing=_UNKNOWN),
    Column("index", WHOLE, "", "its number in the recording, from 0", 0, missing=_UNKNOWN),
    Column("sex", TEXT, "", "its sex, as the file writes it", missing=_UNKNOWN),
    Column("habitat_type", TEXT, "", "kind of habitat", missing=_UNKNOWN),
    Column("habitat", TEXT, "", "who was together: the habitat, the observation or the arena", missing=_UNKNOWN),
    Column("test", TEXT, "", "name of the test: recording, observation or trial"),
    Column("repeat", WHOLE, "", "number of the animal's test of that name, from 0", 0),
)
_FACT = Column("<variable>", TEXT, "", "the independent variable <variable> of the file", missing=_UNKNOWN)
_LATENCY = "it never happened"

TABLES: Mapping[str, tuple[Column, ...]] = {
    "import/events": (
        *_WHICH,
        Column("kind", TEXT, "", "chamber, passage, contact, together, test (all of it), or the file's own word"),
        Column("start_s", NUMBER, "s", "from the start of the test", 0),
        Column("end_s", NUMBER, "s", "its end; the start again for what takes no time", 0),
        Column("chamber", TEXT, "", "where; of a passage, where from", missing=_NONE),
        Column("to", TEXT, "", "of a passage, where to", missing=_NONE),
        Column("other", TEXT, "", "with whom", missing=_NONE),
        _FACT,
    ),
    "import/evaluation": (
        *_WHICH,
        Column("duration_s", NUMBER, "s", "length of the test; where the file does not say it, its last event", 0),
        Column("chamber_s_<chamber>", NUMBER, "s", "time in the chamber <chamber>", 0, missing="never there"),
        Column("tube_s_<chamber>", NUMBER, "s", "time in tubes out of the chamber <chamber>", 0, missing="never there"),
        Column("entries_<chamber>", NUMBER, "count", "passages into the chamber <chamber>", 0, missing="never there"),
        Column("huddle_s_<other>", NUMBER, "s", "contact with <other>, who is no animal of the table", 0,
               missing="no such contact"),
        Column("bouts_<other>", NUMBER, "count", "bouts of it", 0, missing="no such contact"),
        Column("latency_s_<other>", NUMBER, "s", "time until the first of them", 0, missing=_LATENCY),
        *(
            Column(f"{name}_{whom}", NUMBER, "s", f"{what} {words}", 0, missing="no partner is known")
            for name, what in {"contact_s": "contact with", "together_s": "time in one chamber with"}.items()
            for whom, words in {"partner": "the partner", "others": "all others, added over them"}.items()
        ),
    ),
    "import/scores": (
        replace(_ANIMAL, meaning="the animal, with cohort or pair where several have its name"),
        Column("pair type", TEXT, "", "FF, MM or FM", missing=_UNKNOWN),
        Column("timepoint", TEXT, "", "ST (early) or LT (late), or the sheet's own word", missing=_UNKNOWN),
        Column("sex", TEXT, "", "its sex, as the sheet writes it", missing=_UNKNOWN),
        Column("cohort", TEXT, "", "its cohort", missing=_UNKNOWN),
        Column("pair", TEXT, "", "its pair", missing=_UNKNOWN),
        *(
            Column(f"{what} {whom} (s)", NUMBER, "s", f"{words} {whom}", 0, missing=missing)
            for what, words, whoms, missing in (
                ("huddle", "contact with", ("partner", "stranger"), _UNKNOWN),
                ("chamber", "time in the chamber of", ("partner", "centre", "stranger"), _UNKNOWN),
                ("latency", "time until the first contact with", ("partner", "stranger"), _LATENCY),
            )
            for whom in whoms
        ),
        Column("trial duration (s)", NUMBER, "s", "length of the test", 0, missing=_UNKNOWN),
        Column("preference", NUMBER, "fraction", "preference as the sheet states it", 0, 1, missing=_UNKNOWN),
    ),
    "recording/release": (
        *WHOSE,
        Column("peak", NUMBER, "ΔF/F", "highest fluorescence"),
        Column("area", NUMBER, "ΔF/F × s", "area under the curve of fluorescence"),
        Column("decay_s", NUMBER, "s", "time from the peak until 1/e of it is left", 0, missing="it is not reached"),
        Column("peak_oxytocin", NUMBER, "share of a long contact's", "highest oxytocin, before the sensor's noise", 0),
        Column("test", TEXT, "", "name of the recording"),
        Column("assay", TEXT, "", "the assay"),
        Column("duration_s", NUMBER, "s", "length of the recording", 0),
        Column("repeat", WHOLE, "", "number of the repeat, from 0", 0),
        Column("steps", WHOLE, "training steps", "always 0: nothing is trained", 0),
    ),
    "recording/traces": (
        WHOSE[0],
        GENOTYPE,
        SEX,
        Column("time_s", NUMBER, "s", "middle of the bin, from the start of the recording", 0),
        Column("fluorescence", NUMBER, "ΔF/F", "mean fluorescence of the bin"),
    ),
}  # fmt: skip
"""Columns of each table of an import and of a recording, `import/<table>` and `recording/<table>`."""
