"""The results of a lineage as files: tables, figures, one page, and `lineage.json`, which marks them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from socialrl.config.loading import config_to_yaml
from socialrl.drawing import pages
from socialrl.drawing.plates import Plate, drawn
from socialrl.drawing.wording import number
from socialrl.lineage import page_tables
from socialrl.lineage.figures import SUBJECTS
from socialrl.lineage.outcome import RECEPTOR, Lineage
from socialrl.storage.atomic import write_bytes
from socialrl.storage.files import csv_text, json_text

CSVS = ("findings", "means", "contrasts", "trends", "variance", "effects", "transmission", "care", "mothers")


def write_results(lineage: Lineage, folder: Path, made: dict[str, Any]) -> None:
    """Write everything to `folder`; `lineage.json`, which marks it, comes last. `made` is how it was made."""
    plates = [
        drawn(
            name,
            subject.title,
            partial(subject.draw, lineage),
            caption=lambda subject=subject: subject.caption.replace("`", ""),  # type: ignore[misc]
            alt=lambda subject=subject: f"{subject.caption} {' '.join(sentences(lineage))}",  # type: ignore[misc]
            missing=lambda: "There is nothing to draw",
        )
        for name, subject in SUBJECTS.items()
    ]
    pages.write_beside(folder, plates)
    tables = {"animals": lineage.animals, "reference": lineage.families}
    for name, table in {**tables, **{name: lineage.tables[name] for name in CSVS}}.items():
        write_bytes(folder / f"{name}.csv", csv_text(table).encode())
    write_bytes(folder / "lineage.yaml", config_to_yaml(lineage.config).encode())
    write_bytes(folder / "lineage.html", page(lineage, plates, made).encode())
    write_bytes(folder / "lineage.json", json_text(content(lineage, made)).encode())


def content(lineage: Lineage, made: dict[str, Any]) -> dict[str, Any]:
    """Return what `lineage.json` holds."""
    return {
        "format": 1,
        "sentences": sentences(lineage),
        "reference": vars(lineage.reference),
        "tables": {name: lineage.tables[name].to_dict("records") for name in CSVS if name != "mothers"},
        "made": made,
    }


def sentences(lineage: Lineage) -> list[str]:
    """Return the outcome in a few sentences."""
    config, animals = lineage.config, lineage.animals
    pups = lineage.pups
    said = [
        f"{config.generations} generations after the founders, {len(config.cells)} cell"
        f"{'s' if len(config.cells) > 1 else ''} of {config.litters} litters each, {len(animals)} animals."
    ]
    if lineage.lost:
        said.append(f"{lineage.lost} pups died, because no carer was ever in contact with their litter.")
    care = pups["care"]
    said.append(
        f"Care received ranges from {number(care.min())} to {number(care.max())} times that of the reference family, "
        f"expression of adults from {number(pups['expression'].min(), 3)} to {number(pups['expression'].max(), 3)}."
    )
    for row in lineage.tables["transmission"].to_dict("records"):
        if row["measure"] == "licking_share" and row["relation"] == "rearing dam" and row["over"] == "all mothers":
            said.append(
                f"Licking of dams and of the daughters that they reared: r = {page_tables.shown(row, 'r')}, "
                f"{row['n']} dams."
            )
    split = lineage.tables["variance"]
    own = split[(split["measure"] == RECEPTOR) & split["share"].notna()]
    if len(own):
        parts = ", ".join(f"{row['component']} {number(row['share'])}" for row in own.to_dict("records"))
        said.append(f"Variance of the receptor (gain × expression) between animals: {parts}.")
    return said


def page(lineage: Lineage, plates: list[Plate], made: dict[str, Any]) -> str:
    """Return the page: one self-contained HTML file."""
    tested = list(lineage.tested)
    measures = ["care", "expression", RECEPTOR, "reactivity", "licking_share", *tested]
    return pages.render(
        Path(__file__).parent / "lineage.html.j2",
        name=lineage.config.name,
        said=sentences(lineage),
        cells=_cells(lineage),
        reference=lineage.reference,
        families=lineage.config.reference_families,
        changed={name: str(one) for name, one in lineage.config.env.changed_parameters.items()},
        table=lineage.config.env.table,
        plates=plates,
        findings=page_tables.findings(lineage),
        means=page_tables.means(lineage, measures),
        trends=page_tables.trends(lineage, measures),
        contrasts=page_tables.contrasts(lineage, measures),
        variance=page_tables.variance(lineage),
        effects=page_tables.effects(lineage),
        transmission=page_tables.transmission(lineage),
        care=page_tables.care(lineage),
        adult_d=f"{lineage.config.adult_d:g}",
        made=made,
        files=CSVS,
    )


def _cells(lineage: Lineage) -> list[str]:
    """Say of every cell what was done, and to which generations."""
    told = []
    words = {"own": "their own parents", "others": "other parents of the cell"}
    for name, cell in lineage.config.cells.items():
        parents = f"dams {cell.dams}, sires {cell.sires or cell.dams}"
        by = words.get(cell.reared_by, f"the parents of {cell.reared_by}")
        carers = "two carers" if cell.carers == 2 else "one carer"
        when = "all generations" if cell.in_generations is None else (
            f"generation {', '.join(map(str, cell.in_generations))}, then as usual"
        )  # fmt: skip
        told.append(
            f"{name}: founders {parents}; pups reared by {by}, {carers}, after weaning {cell.after_weaning} ({when})."
        )
    return told
