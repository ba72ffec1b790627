"""A notebook as a page: its text, its code, and what the code printed and drew when it was run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def page(path: Path) -> str:
    """Return the Markdown of a notebook; pictures are inside, as data."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    parts: list[str] = []
    for number, cell in enumerate(notebook["cells"]):
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
            if not number:
                parts.append(f"This page is a [notebook]({path.name}): open it in Jupyter to run and change it.")
        else:
            parts.append(f"```python\n{text}\n```")
            parts += [_shown(output) for output in cell["outputs"]]
    return "\n\n".join(filter(None, parts)) + "\n"


def _shown(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return f"![figure](data:image/png;base64,{''.join(data['image/png']).strip()})"
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""
