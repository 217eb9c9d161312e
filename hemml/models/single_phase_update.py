"""What a laboratory's own syntheses say: a Gaussian process on the log odds, around what the tables say.

The covariance of two compositions has three parts: what a laboratory does better or worse throughout, the weights that
the tables left open, and a local part that only like compositions share. Without outcomes nothing changes; no number of
failures makes a probability 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.errors import HemmlError
from hemml.models.single_phase_columns import Points
from hemml.models.single_phase_logistic import sigmoid

_CHUNK: Final = 4096
_STEPS: Final = 100
_TOLERANCE: Final = 1e-10


@dataclass(frozen=True)
class OwnWorkScales:
    """How far own outcomes may move the log odds, and how far they reach.

    Attributes:
        offset_sd: Of the laboratory as a whole, log odds.
        local_sd: Of the part that like compositions share, log odds.
        length_descriptors: Distance over which it fades, in standard deviations of the table's columns.
        length_composition: The same in shares of the metal sites.
    """

    offset_sd: float
    local_sd: float
    length_descriptors: float
    length_composition: float

    def to_json(self) -> dict[str, float]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, about: Mapping[str, Any]) -> OwnWorkScales:
        """Read what `to_json` wrote; a KeyError, TypeError or ValueError where it is something else."""
        found = cls(**{name: float(value) for name, value in about.items()})
        if not all(value > 0 and np.isfinite(value) for value in asdict(found).values()):
            raise ValueError(f"scales {dict(about)!r}")
        return found


@dataclass(frozen=True, eq=False)
class Covariance:
    """Prior covariance of the log odds.

    Attributes:
        scales: How far and how wide.
        weights: Covariance of the weights that the tables left open, (d + 1, d + 1).
    """

    scales: OwnWorkScales
    weights: FloatArray

    def between(self, one: Points, other: Points) -> FloatArray:
        """Covariances of n and m compositions, (n, m)."""
        elements = sorted({*one.elements, *other.elements})
        near = self._scaled(one, elements), self._scaled(other, elements)
        # exp(-|a - b|^2 / 2), the squares multiplied out so that one product does all pairs
        half_squares = [0.5 * (part**2).sum(axis=1) for part in near]
        local = near[0] @ near[1].T
        local -= half_squares[0][:, None]
        local -= half_squares[1]
        np.exp(local, out=local)
        local *= self.scales.local_sd**2
        local += one.basis @ self.weights @ other.basis.T
        local += self.scales.offset_sd**2
        return local

    def variances(self, points: Points) -> FloatArray:
        """Variance of each of n compositions, (n,)."""
        shared = np.einsum("ni,ij,nj->n", points.basis, self.weights, points.basis)
        return np.asarray(shared + self.scales.offset_sd**2 + self.scales.local_sd**2)

    def _scaled(self, points: Points, elements: Sequence[str]) -> FloatArray:
        """Coordinates in which the local part fades over a distance of 1, (n, d + 1 + e)."""
        shares = points.over(elements) / self.scales.length_composition
        return np.hstack([points.basis / self.scales.length_descriptors, shares])


@dataclass(frozen=True, eq=False)
class OwnOutcomes:
    """k syntheses of one kind of material.

    Attributes:
        points: What was made.
        single: Whether a single phase formed, (k,).
        log_odds: What was expected without own outcomes, (k,).
    """

    points: Points
    single: BoolArray
    log_odds: FloatArray

    def __len__(self) -> int:
        return len(self.single)

    def joined(self, other: OwnOutcomes) -> OwnOutcomes:
        """All outcomes of both, in an order that does not depend on who was first."""
        points = self.points.joined(other.points)
        single = np.concatenate([self.single, other.single])
        log_odds = np.concatenate([self.log_odds, other.log_odds])
        order = np.lexsort((single, *points.shares.T, *points.basis.T))
        return OwnOutcomes(points[order], single[order], log_odds[order])


@dataclass(frozen=True, eq=False)
class Posterior:
    """Log odds after k outcomes, in Laplace's approximation.

    Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, MIT Press 2006, algorithms 3.1 and 3.2;
    averaging over the log odds after MacKay, Neural Comput. 1992, 4, 720, doi 10.1162/neco.1992.4.5.720.

    Attributes:
        covariance: Prior covariance.
        points: What was made.
        pull: How strongly each outcome pulls, (k,).
        half: Takes covariances with the outcomes to what they explain, (k, k).
    """

    covariance: Covariance
    points: Points
    pull: FloatArray
    half: FloatArray

    @classmethod
    def fit(cls, outcomes: OwnOutcomes, covariance: Covariance) -> Posterior:
        """Condition on outcomes.

        Raises:
            HemmlError: The method does not settle.
        """
        points, k = outcomes.points, len(outcomes)
        prior = outcomes.log_odds * _widening(covariance.variances(points))
        K = covariance.between(points, points)
        single = outcomes.single.astype(np.float64)
        f, found = prior.copy(), np.zeros(k)
        for _ in range(_STEPS):
            p = sigmoid(f)
            root = np.sqrt(p * (1.0 - p))
            b = root**2 * (f - prior) + single - p
            B = np.eye(k) + root[:, None] * K * root[None, :]
            pull = b - root * np.linalg.solve(B, root * (K @ b))
            step = pull - found
            # f = prior + K pull throughout; half a step wherever a whole one would overshoot.
            size = 1.0
            while _objective(found + size * step, K, prior, single) < _objective(found, K, prior, single) - 1e-12:
                size /= 2.0
                if size < 1e-6:
                    break
            found = found + size * step
            f = prior + K @ found
            if np.abs(step).max() < _TOLERANCE:
                break
        else:
            raise HemmlError(f"own outcomes: {k} of them must settle in {_STEPS} steps, got none; report the outcomes")
        p = sigmoid(f)
        root = np.sqrt(p * (1.0 - p))
        lower = np.linalg.cholesky(np.eye(k) + root[:, None] * K * root[None, :])
        return cls(covariance, points, single - p, np.linalg.solve(lower, np.diag(root)))

    def log_odds(self, points: Points, prior: FloatArray) -> FloatArray:
        """Log odds of the probability of n compositions after the outcomes, (n,).

        Args:
            points: The compositions.
            prior: Their log odds without own outcomes, (n,).
        """
        out = np.empty(len(points))
        for start in range(0, len(points), _CHUNK):
            rows = slice(start, start + _CHUNK)
            part = points[rows]
            K = self.covariance.between(self.points, part)
            before = self.covariance.variances(part)
            explained = self.half @ K
            after = np.maximum(before - np.einsum("kn,kn->n", explained, explained), 0.0)
            mean = prior[rows] * _widening(before) + self.pull @ K
            out[rows] = mean / _widening(after)
        return out


def _widening(variance: FloatArray) -> FloatArray:
    """How much larger the mean log odds are than the log odds of the mean probability."""
    return np.asarray(np.sqrt(1.0 + np.pi / 8.0 * variance))


def _objective(pull: FloatArray, K: FloatArray, prior: FloatArray, single: FloatArray) -> float:
    shift = K @ pull
    signs = 2.0 * single - 1.0
    return float(-np.logaddexp(0.0, -signs * (prior + shift)).sum() - 0.5 * pull @ shift)
