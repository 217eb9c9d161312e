"""The scales on which targets are learned."""

from __future__ import annotations

import numpy as np
import pytest

from hemml.columns import TARGETS as COLUMNS
from hemml.columns import Column
from hemml.data import load_default
from hemml.models.targets import TARGETS, Target


@pytest.fixture(params=list(TARGETS), ids=str)
def target(request: pytest.FixtureRequest) -> Target:
    return TARGETS[request.param]


def test_every_target_has_a_scale() -> None:
    assert tuple(TARGETS) == COLUMNS
    assert [target.column for target in TARGETS.values()] == list(COLUMNS)


def test_scale_rises_and_inverts(target: Target) -> None:
    values = np.linspace(target.low, target.high, 1001)
    scaled = target.to_scale(values)
    assert np.isfinite(scaled).all()
    assert (np.diff(scaled) > 0).all()
    np.testing.assert_allclose(target.restore(scaled), values, rtol=1e-12, atol=1e-9)


def test_every_measured_value_has_a_finite_scale(target: Target) -> None:
    measured = load_default()[target.column].dropna().to_numpy()
    scaled = target.to_scale(measured)
    assert np.isfinite(scaled).all()
    assert (np.argsort(measured, kind="stable") == np.argsort(scaled + 1e-12 * measured, kind="stable")).mean() > 0.99


def test_restored_values_stay_in_range_and_in_order(target: Target) -> None:
    scaled = np.linspace(-700.0, 700.0, 2001)
    values = target.restore(scaled)
    assert values.min() == target.low
    assert values.max() == target.high
    assert (np.diff(values) >= 0).all()


def test_half_of_a_retention_loss_weighs_more_near_100() -> None:
    scale = TARGETS[Column.RETENTION].to_scale
    near, far = scale(np.array([100.0, 98.0])), scale(np.array([52.0, 50.0]))
    assert near[0] - near[1] > 3 * (far[0] - far[1])
    assert scale(np.array([130.0])) == scale(np.array([101.0]))  # a capacity that grows is no loss


def test_capacity_is_learned_as_a_logarithm() -> None:
    target = TARGETS[Column.CAPACITY]
    assert target.to_scale(np.array([np.e])) == pytest.approx(1.0)
    assert target.restore(np.array([np.log(100.0)])) == pytest.approx(100.0)
