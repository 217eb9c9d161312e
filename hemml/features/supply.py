"""Supply: what the elements cost, how rare, how concentrated and how toxic they are."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.elements.tables import property_array
from hemml.features.base import Columns, Feature, Group, divide
from hemml.features.sublattices import atoms_that_occur

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

_MEANS: Final = ("cost_usd_per_kg", "hhi_production", "hhi_reserve")
_MEAN_NAMES: Final = (
    "cost_usd_per_kg", "supply_risk_hhi", "supply_risk_hhi_reserve", "crustal_abundance_log10_ppm",
    "toxic_mass_fraction",
)  # fmt: skip


def _compute(batch: CompositionBatch, _states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
    elements, amounts = atoms_that_occur(batch)
    mass = amounts * property_array("AtomicWeight", elements)[:, None]
    toxicity = property_array("toxicity_class", elements)
    values = [property_array(name, elements) for name in _MEANS]
    values += [np.log10(property_array("crustal_abundance_ppm", elements)), (toxicity >= 2.0).astype(np.float64)]
    # All five means in one product: one of a single row would be computed by another routine, with other rounding.
    sums, total = np.stack(values) @ mass, mass.sum(axis=0)
    out = {name: divide(one, total) for name, one in zip(_MEAN_NAMES, sums, strict=True) if name in wanted}
    if "toxicity_class" in wanted:
        worst = out["toxicity_class"] = np.zeros(len(batch))
        for level in (1.0, 2.0, 3.0):
            worst[amounts[toxicity == level].any(axis=0)] = level
    return out


_GAULTOIS: Final = "Gaultois et al., Chem. Mater. 25 (2013) 2911, doi 10.1021/cm400893e"
_CRC: Final = "CRC Handbook of Chemistry and Physics, 95th ed. (2014), section 14"
_ICH: Final = "ICH guideline Q3D(R2) for elemental impurities (2022), table 5.1"

SUPPLY: Final = Group(
    name="supply",
    features=(
        Feature("cost_usd_per_kg", "Cost of the elements", "USD/kg", "sum_i w_i cost_i, w_i mass fraction",
                "Prices of chemical elements, Wikipedia revision 1262554464", "supply"),
        Feature("supply_risk_hhi", "Supply risk, production", "",
                "sum_i w_i HHI_i of production by country, w_i mass fraction; 0 to 10000", _GAULTOIS, "supply"),
        Feature("supply_risk_hhi_reserve", "Supply risk, reserves", "",
                "sum_i w_i HHI_i of reserves by country, w_i mass fraction; 0 to 10000", _GAULTOIS, "supply"),
        Feature("crustal_abundance_log10_ppm", "Crustal abundance", "log10(mg/kg)",
                "sum_i w_i log10(abundance_i), w_i mass fraction", _CRC, "supply"),
        Feature("toxic_mass_fraction", "Mass fraction of toxic elements", "",
                "sum_i w_i over elements of ICH classes 1, 2A and 2B", _ICH, "supply"),
        Feature("toxicity_class", "Toxicity class of the most toxic element", "",
                "3: ICH class 1 (As, Cd, Hg, Pb), 2: class 2A or 2B (Co, Ni, V, ...), 1: class 3, 0: none", _ICH,
                "supply"),
    ),
    function=_compute,
    of_ladder=False,
)  # fmt: skip
