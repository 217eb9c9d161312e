"""What expressions compute with: functions, arithmetic and comparisons of whole columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, TypeAlias

import numpy as np

from hemml.arrays import BoolArray, FloatArray

Kind: TypeAlias = Literal["number", "truth"]
Columns: TypeAlias = Mapping[str, FloatArray]

UNKNOWN: Final = 0.5
# Amounts such as 3 x 0.1 are not exact in binary: what lies within rounding of a limit meets it.
_TOLERANCE: Final = 1e-9

FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[..., FloatArray]]]] = {
    "abs": (1, 1, np.abs),
    "sqrt": (1, 1, np.sqrt),
    "log10": (1, 1, np.log10),
    "min": (2, 20, lambda *values: np.minimum.reduce(np.broadcast_arrays(*values))),
    "max": (2, 20, lambda *values: np.maximum.reduce(np.broadcast_arrays(*values))),
}
"""Least and greatest number of values that each function takes, and what it does; NaN stays NaN."""

ARITHMETIC: Final[Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "**": np.power,
}

_COMPARISONS: Final[Mapping[str, Callable[[FloatArray, FloatArray], BoolArray]]] = {
    "<": lambda difference, slack: difference < -slack,
    "<=": lambda difference, slack: difference <= slack,
    ">": lambda difference, slack: difference > slack,
    ">=": lambda difference, slack: difference >= -slack,
    "==": lambda difference, slack: np.abs(difference) <= slack,
    "!=": lambda difference, slack: np.abs(difference) > slack,
}
COMPARISONS: Final = tuple(_COMPARISONS)


def compare(left: FloatArray, sign: str, right: FloatArray) -> FloatArray:
    """1 where a comparison holds, 0 where it does not, 1/2 where a side is not a finite number; broadcast shape."""
    known = np.isfinite(left) & np.isfinite(right)
    slack = _TOLERANCE * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    return np.where(known, _COMPARISONS[sign](left - right, slack).astype(np.float64), UNKNOWN)
