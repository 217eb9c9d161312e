"""The table of precursors, and what a precursor brings into a synthesis."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from typing import Final

from hemml.composition import Material, parse_amounts
from hemml.elements.periodic import MASS_OF
from hemml.errors import InputError

CYANIDES: Final = 6
"""Cyanides around the metal of a hexacyanometallate."""
REAGENT: Final = "reagent"
_SITE: Final = "hexacyanometallate"
_TOLERANCE: Final = 1e-6


@dataclass(frozen=True)
class Precursor:
    """A substance in a bottle.

    Attributes:
        name: Its name.
        formula: Its formula, water of hydration included.
        element: The element, or the hexacyanometallate such as "Fe(CN)6", that it is taken for; "" for reagents.
        kind: "oxide", "carbonate", "nitrate", ...; "reagent" for what ends up in no product.
        purity: Mass fraction of the formula in the bottle.
        routes: Names of the routes that it is fit for.
        note: What heat and air do to it.
        hazards: GHS statements.
        source: Keys of the sources, explained at the head of the table.
    """

    name: str
    formula: str
    element: str
    kind: str
    purity: float
    routes: tuple[str, ...] = ()
    note: str = ""
    hazards: tuple[str, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        """Check the purity; the formula is read on first use."""
        if not 0.0 < self.purity <= 1.0:
            raise InputError(
                f"precursor {self.formula}: purity must be a mass fraction above 0 and up to 1, got {self.purity:g}; "
                "write 0.99 for 99 %"
            )

    @cached_property
    def atoms(self) -> Mapping[str, float]:
        """Atoms of each element per formula unit."""
        return parse_amounts(self.formula)

    @cached_property
    def molar_mass_g_mol(self) -> float:
        """Mass of one mole of the pure substance, g/mol."""
        return sum(MASS_OF[symbol] * amount for symbol, amount in self.atoms.items())

    @cached_property
    def components(self) -> Mapping[str, float]:
        """What a balance counts: hexacyanometallates whole, and the atoms outside of them."""
        return components(self.formula, self.atoms)

    def with_purity(self, purity: float) -> Precursor:
        """The same substance from another bottle."""
        return replace(self, purity=purity)


def components(formula: str, atoms: Mapping[str, float]) -> dict[str, float]:
    """Count hexacyanometallates such as "Fe(CN)6" whole and everything else by element.

    Args:
        formula: A product or a precursor.
        atoms: Its atoms per formula unit.

    Raises:
        InputError: It has cyanide, but not six for each metal on the carbon side.
    """
    counted = dict(atoms)
    if not {"C", "N"} <= counted.keys():
        return counted
    material = Material.parse(formula)
    cyanide = sum(site.amounts.get("CN", 0.0) for site in material.of_kind("anion"))
    if not cyanide:
        return counted
    sites = [site for site in material.of_kind("cation") if site.label == _SITE]
    metals = {symbol: amount for site in sites for symbol, amount in site.amounts.items()}
    if abs(CYANIDES * sum(metals.values()) - cyanide) > _TOLERANCE * cyanide:
        raise InputError(
            f"formula {formula}: cyanide must be 6 for each metal on its carbon side, got {cyanide:g} for "
            f"{sum(metals.values()):g}; write the hexacyanometallate in brackets, as in K1.6Mn[Fe(CN)6]0.94"
        )
    for symbol, amount in metals.items():
        counted[symbol] -= amount
        counted[f"{symbol}(CN)6"] = amount
    for symbol in ("C", "N"):
        counted[symbol] -= cyanide
    return {name: amount for name, amount in counted.items() if amount > _TOLERANCE}


@cache
def precursors() -> tuple[Precursor, ...]:
    """The table in its order: the first of an element that fits a route is the one hemml prefers."""
    text = files("hemml.active.synthesis").joinpath("precursors.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Precursor(
            row["name"],
            row["formula"],
            row["element"],
            row["kind"],
            float(row["purity"]),
            tuple(row["routes"].split()),
            row["note"],
            tuple(row["hazards"].split()),
            row["source"],
        )
        for row in rows
    )


@cache
def _by_atoms() -> Mapping[frozenset[tuple[str, float]], Precursor]:
    return {_key(one.atoms): one for one in reversed(precursors()) if one.kind != REAGENT}


@cache
def _by_name() -> Mapping[str, Precursor]:
    return {one.name: one for one in precursors() if one.kind != REAGENT}


@cache
def reagent(name: str) -> Precursor:
    """A reagent of the table by its name, such as "citric acid"."""
    return next(one for one in precursors() if one.kind == REAGENT and one.name == name)


def find_precursor(formula: str, element: str = "") -> Precursor:
    """A precursor of the table by name or formula in any notation, or one it does not hold, taken as pure.

    Args:
        formula: Such as `Ni(NO3)2·6H2O`, `Ni(NO3)2.6H2O` or `nickel(II) nitrate hexahydrate`.
        element: What it is taken for, where the table does not say.

    Raises:
        FormulaError: It is neither a name in the table nor a formula.
    """
    if formula in _by_name():
        return _by_name()[formula]
    atoms = parse_amounts(formula)
    known = _by_atoms().get(_key(atoms))
    if known is not None:
        return known
    first = element or next(iter(atoms))
    note = "not in hemml's table: taken as pure, hazards unknown"
    return Precursor(formula, formula, first, "other", 1.0, note=note)


def _key(atoms: Mapping[str, float]) -> frozenset[tuple[str, float]]:
    return frozenset((symbol, round(amount, 6)) for symbol, amount in atoms.items())
