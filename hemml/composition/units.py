"""Polyanions and molecules that stay whole, and how they are recognised in a row of atoms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from hemml.composition.formula import Node, parse_amounts
from hemml.elements.periodic import ATOMIC_NUMBER


@dataclass(frozen=True, slots=True)
class Unit:
    """A group of atoms that counts as one species.

    Attributes:
        label: Its formula.
        charge: Formal charge in e; 0 for a molecule whose charge hemml does not know.
        atoms: Atoms of each element.
    """

    label: str
    charge: int
    atoms: Mapping[str, float]


_CHARGES: Final = {
    "PO4": -3,
    "P2O7": -4,
    "PO3": -1,
    "SO4": -2,
    "SiO4": -4,
    "BO3": -3,
    "CO3": -2,
    "C2O4": -2,
    "MoO4": -2,
    "WO4": -2,
    "CN": -1,
    "OH": -1,
    "H2O": 0,
    "NH4": 1,
}

UNITS: Final[Mapping[str, Unit]] = {
    label: Unit(label, charge, parse_amounts(label)) for label, charge in _CHARGES.items()
}
"""The units with a charge of their own, by label."""

MOLECULES: Final = frozenset({"H2O", "NH4"})
"""Units that go to the "molecule" sublattice; all others are anions."""

UNIT_STARTERS: Final = frozenset({"P", "S", "Si", "B", "C", "Mo", "W", "N", "H", "O"})
"""Elements with which a unit can begin."""

_TETRAHEDRAL: Final = frozenset({"P", "S", "Si"})
_CENTRES: Final = _TETRAHEDRAL | {"B"}
_LIGANDS: Final = frozenset({"F", "Cl", "Br", "N", "S"})
_HALOGENS: Final = frozenset({"F", "Cl"})
_TOLERANCE: Final = 1e-9


class Match(NamedTuple):
    """Units found at one place.

    Attributes:
        consumed: Number of nodes that were used.
        units: Labels with amounts.
        loose: Atoms of these nodes that belong to no unit.
    """

    consumed: int
    units: tuple[tuple[str, float], ...]
    loose: tuple[tuple[str, float], ...] = ()


@lru_cache(maxsize=4096)
def unit(label: str) -> Unit:
    """Return the unit of a label: one of `UNITS`, or a molecule such as an amine, whose charge counts as 0.

    Raises:
        FormulaError: The label is not a formula.
    """
    return UNITS.get(label) or Unit(label, 0, parse_amounts(label))


def species_atoms(species: str) -> Mapping[str, float]:
    """Atoms of each element in a species, which is an element symbol or the label of a unit.

    Raises:
        FormulaError: The species is neither.
    """
    return {species: 1.0} if species in ATOMIC_NUMBER else unit(species).atoms


def match_unit(nodes: Sequence[Node], i: int, *, bracketed: bool = False) -> Match | None:
    """Look for a unit that begins at `nodes[i]`, an atom: its centre and, directly behind, its ligands.

    The ratio must be exact. Phosphate is found at any amount; the other centres must come in whole numbers, so that
    the `Si0.5O2` at the end of a mixed oxide is no silicate.

    Args:
        nodes: Neighbours in the order written.
        i: Index of an atom in `UNIT_STARTERS`.
        bracketed: `nodes` is all that a bracket holds; then any anion may replace oxygen, as in `(PO3.9N0.1)`.
    """
    after = nodes[i + 1] if i + 1 < len(nodes) else None
    if after is None or after.items:
        return None
    symbol, amount, _ = nodes[i]
    if symbol in _CENTRES:
        return _oxo_units(nodes, i, bracketed=bracketed)
    if symbol == "O":
        return _hydroxide(nodes, i) if after.symbol == "H" else None
    if symbol == "H":
        return Match(2, (("H2O", after.amount),)) if after.symbol == "O" and _is(amount, 2 * after.amount) else None
    if symbol == "N":
        return Match(2, (("NH4", amount),)) if after.symbol == "H" and _is(after.amount, 4 * amount) else None
    if symbol == "C" and after.symbol == "N":
        return Match(2, (("CN", amount),)) if _is(amount, after.amount) else None
    if after.symbol != "O" or not _whole(amount):
        return None
    oxygen = after.amount
    if symbol == "C":
        if _is(oxygen, 3 * amount):
            return Match(2, (("CO3", amount),))
        return Match(2, (("C2O4", amount / 2),)) if _is(oxygen, 2 * amount) and _whole(amount / 2) else None
    return Match(2, ((f"{symbol}O4", amount),)) if _is(oxygen, 4 * amount) else None


def _oxo_units(nodes: Sequence[Node], i: int, *, bracketed: bool) -> Match | None:
    """PO4, P2O7, PO3, SO4, SiO4, BO3, and mixed centres (P2.9Si0.1O12) or ligands (PO3.9F0.1)."""
    j = i + 1
    while j < len(nodes) and nodes[j].symbol in _CENTRES:
        j += 1
    if j == len(nodes) or nodes[j].symbol != "O":
        return None
    oxygen = nodes[j].amount
    if j > i + 1:
        return _mixed_centres(nodes[i:j], oxygen)
    symbol, centre, _ = nodes[i]
    if symbol == "B":
        return Match(2, (("BO3", centre),)) if _whole(centre) and _is(oxygen, 3 * centre) else None
    if _is(oxygen, 4 * centre) and (symbol == "P" or _whole(centre)):
        return Match(2, ((f"{symbol}O4", centre),))
    if symbol == "P" and _is(oxygen, 3 * centre):
        return Match(2, (("PO3", centre),))
    if symbol == "P" and _is(oxygen, 3.5 * centre) and _whole(centre / 2):
        return Match(2, (("P2O7", centre / 2),))
    return _mixed_ligands(nodes, i, bracketed=bracketed)


def _mixed_centres(centres: Sequence[Node], oxygen: float) -> Match | None:
    total = sum(node.amount for node in centres)
    if not _whole(total) or not _is(oxygen, 4 * total):
        return None
    # There is no BO4 unit: a boron among phosphorus stays a cation with its oxygen.
    boron = sum(node.amount for node in centres if node.symbol == "B")
    units = tuple((f"{node.symbol}O4", node.amount) for node in centres if node.symbol != "B")
    loose = (("B", boron), ("O", 4 * boron)) if boron else ()
    return Match(len(centres) + 1, units, loose) if units else None


def _mixed_ligands(nodes: Sequence[Node], i: int, *, bracketed: bool) -> Match | None:
    """XO(4-x)Lx as whole units: (PO4)1-x (PO3)x + x L has the same atoms and the same charge as PO(4-x)Lx."""
    symbol, centre, _ = nodes[i]
    oxygen = nodes[i + 1].amount
    allowed = _LIGANDS if bracketed else _HALOGENS
    j = i + 2
    while j < len(nodes) and nodes[j].symbol in allowed:
        j += 1
    ligands = nodes[i + 2 : j]
    replaced = sum(node.amount for node in ligands)
    if not ligands or replaced > centre or not _is(oxygen + replaced, 4 * centre) or (bracketed and j < len(nodes)):
        return None
    loose = tuple((node.symbol, node.amount) for node in ligands)
    whole = ((f"{symbol}O4", centre - replaced),) if centre - replaced > _TOLERANCE else ()
    # The oxygen left over is taken as a difference, so that no rounding error is lost.
    if symbol == "P":
        return Match(j - i, (*whole, ("PO3", replaced)), loose)
    rest = oxygen - 4 * (centre - replaced)
    return Match(j - i, whole, ((symbol, replaced), ("O", rest), *loose)) if whole else None


def _hydroxide(nodes: Sequence[Node], i: int) -> Match | None:
    oxygen, hydrogen = nodes[i].amount, nodes[i + 1].amount
    behind = nodes[i + 2] if i + 2 < len(nodes) else None
    if behind is not None and behind.symbol == "O" and _is(hydrogen, 2 * behind.amount):
        return None
    if _is(hydrogen, 2 * oxygen):
        return Match(2, (("H2O", oxygen),))
    if hydrogen > oxygen + _TOLERANCE:
        return None
    rest = oxygen - hydrogen
    return Match(2, (("OH", hydrogen),), (("O", rest),) if rest > _TOLERANCE else ())


def _is(value: float, expected: float) -> bool:
    return abs(value - expected) <= _TOLERANCE * max(1.0, expected)


def _whole(value: float) -> bool:
    return value > 0.5 and _is(value, round(value))
