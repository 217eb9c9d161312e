import numpy as np
import pytest
from crepes import ConformalPredictiveSystem

from hemml.errors import InputError
from hemml.uncertainty import PredictiveDistributions

rng = np.random.default_rng(3)
RESIDUALS = rng.gumbel(size=487)
DIFFICULTY = rng.uniform(0.5, 2, 487)
QUERY = rng.normal(size=40)
QUERY_DIFFICULTY = rng.uniform(0.5, 2, 40)


def peer(scaled: bool) -> ConformalPredictiveSystem:
    system = ConformalPredictiveSystem()
    system.fit(RESIDUALS, sigmas=DIFFICULTY if scaled else None)
    return system


# levels for which no rank is whole: there crepes may round to the row beside
@pytest.mark.parametrize("level", [0.5, 0.83, 0.9, 0.97])
@pytest.mark.parametrize("scaled", [False, True])
def test_same_intervals_as_crepes(level, scaled):
    expected = peer(scaled).predict_int(QUERY, sigmas=QUERY_DIFFICULTY if scaled else None, confidence=level)
    own = PredictiveDistributions.fit(RESIDUALS, DIFFICULTY if scaled else None)
    found = own.interval(QUERY, QUERY_DIFFICULTY if scaled else None, level)
    np.testing.assert_allclose(np.column_stack(found), expected, rtol=1e-12)


@pytest.mark.parametrize("scaled", [False, True])
def test_same_probabilities_as_crepes(scaled):
    values = QUERY + rng.normal(size=40)
    sigmas = QUERY_DIFFICULTY if scaled else None
    expected = peer(scaled).predict_p(QUERY, values, sigmas=sigmas, smoothing=False)
    own = PredictiveDistributions.fit(RESIDUALS, DIFFICULTY if scaled else None)
    np.testing.assert_allclose(own.probability_below(values, QUERY, sigmas), expected, rtol=1e-12)


def test_ends_are_the_scores_of_the_finite_sample_ranks():
    own = PredictiveDistributions.fit(np.arange(1.0, 20.0))  # 19 rows: 20 equally likely gaps
    assert own.ends(0.9) == (1.0, 19.0)
    assert own.ends(0.8) == (2.0, 18.0)
    assert own.highest_level == 0.9
    with pytest.raises(InputError, match="needs at least 39 calibration rows, the calibration set has 19"):
        own.ends(0.95)


def test_intervals_are_made_short_where_errors_are_skewed():
    errors = rng.exponential(size=4000)

    def width(low, high):
        return float((high - low).mean())

    equal = PredictiveDistributions.fit(errors)
    short = PredictiveDistributions.fit(errors, width=width, level=0.9)
    low, high = short.ends(0.9)
    # The density of the exponential law falls, so its shortest interval begins at 0 and ends at -ln 0.1.
    assert low < 0.01
    assert high == pytest.approx(-np.log(0.1), rel=0.05)
    assert high - low < np.subtract(*equal.ends(0.9)[::-1])
    fresh = rng.exponential(size=4000)
    assert ((low <= fresh) & (fresh <= high)).mean() == pytest.approx(0.9, abs=0.015)


def test_higher_levels_contain_lower_ones():
    own = PredictiveDistributions.fit(rng.exponential(size=60), width=lambda low, high: float((high - low).mean()))
    ends = [own.ends(level) for level in (0.1, 0.5, 0.8, 0.9, 0.95, 0.967)]
    lower, upper = zip(*ends, strict=True)
    assert list(lower) == sorted(lower, reverse=True)
    assert list(upper) == sorted(upper)


def test_few_rows_keep_equal_tails():
    own = PredictiveDistributions.fit([1.0, 2.0, 3.0], width=lambda low, high: float((high - low).mean()), level=0.9)
    assert own.lower_share == 0.5


def test_probabilities_rise_with_the_value_and_with_falling_predictions():
    own = PredictiveDistributions.fit(RESIDUALS)
    zeros = np.zeros(50)
    ladder = np.linspace(-9, 9, 50)
    found = own.probability_below(ladder, zeros)
    assert (np.diff(found) >= 0).all()
    np.testing.assert_allclose(found, own.probability_below(zeros, -ladder))
    assert found[-1] == 1.0
    assert found[0] == pytest.approx(1 / 488)


def test_quantile_is_the_finite_sample_one():
    own = PredictiveDistributions.fit(np.arange(1.0, 20.0))
    assert own.quantile(0.9) == 18.0
    assert own.quantile(0.99) == 19.0
