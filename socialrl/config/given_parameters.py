"""Parameters that hold for all animals of a whole study, from the command line: a table, single values, a file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from socialrl.config.layers import lay_over
from socialrl.config.problems import problems
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.config.values import (
    TABLE,
    Given,
    ParametersOfWorld,
    Section,
    Spread,
    WorldParameters,
    in_words,
    with_table,
)
from socialrl.errors import UserError, shortened
from socialrl_envs.named_tables import CURRENT, table_names

_FILE = re.compile(r".*\.(ya?ml|YA?ML)|.*/.*")
_KEYS = "env.parameters and individual_spread"


class GivenParameters(Section, ParametersOfWorld):
    """A parameter table, what is changed in it, and how far individuals differ; by default the current table."""

    parameters: WorldParameters = Field(default=CURRENT, validate_default=True)
    individual_spread: Spread = 1.0

    @property
    def usual(self) -> bool:
        """Whether this is the current table with nothing changed."""
        return self == GivenParameters()

    def settings(self) -> dict[str, Any]:
        """Return them as a piece of a configuration."""
        return {"env": {"parameters": dict(self.parameters)}, "individual_spread": self.individual_spread}

    def values(self) -> dict[str, Given]:
        """Return the value of every parameter but the gain, which belongs to a group; numbers by sex where they differ.

        A sex for which no number was given has that of the table.
        """
        from socialrl_envs.parameters import by_sex, rows_of
        from socialrl_envs.vocabulary import SEXES

        values: dict[str, Given] = {}
        for row in rows_of(self.table):
            own = row.value if row.male is None else {sex: row.of(sex) for sex in SEXES}
            given = self.changed_parameters.get(row.name, own)
            values[row.name] = by_sex(row.name, dict(given), self.table) if isinstance(given, Mapping) else given
        values.pop("oxtr_gain")
        return values

    def recorded(self) -> dict[str, Any]:
        """Return what a study records of them: in words, the table, what is changed in it, and every value."""
        return {
            "in_words": self.in_words(),
            "table": self.table,
            "changed": self.changed_parameters,
            "individual_spread": self.individual_spread,
            "values": self.values(),
        }

    def in_words(self) -> str:
        """Return them in a few words: "table v1, settling_worth 0"."""
        changed = [f"{name} {in_words(value)}" for name, value in self.changed_parameters.items()]
        spread = self.individual_spread
        if isinstance(spread, Mapping):
            own = ", ".join(f"{name} {value:g}" for name, value in spread.items())
            changed.append(f"individual spread {own}")
        elif spread != 1.0:
            changed.append(f"individual spread × {spread:g}")
        return ", ".join([f"table {self.table}", *changed])


class _World(Section):
    parameters: WorldParameters = Field(default=CURRENT, validate_default=True)


class ParameterFile(Section):
    """A file of parameters as `socialrl calibrate` writes it: a piece of a configuration, laid over a whole one."""

    env: _World = _World()
    individual_spread: Spread = 1.0


def read_parameters(
    given: Sequence[str], option: str = "--parameters", start: Mapping[str, Given | str] | None = None
) -> GivenParameters:
    """Return what `given` asks for, each the name of a table, NAME=VALUE, or a YAML file; later ones come on top.

    `start` are the parameters that the first one comes on top of, by default those of the current table. A file has
    the keys `env.parameters` and `individual_spread`, as `socialrl calibrate` writes them. Raises `UserError`, one line
    that begins with `option`.
    """
    merged: dict[str, Any] = {"parameters": dict(start or {})}
    for text in given:
        where = f"{option} {text if _FILE.fullmatch(text) else shortened(text)}"
        merged = lay_over(merged, _piece(text, where))
        _check(merged, where)
    return _check(merged, option)


def _piece(text: str, where: str) -> dict[str, Any]:
    name, equals, value = text.partition("=")
    if equals and not Path(text).is_file():
        if name == "oxtr_gain":
            raise UserError(f"{where}: the gain is what groups differ in, and cannot be set for all of them")
        if not name.strip() or not value.strip():
            raise UserError(f"{where}: write NAME=VALUE, for example stress_cost=0.2")
        return {"parameters": {name.strip(): read_yaml(value, where)}}
    if text in table_names():
        return {"parameters": {TABLE: text}}
    if not _FILE.fullmatch(text):
        raise UserError(
            f"{where}: must be the name of a parameter table ({', '.join(table_names())}), NAME=VALUE, or a file that "
            "ends in .yaml"
        )
    return _of_file(read_yaml(read_yaml_file(Path(text), "parameter"), text), where)


def _of_file(data: Any, where: str) -> dict[str, Any]:
    """Return the parameters and the spread of a partial configuration; anything else in it is refused."""
    if not isinstance(data, dict) or not data:
        raise UserError(f"{where}: must hold {_KEYS}")
    env = data.get("env", {})
    others = [name for name in data if name not in ("env", "individual_spread")]
    others += [f"env.{name}" for name in env if name != "parameters"] if isinstance(env, dict) else ["env"]
    if others:
        raise UserError(f"{where}: only {_KEYS} are taken from a file of parameters, got {shortened(others[0])}")
    piece = {name: data[name] for name in ("individual_spread",) if name in data}
    if "parameters" in env:
        own = env["parameters"]
        piece["parameters"] = with_table(own) if isinstance(own, str) else own
    return piece


def _check(data: Mapping[str, Any], where: str) -> GivenParameters:
    try:
        return GivenParameters.model_validate(data)
    except ValidationError as error:
        raise UserError("\n".join(f"{where}: {one.text}" for one in problems(error, GivenParameters)[:1])) from error
