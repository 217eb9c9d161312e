"""A plain random forest on Magpie-style statistics: the reference that a cleverer strategy has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.candidates import Candidates
from hemml.active.simulation.strategy import Brief, unmeasured, utilities, weighted_batch
from hemml.active.surrogate.base import Measured
from hemml.arrays import FloatArray, IntArray
from hemml.columns import Column

if TYPE_CHECKING:
    import pandas as pd

_TREES: Final = 100
_BETA: Final = 2.0
_NUMBERS: Final = (
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.VOLTAGE_MIN,
    Column.VOLTAGE_MAX,
    Column.RETENTION_CYCLES,
    Column.TEMPERATURE,
)
_WORDS: Final = (Column.WORKING_ION, Column.ROLE, Column.FAMILY)


def simple_features(candidates: Candidates) -> FloatArray:
    """Magpie-style statistics over all atoms and the test conditions that vary, (n, m); NaN where not stated."""
    from hemml.features import FeatureSet
    from hemml.features.statistics import STATISTICS_ATOMS

    statistics = FeatureSet((STATISTICS_ATOMS,)).compute(candidates.batch)
    return np.column_stack([statistics, *_varying(candidates.conditions)])


def _varying(conditions: pd.DataFrame) -> list[FloatArray]:
    columns = [conditions[column.value].to_numpy(dtype=np.float64) for column in _NUMBERS]
    columns = [values for values in columns if len(np.unique(values)) > 1]
    for column in _WORDS:
        cells = conditions[column.value].to_numpy(dtype=np.str_)
        names = np.unique(cells)
        columns += [(cells == name).astype(np.float64) for name in names if len(names) > 1]
    return columns


@dataclass(frozen=True, eq=False)
class ForestUcb:
    """Upper confidence bound of a random forest, several objectives by random weights.

    The bound is the mean of the trees plus two standard deviations between them.
    """

    brief: Brief

    @cached_property
    def features(self) -> FloatArray:
        """Features of all candidates, (n, m)."""
        return simple_features(self.brief.candidates)

    def propose(self, known: Measured, size: int, rng: np.random.Generator) -> IntArray:
        """Rows of the next experiments, (size,)."""
        from sklearn.ensemble import RandomForestRegressor

        measured = utilities(self.brief.objectives, known.values)
        bounds = np.empty((len(measured), len(self.features)))
        for k, target in enumerate(measured):
            forest = RandomForestRegressor(_TREES, n_jobs=1, random_state=int(rng.integers(2**31)))
            forest.fit(self.features[known.rows], target)
            trees = np.stack([tree.predict(self.features) for tree in forest.estimators_])
            bounds[k] = trees.mean(axis=0) + _BETA * trees.std(axis=0)
        return weighted_batch(bounds, measured, unmeasured(len(self.features), known), size, rng)
