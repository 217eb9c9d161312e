"""Supply descriptors against sums by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.elements import property_array
from hemml.features import FeatureSet
from hemml.features.supply import SUPPLY

NAMES = tuple(feature.name for feature in SUPPLY.features)


def of(formula: str, ion: str | None = None) -> dict[str, float]:
    batch = CompositionBatch.from_formulas([formula], ion)
    return dict(zip(NAMES, FeatureSet.default(NAMES).compute(batch)[0].tolist(), strict=True))


def test_cost_is_weighted_by_mass() -> None:
    mass = np.array([6.941, 58.933195, 2 * 15.9994])
    cost = property_array("cost_usd_per_kg", ("Li", "Co", "O"))
    assert of("LiCoO2", "Li")["cost_usd_per_kg"] == pytest.approx((mass @ cost) / mass.sum(), rel=1e-12)


def test_an_element_alone_has_its_own_values() -> None:
    values = of("Zn", "Zn")
    assert values["cost_usd_per_kg"] == pytest.approx(property_array("cost_usd_per_kg", ("Zn",))[0])
    assert values["crustal_abundance_log10_ppm"] == pytest.approx(np.log10(70.0))


@pytest.mark.parametrize(("formula", "level"), [("CdS", 3), ("LiCoO2", 2), ("CuO", 1), ("FeO", 0)])
def test_toxicity_is_that_of_the_worst_element(formula: str, level: int) -> None:
    assert of(formula)["toxicity_class"] == level


def test_toxic_mass_fraction_of_cobalt_oxide_is_cobalt() -> None:
    assert of("CoO")["toxic_mass_fraction"] == pytest.approx(58.933195 / (58.933195 + 15.9994), rel=1e-9)


def test_iron_and_manganese_cost_less_than_cobalt_and_nickel() -> None:
    assert of("NaFe0.5Mn0.5O2", "Na")["cost_usd_per_kg"] < of("NaCo0.5Ni0.5O2", "Na")["cost_usd_per_kg"]
    assert of("NaFe0.5Mn0.5O2", "Na")["supply_risk_hhi"] < 3000
