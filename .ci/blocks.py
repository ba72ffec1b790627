"""Code blocks of Markdown pages: finds them, says what they should print, and checks those that are not run.

- A block whose first line is `# not run here: REASON` is only checked: verbs, options and files of commands, imports of
  Python.
- `text` directly after a block is what that block prints; in it a line `…` stands for any number of lines, and ` …` at
  the end of a line for what is left of it.
- `yaml` and `toml` have to be readable. A block without a language is refused.
"""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOT_RUN, ANY = "# not run here: ", "…"
_FENCE = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```[ ]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: `line` of its fence, `span` of its text and `whole` of all of it in the page.

    `shown` is the block of what it prints, if there is one.
    """

    language: str
    text: str
    line: int
    span: tuple[int, int]
    whole: tuple[int, int]
    shown: Block | None = None

    @property
    def first(self) -> str:
        """Its first line."""
        return self.text.partition("\n")[0]


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a page in order, those of what is printed as `shown` of the block before."""
    found: list[Block] = []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        block = Block(match[2].strip(), match[3], line, match.span(3), match.span())
        last = found[-1] if found else None
        if block.language == "text" and last and not text[last.whole[1] : block.whole[0]].strip():
            found[-1] = replace(last, shown=block)
        else:
            found.append(block)
    return found


def commands(text: str) -> list[str]:
    """Return the command lines of a shell block, those that go on after a backslash as one."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip() and not line.startswith("#")]


def assignments(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables that a command line sets before its command, and the rest of it."""
    own = dict[str, str]()
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0], re.DOTALL):
        name, _, own[name] = words[0].partition("=")
        words = words[1:]
    return own, words


def stripped(text: str) -> list[str]:
    """Return the lines of a text without empty ones around it and without spaces at their ends."""
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def matches(shown: list[str], printed: list[str]) -> bool:
    """Whether the printed lines are those that are shown.

    In these a line `…` stands for any number of lines, and ` …` at the end of one for what is left of it.
    """
    pattern = ""
    for line in shown:
        if line.strip() == ANY:
            pattern += "(?:.*\n)*?"
        else:
            start = line.removesuffix(f" {ANY}")
            pattern += re.escape(start) + (".*\n" if start != line else "\n")
    return re.fullmatch(pattern, "".join(line + "\n" for line in printed)) is not None


def mistake(block: Block) -> str | None:
    """Return what cannot be right in a block that is not run, or None."""
    try:
        if block.language == "sh":
            for line in commands(block.text):
                _check_command(assignments(shlex.split(line, comments=True))[1])
        elif block.language == "python":
            _check_imports(block.text)
        elif block.language == "yaml":
            from socialrl.config.strict_yaml import read_yaml

            read_yaml(block.text, "the block")
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "r" and block.first.startswith(NOT_RUN):
            return None
        elif block.language != "text":
            return f"the block needs a language (sh, python, yaml, toml or text), it has '{block.language}'"
    except Exception as error:  # whatever a command, an import or a parser has to say is said of the page
        return str(error) or type(error).__name__
    return None


def _check_command(words: list[str]) -> None:
    """Raise where a command names a verb, an option, a file of this repository or an extra that is not there."""
    for word in words:
        if re.match(r"(configs|docs|tests|socialrl)/", word) and not (ROOT / word).exists():
            raise ValueError(f"{word} does not exist")
        if extra := re.fullmatch(r"socialrl\[(.*)\]", word):
            extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
            if extra[1] not in extras:
                raise ValueError(f"there is no extra '{extra[1]}'; there are {', '.join(extras)}")
    if words and words[0] == "socialrl":
        import typer

        from socialrl.cli.app import app

        group = typer.main.get_command(app)
        if words[1:] and words[1].startswith("-"):
            if not any(words[1] in one.opts for one in group.params):
                raise ValueError(f"socialrl has no option {words[1]}")
            return
        with group.make_context("socialrl", words[1:]) as context:
            if verb := context.invoked_subcommand or next(iter(context._protected_args), None):
                rest = [*context._protected_args, *context.args]
                _, found, arguments = group.resolve_command(context, rest)  # type: ignore[attr-defined]
                found.make_context(verb, arguments, parent=context)


def _check_imports(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            module = importlib.import_module(node.module)
            for one in node.names:
                if not hasattr(module, one.name):
                    importlib.import_module(f"{node.module}.{one.name}")
        elif isinstance(node, ast.Import):
            for one in node.names:
                importlib.import_module(one.name)
