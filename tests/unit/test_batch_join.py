"""Batches joined row by row."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.composition import CompositionBatch
from hemml.composition.joining import join
from hemml.errors import InputError
from hemml.features import FeatureSet

PARTS = [
    ["ZnMn2O4", "Zn(Mn0.4Co0.4Ni0.4Fe0.4Cu0.4)O4"],
    ["La0.8Sr0.2(Cr0.5Mn0.5)O3"],
    ["K1.6Mn[Fe(CN)6]0.94·1.5H2O", "Na3V2(PO4)3", "LiF0.5O0.5"],
    ["CoCrFeMnNi"],
]


def test_joined_batches_are_the_batch_of_all_formulas() -> None:
    joined = join([CompositionBatch.from_formulas(part) for part in PARTS])
    whole = CompositionBatch.from_formulas([formula for part in PARTS for formula in part])
    assert joined.elements == whole.elements
    assert joined.working_ion.tolist() == whole.working_ion.tolist()
    np.testing.assert_array_equal(joined.amounts, whole.amounts)
    np.testing.assert_array_equal(joined.cation_sites, whole.cation_sites)
    np.testing.assert_array_equal(FeatureSet.default().compute(joined), FeatureSet.default().compute(whole))


def test_nothing_to_join_is_refused() -> None:
    with pytest.raises(InputError, match="at least one, got none"):
        join([])
