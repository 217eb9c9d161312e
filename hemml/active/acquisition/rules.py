"""The rules by which one candidate after another is taken; each tells the best one given those taken before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hemml.active.acquisition.conditioning import Residuals
from hemml.active.acquisition.fronts import Front
from hemml.active.acquisition.gaussian import upper_confidence_bound
from hemml.active.acquisition.scale import chebyshev, random_weights
from hemml.arrays import BoolArray, FloatArray, IntArray

LEAST = 1e-12  # in scaled units: what lies at or below the reference point is worth next to nothing
CHUNK = 64
ERROR = 0.05  # variance of a measurement over the mean variance of the candidates, in exploration
NO_VARIANCE = 1e-20  # of certain predictions rounding leaves about the square of the machine precision


@dataclass(frozen=True, eq=False)
class Shortlisted:
    """Candidates to choose from, in scaled units.

    Attributes:
        mean: (q, n).
        sd: (q, n).
        samples: Joint samples, (s, q, n).
        pending: Joint samples of the pending rows, (s, q, p).
        log_factor: Logarithm of what every value is multiplied by: probabilities, one over the cost, (n,).
    """

    mean: FloatArray
    sd: FloatArray
    samples: FloatArray
    pending: FloatArray
    log_factor: FloatArray

    def residuals(self) -> Residuals:
        """Samples of the candidates and, after them, of the pending rows, which are taken as known."""
        left = Residuals(np.concatenate([self.samples, self.pending], axis=2))
        for column in range(self.samples.shape[2], left.values.shape[2]):
            left.take(left.values[:, :, column].copy())
        return left


class Rule(Protocol):
    """One way to choose."""

    def best(self, open_: BoolArray, front: Front, /) -> tuple[int, float]:
        """Position and logarithm of the value of the best open candidate; minus infinity where none is worth it."""
        ...

    def take(self, position: int, /) -> None:
        """Go on as if this candidate's result were known."""
        ...


class Improvement:
    """Expected improvement over the front, given all chosen and pending (Daulton et al. 2021, arXiv 2105.08195).

    A candidate's gain can only shrink as the front grows, so earlier values are upper bounds, and few are computed anew
    (Minoux 1978, doi 10.1007/BFb0006528): the result is the same as if all were.
    """

    def __init__(self, listed: Shortlisted) -> None:
        self._listed = listed
        self._bound: FloatArray | None = None

    def _values(self, positions: slice | IntArray, front: Front) -> FloatArray:
        gains = front.gains(self._listed.samples[:, :, positions]).mean(axis=0)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(gains) + self._listed.log_factor[positions], dtype=np.float64)

    def best(self, open_: BoolArray, front: Front) -> tuple[int, float]:
        """See `Rule.best`."""
        if self._bound is None:
            self._bound = self._values(slice(None), front)
            return _argmax(self._bound, open_)
        rows: IntArray = np.flatnonzero(open_)
        order = rows[np.argsort(-self._bound[rows], kind="stable")]
        position, value = int(order[0]), -np.inf
        for start in range(0, len(order), CHUNK):
            chunk = order[start : start + CHUNK]
            if self._bound[chunk[0]] < value or self._bound[chunk[0]] == -np.inf:
                break
            self._bound[chunk] = self._values(chunk, front)
            best = np.lexsort((chunk, -self._bound[chunk]))[0]
            found, place = float(self._bound[chunk[best]]), int(chunk[best])
            if found > value or (found == value and place < position):
                position, value = place, found
        return position, value

    def take(self, _position: int) -> None:
        """Nothing: the front holds what was taken."""


class UpperBound:
    """Upper confidence bound; several axes by random weights, and standard deviations that shrink with each choice."""

    def __init__(self, listed: Shortlisted, beta: float, rng: np.random.Generator) -> None:
        self._listed, self._beta, self._rng = listed, beta, rng
        self._left = listed.residuals()

    def best(self, open_: BoolArray, _front: Front) -> tuple[int, float]:
        """See `Rule.best`."""
        axes, n = self._listed.mean.shape
        sd = self._listed.sd * self._left.sd_ratio()[:, :n]
        bound = upper_confidence_bound(self._listed.mean, sd, self._beta)
        return _argmax(_scalarised(bound, self._rng, axes) + self._listed.log_factor, open_)

    def take(self, position: int) -> None:
        """See `Rule.take`."""
        self._left.take(self._left.values[:, :, position].copy())


class Thompson:
    """The best of one joint sample, another one for each choice; several axes by random weights."""

    def __init__(self, listed: Shortlisted, rng: np.random.Generator) -> None:
        self._listed, self._rng = listed, rng
        self._next = 0

    def best(self, open_: BoolArray, _front: Front) -> tuple[int, float]:
        """See `Rule.best`."""
        sample = self._listed.samples[self._next % len(self._listed.samples)]
        return _argmax(_scalarised(sample, self._rng, len(sample)) + self._listed.log_factor, open_)

    def take(self, _position: int) -> None:
        """See `Rule.take`."""
        self._next += 1


class Exploration:
    """Largest reduction of the variance of all shortlisted candidates together, as a share of it, mean over the axes.

    Reference:
        Cohn et al. 1996, doi 10.1613/jair.295 (variance reduction), from sample covariances.
    """

    def __init__(self, listed: Shortlisted, taken: tuple[int, ...] = ()) -> None:
        self._listed = listed
        self._left = listed.residuals()
        self._n = listed.samples.shape[2]
        start = Residuals(listed.samples).variances()
        self._total = start.sum(axis=1)
        # Without an error of measurement a neighbour of what is known would tell the slope, and be chosen for that.
        self._error = ERROR * start.mean(axis=1)
        for position in taken:
            self.take(position)

    def best(self, open_: BoolArray, _front: Front) -> tuple[int, float]:
        """See `Rule.best`."""
        values = self._left.values[:, :, : self._n]
        degrees = len(values) - 1
        share = np.zeros(self._n)
        for axis in np.flatnonzero(self._total > NO_VARIANCE * self._n):
            one = values[:, axis]
            covariance = one.T @ one / degrees
            variance = np.diagonal(covariance)
            # Squares of sample covariances are too large by var var' / s on average, also where nothing correlates.
            squares = np.square(covariance).sum(axis=1) - variance * variance.sum() / degrees
            reduction = np.maximum(squares, 0.0) / (variance + self._error[axis])
            share += reduction / self._total[axis] / values.shape[1]
        with np.errstate(divide="ignore"):
            return _argmax(np.log(share) + self._listed.log_factor, open_)

    def take(self, position: int) -> None:
        """See `Rule.take`."""
        self._left.take(self._left.values[:, :, position].copy())


class Probability:
    """Without axes: what the candidates are multiplied by is all there is."""

    def __init__(self, log_factor: FloatArray) -> None:
        self._log_factor = log_factor

    def best(self, open_: BoolArray, _front: Front) -> tuple[int, float]:
        """See `Rule.best`."""
        return _argmax(self._log_factor, open_)

    def take(self, _position: int) -> None:
        """Nothing to learn."""


def _scalarised(scaled: FloatArray, rng: np.random.Generator, axes: int) -> FloatArray:
    """Logarithm of one number a candidate, larger is better."""
    one = scaled[0] if axes == 1 else chebyshev(scaled, random_weights(1, axes, rng)[0])
    return np.asarray(np.log(np.maximum(one, LEAST)), dtype=np.float64)


def _argmax(values: FloatArray, open_: BoolArray) -> tuple[int, float]:
    """The first of the largest among the open ones."""
    masked = np.where(open_, values, -np.inf)
    position = int(np.argmax(masked))
    return position, float(masked[position])
