"""Thermodynamics of mixing of alloys in Miedema's model."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.composition.array_checks import is_zero_view
from hemml.elements.tables import mixing_enthalpy_matrix, property_array
from hemml.features.base import Columns, Feature, Group, divide
from hemml.features.sublattices import negative_x_ln_x, variance

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

GAS_CONSTANT_J_MOL_K: Final = 8.31446261815324


def _mixing_enthalpy(fractions: FloatArray, elements: tuple[str, ...]) -> FloatArray:
    """4 sum_{i<j} H_ij c_i c_j in kJ/mol, shape (n,); NaN where a pair that occurs is not tabulated."""
    pairs = mixing_enthalpy_matrix(elements)
    known = np.where(np.isnan(pairs), 0.0, pairs)
    # The sum over ordered pairs counts each one twice: 4 x 1/2 = 2.
    enthalpy = 2.0 * ((fractions @ known) * fractions).sum(axis=1)
    present = (fractions > 0).astype(np.float64)
    unknown = ((present @ np.isnan(pairs).astype(np.float64)) * present).sum(axis=1) > 0
    return np.where(unknown, np.nan, enthalpy)


_ROUNDING_kJ_mol: Final = 1e-9


def _compute(batch: CompositionBatch, _states: RedoxStates, _wanted: AbstractSet[str]) -> Columns:
    out = np.full((3, len(batch)), np.nan)
    columns = {feature.name: column for feature, column in zip(MIXING.features, out, strict=True)}
    if is_zero_view(batch.alloy) or not batch.alloy.any():
        return columns
    rows = np.flatnonzero(batch.alloy.any(axis=1))
    used = np.flatnonzero(batch.alloy.any(axis=0))
    elements = tuple(batch.elements[j] for j in used)
    alloy = batch.alloy[np.ix_(rows, used)]
    fractions = alloy / alloy.sum(axis=1, keepdims=True)
    enthalpy = _mixing_enthalpy(fractions, elements)
    entropy_J_mol_K = GAS_CONSTANT_J_MOL_K * negative_x_ln_x(fractions).sum(axis=1)
    melting_K = fractions @ property_array("melting_point_K", elements)
    radii_pm = property_array("metallic_radius_pm", elements)
    delta_squared = 1e4 * variance(fractions.T, radii_pm) / (fractions @ radii_pm) ** 2
    # A single element has no mixing to compare.
    mixed = np.where((fractions > 0).sum(axis=1) > 1, 1.0, np.nan)
    out[0, rows] = enthalpy
    # Enthalpies that cancel leave a rounding error, which is no number to divide by.
    size = np.where(np.abs(enthalpy) < _ROUNDING_kJ_mol, 0.0, np.abs(enthalpy))
    out[1, rows] = divide(mixed * melting_K * entropy_J_mol_K / 1000.0, size)
    out[2, rows] = divide(mixed * entropy_J_mol_K, delta_squared)
    return columns


_SCOPE: Final = "alloys of elements whose pairs are tabulated"

MIXING: Final = Group(
    name="mixing",
    features=(
        Feature(
            "mixing_enthalpy_kJ_mol", "Mixing enthalpy (Miedema)", "kJ/mol", "4 sum_{i<j} H_ij c_i c_j",
            "Takeuchi and Inoue, Mater. Trans. 46 (2005) 2817, doi 10.2320/matertrans.46.2817", "mixing", _SCOPE,
        ),
        Feature(
            "omega", "Omega", "", "T_m dS_mix / abs(dH_mix), T_m the mean melting point",
            "Yang and Zhang, Mater. Chem. Phys. 132 (2012) 233, doi 10.1016/j.matchemphys.2011.11.021", "mixing",
            _SCOPE + ", of two or more elements with a mixing enthalpy other than 0",
        ),
        Feature(
            "lambda_J_mol_K", "Lambda", "J/(mol K)", "dS_mix / delta^2, delta the radius mismatch in %",
            "Singh et al., Intermetallics 53 (2014) 112, doi 10.1016/j.intermet.2014.04.019", "mixing",
            "alloys of two or more elements of different radius",
        ),
    ),
    function=_compute,
    of_ladder=False,
)  # fmt: skip
