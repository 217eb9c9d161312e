"""What each physical idea adds to a prediction: exact, so that base value and contributions make the prediction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.explanation.ideas import Idea, group_columns
from hemml.explanation.members import member_contributions, reference_row
from hemml.models.inputs import Compositions, batch_of
from hemml.models.targets import TARGETS

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.bundle import Bundle
    from hemml.models.prediction import Predictor

START: Final = Idea("start", "Starting point that the regressors correct")
CORRECTION: Final = Idea("correction", "Correction by own measurements")
_NOTHING: Final = 1e-5  # single precision of the boosted trees


@dataclass(frozen=True)
class Step:
    """One idea on the way from the base value to the prediction.

    Attributes:
        idea: What contributes.
        scaled: Its contribution on the learning scale; the order does not matter for it.
        before: Value in the target's unit before it is added, larger contributions having been added first.
        after: Value after it.
    """

    idea: Idea
    scaled: float
    before: float
    after: float

    @property
    def change_pct(self) -> float:
        """Change in percent of the value before; for a target learned on a logarithmic scale free of the order."""
        return 100.0 * (self.after / self.before - 1.0)


@dataclass(frozen=True, eq=False)
class Contributions:
    """Contributions of k ideas to the predictions of one target for n rows.

    Shapley values of the ideas, the weighted mean of those of the regressors: trees against the rows they were grown
    on, kernels against support vectors, lines against the mean row. They tell what the model does, learned from
    literature, and not what causes what.

    Attributes:
        target: Column of the target.
        ideas: The ideas.
        base: Value on the learning scale when nothing is known of a row.
        values: Contributions on the learning scale, (n, k).
        scaled: Predictions on the learning scale, base + sum of contributions, (n,).
    """

    target: Column
    ideas: tuple[Idea, ...]
    base: float
    values: FloatArray
    scaled: FloatArray

    def steps(self, row: int) -> tuple[Step, ...]:
        """The way from the base value to the prediction of a row in the target's unit, largest contribution first.

        Where the target is learned on a curved scale (retention) a step depends on those before it; in this order each
        is what the idea changes on top of all larger ones.
        """
        restore = TARGETS[self.target].restore
        order = np.argsort(-np.abs(self.values[row]), kind="stable")
        places = restore(self.base + np.cumsum([0.0, *self.values[row][order]]))
        return tuple(
            Step(self.ideas[g], float(self.values[row, g]), float(before), float(after))
            for g, before, after in zip(order.tolist(), places[:-1], places[1:], strict=True)
        )


def contributions(predictor: Predictor, frame: pd.DataFrame) -> dict[Column, Contributions]:
    """Explain the predictions of all targets for n rows.

    Args:
        predictor: The models.
        frame: n rows typed as by `hemml.data.typed`.

    Raises:
        InputError: There are no rows, or a regressor cannot be explained.
        FormulaError: A formula cannot be read.
    """
    predicted = predictor.predict(frame)
    full = predicted.frame
    names = dict.fromkeys(name for b in predictor.bundles.values() for name in b.ensemble.inputs.features)
    compositions = Compositions.of(batch_of(full), tuple(names))
    out = {}
    for target, bundle in predictor.bundles.items():
        X = bundle.ensemble.inputs.transform(full, compositions)
        out[target] = _with_correction(ensemble_contributions(bundle, X), bundle, predicted.values)
    return out


def ensemble_contributions(bundle: Bundle, X: FloatArray) -> Contributions:
    """Explain the weighted mean of a bundle's regressors for n rows of its columns, (n, c)."""
    ensemble = bundle.ensemble
    names = ensemble.inputs.names
    ideas, groups = group_columns(names)
    typical = {name: table[""] for name, table in ensemble.inputs.conditions.typical.items() if "" in table}
    reference = reference_row(ensemble.members.values(), names, typical)
    base, values = 0.0, np.zeros((len(X), len(ideas)))
    for name, member in ensemble.members.items():
        weight = ensemble.weights[name]
        of_member, added = member_contributions(member, X, groups, len(ideas), reference)
        base += weight * of_member
        values += weight * added
    found = Contributions(bundle.target.column, ideas, base, values, base + values.sum(axis=1))
    return _up_to(found, ensemble.predict_columns(X), START)


def _with_correction(found: Contributions, bundle: Bundle, predicted: Mapping[Column, FloatArray]) -> Contributions:
    """Add what own measurements correct; a prediction cut at the end of its range is left as it was before."""
    target = bundle.target
    final = predicted[target.column]
    inside = (final > target.low) & (final < target.high)
    return _up_to(found, np.where(inside, target.to_scale(final), found.scaled), CORRECTION)


def _up_to(found: Contributions, scaled: FloatArray, idea: Idea) -> Contributions:
    """Give what is missing to other predictions, (n,), to an idea of its own, where anything is."""
    rest = scaled - found.base - found.values.sum(axis=1)
    if (np.abs(rest) <= _NOTHING * (1.0 + np.abs(scaled))).all():
        return replace(found, scaled=scaled)
    return replace(found, ideas=(*found.ideas, idea), values=np.column_stack([found.values, rest]), scaled=scaled)
