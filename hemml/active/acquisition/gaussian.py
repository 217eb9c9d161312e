"""Closed forms of a normal prediction: expected improvement, its logarithm, and upper confidence bound."""

from __future__ import annotations

import numpy as np

from hemml.arrays import FloatArray

_LOG_ROOT_2PI = 0.5 * np.log(2 * np.pi)


def expected_improvement(mean: FloatArray, sd: FloatArray, incumbent: FloatArray | float) -> FloatArray:
    """Expected value of max(0, utility - incumbent); all of one shape, or such that numpy can broadcast.

    Reference:
        Jones et al. 1998, doi 10.1023/A:1008306431147, equation 15.
    """
    from scipy.special import ndtr

    gap = np.asarray(mean - incumbent, dtype=np.float64)
    z = _ratio(gap, sd)
    density = np.exp(-0.5 * np.minimum(np.abs(z), 40.0) ** 2 - _LOG_ROOT_2PI)
    value = np.where(np.asarray(sd) > 0, gap * ndtr(z) + sd * density, gap)
    return np.maximum(value, 0.0)


def log_expected_improvement(mean: FloatArray, sd: FloatArray, incumbent: FloatArray | float) -> FloatArray:
    """Logarithm of the expected improvement, finite wherever sd > 0, also where the improvement itself underflows.

    Reference:
        Ament et al. 2023, arXiv 2310.20708, equation 9.
    """
    from scipy.special import erfcx, ndtr

    gap = np.asarray(mean - incumbent, dtype=np.float64)
    sd = np.broadcast_to(np.asarray(sd, dtype=np.float64), gap.shape)
    z = _ratio(gap, sd)
    near = np.clip(z, -1.0, 1e100)
    direct = np.log(np.exp(-0.5 * np.minimum(near, 40.0) ** 2 - _LOG_ROOT_2PI) + near * ndtr(near))
    far = np.clip(-z, 1.0, 1e100)
    middle = np.minimum(far, 1e3)
    # Beyond 1000 standard deviations the difference has lost its digits: its series.
    direct_tail = np.log1p(-middle * erfcx(middle / np.sqrt(2)) * np.sqrt(np.pi / 2))
    series_tail = np.log1p(-3.0 / np.maximum(far, 1e3) ** 2) - 2.0 * np.log(far)
    tail = np.where(far < 1e3, direct_tail, series_tail)
    with np.errstate(divide="ignore"):
        certain = np.log(np.maximum(gap, 0.0))
        scaled = np.log(sd) + np.where(z > -1.0, direct, -0.5 * far**2 - _LOG_ROOT_2PI + tail)
    return np.where(sd > 0, scaled, certain)


def upper_confidence_bound(mean: FloatArray, sd: FloatArray, beta: float) -> FloatArray:
    """Mean plus `beta` standard deviations.

    Reference:
        Srinivas et al. 2012, doi 10.1109/TIT.2011.2182033 (their beta is the square of this one).
    """
    return mean + beta * sd


def _ratio(gap: FloatArray, sd: FloatArray) -> FloatArray:
    """Gap in standard deviations; of a certain prediction plus or minus infinity, 0 at the incumbent itself."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = gap / sd
    return np.asarray(np.where(np.isnan(z), 0.0, z), dtype=np.float64)
