"""Checks of what is given to the choice of a batch."""

from __future__ import annotations

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.errors import InputError


def check_marginals(mean: FloatArray, sd: FloatArray) -> None:
    """Raise InputError unless both are finite, of shape (q, n), and sd is 0 or more."""
    if mean.ndim != 2 or mean.shape != sd.shape:
        raise InputError(
            f"surrogate: means and standard deviations must be of one shape (objectives, candidates), "
            f"got {mean.shape} and {sd.shape}; correct the surrogate"
        )
    wrong = ~(np.isfinite(mean) & np.isfinite(sd) & (sd >= 0)).all(axis=0)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise InputError(
            f"surrogate: means must be finite and standard deviations 0 or more, got {mean[:, row].tolist()} and "
            f"{sd[:, row].tolist()} at row {row} ({np.count_nonzero(wrong)} such rows); correct the surrogate"
        )


def check_samples(samples: FloatArray, shape: tuple[int, int, int]) -> None:
    """Raise InputError unless the joint samples are finite and of this shape."""
    if samples.shape != shape:
        raise InputError(f"surrogate: samples must be of shape {shape}, got {samples.shape}; correct the surrogate")
    if not np.isfinite(samples).all():
        raise InputError(
            f"surrogate: samples must be finite, got {np.count_nonzero(~np.isfinite(samples))} that are not; "
            "correct the surrogate"
        )


def check_rows(n: int, known: IntArray, pending: IntArray, allowed: BoolArray, size: int) -> None:
    """Raise InputError unless rows lie among n candidates, the mask has n entries and the size is 1 or more."""
    for what, rows in (("measured", known), ("pending", pending)):
        if len(rows) and (rows.min() < 0 or rows.max() >= n):
            raise InputError(
                f"{what} rows: must be from 0 to {n - 1}, got {rows.min()} to {rows.max()}; give positions among the "
                "candidates"
            )
    if np.shape(allowed) != (n,) or np.asarray(allowed).dtype != np.bool_:
        raise InputError(
            f"allowed: must be {n} truth values, got shape {np.shape(allowed)} of {np.asarray(allowed).dtype}; "
            "give one per candidate"
        )
    if size < 1:
        raise InputError(f"batch size: must be 1 or more, got {size}; ask for at least one experiment")


def check_factors(n: int, log_weight: FloatArray | None, cost: FloatArray | None) -> None:
    """Raise InputError unless log weights are 0 or less and costs are positive, each (n,) where given."""
    for what, values in (("log_weight", log_weight), ("cost", cost)):
        if values is not None and np.shape(values) != (n,):
            raise InputError(f"{what}: must be of shape ({n},), got {np.shape(values)}; give one per candidate")
    if log_weight is not None and not (log_weight <= 1e-9).all():
        raise InputError(
            f"log_weight: must be logarithms of probabilities, 0 at most, got {np.max(log_weight):g}; correct them"
        )
    if cost is not None and not (np.isfinite(cost) & (cost > 0)).all():
        bad = cost[~(np.isfinite(cost) & (cost > 0))]
        raise InputError(f"cost: must be finite and above 0, got {bad[0]:g}; give every candidate a cost")


def check_limits(axes: int, limit: BoolArray) -> None:
    """Raise InputError unless there is one truth value an objective."""
    if limit.shape != (axes,):
        raise InputError(f"limit: must be of shape ({axes},), got {limit.shape}; give one truth value per objective")


def open_rows(allowed: BoolArray, known: IntArray, pending: IntArray, log_probability: FloatArray) -> IntArray:
    """Rows that may be chosen.

    Raises:
        InputError: There are none.
    """
    free = np.array(allowed, dtype=bool)
    count_allowed = int(np.count_nonzero(free))
    free[known] = False
    free[pending] = False
    rows = np.flatnonzero(free & (log_probability > -np.inf))
    if not len(rows):
        why = "of probability 0" if free.any() else "measured or pending"
        raise InputError(
            f"candidates: at least one must be left to choose, got none: of {len(allowed)} candidates {count_allowed} "
            f"are allowed, and these are all {why}; widen the space or loosen its constraints"
        )
    return rows
