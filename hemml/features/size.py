"""Size: mismatch and mean of the radii on the mixing sites, tolerance factor of perovskites."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.elements.ions import ionic_radius
from hemml.features.base import Columns, Feature, Group, divide
from hemml.features.radii import cation_radii, site_radii
from hemml.features.redox_ladder import assign
from hemml.features.sublattices import MixingSites, mixing_sites

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

SIMPLE_ANION_CHARGE: Final = {"O": -2, "S": -2, "Se": -2, "Te": -2, "F": -1, "Cl": -1, "Br": -1, "I": -1}
_SITE_TOLERANCE: Final = 0.15
_A_SITE_NEIGHBOURS: Final = 12


def radius_mismatch_pct(sites: MixingSites, radii: FloatArray) -> FloatArray:
    """100 sqrt(sum_s w_s sum_i x_i (1 - r_i / r_s)^2) with r_s the mean radius of sublattice s, shape (n,).

    Args:
        sites: Occupation of the sublattices.
        radii: (k, n) radii of the elements of `sites`.

    Returns:
        Mismatch in %, NaN where a material has no such sublattice.
    """
    total = np.zeros(len(sites.total))
    for fractions, weights in zip(sites.fractions, sites.weights, strict=True):
        mean = (fractions * radii).sum(axis=0)
        relative = radii / np.where(mean > 0, mean, 1.0)
        relative -= 1.0
        relative *= relative
        relative *= fractions
        total += weights * relative.sum(axis=0)
    return np.where(sites.occupied, 100.0 * np.sqrt(total), np.nan)


def tolerance_factor(batch: CompositionBatch) -> FloatArray:
    """Goldschmidt's t = (r_A + r_X) / (sqrt(2) (r_B + r_X)), shape (n,); NaN where the material is no ABX3.

    ABX3 means two cation sublattices of equal size (within 15 %), no mobile ions, and three simple anions a site. A is
    the sublattice of larger ions; its radii are those of 12 neighbours, B and X of 6.
    """
    out = np.full(len(batch), np.nan)
    simple = np.array([species in SIMPLE_ANION_CHARGE for species in batch.anion_species], dtype=bool)
    if batch.cation_sites.shape[1] < 2 or not simple.any():
        return out
    occupied = batch.cation_sites.sum(axis=2)
    order = np.sort(occupied, axis=1)[:, ::-1]
    anions = batch.anion[:, simple].sum(axis=1)
    is_abx3 = (
        ((occupied > 0).sum(axis=1) == 2)
        & (order[:, 1] >= (1.0 - _SITE_TOLERANCE) * order[:, 0])
        & (np.abs(anions - 3.0 * order[:, 0]) <= 3.0 * _SITE_TOLERANCE * order[:, 0])
        & (batch.anion[:, ~simple].sum(axis=1) == 0)
        & (batch.mobile.sum(axis=1) == 0)
    )
    if not is_abx3.any():
        return out
    rows = np.flatnonzero(is_abx3)
    part, part_states = batch[rows], assign(batch[rows])
    fractions = part.cation_sites / np.where(occupied > 0, occupied, 1.0)[rows, :, None]
    radii_6 = np.einsum("nsk,kn->ns", fractions, cation_radii(part, part_states, part.elements))
    radii_12 = np.einsum("nsk,kn->ns", fractions, cation_radii(part, part_states, part.elements, _A_SITE_NEIGHBOURS))
    radii_6 = np.where(occupied[rows] > 0, radii_6, np.nan)
    a_site = np.nanargmax(radii_6, axis=1)
    r_A, r_B = radii_12[np.arange(len(rows)), a_site], np.nanmin(radii_6, axis=1)
    names = [species for species, use in zip(batch.anion_species, simple, strict=True) if use]
    r_anion = np.array([ionic_radius(name, SIMPLE_ANION_CHARGE[name]) for name in names])
    r_X = (batch.anion[:, simple][rows] @ r_anion) / anions[rows]
    out[rows] = (r_A + r_X) / (np.sqrt(2.0) * (r_B + r_X))
    return out


def _compute(batch: CompositionBatch, states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
    out = {"tolerance_factor": tolerance_factor(batch)} if "tolerance_factor" in wanted else {}
    if not wanted & {"radius_mismatch_pct", "mean_radius_angstrom"}:
        return out
    # A proton sits inside an anion and has no size to mismatch.
    sites = mixing_sites(batch).without("H")
    radii = site_radii(batch, states, sites.elements)
    if "mean_radius_angstrom" in wanted:
        out["mean_radius_angstrom"] = divide((sites.amounts * radii).sum(axis=0), sites.total)
    if "radius_mismatch_pct" in wanted:
        out["radius_mismatch_pct"] = radius_mismatch_pct(sites, radii)
    return out


_SHANNON: Final = "Shannon, Acta Crystallogr. A 32 (1976) 751, doi 10.1107/S0567739476001551"

SIZE: Final = Group(
    name="size",
    features=(
        Feature(
            "radius_mismatch_pct", "Radius mismatch", "%",
            "100 sqrt(sum_s (n_s / max n_s) sum_i x_i (1 - r_i / r_mean,s)^2), r_i Shannon's radius at the assigned "
            "oxidation state (6 neighbours, 4 for ions such as Si4+), in alloys the metallic radius; protons left out",
            "Zhang et al., Adv. Eng. Mater. 10 (2008) 534, doi 10.1002/adem.200700240; " + _SHANNON, "size",
            "materials with a cation or alloy sublattice",
        ),
        Feature(
            "mean_radius_angstrom", "Mean radius on the cation sites", "angstrom",
            "sum_i x_i r_i over all cation (or alloy) sites, protons left out", _SHANNON, "size",
            "materials with a cation or alloy sublattice",
        ),
        Feature(
            "tolerance_factor", "Goldschmidt tolerance factor", "",
            "(r_A + r_X) / (sqrt(2) (r_B + r_X)), A with 12 neighbours, B and X with 6",
            "Goldschmidt, Naturwissenschaften 14 (1926) 477, doi 10.1007/BF01507527", "size",
            "ABX3 with two cation sublattices",
        ),
    ),
    function=_compute,
)  # fmt: skip
