"""What a study needs to know of every assay: one record per assay, in one table that other packages can extend."""

from socialrl.assays.registered import register_study, registered_studies, study_of
from socialrl.assays.study import AssayStudy, short_id

__all__ = ["AssayStudy", "register_study", "registered_studies", "short_id", "study_of"]
