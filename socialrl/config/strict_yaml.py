"""YAML as plain data, read strictly: only decimal numbers are numbers, keys occur once, nothing is computed.

The usual YAML reader turns `off` into a boolean, `010` into 8, `1:30` into 90, leaves `1e-3` and `3e5` as text and
keeps the last of two equal keys. So scalars are resolved here, by a rule that fits in one sentence: unquoted `null`,
`true`, `false` and decimal numbers are what they look like, everything else is text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any

import yaml

from socialrl.config import limits, shipped
from socialrl.errors import UserError, from_os_error, nearest, shortened

Path = tuple[str | int, ...]

_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]*(_[0-9]+)*)")
_DECIMAL = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
# Leading zeros mean octal to some YAML readers and decimal to others; such text is left as text and then refused.
_AMBIGUOUS = re.compile(r"[-+]?0[0-9]")
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_WORDS |= {".nan": math.nan, ".NaN": math.nan, ".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf}


def read_yaml(text: str, where: str, *, is_text: Callable[[Path], bool] | None = None, at: Path = ()) -> Any:
    """Return the data of one YAML document as dicts (all keys text), lists, str, int, float, bool and None.

    `where` (a file, or "command line") opens every error line. `is_text(path)` says for which values the written text
    is kept whatever it looks like, so that a run may be called 2024; `at` is the path of the document's root.
    Raises `UserError` for invalid YAML, duplicate keys, tags, anchors, aliases and `${…}` expressions.
    """
    if len(text) > limits.MAX_FILE_BYTES:
        raise UserError(f"{where}: too large: more than {limits.MAX_FILE_BYTES:,} characters")
    try:
        _check_tokens(text, where)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _value(node, where, is_text or (lambda _path: False), at)
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        told = error.problem or error.context
        if error.context and error.problem and error.problem.startswith("but "):
            told = f"{error.context}, {error.problem}"  # the second half of a sentence
        raise UserError(f"{where}: {line}not valid YAML: {told}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{where}: not valid YAML: {str(error).splitlines()[0]}") from error
    except (ValueError, OverflowError) as error:
        if isinstance(error, UserError):
            raise
        # PyYAML passes "\\Uffffffff" on to Python, which has no such character.
        raise UserError(f"{where}: not valid YAML: there is no character with such a number (\\U…)") from error


def _check_tokens(text: str, where: str) -> None:
    """Refuse what a configuration does not use, and what would take the parser very long, before anything is built."""
    depth = n_values = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AnchorToken | yaml.AliasToken | yaml.TagToken):
            raise UserError(
                f"{where}: line {token.start_mark.line + 1}: YAML anchors, aliases and tags (&, *, !) are not"
                " supported; write the value itself"
            )
        depth += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
        if depth > limits.MAX_NESTING:
            raise UserError(
                f"{where}: line {token.start_mark.line + 1}: more than {limits.MAX_NESTING} lists or mappings inside"
                " each other"
            )
        n_values += isinstance(token, yaml.ScalarToken | yaml.BlockEntryToken | yaml.FlowEntryToken)
        if n_values > limits.MAX_VALUES:
            raise UserError(f"{where}: too large: more than {limits.MAX_VALUES:,} keys and values")
        if isinstance(token, yaml.ScalarToken):
            _check_text(token, where)


_OPENING = (
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
)
_CLOSING = (yaml.BlockEndToken, yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken)


def _check_text(token: yaml.ScalarToken, where: str) -> None:
    line = f"{where}: line {token.start_mark.line + 1}: "
    if len(token.value) > limits.MAX_VALUE_CHARACTERS:
        raise UserError(f"{line}a value of {len(token.value):,} characters; at most {limits.MAX_VALUE_CHARACTERS:,}")
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in token.value):
        raise UserError(f"{line}not valid YAML: half a character (a surrogate, \\ud800 to \\udfff)")


def key_path(path: Path) -> str:
    """Return a path as people write it: `probes.tests[0].name`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in path)
    return "".join(parts).removeprefix(".")


def _value(node: yaml.Node, where: str, is_text: Callable[[Path], bool], path: Path) -> Any:
    if isinstance(node, yaml.ScalarNode):
        _refuse_expression(node, where, path)
        plain = node.style is None
        if not plain or (is_text(path) and _WORDS.get(node.value, node.value) is not None):
            return node.value
        return _scalar(node.value)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, where, is_text, (*path, i)) for i, child in enumerate(node.value)]
    data: dict[str, Any] = {}
    for key_node, child in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise UserError(f"{where}: line {line}: a key must be a plain word, not a list or a mapping")
        key = key_node.value
        _refuse_expression(key_node, where, (*path, key))
        if key in data:
            raise UserError(f"{where}: line {line}: key {key_path((*path, key))} occurs twice; keep one of them")
        data[key] = _value(child, where, is_text, (*path, key))
    return data


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text) and len(text) <= 30:
        return int(text.replace("_", ""))
    if _DECIMAL.fullmatch(text) and not _AMBIGUOUS.match(text):
        return float(text)
    return text


def _refuse_expression(node: yaml.ScalarNode, where: str, path: Path) -> None:
    if "${" in node.value:
        raise UserError(
            f"{where}: {key_path(path) or 'the value'}: expressions (${{…}}) are not supported; write the value itself"
        )


def read_yaml_file(path: FilePath, what: str) -> str:
    """Return the text of a YAML file; `what` names its kind in errors. What cannot be read raises `UserError`."""
    try:
        with path.open("rb") as file:
            data = file.read(limits.MAX_FILE_BYTES + 1)
        if len(data) > limits.MAX_FILE_BYTES:
            raise UserError(f"{path}: too large for a {what} file: more than {limits.MAX_FILE_BYTES:,} bytes")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        beside = [one.name for one in path.parent.glob("*.y*ml") if one.exists()] if path.parent.is_dir() else []
        near = nearest(path.name, beside)
        hint = f"; did you mean {path.parent / near}?" if near else shipped.hint(path, what)
        raise UserError(f"{path}: no such {what} file{hint}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file (UTF-8 is expected)") from error
    except OSError as error:
        raise (from_os_error(error, f"read {path}") or error) from error
    except ValueError as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{shortened(str(path))}: not the path of a file") from error  # a NUL in it
