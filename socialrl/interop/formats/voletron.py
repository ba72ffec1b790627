"""Tables that Voletron writes about a habitat: seconds in chambers and together, by bins of time."""

from __future__ import annotations

from socialrl.interop.formats import Format, Option
from socialrl.interop.olcus.totals import read_events, recognises

FORMAT = Format(
    "voletron",
    "what Voletron found: seconds of animals in chambers, of pairs together, in bins of time",
    recognises=recognises,
    folders=True,
    read_events=read_events,
    reading=(
        Option(
            "tubes",
            "which places are tubes",
            None,
            lambda text: [one.strip() for one in text.split(",")],
            "names between commas",
            "those that begin with Tube",
        ),
    ),
    extensions=(".chambers.csv", ".pair-inclusive.cohab.csv"),
    reads="*.chambers.csv, *.pair-inclusive.cohab.csv, or a folder with both",
)
