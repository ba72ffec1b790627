"""What all records of a registry have in common: unknown keys are refused, nothing can be assigned, names are plain."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

HOUR_S = 3600.0

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.]{1,64}$")]
PlainName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_]{1,64}$")]


class Record(BaseModel):
    """A section of the registry: unknown keys are refused and nothing can be assigned."""

    model_config = ConfigDict(extra="forbid", frozen=True)
