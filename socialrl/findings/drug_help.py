"""Help on drugs: which compound a drug stands for, what its dose means, when it acts, which findings are about it.

`python -m socialrl.findings.drug_help > docs/drugs.md` writes the page of the documentation.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from socialrl.errors import UserError, unknown
from socialrl.extensions import load_extensions
from socialrl.findings.registry import load_registry
from socialrl_envs.compounds import SHEETS, Compound, Sheet
from socialrl_envs.vocabulary import DRUGS, Drug

_WIDTH = 120
_UNKNOWN = "no compound is named for it"
_SITES: Mapping[str, str] = {
    "oxytocin": "oxytocin at its receptor (added)",
    "receptor": "the oxytocin receptor",
    "dopamine": "dopamine tone at D1 and at D2 receptors",
    "d1": "dopamine tone at D1 receptors: the effort of work",
    "d2": "dopamine tone at D2 receptors: the growth of bonds",
    "d2_agonist": "dopamine tone at D2 receptors: the growth of bonds (added)",
    "stress": "the target of stress",
    "v1a": "the V1a route to bonds and to the worth of mates",
}


def overview() -> list[tuple[str, ...]]:
    """Return the drugs as rows of cells under a headline: name, doses, what a dose is, compounds; all packages'."""
    load_extensions()
    rows: list[tuple[str, ...]] = [("drug", "dose", "a dose is", "stands for")]
    for name, drug in DRUGS.items():
        rows.append((name, f"0 to {drug.highest:g}", drug.meaning, ", ".join(_names(SHEETS.get(name))) or "-"))
    return rows


def about(name: str) -> str:
    """Return what is known of one drug as lines for a terminal; an unknown name raises `UserError`."""
    load_extensions()
    if name not in DRUGS:
        raise UserError(unknown("drug", name, {known: drug.meaning for known, drug in DRUGS.items()}))
    drug, sheet = DRUGS[name], SHEETS.get(name)
    lines = [f"{name}: acts on {_SITES[drug.site]}"]
    lines += [_line(label, text) for label, text in _facts(name, drug, sheet)]
    for one in sheet.compounds if sheet is not None else ():
        lines.append(_line("-", _told(one)))
    return "\n".join(lines)


def page() -> str:
    """Return the page of the documentation."""
    parts = [_OPENING]
    parts.append(_filled([f"- `{name}`: {', '.join(_names(sheet))}" for name, sheet in SHEETS.items()]))
    for name, sheet in SHEETS.items():
        drug = DRUGS[name]
        parts.append(f"## {name}")
        facts = [("Acts on:", f"{_SITES[drug.site]}."), *_facts(name, drug, sheet)]
        parts.append(_filled([f"- **{label}** {text}" for label, text in facts]))
        parts.append("It stands for")
        parts.append(_filled([f"- {_told(one)}" for one in sheet.compounds]))
    parts.append(_CLOSING)
    return "\n\n".join(parts) + "\n"


def _facts(name: str, drug: Drug, sheet: Sheet | None) -> list[tuple[str, str]]:
    facts = [("Dose:", f"0 to {drug.highest:g}, {drug.meaning}.")]
    if sheet is None:
        facts.append(("Stands for:", f"{_UNKNOWN}."))
    else:
        facts += [("Unit:", sheet.unit), ("When:", sheet.acts), ("Note:", sheet.limits)]
    facts.append(("Findings:", f"{', '.join(ids)}." if (ids := _findings_with(name)) else "none has a test under it."))
    return facts


def _findings_with(drug: str) -> list[str]:
    """The ids of the findings that come with socialrl and have a test under the drug."""
    registry = load_registry()
    given = {name for name, one in registry.conditions.items() if any(dose.drug == drug for dose in one.drugs)}
    return [
        one.id
        for one in registry.findings
        if any(given.intersection(contrast.conditions) for contrast in one.contrasts)
    ]


def _told(one: Compound) -> str:
    return f"{one.name}: {one.route}, {one.dose}; {one.animals}: {one.found}. {one.source} ({_READ[one.grade]})."


_READ = {"A": "full text or data read", "B": "abstract or caption read", "C": "second-hand"}


def _names(sheet: Sheet | None) -> list[str]:
    return list(dict.fromkeys(one.name for one in sheet.compounds)) if sheet is not None else []


def _line(label: str, text: str) -> str:
    return textwrap.fill(
        f"{label} {text}", _WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
    )


def _filled(items: list[str]) -> str:
    return "\n".join(textwrap.fill(one, _WIDTH, subsequent_indent="  ", break_on_hyphens=False) for one in items)


_OPENING = """# Drugs

Every drug of the model stands for compounds that were given to voles. `socialrl drugs` lists them, and `socialrl drugs
NAME` prints what this page says of one. The page is made from the tables in `envs/socialrl_envs/vocabulary.py` and
`envs/socialrl_envs/compounds.py`: `python -m socialrl.findings.drug_help > docs/drugs.md`.

A dose is given from a time to a time and acts at full strength in between. An antagonist's dose is the share that it
blocks, from 0 (nothing) to 1 (everything); an agonist's is what it adds. Several doses of an agonist add up, those of
antagonists multiply what they leave. No dose of the model is computed from one in mg/kg: such numbers are what animals
were given, and "not seen" is a number that the abstract or caption that was read does not have.

In short:"""

_CLOSING = """## What an animal perceives of a drug

It perceives its receptor signal, its dopamine tone at D1 receptors, its V1a gain and its stress, drugs included. Where
training gives a drug that moves one dopamine tone alone (`d1_antagonist`, `d2_antagonist`, `dopamine_agonist`), the
networks have one channel more, `d2_tone`; a run whose training has none of them keeps the channels that it had. Tests
and protocols never change the channels: an animal without `d2_tone` can be tested under these drugs, and does not feel
what they do at D2 receptors."""


if __name__ == "__main__":
    print(page(), end="")
