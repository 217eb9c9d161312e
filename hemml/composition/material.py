"""A material: formula, sublattices and working ion."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hemml.columns import WORKING_IONS
from hemml.composition.formula import parse_formula
from hemml.composition.overrides import move_species
from hemml.composition.sublattices import Sublattice, assign_sublattices
from hemml.elements.periodic import MASS_OF
from hemml.errors import InputError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Material:
    """A composition with its sublattices.

    Attributes:
        formula: As given.
        amounts: Atoms of each element per formula unit, units and molecules included.
        sublattices: Together they hold exactly the atoms of `amounts`.
        working_ion: Given, or found in the formula; None where there is none.
        rules: One sentence for each rule that was applied.
    """

    formula: str
    amounts: Mapping[str, float]
    sublattices: tuple[Sublattice, ...]
    working_ion: str | None
    rules: tuple[str, ...]

    @classmethod
    def parse(
        cls,
        formula: str,
        working_ion: str | None = None,
        *,
        mobile: str | Iterable[str] | None = None,
        cation: str | Iterable[str] | None = None,
        anion: str | Iterable[str] | None = None,
    ) -> Material:
        """Read a formula and divide it into sublattices.

        Args:
            formula: Such as `Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2`; brackets with metals only are sublattices.
            working_ion: One of `hemml.columns.WORKING_IONS`; None or "": found by rule.
            mobile: Species that belong to the mobile sublattice whatever the rules say.
            cation: Species that belong to the main cation sublattice whatever the rules say.
            anion: Species that belong to the anion sublattice whatever the rules say.

        Raises:
            FormulaError: The formula cannot be read.
            UnknownNameError: The working ion, or a species to be moved, is unknown.
        """
        ion = check_working_ion(working_ion)
        parsed = parse_formula(formula)
        sublattices, found_ion, rules = assign_sublattices(parsed, ion)
        if mobile or cation or anion:
            sublattices, rules = move_species(sublattices, rules, {"mobile": mobile, "cation": cation, "anion": anion})
        return cls(formula, parsed.amounts, sublattices, found_ion, rules)

    @property
    def molar_mass_g_mol(self) -> float:
        """Mass of one mole of formula units, g/mol."""
        return sum(MASS_OF[symbol] * amount for symbol, amount in self.amounts.items())

    def of_kind(self, kind: str) -> tuple[Sublattice, ...]:
        """Sublattices of one kind: "cation", "anion", "mobile", "alloy" or "molecule"."""
        return tuple(sublattice for sublattice in self.sublattices if sublattice.kind == kind)


def check_working_ion(ion: str | None) -> str | None:
    """Return a known working ion, or None for None and "".

    Raises:
        UnknownNameError: The name is not a working ion.
        InputError: It is not text.
    """
    if ion is None or ion == "":
        return None
    if not isinstance(ion, str):
        raise InputError(f"working ion must be one of {', '.join(WORKING_IONS)}, or None to find it; got {ion!r}")
    if ion not in WORKING_IONS:
        raise UnknownNameError("working ion", ion, WORKING_IONS)
    return str(ion)
