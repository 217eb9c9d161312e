"""Fitting the single-phase model of one kind of material: choice of a learner and calibration, by element set."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.evaluation import Fold, paper_folds
from hemml.models.single_phase_config import KindConfig, SinglePhaseConfig
from hemml.models.single_phase_kind import KindModel, boosted_log_odds
from hemml.models.single_phase_logistic import fit_logistic, log_odds_of_share, sigmoid
from hemml.models.single_phase_scores import phase_metrics

BOOSTING: Final = "boosting"
_INTERCEPT_DEVIATION: Final = 5.0
# Calibration may not turn the order round: its factor is held near 1 from above 0.
_CALIBRATION: Final = (np.array([0.0, 1.0]), np.array([1.0, 0.3]))
_LEAST_FACTOR: Final = 0.1


def element_set_folds(groups: StrArray, single: BoolArray, count: int, seed: int) -> tuple[Fold, ...]:
    """Folds that never part rows of one element set, each with a similar share of single phases."""
    return paper_folds(groups, count, seed=seed, strata=np.where(single, "single", "mixed"))


def fit_kind(
    values: FloatArray, single: BoolArray, groups: StrArray, kind: KindConfig, config: SinglePhaseConfig
) -> tuple[KindModel, dict[str, float]]:
    """Fit the model of one kind.

    Args:
        values: Columns of `columns_of`, (n, d).
        single: Whether each row is a single phase, (n,).
        groups: Element set of each row, (n,).
        kind: How this kind is learned.
        config: How all are learned.

    Returns:
        The model, with the table's share as its base rate, and the log loss of each learner on element sets that it
        had not seen; empty where there was nothing to choose or to calibrate.
    """
    center, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    rate = float(single.mean())
    empty = KindModel(
        columns=tuple(kind.columns),
        center=center,
        scale=np.where(scale > 0, scale, 1.0),
        weights=np.zeros(len(center) + 1),
        weights_covariance=np.eye(len(center) + 1),
        booster=None,
        calibration=(0.0, 1.0),
        base_rate=rate,
        table_rate=rate,
        rows=len(single),
    )
    basis = empty.basis(values)
    learners = {str(name): _learner(name, kind, config) for name in kind.learners}
    chosen, calibration = next(iter(learners)), (0.0, 1.0)
    losses: dict[str, float] = {}
    if kind.calibrate or len(learners) > 1:
        folds = element_set_folds(groups, single, config.inner_folds, config.seed)
        tried = {name: _calibrated(learner, basis, single, folds, kind) for name, learner in learners.items()}
        losses = {name: loss for name, (_, loss) in tried.items()}
        chosen = min(losses, key=lambda name: losses[name])
        calibration = tried[chosen][0]
    weights, covariance = _logistic(basis, single, kind)
    booster = _booster(basis, single, kind, config) if chosen == BOOSTING else None
    model = KindModel(
        empty.columns, center, empty.scale, weights, covariance, booster, calibration, rate, rate, len(single)
    )
    return model, losses


_Learner = Callable[[FloatArray, BoolArray, FloatArray], FloatArray]


def _learner(name: str, kind: KindConfig, config: SinglePhaseConfig) -> _Learner:
    """Fits to the first two arguments and returns the log odds of the third."""
    if name == BOOSTING:
        return lambda basis, single, other: boosted_log_odds(_booster(basis, single, kind, config), other)
    return lambda basis, single, other: other @ _logistic(basis, single, kind)[0]


def _calibrated(
    learner: _Learner, basis: FloatArray, single: BoolArray, folds: tuple[Fold, ...], kind: KindConfig
) -> tuple[tuple[float, float], float]:
    """Platt's scaling from rows that the learner has not seen, and the log loss with it.

    Source: Platt, in Advances in Large Margin Classifiers, MIT Press 2000, p. 61.
    """
    raw = np.empty(len(single))
    for train, test in folds:
        raw[test] = learner(basis[train], single[train], basis[test])
    limit = float(np.log(len(single)))
    raw = np.clip(raw, -limit, limit)
    if not kind.calibrate:
        return (0.0, 1.0), phase_metrics(single, sigmoid(raw))["log_loss"]
    (added, factor), _ = fit_logistic(np.column_stack([np.ones(len(raw)), raw]), single, *_CALIBRATION)
    factor = max(float(factor), _LEAST_FACTOR)
    return (float(added), factor), phase_metrics(single, sigmoid(added + factor * raw))["log_loss"]


def _logistic(basis: FloatArray, single: BoolArray, kind: KindConfig) -> tuple[FloatArray, FloatArray]:
    slopes = [column.slope for column in kind.columns.values()]
    deviations = [column.deviation for column in kind.columns.values()]
    share = (single.sum() + 1.0) / (len(single) + 2.0)
    mean = np.array([log_odds_of_share(share), *slopes])
    return fit_logistic(basis, single, mean, np.array([_INTERCEPT_DEVIATION, *deviations]))


def _booster(basis: FloatArray, single: BoolArray, kind: KindConfig, config: SinglePhaseConfig) -> Any:
    from xgboost import XGBRegressor

    model = XGBRegressor(
        objective="binary:logistic",
        tree_method="hist",
        monotone_constraints=tuple(-1 if column.falls else 0 for column in kind.columns.values()),
        random_state=config.seed,
        n_jobs=1,
        **config.boosting,
    )
    return model.fit(basis[:, 1:], single.astype(np.float64))


def rule_rates(passes: IntArray, single: BoolArray, other: IntArray) -> FloatArray:
    """Probability that a rule with few answers means: the share among training rows of the same answer.

    Args:
        passes: Answer of each training row, (n,).
        single: Whether each is a single phase, (n,).
        other: Answers of m rows to predict, (m,).
    """
    out = np.full(len(other), (single.sum() + 1.0) / (len(single) + 2.0))
    for answer in np.unique(passes):
        here = passes == answer
        out[other == answer] = (single[here].sum() + 1.0) / (here.sum() + 2.0)
    return out
