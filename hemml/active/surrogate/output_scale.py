"""The scale on which measured values are learned: as they are, or their logarithm, about their mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray

NAMES: Final = ("linear", "log")
_LEAST: Final = 1e-9
# Of one value nothing is known of the spread: a deviation of a third of it is usual among electrodes.
_SPREAD_OF_ONE: Final = 1 / 3


@dataclass(frozen=True)
class OutputScale:
    """z = (t(value) - centre) / width, with t the logarithm or nothing.

    Attributes:
        name: "linear" or "log".
        centre: Mean of t of the measured values.
        width: Their standard deviation.
    """

    name: str
    centre: float
    width: float

    @classmethod
    def of(cls, name: str, values: FloatArray) -> OutputScale:
        """Scale of k measured values, all positive for the logarithm; k may be 0."""
        if len(values) == 0:
            return cls(name, 0.0, 1.0)
        scaled = np.log(values) if name == "log" else values
        width = float(scaled.std())
        if width <= _LEAST * max(1.0, float(np.abs(scaled).max())):
            width = _SPREAD_OF_ONE * (1.0 if name == "log" else abs(float(scaled.mean())) or 1.0)
        return cls(name, float(scaled.mean()), width)

    def apply(self, values: FloatArray) -> FloatArray:
        """Values to standardised ones, any shape."""
        return ((np.log(values) if self.name == "log" else values) - self.centre) / self.width

    def invert(self, scaled: FloatArray) -> FloatArray:
        """Standardised values back to values, any shape."""
        values = self.centre + self.width * scaled
        return np.exp(values) if self.name == "log" else values

    def log_slope(self, values: FloatArray) -> FloatArray:
        """Logarithm of dz/dvalue, which log scores of different scales differ by, any shape."""
        slope = -np.log(values) if self.name == "log" else np.zeros_like(values)
        return slope - np.log(self.width)

    def moments(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of values whose standardised ones are normal, any shape."""
        centre, width = self.centre + self.width * mean, self.width * sd
        if self.name == "linear":
            return centre, width
        average = np.exp(centre + 0.5 * width**2)
        return average, average * np.sqrt(np.expm1(width**2))
