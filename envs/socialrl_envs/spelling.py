"""Which known name a misspelt one means: only typing errors count, never another word.

A wrong hint is worse than none if names differ in a prefix or a word and mean the opposite: `dopamine_agonist` is not
`dopamine_antagonist` misspelt, `d1_antagonist` not `v1a_antagonist`, `second_partner` not `partner`. So a name is taken
for a known one only if all its words are there, each right or with a slip in it:

- A slip is an extra, missing or wrong letter, or two letters swapped: one in words of up to seven letters, two in
  longer ones (not both letters wrong: rejection, retention) and in the whole name.
- A word with a digit in it (v1a, F10, knockout-01) is a code and must be right, except for O and l instead of 0 and 1.
- Capitals, separators and the order of words are ignored, but not an order that means something (`high_by_low` is not
  `low_by_high`); a unit may be missing (`duration` for `duration_s`).
- A word that exists is not a slip, and neither is a prefix that changes the meaning.
- What may be a slip of `antagonist` (aagonist) is not taken for one of `agonist`.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterable

WORDS_OF_THEIR_OWN = frozenset(
    {"female", "male", "mate", "peer", "gpu", "cpu", "cuda", "agonist", "antagonist", "lose", "dose", "stress"}
    | {"one", "none"}
)
"""Words that are a letter or two from a known name and mean another thing."""

_OPPOSITE = {"agonist": "antagonist"}
"""Words that are not suggested for what may be a slip of the word that means the opposite."""

_PREFIXES = frozenset(
    [
        "ant",
        "anti",
        "de",
        "dis",
        "il",
        "im",
        "in",
        "inter",
        "intra",
        "ir",
        "mis",
        "no",
        "non",
        "not",
        "out",
        "over",
        "post",
        "pre",
        "re",
        "sub",
        "un",
        "under",
        "up",
    ]
)
_BETWEEN = frozenset({"after", "before", "by", "from", "in", "of", "on", "over", "than", "to", "with", "without"})
"""Words whose neighbours must stay where they are."""
_UNITS = frozenset({"s", "h", "min", "hz", "cm", "steps"})
_SHORTEST = 3  # letters of a word in which a slip is still told from another word
_LONG = 8  # letters of a word in which two slips are
_MOST_SLIPS = 2


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that `name` is a slip of; None if there is none, or two that are as near."""
    words = _words(name)
    candidates = {one: _words(one) for one in known}
    slips = {one: n for one, its in candidates.items() if (n := _slips(words, its)) is not None}
    if not slips:
        return None
    best = min(slips, key=lambda one: slips[one])
    # one that is ruled out may be meant, too, if it is as near
    rivals = (its for one, its in candidates.items() if one != best)
    if any(_distance("".join(words), "".join(its)) <= slips[best] for its in rivals):
        return None
    return best


@functools.lru_cache(4096)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name, in small letters; look-alikes are digits in those that hold a digit."""
    words = [word for word in re.split(r"[\W_]+", name[:200].casefold()) if word]
    return tuple(word.translate(_LOOK_ALIKE) if _is_code(word) else word for word in words)


_LOOK_ALIKE = str.maketrans("oil", "011")


def _is_code(word: str) -> bool:
    return any(letter.isdigit() for letter in word)


def _slips(given: tuple[str, ...], known: tuple[str, ...]) -> int | None:
    """Return how many slips make `given` of `known`, both as words; None if they are not the same words."""
    if not given or not known:
        return None
    if "".join(given) == "".join(known):
        return 0
    if Counter(given) == Counter(known):
        return None if _BETWEEN.intersection(given) else 0
    if len(known) > 1 and known[-1] in _UNITS and given == known[:-1]:
        return 1
    if len(given) != len(known):
        return None
    total = 0
    for mine, right in zip(given, known, strict=True):
        if mine == right:
            continue
        slips = _slips_of_word(mine, right)
        if slips is None:
            return None
        total += slips
    return total if total <= _MOST_SLIPS else None


def _slips_of_word(given: str, known: str) -> int | None:
    if _is_code(given) or _is_code(known) or given in WORDS_OF_THEIR_OWN or len(known) < _SHORTEST:
        return None
    if known in _OPPOSITE and _distance(given, _OPPOSITE[known]) <= _MOST_SLIPS:
        return None
    longer, shorter = (given, known) if len(given) > len(known) else (known, given)
    if longer.endswith(shorter) and longer.removesuffix(shorter) in _PREFIXES:
        return None
    slips = _distance(given, known)
    if slips == 2 and len(given) == len(known) and sum(a != b for a, b in zip(given, known, strict=True)) == 2:
        return None
    return slips if slips <= (_MOST_SLIPS if len(known) >= _LONG else 1) else None


def _distance(given: str, known: str) -> int:
    """Return the least number of letters put in, left out, exchanged or swapped with their neighbour; some number above
    `_MOST_SLIPS` where there are more than that.
    """
    if abs(len(given) - len(known)) > _MOST_SLIPS:
        return _MOST_SLIPS + 1
    before: list[int] = []
    row = list(range(len(known) + 1))
    for i, mine in enumerate(given, 1):
        last, before, row = before, row, [i]
        for j, right in enumerate(known, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (mine != right))
            if i > 1 and j > 1 and mine == known[j - 2] and given[i - 2] == right:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if before and min(row) > _MOST_SLIPS < min(before):  # it never becomes less
            return _MOST_SLIPS + 1
    return row[-1]
