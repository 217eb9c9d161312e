"""Exact search for the nearest rows of a matrix, with rows left out by label, and one-sided lists thinned."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.errors import InputError

_CHUNK_CELLS: Final = 4_000_000  # distances held at once: 32 MB
_FEW_ROWS: Final = 256  # distances of so many rows stay near the processor


def same_label(asked: StrArray, known: StrArray) -> tuple[IntArray, IntArray]:
    """Return integer codes of both, equal where the labels are; -1 for an empty label asked for."""
    distinct, known_codes = np.unique(known, return_inverse=True)
    place = np.searchsorted(distinct, asked).clip(max=len(distinct) - 1)
    return np.where((distinct[place] == asked) & (asked != ""), place, -1), known_codes


def nearest_rows(
    query: NDArray[np.float32], matrix: NDArray[np.float32], k: int, *exclude: tuple[IntArray, IntArray]
) -> tuple[IntArray, FloatArray]:
    """Nearest rows of `matrix` for each row of `query`, leaving out pairs with equal codes."""
    if not 1 <= k <= len(matrix):
        raise InputError(f"k must be between 1 and the number of records ({len(matrix)}), got {k}")
    indices = np.empty((len(query), k), dtype=np.int64)
    distances = np.empty((len(query), k))
    known = matrix.astype(np.float64)
    known_square = (known**2).sum(axis=1)
    step = max(1, _CHUNK_CELLS // len(matrix))
    for start in range(0, len(query), step):
        rows = slice(start, start + step)
        asked = query[rows].astype(np.float64)
        square = (asked**2).sum(axis=1)[:, None] + known_square
        tolerance = 1e-12 * square.max(axis=1)
        square -= 2 * asked @ known.T
        for asked_code, known_code in exclude:
            square[asked_code[rows, None] == known_code] = np.inf
        last = np.partition(square, k - 1, axis=1)[:, k - 1]
        if np.isinf(last).any():
            raise InputError(f"k must leave {k} records after leaving out the row's own, got fewer; use a smaller k")
        # The product form rounds: take all that may be among the k nearest, then compare true differences. Ties are
        # common (one formula in many papers) and go by record order, whatever the number of rows asked about.
        row, record = np.nonzero(square <= (last + tolerance)[:, None])
        exact = _pair_squares(asked, known, row, record)
        order = np.lexsort((record, exact, row))
        first = np.searchsorted(row[order], np.arange(len(asked)))
        chosen = order[first[:, None] + np.arange(k)]
        indices[rows] = record[chosen]
        distances[rows] = np.sqrt(exact[chosen])
    return indices, distances


def nearest_distances(query: NDArray[np.float32], matrix: NDArray[np.float32]) -> FloatArray:
    """Distance of each row of `query` from the nearest row of `matrix`, (q,): several times faster where rows are many.

    Of rows that are equally near within rounding any may be taken, which moves a distance by 1e-6 at most.
    """
    known = matrix.astype(np.float64)
    half_square = 0.5 * (known**2).sum(axis=1)
    out = np.empty(len(query))
    for start in range(0, len(query), _FEW_ROWS):
        asked = query[start : start + _FEW_ROWS].astype(np.float64)
        products = asked @ known.T
        products -= half_square
        nearest = products.argmax(axis=1)
        out[start : start + _FEW_ROWS] = np.sqrt(((asked - known[nearest]) ** 2).sum(axis=1))
    return out


def _pair_squares(a: FloatArray, b: FloatArray, i: IntArray, j: IntArray) -> FloatArray:
    """Squared distances of rows i of a from rows j of b, in blocks: where all descriptors tie, pairs are many."""
    block = max(1, _CHUNK_CELLS // max(1, a.shape[1]))
    parts = [
        ((a[i[start : start + block]] - b[j[start : start + block]]) ** 2).sum(axis=1)
        for start in range(0, len(i), block)
    ]
    return np.concatenate([np.empty(0), *parts])


def keep_varied(papers: IntArray, formulas: IntArray, of_a_paper: int) -> BoolArray:
    """Which of k neighbours to show, each row by itself: each formula of a paper once, and few of one paper.

    Args:
        papers: Code of the paper of each neighbour, nearest first, (q, k).
        formulas: Code of its formula, (q, k).
        of_a_paper: Most neighbours to keep of one paper.

    Returns:
        Whether to keep each neighbour, (q, k).
    """
    keep = np.zeros(papers.shape, dtype=bool)
    for j in range(papers.shape[1]):
        same = keep[:, :j] & (papers[:, :j] == papers[:, j : j + 1])
        again = (same & (formulas[:, :j] == formulas[:, j : j + 1])).any(axis=1)
        keep[:, j] = ~again & (same.sum(axis=1) < of_a_paper)
    return keep
