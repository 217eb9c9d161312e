"""Confidence intervals of scores, by resampling papers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray, StrArray
from hemml.errors import InputError
from hemml.evaluation.metrics import ScoreTable

_CHUNK = 100  # resamples at a time: bounds memory at 100 numbers a row


def bootstrap_intervals(
    y: ArrayLike,
    predicted: ArrayLike,
    papers: Sequence[str] | StrArray,
    *,
    reference: ArrayLike | None = None,
    lower: ArrayLike | None = None,
    upper: ArrayLike | None = None,
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Percentile confidence intervals of the scores, resampling whole papers with replacement.

    Rows of one paper share samples, cells and habits, so rows are no independent draws; papers are (cluster bootstrap,
    Davison and Hinkley, Bootstrap Methods and their Application, 1997, doi 10.1017/CBO9780511802843, section 3.8).

    Args:
        y: Measured values, (n,).
        predicted: Predictions, (n,).
        papers: Paper of each row, (n,).
        reference: As in `score`; resampled together with the predictions.
        lower: As in `score`.
        upper: As in `score`.
        n_resamples: Number of resamples.
        level: Confidence level.
        seed: Seed of the resampling.

    Returns:
        (low, high) by the names of `Scores`. A score that some resample leaves undefined is left out.

    Raises:
        HemmlError: As in `score`.
        InputError: As in `score`, and if there are fewer than 2 papers, or `level` or `n_resamples` is out of range.
    """
    table = ScoreTable.checked(y, predicted, reference, lower, upper)
    distinct, row_paper = np.unique(np.asarray(papers), return_inverse=True)
    if row_paper.shape != table.y.shape:
        raise InputError(f"papers must have one entry a row ({len(table.y)}), got shape {row_paper.shape}")
    if len(distinct) < 2:
        raise InputError(f"papers must be at least 2 different ones to resample, got {len(distinct)}")
    if not 0 < level < 1:
        raise InputError(f"level must be between 0 and 1, got {level}")
    if n_resamples < 1:
        raise InputError(f"n_resamples must be at least 1, got {n_resamples}")
    rng = np.random.default_rng(seed)
    share = np.full(len(distinct), 1 / len(distinct))
    draws: dict[str, list[FloatArray]] = {}
    for start in range(0, n_resamples, _CHUNK):
        drawn = rng.multinomial(len(distinct), share, size=min(_CHUNK, n_resamples - start))
        for name, values in table.metrics(drawn[:, row_paper].astype(np.float64)).items():
            draws.setdefault(name, []).append(values)
    tails = [(1 - level) / 2, (1 + level) / 2]
    intervals = {}
    for name, parts in draws.items():
        values = np.concatenate(parts)
        if np.isfinite(values).all():
            low, high = np.quantile(values, tails)
            intervals[name] = (float(low), float(high))
    return intervals
