"""Descriptors do not depend on notation, scale, order or company in the batch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.composition import CompositionBatch
from hemml.features import FeatureSet

METALS = ("Mg", "Al", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn")


@pytest.fixture(scope="module")
def features() -> FeatureSet:
    return FeatureSet.default()


amounts = st.dictionaries(st.sampled_from(METALS), st.integers(1, 20).map(lambda i: i / 20), min_size=1, max_size=6)


def formula(metals: dict[str, float], scale: float = 1.0) -> str:
    inside = "".join(f"{metal}{amount:g}" for metal, amount in metals.items())
    return f"({inside}){scale:g}O{2 * scale:g}"


@settings(max_examples=40, deadline=None)
@given(metals=amounts, order=st.randoms(use_true_random=False))
def test_order_of_elements_does_not_matter(features: FeatureSet, metals: dict[str, float], order) -> None:
    shuffled = list(metals.items())
    order.shuffle(shuffled)
    batch = CompositionBatch.from_formulas([formula(metals), formula(dict(shuffled))], "Li")
    first, second = features.compute(batch)
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(metals=amounts, scale=st.sampled_from([0.5, 2.0, 3.0, 7.0]))
def test_scale_of_the_formula_does_not_matter(features: FeatureSet, metals: dict[str, float], scale: float) -> None:
    batch = CompositionBatch.from_formulas([formula(metals), formula(metals, scale)], "Li")
    first, second = features.compute(batch)
    np.testing.assert_allclose(first, second, rtol=1e-9, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(several=st.lists(amounts, min_size=2, max_size=5))
def test_company_in_the_batch_does_not_matter(features: FeatureSet, several: list[dict[str, float]]) -> None:
    formulas = [formula(metals) for metals in several]
    together = features.compute(CompositionBatch.from_formulas(formulas, "Li"))
    alone = np.vstack([features.compute(CompositionBatch.from_formulas([f], "Li")) for f in formulas])
    np.testing.assert_allclose(together, alone, rtol=1e-9, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(metals=amounts)
def test_bounds(features: FeatureSet, metals: dict[str, float]) -> None:
    row = features.compute(CompositionBatch.from_formulas([formula(metals)], "Li"))[0]
    values = dict(zip(features.names, row, strict=True))
    assert -1e-12 <= values["S_config_cation_R"] <= np.log(len(metals)) + 1e-12
    assert values["n_components"] == len(metals)
    assert values["radius_mismatch_pct"] >= 0.0
    for name in ("jahn_teller_fraction", "pinning_fraction", "inactive_fraction", "d0_fraction", "d10_fraction"):
        assert -1e-12 <= values[name] <= 1.0 + 1e-12
    for scope in ("cation", "atoms"):
        assert values[f"{scope}_min_MeltingT"] <= values[f"{scope}_mean_MeltingT"] + 1e-9
        assert values[f"{scope}_mean_MeltingT"] <= values[f"{scope}_max_MeltingT"] + 1e-9
