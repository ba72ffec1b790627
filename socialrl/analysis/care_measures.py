"""The measures of care: what a carer does, and what its litter gets."""

from __future__ import annotations

from socialrl.analysis.measure import Measure

CAREGIVING, SHARED = "Caregiving", "SharedCaregiving"
CARE = (CAREGIVING, SHARED)
_SOURCE = "after Lonstein & De Vries 1999 Physiol Behav 66:33; definition ours"


def _share(name: str, label: str, column: str, formula: str, smallest: float) -> Measure:
    return Measure(
        name,
        label,
        "fraction",
        f"{formula} / length of the test",
        _SOURCE,
        assays=CARE,
        high=1.0,
        sum=(column,),
        per=("duration_s",),
        digits=3,
        smallest=smallest,
        why="a choice",
    )


OF_CARE: tuple[Measure, ...] = (
    _share(
        "litter_share", "Contact with the litter", "huddle_s_litter", "the carer's seconds of contact with it", 0.05
    ),
    _share("licking_share", "Licking", "licking_s", "seconds in which the carer licks the litter", 0.01),
    _share(
        "attended_share",
        "Time that the litter is attended",
        "litter_contact_s",
        "seconds in which any carer touches it",
        0.05,
    ),
    Measure(
        "latency_to_return_s",
        "Latency to return",
        "s",
        "mean time from leaving the nest until the carer is in contact with the litter again; the test length when it "
        "never returns",
        "definition ours",
        assays=CARE,
        sum=("latency_to_return_s",),
        missing="duration_s",
        digits=0,
        smallest=30.0,
        why="two ticks; a choice",
    ),
    Measure(
        "care_received",
        "Care received from the carer",
        "touch × occupancy",
        "mean over the test of touch (1 in contact, `licking_weight` while licked) × occupancy of the pups' receptors, "
        "from this carer; added over carers, what pups receive",
        "definition ours",
        assays=CARE,
        sum=("care_received",),
        digits=3,
        smallest=0.05,
        why="a choice",
    ),
    Measure(
        "litter_need",
        "Need of the litter",
        "fraction",
        "mean need over the test",
        "definition ours",
        assays=CARE,
        high=1.0,
        sum=("litter_need",),
    ),
    Measure(
        "litter_alone_s",
        "Longest time without a carer",
        "s",
        "the longest time in the test in which nobody is in contact with the litter",
        "definition ours",
        assays=CARE,
        sum=("litter_alone_s",),
        digits=0,
    ),
)
