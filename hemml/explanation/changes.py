"""Differences between the predictions of one electrode and others, with intervals of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.features.redox_ladder import assign
from hemml.models.targets import TARGETS
from hemml.uncertainty.pair_differences import PAIR_DIFFERENCES, PairDifferences

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.bundle import Bundle
    from hemml.models.prediction import Predictions, Predictor

_ROUNDING = 1e-6


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes of one target from one electrode to n others, in `unit`.

    Attributes:
        unit: "%" of the value before for capacity, "percentage points" for retention, "V" for voltage.
        change: Predicted changes, (n,).
        lower: Lower ends of the intervals of the measured change, NaN where the model has no calibration, (n,).
        upper: Upper ends, (n,).
        chance_of_rise: Probability that the measured change is a rise, NaN likewise, (n,).
    """

    unit: str
    change: FloatArray
    lower: FloatArray
    upper: FloatArray
    chance_of_rise: FloatArray


def change_unit(target: Column) -> str:
    """Unit in which changes of a target are given."""
    return "%" if is_relative(target) else "percentage points" if target is Column.RETENTION else target.unit


def is_relative(target: Column) -> bool:
    """Whether changes of a target are given relative to its value: where it is learned on a logarithmic scale."""
    return target is Column.CAPACITY


def changes(target: Column, before: float, after: FloatArray, pairs: PairDifferences | None, level: float) -> Changes:
    """Changes from one value to n others.

    Args:
        target: The target.
        before: Value of the electrode in the target's unit.
        after: Values of the others, (n,).
        pairs: How well differences are predicted; None: no intervals.
        level: Wanted coverage of the intervals.

    Raises:
        InputError: The level needs more papers than the calibration has.
    """
    scale = TARGETS[target]
    start = float(scale.to_scale(np.array([before]))[0])
    moved = scale.to_scale(after) - start
    unknown = np.full(len(after), np.nan)

    def in_unit(of_scale: FloatArray) -> FloatArray:
        if is_relative(target):
            return 100.0 * np.expm1(of_scale)
        return scale.restore(start + of_scale) - before

    if pairs is None:
        return Changes(change_unit(target), in_unit(moved), unknown, unknown, unknown)
    half = pairs.half_width(level)
    return Changes(
        change_unit(target),
        in_unit(moved),
        in_unit(moved - half),
        in_unit(moved + half),
        pairs.chance_of_rise(moved),
    )


def pair_differences_of(bundle: Bundle) -> PairDifferences | None:
    """Calibration of differences that a bundle holds, None where it has none.

    Raises:
        BundleError: It is damaged.
    """
    stored = bundle.metadata.get(PAIR_DIFFERENCES)
    return None if stored is None else PairDifferences.from_json(stored)


def predict_as(predictor: Predictor, row: pd.DataFrame, formulas: Sequence[str], level: float = 0.9) -> Predictions:
    """Predict formulas under the conditions of one row.

    Args:
        predictor: The models.
        row: One row as `Predictor.complete` returns it, so that ion, role and family stay the same.
        formulas: n formulas.
        level: Level of the intervals of the values.
    """
    frame = row.iloc[np.zeros(len(formulas), dtype=np.int64)].reset_index(drop=True)
    frame[Column.FORMULA.value] = list(formulas)
    return predictor.predict(frame, level)


def charge_strains(formulas: Sequence[str], working_ions: Sequence[str] | str) -> FloatArray:
    """Electrons per formula unit that charge balance takes from where a stable host has none to give, (n,).

    The charge that no step of the redox ladder supplies, what it takes from the anions, and what is missing to the
    lowest oxidation state of a cation, which would be metal.
    """
    batch = CompositionBatch.from_formulas(formulas, working_ions)
    states = assign(batch)
    strain = np.abs(states.residual_charge)
    for ladder in states.ladders:
        for step, taken, capacity in zip(ladder.steps, ladder.taken, ladder.capacity, strict=True):
            if not step.of_cation:
                strain[ladder.rows] += taken
            elif step.charge_from == 0:
                strain[ladder.rows] += capacity - taken
    return strain


def balanced(after: FloatArray, before: FloatArray | float) -> BoolArray:
    """Whether charge strains are not larger than before, (n,)."""
    return np.asarray(after <= np.asarray(before) + _ROUNDING)
