"""FeatureSet: names, metadata, choice of features, chunks."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.errors import InputError
from hemml.features import Feature, FeatureSet, Group

FIXED = (
    "S_config_cation_R", "S_config_anion_R", "S_config_total_R", "n_components", "radius_mismatch_pct",
    "electronegativity_spread_pauling", "d_electrons_mean", "jahn_teller_fraction", "pinning_fraction",
    "inactive_fraction", "vec", "mean_oxidation_state", "theoretical_capacity_mAh_g", "redox_potential_V",
    "mixing_enthalpy_kJ_mol", "cost_usd_per_kg", "supply_risk_hhi",
)  # fmt: skip
FORMULAS = (
    "LiCoO2", "Na0.9[Ni0.2Fe0.2Mn0.2Cu0.2Ti0.2]O2", "K1.6Mn[Fe(CN)6]0.94·1.5H2O", "Na3V2(PO4)3", "MnS", "FeF3",
    "(Co0.2Cu0.2Mg0.2Ni0.2Zn0.2)O", "SnSb", "La0.8Sr0.2(Cr0.2Mn0.2Fe0.2Co0.2Ni0.2)O3", "Zn0.25V2O5",
)  # fmt: skip


@pytest.fixture(scope="module")
def everything() -> FeatureSet:
    return FeatureSet.default()


@pytest.fixture(scope="module")
def batch() -> CompositionBatch:
    return CompositionBatch.from_formulas(list(FORMULAS))


def test_fixed_names_are_there(everything: FeatureSet) -> None:
    assert set(FIXED) <= set(everything.names)


def test_each_feature_says_what_it_is(everything: FeatureSet) -> None:
    for feature in everything.features:
        assert feature.label, feature.name
        assert feature.formula, feature.name
        assert feature.reference, feature.name
        assert feature.scope, feature.name
        assert feature.name.isidentifier()
    assert len({f.name for f in everything.features}) == len(everything.features)
    assert everything.describe()[0] == {
        "name": "S_config_cation_R",
        "label": "Configurational entropy, cation sublattices",
        "unit": "R",
        "formula": everything.features[0].formula,
        "reference": everything.features[0].reference,
        "group": "entropy",
        "scope": "all",
    }


def test_values_are_finite_or_do_not_apply(everything: FeatureSet, batch: CompositionBatch) -> None:
    values = everything.compute(batch)
    assert values.shape == (len(FORMULAS), len(everything.names))
    assert not np.isinf(values).any()
    everywhere = [j for j, feature in enumerate(everything.features) if feature.scope == "all"]
    assert np.isfinite(values[:, everywhere]).all()


@pytest.mark.parametrize("chunk_rows", [1, 3, 10, 1000])
def test_result_does_not_depend_on_chunks(everything: FeatureSet, batch: CompositionBatch, chunk_rows: int) -> None:
    np.testing.assert_allclose(everything.compute(batch, chunk_rows), everything.compute(batch), rtol=1e-12, atol=1e-12)


def test_slice_equals_rows(everything: FeatureSet, batch: CompositionBatch) -> None:
    whole = everything.compute(batch)
    np.testing.assert_allclose(everything.compute(batch[2:5]), whole[2:5], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(everything.compute(batch[np.array([4, 1])]), whole[[4, 1]], rtol=1e-12, atol=1e-12)


def test_empty_batch_gives_no_rows(everything: FeatureSet, batch: CompositionBatch) -> None:
    assert everything.compute(batch[:0]).shape == (0, len(everything.names))


def test_subset_keeps_the_order_asked_for_and_skips_other_groups(
    everything: FeatureSet, batch: CompositionBatch
) -> None:
    names = ("vec", "S_config_cation_R", "electronegativity_spread_pauling")
    subset = everything.subset(names)
    assert subset.names == names
    assert [group.name for group in subset.groups] == ["entropy", "electronic"]
    columns = [everything.names.index(name) for name in names]
    np.testing.assert_array_equal(subset.compute(batch), everything.compute(batch)[:, columns])


def test_groups_that_share_a_name_are_refused() -> None:
    feature = Feature("same", "Same", "", "1", "none", "g")
    group = Group("g", (feature,), lambda batch, _states: np.ones((len(batch), 1)))
    with pytest.raises(InputError, match="must be unique, got same twice"):
        FeatureSet((group, group))
