"""What the own measurements of one role say of the residuals of other cells: the Gaussian posterior in closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hemml.arrays import FloatArray
from hemml.models.lab_prior import LabKernel, Points, solve


@dataclass(frozen=True, eq=False)
class LabPosterior:
    """Residuals of a laboratory and role, given k own ones.

    Attributes:
        kernel: Covariance before anything was measured.
        own: The own cells, k of them.
        inverse: Inverse of the covariance of their measured residuals, (k, k).
        weights: That inverse times the residuals, (k,).
    """

    kernel: LabKernel
    own: Points
    inverse: FloatArray
    weights: FloatArray

    @classmethod
    def of(cls, kernel: LabKernel, own: Points, residuals: FloatArray) -> LabPosterior:
        """Condition on own residuals, without the kernel's slope where that would turn the order of predictions round.

        Args:
            kernel: Of the role.
            own: The own cells, k of them.
            residuals: Measured - predicted on the learning scale, (k,).
        """
        inverse, weights = solve(kernel, own, residuals)
        slope = kernel.slope**2 * (own.predicted - kernel.center) @ weights
        if slope <= -1:
            kernel = replace(kernel, slope=0.0)
            inverse, weights = solve(kernel, own, residuals)
        return cls(kernel, own, inverse, weights)

    def shift(self, asked: Points) -> FloatArray:
        """Mean of the residuals of m cells, (m,)."""
        return np.asarray(self.kernel.covariance(asked, self.own) @ self.weights)

    def factor(self, asked: Points) -> FloatArray:
        """By how much the deviation of their measured residuals has become smaller, above 0 and at most 1, (m,)."""
        covariance = self.kernel.covariance(asked, self.own)
        before = self.kernel.variance(asked)
        after = before - np.einsum("ij,jk,ik->i", covariance, self.inverse, covariance)
        return np.asarray(np.sqrt(np.clip(after / before, 0.0, 1.0)))

    def covariance(self, asked: Points) -> FloatArray:
        """Covariance of their residuals without noise, (m, m)."""
        across = self.kernel.covariance(asked, self.own)
        return np.asarray(self.kernel.covariance(asked, asked) - across @ self.inverse @ across.T)

    def leave_one_out(self) -> tuple[FloatArray, FloatArray]:
        """What the other own cells leave of each own residual, and the variance of that with noise, each (k,).

        Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eq. 5.12.
        """
        precision = np.diagonal(self.inverse)
        return self.weights / precision, 1.0 / precision
