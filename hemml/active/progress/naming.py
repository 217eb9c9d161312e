"""Words and units for the quantities of objectives."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from hemml.columns import ENERGY_DENSITY, Column

_COLUMNS: Final = {str(column): column for column in Column}


class Quantity(NamedTuple):
    """A quantity with what people call it; `unit` is "" for a pure number."""

    name: str
    label: str
    unit: str

    @property
    def heading(self) -> str:
        """Such as "Capacity (mAh/g)"."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@cache
def quantity_of(name: str) -> Quantity:
    """A measured column, the energy density or a descriptor; any other name stands for itself."""
    if name == ENERGY_DENSITY:
        return Quantity(name, "Energy density", "Wh/kg")
    if name in _COLUMNS:
        return Quantity(name, _COLUMNS[name].label, _COLUMNS[name].unit)
    from hemml.features import FeatureSet

    found = next((one for one in FeatureSet.default().features if one.name == name), None)
    return Quantity(name, name.replace("_", " "), "") if found is None else Quantity(name, found.label, found.unit)
