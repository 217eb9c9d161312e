"""Which nonmetals are anions, and which are centres that more electronegative ones surround."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from hemml.composition.sites import LOOSE, UNIT, Entry
from hemml.elements.periodic import PAULING_OF

_ALWAYS: Final = frozenset({"F", "O", "Cl", "Br", "N"})
_PROTON_ACCEPTORS: Final = ("O", "F", "Cl", "Br", "I", "S", "Se", "Te")


@dataclass(slots=True)
class Nonmetals:
    """Nonmetals outside units, divided; amounts per formula unit."""

    anions: dict[str, float] = field(default_factory=dict)
    centres: dict[str, float] = field(default_factory=dict)
    protons: dict[str, float] = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)


def divide_nonmetals(loose: Mapping[str, float], entries: Sequence[Entry], *, has_cations: bool) -> Nonmetals:
    """Divide the nonmetals that stand outside units.

    F, O, Cl, Br and N are anions. S, Se, Te and I are, unless written in front of at least three O each; P and As,
    unless there are at least two O, S, Se or F each; C, unless there is O; B, if there is no other. H is a proton
    beside O, S, halogens or units, an anion elsewhere. Where nothing else is left as a cation, the most electronegative
    stays an anion and the rest are centres.

    Args:
        loose: Nonmetal -> amount outside units; without hydrogen where that is mobile.
        entries: All entries in the order written.
        has_cations: There are metals.
    """
    out = Nonmetals()
    if len(loose) == 1 and has_cations and loose.keys().isdisjoint({"H", "B"}):
        out.anions.update(loose)
        return out
    for symbol, amount in loose.items():
        if symbol in _ALWAYS:
            out.anions[symbol] = amount
        elif symbol == "H":
            if any(s in loose for s in _PROTON_ACCEPTORS) or _has_units(entries):
                out.protons[symbol] = amount
                out.rules.append("H outside units beside O, S, a halogen or a unit is a proton on a site of its own.")
            else:
                out.anions[symbol] = amount
        elif _is_centre(symbol, loose, entries):
            out.centres[symbol] = amount
            out.rules.append(f"{symbol} is a cation: more electronegative elements surround it.")
        else:
            out.anions[symbol] = amount
    if not has_cations and not out.centres and len(out.anions) > 1:
        strongest = max(out.anions, key=lambda s: PAULING_OF[s] or 0.0)
        out.centres = {s: a for s, a in out.anions.items() if s != strongest}
        out.anions = {strongest: out.anions[strongest]}
        out.rules.append(f"No metal: {strongest}, the most electronegative, is the anion.")
    return out


def _is_centre(symbol: str, loose: Mapping[str, float], entries: Sequence[Entry]) -> bool:
    amount = loose[symbol]
    oxygen = loose.get("O", 0.0)
    if symbol in {"P", "As"}:
        return sum(loose.get(s, 0.0) for s in ("O", "S", "Se", "F")) >= 2 * amount - 1e-9
    if symbol == "C":
        return oxygen > 0
    if symbol == "B":
        return _has_units(entries) or len(loose) > 1
    if oxygen < 3 * amount - 1e-9:
        return False
    # A chalcogen written behind the oxygen replaces it (LiMn2O3.98S0.02); in front it is a centre (NiSeO3).
    loose_order = [e.species for e in entries if e.site == LOOSE]
    return loose_order.index(symbol) < len(loose_order) - 1 - loose_order[::-1].index("O")


def _has_units(entries: Sequence[Entry]) -> bool:
    return any(e.site == UNIT for e in entries)
