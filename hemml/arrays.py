"""Array types used in signatures."""

from __future__ import annotations

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
IntArray: TypeAlias = NDArray[np.int64]
StrArray: TypeAlias = NDArray[np.str_]

# Of numpy's sum of a row (pairwise summation): running sums, and the length up to which it does not halve the row.
_SUMS: Final = 8
_BLOCK: Final = 128


def row_sums(array: FloatArray) -> FloatArray:
    """Sums over the k columns of an (n, k) array, (n,), with the same rounding however the array lies in memory.

    numpy adds numbers that lie behind one another in eight running sums. Columns are added in the same order here.
    """
    n, k = array.shape
    if array.flags.c_contiguous or k > _BLOCK:
        return np.asarray(np.ascontiguousarray(array).sum(axis=1), dtype=np.float64)
    columns = array.T
    total = np.zeros(n)
    if k >= _SUMS:
        sums = [column.copy() for column in columns[:_SUMS]]
        whole = k - k % _SUMS
        for j, column in enumerate(columns[_SUMS:whole]):
            sums[j % _SUMS] += column
        total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]))
        columns = columns[whole:]
    for column in columns:
        total += column
    return total


def row_products(array: FloatArray, values: FloatArray) -> FloatArray:
    """Products (n,) of the rows of an (n, k) array and k values, rounded alike however the array lies in memory."""
    products: FloatArray = np.ascontiguousarray(array) @ values
    return products
