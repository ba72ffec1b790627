"""Configurations: a YAML file and `key=value` overrides in, one checked and immutable `Config` out.

Every mistake in a configuration is found here, before anything is built, and reported in one line: the file or the
command line, the full key, what is allowed, what was given, and the nearest known name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from omegaconf import OmegaConf
from pydantic import BaseModel, ValidationError

from socialrl.config.checks import shown
from socialrl.config.conditions import ResetSection, TestCondition
from socialrl.config.experiment import (
    RELEASE,
    Config,
    EnvSection,
    EvaluationSection,
    Genotype,
    PPOSection,
    ProbesSection,
)
from socialrl.config.layers import Origins, lay_over, leaves
from socialrl.config.problems import Problem, problems
from socialrl.config.recording import RecordingConfig
from socialrl.config.shipped import find
from socialrl.config.strict_yaml import Path as KeyPath
from socialrl.config.strict_yaml import key_path, read_yaml, read_yaml_file
from socialrl.config.values import Drug, FrozenDict, with_table
from socialrl.errors import UserError, command, shortened, unknown
from socialrl_envs.named_tables import CURRENT

__all__ = [
    "Config",
    "Drug",
    "EnvSection",
    "EvaluationSection",
    "FrozenDict",
    "Genotype",
    "PPOSection",
    "ProbesSection",
    "RecordingConfig",
    "ResetSection",
    "TestCondition",
    "config_from_data",
    "config_to_yaml",
    "load_as",
    "load_config",
    "load_recording",
    "with_overrides",
]

Kind = TypeVar("Kind", bound=BaseModel)

_INDEX = re.compile("[0-9]{1,6}")

_COMMAND_LINE = "command line"
_MOST_LINES = 5

# Values that stay text however they look, so that a run may be called 2024.
_TEXT_KEYS = frozenset({"name", "output", "id"})

_REWARD_SCALING = frozenset(
    {
        "normalize", "vec_normalize", "vecnormalize", "norm_reward", "normalize_reward", "reward_normalization",
        "reward_scale", "reward_scaling", "scale_reward", "reward_clip", "clip_reward",
    }
)  # fmt: skip
_REWARD_SCALING_REASON = (
    "the receptor gain must change reward ratios; rescaling the reward per animal would hide part of what the gain "
    "does"
    " and change what an animal lives on between genotypes"
)


def load_config(
    path: str | Path,
    overrides: Sequence[str] = (),
    pieces: Sequence[str | Path] = (),
    *,
    unnamed_table: str = CURRENT,
) -> Config:
    """Return the configuration of a YAML file with `key=value` overrides (dotted keys, values written as in YAML).

    `path` may be a name such as `demo` (see `socialrl.config.shipped.find`). An override replaces the whole value at
    its key: `genotypes={a: {oxtr_gain: 1}}` leaves one group, `genotypes.low={oxtr_gain: 0.1}` adds or replaces one,
    `genotypes.ko.oxtr_gain=0.1` changes one. `pieces` are YAML files with a part of a configuration, laid over the file
    key by key before the overrides. `unnamed_table` is the parameter table of a file that names none. Raises
    `UserError`, one line per mistake, the main one first.
    """
    layers = [(str(one), _read_mapping(Path(one), "piece of a configuration")) for one in pieces]
    path = find(path)
    data = _read_mapping(path, "configuration")
    if _assay_of(data) == RELEASE:
        # One line instead of one for every key that a recording has and an experiment has not.
        raise UserError(
            f"{path}: env.id must be an assay with acting animals; {RELEASE} is recorded, not trained:"
            f" {command('record', path)}"
        )
    return config_from_data(_naming_table(data, unnamed_table), str(path), overrides, layers)


def load_recording(path: str | Path, overrides: Sequence[str] = ()) -> RecordingConfig:
    """Return the recording of evoked release that a YAML file describes, with overrides; errors as in `load_config`."""
    path = find(path, "recording")
    data = _read_mapping(path, "recording")
    if _assay_of(data) not in (RELEASE, None):
        raise UserError(
            f"{path}: env.id must be {RELEASE} to be recorded, got {shown(_assay_of(data))}; to train: "
            f"{command('train', path)}"
        )
    return _checked(RecordingConfig, data, str(path), overrides)


def load_as(kind: type[Kind], path: str | Path, what: str, overrides: Sequence[str] = ()) -> Kind:
    """Return the record of class `kind` that a YAML file describes, with overrides; errors as in `load_config`.

    `what` is the kind of file in errors, such as "lineage".
    """
    path = find(path, what)
    return _checked(kind, _read_mapping(path, what), str(path), overrides)


def _assay_of(data: Mapping[str, Any]) -> Any:
    env = data.get("env")
    return env.get("id") if isinstance(env, Mapping) else None


def with_overrides(config: Config, overrides: Sequence[str]) -> Config:
    """Return a changed, newly checked copy of `config`; overrides as in `load_config`."""
    return config_from_data(_plain(config), "configuration", overrides)


def config_from_data(
    data: Mapping[str, Any],
    where: str = "configuration",
    overrides: Sequence[str] = (),
    layers: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> Config:
    """Return the configuration of plain data (dicts, lists, numbers, text); `where` names its origin in errors.

    `layers` are names and data of pieces that are laid over `data`.
    """
    return _checked(Config, data, where, overrides, layers)


def _checked(
    kind: type[Kind],
    data: Mapping[str, Any],
    where: str,
    overrides: Sequence[str] = (),
    layers: Sequence[tuple[str, Mapping[str, Any]]] = (),
) -> Kind:
    """Return the record of class `kind` that `data` with its layers and overrides describes, or say what is wrong."""
    origins = Origins(where)
    for name, piece in layers:
        data = lay_over(_naming_table(data), piece)
        for leaf in leaves(piece):
            origins.add(leaf, name)
    plain = _plain(data)
    for item in overrides:
        key, value = _read_override(item)
        if key[:2] == ("env", "parameters") and len(key) > 2:
            plain = _naming_table(plain)
        _known_group(key, plain)
        _keep_scale(key, plain)
        _set(plain, key, value)
        origins.add(key, _COMMAND_LINE)
    found = list(_reward_scaling(plain))
    if not found:
        try:
            return kind.model_validate(plain)
        except ValidationError as error:
            found = problems(error, kind)
    lines = [f"{origins.of(problem.paths)}: {problem.text}" for problem in found]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1 :] = [f"… and {len(lines) - _MOST_LINES + 1} more mistakes"]
    raise UserError("\n".join(lines))


def _set(tree: dict[str, Any], key: KeyPath, value: Any) -> None:
    """Replace the value at `key`; mappings on the way to it are made where they are missing."""
    here: Any = tree
    for depth, part in enumerate(key):
        last = depth == len(key) - 1
        if isinstance(here, dict):
            name = str(part)
            if last:
                here[name] = value
            elif here.get(name) is None:
                here[name] = {}
            here = here[name]
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            if last:
                here[part] = value
            here = here[part]
        else:
            kind = (
                f"a list of {len(here)}, counted from 0" if isinstance(here, list) else f"no section, but {shown(here)}"
            )
            raise UserError(f"{_COMMAND_LINE}: cannot set {key_path(key)}: {key_path(key[:depth])} is {kind}")


def _known_group(key: KeyPath, tree: Mapping[str, Any]) -> None:
    """Refuse a setting of a group that is not there: a misspelt name must not make a new group."""
    groups = tree.get("genotypes")
    if key[0] != "genotypes" or len(key) < 3 or not isinstance(groups, dict):
        return
    if str(key[1]) not in groups:
        raise UserError(
            f"{_COMMAND_LINE}: {unknown('genotype', str(key[1]), list(groups))}; "
            f"to add a group, write genotypes.{shortened(str(key[1]))}={{oxtr_gain: 0.1}}"
        )


def _keep_scale(key: KeyPath, tree: dict[str, Any]) -> None:
    """Turn the one number of `individual_spread` into a mapping before a parameter's own is set, so that it stays."""
    spread = tree.get("individual_spread")
    if key[0] == "individual_spread" and len(key) > 1 and spread is not None and not isinstance(spread, dict):
        tree["individual_spread"] = {"scale": spread}


def _naming_table(data: Mapping[str, Any], unnamed: str = CURRENT) -> dict[str, Any]:
    """Return `data` with `env.parameters` as a mapping that names its table, so that single ones can be set in it."""
    env = data.get("env")
    if not isinstance(env, Mapping):
        return dict(data)
    return {**data, "env": {**env, "parameters": with_table(env.get("parameters", {}), unnamed)}}


def _read_mapping(path: Path, what: str) -> dict[str, Any]:
    data = read_yaml(read_yaml_file(path, what), str(path), is_text=_is_text)
    if data is None:
        raise UserError(f"{path}: the {what} is empty")
    if not isinstance(data, dict):
        raise UserError(f"{path}: a {what} is a mapping of keys to values, got {shown(data)}")
    return data


def config_to_yaml(config: BaseModel) -> str:
    """Return the configuration with every default written out; loading the text gives an equal one."""
    return OmegaConf.to_yaml(OmegaConf.create(_plain(config)))


def _is_text(path: KeyPath) -> bool:
    return path[-1:] != () and path[-1] in _TEXT_KEYS


def _plain(value: Any) -> Any:
    """Return the data of a configuration with dicts and lists in place of its immutable kinds."""
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _read_override(item: str) -> tuple[KeyPath, Any]:
    key, equals, text = item.partition("=")
    parts = key.replace("[", ".").replace("]", "").split(".")
    if not equals or len(key) > 1000 or not all(part.strip() == part != "" for part in parts):
        raise UserError(
            f"{_COMMAND_LINE}: '{shortened(item)}' is not an override; write key=value, for example ppo.gamma=0.98"
        )
    path: KeyPath = tuple(int(part) if i and _INDEX.fullmatch(part) else part for i, part in enumerate(parts))
    if not text.strip():
        raise UserError(f"{_COMMAND_LINE}: '{shortened(item)}' has no value; write {key_path(path)}=null for none")
    # Text is taken as the shell passes it: a path may hold characters with a meaning in YAML.
    if _is_text(path) and "${" not in text:
        return path, text
    return path, read_yaml(text, _COMMAND_LINE, is_text=_is_text, at=path)


def _reward_scaling(value: Any, path: KeyPath = ()) -> Iterator[Problem]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        here = (*path, key)
        if str(key).lower().replace("-", "_").replace("normalis", "normaliz") in _REWARD_SCALING:
            yield Problem(f"{key_path(here)} is refused: {_REWARD_SCALING_REASON}", (here,), 0)
        else:
            yield from _reward_scaling(child, here)
