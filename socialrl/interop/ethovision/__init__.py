"""Exports of EthoVision XT: raw data (a track a file, or a sheet) and statistics.

After its help pages "Export the raw data" and "Export the statistics". Raw data begin with `Number of header lines:`
and their number; of these lines the last but one has the column names and the last their units. Delimiter and the mark
of missing values are what the user chose.
"""

from socialrl.interop.ethovision.reading import read_scored, recognises

__all__ = ["read_scored", "recognises"]
