"""What a candidate adds to a set of results, sample by sample: to the best of one axis, or to the hypervolume."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from hemml.active.acquisition.boxes import Boxes, boxes_above
from hemml.active.acquisition.pareto import sampled_fronts
from hemml.arrays import BoolArray, FloatArray

EXACT_AXES = 3


class Front(Protocol):
    """The results so far in each of s joint samples, in scaled units counted from the reference point."""

    def gains(self, points: FloatArray) -> FloatArray:
        """What each of n points (s, q, n) would add alone, (s, n); 0 or more."""
        ...

    def with_points(self, points: FloatArray) -> Front:
        """The front with k points (s, q, k) more."""
        ...


@dataclass(frozen=True, eq=False)
class BoxFront:
    """Exact, for one to three axes; with one axis a gain is the improvement on the best.

    Attributes:
        points: Fronts of the samples, filled up with zeros, (s, m, q).
    """

    points: FloatArray

    @cached_property
    def _boxes(self) -> Boxes:
        return boxes_above(self.points)

    def gains(self, points: FloatArray) -> FloatArray:
        """See `Front.gains`."""
        return self._boxes.overlap(points)

    def with_points(self, points: FloatArray) -> BoxFront:
        """See `Front.with_points`."""
        return BoxFront(sampled_fronts(np.concatenate([self.points.transpose(0, 2, 1), points], axis=2)))


@dataclass(frozen=True, eq=False)
class DirectionFront:
    """Any number of axes: hypervolume as the mean over random directions of the reach of the front along them.

    Without bias, and with the same directions for all candidates of a sample.

    Reference:
        Zhang and Golovin 2020, arXiv 2006.04655, lemma 5; Deng and Zhang 2019, doi 10.1109/TEVC.2019.2895108.

    Attributes:
        directions: Positive unit vectors, (s, d, q).
        volume: Volume reached so far along each, (s, d).
    """

    directions: FloatArray
    volume: FloatArray

    @classmethod
    def empty(cls, samples: int, axes: int, directions: int, rng: np.random.Generator) -> DirectionFront:
        """No results yet."""
        vectors = np.maximum(np.abs(rng.standard_normal((samples, directions, axes))), 1e-12)
        vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
        return cls(vectors, np.zeros((samples, directions)))

    def _volumes(self, points: FloatArray) -> FloatArray:
        """Volume each point (s, q, n) reaches along each direction, (s, d, n)."""
        q = points.shape[1]
        reach = points[:, None, 0, :] / self.directions[:, :, 0, None]
        for axis in range(1, q):
            np.minimum(reach, points[:, None, axis, :] / self.directions[:, :, axis, None], out=reach)
        np.maximum(reach, 0.0, out=reach)
        unit = math.pi ** (q / 2) / (2**q * math.gamma(q / 2 + 1))
        return np.asarray(reach**q * unit, dtype=np.float64)

    def gains(self, points: FloatArray) -> FloatArray:
        """See `Front.gains`."""
        chunks = np.array_split(points, max(1, points.shape[2] // 256), axis=2)
        parts = [np.maximum(self._volumes(part) - self.volume[:, :, None], 0.0).mean(axis=1) for part in chunks]
        return np.concatenate(parts, axis=1)

    def with_points(self, points: FloatArray) -> DirectionFront:
        """See `Front.with_points`."""
        best = self._volumes(points).max(axis=2, initial=0.0)
        return DirectionFront(self.directions, np.maximum(self.volume, best))


@dataclass(frozen=True, eq=False)
class LimitFront:
    """Limits only: a candidate gains where it meets all of them and none of those chosen or pending does.

    Gains are divided by the share of samples in which the candidate meets the limits, so that their mean is the
    probability that it is the first to meet them if it does, to be multiplied by the closed probability that it does.

    Attributes:
        met: Whether one of them does already, (s,).
    """

    met: BoolArray

    def gains(self, points: FloatArray) -> FloatArray:
        """See `Front.gains`; points are margins here, unscaled."""
        meets = limits_met(points)
        meets[:, ~meets.any(axis=0)] = True  # never met in the samples: nothing to tell it from a new one by
        return np.asarray((meets & ~self.met[:, None]) / meets.mean(axis=0), dtype=np.float64)

    def with_points(self, points: FloatArray) -> LimitFront:
        """See `Front.with_points`."""
        return LimitFront(np.asarray(self.met | limits_met(points).any(axis=1), dtype=bool))


def limits_met(margins: FloatArray) -> BoolArray:
    """Where all limits are met: (s, q, n) gives (s, n)."""
    return np.asarray((margins >= 0).all(axis=1), dtype=bool)


def front_of(points: FloatArray, directions: int, rng: np.random.Generator) -> Front:
    """The front of results (s, q, k) in scaled units: exact up to three axes, by random directions beyond."""
    samples, axes, _ = points.shape
    if axes <= EXACT_AXES:
        return BoxFront(sampled_fronts(points))
    return DirectionFront.empty(samples, axes, directions, rng).with_points(points)
