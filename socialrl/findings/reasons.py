"""A file of reasons that a person writes: why a finding, or one of its comparisons, came out as it did.

```yaml
notes:
  F10: Compensation depends on the receptor that an animal grew up with.
  F10b: Blocked wild types now have no preference.
```
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from socialrl.config.strict_yaml import read_yaml, read_yaml_file
from socialrl.errors import UserError, shortened, unknown


def read_reasons(path: Path, known: Iterable[str]) -> dict[str, str]:
    """Return the notes of a file by id; anything else in it, or an id that is not `known`, raises `UserError`."""
    content = read_yaml(read_yaml_file(path, "notes"), str(path), is_text=lambda at: len(at) > 1)
    if not isinstance(content, dict) or set(content) != {"notes"}:
        raise UserError(f"{path}: must have one key, notes: {{F01: text, F01b: text}}{_got(content)}")
    notes = content["notes"]
    if not isinstance(notes, dict) or not notes:
        raise UserError(f"{path}: notes: must be a mapping from ids of findings or comparisons to text{_got(notes)}")
    names = list(known)
    for name, text in notes.items():
        if name not in names:
            raise UserError(f"{path}: notes: {unknown('finding or comparison', name, names)}")
        if not isinstance(text, str) or not text.strip():
            raise UserError(f"{path}: notes.{name}: must be text{_got(text)}")
    return {name: " ".join(text.split()) for name, text in notes.items()}


def _got(value: Any) -> str:
    told = ", ".join(map(str, value)) if isinstance(value, dict) else str(value)
    return f"; got {shortened(told) or 'nothing'}"
