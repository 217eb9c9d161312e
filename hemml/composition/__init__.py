"""Formulas, the sublattices of a material, and batches of materials in matrix form."""

from __future__ import annotations

from hemml.composition.batch import CompositionBatch
from hemml.composition.formula import Formula, parse_amounts, parse_formula
from hemml.composition.material import Material
from hemml.composition.sublattices import Sublattice
from hemml.composition.units import UNITS, Unit, species_atoms, unit

__all__ = [
    "UNITS",
    "CompositionBatch",
    "Formula",
    "Material",
    "Sublattice",
    "Unit",
    "parse_amounts",
    "parse_formula",
    "species_atoms",
    "unit",
]
