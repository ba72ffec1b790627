"""What a laboratory format is: one record that says what it reads and writes, what it needs and what one may set."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from socialrl.errors import UserError, shortened, unknown

if TYPE_CHECKING:
    import pandas as pd

    from socialrl.interop.score_sheets import ScoreSheet
    from socialrl.storage.run_folder import RunFolder

Settings = Mapping[str, Any]
"""The values of a format's options by name, parsed, defaults filled in."""


class Reader(Protocol):
    """Reads partner-preference tests; see `socialrl.interop.score_sheets.read_score_sheet` for what it must promise."""

    def __call__(
        self, path: str | Path, needed: Iterable[str], *, where: Iterable[str], notes: list[str]
    ) -> ScoreSheet: ...


@dataclass(frozen=True)
class Option:
    """An option of a format, given on the command line as NAME=VALUE.

    `parse` turns the text into the value; it raises `ValueError` (a `UserError` with its own words) for what is not
    `allowed`. `default` is a value, not a text; None means not given.
    """

    name: str
    about: str
    default: Any = None
    parse: Callable[[str], Any] = str
    allowed: str = "text"
    shown_default: str = ""

    def of(self, text: str) -> Any:
        """Return the value of a text; what cannot be one raises `UserError`."""
        try:
            return self.parse(text)
        except UserError as error:
            raise UserError(f"{self.name}: {error}") from error
        except ValueError as error:
            raise UserError(f"{self.name} must be {self.allowed}, got '{shortened(text)}'") from error


@dataclass(frozen=True)
class Format:
    """A laboratory format; a part that it does not have is None.

    `name` is short and unique, `about` a line for people. `recognises` says whether a file is of this format; it is not
    asked of the format that takes every other file. `read` returns its tests, `write` writes tests (columns
    as in `ScoreSheet.tests`) to a path.

    `read_events(path, settings, notes)` returns an events table (columns as in `socialrl.evaluation.events`) and
    `export(run, folder, settings)` writes what a run holds into an empty folder, whose files then appear together, and
    returns notes. `settings` holds a value for every option: `reading` are the options of `read_events`, `options`
    those of `export`. `needs` are modules that must be there for any of it, `extra` the extra of socialrl that installs
    them. `extensions` are usual endings of its files, `writes` and `reads` say in a few words what goes out and in.
    `folders` says that it reads folders, too, so that `recognises` may be asked of one.
    """

    name: str
    about: str
    recognises: Callable[[Path], bool] | None = None
    read: Reader | None = None
    write: Callable[[pd.DataFrame, Path], None] | None = None
    read_events: Callable[[Path, Settings, list[str]], pd.DataFrame] | None = None
    export: Callable[[RunFolder, Path, Settings], list[str]] | None = None
    reading: tuple[Option, ...] = ()
    options: tuple[Option, ...] = ()
    extensions: tuple[str, ...] = ()
    reads: str = ""
    writes: str = ""
    needs: tuple[str, ...] = ()
    extra: str = ""
    folders: bool = False

    def check_installed(self) -> None:
        """Raise `UserError` with the command that installs what the format needs, if something is missing."""
        missing = [name for name in self.needs if importlib.util.find_spec(name) is None]
        if missing:
            how = f"pip install 'socialrl[{self.extra}]'"
            raise UserError(f"the format {self.name} needs the library {missing[0]}; install it with: {how}")


def settings_of(options: Iterable[Option], given: Iterable[str], where: str) -> dict[str, Any]:
    """Return the value of every option from texts NAME=VALUE; unknown and doubled ones raise `UserError`.

    `where` begins the message, such as "export --format olcus".
    """
    known = {one.name: one for one in options}
    texts: dict[str, str] = {}
    for one in given:
        name, equals, text = one.partition("=")
        name = name.strip()
        if not equals:
            near = next(iter(known), "name")
            raise UserError(f"{where}: options are given as NAME=VALUE, such as {near}=…; got '{shortened(one)}'")
        if name not in known:
            raise UserError(f"{where}: {unknown('option', name, known)}")
        if name in texts:
            raise UserError(f"{where}: the option {name} is given twice")
        texts[name] = text.strip()
    try:
        return {name: one.of(texts[name]) if name in texts else one.default for name, one in known.items()}
    except UserError as error:
        raise UserError(f"{where}: {error}") from error


def recorded(settings: Settings) -> dict[str, Any]:
    """Return settings as JSON can hold them; what it cannot is text."""
    plain = (str, int, float, bool, list, tuple, dict)
    return {name: one if one is None or isinstance(one, plain) else str(one) for name, one in settings.items()}


def described(one: Format, part: str) -> list[str]:
    """Return the lines that a list shows of a format: what it writes ("export") or reads ("import"), its options."""
    what, options = (one.writes, one.options) if part == "export" else (one.reads, one.reading)
    lines = [f"{one.name}: {one.about}"]
    if what:
        lines.append(f"  {what}")
    for option in options:
        default = option.shown_default or ("" if option.default is None else str(option.default))
        lines.append(
            f"  {option.name}=…  {option.about}; {option.allowed}" + (f"; default {default}" if default else "")
        )
    if one.extra:
        lines.append(f"  needs pip install 'socialrl[{one.extra}]'")
    return lines
