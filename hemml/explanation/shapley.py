"""Exact Shapley values: of sums of products in closed form, of any function by all coalitions.

The players are the ideas that a model's columns are grouped by. Trees, kernels and straight lines are all sums of
products in which each factor depends on one idea alone, and for these the sum over all coalitions is an integral of a
polynomial along the diagonal of the multilinear extension, which Gauss-Legendre quadrature gives without error.

Source: Owen, Multilinear extensions of games, Manage. Sci. 1972, 18, 64, doi 10.1287/mnsc.18.5.64; Lundberg et al.,
From local explanations to global understanding with explainable AI for trees, Nat. Mach. Intell. 2020, 2, 56, doi
10.1038/s42256-019-0138-9.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from math import comb
from typing import Final

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.errors import InputError

_MOST_PLAYERS: Final = 14  # 2^14 coalitions are as many predictions


def of_products(weights: FloatArray, on: FloatArray, off: FloatArray) -> FloatArray:
    """Shapley values of the game v(S) = sum_m w_m prod_{g in S} on_gm prod_{g not in S} off_gm, shape (k,).

    Their sum is v(all) - v(none).

    Args:
        weights: Weight of each of m products, (m,).
        on: Factor of each player when it takes part, (k, m).
        off: Factor when it does not, (k, m).
    """
    k = len(on)
    # The integrand is a polynomial of degree k - 1; n nodes are exact up to degree 2 n - 1.
    nodes, shares = np.polynomial.legendre.leggauss(max(1, (k + 1) // 2))
    change = on - off
    values = np.zeros(k)
    behind = np.empty_like(change)
    for node, share in zip(0.5 * (nodes + 1.0), 0.5 * shares, strict=True):
        factors = off + node * change
        behind[-1] = 1.0
        for g in range(k - 1, 0, -1):
            np.multiply(behind[g], factors[g], out=behind[g - 1])
        before = weights * share
        for g in range(k):
            values[g] += before @ (change[g] * behind[g])
            before = before * factors[g]
    return values


def of_function(
    function: Callable[[FloatArray], FloatArray], row: FloatArray, reference: FloatArray, groups: IntArray, k: int
) -> FloatArray:
    """Shapley values of a function by all 2^k coalitions, shape (k,): absent groups take the columns of a reference.

    Args:
        function: (n, c) columns to (n,) values.
        row: Columns of the row to explain, (c,).
        reference: Columns of the row to compare with, (c,).
        groups: Player of each column, (c,).
        k: Number of players.

    Raises:
        InputError: There are more players than can be listed.
    """
    if k > _MOST_PLAYERS:
        raise InputError(f"groups must be at most {_MOST_PLAYERS} to list all coalitions, got {k}; merge some of them")
    takes_part = (np.arange(2**k)[:, None] >> np.arange(k)) & 1
    values = function(np.where(takes_part[:, groups] == 1, row, reference))
    return of_coalitions(values, k)


def of_coalitions(values: FloatArray, k: int) -> FloatArray:
    """Shapley values of k players from the value of every coalition, shape (k,).

    Args:
        values: Value of each coalition; bit g of the index says whether player g takes part, (2^k,).
        k: Number of players.
    """
    out = np.zeros(k)
    for g in range(k):
        others = [h for h in range(k) if h != g]
        for size in range(k):
            members = np.array([sum(1 << h for h in chosen) for chosen in combinations(others, size)], dtype=np.int64)
            out[g] += (values[members + (1 << g)] - values[members]).sum() / (k * comb(k - 1, size))
    return out
