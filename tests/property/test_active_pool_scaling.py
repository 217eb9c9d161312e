"""What a surrogate of a pool must not depend on: units, order of the measured rows, what is measured in other pools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.pool import PoolSurrogate
from hemml.composition import CompositionBatch

FORMULAS = [f"Zn{a}{m}2O4" for a in (0.5, 1) for m in ("Mn", "Fe", "Co", "Ni", "V", "Cr", "Ti", "Al")]
OBJECTIVE = Objective.parse("capacity_mAh_g:max")


@pytest.fixture(scope="module")
def columns() -> PoolColumns:
    return PoolColumns.of(CompositionBatch.from_formulas(FORMULAS, "Zn"), np.ones(len(FORMULAS), dtype=bool))


@settings(max_examples=15, deadline=None)
@given(st.floats(0.01, 1000.0), st.floats(-500.0, 500.0), st.integers(0, 1000))
def test_units_and_order_change_nothing(columns: PoolColumns, factor: float, shift: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(FORMULAS))[:7]
    values = rng.standard_normal((1, 7))
    mean, sd = PoolSurrogate.fit(columns, Measured(rows, values), [OBJECTIVE]).marginals()
    order = rng.permutation(7)
    scaled = Measured(rows[order], factor * values[:, order] + shift)
    other_mean, other_sd = PoolSurrogate.fit(columns, scaled, [OBJECTIVE]).marginals()
    np.testing.assert_allclose((other_mean - shift) / factor, mean, atol=2e-3)
    np.testing.assert_allclose(other_sd / factor, sd, atol=2e-3)


def test_lowering_is_raising_the_negative(columns: PoolColumns) -> None:
    rows = np.arange(6)
    values = np.random.default_rng(0).standard_normal((1, 6))
    low = PoolSurrogate.fit(columns, Measured(rows, values), [Objective.parse("cost_usd_per_kg:min")]).marginals()
    high = PoolSurrogate.fit(columns, Measured(rows, -values), [OBJECTIVE]).marginals()
    np.testing.assert_allclose(low[0], high[0], atol=1e-4)
    np.testing.assert_allclose(low[1], high[1], atol=1e-4)
