"""The model of one target: a few regressors whose weighted mean is the prediction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.config import TargetConfig, TrainConfig
from hemml.models.inputs import Compositions, Inputs
from hemml.models.regressors import SEARCHED, Parameters, Setting, build, suggest
from hemml.models.training_rows import TrainingRows

if TYPE_CHECKING:
    import pandas as pd
    from optuna import Trial

_LEAST_WEIGHT: Final = 0.05
_SEARCH_TREES: Final = 60


def _predict(member: Any, X: FloatArray) -> FloatArray:
    return np.asarray(member.predict(X))


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Fitted regressors and their weights.

    Attributes:
        inputs: Columns that the regressors take.
        members: Fitted regressors by name.
        weights: Their weights, none negative, with sum 1.
    """

    inputs: Inputs
    members: Mapping[str, Any]
    weights: Mapping[str, float]

    def predict(self, frame: pd.DataFrame, compositions: Compositions) -> FloatArray:
        """Predictions on the learning scale, shape (n,)."""
        return self.predict_columns(self.inputs.transform(frame, compositions))

    def predict_columns(self, X: FloatArray) -> FloatArray:
        """Predictions on the learning scale from the columns of `inputs`, shape (n,)."""
        return self.predict_with_spread(X)[0]

    def predict_with_spread(
        self, X: FloatArray, predict: Callable[[Any, FloatArray], FloatArray] = _predict
    ) -> tuple[FloatArray, FloatArray]:
        """Predictions on the learning scale and the spread of the regressors about them, each (n,).

        Args:
            X: Columns of `inputs`, (n, c).
            predict: Asks one regressor; its own `predict` by default.
        """
        predicted = [np.asarray(predict(member, X), dtype=np.float64) for member in self.members.values()]
        return combined(np.stack(predicted, axis=1), np.array([self.weights[name] for name in self.members]))


@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen inside the training rows, and how it predicts rows of papers that it was not fitted on.

    Attributes:
        parameters: Chosen parameters a regressor.
        weights: Weight of each regressor.
        out_of_paper: Predictions of the weighted mean on the learning scale, each row by regressors fitted on other
            papers, shape (n,).
        spread: Spread of the regressors about these, (n,).
    """

    parameters: Mapping[str, Parameters]
    weights: Mapping[str, float]
    out_of_paper: FloatArray
    spread: FloatArray

    def flat(self) -> dict[str, float | int | str]:
        """Parameters and weights under one level of names, for logs."""
        out: dict[str, float | int | str] = {f"weight.{name}": round(w, 4) for name, w in self.weights.items()}
        for name, parameters in self.parameters.items():
            out |= {f"{name}.{key}": value for key, value in parameters.items()}
        return out


def choose(
    rows: TrainingRows, config: TrainConfig, how: TargetConfig, tick: Callable[[], None] = lambda: None
) -> Choice:
    """Choose parameters and weights by folds over the papers of `rows`; nothing outside `rows` is looked at.

    Args:
        rows: Training rows.
        config: The training.
        how: How the target is learned.
        tick: Called before each fit; what it raises ends the search.
    """
    prepared = []
    for train, test in rows.folds(config.inner_folds, config.seed + 1):
        inputs = Inputs.fit(rows.frame.iloc[train], rows.compositions[train], how.features, rows.target.protocol)
        columns = [inputs.transform(rows.frame.iloc[part], rows.compositions[part]) for part in (train, test)]
        prepared.append((inputs, columns[0], rows.scaled[train], columns[1], test))

    def held_out(name: str, parameters: Parameters, trees: int) -> FloatArray:
        predicted = np.empty(len(rows))
        for inputs, X, y, X_test, test in prepared:
            tick()
            setting = Setting.of(inputs, seed=config.seed, n_jobs=config.n_jobs, trees=trees)
            predicted[test] = build(name, setting, parameters).fit(X, y).predict(X_test)
        return predicted

    chosen: dict[str, Parameters] = {}
    predictions: list[FloatArray] = []
    for name in how.regressors:
        start = how.parameters.get(name, {})
        trials = how.trials.get(name, 0) if name in SEARCHED else 0
        best, predicted = _search(rows, name, start, trials, config, held_out)
        chosen[name] = best
        predictions.append(predicted)
    stacked = np.stack(predictions, axis=1)
    weights = stack_weights(stacked, rows.scaled)
    return Choice(chosen, dict(zip(how.regressors, weights.tolist(), strict=True)), *combined(stacked, weights))


def combined(predictions: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted mean of m regressors and their weighted standard deviation about it, each (n,).

    Args:
        predictions: Of each regressor, (n, m).
        weights: With sum 1, (m,).
    """
    # Added up one by one: a matrix product may round otherwise for another number of rows.
    mean = np.zeros(len(predictions))
    for column, weight in zip(predictions.T, weights, strict=True):
        mean += weight * column
    variance = np.zeros(len(predictions))
    for column, weight in zip(predictions.T, weights, strict=True):
        variance += weight * (column - mean) ** 2
    return mean, np.sqrt(variance)


def fit(rows: TrainingRows, choice: Choice, config: TrainConfig, how: TargetConfig) -> Ensemble:
    """Fit the chosen regressors on all rows; those without weight are left out."""
    inputs = Inputs.fit(rows.frame, rows.compositions, how.features, rows.target.protocol)
    X = inputs.transform(rows.frame, rows.compositions)
    setting = Setting.of(inputs, seed=config.seed, n_jobs=config.n_jobs, trees=config.trees)
    weights = {name: weight for name, weight in choice.weights.items() if weight > 0}
    members = {name: build(name, setting, choice.parameters[name]).fit(X, rows.scaled) for name in weights}
    for member in members.values():
        # Threads add up the trees of a forest in any order, which would move the last digits of a prediction.
        for inner in (member, getattr(member, "regressor_", member)):
            if "n_jobs" in inner.get_params(deep=False):
                inner.set_params(n_jobs=1)
    return Ensemble(inputs, members, weights)


def stack_weights(predictions: FloatArray, measured: FloatArray) -> FloatArray:
    """Weights of m regressors from their out-of-paper predictions (n, m), none negative, with sum 1, shape (m,).

    Half-way between non-negative least squares and equal weights: the former alone follows the noise of few papers.
    Weights below 0.05 become 0.

    Source: Breiman, Stacked regressions, Mach. Learn. 1996, 24, 49, doi 10.1007/BF00117832.
    """
    from scipy.optimize import nnls

    m = predictions.shape[1]
    center = measured.mean()
    solved, _ = nnls(predictions - center, measured - center)
    fitted = solved / solved.sum() if solved.sum() > 0 else np.full(m, 1.0 / m)
    weights = 0.5 * fitted + np.where(fitted > 0, 0.5 / max(1, int((fitted > 0).sum())), 0.0)
    weights[weights < _LEAST_WEIGHT] = 0.0
    return np.asarray(weights / weights.sum())


def _search(
    rows: TrainingRows, name: str, start: Parameters, trials: int, config: TrainConfig, held_out: Any
) -> tuple[Parameters, FloatArray]:
    """Best parameters by the error on held-out papers in the target's unit, and their out-of-paper predictions."""
    if trials < 2:
        return dict(start), held_out(name, start, config.trees)
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    found: dict[int, tuple[Parameters, FloatArray]] = {}

    def objective(trial: Trial) -> float:
        # The first trial is the starting point, so that a search cannot end below it.
        parameters = dict(start) if trial.number == 0 else {**start, **suggest(name, trial, len(rows))}
        predicted = held_out(name, parameters, min(config.trees, _SEARCH_TREES))
        found[trial.number] = (parameters, predicted)
        return float(np.abs(rows.target.restore(predicted) - rows.measured).mean())

    sampler = optuna.samplers.TPESampler(seed=config.seed, n_startup_trials=max(3, trials // 2))
    study = optuna.create_study(sampler=sampler)
    study.optimize(objective, n_trials=trials)
    return found[study.best_trial.number]
