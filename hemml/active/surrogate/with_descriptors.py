"""Objectives that formulas decide, exact, beside those that a surrogate learns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hemml.active.surrogate.base import Surrogate
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.errors import InputError


@dataclass(frozen=True, eq=False)
class WithDescriptors:
    """q utilities of n candidates, some of them known without an experiment; a `Surrogate`.

    Attributes:
        learned: Surrogate of the utilities that are learned.
        is_learned: Which of the q these are, in the order of `learned`, (q,).
        exact: Utilities of the others, (q - learned, n).
    """

    learned: Surrogate
    is_learned: BoolArray
    exact: FloatArray

    def __post_init__(self) -> None:
        """Check the shapes."""
        others = int(len(self.is_learned) - self.is_learned.sum())
        if self.exact.ndim != 2 or len(self.exact) != others:
            raise InputError(
                f"exact: must be one row for each of the {others} objectives that are not learned, got shape "
                f"{self.exact.shape}; give their utilities"
            )

    def marginals(self) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the true utilities, each (q, n); what is exact has the deviation 0."""
        mean, sd = self.learned.marginals()
        return self._joined(mean, self.exact), self._joined(sd, np.zeros_like(self.exact))

    def samples(self, rows: IntArray, count: int, rng: np.random.Generator) -> FloatArray:
        """Joint samples of the true utilities, (count, q, len(rows))."""
        drawn = self.learned.samples(rows, count, rng)
        out = np.empty((count, len(self.is_learned), len(rows)))
        out[:, self.is_learned] = drawn
        out[:, ~self.is_learned] = self.exact[:, rows]
        return out

    @property
    def description(self) -> str:
        """That of what is learned."""
        return self.learned.description

    def _joined(self, learned: FloatArray, exact: FloatArray) -> FloatArray:
        out = np.empty((len(self.is_learned), exact.shape[1]))
        out[self.is_learned], out[~self.is_learned] = learned, exact
        return out
