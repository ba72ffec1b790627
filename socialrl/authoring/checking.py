"""Whether a file that a user wrote can be used, asked before a verb is: the check of `socialrl check FILE`."""

from __future__ import annotations

from pathlib import Path

from socialrl.authoring.kinds import KINDS, Kind, kind_of
from socialrl.config.checks import shown
from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, shortened


def check_file(path: Path) -> Kind:
    """Return the kind of a file, found by its keys; what its verb would refuse raises the verb's own `UserError`."""
    data = read_yaml(read_yaml_file(path, "YAML"), str(path))
    if not isinstance(data, dict) or not data:
        raise UserError(f"{path}: must be a mapping of keys to values, got {shown(data) if data else 'nothing'}")
    kind = kind_of(data)
    if kind is None:
        known = ", ".join(one.name for one in KINDS)
        raise UserError(f"{path}: has no key of any kind of file ({known}), got {shortened(', '.join(data))}")
    kind.read(path)
    return kind
