"""What features and element tables refuse, and what they say."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.elements import ionic_radius, property_array
from hemml.errors import InputError, UnknownNameError
from hemml.features import FeatureSet


def test_missing_element_data_names_element_property_and_remedy() -> None:
    with pytest.raises(InputError, match=r"'hhi_production' must be known .* got no value for Tc; leave .*supply\.csv"):
        property_array("hhi_production", ("Fe", "Tc"))


def test_missing_data_of_an_element_that_is_not_needed_is_no_error() -> None:
    values = property_array("hhi_production", ("Fe", "Tc"), np.array([True, False]))
    assert values[1] == 0.0


def test_unknown_property_lists_close_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown element property 'paulin'; did you mean 'pauling'"):
        property_array("paulin", ("Fe",))


def test_unknown_feature_lists_close_names() -> None:
    with pytest.raises(UnknownNameError, match="unknown feature 'S_config_cation'; did you mean 'S_config_cation_R'"):
        FeatureSet.default(("S_config_cation",))
    with pytest.raises(UnknownNameError, match="unknown feature 'vecs'"):
        FeatureSet.default(("vec",)).subset(("vecs",))


def test_feature_chosen_twice_is_refused() -> None:
    with pytest.raises(InputError, match="chosen once, got vec, vec"):
        FeatureSet.default(("vec", "vec"))


def test_empty_subset_is_refused() -> None:
    with pytest.raises(InputError, match="at least one feature, got none"):
        FeatureSet.default(("vec",)).subset(())


def test_chunk_of_no_rows_is_refused() -> None:
    batch = CompositionBatch.from_formulas(["CoO"])
    with pytest.raises(InputError, match="chunk_rows must be at least 1, got 0"):
        FeatureSet.default(("vec",)).compute(batch, 0)


def test_ion_without_radius_names_the_ion() -> None:
    with pytest.raises(InputError, match=r"ionic radius of He\+1 must come from Shannon's table.*shannon\.csv"):
        ionic_radius("He", 1)


def test_alloy_of_an_element_without_metallic_radius_is_refused() -> None:
    batch = CompositionBatch.from_arrays(("Fe", "Po"), alloy=np.array([[0.5, 0.5]]))
    with pytest.raises(InputError, match=r"'metallic_radius_pm' must be known .* got no value for Po"):
        FeatureSet.default(("radius_mismatch_pct",)).compute(batch)
