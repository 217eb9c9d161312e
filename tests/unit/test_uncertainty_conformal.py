import numpy as np
import pytest
from crepes import ConformalRegressor

from hemml.uncertainty import ConformalIntervals

rng = np.random.default_rng(3)
RESIDUALS = rng.normal(size=487)
DIFFICULTY = rng.uniform(0.5, 2, 487)
# group sizes for which (n + 1) x level is not whole: there crepes 0.9 rounds int((1 - 0.9) * 290) down to 28
ROLE = np.array(["cathode"] * 300 + ["anode"] * 187)
QUERY = rng.normal(size=40)
QUERY_DIFFICULTY = rng.uniform(0.5, 2, 40)
QUERY_ROLE = np.where(rng.random(40) < 0.5, "cathode", "anode")


@pytest.mark.parametrize("level", [0.5, 0.83, 0.9, 0.97])
@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize("by_role", [False, True])
def test_same_intervals_as_crepes(level, scaled, by_role):
    peer = ConformalRegressor()
    peer.fit(RESIDUALS, sigmas=DIFFICULTY if scaled else None, bins=ROLE if by_role else None)
    expected = peer.predict_int(
        QUERY, sigmas=QUERY_DIFFICULTY if scaled else None, bins=QUERY_ROLE if by_role else None, confidence=level
    )
    own = ConformalIntervals.fit(RESIDUALS, DIFFICULTY if scaled else None, ROLE if by_role else None)
    lower, upper = own.interval(QUERY, QUERY_DIFFICULTY if scaled else None, level, QUERY_ROLE if by_role else None)
    np.testing.assert_allclose(np.column_stack([lower, upper]), expected, rtol=1e-12)


def test_finite_sample_quantile_by_hand():
    intervals = ConformalIntervals.fit([-3.0, 1.0, 2.0, -4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    assert intervals.interval([10.0], level=0.9) == (np.array([1.0]), np.array([19.0]))  # the ninth of nine
    assert intervals.interval([10.0], level=0.8)[1] == [18.0]  # ceil(10 x 0.8) = 8, not 9 by rounding
    assert intervals.interval([10.0], [2.0], level=0.1)[1] == [12.0]


def test_higher_level_gives_wider_interval():
    intervals = ConformalIntervals.fit(RESIDUALS)
    widths = [np.ptp(intervals.interval([0.0], level=level)) for level in (0.1, 0.5, 0.9, 0.99)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_small_category_is_calibrated_on_all_rows():
    role = np.array(["cathode"] * 450 + ["anode"] * 37)
    intervals = ConformalIntervals.fit(RESIDUALS, None, role, min_rows=100)
    assert intervals.categories == ("cathode",)
    pooled = ConformalIntervals.fit(RESIDUALS).interval([0.0], level=0.9)
    for name in ("anode", "never seen"):
        assert intervals.interval([0.0], None, 0.9, [name]) == pooled
    own = ConformalIntervals.fit(RESIDUALS[:450]).interval([0.0], level=0.9)
    assert intervals.interval([0.0], None, 0.9, ["cathode"]) == own


def test_highest_level_is_the_last_one_that_works():
    intervals = ConformalIntervals.fit(RESIDUALS[:99])
    assert intervals.highest_level() == 0.99
    lower, upper = intervals.interval([0.0], level=0.99)
    assert upper[0] == -lower[0] == np.abs(RESIDUALS[:99]).max()
