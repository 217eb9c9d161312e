"""The bundle's belief of one target, moved by own results as a laboratory's results move it.

Bookkeeping of variances, on the learning scale. Before anything is measured a measurement has the standard deviation
of a Gaussian as wide as the bundle's calibrated 90 % interval, at every candidate. The lab kernel of the bundle says
which share of that variance is noise (what no other measurement shares) and how the rest is shared between candidates;
it is rescaled, candidate by candidate, to have that variance in all. Own results then move the mean and take away the
same share of the variance as `LabCorrection` does, so that the belief equals `hemml predict` with own-lab bundles; the
noise is left out of the variance of the true value.
"""

from __future__ import annotations

import numpy as np

from hemml.active.surrogate.belief import Belief, Own, log_density
from hemml.active.surrogate.prior import TargetPrior
from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.models.lab_posterior import LabPosterior
from hemml.models.lab_prior import LabKernel, Points, by_role

NAME = "the bundle with own results as a laboratory's"


def lab_belief(prior: TargetPrior, roles: StrArray, own: Own) -> Belief:
    """Condition the prior of n candidates on own results.

    Args:
        prior: Of the target.
        roles: Of the candidates, (n,); results count in their own role only.
        own: Own results.
    """
    n, points = len(roles), prior.points
    mean, variance, spread = points.predicted.copy(), np.empty(n), prior.spread.copy()
    left, deviation = np.empty(len(own)), np.empty(len(own))
    scale = np.empty(n)
    posteriors: dict[str, tuple[LabKernel, LabPosterior | None]] = {}
    for role, rows in by_role(roles).items():
        kernel = prior.lab.kernel(role)
        here = np.flatnonzero(roles[own.rows] == role)
        posterior = _posterior(prior, kernel, role, Own(own.rows[here], own.measured[here]))
        kernel = kernel if posterior is None else posterior.kernel
        posteriors[role] = (kernel, posterior)
        asked = points[rows]
        before = kernel.variance(asked)
        scale[rows] = spread[rows] / np.sqrt(before)
        factor = np.ones(len(rows))
        if posterior is not None:
            mean[rows] += posterior.shift(asked)
            factor = posterior.factor(asked)
            differences, variances = posterior.leave_one_out()
            # own measurements that the bundle held already stand first
            already = len(differences) - len(here)
            left[here] = differences[already:]
            deviation[here] = np.sqrt(variances[already:]) * scale[own.rows[here]]
        spread[rows] *= factor
        variance[rows] = scale[rows] ** 2 * np.maximum(before * factor**2 - kernel.noise**2, 0.0)

    def joint(rows: IntArray) -> FloatArray:
        out = np.zeros((len(rows), len(rows)))
        for role, places in by_role(roles[rows]).items():
            kernel, posterior = posteriors[role]
            asked = points[rows[places]]
            shared = kernel.covariance(asked, asked) if posterior is None else posterior.covariance(asked)
            out[np.ix_(places, places)] = shared * np.outer(scale[rows[places]], scale[rows[places]])
        return out

    return Belief(NAME, mean, np.sqrt(variance), spread, joint, left / deviation, log_density(left, deviation))


def _posterior(prior: TargetPrior, kernel: LabKernel, role: str, own: Own) -> LabPosterior | None:
    """What own results of one role, and the own measurements that the bundle holds already, say; None without any."""
    cells = prior.points[own.rows]
    residuals = own.measured - cells.predicted
    lab = prior.bundle.lab
    if lab is not None and (lab.roles == role).any():
        there = lab.roles == role
        old = prior.lab.space.points(lab.names, lab.X[there], lab.predicted[there])
        cells = Points(*(np.concatenate(pair) for pair in zip(_parts(old), _parts(cells), strict=True)))
        residuals = np.concatenate([(lab.measured - lab.predicted)[there], residuals])
    return LabPosterior.of(kernel, cells, residuals) if len(residuals) else None


def _parts(points: Points) -> tuple[FloatArray, FloatArray, FloatArray]:
    return points.predicted, points.composition, points.test
