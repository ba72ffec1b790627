"""Synchrony of two animals that act: series tick by tick, an index against surrogates, three forms of it."""

from socialrl.analysis.synchrony.index import FORMS
from socialrl.analysis.synchrony.table import ACTIONS, SERIES, Pairs, over_repeats, synchrony

__all__ = ["ACTIONS", "FORMS", "SERIES", "Pairs", "over_repeats", "synchrony"]
