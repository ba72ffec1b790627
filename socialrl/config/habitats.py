"""Who lives with whom where several animals share a world: the check of `habitats` in a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from socialrl.config.checks import refuse
from socialrl.errors import unknown

if TYPE_CHECKING:
    from socialrl_envs import Assay


def check_habitats(habitats: Mapping[str, tuple[str, ...]], genotypes: Mapping[str, str], assay: Assay) -> None:
    """Refuse kinds of habitats that do not fit `assay`, or whose members are not among `genotypes` (with their sex).

    A kind that has the name of a genotype must hold that genotype alone, because animals are called after their
    habitat. Cage mates are of one sex where they can only be peers.
    """
    if not habitats:
        return
    n_members = len(assay.acting)
    if n_members == 1:
        text = (
            f"can be set only for assays in which several animals act (socialrl/GroupHabitat-v0); in {assay.id} one "
            "animal acts"
        )
        raise refuse(text, key="habitats", involves=["habitats", "env.id"])
    for name, members in habitats.items():
        key, involves = f"habitats.{name}", [f"habitats.{name}", "env.id"]
        if len(members) != n_members:
            text = (
                f"must name the genotypes of {n_members} animals in order (0 and 1 are cage mates, 2 and 3, …), got "
                f"{len(members)}"
            )
            raise refuse(text, key=key, involves=involves)
        for member in members:
            if member not in genotypes:
                text = f"is not usable: {unknown('genotype', member, list(genotypes))}"
                raise refuse(text, key=key, involves=[f"habitats.{name}", "genotypes"])
        for one, other in enumerate(assay.cohoused_with[:n_members]):
            sexes = [genotypes[members[k]] for k in (one, other) if 0 <= k < n_members]
            if len(set(sexes)) > 1 and "mate" not in assay.relationships:
                text = (
                    f"has {members[one]} ({sexes[0]}) and {members[other]} ({sexes[1]}) as cage mates, animals {one} "
                    f"and {other}, which are of one sex; give both groups the same sex"
                )
                raise refuse(text, key=key, involves=[key, *(f"genotypes.{members[k]}.sex" for k in (one, other))])
        if name in genotypes and set(members) != {name}:
            text = (
                f"has the name of a genotype but holds other animals ({', '.join(dict.fromkeys(members))}); rename it"
            )
            raise refuse(text, key=key, involves=[key])
    homeless = [name for name in genotypes if not any(name in members for members in habitats.values())]
    if homeless:
        text = f"is in no habitat; add it to one of the habitats ({', '.join(habitats)}) or remove the group"
        raise refuse(text, key=f"genotypes.{homeless[0]}", involves=["habitats", f"genotypes.{homeless[0]}"])
