"""The rows of the current parameter table: value, unit, range, source and spread between animals.

How they are read, and earlier tables by name: parameters.py and named_tables.py.
"""

from __future__ import annotations

from dataclasses import dataclass

_CALIBRATED = "fitted to wild types (gain 1) of Brusman et al. 2024: docs/results/calibration"
_STARTED = "no measurement found; moved by the same fit, which does not determine it alone"
_DAMS = (
    "set on wild-type dams: most of the time in the nest, a few per cent of it licking, bouts of quiet broken by "
    "activity (Lonstein & De Vries 1999 Physiol Behav 66:33)"
)
_BLACK = "Black et al. 2025 Curr Biol 35:4178 (direction); amount not measured"

EVIDENCE = ("definition", "published", "fitted", "assumed")
"""What a value rests on: a definition, published data, the fit to wild types, or only a choice."""


@dataclass(frozen=True)
class Parameter:
    """One constant: `value` in `unit`, allowed in [`low`, `high`]; `spread` is the log-sd between animals.

    `evidence` is one of `EVIDENCE`; `source` says where the value comes from in words. `male` is the value of males
    where it is another one, for which `source` must give a reason; None: the sexes do not differ.
    """

    name: str
    value: float
    unit: str
    low: float
    high: float
    spread: float
    meaning: str
    evidence: str
    source: str
    male: float | None = None

    def of(self, sex: str) -> float:
        """Return the value of animals of a sex."""
        return self.male if self.male is not None and sex == "male" else self.value


# name, value, unit, lowest, highest, spread, meaning, evidence, source
# fmt: off
ATTACHMENT: tuple[Parameter, ...] = (
    Parameter("care_to_expression", 0.3, "per unit of care", 0.0, 1.0, 0.0,
              "how far receptor expression follows care (m_E); 0 = arm off", "assumed",
              "sign: Perkeybile et al. 2019 Psychoneuroendocrinology 99:128; bounded by King et al. 2016: one Oxtr SNP "
              "explains 74 % of the variance of expression"),
    Parameter("care_to_competence", 0.0, "per unit of care", 0.0, 1.0, 0.0,
              "how far release competence follows care (m_Q); 0 = arm off", "assumed",
              "an alternative: early touch activates oxytocin neurons (Barrett et al. 2015)"),
    Parameter("strain_to_reactivity", 1.0, "per unit of strain", 0.0, 3.0, 0.0,
              "how far stress reactivity follows mean stress relative to the reference family (m_Z); 0 = arm off",
              "assumed", "only its size may be fitted, to the delay of single-mother pups: Ahern & Young 2009"),
    Parameter("window_close_d", 14.0, "d", 3.0, 60.0, 0.0,
              "age at which the sensitive period begins to close (a_c)", "assumed", "no measurement found"),
    Parameter("window_tau_d", 2.0, "d", 0.5, 60.0, 0.0,
              "time constant at which it closes (tau_c)", "assumed", "no measurement found"),
    Parameter("development_tau_d", 5.0, "d", 1.0, 60.0, 0.0,
              "time constant of expression, competence and reactivity in the sensitive period (tau_dev)", "assumed",
              "no measurement found"),
    Parameter("adult_plasticity", 0.1, "fraction", 0.0, 1.0, 0.0,
              "share of that plasticity that is left in adults (pi)", "assumed",
              "sign: mating raises adult expression, Wang et al. 2013 Nat Neurosci 16:919"),
    Parameter("licking_weight", 3.0, "× touch", 1.0, 10.0, 0.0,
              "touch of a pup while it is licked, relative to contact", "assumed", "no measurement found"),
    Parameter("stress_on_receptor", 0.3, "per unit of stress", 0.0, 1.0, 0.0,
              "share of the gain that a unit of stress above stress_free takes away; 0 = off", "assumed",
              "sign: Donovan et al. 2018 Behav Brain Res 342:70"),
    Parameter("stress_free", 0.5, "units of stress", 0.0, 1.0, 0.0,
              "stress up to which the receptor is not affected", "assumed", "no measurement found"),
    Parameter("buffer_familiar", 0.4, "units of stress", 0.0, 1.0, 0.0,
              "how far contact with a familiar animal lowers the stress target (beta0)", "assumed",
              "no measurement found"),
    Parameter("buffer_receptor", 0.5, "per unit of signal", 0.0, 1.0, 0.0,
              "how far the receptor signal lowers the stress target (beta1)", "assumed",
              "contact and oxytocin lower the stress response (direction)"),
    Parameter("stranger_stress", 0.4, "units of stress", 0.0, 2.0, 0.0,
              "how far contact with an unfamiliar animal raises the stress target (nu)", "assumed",
              "no measurement found"),
    Parameter("contact_memory_h", 6.0, "h", 0.5, 72.0, 0.0,
              "time constant of the recent share of time in contact", "assumed",
              "concept: Lee, Chen & Tye 2021 Cell 184:1500"),
    Parameter("set_point_d", 14.0, "d", 1.0, 120.0, 0.0,
              "time constant at which the accustomed share of contact follows the recent one", "assumed",
              "concept: Lee, Chen & Tye 2021 Cell 184:1500"),
    Parameter("need_gain", 0.0, "reward/min", 0.0, 5.0, 0.0,
              "worth of contact per unit of need; 0 = off", "assumed",
              "no rebound of huddling is known in voles; mice have one (Liu et al. 2025), where 0.3 is a guess"),
    Parameter("load_tau_d", 7.0, "d", 1.0, 60.0, 0.0,
              "time constant at which load follows stress", "assumed", "no measurement found"),
    Parameter("load_cost", 0.3, "fraction", 0.0, 1.0, 0.0,
              "share of the worth of contact, exploration and rest that full load takes away; 0 = off", "assumed",
              "sign: weeks alone take pleasure away, Grippo et al. 2007"),
    Parameter("enrichment", 0.3, "units of stress", 0.0, 1.0, 0.0,
              "how far an enriched cage lowers the stress target", "assumed", "sign: Grippo et al. 2014"),
    Parameter("contagion", 0.0, "1/h", 0.0, 20.0, 0.0,
              "rate at which stress follows that of a familiar animal in contact; 0 = off", "assumed",
              "an option: Burkett et al. 2016 Science 351:375"),
)
"""Those without effect unless an environment has its option `attachment` on."""

CONTEXTS: tuple[Parameter, ...] = (
    Parameter("value_tau_h", 24.0, "h in a context", 0.1, 1000.0, 0.0,
              "time constant at which the value of a context follows what is felt there", "assumed",
              "a session of 24 h conditions: Dölen et al. 2013 Nature 501:179; more sessions condition more: "
              "Thiel et al. 2008 Drug Alcohol Depend 96:202"),
    Parameter("value_felt", 1.0, "fraction", 0.0, 10.0, 0.0,
              "share of a context's value that is felt in it when it is empty; 0 = off", "assumed",
              "no measurement found"),
)
"""Those without effect in assays without contexts."""
CARE: tuple[Parameter, ...] = (
    Parameter("lick_cost", 0.5, "reward/min", 0.0, 50.0, 0.0,
              "effort of licking a litter", "assumed", _DAMS),
    Parameter("hunger_cost", 12.0, "reward/min", 0.0, 50.0, 0.0,
              "cost of being without any energy, for an animal that has a litter", "assumed", _DAMS),
    Parameter("need_rise_s", 1200.0, "s", 10.0, 1e5, 0.0,
              "time constant at which a litter's need rises while nobody is in contact with it", "assumed", _DAMS),
    Parameter("need_fall_s", 3600.0, "s", 10.0, 1e5, 0.0,
              "time constant at which it falls in contact", "assumed", _DAMS),
    Parameter("energy_h", 2.5, "h", 0.1, 1000.0, 0.0,
              "time constant at which a carer's energy falls", "assumed", _DAMS),
    Parameter("nursing_load", 2.0, "× fall", 1.0, 20.0, 0.0,
              "how much faster it falls in contact with the litter", "assumed",
              f"{_DAMS}; males have no milk to give", male=1.0),
    Parameter("feeding_s", 300.0, "s", 10.0, 1e5, 0.0,
              "time constant at which energy rises while foraging", "assumed", _DAMS),
)
"""Those without effect unless there is a litter; the last rows of `PARAMETERS`."""

PARAMETERS: tuple[Parameter, ...] = (
    # --- the receptor and the peptides
    Parameter("oxtr_gain", 1.0, "× wild type", 0.0, 2.0, 0.1,
              "oxytocin-receptor gain: knockout 0, wild type 1", "definition", "by definition"),
    Parameter("dopamine_tone", 1.0, "× normal", 0.0, 2.0, 0.0,
              "dopamine at D1 receptors (effort) and at D2 receptors (bonding); 0 = blocked",
              "definition", "by definition"),
    Parameter("v1a_gain", 1.0, "× normal", 0.0, 2.0, 0.0,
              "vasopressin V1a route to mate value; 0 = blocked", "definition", "by definition"),
    # --- oxytocin
    Parameter("oxytocin_tau_s", 120.0, "s", 10.0, 1800.0, 0.0,
              "time constant of accumbens oxytocin", "assumed", "no vole measurement found; sweep 10 s to 30 min"),
    Parameter("release_floor", 0.5, "fraction", 0.0, 1.0, 0.0,
              "release in contact without the receptor (rho)", "assumed", _BLACK),
    Parameter("receptor_half", 4.0, "oxytocin units", 0.05, 20.0, 0.0,
              "oxytocin at which the receptor passes half of its maximum", "assumed",
              "no measurement found; raised from 1 for F15d, so that a dose of agonist adds something"),
    # --- familiarity
    Parameter("consolidation_floor_per_h", 0.0252, "1/h of contact", 0.0, 10.0, 0.456,
              "bond growth without the receptor (kappa0)", "published",
              "knockouts prefer by about 7 days: Black et al. 2025 (press)"),
    Parameter("consolidation_gain_per_h", 0.103, "1/h of contact", 0.0, 10.0, 0.456,
              "bond growth per unit of receptor signal (kappa1), times D2 tone", "published",
              "wild types prefer a peer after 24 h, little before: Black et al. 2025; "
              "Williams et al. 1992 Horm Behav 26:339"),
    Parameter("consolidation_mate_per_h", 0.22, "1/h of contact", 0.0, 10.0, 0.0,
              "bond growth with a mate, times D2 tone, V1a gain and open mating route", "published",
              "6 h with mating as good as 24 h without: Williams et al. 1992 Horm Behav 26:339"),
    Parameter("absence_loss_per_h", 0.0005, "1/h", 0.0, 1.0, 0.0,
              "bond loss while apart", "published",
              "preference lasts 2 weeks or more after mating: Insel & Hulihan 1995"),
    Parameter("interference_per_h", 0.05, "1/h of contact", 0.0, 10.0, 0.0,
              "bond loss while in contact with others, without protection", "assumed", "no measurement found"),
    Parameter("retention", 0.8, "fraction", 0.0, 1.0, 0.0,
              "share of interference that the receptor prevents at gain 1", "assumed", "no measurement found"),
    Parameter("habituation_tau_s", 10.0, "s of contact", 10.0, 1e5, 0.079,
              "time to get used to a novel animal", "assumed", _STARTED),
    Parameter("habituation_recovery_h", 72.0, "h", 0.1, 1e4, 0.0,
              "time for novelty to come back", "assumed", "no measurement found"),
    Parameter("recognition_noise", 0.402, "familiarity units", 0.0, 1.0, 0.393,
              "error in recognising familiarity, drawn per encounter", "assumed", _STARTED),
    Parameter("compensation_share", 1.0, "fraction", 0.0, 1.0, 0.0,
              "share of receptor-free bond growth that is compensation and closes with the mating route; 0 = off",
              "assumed", "an acute block differs from a lifelong loss: Young et al. 2001, Berendzen et al. 2023"),
    Parameter("peer_dopamine_free", 1.0, "fraction", 0.0, 1.0, 0.0,
              "share of receptor-dependent bond growth with an animal of the same sex that a lack of D2 tone does not "
              "touch; 0 = off", "assumed",
              "females: a dopamine block spares the preference for a peer (Lee & Beery 2021 Horm Behav, PMC7855828), a "
              "D2 block not that for a mate (Wang et al. 1999, Liu & Wang 2003); males: not tested"),
    Parameter("mate_dopamine_need", 1.0, "fraction", 0.0, 1.0, 0.0,
              "share of receptor-free bond growth with an animal of the other sex that needs D2 tone; 0 = off",
              "assumed",
              "a D2 block abolishes the preference for a mate: Wang et al. 1999 Behav Neurosci 113:602 (females), "
              "Aragona et al. 2003 J Neurosci 23:3483 (males)"),
    Parameter("recognition_lasting", 0.898, "fraction", 0.0, 1.0, 0.105,
              "share of the variance of recognition errors that lasts the whole test; 0 = off",
              "fitted", _CALIBRATED),
    Parameter("v1a_recall", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of recognised familiarity that needs the V1a receptor; 0 = off",
              "assumed", "males: Donaldson et al. 2010; females spared: Insel & Hulihan 1995", male=0.9),
    # --- what contact is worth
    Parameter("contact_floor", 0.296, "reward/min", 0.0, 50.0, 0.081,
              "worth of contact with anyone, without the receptor (b0)", "assumed", _STARTED),
    Parameter("contact_gain", 0.148, "reward/min", 0.0, 50.0, 0.081,
              "worth of contact with anyone per unit of receptor signal (b1)", "fitted", _CALIBRATED),
    Parameter("selective_floor", 1.2, "reward/min", 0.0, 50.0, 0.406,
              "extra worth of a familiar animal, without the receptor (w0)", "assumed", _BLACK),
    Parameter("selective_gain", 0.355, "reward/min", 0.0, 50.0, 0.406,
              "extra worth of a familiar animal per unit of receptor signal (w1)", "fitted", _CALIBRATED),
    Parameter("selective_mate", 0.0478, "reward/min", 0.0, 50.0, 0.1,
              "extra worth of a familiar mate, times V1a gain", "assumed",
              "knockouts keep mates: Berendzen et al. 2023 Neuron 111:787; amount moved by the fit to wild types"),
    Parameter("defence_floor", 0.292, "reward/min", 0.0, 50.0, 0.26,
              "cost of contact with an unfamiliar animal when bonded, without the receptor (a0)", "assumed", _BLACK),
    Parameter("defence_gain", 1.17, "reward/min", 0.0, 50.0, 0.26,
              "the same, per unit of gain (a1)", "fitted", _CALIBRATED),
    Parameter("defence_payoff_min", 1.0, "min", 0.0, 60.0, 0.0,
              "minutes of unfamiliar contact that driving off is worth", "assumed", "no measurement found"),
    Parameter("defence_habituation", 1.0, "fraction", 0.0, 1.0, 0.0,
              "how far driving off loses its worth as the animal gets used to the other; 0 = off", "assumed",
              "aggression wanes towards a neighbour that one has got used to: Temeles 1994 Anim Behav 47:339"),
    Parameter("rejection_cost", 0.3, "reward", 0.0, 50.0, 0.0,
              "cost of one rejection", "assumed", "no measurement found"),
    Parameter("withdrawal_s", 120.0, "s", 1.0, 1e4, 0.0,
              "time a driven-off animal keeps away", "assumed", "no measurement found"),
    Parameter("settling_worth", 5.27, "× worth", 0.0, 20.0, 0.147,
              "how much more contact with anyone is worth once the animal has settled with it; 0 = off",
              "fitted", _CALIBRATED),
    Parameter("settling_tau_s", 469.0, "s of contact", 10.0, 1e5, 0.074,
              "time constant of settling in a bout of contact", "assumed", _STARTED),
    Parameter("settling_loss_s", 8.82, "s apart", 1.0, 1e5, 0.104,
              "time constant at which settling is lost apart", "assumed", _STARTED),
    Parameter("incentive_comfort", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the receptor-independent worth of a familiar animal that needs settling; 0 = off",
              "assumed", "work and huddling dissociate: Pierce et al. 2024, Beery et al. 2021"),
    Parameter("signal_adaptation", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the receptor signal of a standing agonist that adds nothing to contact; 0 = off",
              "assumed", "an agonist at the test blocks a preference: Johnson et al. 2024"),
    Parameter("courtship_reward", 0.0, "reward/min", 0.0, 50.0, 0.0,
              "extra worth of contact with an animal of the other sex for one that has no mate; 0 = off", "assumed",
              "DeVries et al. 1997 Can J Zool 75:295 (direction); amount not measured"),
    # --- the rest of a vole's life, none of it scaled by the gain
    Parameter("exploration_reward", 8.65, "reward/min", 0.0, 50.0, 0.07,
              "worth of exploring at full activity drive", "fitted", _CALIBRATED),
    Parameter("activity_rise_s", 1160.0, "s", 10.0, 1e5, 0.06,
              "time constant of the activity drive's rise in rest and contact", "fitted", _CALIBRATED),
    Parameter("activity_spend_s", 1130.0, "s", 10.0, 1e5, 0.024,
              "time constant of the activity drive's fall while exploring", "fitted", _CALIBRATED),
    Parameter("activity_budget", 0.929, "fraction", 0.0, 1.0, 0.122,
              "how far the activity drive rises and falls at a constant rate instead of relaxing; 0 = off",
              "fitted", _CALIBRATED),
    Parameter("day_calm", 0.154, "fraction", 0.0, 1.0, 0.101,
              "how far the activity drive stays below its maximum on the calmest day; 0 = off",
              "assumed", _STARTED),
    Parameter("rhythm_depth", 0.0, "fraction", 0.0, 1.0, 0.0,
              "how far the activity drive stays below its maximum in the rest phase of a rhythm; 0 = off",
              "assumed", "voles have one: Gerkema et al. 1993"),
    Parameter("rhythm_h", 3.0, "h", 0.1, 100.0, 0.0,
              "period of the rest-activity rhythm", "published", "2 to 4 h: Gerkema et al. 1993, Halle 1995"),
    Parameter("explore_dwell_s", 44.5, "s", 5.0, 1e4, 0.239,
              "mean stay in a chamber while exploring", "fitted", _CALIBRATED),
    Parameter("transit_s", 15.0, "s", 1.0, 600.0, 0.0,
              "time to pass from one chamber to the next", "assumed", "no measurement found"),
    Parameter("novelty_reward", 0.736, "reward/min", 0.0, 50.0, 0.317,
              "worth of first investigation of a novel animal", "assumed", _STARTED),
    Parameter("uncertainty_cost", 1.54, "reward/min", 0.0, 50.0, 0.102,
              "cost of an animal nearby that has not been inspected; 0 = off", "fitted", _CALIBRATED),
    Parameter("move_cost", 0.05, "reward/move", 0.0, 50.0, 0.0,
              "effort of passing to another chamber", "assumed", "no measurement found"),
    Parameter("rest_reward", 0.294, "reward/min", 0.0, 50.0, 0.142,
              "worth of resting alone", "assumed", _STARTED),
    Parameter("stress_cost", 0.3, "reward/min", 0.0, 50.0, 0.0,
              "cost of a unit of stress", "assumed", "no measurement found"),
    Parameter("stress_tau_s", 1800.0, "s", 10.0, 1e5, 0.0,
              "time constant of stress: rises alone, falls with a familiar animal", "assumed", "no measurement found"),
    Parameter("stress_without_hormone", 0.0, "fraction", 0.0, 1.0, 0.0,
              "share of the stress target that a full block of stress hormones leaves", "assumed",
              "no measurement found; sign: a CRF antagonist abolishes passive coping after the loss of a partner, "
              "Bosch et al. 2009 Neuropsychopharmacology 34:1406"),
    Parameter("reward_noise", 0.3, "reward/√min", 0.0, 50.0, 0.0,
              "noise in the felt reward, independent of the gain", "assumed", "no measurement found"),
    # --- cohousing before a test
    Parameter("cohousing_contact_share", 0.5, "fraction", 0.0, 1.0, 0.0,
              "share of cohousing spent in side-by-side contact", "assumed", "no measurement found"),
    Parameter("cohousing_bout_s", 1200.0, "s", 60.0, 1e5, 0.0,
              "length of one contact bout while cohoused", "assumed", "no measurement found"),
    # --- work for access
    Parameter("press_cost", 0.03, "reward/press", 0.0, 50.0, 0.3,
              "effort of one lever press, divided by the D1 tone", "assumed", "set so that all wild types work"),
    Parameter("tone_as_work", 1.0, "fraction", 0.0, 1.0, 0.0,
              "how far the D1 tone is perceived as what it makes of the work left, and not by itself; 0 = off",
              "assumed", "a D1 block cuts work and spares the entry to an opened door: Pierce et al. 2024"),
    Parameter("press_s", 5.0, "s", 0.1, 600.0, 0.0,
              "time of one lever press", "assumed", "no measurement found"),
    # --- a place that the animal knows
    Parameter("known_place_exploration", 0.06, "fraction", 0.0, 1.0, 0.0,
              "worth of exploring a place known from days or daily sessions, relative to a new one", "assumed",
              "set so that wild types work in the operant box and huddle in the habitat"),
    *ATTACHMENT,
    *CONTEXTS,
    *CARE,
)
# fmt: on
