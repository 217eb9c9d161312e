"""Properties of elements and ions, read from small tables that name the source of every column."""

from __future__ import annotations

from hemml.elements.ions import d_electrons, ionic_radius
from hemml.elements.tables import magpie_array, mixing_enthalpy_matrix, property_array, table_sources

__all__ = [
    "d_electrons",
    "ionic_radius",
    "magpie_array",
    "mixing_enthalpy_matrix",
    "property_array",
    "table_sources",
]
