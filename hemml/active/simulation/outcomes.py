"""What follows from the orders of one strategy: curves, and experiments until this or that was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.active.simulation.metrics import experiments_to, found_curve, hypervolume_curve, scaled, top_rows
from hemml.active.simulation.pool import Pool
from hemml.arrays import FloatArray, IntArray

LEVELS: Final = (50, 80, 90, 95, 99)
TOP_PERCENT: Final = (1, 5)
FOUND: Final = {"first": 0.0, "half": 0.5, "all": 1.0}


@dataclass(frozen=True, eq=False)
class Outcome:
    """Curves of one strategy, s seeds and b looks at the results (after the start, then after each batch).

    Attributes:
        hypervolume: Share of the pool's hypervolume; with one objective the best found, scaled, (s, b).
        top: Quantity, percent -> share of the best rows of that objective found, (s, b).
        to_level: Percent -> experiments to that share of the hypervolume, infinite where not reached, (s,).
        to_top: Quantity, percent, "first", "half" or "all" -> experiments until so many of the best rows, (s,).
    """

    hypervolume: FloatArray
    top: Mapping[tuple[str, int], FloatArray]
    to_level: Mapping[int, FloatArray]
    to_top: Mapping[tuple[str, int, str], FloatArray]


def outcome_of(pool: Pool, orders: IntArray, sizes: IntArray) -> Outcome:
    """Judge the orders of one strategy.

    Args:
        pool: Known outcomes.
        orders: Rows in the order measured, one line a seed, (s, budget).
        sizes: Experiments after the start and after each batch, (b,).
    """
    points = scaled(pool)
    curves = np.stack([hypervolume_curve(points, order, sizes) for order in orders])
    to_level = {level: np.array([experiments_to(c, sizes, level / 100.0) for c in curves]) for level in LEVELS}
    top: dict[tuple[str, int], FloatArray] = {}
    to_top: dict[tuple[str, int, str], FloatArray] = {}
    for objective, utility in zip(pool.objectives, pool.utilities, strict=True):
        for percent in TOP_PERCENT:
            best, k = top_rows(utility, percent)
            shares = np.stack([found_curve(best, k, order, sizes) for order in orders])
            top[objective.quantity, percent] = shares
            for name, share in FOUND.items():
                needed = max(share, 1.0 / k)
                counts = [experiments_to(line, sizes, needed) for line in shares]
                to_top[objective.quantity, percent, name] = np.array(counts)
    return Outcome(curves, top, to_level, to_top)
