import numpy as np

from hemml.evaluation import bootstrap_intervals, mae

rng = np.random.default_rng(2)


def test_rows_of_one_paper_count_as_one_draw():
    """Errors equal within a paper: the interval is that of the papers, sqrt(8) wider than that of free rows."""
    error = rng.exponential(size=200)
    y = np.zeros(1600)
    papers = np.repeat(np.arange(200).astype(str), 8)
    by_paper = bootstrap_intervals(y, np.repeat(error, 8), papers, n_resamples=2000)["mae"]
    by_row = bootstrap_intervals(y, np.repeat(error, 8), np.arange(1600).astype(str), n_resamples=2000)["mae"]
    assert 2.55 < np.ptp(by_paper) / np.ptp(by_row) < 3.1


def test_width_of_the_interval_of_a_mean():
    """95 % interval of a mean of n free values: 2 x 1.96 x deviation / sqrt(n)."""
    error = rng.exponential(size=500)
    low, high = bootstrap_intervals(np.zeros(500), error, np.arange(500).astype(str), n_resamples=4000)["mae"]
    expected = 2 * 1.96 * error.std() / np.sqrt(500)
    assert abs((high - low) / expected - 1) < 0.08


def test_interval_covers_the_true_error():
    """Over 200 experiments the 90 % interval holds the true MAE about 90 times in 100."""
    hits = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        error = np.repeat(draw.exponential(size=80), 3) * draw.uniform(0.5, 1.5, 240)
        papers = np.repeat(np.arange(80).astype(str), 3)
        low, high = bootstrap_intervals(np.zeros(240), error, papers, level=0.9, n_resamples=200)["mae"]
        hits += low <= 1.0 <= high
        assert low <= mae(np.zeros(240), error) <= high
    assert 0.80 <= hits / 200 <= 0.96
