"""Who lives with whom where several animals share a world: checks of `habitats` and of relationships."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
            "can be set only for assays in which several animals act (socialrl/GroupHabitat-v0, socialrl/PairHome-v0, "
            "socialrl/SharedCaregiving-v0);"
            f" in {assay.id} one animal acts"
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


def check_relationships(
    kinds: Mapping[str, tuple[str, ...]],
    genotypes: Mapping[str, str],
    given: Mapping[str, Sequence[str]],
    assay: Assay,
) -> None:
    """Refuse relationships that cage mates which both act cannot have: peers are of one sex, mates a female and a male.

    `kinds` are the members of each kind of habitat, or each genotype alone; `genotypes` have their sex; `given` are the
    relationships of training episodes and tests by their section.
    """
    n_members = len(assay.acting)
    mates = [(one, other) for one, other in enumerate(assay.cohoused_with[:n_members]) if one < other < n_members]
    if not mates:
        return
    for key, relationships in given.items():
        for wrong in (word for word in relationships if word not in assay.relationships):
            text = f"must be {' or '.join(assay.relationships)} in {assay.id}, got {wrong}"
            raise refuse(text, key=f"{key}.relationship", involves=[f"{key}.relationship", "env.id"])
    if "mate" not in assay.relationships:
        return  # their sexes are checked with the habitats
    for kind, members in kinds.items():
        for one, other in mates:
            sexes = [genotypes[members[place % len(members)]] for place in (one, other)]
            involves = [f"genotypes.{members[place % len(members)]}.sex" for place in (one, other)]
            if len(set(sexes)) > 1 and "mixed" in sexes:
                text = f"has a group of mixed sex beside one of {min(sexes, key='mixed'.__eq__)}s; give each one sex"
                raise refuse(text, key=f"habitats.{kind}", involves=[f"habitats.{kind}", *involves])
            fits = "mate" if len(set(sexes)) > 1 else "peer"
            for key, relationships in given.items():
                for wrong in (word for word in relationships if word != fits):
                    who = "are a female and a male" if fits == "mate" else "are of one sex"
                    hint = (
                        ""
                        if fits == "mate"
                        else ("; for mates make a group of females and one of males and name both in a kind of habitat")
                    )
                    text = f"must be {fits} where the two of {kind} {who}, got {wrong}{hint}"
                    raise refuse(text, key=f"{key}.relationship", involves=[f"{key}.relationship", *involves])
