"""Where the antennas of a habitat are: two to a tube, one at each end; the file `apparatus.json` of Voletron."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from socialrl.errors import UserError, shortened, unknown
from socialrl.interop.olcus.texts import text_of

ERROR = "Error"
"""What Voletron calls the place of an animal that two reads in a row have missed; every habitat must list it."""

ANTENNAS_A_DEVICE = 6


@dataclass(frozen=True)
class Antenna:
    """An antenna: the tube that it is on and the chamber at that end of the tube."""

    tube: str
    chamber: str


@dataclass(frozen=True)
class Apparatus:
    """The antenna of every (device, number), and the places of every habitat: chambers and tubes, without `ERROR`."""

    antennas: Mapping[tuple[int, int], Antenna]
    habitats: Mapping[str, tuple[str, ...]]

    @property
    def chambers(self) -> list[str]:
        """All chambers that an antenna is at, in order of the antennas."""
        return list(dict.fromkeys(one.chamber for one in self.antennas.values()))

    @property
    def tubes(self) -> list[str]:
        """All tubes, in order of the antennas."""
        return list(dict.fromkeys(one.tube for one in self.antennas.values()))

    def tube_between(self, chamber: str, other: str) -> str | None:
        """Return the tube between two chambers; None if there is none."""
        ends = self._ends()
        return next((tube for tube, there in ends.items() if there == {chamber, other}), None)

    def number_at(self, tube: str, chamber: str) -> tuple[int, int]:
        """Return device and number of the antenna at one end of a tube."""
        return next(key for key, one in self.antennas.items() if one == Antenna(tube, chamber))

    def _ends(self) -> dict[str, set[str]]:
        ends: dict[str, set[str]] = {}
        for one in self.antennas.values():
            ends.setdefault(one.tube, set()).add(one.chamber)
        return ends

    def to_json(self) -> str:
        """Return the text of `apparatus.json`."""
        devices: dict[str, dict[str, dict[str, str]]] = {}
        for (device, number), one in self.antennas.items():
            devices.setdefault(str(device), {})[str(number)] = {"tube": one.tube, "cage": one.chamber}
        habitats = {name: [*places, ERROR] for name, places in self.habitats.items()}
        return json.dumps({"olcus_devices": devices, "habitats": habitats}, indent=4, ensure_ascii=False) + "\n"


def of_chambers(habitat: str, chambers: Sequence[str], tubes: Iterable[tuple[str, str]]) -> Apparatus:
    """Return an apparatus with tubes between pairs of `chambers`: Tube1, Tube2, …, three tubes to a device."""
    places: list[str] = []
    antennas = []
    for number, pair in enumerate(tubes, start=1):
        tube = f"Tube{number}"
        antennas += [Antenna(tube, chamber) for chamber in pair]
        places.append(tube)
    at = {divmod(k, ANTENNAS_A_DEVICE): one for k, one in enumerate(antennas)}
    return Apparatus(at, {habitat: (*chambers, *places)})


def tubes_used(events: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the pairs of chambers that animals of an events table went between, each once."""
    passages = events[(events["kind"] == "passage") & (events["chamber"] != events["to"])]
    pairs = passages[["chamber", "to"]].drop_duplicates()
    return list(dict.fromkeys(tuple(sorted(pair)) for pair in pairs.itertuples(index=False, name=None)))


def read_apparatus(path: Path) -> Apparatus:
    """Return what `apparatus.json` says; anything that is not as Voletron expects it raises `UserError`."""
    try:
        content = json.loads(text_of(path))
        devices, habitats = content["olcus_devices"], content["habitats"]
        antennas = {
            (int(device), int(number)): Antenna(str(one["tube"]), str(one["cage"]))
            for device, numbers in devices.items()
            for number, one in numbers.items()
        }
        places = {str(name): tuple(map(str, listed)) for name, listed in habitats.items()}
    except json.JSONDecodeError as error:
        raise UserError(f"{path}, line {error.lineno}: not JSON ({error.msg})") from error
    except KeyError as error:
        needed = "olcus_devices (tube and cage of every antenna) and habitats"
        raise UserError(f"{path} has no {error}; it needs {needed}") from error
    except (AttributeError, TypeError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not an apparatus of Voletron ({shortened(str(error))})") from error
    _check(antennas, places, path)
    listed = {name: tuple(one for one in there if one != ERROR) for name, there in places.items()}
    return Apparatus(antennas, listed)


def _check(antennas: Mapping[tuple[int, int], Antenna], places: Mapping[str, Sequence[str]], path: Path) -> None:
    by_tube: dict[str, list[str]] = {}
    for one in antennas.values():
        by_tube.setdefault(one.tube, []).append(one.chamber)
    for tube, chambers in by_tube.items():
        if len(chambers) != 2 or len(set(chambers)) != 2:
            told = ", ".join(chambers)
            raise UserError(f"{path}: {tube} needs two antennas, one at each end, got {len(chambers)} (cage {told})")
    known = {*by_tube, *(one.chamber for one in antennas.values()), ERROR}
    for name, there in places.items():
        if ERROR not in there:
            raise UserError(f"{path}: the habitat {name} must list {ERROR} among its chambers")
        for place in there:
            if place not in known:
                raise UserError(f"{path}: habitat {name}: {unknown('chamber', place, sorted(known))}")


def renamed(apparatus: Apparatus, names: Mapping[str, str]) -> Apparatus:
    """Return an apparatus with other names of chambers; a name that is not one of its chambers raises `UserError`."""
    for name in names:
        if name not in apparatus.chambers:
            raise UserError(f"chambers: {unknown('chamber', name, apparatus.chambers)}")
    antennas = {key: Antenna(one.tube, names.get(one.chamber, one.chamber)) for key, one in apparatus.antennas.items()}
    habitats = {name: tuple(names.get(one, one) for one in there) for name, there in apparatus.habitats.items()}
    return Apparatus(antennas, habitats)
