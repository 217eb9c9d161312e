"""Regressors around others: scaling, straight lines first, a share of one column; and the choice of what fits which."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hemml.arrays import FloatArray, IntArray
from hemml.models.compiled.kernels import Compiled, Exponential, Line, Radial
from hemml.models.compiled.loops import CONDITION, FEATURE, FRACTION, scale_columns
from hemml.models.compiled.table import Table
from hemml.models.scaling import FEATURE_CLIP, FEATURE_SCALE, FRACTION_SCALE, BlockScaler, SlopeFirst
from hemml.models.starting_point import StartFrom


def compiled(member: Any) -> Compiled:
    """Lay out a fitted regressor of any kind; of a kind not known here it is asked itself."""
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
    from sklearn.pipeline import Pipeline
    from xgboost import XGBRegressor

    from hemml.models.compiled.trees import Trees

    if isinstance(member, StartFrom):
        return Started(compiled(member.regressor_), member.column, float(member.share))
    if isinstance(member, SlopeFirst):
        half = len(member.slopes_) // 2
        places = np.array(list(member.columns), dtype=np.int64)
        return Sloped(compiled(member.regressor_), places, member.switch, member.slopes_[:half], member.slopes_[half:])
    if isinstance(member, Pipeline) and len(member) == 2 and isinstance(member[0], BlockScaler):
        inner = _kernel(member[1])
        return AsItIs(member) if inner is None else Scaled.of(member[0], inner)
    if isinstance(member, ExtraTreesRegressor | RandomForestRegressor | XGBRegressor):
        return Trees.of(member)
    return AsItIs(member)


def _kernel(regressor: Any) -> Compiled | None:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.linear_model import Ridge, RidgeCV
    from sklearn.svm import SVR

    if isinstance(regressor, SVR) and regressor.kernel == "rbf":
        return Radial.of(regressor)
    if isinstance(regressor, GaussianProcessRegressor):
        return Exponential.of(regressor)
    if isinstance(regressor, Ridge | RidgeCV) and np.ndim(regressor.coef_) == 1:
        return Line(np.asarray(regressor.coef_, dtype=np.float64), float(regressor.intercept_))
    return None


@dataclass(frozen=True, eq=False)
class AsItIs:
    """A regressor asked by its own `predict`."""

    member: Any

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        return np.asarray(self.member.predict(table.matrix()), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Started:
    """As `StartFrom`: a regressor of what a share of one column leaves."""

    inner: Compiled
    column: int
    share: float

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        return self.inner.predict(table) + self.share * column_of(table, self.column)


@dataclass(frozen=True, eq=False)
class Sloped:
    """As `SlopeFirst`: straight lines in a few columns, one a class of the switch, and a regressor of the rest."""

    inner: Compiled
    columns: IntArray
    switch: int
    slopes_on: FloatArray
    slopes_off: FloatArray

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        first = column_of(table, self.switch)
        out = self.inner.predict(_zeroed(table, self.columns))
        for place, on, off in zip(self.columns.tolist(), self.slopes_on, self.slopes_off, strict=True):
            line = column_of(table, place)
            out += line * first * on + line * (1.0 - first) * off
        return out


@dataclass(frozen=True, eq=False)
class Scaled:
    """A regressor behind a `BlockScaler`.

    Attributes:
        inner: The regressor of scaled columns.
        mean: Mean of each column, (c,).
        factor: What deviations from it are multiplied by, (c,).
        kinds: `FRACTION`, `FEATURE` or `CONDITION` of each, (c,).
    """

    inner: Compiled
    mean: FloatArray
    factor: FloatArray
    kinds: IntArray

    @classmethod
    def of(cls, scaler: BlockScaler, inner: Compiled) -> Scaled:
        """Take over what a fitted scaler learned."""
        kinds = np.full(len(scaler.mean_), CONDITION, dtype=np.int64)
        kinds[list(scaler.fractions)] = FRACTION
        kinds[list(scaler.features)] = FEATURE
        return cls(inner, scaler.mean_, np.where(kinds == FEATURE, FEATURE_SCALE, 1.0) / scaler.scale_, kinds)

    def predict(self, table: Table) -> FloatArray:
        """Predictions, (n,)."""
        ends = self._scaled(np.stack([table.constant, table.low, table.high], axis=1), slice(None))
        values = self._scaled(table.values, table.varying)
        return self.inner.predict(Table(ends[:, 0].copy(), table.varying, values, ends[:, 1], ends[:, 2]))

    def _scaled(self, values: FloatArray, columns: IntArray | slice) -> FloatArray:
        out = np.empty(values.shape)
        mean, factor, kinds = self.mean[columns], self.factor[columns], self.kinds[columns]
        scale_columns(values, mean, factor, kinds, FEATURE_SCALE * FEATURE_CLIP, FRACTION_SCALE, out)
        return out


def column_of(table: Table, place: int) -> FloatArray | float:
    """One column of a table: (n,), or one number where it does not vary."""
    at = int(np.searchsorted(table.varying, place))
    if at < len(table.varying) and table.varying[at] == place:
        return np.asarray(table.values[at])
    return float(table.constant[place])


def _zeroed(table: Table, places: IntArray) -> Table:
    """The table with 0 in some columns."""
    constant, low, high = table.constant.copy(), table.low.copy(), table.high.copy()
    constant[places] = low[places] = high[places] = 0.0
    keep = ~np.isin(table.varying, places)
    if keep.all():
        return replace(table, constant=constant, low=low, high=high)
    return Table(constant, table.varying[keep], table.values[keep], low, high)
