"""Turns a world's state into a `Snapshot` and shows it. Loaded only if a render mode is set."""

from __future__ import annotations

from typing import Any

from .counters import named
from .render import AnimalView, HumanWindow, Snapshot, describe, draw
from .vocabulary import CONDITIONED_WITH
from .world import World


class Scene:
    """Follows one row of a batch: keeps that animal's traces and draws the moment with it as the focal animal."""

    def __init__(self, world: World, action_names: tuple[str, ...], row: int = 0) -> None:
        self._world = world
        self._w, self._k = divmod(row, len(world.assay.acting))
        self._me = world.assay.acting[self._k]
        self._action_names = action_names
        self._window: HumanWindow | None = None
        self.begin()

    def begin(self) -> None:
        """Forget the last episode."""
        self._oxytocin: list[float] = []
        self._signal: list[float] = []
        self._stress: list[float] = []
        self._action = ""

    def note(self, action: int) -> None:
        """Keep one tick: the focal animal's action number and its oxytocin."""
        me = self._world.batch.animals[self._w, self._me]
        self._oxytocin.append(float(me["oxytocin"]))
        self._signal.append(float(me["receptor_signal"]))
        if self._world.attachment:
            self._stress.append(float(me["stress"]))
        self._action = self._spoken(action)

    def render(self, mode: str | None, fps: float) -> Any:
        """Return a frame, a text, or (mode "human") show the frame in a window and return nothing."""
        snapshot = self.snapshot()
        if mode == "ansi":
            return describe(snapshot)
        frame = draw(snapshot)
        if mode == "rgb_array":
            return frame
        if self._window is None:
            self._window = HumanWindow(caption=self._world.assay.id, fps=fps)
        self._window.show(frame)
        return None

    def close(self) -> None:
        """Close the window, if one is open."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def snapshot(self) -> Snapshot:
        """Return this moment of the row's world, the row's animal first."""
        world, assay, me = self._world, self._world.assay, self._me
        batch, w = world.batch, self._w
        record, animals, pairs = batch.worlds[w], batch.animals[w], batch.pairs[w]
        gains = world.parameters["oxtr_gain"][world.record_of[w]]
        rules = assay.rules or ("tethered",) * assay.n_animals
        order = [me, *(i for i in range(assay.n_animals) if i != me)]
        here = [i for i in order if animals[i]["chamber"] >= 0]  # without those absent in this session
        views = []
        for i in here:
            animal = animals[i]
            passing = animal["travel_s"] > 0.0
            transit_s = world.parameters["transit_s"][world.record_of[w, i]]
            views.append(
                AnimalView(
                    name=assay.animals[i],
                    chamber=int(animal["chamber"]),
                    travel_to=int(animal["travel_to"]) if passing else None,
                    travel_fraction=max(0.0, float(1.0 - animal["travel_s"] / transit_s)) if passing else 0.0,
                    tethered=i not in assay.acting and rules[i] == "tethered" and i != assay.litter,
                    withdrawn=bool(pairs[i, me]["withdrawn_s"] > 0.0),
                    oxtr_gain=float(gains[i]),
                    young=i == assay.litter,
                )
            )
        huddle_s = named(batch.counters[w, self._k], assay.n_animals, len(assay.habitat.names))["huddle_s"]
        others = here[1:]
        touching = [(a, b) for a, i in enumerate(here) for b, j in enumerate(here[:a]) if pairs[i, j]["contact"] > 0]
        return Snapshot(
            chamber_names=self._chamber_labels(),
            chamber_edges=assay.habitat.edges,
            chamber_xy=assay.habitat.xy,
            animals=tuple(views),
            contacts=tuple((b, a) for a, b in touching),
            time_s=float(record["tick"] * world.dt_s),
            duration_s=world.duration_s,
            oxytocin=tuple(self._oxytocin),
            receptor_signal=tuple(self._signal),
            stress=tuple(self._stress),
            familiarity={assay.animals[j]: float(pairs[me, j]["familiarity"]) for j in others},
            huddle_s={assay.animals[j]: float(huddle_s[j]) for j in others},
            shut=tuple(edge for edge in assay.habitat.edges if self._is_shut(edge)),
            action=self._action,
            title=self._title(),
        )

    @property
    def _session(self) -> str:
        return list(self._world.assay.session_table)[int(self._world.batch.worlds[self._w]["session"])]

    def _title(self) -> str:
        """Assay, session where there are several, and hours of cohousing where there is a cage mate."""
        assay, test = self._world.assay, self._world.batch.worlds[self._w]
        parts = [assay.id.partition("/")[2]]
        if len(assay.usual_sessions) > 1 or self._session not in assay.usual_sessions:
            parts.append(self._session.replace("_", " "))
        if assay.contexts:
            parts.append(f"{test['conditioning_days']:g} days with {CONDITIONED_WITH[test['conditioned_with']]}")
        if assay.cohoused_with[self._me] >= 0:
            parts.append(f"{test['cohousing_h']:g} h cohoused")
        return ", ".join(parts)

    def _chamber_labels(self) -> tuple[str, ...]:
        """The names of the chambers, or which context each of them is and what it is worth to the animal."""
        assay = self._world.assay
        if not assay.contexts:
            return assay.chamber_labels(self._session)
        me = self._world.batch.animals[self._w, self._me]
        names = list(assay.chambers.values())[self._world.batch.worlds[self._w]["placement"]]
        values = (me["value_left"], me["value_right"])
        # 0.0 makes a rounded −0 a plain 0
        return tuple(f"{name}, worth {round(float(v), 1) + 0.0:g}/min" for name, v in zip(names, values, strict=True))

    def _is_shut(self, edge: tuple[int, int]) -> bool:
        """Whether a door at either end of a tube is closed."""
        if self._session in self._world.assay.shut_doors:
            return True
        keepers = self._world.stage.keepers[self._world.batch.worlds[self._w]["placement"]]
        animals = self._world.batch.animals[self._w]
        return any(keepers[chamber] >= 0 and animals[keepers[chamber]]["access_s"] <= 0.0 for chamber in edge)

    def _spoken(self, action: int) -> str:
        """The action in words, with the animal's name in place of its slot."""
        name = self._action_names[action]
        verb, _, slot = name.partition("_slot")
        if not slot:
            return name
        batch = self._world.batch
        j = batch.slots[self._w, self._k, int(slot)]
        if batch.animals[self._w, j]["chamber"] < 0:
            return "wait"  # for an animal that takes no part
        other = self._world.assay.animals[j]
        return f"press for {other}" if batch.animals[self._w, self._me]["presses"] > 0.0 else f"{verb} {other}"
