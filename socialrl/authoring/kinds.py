"""The kinds of files that a user writes: the verb that takes each, its records, and how to tell one from its content.

A file is of the kind that most of its keys belong to, so that a misspelt key does not change what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import BaseModel


@dataclass(frozen=True)
class Kind:
    """A kind of file. `verb` is the command that takes it (`{}`: the file), `what` its name in errors of reading.

    `model` returns the record class of its content; a table has none. `read` raises `UserError` for what the verb would
    refuse.
    """

    name: str
    plural: str
    verb: str
    what: str
    model: Callable[[], type[BaseModel]] | None
    read: Callable[[Path], object]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its record."""
        from socialrl.config.problems import keys_of

        return () if self.model is None else tuple(keys_of(self.model()))


def _experiment() -> type[BaseModel]:
    from socialrl.config.loading import Config

    return Config


def _recording() -> type[BaseModel]:
    from socialrl.config.loading import RecordingConfig

    return RecordingConfig


def _lineage() -> type[BaseModel]:
    from socialrl.lineage.schema import LineageConfig

    return LineageConfig


def _protocol() -> type[BaseModel]:
    from socialrl.protocols.schema import Protocol

    return Protocol


def _findings() -> type[BaseModel]:
    from socialrl.findings.records import Book

    return Book


def _parameters() -> type[BaseModel]:
    from socialrl.config.given_parameters import ParameterFile

    return ParameterFile


def _read_experiment(path: Path) -> object:
    from socialrl.config.loading import load_config

    return load_config(path)


def _read_recording(path: Path) -> object:
    from socialrl.config.loading import load_recording

    return load_recording(path)


def _read_lineage(path: Path) -> object:
    from socialrl.config.loading import load_as
    from socialrl.lineage.findings import check_asked
    from socialrl.lineage.outcome import Lineage
    from socialrl.lineage.schema import LineageConfig
    from socialrl.lineage.settings import assay_settings, care_settings

    lineage = load_as(LineageConfig, path, "lineage")
    care_settings(lineage, str(path))
    measures = Lineage.measures_of(assay_settings(lineage, str(path)))
    check_asked(lineage.findings, lineage.cells, measures, lineage.generations, str(path))
    return lineage


def _read_protocol(path: Path) -> object:
    """Read a protocol and plan its lives, for a run in the usual assay."""
    from socialrl.config.loading import EnvSection
    from socialrl.protocols.plan import plan
    from socialrl.protocols.schema import load_protocol

    return plan(load_protocol(path), EnvSection(id="socialrl/PartnerPreference-v0"), str(path))


def _read_findings(path: Path) -> object:
    from socialrl.findings.registry import ATTACHMENT, REGISTRY, load_findings, load_registry
    from socialrl.reproduction.playable import check_playable

    own = path.resolve() in (REGISTRY.resolve(), ATTACHMENT.resolve())
    registry = load_registry() if own else load_findings(path)
    check_playable(registry)
    return registry


def _read_parameters(path: Path) -> object:
    from socialrl.config.given_parameters import read_parameters

    return read_parameters([path.as_posix()])


def _read_sheet(path: Path) -> object:
    from socialrl.interop.formats import read_tests

    return read_tests(path)


KINDS: tuple[Kind, ...] = (
    Kind("experiment", "Experiments", "socialrl train {}", "configuration", _experiment, _read_experiment),
    Kind("recording", "Recordings", "socialrl record {}", "recording", _recording, _read_recording),
    Kind("lineage", "Lineages", "socialrl lineage {}", "lineage", _lineage, _read_lineage),
    Kind("protocol", "Protocols", "socialrl evaluate RUN --protocol {}", "protocol", _protocol, _read_protocol),
    Kind("findings", "Findings", "socialrl reproduce --findings {}", "findings", _findings, _read_findings),
    Kind("parameters", "Parameters", "socialrl train CONFIG --with {}", "parameter", _parameters, _read_parameters),
)
"""The kinds that are YAML, each with a schema of its own."""

SHEETS = Kind("score sheet", "Score sheets", "socialrl calibrate {}", "score sheet", None, _read_sheet)


def kind(name: str) -> Kind:
    """Return the kind of this name; an unknown one raises `UserError`."""
    from socialrl.errors import UserError, unknown

    for one in KINDS:
        if one.name == name:
            return one
    raise UserError(unknown("kind of file", name, [one.name for one in KINDS]))


def kind_of(data: Mapping[str, Any]) -> Kind | None:
    """Return the kind of file that plain data is; None if it has no key of any kind."""
    from socialrl.config.experiment import RELEASE

    env = data.get("env", {})
    if isinstance(env, Mapping) and env.get("id") == RELEASE:
        return kind("recording")
    if set(data) <= {"env", "individual_spread"} and isinstance(env, Mapping) and set(env) <= {"parameters"}:
        return kind("parameters")
    shares = _shares(data)
    best = max(shares, key=lambda name: shares[name])
    return kind(best) if shares[best] else None


def other_kind(data: Mapping[str, Any], wanted: str) -> Kind | None:
    """Return the kind of file that plain data clearly is, if it is not the one that is wanted; else None."""
    found = kind_of(data)
    if found is None or found.name == wanted:
        return None
    shares = _shares(data)
    doubtful = found.name in shares and shares[found.name] - shares.get(wanted, 0) < _CLEARLY
    return None if doubtful else found


_CLEARLY = 2
"""So many keys more than of the kind that is wanted make clear that a file is of another."""


def _shares(data: Mapping[str, Any]) -> dict[str, int]:
    return {one.name: len(set(one.keys) & set(data)) for one in KINDS if one.name != "parameters"}
