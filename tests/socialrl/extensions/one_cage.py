"""An assay of another package, in one file: two animals in one cage, one of them tethered."""

from __future__ import annotations

from socialrl.assays import AssayStudy, register_study
from socialrl_envs import Assay, SocialEnv, SocialVectorEnv, register_assay
from socialrl_envs.habitat import Habitat

ONE_CAGE = Assay(
    id="mine/OneCage-v0",
    habitat=Habitat.build(("nest", "run"), ((0, 1),), ((0.3, 0.5), (0.7, 0.5))),
    animals=("focal", "partner"),
    acting=(0,),
    cohoused_with=(1, 0),
    placements={"nest": (0, 0)},
    chambers={"nest": ("nest", "run")},
    duration_s=600.0,
    paper="nobody's",
)


class OneCageEnv(SocialEnv):
    """One vole acts, its partner is tethered in the nest."""

    assay = ONE_CAGE


class OneCageVectorEnv(SocialVectorEnv):
    """`OneCageEnv` natively batched."""

    assay = ONE_CAGE


register_assay(ONE_CAGE, OneCageEnv, OneCageVectorEnv)
register_study(
    AssayStudy(
        id=ONE_CAGE.id,
        title="one cage",
        measures=("huddle_s_partner", "return"),
        training={"env": {"dt_s": 15, "duration_s": 600}, "lives": 4},
        steps={"quick": 1000},
    )
)
