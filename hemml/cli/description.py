"""What `hemml describe` says of a material, as plain values: the same for text and for JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np

from hemml.composition import CompositionBatch, Material, Sublattice
from hemml.features import Feature, FeatureSet, entropy_class
from hemml.features.redox_ladder import assign

Description: TypeAlias = dict[str, Any]

_STATISTICS: Final = "statistics"
_TINY: Final = 1e-9


def describe_material(material: Material, features: FeatureSet) -> Description:
    """Sublattices, oxidation states and features of a material.

    Args:
        material: As read.
        features: The features to compute; `S_config_cation_R` must be among them.

    Raises:
        InputError: Element data that a feature needs is missing.
    """
    batch = CompositionBatch.from_materials([material])
    values = dict(zip(features.names, features.compute(batch)[0].tolist(), strict=True))
    states = assign(batch)
    in_state = dict(zip(states.elements, states.cation_state[0].tolist(), strict=True))
    ions = zip(states.ion_elements, states.ion_charges.tolist(), states.ion_amounts[0].tolist(), strict=True)
    return {
        "formula": material.formula,
        "working_ion": material.working_ion,
        "molar_mass_g_mol": material.molar_mass_g_mol,
        "entropy_class": str(entropy_class(np.array([values["S_config_cation_R"]]))[0]),
        "sublattices": _fractions(material),
        "sublattice_amounts": [
            {
                "kind": sublattice.kind,
                "label": label,
                "amounts": dict(sublattice.amounts),
                "vacancy": sublattice.vacancy,
                "sites": sublattice.sites,
            }
            for label, sublattice in labelled(material.sublattices)
        ],
        "oxidation_states": {element: round(q, 6) for element, q in in_state.items() if q == q},
        "ions": {f"{element}{charge}+": amount for element, charge, amount in ions if amount > _TINY},
        "residual_charge": float(states.residual_charge[0]),
        "amounts": dict(material.amounts),
        "rules": list(material.rules),
        "features": values,
    }


def main_features() -> FeatureSet:
    """All features but the element statistics."""
    every = FeatureSet.default()
    return every.subset([feature.name for feature in every.features if not is_statistic(feature)])


def is_statistic(feature: Feature) -> bool:
    """Whether a feature is one of the many statistics of element properties."""
    return feature.group.startswith(_STATISTICS)


def labelled(sublattices: Sequence[Sublattice]) -> list[tuple[str, Sublattice]]:
    """Sublattices with names that differ: `cation` alone names all cation sites, so one of several is `cation_1`."""
    several = sum(sublattice.kind == "cation" for sublattice in sublattices) > 1
    return [
        ("cation_1" if several and sublattice.label == "cation" else sublattice.label, sublattice)
        for sublattice in sublattices
    ]


def _fractions(material: Material) -> dict[str, dict[str, float]]:
    """Fractions of the sites by sublattice; cation, anion and mobile are always there, all cation sites together."""
    out = {kind: _merged(material.of_kind(kind)) for kind in ("cation", "anion", "mobile")}
    for label, sublattice in labelled(material.sublattices):
        out.setdefault(label, sublattice.fractions)
    return out


def _merged(sublattices: Sequence[Sublattice]) -> dict[str, float]:
    sites = sum(sublattice.sites for sublattice in sublattices)
    total: dict[str, float] = {}
    for sublattice in sublattices:
        for species, amount in sublattice.amounts.items():
            total[species] = total.get(species, 0.0) + amount
    return {species: amount / sites for species, amount in total.items()}


def definitions(features: Sequence[Feature]) -> dict[str, Mapping[str, str]]:
    """Label, unit, definition, reference and scope of each feature by name."""
    return {
        feature.name: {
            "label": feature.label,
            "unit": feature.unit,
            "definition": feature.formula,
            "reference": feature.reference,
            "scope": feature.scope,
            "group": feature.group,
        }
        for feature in features
    }
