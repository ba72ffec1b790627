"""Gymnasium worlds of social reward in prairie voles. Importing this registers the assays and loads no learning
library.

It loads no numba either: the worlds are loaded when one is made, or when `ASSAYS` is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import gymnasium as gym

from .errors import ParameterError
from .vocabulary import ASSAY_ROWS, RELEASE_ID, Drug, register_drug

if TYPE_CHECKING:
    from .assay import Assay
    from .single import SocialEnv
    from .vector import SocialVectorEnv

    ASSAYS: dict[str, Assay]
    PAPERS: dict[str, str]

__version__ = "0.1.0"

_LATE = {"Assay": "assay", "SocialEnv": "single", "SocialVectorEnv": "vector"}


def register() -> None:
    """Register every assay with Gymnasium; once is enough, and importing this package has done it."""
    for row in ASSAY_ROWS:
        if row.id not in gym.registry:
            module = f"{__name__}.assays.{row.module}"
            gym.register(row.id, f"{module}:{row.single}", vector_entry_point=f"{module}:{row.vector}")
    if RELEASE_ID not in gym.registry:
        gym.register(RELEASE_ID, f"{__name__}.assays.oxytocin_release:OxytocinReleaseEnv")


def register_assay(assay: Assay, single: type[SocialEnv] | None, vector: type[SocialVectorEnv]) -> None:
    """Add an assay, from any package: Gymnasium makes it by its id, and `ASSAYS` and `PAPERS` list it.

    `single` is None where several animals act. Another assay of the same id raises `ParameterError`.
    """
    if _assays().setdefault(assay.id, assay) is not assay:
        raise ParameterError(f"an assay {assay.id} is already registered; choose another id or version")
    _papers()[assay.id] = assay.paper
    if assay.id not in gym.registry:
        gym.register(
            id=assay.id,
            entry_point=f"{single.__module__}:{single.__name__}" if single is not None else None,
            vector_entry_point=f"{vector.__module__}:{vector.__name__}",
        )


def _assays() -> dict[str, Assay]:
    if "ASSAYS" not in globals():
        loaded = (getattr(importlib.import_module(f".assays.{row.module}", __name__), row.vector) for row in ASSAY_ROWS)
        globals()["ASSAYS"] = {vector.assay.id: vector.assay for vector in loaded}
    found: dict[str, Assay] = globals()["ASSAYS"]
    return found


def _papers() -> dict[str, str]:
    """Of everything registered, the release protocol included."""
    if "PAPERS" not in globals():
        from .assays.oxytocin_release import RELEASE_PAPER

        globals()["PAPERS"] = {**{name: assay.paper for name, assay in _assays().items()}, RELEASE_ID: RELEASE_PAPER}
    found: dict[str, str] = globals()["PAPERS"]
    return found


def __getattr__(name: str) -> Any:
    if name == "ASSAYS":
        return _assays()
    if name == "PAPERS":
        return _papers()
    if name in _LATE:
        return getattr(importlib.import_module(f".{_LATE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


register()

__all__ = [
    "ASSAYS",
    "PAPERS",
    "Assay",
    "Drug",
    "SocialEnv",
    "SocialVectorEnv",
    "register",
    "register_assay",
    "register_drug",
]
