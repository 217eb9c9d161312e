import numpy as np
import pytest
from scipy import stats

from hemml.uncertainty import ConformalIntervals


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [19, 99, 500])
def test_coverage_follows_the_beta_law(n, level):
    """Coverage of one calibration is Beta(k, n + 1 - k) with k = ceil((n + 1) level) (Vovk 2012, arXiv 1209.2673)."""
    k = int(np.ceil((n + 1) * level - 1e-9))
    law = stats.beta(k, n + 1 - k)
    rng = np.random.default_rng(int(1000 * level) + n)
    coverages = []
    for _ in range(400):
        half = ConformalIntervals.fit(rng.normal(size=n)).interval([0.0], level=level)[1][0]
        coverages.append(stats.norm.cdf(half) - stats.norm.cdf(-half))
    assert stats.kstest(coverages, law.cdf).pvalue > 1e-3
    assert law.mean() >= level - 1e-12


def test_mean_coverage_lies_between_level_and_level_plus_one_over_n():
    rng = np.random.default_rng(5)
    n, repeats, level = 30, 20_000, 0.9
    residuals = rng.standard_t(3, size=(repeats, n + 1))
    covered = 0
    for row in residuals:
        lower, upper = ConformalIntervals.fit(row[:-1]).interval([0.0], level=level)
        covered += lower[0] <= row[-1] <= upper[0]
    deviation = 3 * np.sqrt(0.09 / repeats)
    assert level - deviation <= covered / repeats <= level + 1 / (n + 1) + deviation


def test_difficulty_evens_out_coverage_where_noise_grows():
    rng = np.random.default_rng(6)
    noise = np.repeat([0.1, 1.0], 2000)
    residuals, fresh = rng.normal(size=4000) * noise, rng.normal(size=4000) * noise
    zeros = np.zeros(4000)
    lower, upper = ConformalIntervals.fit(residuals, noise).interval(zeros, noise, 0.9)
    flat_lower, flat_upper = ConformalIntervals.fit(residuals).interval(zeros, level=0.9)
    scaled = ((lower <= fresh) & (fresh <= upper)).reshape(2, 2000).mean(axis=1)
    flat = ((flat_lower <= fresh) & (fresh <= flat_upper)).reshape(2, 2000).mean(axis=1)
    assert np.abs(scaled - 0.9).max() < 4 * np.sqrt(0.09 / 2000) * np.sqrt(2)
    assert flat[0] > 0.99  # one width for all: too wide where it is easy
    assert flat[1] < 0.85  # and too narrow where it is hard


def test_categories_hold_their_own_level():
    rng = np.random.default_rng(7)
    role = np.repeat(["cathode", "anode"], 1500)
    noise = np.where(role == "anode", 3.0, 1.0)
    intervals = ConformalIntervals.fit(rng.normal(size=3000) * noise, None, role)
    fresh = rng.normal(size=3000) * noise
    lower, upper = intervals.interval(np.zeros(3000), None, 0.9, role)
    inside = (lower <= fresh) & (fresh <= upper)
    for name in ("cathode", "anode"):
        assert abs(inside[role == name].mean() - 0.9) < 4 * np.sqrt(2 * 0.09 / 1500)
