"""Whether intervals hold what they promise: observed against nominal coverage, and how far chance alone may move it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray, StrArray
from hemml.errors import InputError

LEVELS: Final = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


@dataclass(frozen=True, eq=False)
class CalibrationCurve:
    """Coverage of central intervals of growing level.

    Attributes:
        nominal: Levels of the intervals, (m,).
        observed: Share of the measured values inside, (m,).
        low: Lower end of where 95 % of calibrated models would lie, (m,).
        high: Upper end, (m,).
        effective_n: Number of independent draws that the rows are worth.
    """

    nominal: FloatArray
    observed: FloatArray
    low: FloatArray
    high: FloatArray
    effective_n: float


def calibration_curve(
    rank: ArrayLike, papers: Sequence[str] | StrArray, levels: Sequence[float] = LEVELS
) -> CalibrationCurve:
    """Compare the share of measured values inside central intervals with the level of the intervals.

    The band is binomial for the effective number of draws, counted as if all rows of a paper fell inside or outside
    together: n^2 / sum of squared paper sizes (Kish, Survey Sampling, 1965, section 5.4). It is the widest band that
    dependence within papers can make.

    Args:
        rank: Share of each row's predictive distribution at or below its measured value, (n,).
        papers: Paper of each row, (n,).
        levels: Levels between 0 and 1, (m,).

    Raises:
        InputError: If there are no rows, a rank lies outside 0 to 1, or lengths differ.
    """
    from scipy.stats import binom

    ranks = np.asarray(rank, dtype=np.float64)
    if ranks.ndim != 1 or not len(ranks) or not ((ranks >= 0) & (ranks <= 1)).all():
        raise InputError(
            f"rank must be between 0 and 1 in one row or more, got shape {ranks.shape} with {_range(ranks)}"
        )
    names = np.asarray(papers)
    if names.shape != ranks.shape:
        raise InputError(f"papers must have one entry a row ({len(ranks)}), got shape {names.shape}")
    nominal = np.asarray(levels, dtype=np.float64)
    observed = (np.abs(ranks - 0.5)[:, None] <= nominal / 2 + 1e-12).mean(axis=0)
    effective = effective_draws(names)
    draws = max(1, round(effective))
    low, high = (binom.ppf(tail, draws, nominal) / draws for tail in (0.025, 0.975))
    return CalibrationCurve(nominal, observed, low, high, effective)


def effective_draws(papers: StrArray) -> float:
    """Independent draws that n rows are worth if the rows of a paper agree fully: n^2 / sum of squared paper sizes."""
    sizes = np.unique(papers, return_counts=True)[1].astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def wilson_interval(inside: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Confidence interval of a share, from `inside` of `n` independent draws.

    Source: Wilson, J. Am. Stat. Assoc. 1927, 22, 209, doi 10.1080/01621459.1927.10502953.

    Raises:
        InputError: If n is below 1 or `inside` is not between 0 and n.
    """
    if not 0 <= inside <= n or n < 1:
        raise InputError(f"inside must be between 0 and n, and n at least 1, got {inside} of {n}")
    z = NormalDist().inv_cdf((1 + level) / 2)  # scipy.stats takes a second to import
    share = inside / n
    center = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    # at 0 or n of n the closed form is off by rounding
    return max(0.0, min(share, center - half)), min(1.0, max(share, center + half))


def _range(values: FloatArray) -> str:
    return f"{values.min():g} to {values.max():g}" if values.size else "no values"
