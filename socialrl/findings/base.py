"""What all records of a registry have in common: unknown keys are refused, nothing can be assigned, names are plain."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from socialrl.config import shapes
from socialrl.config.shapes import Checked

HOUR_S = 3600.0

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
_NAME = r"[A-Za-z0-9_.]{1,64}"
Name = Annotated[str, StringConstraints(pattern=f"^{_NAME}$")]
ANY_NAME = Checked(lambda value: value, shape=lambda: shapes.texts(_NAME))
"""A name where it is one or a list; `Name` checks each."""
PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]


class Record(BaseModel):
    """A section of the registry: unknown keys are refused and nothing can be assigned."""

    model_config = ConfigDict(extra="forbid", frozen=True)
