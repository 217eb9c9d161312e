"""The decomposition of the region above a front: the same gains as differences of hypervolumes by moocore."""

import moocore
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from hemml.active.acquisition import hypervolume, nondominated
from hemml.active.acquisition.boxes import boxes_above
from hemml.active.acquisition.fronts import BoxFront, DirectionFront, front_of

# A coarse grid makes ties, duplicates and dominated points; the others make general positions.
coordinate = st.one_of(st.integers(-1, 4).map(lambda k: k / 4), st.floats(-0.2, 1.5, allow_subnormal=False))


def point_sets(count: st.SearchStrategy[int]) -> st.SearchStrategy[np.ndarray]:
    return st.tuples(st.integers(2, 3), count).flatmap(lambda qk: hnp.arrays(np.float64, qk[::-1], elements=coordinate))


def difference(front: np.ndarray, point: np.ndarray) -> float:
    """Hypervolume that a point adds, by moocore alone."""

    def volume(points: np.ndarray) -> float:
        above = points[(points > 0).all(axis=1)]
        return moocore.hypervolume(above, ref=np.zeros(points.shape[1]), maximise=True) if len(above) else 0.0

    return volume(np.vstack([front, point])) - volume(front)


@given(point_sets(st.integers(1, 14)), st.data())
@settings(max_examples=150, deadline=None)
def test_gains_are_differences_of_hypervolumes(front: np.ndarray, data: st.DataObject) -> None:
    q = front.shape[1]
    points = data.draw(hnp.arrays(np.float64, (6, q), elements=coordinate))
    points = np.vstack([points, front[:2]])  # what is on the front already adds nothing
    expected = [difference(front, point) for point in points]
    gains = boxes_above(front[None]).overlap(points.T[None])[0]  # dominated and repeated points left in
    np.testing.assert_allclose(gains, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        front_of(front.T[None], 1, np.random.default_rng(0)).gains(points.T[None])[0], gains, atol=1e-12
    )
    assert (gains[6:] <= 1e-15).all()


@given(point_sets(st.just(9)), st.permutations(range(9)), st.floats(0.1, 10))
@settings(max_examples=100, deadline=None)
def test_gains_do_not_depend_on_order_and_scale_with_an_axis(front: np.ndarray, order: list[int], by: float) -> None:
    points = np.linspace(0.05, 1.4, front.shape[1] * 5).reshape(1, front.shape[1], 5)
    gains = boxes_above(front[None]).overlap(points)
    np.testing.assert_allclose(boxes_above(front[order][None]).overlap(points), gains, rtol=0, atol=1e-12)
    np.testing.assert_allclose(boxes_above(front[None, :, ::-1]).overlap(points[:, ::-1]), gains, rtol=0, atol=1e-12)
    scaled_front, scaled = front.copy(), points.copy()
    scaled_front[:, 0] *= by
    scaled[:, 0] *= by
    np.testing.assert_allclose(boxes_above(scaled_front[None]).overlap(scaled), by * gains, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("axes", [2, 3])
def test_samples_are_kept_apart_and_points_added_one_by_one(axes: int) -> None:
    rng = np.random.default_rng(5)
    fronts, points = rng.random((20, axes, 40)), rng.random((20, axes, 30)) * 1.3
    grown: BoxFront | DirectionFront = front_of(fronts[:, :, :5], 1, rng)
    for column in range(5, 40):
        grown = grown.with_points(fronts[:, :, column : column + 1])
    gains = grown.gains(points)
    for sample in range(20):
        expected = [difference(fronts[sample].T, point) for point in points[sample].T]
        np.testing.assert_allclose(gains[sample], expected, rtol=0, atol=1e-12)
    assert boxes_above(grown.points).lower.shape[1] <= 2 * grown.points.shape[1] + 1


@pytest.mark.parametrize("axes", [4, 5])
def test_random_directions_tend_to_the_hypervolume(axes: int) -> None:
    rng = np.random.default_rng(axes)
    fronts, point = rng.random((1, axes, 12)), np.full((1, axes, 1), 0.8)
    many = np.repeat(fronts, 400, axis=0)
    front = front_of(many, 200, rng)
    reached = front.volume.mean(axis=1)
    exact = hypervolume(fronts[0].T, np.zeros(axes))
    assert abs(reached.mean() - exact) < 4 * reached.std() / np.sqrt(400)
    gains = front.gains(np.repeat(point, 400, axis=0))[:, 0]
    assert abs(gains.mean() - difference(fronts[0].T, point[0].T)) < 4 * gains.std() / np.sqrt(400)
    assert gains.std() / np.sqrt(400) < 0.02 * gains.mean()
    assert front.with_points(np.repeat(point, 400, axis=0)).gains(np.repeat(point, 400, axis=0)).max() == 0.0


def test_hypervolume_and_front_of_a_table() -> None:
    points = np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0], [2.0, 2.0], [1.0, 1.0], [9.0, -1.0]])
    assert hypervolume(points, np.zeros(2)) == 6.0  # three steps of a staircase
    assert hypervolume(points, np.array([9.0, 9.0])) == 0.0
    np.testing.assert_array_equal(nondominated(points), [True, True, True, False, False, True])
    assert nondominated(np.zeros((0, 2))).shape == (0,)
