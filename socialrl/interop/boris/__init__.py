"""Files of BORIS (https://www.boris.unito.it): aggregated and tabular events, projects.

After its user guide and the files that it writes. Aggregated events have a bout a line; tabular ones a line for each
start, stop and point event, in versions before 8 below a block of lines about the observation.
"""

from socialrl.interop.boris.reading import read_scored, recognises
from socialrl.interop.boris.writing import export

__all__ = ["export", "read_scored", "recognises"]
