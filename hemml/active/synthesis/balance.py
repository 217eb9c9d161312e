"""The balance: how much of each precursor gives exactly the elements that a product needs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.errors import InputError

ACCURACY: Final = 1e-10
"""Largest difference between what is put in and what is needed, relative to the largest need."""
_ZERO: Final = 1e-12


@dataclass(frozen=True, eq=False)
class Balanced:
    """Amounts of the precursors, in moles per mole of product, in their order; zero for those not used."""

    amounts: FloatArray


class BalanceError(InputError):
    """No amounts of the precursors give the product; `component` is what differs most."""

    def __init__(self, component: str, message: str) -> None:
        self.component = component
        super().__init__(message)


def balance(
    need: Mapping[str, float],
    columns: Sequence[Mapping[str, float]],
    costs: Sequence[float],
    surplus: Collection[str] = (),
) -> Balanced:
    """Choose amounts that are not negative and meet every need exactly, with the preferred precursors.

    A linear programme chooses which precursors to use, so that few atoms come from those that are less preferred; the
    amounts of these are then solved anew to full accuracy.

    Args:
        need: Moles of each component (element or hexacyanometallate) per mole of product.
        columns: Moles of each component in one mole of each precursor; components outside `need` are not balanced.
        costs: How little each precursor is liked, above zero, per mole.
        surplus: Components of which more than needed may be put in.

    Raises:
        BalanceError: It cannot be done.
    """
    from scipy.optimize import linprog

    names = list(need)
    target = np.array([need[name] for name in names])
    matrix = np.array([[column.get(name, 0.0) for column in columns] for name in names]).reshape(len(names), -1)
    slack = -np.eye(len(names))[:, [name in surplus for name in names]]
    whole = np.hstack([matrix, slack])
    size = max(float(target.max(initial=0.0)), _ZERO)
    cost = np.array([*costs, *np.zeros(slack.shape[1])])
    found = linprog(cost, A_eq=whole, b_eq=target / size, bounds=(0, None), method="highs-ds")
    if found.status != 0:
        raise _failure(names, whole, target)
    used = np.flatnonzero(found.x > _ZERO)
    solution = np.zeros(whole.shape[1])
    solution[used] = np.linalg.lstsq(whole[:, used], target, rcond=None)[0]
    residual = np.abs(whole @ solution - target)
    if residual.max(initial=0.0) > ACCURACY * size or solution.min(initial=0.0) < -ACCURACY * size:
        raise _failure(names, whole, target)
    return Balanced(np.maximum(solution[: matrix.shape[1]], 0.0))


def _failure(names: Sequence[str], matrix: FloatArray, target: FloatArray) -> BalanceError:
    """Name the component that stays farthest from its need in the best amounts there are."""
    from scipy.optimize import nnls

    best, _ = nnls(matrix, target)
    off = matrix @ best - target
    worst = int(np.argmax(np.abs(off)))
    more = "too much" if off[worst] > 0 else "too little"
    return BalanceError(names[worst], f"{more} {names[worst]} ({abs(off[worst]):.4g} mol per mol of product)")
