"""The tests of a report: what animals went through before each, and what it is called in labels and sentences."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from socialrl.drawing import wording


@dataclass(frozen=True)
class Condition:
    """One kind of test, by the life of the animal before it and the drugs that it is given."""

    test: str
    label: str
    short: str
    cohousing_h: float
    relationship: str
    separation_h: float
    drugs: str = ""

    @property
    def usual(self) -> bool:
        """True for a same-sex peer, no separation and no drug, the conditions of the core question."""
        return self.relationship == "peer" and self.separation_h == 0 and not self.drugs

    @property
    def cohousing(self) -> str:
        """The life before the test as sentences say it: "24 h of cohousing (mate, antagonist)"."""
        hours, _, more = self.label.partition(", ")
        return f"{hours} of cohousing" + (f" ({more})" if more else "")


def conditions_of(tables: list[pd.DataFrame]) -> list[Condition]:
    """Return the tests of tables of records in the order in which reports show them, each with a label of its own."""
    columns = ["test", "cohousing_h", "relationship", "separation_h", "drugs"]
    parts = [table[columns] for table in tables if len(table)]
    if not parts:
        return []
    rows = pd.concat(parts, ignore_index=True)
    found = []
    for test, cohousing_h, relationship, separation_h, drugs in rows.drop_duplicates("test").itertuples(index=False):
        given = f", {drugs}" if drugs else ""
        label = wording.condition_label(cohousing_h, relationship, separation_h) + given
        short = wording.condition_label(cohousing_h, relationship, separation_h, short=True) + given
        found.append(Condition(test, label, short, float(cohousing_h), relationship, float(separation_h), drugs))
    labels = [condition.label for condition in found]
    found = [
        one
        if labels.count(one.label) == 1
        else Condition(one.test, f"{one.label} ({one.test})", one.test, *_state(one))
        for one in found
    ]
    return sorted(
        found, key=lambda c: (c.relationship != "peer", c.relationship, c.separation_h, c.drugs, c.cohousing_h, c.test)
    )


def _state(condition: Condition) -> tuple[float, str, float, str]:
    return condition.cohousing_h, condition.relationship, condition.separation_h, condition.drugs
