"""Honest scores: outer folds by paper, everything chosen inside the training folds, baselines in the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig
from hemml.evaluation import (
    IDENTITY,
    LOG,
    Fold,
    Scores,
    assert_disjoint_papers,
    bootstrap_intervals,
    family_median,
    forest_baseline,
    magpie_matrix,
    mean_baseline,
    score,
    xgboost_baseline,
)
from hemml.features.conditions import Conditions
from hemml.models.ensemble import Choice, choose, fit
from hemml.models.result import NO_COMPARATORS, TargetResult
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import ConformalIntervals

BASELINES: Final = ("mean", "family median", "magpie random forest", "magpie xgboost")
REFERENCE: Final = "family median"
MIN_ROWS_OF_SUBSET: Final = 30
HIGH_ENTROPY_R: Final = 1.5


@dataclass(frozen=True, eq=False)
class _Predictions:
    """Predictions for rows whose papers were not trained on, in the target's unit, each of shape (n,)."""

    fold: FloatArray
    scaled: FloatArray
    predicted: FloatArray
    lower: FloatArray
    upper: FloatArray
    baselines: Mapping[str, FloatArray]


def judge(
    rows: TrainingRows,
    config: TrainConfig,
    how: TargetConfig,
    *,
    final: Choice,
    step: Callable[[str], None] = lambda _: None,
) -> tuple[TargetResult, ConformalIntervals]:
    """Score a target on unseen papers and calibrate its intervals on the residuals.

    Args:
        rows: All rows of the target.
        config: The training.
        how: How the target is learned.
        final: What was chosen for the final fit on all rows; named in the result, not used in the scores.
        step: Told the name of each step as it begins.

    Returns:
        The result, and intervals calibrated on all out-of-paper residuals for the model fitted on all rows.
    """
    began = time.monotonic()
    folds = rows.folds(config.outer_folds, config.seed)
    predictions, choices = _out_of_paper(rows, folds, config, how, step)
    step("bootstrap")
    measured = rows.measured
    reference = predictions.baselines[REFERENCE]
    resample = partial(
        bootstrap_intervals, papers=rows.papers, reference=reference, n_resamples=config.bootstrap, seed=config.seed
    )
    intervals = resample(measured, predictions.predicted, lower=predictions.lower, upper=predictions.upper)
    samples = ~rows.frame[Column.IS_COMPARATOR].to_numpy(dtype=bool)
    sample_intervals = bootstrap_intervals(
        measured[samples],
        predictions.predicted[samples],
        rows.papers[samples],
        reference=reference[samples],
        lower=predictions.lower[samples],
        upper=predictions.upper[samples],
        n_resamples=config.bootstrap,
        seed=config.seed,
    )
    result = TargetResult(
        target=rows.target.column,
        n_rows=len(rows),
        n_papers=len(set(rows.papers)),
        has_skill=sample_intervals.get("skill", (0.0, 0.0))[0] > 0,
        scores=_scores(measured, predictions, np.ones(len(rows), dtype=bool)),
        intervals=intervals,
        baselines={
            name: score(measured, values, reference=reference) for name, values in predictions.baselines.items()
        },
        baseline_intervals={name: resample(measured, values) for name, values in predictions.baselines.items()},
        subsets={
            name: _scores(measured, predictions, mask)
            for name, mask in _subsets(rows).items()
            if mask.sum() >= MIN_ROWS_OF_SUBSET
        },
        sample_intervals=sample_intervals,
        fold_scores=tuple(_scores(measured, predictions, predictions.fold == k) for k in range(len(folds))),
        fold_baselines=tuple(
            {
                name: score(measured[f.test], values[f.test], reference=reference[f.test])
                for name, values in predictions.baselines.items()
            }
            for f in folds
        ),
        fold_parameters=tuple(c.flat() for c in choices),
        parameters=final.flat(),
        out_of_fold=_table(rows, predictions),
        seconds=time.monotonic() - began,
    )
    return result, calibrate(rows, predictions.scaled)


def calibrate(rows: TrainingRows, out_of_paper: FloatArray) -> ConformalIntervals:
    """Intervals on the learning scale from residuals of rows whose papers were not trained on, by role."""
    return ConformalIntervals.fit(rows.scaled - out_of_paper, categories=rows.frame[Column.ROLE].tolist())


def _out_of_paper(
    rows: TrainingRows,
    folds: tuple[Fold, ...],
    config: TrainConfig,
    how: TargetConfig,
    step: Callable[[str], None],
) -> tuple[_Predictions, list[Choice]]:
    n = len(rows)
    scaled, lower, upper, number = np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    baselines = {name: np.empty(n) for name in BASELINES}
    step("Magpie features")
    magpie = magpie_matrix(rows.frame[Column.FORMULA].tolist())
    choices = []
    for k, fold in enumerate(folds):
        assert_disjoint_papers(rows.papers, fold)
        train, test = rows[fold.train], rows[fold.test]
        step(f"fold {k + 1} of {len(folds)}: search")
        choice = choose(train, config, how)
        step(f"fold {k + 1} of {len(folds)}: fit")
        ensemble = fit(train, choice, config, how)
        number[fold.test] = k
        scaled[fold.test] = ensemble.predict(test.frame, test.compositions)
        # The calibration rows of this fold are its own training rows, predicted inside it.
        low, high = calibrate(train, choice.out_of_paper).interval(
            scaled[fold.test], level=config.level, category=test.frame[Column.ROLE].tolist()
        )
        lower[fold.test], upper[fold.test] = rows.target.restore(low), rows.target.restore(high)
        step(f"fold {k + 1} of {len(folds)}: baselines")
        for name, values in _baselines(train, test, magpie[fold.train], magpie[fold.test], config).items():
            baselines[name][fold.test] = values
        choices.append(choice)
    return _Predictions(number, scaled, rows.target.restore(scaled), lower, upper, baselines), choices


def _baselines(
    train: TrainingRows, test: TrainingRows, magpie_train: FloatArray, magpie_test: FloatArray, config: TrainConfig
) -> dict[str, FloatArray]:
    """The four baselines; the two of trees take the same conditions as the model, and logarithms where it does."""
    conditions = Conditions.fit(train.frame, train.target.protocol)
    X = np.column_stack([magpie_train, conditions.transform(train.frame)])
    X_test = np.column_stack([magpie_test, conditions.transform(test.frame)])
    y = train.measured
    transform = LOG if train.target.column is Column.CAPACITY else IDENTITY
    trees = {"seed": config.seed, "n_jobs": config.n_jobs, "n_estimators": config.baseline_trees}
    return {
        "mean": mean_baseline(y, len(test)),
        "family median": family_median(train.frame, y, test.frame),
        "magpie random forest": forest_baseline(X, y, X_test, transform=transform, **trees),
        "magpie xgboost": xgboost_baseline(X, y, X_test, transform=transform, **trees),
    }


def _scores(measured: FloatArray, predictions: _Predictions, rows: BoolArray) -> Scores:
    return score(
        measured[rows],
        predictions.predicted[rows],
        reference=predictions.baselines[REFERENCE][rows],
        lower=predictions.lower[rows],
        upper=predictions.upper[rows],
    )


def _subsets(rows: TrainingRows) -> dict[str, BoolArray]:
    """Rows that are no comparators, roles, working ions, and high-entropy rows (so called, or S_config >= 1.5 R)."""
    from hemml.features import FeatureSet
    from hemml.models.inputs import batch_of

    frame = rows.frame
    entropy = FeatureSet.default(("S_config_cation_R",)).compute(batch_of(frame))[:, 0]
    called = (frame[Column.ENTROPY_CLASS] == "high").to_numpy()
    masks = {NO_COMPARATORS: ~frame[Column.IS_COMPARATOR].to_numpy(dtype=bool)}
    masks |= {str(role): (frame[Column.ROLE] == role).to_numpy() for role in sorted(set(frame[Column.ROLE]))}
    masks["high-entropy"] = called | (entropy >= HIGH_ENTROPY_R)
    for ion in sorted(set(frame[Column.WORKING_ION])):
        masks[f"ion {ion}"] = (frame[Column.WORKING_ION] == ion).to_numpy()
    return masks


def _table(rows: TrainingRows, predictions: _Predictions) -> pd.DataFrame:
    columns = [
        Column.RECORD_ID,
        Column.DOI,
        Column.FORMULA,
        Column.ROLE,
        Column.WORKING_ION,
        Column.FAMILY,
    ]
    table = rows.frame[[str(c) for c in columns]].copy()
    table.insert(1, "paper", rows.papers)
    table["fold"] = predictions.fold.astype(np.int64)
    table["measured"] = rows.measured
    table["predicted"] = predictions.predicted
    table["lower"] = predictions.lower
    table["upper"] = predictions.upper
    for name, values in predictions.baselines.items():
        table[name] = values
    return table
