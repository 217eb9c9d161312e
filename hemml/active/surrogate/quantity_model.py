"""What was measured of one quantity, learned by several Gaussian processes and weighted by their log scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.forest import Forest
from hemml.active.surrogate.gaussian_process import GaussianProcess, Priors
from hemml.active.surrogate.joint_normal import sampled
from hemml.active.surrogate.output_scale import OutputScale
from hemml.arrays import FloatArray, IntArray

FMIN=5
FW=-1.0
_LEAST_WEIGHT: Final = 0.05
# Too few to tell scales apart.
_ROWS_FOR_LOG: Final = 8
_LOG_2PI: Final = float(np.log(2 * np.pi))


@dataclass(frozen=True, eq=False)
class Member:
    """One model of a quantity.

    Attributes:
        scale: Scale that it learns on.
        process: The Gaussian process on standardised values.
        log_score: Mean log density of each measured value as predicted from the others, in the quantity's unit.
    """

    scale: OutputScale
    process: GaussianProcess | Forest
    log_score: float

    def moments(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true values at rows, each (len(rows),)."""
        return self.scale.moments(*self.process.predict(rows))

    def samples(self, rows, normals):
        if isinstance(self.process, Forest):
            out=self.process.sampled(rows, normals)
            pos={r:i for i,r in enumerate(self.process.rows)}
            for j,r in enumerate(rows):
                if r in pos: out[:,j]=self.process.values[pos[r]]
            return self.scale.invert(out)
        return self.scale.invert(sampled(self.process, rows, normals))


@dataclass(frozen=True, eq=False)
class QuantityModel:
    """A mixture of members.

    Attributes:
        members: At least one.
        weights: Their weights, which sum to 1.
    """

    members: tuple[Member, ...]
    weights: FloatArray

    @classmethod
    def fit(
        cls,
        columns: PoolColumns,
        rows: IntArray,
        values: FloatArray,
        noise_share: float,
        priors: Priors = Priors(),
        scales: tuple[str, ...] = ("linear",),
    ) -> QuantityModel:
        """Learn k values."""
        scales = tuple(s for s in scales if s == "linear" or (len(values) >= _ROWS_FOR_LOG and (values > 0).all()))
        members = tuple(_member(columns, rows, values, OutputScale.of(name, values), noise_share, priors) for name in scales)
        if len(values)>=FMIN and FW!=0: members += (_forest(columns, rows, values),)
        scores = np.array([member.log_score for member in members])
        weights = np.exp((scores - scores.max()) * max(len(values), 1))
        if len(members)>1 and FW>0: weights=np.array([1-FW,FW])
        weights = np.where(weights < _LEAST_WEIGHT * weights.sum(), 0.0, weights)
        return cls(members, weights / weights.sum())

    def moments(self, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true values at rows, each (len(rows),)."""
        parts = [(w, *m.moments(rows)) for w, m in zip(self.weights, self.members, strict=True) if w > 0]
        mean = np.add.reduce([w * m for w, m, _ in parts])
        square = np.add.reduce([w * (np.square(s) + np.square(m - mean)) for w, m, s in parts])
        return mean, np.sqrt(square)

    def samples(self, rows: IntArray, normals: FloatArray) -> FloatArray:
        """Joint samples of the true values at different rows from standard normal numbers, both (s, r)."""
        out = np.empty_like(normals)
        ends = np.rint(np.cumsum(self.weights) * len(normals)).astype(np.int64)
        start = 0
        for member, end in zip(self.members, ends, strict=True):
            if end > start:
                out[start:end] = member.samples(rows, normals[start:end])
            start = int(end)
        return out


def _member(
    columns: PoolColumns, rows: IntArray, values: FloatArray, scale: OutputScale, noise_share: float, priors: Priors
) -> Member:
    scaled = scale.apply(values)
    process = GaussianProcess.fit(columns, rows, scaled, noise_share, priors)
    variance = process.left_out_variance
    scores = -0.5 * (_LOG_2PI + np.log(variance) + np.square(scaled - process.left_out_mean) / variance)
    return Member(scale, process, float((scores + scale.log_slope(values)).mean()) if len(values) else float("nan"))


def _forest(columns, rows, values):
    scale=OutputScale.of("linear",values); z=scale.apply(values); f=Forest.fit(columns, rows, z, 0)
    v=f.left_out_variance
    sc=-0.5*(_LOG_2PI+np.log(v)+np.square(z-f.left_out_mean)/v)
    return Member(scale,f,float((sc+scale.log_slope(values)).mean()))
