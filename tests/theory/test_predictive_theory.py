import numpy as np
import pytest
from scipy import stats

from hemml.columns import Column
from hemml.models.calibration import Calibration
from hemml.models.difficulty import Difficulty, out_of_paper_difficulty
from hemml.models.targets import TARGETS
from hemml.uncertainty import PredictiveDistributions


@pytest.mark.parametrize("level", [0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("n", [39, 119, 500])
def test_coverage_follows_the_beta_law(n, level):
    """Coverage of one calibration is Beta(k, n + 1 - k) with k gaps inside (Vovk 2012, arXiv 1209.2673)."""
    outside = (n + 1) * (1 - level)
    k = int(np.ceil(n + 1 - outside / 2 - 1e-9)) - int(np.floor(outside / 2 + 1e-9))
    law = stats.beta(k, n + 1 - k)
    rng = np.random.default_rng(int(1000 * level) + n)
    coverages = []
    for _ in range(400):
        low, high = PredictiveDistributions.fit(rng.normal(size=n)).ends(level)
        coverages.append(stats.norm.cdf(high) - stats.norm.cdf(low))
    assert stats.kstest(coverages, law.cdf).pvalue > 1e-3
    assert law.mean() >= level - 1e-12


def test_mean_coverage_lies_between_level_and_level_plus_two_over_n():
    rng = np.random.default_rng(5)
    n, repeats, level = 30, 20_000, 0.9
    residuals = rng.standard_t(3, size=(repeats, n + 1))
    covered = 0
    for row in residuals:
        low, high = PredictiveDistributions.fit(row[:-1]).ends(level)
        covered += low <= row[-1] <= high
    deviation = 3 * np.sqrt(0.09 / repeats)
    assert level - deviation <= covered / repeats <= level + 2 / (n + 1) + deviation


def test_probabilities_are_those_of_the_noise():
    rng = np.random.default_rng(8)
    own = PredictiveDistributions.fit(2.0 * rng.normal(size=20_000), np.full(20_000, 2.0))
    asked = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(
        own.probability_below(asked, np.full(13, 0.5), np.full(13, 0.8)),
        stats.norm.cdf((asked - 0.5) / 0.8),
        atol=0.012,
    )


def test_ranks_of_measured_values_are_uniform():
    rng = np.random.default_rng(9)
    noise = rng.uniform(0.2, 2.0, 6000)
    residuals = rng.standard_t(4, size=6000) * noise
    own = PredictiveDistributions.fit(residuals[:3000], noise[:3000])
    ranks = own.probability_below(residuals[3000:], np.zeros(3000), noise[3000:])
    assert stats.kstest(ranks, "uniform").statistic < 0.04


def test_difficulty_learns_where_the_noise_is_and_evens_out_coverage():
    """Known noise: half of the papers four times as noisy, told by a column; errors of one paper have a common part."""
    rng = np.random.default_rng(6)
    papers = np.repeat(np.arange(300), 8).astype(str)
    loud = np.repeat(rng.random(300) < 0.5, 8)
    noise = np.where(loud, 1.0, 0.25)
    shared = np.repeat(rng.normal(size=300), 8)
    errors = noise * (0.6 * shared + 0.8 * rng.normal(size=2400))
    # as in real tables, several columns tell the same: the working ion, its charge, its radius
    X = np.column_stack([loud, ~loud, 2 * loud, 1 - 3 * loud, rng.normal(size=(2400, 3))]).astype(float)
    zeros = np.zeros(2400)
    train = np.arange(2400) < 1200
    learned = out_of_paper_difficulty(X[train], zeros[train], zeros[train], errors[train], papers[train], 0)
    model = Difficulty.fit(X[train], zeros[train], zeros[train], errors[train], 0)
    told = model.predict(X[~train], zeros[~train], zeros[~train])
    # four times in truth; the floor under small errors keeps the estimate on the careful side
    assert 2 < np.median(told[loud[~train]]) / np.median(told[~loud[~train]]) <= 4
    own = PredictiveDistributions.fit(errors[train], learned)
    flat = PredictiveDistributions.fit(errors[train])
    fresh, hard = errors[~train], loud[~train]
    scaled_ends, flat_ends = own.interval(zeros[~train], told), flat.interval(zeros[~train])
    scaled, constant = (
        [((low <= fresh) & (fresh <= high))[part].mean() for part in (hard, ~hard)]
        for low, high in (scaled_ends, flat_ends)
    )
    assert np.abs(np.array(scaled) - 0.9).max() < 0.08
    assert constant[0] < 0.83  # one width for all: too narrow where it is hard
    assert constant[1] > 0.99
    assert np.subtract(*scaled_ends[::-1]).mean() < 0.9 * np.subtract(*flat_ends[::-1]).mean()


def test_probability_above_is_told_in_the_unit_of_the_target():
    rng = np.random.default_rng(2)
    distributions = PredictiveDistributions.fit(0.3 * rng.normal(size=5000))
    target = TARGETS[Column.CAPACITY]
    calibration = Calibration(target, Difficulty(None), distributions)
    predicted, ones = np.log([100.0, 200.0]), np.ones(2)
    found = calibration.probability_above(150.0, predicted, ones)
    np.testing.assert_allclose(found, stats.norm.sf(np.log(150.0 / np.array([100.0, 200.0])) / 0.3), atol=0.02)
    assert calibration.probability_above(0.0, predicted, ones).tolist() == [1.0, 1.0]
    assert calibration.probability_above(4500.0, predicted, ones).tolist() == [0.0, 0.0]


def test_retention_never_exceeds_the_full_capacity():
    target = TARGETS[Column.RETENTION]
    calibration = Calibration(target, Difficulty(None), PredictiveDistributions.fit(np.linspace(-3, 3, 99)))
    predicted = target.to_scale(np.array([99.0]))
    assert calibration.probability_above(100.0, predicted, np.ones(1))[0] == 0.0
    low, high = calibration.interval(predicted, np.ones(1), 0.9)
    assert 0 < low[0] < 99 < high[0] <= 100
