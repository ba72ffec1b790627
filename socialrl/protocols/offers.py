"""Who is offered in a test of a life with named companions: which animal is in which place, and of which sex."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from socialrl.assays import short_id
from socialrl.errors import UserError, nearest, unknown
from socialrl.protocols.companions import NOBODY, OTHER_STRANGER, PARTNER, STRANGER, STRANGERS, Companion
from socialrl.protocols.phases import AssayPhase
from socialrl.protocols.stimulus_animals import check_empty
from socialrl_envs import ASSAYS, Assay


@dataclass(frozen=True)
class Offer:
    """Who is in which place of a test (by the assay's names), in which session, and the world's options for the sexes.

    With conditioning the places are those of company in it, and `company` is the one that is taken (or nobody); else
    None. `first` is the companion in the partner's place, or else the one that `with` names first, `new` a partner that
    nothing before has housed the animal with, `other_sex` the places whose animal is of the other sex than the tested
    one.
    """

    session: str
    places: Mapping[str, str]
    other_sex: tuple[str, ...]
    first: str | None
    new: tuple[Companion, ...]
    company: str | None = None

    @property
    def relationship(self) -> str:
        """The world's word for the sex of the animal in the partner's place."""
        return "mate" if PARTNER in self.other_sex else "peer"

    @property
    def stranger_sex(self) -> str:
        """The world's word for the sex of the animal in the stranger's place."""
        return "other" if STRANGER in self.other_sex else "same"


def offer_of(
    assay: Assay,
    phase: AssayPhase,
    known: Mapping[str, Companion],
    before: tuple[str, Offer] | None,
    never_met: Callable[[str], str],
) -> Offer:
    """Return who is offered in the test of a phase; what is impossible raises `UserError`, without the phase.

    `known` are the companions so far, `before` assay and offer of the last test, `never_met` words the error for
    a companion that was never introduced.
    """
    if not set(_places(assay)) <= {PARTNER, STRANGER}:
        raise UserError(
            f"{short_id(assay.id)} has places of its own ({', '.join(_places(assay))}); a life with named companions "
            f"is tested where the places are those of a {PARTNER} and a {STRANGER}"
        )
    check_empty(assay, phase.with_)
    named = _in_conditioning(phase) if assay.contexts else phase.with_ or _usual(assay)
    _check_names(assay, named, known, never_met)
    companions = dict(known)
    new: tuple[Companion, ...] = ()
    if PARTNER in named and PARTNER not in known:
        relationship = phase.relationship or "peer"
        new = (Companion(PARTNER, relationship, relationship == "mate"),)
        companions[PARTNER] = new[0]
    elif phase.relationship is not None and PARTNER in named and known[PARTNER].relationship != phase.relationship:
        raise UserError(
            f"relationship must be {known[PARTNER].relationship}, as before in this history, got {phase.relationship}"
        )
    session, places = (_conditioned if assay.contexts else _seated)(assay, named, phase.session)
    others = [companions[name] for name in named if name in companions]
    stranger_differs = others[0].other_sex if others else phase.relationship == "mate"
    if phase.stranger_sex != "as_partner":
        if STRANGER not in named:
            raise UserError(
                "stranger_sex needs a stranger in this assay, and there is none; leave it out, got "
                f"{phase.stranger_sex}"
            )
        stranger_differs = phase.stranger_sex == "other"
    usual = (PARTNER,) if assay.contexts else ()
    differs = {name: one.other_sex for name, one in companions.items()}
    differs |= {STRANGER: stranger_differs, OTHER_STRANGER: True, NOBODY: False}
    offer = Offer(
        session=session,
        places=places,
        other_sex=tuple(place for place, name in places.items() if differs[name]),
        first=next((name for name in (places[PARTNER], *named, *usual) if name in companions), None),
        new=new,
        company=next((place for place, name in places.items() if name != NOBODY), NOBODY) if assay.contexts else None,
    )
    if phase.stranger == "same":
        _check_same_strangers(offer, before)
    return offer


def _usual(assay: Assay) -> tuple[str, ...]:
    """Return who is offered where a test does not say it: the animals of the only usual session."""
    if len(assay.usual_sessions) > 1:
        places = ", ".join(_places(assay))
        raise UserError(f"with is missing; {short_id(assay.id)} has the places {places}, and some may stay empty")
    here = assay.session_table[assay.usual_sessions[0]]
    return tuple(name for i, name in enumerate(assay.animals) if here[i] and i not in assay.acting)


def _places(assay: Assay) -> list[str]:
    return [name for i, name in enumerate(assay.animals) if i not in assay.acting]


def _check_names(
    assay: Assay, named: tuple[str, ...], known: Mapping[str, Companion], never_met: Callable[[str], str]
) -> None:
    places, got = _places(assay), f"got [{', '.join(named)}]"
    key = "conditioned_with" if assay.contexts else "with"
    words = [*dict.fromkeys([*known, PARTNER]), *STRANGERS, NOBODY]
    for name in named:
        if name in words:
            continue
        near = nearest(name, words)
        if near is not None:
            raise UserError(f"{key}: {unknown('animal', name, words)}")
        raise UserError(f"{key}: {never_met(name)}; a test may also offer {', '.join((*STRANGERS, NOBODY))}")
    for name in named:
        if named.count(name) > 1 and name != NOBODY:
            raise UserError(f"with: {name} is named twice; each place of a test holds one animal, {got}")
    if len(named) > len(places):
        raise UserError(
            f"with: {short_id(assay.id)} has {len(places)} places beside the tested animal ({', '.join(places)}), one "
            f"animal each, got {len(named)}: {', '.join(named)}"
        )


def _seated(assay: Assay, named: tuple[str, ...], session: str | None) -> tuple[str, dict[str, str]]:
    """Return the session, and who is in each place: where it belongs (`_wanted`), else where there is room."""
    places = _places(assay)
    table = {
        one: [name for i, name in enumerate(assay.animals) if here[i] and i not in assay.acting]
        for one, here in assay.session_table.items()
        if (one == session if session is not None else one not in assay.new_places)
    }
    if not table:
        raise UserError(f"session: {unknown('session', str(session), assay.session_table)}")
    guests = [name for name in named if name != NOBODY]
    wanted = _wanted(guests)
    best: tuple[int, str, dict[str, str]] | None = None
    for one, taken in table.items():
        if len(taken) != len(guests) or (one in assay.on_request and len(named) < len(places)):
            continue  # a chamber is left empty only where the file says nobody
        seats = {place: wanted[place] for place in taken if place in wanted}
        left = [name for name in guests if name not in seats.values()]
        free = [place for place in taken if place not in seats]
        if best is None or len(seats) > best[0]:
            best = len(seats), one, seats | dict(zip(free, left, strict=True))
    if best is not None:
        return best[1], {place: best[2].get(place, NOBODY) for place in places}
    short = short_id(assay.id)
    possible = " or ".join(
        f"[{', '.join(place if place in taken else NOBODY for place in places)}]" for taken in table.values()
    )
    what = short if session is None else f"{short}, session {session},"
    raise UserError(f"with: the places of {what} can be taken as {possible}, got [{', '.join(named)}]")


def _in_conditioning(phase: AssayPhase) -> tuple[str, ...]:
    """Return who shares a context with the animal before its test: one, or nobody."""
    company = phase.conditioned_with or PARTNER
    return () if company == NOBODY else (company,)


def _conditioned(assay: Assay, named: tuple[str, ...], session: str | None) -> tuple[str, dict[str, str]]:
    """Return the session, in which nobody is there, and the places with the company in conditioning."""
    if session is not None and session not in assay.session_table:
        raise UserError(f"session: {unknown('session', session, assay.session_table)}")
    taken = {STRANGER if name in STRANGERS else PARTNER: name for name in named}
    return assay.usual_sessions[0], {place: taken.get(place, NOBODY) for place in _places(assay)}


def _wanted(guests: list[str]) -> dict[str, str]:
    """Return who goes to the place of the partner, and to that of the stranger, if it can.

    An animal has the place that bears its name; else the partner's is for the first companion, the stranger's for the
    first stranger.
    """
    companions = [name for name in guests if name not in STRANGERS]
    strangers = [name for name in guests if name in STRANGERS]
    wanted = {}
    if companions:
        wanted[PARTNER] = PARTNER if PARTNER in companions else companions[0]
    if strangers:
        wanted[STRANGER] = STRANGER if STRANGER in strangers else strangers[0]
    return wanted


def _check_same_strangers(offer: Offer, before: tuple[str, Offer] | None) -> None:
    """Refuse `stranger: same` unless the test before had the strangers of this one."""
    strangers = [name for name in offer.places.values() if name in STRANGERS]
    if not strangers:
        raise UserError("stranger: same needs a stranger in this assay, and there is none")
    for name in strangers:
        if before is None or name not in before[1].places.values():
            raise UserError(f"stranger: same needs a {name} in the assay before, and there was none; write new")
        sexes = [_sex(one, name) for one in (before[1], offer)]
        if sexes[0] != sexes[1]:
            raise UserError(f"the stranger must be of the {sexes[0]} sex, as it was before, got the {sexes[1]} sex")


def _sex(offer: Offer, name: str) -> str:
    place = next(place for place, one in offer.places.items() if one == name)
    return "other" if place in offer.other_sex else "same"


def indices(assay: str, places: Mapping[str, str]) -> dict[str, int]:
    """Return the index in the assay of every animal that is offered, by its name."""
    names = ASSAYS[assay].animals
    return {name: names.index(place) for place, name in places.items() if name != NOBODY}
