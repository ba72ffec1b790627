"""How a study can be laid out for one comparison: who is compared with whom, and what n counts."""

from __future__ import annotations

from dataclasses import dataclass

from socialrl.findings.records import Contrast


@dataclass(frozen=True)
class Design:
    """One lay-out. `paired`: one sample of differences, or of values against a number; else two independent groups.

    `title` says it in words, `short` in two, `counts` what n counts, `animals` how many animals each of them is.
    """

    name: str
    paired: bool
    short: str
    title: str
    counts: str
    animals: int


def designs_of(contrast: Contrast, replicate: str = "animal") -> tuple[Design, ...]:
    """Return the designs of a comparison, the usual one of a laboratory first.

    Groups are usually other animals, conditions the same animals twice. `replicate` is "animal", or "pair" where cage
    mates are tested together.
    """
    each = 2 if replicate == "pair" else 1
    several = f"{replicate}s"
    if contrast.than is None:
        sets = len(contrast.this.group)
        if sets > 1:
            title = f"one {replicate} of each of {sets} groups makes a set"
            return (Design("one", True, "one sample", title, "sets", sets * each),)
        twice = len(contrast.conditions) > 1
        title = f"one group, each {replicate} in {len(contrast.conditions)} tests" if twice else "one group"
        return (Design("one", True, "one sample", title, several, each),)
    if contrast.kind == "conditions":
        return (
            Design("paired", True, f"same {several}", f"the same {several} in both conditions", several, each),
            Design(
                "unpaired",
                False,
                f"other {several}",
                f"other {several} in each condition",
                f"{several} a condition",
                2 * each,
            ),
        )
    matched, pairs = ("litter mates", "pairs") if replicate == "animal" else ("litters", "pairs of pairs")
    return (
        Design("unpaired", False, "independent", "two independent groups", f"{several} a group", 2 * each),
        Design("paired", True, "matched pairs", f"matched pairs, such as {matched}", pairs, 2 * each),
    )
