"""What a picture is drawn from: a plain record of one moment, with no tie to the world that made it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field


@dataclass(frozen=True)
class AnimalView:
    """One animal at one moment.

    `name` picks the colour: "focal", "partner" and "stranger" (also "stranger 2" and the like) have fixed ones.
    `chamber` is an index into `Snapshot.chamber_names`. While the animal walks, `travel_to` is the chamber it walks to
    and `travel_fraction` (0..1) how far it has come; otherwise `travel_to` is None. `oxtr_gain` is relative to wild
    type. `young` is a litter, drawn as a heap of pups.
    """

    name: str
    chamber: int
    travel_to: int | None = None
    travel_fraction: float = 0.0
    tethered: bool = False
    withdrawn: bool = False
    oxtr_gain: float = 1.0
    young: bool = False


@dataclass(frozen=True)
class Snapshot:
    """One moment of an assay, complete enough to draw. Animal 0 is the focal one.

    - `chamber_edges`: pairs of chambers joined by a tube.
    - `chamber_xy`: centre of each chamber in the unit square, x to the right and y downward; only the arrangement
      counts, the drawing stretches it to the room there is.
    - `shut`: those of `chamber_edges` that a door closes now.
    - `contacts`: pairs of animals in side-by-side contact; both must be in one chamber and not walking.
    - `oxytocin`, `receptor_signal`, `stress`: of the focal animal, evenly spaced over the test so far, the latest last;
      without values of stress it is not drawn.
    - `familiarity` (0..1) and `huddle_s` (seconds in contact): of the focal animal, by name of the other animal.

    Raises ValueError, naming the field, when the parts do not fit together.
    """

    chamber_names: tuple[str, ...]
    chamber_edges: tuple[tuple[int, int], ...]
    chamber_xy: tuple[tuple[float, float], ...]
    animals: tuple[AnimalView, ...]
    contacts: tuple[tuple[int, int], ...] = ()
    time_s: float = 0.0
    duration_s: float = 10800.0
    oxytocin: tuple[float, ...] = ()
    receptor_signal: tuple[float, ...] = ()
    stress: tuple[float, ...] = ()
    familiarity: dict[str, float] = field(default_factory=dict)
    huddle_s: dict[str, float] = field(default_factory=dict)
    shut: tuple[tuple[int, int], ...] = ()
    action: str = ""
    title: str = ""

    def __post_init__(self) -> None:
        n_chambers, n_animals = len(self.chamber_names), len(self.animals)
        if n_chambers == 0 or n_animals == 0:
            raise ValueError(
                f"a snapshot needs at least one chamber and one animal; got {n_chambers} chambers and {n_animals} "
                "animals"
            )
        if len(self.chamber_xy) != n_chambers:
            raise ValueError(f"chamber_xy has {len(self.chamber_xy)} positions for {n_chambers} chambers")
        if len(set(self.chamber_xy)) != n_chambers:
            raise ValueError(f"chamber_xy puts two chambers at one position: {self.chamber_xy}")
        for a, b in self.chamber_edges:
            if not (0 <= a < n_chambers and 0 <= b < n_chambers and a != b):
                raise ValueError(
                    f"chamber_edges has ({a}, {b}); it must join two different chambers of 0..{n_chambers - 1}"
                )
        for edge in self.shut:
            if edge not in self.chamber_edges:
                raise ValueError(f"shut has {edge}, which is not in chamber_edges")
        for index, animal in enumerate(self.animals):
            self._check_animal(index, animal)
        for a, b in self.contacts:
            self._check_contact(a, b)
        if not (self.duration_s > 0 and math.isfinite(self.duration_s)):
            raise ValueError(f"duration_s must be finite and above 0, got {self.duration_s}")

    @property
    def focal(self) -> AnimalView:
        """The animal the panels tell about: number 0."""
        return self.animals[0]

    def others(self) -> tuple[str, ...]:
        """Names of the animals the panels list, in the order of `animals`, then any further ones with a record."""
        names = [animal.name for animal in self.animals[1:]]
        names += [name for name in (*self.huddle_s, *self.familiarity) if name not in names]
        return tuple(dict.fromkeys(names))

    def _check_animal(self, index: int, animal: AnimalView) -> None:
        n_chambers = len(self.chamber_names)
        if not 0 <= animal.chamber < n_chambers:
            raise ValueError(
                f"animal {index} ({animal.name}) is in chamber {animal.chamber}; there are 0..{n_chambers - 1}"
            )
        if animal.travel_to is None:
            return
        if not 0 <= animal.travel_to < n_chambers or animal.travel_to == animal.chamber:
            raise ValueError(
                f"animal {index} ({animal.name}) walks from chamber {animal.chamber} to {animal.travel_to}; "
                f"it must be another one of 0..{n_chambers - 1}"
            )
        if not 0.0 <= animal.travel_fraction <= 1.0:
            raise ValueError(
                f"animal {index} ({animal.name}): travel_fraction must be in 0..1, got {animal.travel_fraction}"
            )

    def _check_contact(self, a: int, b: int) -> None:
        n_animals = len(self.animals)
        if not (0 <= a < n_animals and 0 <= b < n_animals and a != b):
            raise ValueError(f"contacts has ({a}, {b}); it must pair two different animals of 0..{n_animals - 1}")
        first, second = self.animals[a], self.animals[b]
        if first.travel_to is not None or second.travel_to is not None:
            raise ValueError(f"contacts has ({a}, {b}), but one of {first.name} and {second.name} is walking")
        if first.chamber != second.chamber:
            raise ValueError(
                f"contacts has ({a}, {b}), but {first.name} is in {self.chamber_names[first.chamber]} and "
                f"{second.name} in {self.chamber_names[second.chamber]}"
            )
