"""OLCUS and Voletron: reads of radio tags in a habitat with tubes."""

from __future__ import annotations

from socialrl.interop.formats import Format
from socialrl.interop.olcus.reading import read_events, recognises
from socialrl.interop.olcus.settings import EXPORT, IMPORT
from socialrl.interop.olcus.writing import export

FORMAT = Format(
    "olcus",
    "radio tags read at both ends of tubes, as OLCUS records and Voletron reads them",
    recognises=recognises,
    folders=True,
    read_events=read_events,
    export=export,
    reading=IMPORT,
    options=EXPORT,
    extensions=(".csv",),
    reads="a folder with raw*.csv, animals.csv and apparatus.json (or one raw file): who was where",
    writes="a folder for each habitat, test and repeat: raw<date>.csv, animals.csv, apparatus.json, validation.csv",
)
