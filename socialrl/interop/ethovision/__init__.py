"""Raw data of EthoVision XT: a track a file, or a sheet of a workbook.

After its help page "Export the raw data (track and dependent variables)" and files that it wrote. They begin with
`Number of header lines:` and their number; of these lines the last but one has the column names and the last their
units. Delimiter and the mark of missing values are what the user chose.
"""

from socialrl.interop.ethovision.reading import read_scored, recognises

__all__ = ["read_scored", "recognises"]
