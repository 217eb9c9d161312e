"""Which candidates joint samples are drawn for: the promising ones by their marginals, and a random share."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.active.acquisition.gaussian import log_expected_improvement
from hemml.active.acquisition.scale import chebyshev, random_weights
from hemml.active.acquisition.settings import AcquisitionSettings
from hemml.arrays import FloatArray, IntArray

SCALARISATIONS: Final = 16
LEAST: Final = 1e-12


def shortlist(
    open_rows: IntArray,
    mean: FloatArray,
    sd: FloatArray,
    log_factor: FloatArray,
    incumbent: FloatArray,
    name: str,
    size: int,
    settings: AcquisitionSettings,
    rng: np.random.Generator,
) -> IntArray:
    """Rows to draw joint samples for, in ascending order.

    Args:
        open_rows: Rows that may be chosen, (m,).
        mean: Scaled posterior means of those rows, (q, m).
        sd: Their standard deviations, (q, m).
        log_factor: Logarithm of what their values are multiplied by, (m,).
        incumbent: Best scaled posterior mean of the measured rows, axis by axis, (q,).
        name: The acquisition.
        size: How many rows, at most.
        settings: Random share, standard deviations above the mean.
        rng: Draws the weights and the random share.
    """
    if len(open_rows) <= size:
        return open_rows
    share = 0.5 if name == "exploration" else settings.random_share
    at_random = round(share * size)
    chosen = np.zeros(len(open_rows), dtype=bool)
    views = _views(mean, sd, log_factor, incumbent, name, settings.beta, rng)
    for done, view in enumerate(views):
        wanted = (size - at_random - np.count_nonzero(chosen)) // (len(views) - done)
        if wanted > 0:  # each view adds its own best that the ones before it did not take
            chosen[np.argpartition(np.where(chosen, np.inf, -view), wanted - 1)[:wanted]] = True
    rest = np.flatnonzero(~chosen)
    chosen[rng.choice(rest, size=size - np.count_nonzero(chosen), replace=False)] = True
    return open_rows[chosen]


def _views(
    mean: FloatArray,
    sd: FloatArray,
    log_factor: FloatArray,
    incumbent: FloatArray,
    name: str,
    beta: float,
    rng: np.random.Generator,
) -> list[FloatArray]:
    """Cheap acquisitions (m,), each from marginals alone."""
    axes = len(mean)
    with np.errstate(divide="ignore"):
        if axes == 0:
            return [log_factor]
        if name == "exploration":
            return [np.log(np.square(sd).sum(axis=0)) + log_factor]
    bound = mean + beta * sd
    if axes == 1:
        return [
            log_expected_improvement(mean[0], sd[0], incumbent[0]) + log_factor,
            np.log(np.maximum(bound[0], LEAST)) + log_factor,
        ]
    weights = random_weights(SCALARISATIONS, axes, rng)
    return [np.log(np.maximum(chebyshev(bound, weight), LEAST)) + log_factor for weight in weights]
