"""Hints for misspelt names: every slip of a known word gives that word, and no other word is taken for it."""

import itertools
import string

import pytest

from socialrl.assays import short_id
from socialrl.config.experiment import Config
from socialrl.config.problems import section_in
from socialrl.config.recording import RecordingConfig
from socialrl.errors import nearest, unknown
from socialrl.lineage.schema import AFTER_WEANING
from socialrl.protocols.childhood import CARERS, COMPANY
from socialrl.protocols.companions import NOBODY, STRANGERS, USUAL
from socialrl.protocols.schema import KINDS
from socialrl_envs import ASSAYS
from socialrl_envs.drugs import DRUGS
from socialrl_envs.parameters import NAMES
from socialrl_envs.physiology import ARM_SETTINGS, ARMS
from socialrl_envs.spelling import _distance
from socialrl_envs.vocabulary import RELATIONSHIPS, SEXES, SLOW


def _sections(kind, seen):
    seen.setdefault(kind, list(kind.model_fields))
    for field in kind.model_fields.values():
        inner = section_in(field.annotation)
        if inner is not None and inner not in seen:
            _sections(inner, seen)
    return seen


LISTS = {
    "drugs": list(DRUGS),
    "arms": list(ARMS),
    "arm settings": list(ARM_SETTINGS),
    "relationships": list(RELATIONSHIPS),
    "sexes": list(SEXES),
    "phases": list(KINDS),
    "assays": [short_id(full) for full in ASSAYS],
    "ids": list(ASSAYS),
    "animals": ["partner", "stranger"],
    "parameters": list(NAMES),
    "verbs": [
        "train",
        "resume",
        "evaluate",
        "report",
        "demo",
        "reproduce",
        "calibrate",
        "render",
        "record",
        "envs",
        "bench",
    ],
    **{kind.__name__: names for top in (Config, RecordingConfig) for kind, names in _sections(top, {}).items()},
}
WORDS = sorted({name for names in LISTS.values() for name in names})


def _slips(word):
    """Every word that is one letter away: left out, put in, exchanged, or swapped with its neighbour."""
    letters = [i for i, letter in enumerate(word) if letter.isalpha()]
    for i in letters:
        yield word[:i] + word[i + 1 :]
        for letter in "e":
            yield word[:i] + letter + word[i + 1 :]
            yield word[:i] + letter + word[i:]
        if i + 1 < len(word) and word[i + 1].isalpha():
            yield word[:i] + word[i + 1] + word[i] + word[i + 2 :]


@pytest.mark.parametrize("names", LISTS.values(), ids=LISTS)
def test_a_slip_gives_the_word_and_never_another(names):
    for word in names:
        given = 0
        for slip in set(_slips(word)) - set(names):
            found = nearest(slip, names)
            assert found in (word, None), (slip, found, word)
            given += found == word
        twins = [one for one in names if one != word and one.replace("_", "") == word.replace("_", "")]
        if len(word) > 4 and not set(word) & set(string.digits) and not twins:
            assert given > 0.6 * len(set(_slips(word)) - set(names)), word


def test_no_slip_in_the_name_of_a_drug_turns_its_effect_round():
    """One or two letters wrong: the drug that is meant or none, never one that does the opposite or acts elsewhere."""
    for name in DRUGS:
        near = {slip for one in _slips(name) for slip in (one, *_slips(one))} - set(DRUGS)
        wrong = {(slip, found) for slip in near if (found := nearest(slip, DRUGS)) not in (name, None)}
        assert not wrong, name


def test_a_long_name_forgives_every_single_letter():
    for slip in _slips("dopamine_antagonist"):
        assert nearest(slip, DRUGS) in ("dopamine_antagonist", None if slip in DRUGS else "dopamine_antagonist"), slip


@pytest.mark.parametrize("names", LISTS.values(), ids=LISTS)
def test_a_word_of_another_list_is_not_taken_for_a_slip(names):
    taken = {(word, near) for word in WORDS if word not in names and (near := nearest(word, names)) is not None}
    # a unit left out or a plural are slips also where they are right elsewhere
    slips = {
        (word, near) for word, near in taken if word.rstrip("s") == near.rstrip("s") or near.startswith(f"{word}_")
    }
    assert taken <= slips


@pytest.mark.parametrize("names", LISTS.values(), ids=LISTS)
def test_a_word_with_one_part_exchanged_left_out_or_put_in_is_another_word(names):
    parts = ["partner", "gain", "dopamine", "d1", "v2", "crf", "second", "ant", "anti", "un", "inverse", "non", "pre"]
    known = {part for name in names for part in name.split("_")}
    # a part that is a letter from another makes a slip of it
    others = [part for part in parts if all(_distance(part, one) > 2 for one in known)]
    for word, part in itertools.product(names, others):
        tokens = word.split("_")
        for i in range(len(tokens)):
            for changed in (
                [*tokens[:i], part, *tokens[i + 1 :]],
                [*tokens[:i], part, *tokens[i:]],
                [*tokens[:i], *tokens[i + 1 :]],
            ):
                name = "_".join(changed)
                if not name or name in names:
                    continue
                near = nearest(name, names)
                same = near is not None and (
                    near.removesuffix(f"_{near.split('_')[-1]}") == name  # the unit alone is missing
                    or sorted(near.split("_")) == sorted(changed)
                    or near.replace("_", "") == name.replace("_", "")
                    or near.rstrip("s") == name.rstrip("s")
                )
                assert near is None or same, (name, near)


OF_LIVES = {
    "drugs": [*DRUGS, "d1_agonist", "d2_agonist", "crf_agonist", "v1a_agonist", "inverse_agonist"],
    "animals": [*USUAL, *STRANGERS, NOBODY, "first_partner", "brothers_mate", "other_stranger"],
    "phases": [*KINDS, "handle", "deprive", "reunite", "foster"],
    "relationships": ["peer", "mate", "sibling", "stranger", "offspring", "rival"],
    "sexes": [*SEXES, "same", "other", "as_partner", "mixed"],
    "childhood": [*{**CARERS, **COMPANY, **AFTER_WEANING}, "enriched", "impoverished", "fathers"],
    "sessions": ["all", "partner", "stranger", "choice", "alone", "with_partner", "neutral", "together", "apart"],
    "states": [*(one.name for one in SLOW), "need", "stressor", "stress"],
    "arms of development": ["care_to_expression", "care_to_competence", "strain_to_reactivity"],
    "lineages": ["own", "others", "high_by_high", "high_by_low", "low_by_high", "low_by_low"],
}


@pytest.mark.parametrize("words", OF_LIVES.values(), ids=OF_LIVES)
def test_no_word_of_a_life_is_taken_for_another_that_turns_the_experiment_round(words):
    """Where the word is not known, none of the others is offered in its place."""
    for word in words:
        others = [one for one in words if one != word]
        assert nearest(word, others) is None, word
        assert all(nearest(word, [one]) is None for one in others), word


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("dopamine_agonist", {name: one for name, one in DRUGS.items() if name != "dopamine_agonist"}),
        ("d1_antagonist", {name: one for name, one in DRUGS.items() if name != "d1_antagonist"}),
        ("d2_antagonist", {name: one for name, one in DRUGS.items() if name != "d2_antagonist"}),
        ("d1_agonist", DRUGS),
        ("d2_agonist", DRUGS),
        ("d3_antagonist", DRUGS),
        ("d_antagonist", DRUGS),
        ("1d_antagonist", DRUGS),
        ("dopamine", DRUGS),
        ("v1b_antagonist", DRUGS),
        ("crf_antagonist", {name: one for name, one in DRUGS.items() if name != "crf_antagonist"}),
        ("crf_agonist", DRUGS),
        ("inverse_agonist", DRUGS),
        ("second_partner", ["partner", "stranger"]),
        ("male", RELATIONSHIPS),
        ("gpu", ["cpu", "cuda", "auto"]),
        ("rejection", ARMS),
        ("pulse", ["pulses", "pulse_s"]),
        ("unpaired", ["paired"]),
        ("knockout-01", ["knockout-00"]),
        ("separation_s", ["separation_h"]),
        ("", ["a", "ab"]),
    ],
)
def test_names_of_other_things_get_no_hint(given, names):
    assert nearest(given, names) is None


@pytest.mark.parametrize(
    ("given", "names", "meant"),
    [
        ("antagnist", DRUGS, "antagonist"),
        ("agonists", DRUGS, "agonist"),
        ("Dopamine-Antagonist", DRUGS, "dopamine_antagonist"),
        ("antagonist_dopamine", DRUGS, "dopamine_antagonist"),
        ("wildtype", ["wild_type", "knockout"], "wild_type"),
        ("oxytocin_tau", NAMES, "oxytocin_tau_s"),
        ("F1O", ["F10", "F11"], "F10"),
        ("firts", ["first", "second"], "first"),
        ("preferense", ["preference"], "preference"),
        ("stranegr", ["partner", "stranger"], "stranger"),
    ],
)
def test_slips_get_one(given, names, meant):
    assert nearest(given, names) == meant


def test_known_names_are_listed_with_what_they_do():
    line = unknown("drug", "dopamine_agonist", {"agonist": "adds", "antagonist": "blocks"})
    assert line == "unknown drug 'dopamine_agonist'; known: agonist (adds), antagonist (blocks)"
