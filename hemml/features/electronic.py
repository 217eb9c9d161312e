"""Electronic structure: electronegativity, valence and d electrons, and the roles of the assigned ions."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.elements.ions import d_electrons, ion_roles
from hemml.elements.tables import property_array
from hemml.features.base import Columns, Feature, Group, divide
from hemml.features.sublattices import mixing_sites, mixing_spread, variance

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

_TRACE: Final = 1e-12
_SITES: Final = "materials with a cation or alloy sublattice"
_IONS: Final = "materials with a cation sublattice"
_BOTH: Final = "materials with a cation and an anion sublattice"


def donor_atom(species: str) -> str:
    """Element of an anion species that binds the cations: O of oxo-anion units and OH, N of CN, else the element."""
    if species == "CN":
        return "N"
    return "O" if any(c.isdigit() for c in species) or species == "OH" else species


def _electronegativity(batch: CompositionBatch, wanted: AbstractSet[str]) -> dict[str, FloatArray]:
    sites = mixing_sites(batch)
    pauling = property_array("pauling", sites.elements)
    out = {}
    if "electronegativity_spread_pauling" in wanted:
        out["electronegativity_spread_pauling"] = mixing_spread(sites, pauling)
    if "electronegativity_spread_allen" in wanted:
        allen = property_array("allen", sites.elements)
        out["electronegativity_spread_allen"] = mixing_spread(sites, allen)
    if wanted & {"electronegativity_mean_pauling", "electronegativity_difference_pauling"}:
        cation = out["electronegativity_mean_pauling"] = divide(pauling @ sites.amounts, sites.total)
        donors = property_array("pauling", [donor_atom(species) for species in batch.anion_species])
        anion = divide(batch.anion @ donors, batch.anion.sum(axis=1))
        out["electronegativity_difference_pauling"] = anion - cation
    if "vec" in wanted:
        out["vec"] = divide(property_array("vec", sites.elements) @ sites.amounts, sites.total)
    return out


def _ions(states: RedoxStates, wanted: AbstractSet[str]) -> dict[str, FloatArray]:
    charges, elements = states.ion_charges, states.ion_elements
    amounts = states.ion_amounts.T
    total = amounts.sum(axis=0)
    nowhere = ~(total > 0)
    if len(charges) == 0:
        return {name: np.full(len(total), np.nan) for name in wanted & _OF_IONS}
    fractions = amounts / np.where(nowhere, np.nan, total)
    # Charge balance in floating point leaves traces of other states, which a square root would blow up.
    fractions *= ~(fractions < _TRACE)
    d = d_electrons(elements, charges)
    having = {
        "d0_fraction": d == 0,
        "d10_fraction": d == 10,
        "d_open_fraction": (d > 0) & (d < 10),
        "jahn_teller_fraction": ion_roles("jahn_teller", elements, charges),
        "pinning_fraction": ion_roles("pinning", elements, charges),
        "inactive_fraction": ion_roles("inactive", elements, charges),
    }
    out = {}
    for name in wanted & having.keys():
        out[name] = fractions[having[name] > 0].sum(axis=0)
        out[name][nowhere] = np.nan
    if wanted & {"d_electrons_mean", "mean_oxidation_state"}:
        out["d_electrons_mean"], out["mean_oxidation_state"] = np.stack([d, charges]) @ fractions
    spreads = {"d_electrons_spread": d, "oxidation_state_spread": charges.astype(np.float64)}
    for name in wanted & spreads.keys():
        out[name] = np.sqrt(variance(fractions, spreads[name]))
    return out


def _compute(batch: CompositionBatch, states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
    return _electronegativity(batch, wanted) | (_ions(states, wanted) if wanted & _OF_IONS else {})


_SPREAD: Final = "sqrt(sum_s (n_s / max n_s) sum_i x_i (chi_i - chi_mean,s)^2)"
_FANG: Final = "Fang et al., J. Non-Cryst. Solids 321 (2003) 120, doi 10.1016/S0022-3093(03)00155-8"
_PAULING: Final = "Pauling's scale, CRC Handbook of Chemistry and Physics"
_LADDER: Final = "oxidation states of the redox ladder"
_GOODENOUGH: Final = "Goodenough, J. Phys. Chem. Solids 25 (1964) 151, doi 10.1016/0022-3697(64)90160-2"

_OF_IONS: Final = frozenset({
    "d_electrons_mean", "d_electrons_spread", "d0_fraction", "d10_fraction", "d_open_fraction", "jahn_teller_fraction",
    "pinning_fraction", "inactive_fraction", "mean_oxidation_state", "oxidation_state_spread",
})  # fmt: skip

ELECTRONIC: Final = Group(
    name="electronic",
    features=(
        Feature("electronegativity_spread_pauling", "Electronegativity spread (Pauling)", "", _SPREAD, _FANG,
                "electronic", _SITES),
        Feature("electronegativity_spread_allen", "Electronegativity spread (Allen)", "", _SPREAD,
                "Poletti and Battezzati, Acta Mater. 75 (2014) 297, doi 10.1016/j.actamat.2014.04.033",
                "electronic", _SITES),
        Feature("electronegativity_mean_pauling", "Mean electronegativity of the cation sites", "",
                "sum_i x_i chi_i over all cation (or alloy) sites", _PAULING, "electronic", _SITES),
        Feature("electronegativity_difference_pauling", "Electronegativity difference, anion - cation", "",
                "mean of the anions' donor atoms (O of PO4, N of CN) - mean of the cations",
                _PAULING, "electronic", _BOTH),
        Feature("vec", "Valence electron count", "",
                "sum_i x_i VEC_i over all cation (or alloy) sites, d electrons included",
                "Guo et al., J. Appl. Phys. 109 (2011) 103505, doi 10.1063/1.3587228", "electronic", _SITES),
        Feature("d_electrons_mean", "Mean number of d electrons", "", "sum_i x_i d_i over the assigned ions", _LADDER,
                "electronic", _IONS),
        Feature("d_electrons_spread", "Spread of the number of d electrons", "",
                "sqrt(sum_i x_i (d_i - d_mean)^2) over the assigned ions", _LADDER, "electronic", _IONS),
        Feature("d0_fraction", "Fraction of d0 ions", "", "sum of x_i with d_i = 0", _LADDER, "electronic", _IONS),
        Feature("d10_fraction", "Fraction of d10 ions", "", "sum of x_i with d_i = 10", _LADDER, "electronic", _IONS),
        Feature("d_open_fraction", "Fraction of ions with a partly filled d shell", "", "sum of x_i with 0 < d_i < 10",
                _LADDER, "electronic", _IONS),
        Feature("jahn_teller_fraction", "Fraction of Jahn-Teller-active ions", "",
                "x(Mn3+) + x(Cu2+) + x(Cr2+) + x(Ni3+, low spin)", _GOODENOUGH, "electronic", _IONS),
        Feature("pinning_fraction", "Fraction of high-valence pinning ions", "",
                "x(Ti4+) + x(Zr4+) + x(Nb5+) + x(Ta5+) + x(Mo6+) + x(W6+) + x(Sn4+) + x(Sb5+)", _LADDER,
                "electronic", _IONS),
        Feature("inactive_fraction", "Fraction of electrochemically inactive ions", "",
                "sum of x_i over closed-shell ions without a redox step in a cell (ion_roles.csv)",
                "Bratsch, J. Phys. Chem. Ref. Data 18 (1989) 1, doi 10.1063/1.555839", "electronic", _IONS),
        Feature("mean_oxidation_state", "Mean oxidation state of the cations", "",
                "sum_i x_i q_i over the assigned ions", _LADDER, "electronic", _IONS),
        Feature("oxidation_state_spread", "Spread of the oxidation states", "",
                "sqrt(sum_i x_i (q_i - q_mean)^2) over the assigned ions", _LADDER, "electronic", _IONS),
    ),
    function=_compute,
)  # fmt: skip
