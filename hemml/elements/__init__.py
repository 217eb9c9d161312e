"""Properties of elements and ions, read from small tables that name the source of every column."""

from __future__ import annotations

from hemml.elements.ions import d_electrons, ionic_radius
from hemml.elements.periodic import ATOMIC_MASS_U, ATOMIC_NUMBER, PAULING, SYMBOLS
from hemml.elements.tables import magpie_array, mixing_enthalpy_matrix, property_array, table_sources

__all__ = [
    "ATOMIC_MASS_U",
    "ATOMIC_NUMBER",
    "PAULING",
    "SYMBOLS",
    "d_electrons",
    "ionic_radius",
    "magpie_array",
    "mixing_enthalpy_matrix",
    "property_array",
    "table_sources",
]
