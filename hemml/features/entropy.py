"""Configurational entropy of each sublattice, in units of R per mole of its sites."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray, StrArray
from hemml.features.base import Columns, Feature, Group
from hemml.features.sublattices import mixing_sites, negative_x_ln_x

if TYPE_CHECKING:
    from hemml.composition import CompositionBatch
    from hemml.features.redox_ladder import RedoxStates

HIGH_ENTROPY_R: Final = 1.5
MEDIUM_ENTROPY_R: Final = 1.0

_REVIEW: Final = "Sarkar et al., Adv. Mater. 31 (2019) 1806236, doi 10.1002/adma.201806236, eq. (1)"


def entropy_of_mixing(fractions: FloatArray) -> FloatArray:
    """-sum_i x_i ln x_i over the species.

    Args:
        fractions: (..., k, n) fractions of k species.

    Returns:
        (..., n) entropies in R per mole of sites.
    """
    entropy: FloatArray = negative_x_ln_x(fractions).sum(axis=-2)
    return entropy


def vacancy_entropy(batch: CompositionBatch) -> FloatArray:
    """Entropy of the vacancies written in the formula, shape (n,), in R per mole of the largest cation sublattice.

    Each sublattice adds n_s (-v ln v - (1 - v) ln(1 - v)) with v the vacant fraction of its n_s sites; without a cation
    sublattice the mobile sites are the reference.
    """
    if not (batch.cation_vacancy.any() or batch.mobile_vacancy.any() or batch.anion_vacancy.any()):
        return np.zeros(len(batch))
    cation = batch.cation_sites.sum(axis=2)
    others = [batch.alloy.sum(axis=1), batch.mobile.sum(axis=1), batch.anion.sum(axis=1)]
    vacant = np.column_stack([batch.cation_vacancy, np.zeros(len(batch)), batch.mobile_vacancy, batch.anion_vacancy])
    sites = np.column_stack([cation, *others]) + vacant
    v = vacant / np.where(sites > 0, sites, 1.0)
    reference = sites[:, :-2].max(axis=1)
    reference = np.where(reference > 0, reference, sites[:, -2])
    entropy = (sites * (negative_x_ln_x(v) + negative_x_ln_x(1.0 - v))).sum(axis=1)
    result: FloatArray = entropy / np.where(reference > 0, reference, 1.0)
    return result


def entropy_class(S_config_cation_R: FloatArray) -> StrArray:
    """Class of each material, shape (n,): "high" from 1.5 R, "medium" from 1.0 R, else "low".

    The bounds follow the review of high-entropy batteries; ln 5 = 1.609 and ln 4 = 1.386 lie on either side of 1.5.

    Args:
        S_config_cation_R: (n,) entropies of the cation sublattices in R.
    """
    entropy = np.asarray(S_config_cation_R)
    # Amounts such as 0.2 are not exact in binary: an entropy within rounding of a bound belongs to the upper class.
    high, medium = entropy >= HIGH_ENTROPY_R - 1e-9, entropy >= MEDIUM_ENTROPY_R - 1e-9
    return np.where(high, "high", np.where(medium, "medium", "low"))


def _compute(batch: CompositionBatch, _states: RedoxStates, wanted: AbstractSet[str]) -> Columns:
    sites = mixing_sites(batch)
    cation = (entropy_of_mixing(sites.fractions) * sites.weights).sum(axis=0)
    out = {"S_config_cation_R": cation}
    if wanted & {"S_config_anion_R", "S_config_total_R"}:
        amounts = batch.anion.T
        total = amounts.sum(axis=0)
        anion = entropy_of_mixing(amounts / np.where(total > 0, total, 1.0))
        out |= {"S_config_anion_R": anion, "S_config_total_R": cation + anion}
    if "n_components" in wanted:
        counts = np.count_nonzero(sites.fractions, axis=1).max(axis=0, initial=0)
        out["n_components"] = counts.astype(np.float64)
    if "S_vacancy_R" in wanted:
        out["S_vacancy_R"] = vacancy_entropy(batch)
    return out


ENTROPY: Final = Group(
    name="entropy",
    features=(
        Feature(
            "S_config_cation_R", "Configurational entropy, cation sublattices", "R",
            "-sum_s (n_s / max n_s) sum_i x_i ln x_i over the occupied cation (or alloy) sites", _REVIEW, "entropy",
        ),
        Feature(
            "S_config_anion_R", "Configurational entropy, anion sublattice", "R",
            "-sum_i x_i ln x_i over the occupied anion sites, a polyanion unit being one species", _REVIEW, "entropy",
        ),
        Feature(
            "S_config_total_R", "Configurational entropy, cations and anions", "R",
            "S_config_cation_R + S_config_anion_R", _REVIEW, "entropy",
        ),
        Feature(
            "n_components", "Components", "",
            "largest number of elements that share one cation (or alloy) sublattice", _REVIEW, "entropy",
        ),
        Feature(
            "S_vacancy_R", "Entropy of the written vacancies", "R",
            "-sum_s (n_s / max n_s) (v ln v + (1 - v) ln(1 - v)) over cation, mobile and anion sites",
            "ideal mixing of vacancies and occupied sites", "entropy",
        ),
    ),
    function=_compute,
    of_ladder=False,
)  # fmt: skip
