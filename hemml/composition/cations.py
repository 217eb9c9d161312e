"""Which cation brackets and loose metals are sublattices of their own, and which are dopants of a larger one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hemml.composition.sites import LOOSE

OWN_SITE_SHARE: Final = 0.20
OWN_SITE_SHARE_BEHIND: Final = 0.50


@dataclass(slots=True)
class CationGroup:
    """The loose cations of a formula, or those of one bracket.

    Attributes:
        site: `LOOSE` or the number of the bracket.
        first: Index of its first entry, the order in which the formula is written.
        amounts: Element -> amount per formula unit.
    """

    site: int
    first: int
    amounts: dict[str, float]


def merge_cation_groups(groups: Sequence[CationGroup]) -> tuple[list[dict[str, float]], dict[int, int], list[str]]:
    """Merge dopants into the sublattice they belong to.

    A group with less than 20 % of the largest group's amount is a dopant and joins it, be it a bracket or loose metals.
    Loose metals that begin behind the largest bracket stay apart from 50 % on only (`(Ni0.2...)Co2O4`), because dopants
    are often written there. Without brackets there is one sublattice.

    Returns:
        The sublattices in the order written, the index of each group's sublattice by site, and sentences.
    """
    if not groups:
        return [], {}, []
    if len(groups) == 1:
        only = groups[0].amounts
        return [only], {groups[0].site: 0}, [f"One cation sublattice: {', '.join(only)}."]
    largest = max(groups, key=lambda g: sum(g.amounts.values()))
    size = sum(largest.amounts.values())
    own = [g for g in groups if g is largest or sum(g.amounts.values()) >= _threshold(g, groups) * size - 1e-9]
    rules = []
    merged = {g.site: dict(g.amounts) for g in own}
    for group in groups:
        if group not in own:
            target = merged[largest.site]
            for species, amount in group.amounts.items():
                target[species] = target.get(species, 0.0) + amount
            name = "loose" if group.site == LOOSE else "bracketed"
            share = 100 * sum(group.amounts.values()) / size
            rules.append(
                f"The {name} {', '.join(group.amounts)} ({share:.3g} % of the largest cation group) "
                f"is a dopant of that sublattice."
            )
    where = {g.site: own.index(g if g in own else largest) for g in groups}
    if len(own) > 1:
        parts = "; ".join(", ".join(amounts) for amounts in merged.values())
        rules.append(f"Separate cation sublattices: {parts}.")
    else:
        rules.append(f"One cation sublattice: {', '.join(merged[own[0].site])}.")
    return list(merged.values()), where, rules


def _threshold(group: CationGroup, groups: Sequence[CationGroup]) -> float:
    brackets = [g for g in groups if g.site != LOOSE]
    if group.site != LOOSE or not brackets:
        return OWN_SITE_SHARE
    largest = max(brackets, key=lambda g: sum(g.amounts.values()))
    return OWN_SITE_SHARE if group.first < largest.first else OWN_SITE_SHARE_BEHIND
