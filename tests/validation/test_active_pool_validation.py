"""What a surrogate of a pool refuses."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.pool import PoolSurrogate
from hemml.composition import CompositionBatch
from hemml.errors import InputError

OBJECTIVE = Objective.parse("capacity_mAh_g:max")


def pool() -> PoolColumns:
    return PoolColumns.of(CompositionBatch.from_formulas(["ZnMn2O4", "ZnFe2O4"], "Zn"), np.ones(2, dtype=bool))


def test_shapes_of_measured() -> None:
    with pytest.raises(InputError, match="one column for each of the rows"):
        Measured(np.array([0, 1]), np.zeros((1, 3)))
    with pytest.raises(InputError, match="positions from 0, got -1"):
        Measured(np.array([-1]), np.zeros((1, 1)))
    with pytest.raises(InputError, match="finite or NaN"):
        Measured(np.array([0]), np.array([[np.inf]]))


def test_measured_must_fit_the_pool() -> None:
    with pytest.raises(InputError, match="one row for each of the 2 objectives"):
        PoolSurrogate.fit(pool(), Measured(np.array([0]), np.zeros((1, 1))), [OBJECTIVE, OBJECTIVE])
    with pytest.raises(InputError, match="among 2 candidates, got 2"):
        PoolSurrogate.fit(pool(), Measured(np.array([2]), np.zeros((1, 1))), [OBJECTIVE])
    with pytest.raises(InputError, match="noise_share: must be from 0 to 1"):
        PoolSurrogate.fit(pool(), Measured(np.array([0]), np.zeros((1, 1))), [OBJECTIVE], noise_share=1.5)


def test_rows_of_the_columns_must_be_as_many() -> None:
    batch = CompositionBatch.from_formulas(["ZnMn2O4", "ZnFe2O4"], "Zn")
    with pytest.raises(InputError, match="must be equally many and at least one, got 2, 3"):
        PoolColumns.of(batch, np.ones(3, dtype=bool))
    with pytest.raises(InputError, match="at least one, got 0"):
        PoolColumns.of(batch[np.array([], dtype=np.int64)], np.ones(0, dtype=bool))
