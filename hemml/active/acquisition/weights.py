"""Weights of candidates: logarithms of the probability that an experiment counts at all."""

from __future__ import annotations

import numpy as np

from hemml.arrays import FloatArray
from hemml.errors import InputError


def log_probability_within(
    mean: FloatArray, sd: FloatArray, lower: float = -np.inf, upper: float = np.inf
) -> FloatArray:
    """Logarithm of the probability that a normal value lies from `lower` to `upper`, without underflow.

    Args:
        mean: Any shape, in the unit of the limits.
        sd: Same shape; 0 is a certain value.
        lower: Least value allowed.
        upper: Largest value allowed.

    Raises:
        InputError: The limits are the wrong way round.
    """
    from scipy.special import log_ndtr

    if not lower <= upper:
        raise InputError(f"limits: the lower one must be at most the upper one, got {lower:g} and {upper:g}; swap them")
    mean, sd = np.broadcast_arrays(np.asarray(mean, dtype=np.float64), np.asarray(sd, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = (lower - mean) / sd, (upper - mean) / sd
        # On the side where both tails are small, so that their difference keeps its digits.
        flip = low > 0
        a, b = np.where(flip, -high, low), np.where(flip, -low, high)
        log_a, log_b = log_ndtr(a), log_ndtr(b)
        below = np.where(log_b > -np.inf, log_a - log_b, 0.0)  # both tails empty: probability 0
        inside = log_b + np.log1p(-np.exp(np.minimum(below, 0.0)))
        certain = np.log(((mean >= lower) & (mean <= upper)).astype(np.float64))
    return np.where(sd > 0, inside, certain)


def probability_within(mean: FloatArray, sd: FloatArray, lower: float = -np.inf, upper: float = np.inf) -> FloatArray:
    """Probability that a normal value lies from `lower` to `upper`; arguments as of `log_probability_within`."""
    return np.exp(log_probability_within(mean, sd, lower, upper))


def sampled_probability_within(samples: FloatArray, lower: float = -np.inf, upper: float = np.inf) -> FloatArray:
    """Probability from samples (s, ...), of shape (...); never 0 nor 1: half a sample is added to either side."""
    hits = np.count_nonzero((samples >= lower) & (samples <= upper), axis=0)
    return np.asarray((hits + 0.5) / (len(samples) + 1.0), dtype=np.float64)
