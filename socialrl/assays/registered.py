"""All studies: those of the table, and those that other packages register."""

from __future__ import annotations

from socialrl.assays.study import AssayStudy, short_id
from socialrl.assays.table import STUDIES
from socialrl.errors import UserError
from socialrl.extensions import load_extensions

_STUDIES: dict[str, AssayStudy] = {study.name: study for study in STUDIES}


def register_study(study: AssayStudy) -> None:
    """Add the study of an assay, from any package; a second one of the same short id raises `UserError`."""
    known = _STUDIES.get(study.name)
    if known is not None and known != study:
        raise UserError(f"the assay {study.name} already has a study ({known.id}); choose another name")
    _STUDIES[study.name] = study


def registered_studies() -> tuple[AssayStudy, ...]:
    """Return all studies: those that come with socialrl, then those of other packages."""
    load_extensions()
    return tuple(_STUDIES.values())


def study_of(assay: str) -> AssayStudy:
    """Return the study of an assay by its id, long or short; an assay without one gets its return as only measure."""
    load_extensions()
    name = short_id(assay)
    return _STUDIES[name] if name in _STUDIES else AssayStudy(id=assay, title=name)
