"""Which animals an assay of a protocol is played with: who can take part, of which sex, new or met before.

The checks raise `UserError` without a place; the caller knows the file and the phase.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from socialrl.assays import short_id
from socialrl.errors import UserError, unknown
from socialrl_envs import Assay


def partner_of(assay: Assay) -> int:
    """Return the index of the tested animal's cage mate."""
    return assay.cohoused_with[assay.acting[0]]


def stranger_of(assay: Assay) -> int | None:
    """Return the index of the animal that the assay calls stranger, or None."""
    return assay.animals.index("stranger") if "stranger" in assay.animals else None


@dataclass(frozen=True)
class Cast:
    """Which animals take part in a test: those of its session, and the company in conditioning (its place's name)."""

    assay: Assay
    session: str
    conditioned_with: str | None = None

    def has(self, animal: int | None) -> bool:
        """Return whether an animal of the assay, by its index, takes part."""
        if animal is None:
            return False
        there = bool(self.assay.session_table[self.session][animal])
        return there or (self.assay.contexts and self.assay.animals[animal] == self.conditioned_with)

    @property
    def has_stranger(self) -> bool:
        """Whether the stranger takes part."""
        return self.has(stranger_of(self.assay))


def others_are_paired(assay: Assay) -> bool:
    """Return whether animals beside the tested one and its partner have cage mates, and so a history of their own."""
    others = set(range(assay.n_animals)) - {assay.acting[0], partner_of(assay)}
    return any(assay.cohoused_with[other] >= 0 for other in others)


def is_group(assay: Assay) -> bool:
    """Return whether other animals act or have cage mates, so that a test's animals cannot be chosen one by one."""
    return len(assay.acting) > 1 or others_are_paired(assay)


def check_order(assay: Assay, before: str | None) -> None:
    """Refuse an assay whose other animals would not have lived through the assay before it (`before`: its id)."""
    if before not in (None, assay.id) and others_are_paired(assay):
        raise UserError(
            f"{short_id(assay.id)} must be the first assay of its history, or follow the same assay: its other pairs "
            f"live through the same history; the assay before is {short_id(str(before))}"
        )


def session_of(assay: Assay, given: Sequence[str], session: str | None = None) -> str:
    """Return the session in which just the animals in `given` take part beside the tested one (empty: the only one).

    `session` names one, which must be played with just those animals; without it, it is none in a new place.
    """
    table = assay.session_table
    check_empty(assay, given)
    if session is not None and session not in table:
        raise UserError(f"session: {unknown('session', session, table)}")
    possible = assay.usual_sessions if session is None else (session,)
    short = short_id(assay.id)
    names = [name for i, name in enumerate(assay.animals) if i not in assay.acting]
    sessions = {
        frozenset(name for name, there in zip(assay.animals, table[one], strict=True) if there and name in names): one
        for one in possible
    }
    what = short if session is None else f"{short}, session {session},"
    played = " or ".join(f"[{', '.join(name for name in names if name in members)}]" for members in sessions)
    if not names and given:
        raise UserError(f"with: all animals of {short} are tested animals; leave it out, got [{', '.join(given)}]")
    if not given:
        if len(sessions) > 1:
            raise UserError(f"with is missing; {what} is played with {played}")
        return next(iter(sessions.values()))
    if len(given) > len(names):
        raise UserError(
            f"with: {short} holds {len(names)} animals beside the tested one ({', '.join(names)}), got {len(given)}: "
            f"{', '.join(given)}"
        )
    for name in given:
        if name not in names:
            raise UserError(f"with: {unknown('animal', name, names)}")
    twice = next((name for name in given if given.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"with: {twice} is named twice; each place holds one animal, got [{', '.join(given)}]")
    if frozenset(given) not in sessions:
        raise UserError(f"with: {what} is played with {played}, got [{', '.join(given)}]")
    return sessions[frozenset(given)]


def check_empty(assay: Assay, offered: Sequence[str]) -> None:
    """Refuse animals in the test of an assay that has its company in conditioning only."""
    if assay.contexts and offered:
        raise UserError(
            f"with: both contexts of {short_id(assay.id)} are empty in the test; write conditioned_with for the animal "
            f"that shares one before it, got [{', '.join(offered)}]"
        )


def relationship_of(cast: Cast, given: str | None, so_far: str | None) -> str:
    """Return peer or mate for the animals of a test; if the partner takes part, it is what the partner was before."""
    assay, relationship = cast.assay, given or so_far or "peer"
    if relationship == "mate" and len(assay.acting) > 1 and "mate" not in assay.relationships:
        raise UserError(
            f"relationship must be peer in {short_id(assay.id)}, whose animals are all of one sex, got mate"
        )
    if cast.has(partner_of(assay)) and so_far not in (None, relationship):
        raise UserError(f"relationship must be {so_far}, as before in this history, got {relationship}")
    return relationship


def check_stranger_sex(cast: Cast, stranger_sex: str) -> None:
    """Refuse the sex of a stranger where there is none."""
    if stranger_sex != "as_partner" and not cast.has_stranger:
        raise UserError(
            f"stranger_sex needs a stranger in this assay, and there is none; leave it out, got {stranger_sex}"
        )


def check_same_stranger(cast: Cast, sex: str, before: tuple[Cast, str] | None) -> None:
    """Refuse `stranger: same` unless the test before (`before`: its cast, the stranger's sex) had this stranger.

    `sex` is that of `sex_of_stranger`.
    """
    if not cast.has_stranger:
        raise UserError("stranger: same needs a stranger in this assay, and there is none")
    if before is None or not before[0].has_stranger:
        raise UserError("stranger: same needs a stranger in the assay before, and there was none; write new")
    if before[1] != sex:
        told = {"same": "peer", "other": "mate"}
        raise UserError(
            f"the stranger must be of the {before[1]} sex (relationship {told[before[1]]}, or stranger_sex "
            f"{before[1]}), as it was before, got the {sex} sex"
        )
