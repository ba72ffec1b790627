"""How animals that do not learn behave.

A tethered stimulus animal stays where it is and tolerates contact; once driven off it keeps away for a while (the
`withdrawn_s` of its pair record), although its tether keeps it in the chamber.
"""

from __future__ import annotations

from .compiled import inlined
from .state import REST


@inlined
def tethered_intent():  # type: ignore[no-untyped-def]
    """Return what a tethered animal does at every tick: it rests, which leaves contact to the others."""
    return REST
