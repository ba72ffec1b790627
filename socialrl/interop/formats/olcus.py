"""OLCUS and Voletron: reads of radio tags in a habitat with tubes."""

from __future__ import annotations

from socialrl.interop.formats import Format
from socialrl.interop.olcus.settings import EXPORT
from socialrl.interop.olcus.writing import export

FORMAT = Format(
    "olcus",
    "radio tags read at both ends of tubes, as OLCUS records and Voletron reads them",
    export=export,
    options=EXPORT,
    extensions=(".csv",),
    writes="a folder for each habitat, test and repeat: raw<date>.csv, animals.csv, apparatus.json, validation.csv",
)
