"""Support vector machine, Gaussian process and ridge on scaled columns; only those that vary cost a row anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from hemml.arrays import FloatArray
from hemml.models.compiled.alike import AlikeRows, independent
from hemml.models.compiled.loops import halvings_of, weighted_decays, weighted_exponentials
from hemml.models.compiled.table import Table

_BLOCK: Final = 256  # rows whose products with all vectors stay near the processor
# Exponents of the product form up to here lose no digit that counts; beyond, distances are put together first.
_LARGEST_EXPONENT: Final = 8.0


class Compiled(Protocol):
    """A fitted regressor laid out for many rows."""

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        ...


@dataclass(frozen=True, eq=False)
class Radial:
    """A support vector machine with kernel exp(-gamma * squared distance).

    Attributes:
        vectors: Support vectors, (m, c).
        weights: Their dual coefficients, (m,).
        gamma: Of the kernel.
        intercept: Added to the sum.
    """

    vectors: AlikeRows
    weights: FloatArray
    gamma: float
    intercept: float

    @classmethod
    def of(cls, machine: Any) -> Radial:
        """Lay out a fitted `SVR` with a radial kernel."""
        vectors = np.asarray(machine.support_vectors_, dtype=np.float64)
        # what gamma="scale" came to; libsvm takes this value
        gamma = float(machine._gamma)
        return cls(AlikeRows(vectors), machine.dual_coef_[0].astype(np.float64), gamma, float(machine.intercept_[0]))

    def predict(self, table: Table) -> FloatArray:
        """Predictions from scaled columns, (n,)."""
        if not len(self.weights):
            return np.full(len(table), self.intercept)
        alike = self.vectors.over(table.varying)
        shared = self.vectors.squares(table.constant, table.varying)
        weights = alike.sums(self.weights * np.exp(-self.gamma * shared))
        if not len(table.varying):
            return np.full(len(table), weights.sum() + self.intercept)
        # Squared distances from the middle of the rows go into factors of rows and vectors; what is left under the
        # exponential is a product, small because the rows are near each other.
        center = table.values.mean(axis=1)
        rows, vectors = table.values - center[:, None], alike.distinct - center
        row_squares, vector_squares = np.einsum("ij,ij->j", rows, rows), np.einsum("ij,ij->i", vectors, vectors)
        bound = 2 * self.gamma * float(np.sqrt(row_squares.max() * vector_squares.max()))
        products = 2 * self.gamma * vectors.T
        if found := independent(rows):
            chosen, rule = found
            rows, products = rows[chosen], rule @ products
        if bound <= _LARGEST_EXPONENT:
            halvings = halvings_of(bound)
            weights = weights * np.exp(-self.gamma * vector_squares)
            sums = _sums(rows, products * 0.5**halvings, weights, halvings)
            return np.asarray(sums * np.exp(-self.gamma * row_squares) + self.intercept)
        out = np.empty(len(table))
        for start in range(0, len(table), _BLOCK):
            part = slice(start, start + _BLOCK)
            exponents = rows[:, part].T @ products
            exponents -= self.gamma * vector_squares
            exponents -= self.gamma * row_squares[part, None]
            out[part] = np.exp(exponents, out=exponents) @ weights
        return out + self.intercept


def _sums(rows: FloatArray, products: FloatArray, weights: FloatArray, halvings: int) -> FloatArray:
    """Weighted sums of the exponentials of rows.T @ products, (n,)."""
    n = rows.shape[1]
    out, exponents = np.empty(n), np.empty((min(n, _BLOCK), len(weights)))
    for start in range(0, n, _BLOCK):
        part = slice(start, min(n, start + _BLOCK))
        block = exponents[: part.stop - start]
        np.matmul(rows[:, part].T, products, out=block)
        weighted_exponentials(block, weights, halvings, out[part])
    return out


@dataclass(frozen=True, eq=False)
class Exponential:
    """Mean of a Gaussian process with kernel exp(-distance / length), which is Matern's with nu = 1/2.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eqs. 2.25 and 4.18.

    Attributes:
        points: Training rows, (m, c).
        weights: Weight of each, in the unit of the target, (m,).
        length: Length of the kernel.
        mean: Mean of the target.
    """

    points: AlikeRows
    weights: FloatArray
    length: float
    mean: float

    @classmethod
    def of(cls, process: Any) -> Exponential | None:
        """Lay out a fitted process; None where its kernel is another than variance * Matern(nu=0.5) + noise."""
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern, Product, Sum, WhiteKernel

        kernel = process.kernel_
        if not (isinstance(kernel, Sum) and isinstance(kernel.k2, WhiteKernel) and isinstance(kernel.k1, Product)):
            return None
        variance, decay = kernel.k1.k1, kernel.k1.k2
        if not (isinstance(variance, ConstantKernel) and type(decay) is Matern and decay.nu == 0.5):
            return None
        if np.ndim(decay.length_scale) or process.alpha_.ndim != 1:
            return None
        points = np.asarray(process.X_train_, dtype=np.float64)
        # what normalize_y took off the target: sklearn gives it back in predict alone
        mean, deviation = float(np.ravel(process._y_train_mean)[0]), float(np.ravel(process._y_train_std)[0])
        weights = process.alpha_ * variance.constant_value * deviation
        return cls(AlikeRows(points), weights, float(decay.length_scale), mean)

    def predict(self, table: Table) -> FloatArray:
        """Predictions from scaled columns, (n,)."""
        shared = self.points.squares(table.constant, table.varying)
        points = self.points.rows[:, table.varying]
        low, high = table.low[table.varying], table.high[table.varying]
        farthest = shared + (np.maximum(high - points, points - low) ** 2).sum(axis=1)
        halvings = halvings_of(float(np.sqrt(farthest.max())) / self.length)
        out = np.empty(len(table))
        weighted_decays(table.values, points, shared, self.weights, self.length, halvings, out)
        return out + self.mean


@dataclass(frozen=True, eq=False)
class Line:
    """A linear regressor.

    Attributes:
        slopes: Of each column, (c,).
        intercept: Added to the sum.
    """

    slopes: FloatArray
    intercept: float

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        fixed = self.slopes * table.constant
        fixed[table.varying] = 0.0
        return np.asarray(self.slopes[table.varying] @ table.values + (fixed.sum() + self.intercept))
