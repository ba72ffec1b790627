"""The real compounds that the drugs of the model stand for: who gave them, how, how much, and how long they act.

Only what was read is here; "not seen" is a number that the abstract or caption that was read does not give. Nothing is
computed from these rows: a dose of the model is a share or a level, whatever compound it stands for.
"""

from __future__ import annotations

from typing import NamedTuple

NOT_SEEN = "dose not seen"


class Compound(NamedTuple):
    """A compound as one article gave it; `grade`: A full text or data read, B abstract or caption, C second-hand."""

    name: str
    route: str
    dose: str
    animals: str
    found: str
    source: str
    grade: str


class Sheet(NamedTuple):
    """What is known of a drug: what its dose means, how long the compounds act, what the model leaves out."""

    unit: str
    acts: str
    limits: str
    compounds: tuple[Compound, ...]


_LEE = "Lee & Beery 2021 Horm Behav, PMC7855828"
_WANG = "Wang et al. 1999 Behav Neurosci 113:602"
_ARAGONA = "Aragona et al. 2003 J Neurosci 23:3483"
_LIU = "Liu & Wang 2003 Neuroscience 121:537"
_CHO = "Cho et al. 1999 Behav Neurosci 113:1071"
_PIERCE = "Pierce et al. 2024 Curr Biol 34:519, doi 10.1016/j.cub.2023.12.041"
_OCCUPANCY = (
    "A dose is the share of receptors that are occupied. In the striatum of mice half of them are, an hour after "
    "{dose} mg/kg of {name} (Assié et al. 2006 Naunyn-Schmiedeberg's Arch Pharmacol 373(6), abstract); no number was "
    "found for voles."
)

SHEETS: dict[str, Sheet] = {
    "agonist": Sheet(
        "1 adds as much oxytocin at the receptor as continuous contact of a wild type; 0 is no drug. A dose d passes "
        "d/(receptor_half + d) of what the receptor can pass. How many mg/kg that is was not found.",
        "As long as a protocol says. Before a cohabitation it acts from its start to its end in the findings that "
        "come with socialrl.",
        "It acts at the oxytocin receptor and nowhere else; oxytocin itself binds V1a receptors, too.",
        (
            Compound(
                "LIT-001",
                "intraperitoneal",
                "10 mg/kg",
                "male prairie voles",
                "given before 4 h with a female it makes a preference, given after them it hides one",
                "Johnson et al. 2024 Transl Psychiatry 14, doi 10.1038/s41398-024-02993-x",
                "B",
            ),
            Compound(
                "oxytocin",
                "into the brain",
                NOT_SEEN,
                "prairie voles of both sexes",
                "a preference after 1 h; an antagonist of either peptide receptor prevents it",
                _CHO,
                "B",
            ),
        ),
    ),
    "antagonist": Sheet(
        "The share of the receptor gain that is blocked: 0 no drug, 0.5 as a heterozygote, 1 as a knockout for as "
        "long as it acts, but for the mating route, which makes up for a lifelong loss only.",
        "As long as a protocol says. Infusions before and 12 h into a day with a male covered that day (Young et al. "
        "2001).",
        "The whole animal is blocked, where experiments often block the accumbens alone.",
        (
            Compound(
                "an oxytocin-receptor antagonist",
                "into the accumbens",
                NOT_SEEN,
                "female prairie voles",
                "given before and 12 h into 24 h with a male: no preference",
                "Young et al. 2001 Horm Behav 40:133",
                "B",
            ),
            Compound(
                "an oxytocin-receptor antagonist",
                "into the ventricles",
                NOT_SEEN,
                "female prairie voles",
                "mating is spared, the preference is not",
                "Insel & Hulihan 1995 Behav Neurosci 109:782",
                "B",
            ),
        ),
    ),
    "dopamine_antagonist": Sheet(
        "The share of dopamine tone that is blocked, at D1 and at D2 receptors alike: 0 no drug, 1 no tone. "
        + _OCCUPANCY.format(dose=0.11, name="haloperidol"),
        "Haloperidol is slow: in rats its effect against apomorphine fades with a half-time of 7.6 days (doi "
        "10.1007/BF00431801), so a test a day later is still under the drug.",
        "Movement is not slowed: an animal under a full block walks and huddles as ever.",
        (
            Compound(
                "haloperidol",
                "injected",
                "several doses, numbers not seen",
                "female prairie voles with a female",
                "the preference for a peer forms as ever",
                _LEE,
                "B",
            ),
            Compound(
                "haloperidol",
                "injected",
                NOT_SEEN,
                "female prairie voles with a male",
                "no preference for the mate",
                _WANG,
                "B",
            ),
            Compound(
                "haloperidol",
                "injected; into the accumbens",
                NOT_SEEN,
                "male prairie voles with a female",
                "no preference for the mate",
                _ARAGONA,
                "B",
            ),
        ),
    ),
    "d1_antagonist": Sheet(
        "The share of dopamine tone that is blocked at D1 receptors: 0 no drug, 1 no tone. A press costs "
        "press_cost/max(tone, 0.05), so half a block doubles it and a full block makes it twenty times as much.",
        "As long as a protocol says: give it at the test. No half-life was read.",
        "Only work is touched. In males a D1 block also ends attacks on strangers after two weeks of living together "
        "(Aragona et al. 2006 Nat Neurosci 9:133), which is not in the model.",
        (
            Compound(
                "SCH 23390",
                "injected",
                "0.5 mg/kg",
                "prairie voles at the lever",
                "fewer presses for partner and stranger; entering an opened door and huddling are spared",
                _PIERCE,
                "C",
            ),
            Compound(
                "SCH 23390",
                "injected",
                NOT_SEEN,
                "female prairie voles with a male",
                "the preference for the mate forms as ever",
                _WANG,
                "B",
            ),
        ),
    ),
    "d2_antagonist": Sheet(
        "The share of dopamine tone that is blocked at D2 receptors: 0 no drug, 1 no tone. "
        + _OCCUPANCY.format(dose=0.047, name="eticlopride"),
        "As long as a protocol says: give it while the bond forms. Before or right after mating it impaired the "
        "preference, a day after mating it did not (Wang et al. 1999).",
        "How much of a bond needs D2 tone is set by peer_dopamine_free and mate_dopamine_need (docs/model.md).",
        (
            Compound(
                "eticlopride",
                "injected; into the ventricles",
                NOT_SEEN,
                "female prairie voles with a male",
                "no preference for the mate; the D1 antagonist SCH 23390 does not prevent it",
                _WANG,
                "B",
            ),
            Compound(
                "a D2 antagonist",
                "into the accumbens",
                NOT_SEEN,
                "female prairie voles with a male",
                "oxytocin makes no preference; under a D1 antagonist it does",
                _LIU,
                "B",
            ),
            Compound(
                "eticlopride",
                "injected",
                "2 mg/kg",
                "prairie voles at the lever and in the preference test",
                "pressing and an established preference are spared",
                _PIERCE,
                "C",
            ),
        ),
    ),
    "dopamine_agonist": Sheet(
        "Normal tones added at D2 receptors: 0 no drug, 1 doubles the normal tone; the sum is at most 2. How many "
        "mg/kg that is was not found.",
        "Apomorphine is short: in rats 10 mg/kg are eliminated from the brain with a half-life of 10.5 min and act "
        "for about an hour (Symes et al. 1976 Arch Int Pharmacodyn Ther 223:260, abstract). Give it for the first "
        "hour of a cohabitation, or longer for repeated doses.",
        "Apomorphine acts on D1 receptors as well; the model's agonist does not, because a D2 agonist alone makes a "
        "preference and a D1 agonist does not (Wang et al. 1999).",
        (
            Compound(
                "apomorphine",
                "injected",
                NOT_SEEN,
                "female prairie voles with a female",
                "a preference for a peer after a cohabitation that is too short for one",
                _LEE,
                "B",
            ),
            Compound(
                "apomorphine",
                "injected",
                NOT_SEEN,
                "female prairie voles with a male",
                "a preference for the male without mating; the D2 agonist quinpirole does the same",
                _WANG,
                "B",
            ),
            Compound(
                "apomorphine",
                "injected; into the accumbens",
                NOT_SEEN,
                "male prairie voles with a female",
                "a preference for the female without mating",
                _ARAGONA,
                "B",
            ),
        ),
    ),
    "crf_antagonist": Sheet(
        "The share of the stress response that is blocked: 0 no drug, 1 nothing but stress_without_hormone of it is "
        "left. It stands for a block at any place of the axis, from the CRF receptor to corticosterone.",
        "As long as a protocol says: pumps infused for days (Bosch et al. 2009).",
        "It lowers stress and nothing else. In voles CRF and corticosterone change how fast a bond forms, too: CRF "
        "helps males (DeVries et al. 2002 Psychoneuroendocrinology 27:705, Lim et al. 2007 Horm Behav 51:508), "
        "corticosterone hinders females (DeVries et al. 1995 PNAS 92:7744). None of this is in the model.",
        (
            Compound(
                "a CRF-receptor antagonist",
                "into the ventricles, by a pump",
                NOT_SEEN,
                "male prairie voles that lost their mate",
                "no passive coping; the bond stays",
                "Bosch et al. 2009 Neuropsychopharmacology 34:1406, doi 10.1038/npp.2008.154",
                "B",
            ),
            Compound(
                "RU-486",
                "outside the brain",
                NOT_SEEN,
                "female prairie voles with a male",
                "a block of glucocorticoid receptors makes a preference, unless dopamine is blocked, too",
                "Curtis & Wang 2005 Neuroscience 134:369, doi 10.1016/j.neuroscience.2005.04.012",
                "B",
            ),
        ),
    ),
    "v1a_antagonist": Sheet(
        "The share of the V1a gain that is blocked: 0 no drug, 1 no route through V1a.",
        "As long as a protocol says. Before cohabitation or before the test it blocked a preference, right after "
        "mating it did not (Donaldson et al. 2010).",
        "The sexes do not differ unless v1a_recall is given by sex: recall failed in males and was spared in females.",
        (
            Compound(
                "a V1a antagonist",
                "through a cannula into the brain",
                NOT_SEEN,
                "male prairie voles with a female",
                "no preference, whether it is given before cohabitation or before the test",
                "Donaldson et al. 2010 Behav Neurosci, doi 10.1037/a0018094",
                "B",
            ),
            Compound(
                "a V1a antagonist",
                "into the brain",
                NOT_SEEN,
                "prairie voles of both sexes",
                "neither oxytocin nor vasopressin makes a preference in 1 h",
                _CHO,
                "B",
            ),
        ),
    ),
}
"""By the name of the drug (`vocabulary.DRUGS`); drugs of other packages have no sheet."""
