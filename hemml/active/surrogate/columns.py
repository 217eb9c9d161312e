"""What a surrogate without a trained prior knows of its candidates: physics, composition and test conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from hemml.active.surrogate.condition_columns import condition_columns
from hemml.arrays import BoolArray, FloatArray, IntArray
from hemml.composition import CompositionBatch
from hemml.errors import InputError
from hemml.features import FeatureSet
from hemml.features.expected import expected

if TYPE_CHECKING:
    import pandas as pd

# Prices and abundances say nothing of how an electrode works.
_LEFT_OUT_GROUPS: Final = frozenset({"supply"})
_STATISTICS: Final = ("cation_", "atoms_")
_STATISTICS_KEPT: Final = ("cation_mean_", "cation_avg_dev_", "atoms_mean_", "atoms_avg_dev_")
_LADDER_TRENDS: Final = (
    "ladder_polyanion_V",
    "ladder_oxide_V",
    "inductive_V",
    "anion_F",
    "anion_O",
    "host_mean_Electronegativity",
    "host_mean_Column",
    "electrons_per_anion",
    "atoms_per_electron",
)
_LOG_CAPACITY_mAh_g: Final = (10.0, 4000.0)
_FARTHEST_SD: Final = 4.0
_VARIANCE_KEPT: Final = 0.99
_ROWS_FOR_COMPONENTS: Final = 4000
_TRACE: Final = 1e-9
_BLOCKS_OF_COMPOSITION: Final = 2


@dataclass(frozen=True, eq=False)
class PoolColumns:
    """Numbers of n candidates; nothing in them was learned from a measured value.

    Attributes:
        trends: What a measured value may follow in a straight line (expected capacity and potential, inductive
            effect; then conditions), standardised, and divided by the root of their number in either group, (n, p).
        blocks: Coordinates in which near candidates behave alike: physics, element fractions and, where they differ,
            conditions; two candidates are at a squared distance of 1 on average, each (n, m).
        table: All of it as columns for trees, single precision, (n, c).
        straight: How many of the trends are the composition's; those of the conditions follow.
    """

    trends: FloatArray
    blocks: tuple[FloatArray, ...]
    table: NDArray[np.float32]
    straight: int

    def __len__(self) -> int:
        return len(self.trends)

    def __getitem__(self, rows: slice | IntArray | BoolArray) -> PoolColumns:
        return PoolColumns(
            self.trends[rows], tuple(block[rows] for block in self.blocks), self.table[rows], self.straight
        )

    @property
    def composition(self) -> PoolColumns | None:
        """The same without conditions; None where there are none that differ."""
        if len(self.blocks) <= _BLOCKS_OF_COMPOSITION:
            return None
        return PoolColumns(
            self.trends[:, : self.straight], self.blocks[:_BLOCKS_OF_COMPOSITION], self.table, self.straight
        )

    @classmethod
    def of(cls, batch: CompositionBatch, is_cathode: BoolArray, conditions: pd.DataFrame | None = None) -> PoolColumns:
        """Columns of a batch.

        Args:
            batch: n compositions with their working ions.
            is_cathode: Whether each is tested as a cathode, else as an anode, (n,).
            conditions: Test conditions, n rows; of its columns those of `hemml.columns.CONDITION_COLUMNS` count.

        Raises:
            InputError: The numbers of rows differ, or there is none.
        """
        rows = len(batch) if conditions is None else len(conditions)
        if len(batch) == 0 or not len(batch) == len(is_cathode) == rows:
            raise InputError(
                "columns of a pool: compositions, roles and conditions must be equally many and at least one, got "
                f"{len(batch)}, {len(is_cathode)} and {rows}; pass one of each a candidate"
            )
        features = _Features.of(batch)
        insertion = _insertion(batch)
        tested = np.zeros((len(batch), 0)) if conditions is None else condition_columns(conditions)
        trends = np.column_stack([features.trends(is_cathode), insertion.trends, is_cathode])
        straight, fractions, tested = _standardised(trends), _fractions(batch), _standardised(tested)
        physics = _standardised(np.column_stack([features.alike, insertion.columns, is_cathode]))
        blocks = [_principal(physics), _unit_distance(np.sqrt(fractions)), _unit_distance(tested)]
        return cls(
            np.column_stack([part / np.sqrt(max(part.shape[1], 1)) for part in (straight, tested)]),
            tuple(block for i, block in enumerate(blocks) if block.shape[1] or i < _BLOCKS_OF_COMPOSITION),
            np.column_stack([is_cathode, straight, physics, fractions, tested]).astype(np.float32),
            straight.shape[1],
        )


@dataclass(frozen=True, eq=False)
class _Features:
    names: tuple[str, ...]
    values: FloatArray

    @classmethod
    def of(cls, batch: CompositionBatch) -> _Features:
        chosen = tuple(
            feature.name
            for feature in FeatureSet.default().features
            if feature.group not in _LEFT_OUT_GROUPS
            and (not feature.name.startswith(_STATISTICS) or feature.name.startswith(_STATISTICS_KEPT))
        )
        return cls(chosen, FeatureSet.default(chosen).compute(batch))

    @property
    def alike(self) -> FloatArray:
        """Coordinates, (n, m)."""
        return self.values

    def trends(self, is_cathode: BoolArray) -> FloatArray:
        """Expected capacity and potential, the capacity that the ions alone allow, bond character, (n, 4)."""
        column = {name: self.values[:, i] for i, name in enumerate(self.names)}
        ions = np.log10(np.clip(column["ion_limited_capacity_mAh_g"], *_LOG_CAPACITY_mAh_g))
        bonds = column["electronegativity_difference_pauling"]
        return np.column_stack([expected(self.values, self.names, is_cathode), ions, bonds])


@dataclass(frozen=True, eq=False)
class _InsertionColumns:
    columns: FloatArray
    trends: FloatArray


def _insertion(batch: CompositionBatch) -> _InsertionColumns:
    """Columns of the hosts between the ends of their charge, NaN where a composition takes up no ion."""
    from hemml.features.insertion import Insertion
    from hemml.features.insertion_columns import NAMES, insertion_columns

    hosts, rows = Insertion.of(batch)
    columns = np.full((len(batch), len(NAMES)), np.nan)
    columns[rows] = insertion_columns(hosts)
    at = {name: i for i, name in enumerate(NAMES)}
    ladder = columns[:, at["ladder_V"]] + columns[:, at["inductive_V"]]
    return _InsertionColumns(columns, np.column_stack([ladder, *(columns[:, at[name]] for name in _LADDER_TRENDS)]))


def _fractions(batch: CompositionBatch) -> FloatArray:
    """Atomic fractions of the elements that occur, (n, k)."""
    amounts = batch.amounts
    return np.asarray(amounts / amounts.sum(axis=1, keepdims=True), dtype=np.float64)


def _standardised(values: FloatArray) -> FloatArray:
    """Columns that vary, with mean 0 and deviation 1; NaN, where a column does not apply, becomes the mean."""
    finite = np.isfinite(values)
    filled = np.where(finite, values, 0.0)
    mean = filled.sum(axis=0) / np.maximum(finite.sum(axis=0), 1)
    centred = np.where(finite, values - mean, 0.0)
    deviation = np.sqrt(np.square(centred).mean(axis=0))
    varies = deviation > _TRACE * np.maximum(np.abs(mean), 1.0)
    scaled = centred[:, varies] / deviation[varies]
    return np.asarray(np.clip(scaled, -_FARTHEST_SD, _FARTHEST_SD), dtype=np.float64)


def _unit_distance(values: FloatArray) -> FloatArray:
    """Centred, and scaled to a mean squared distance of 1 between two rows; columns that do not vary are left out."""
    centred = values - values.mean(axis=0)
    variance = np.square(centred).mean(axis=0)
    varies = variance > _TRACE**2
    return np.asarray(centred[:, varies] / np.sqrt(2.0 * max(variance[varies].sum(), _TRACE)), dtype=np.float64)


def _principal(values: FloatArray) -> FloatArray:
    """The same on the principal components that carry 99 % of the variance: fewer columns, the same neighbours."""
    if values.shape[1] == 0:
        return values
    some = values[:: max(1, len(values) // _ROWS_FOR_COMPONENTS)]
    centred = some - some.mean(axis=0)
    variance, axes = np.linalg.eigh(centred.T @ centred / len(some))
    share = np.cumsum(variance[::-1]) / max(variance.sum(), _TRACE)
    count = int(np.searchsorted(share, _VARIANCE_KEPT)) + 1
    return _unit_distance(values @ axes[:, ::-1][:, :count])
