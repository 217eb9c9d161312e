"""Honest scores: outer folds by paper, everything chosen inside the training folds, baselines in the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from threading import Event
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
from hemml.models.calibration import Calibration, calibrate
from hemml.models.ensemble import Choice, choose, fit
from hemml.models.evidence_space import build_evidence, domain_of
from hemml.models.inputs import Inputs
from hemml.models.result import INSIDE_DOMAIN, NO_COMPARATORS, OUTSIDE_DOMAIN, TargetResult
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import PredictiveDistributions

BASELINES: Final = ("mean", "family median", "magpie random forest", "magpie xgboost")
REFERENCE: Final = "family median"
MIN_ROWS_OF_SUBSET: Final = 30
HIGH_ENTROPY_R: Final = 1.5


@dataclass(frozen=True, eq=False)
class _Predictions:
    """Predictions for rows whose papers were not trained on, in the target's unit, each of shape (n,)."""

    fold: FloatArray
    scaled: FloatArray
    spread: FloatArray
    predicted: FloatArray
    lower: FloatArray
    upper: FloatArray
    rank: FloatArray
    distance: FloatArray
    in_domain: BoolArray
    constant: FloatArray
    baselines: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Judgement:
    """Scores on unseen papers, and what the fit on all rows takes from the folds.

    Attributes:
        result: The scores.
        calibration: Calibrated on the out-of-paper predictions of all rows.
        choice: Parameters for the fit on all rows; it takes no part in the scores.
        out_of_paper: Predictions on the learning scale, each by a model that had not seen the row's paper, (n,).
        difficulty: Likely size of their errors, estimated without the row's paper, (n,).
    """

    result: TargetResult
    calibration: Calibration
    choice: Choice
    out_of_paper: FloatArray
    difficulty: FloatArray


def judge(
    rows: TrainingRows, config: TrainConfig, how: TargetConfig, step: Callable[[str], None] = lambda _: None
) -> Judgement:
    """Score a target on unseen papers, calibrate its intervals, and choose parameters for the fit on all rows.

    Args:
        rows: All rows of the target.
        config: The training.
        how: How the target is learned.
        step: Told the name of each step as it begins, also from other threads; what it raises ends the training.

    """
    began = time.monotonic()
    folds = rows.folds(config.outer_folds, config.seed)
    step("Magpie features")
    magpie = magpie_matrix(rows.frame[Column.FORMULA].tolist())
    predictions, choices, final = _in_threads(rows, folds, magpie, config, how, step)
    step("bootstrap")
    measured = rows.measured
    reference = predictions.baselines[REFERENCE]
    everywhere = np.ones(len(rows), dtype=bool)
    samples = ~rows.frame[Column.IS_COMPARATOR].to_numpy(dtype=bool)

    def intervals_of(values: FloatArray, mask: BoolArray, *, coverage: bool) -> dict[str, tuple[float, float]]:
        return bootstrap_intervals(
            measured[mask],
            values[mask],
            rows.papers[mask],
            reference=reference[mask],
            lower=predictions.lower[mask] if coverage else None,
            upper=predictions.upper[mask] if coverage else None,
            n_resamples=config.bootstrap,
            seed=config.seed,
        )

    sample_intervals = intervals_of(predictions.predicted, samples, coverage=True)
    result = TargetResult(
        target=rows.target.column,
        n_rows=len(rows),
        n_papers=len(set(rows.papers)),
        has_skill=sample_intervals.get("skill", (0.0, 0.0))[0] > 0,
        scores=_scores(measured, predictions, everywhere),
        intervals=intervals_of(predictions.predicted, everywhere, coverage=True),
        baselines={
            name: score(measured, values, reference=reference) for name, values in predictions.baselines.items()
        },
        baseline_intervals={
            name: intervals_of(values, everywhere, coverage=False) for name, values in predictions.baselines.items()
        },
        subsets={
            name: _scores(measured, predictions, mask)
            for name, mask in (_subsets(rows) | _by_domain(predictions)).items()
            if mask.sum() >= MIN_ROWS_OF_SUBSET
        },
        sample_intervals=sample_intervals,
        constant_width=score(
            measured,
            predictions.predicted,
            lower=predictions.predicted - predictions.constant,
            upper=predictions.predicted + predictions.constant,
        ),
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
    inputs = Inputs.fit(rows.frame, rows.compositions, how.features, rows.target.protocol)
    X = inputs.transform(rows.frame, rows.compositions)
    calibration, difficulty = calibrate(
        rows, X, predictions.scaled, predictions.spread, level=config.level, seed=config.seed
    )
    return Judgement(result, calibration, final, predictions.scaled, difficulty)


def _in_threads(
    rows: TrainingRows,
    folds: tuple[Fold, ...],
    magpie: FloatArray,
    config: TrainConfig,
    how: TargetConfig,
    step: Callable[[str], None],
) -> tuple[_Predictions, list[Choice], Choice]:
    """Work on the folds and on the choice for all rows side by side.

    Each regressor runs on one thread: on tables of this size whole folds side by side keep all cores busy, threads
    inside a fit do not. Which thread does what changes no number.
    """
    single = config.model_copy(update={"n_jobs": 1})
    stopped = Event()

    def tell(name: str) -> None:
        if stopped.is_set():
            raise CancelledError
        step(name)

    with ThreadPoolExecutor(config.n_jobs) as pool:
        all_rows = pool.submit(choose, rows, single, how, lambda: tell("all rows: search"))
        parts = [
            pool.submit(_one_fold, rows, fold, magpie, single, how, partial(_tell_fold, tell, k, len(folds)))
            for k, fold in enumerate(folds)
        ]
        try:
            done = [part.result() for part in parts]
            final = all_rows.result()
        except BaseException:
            stopped.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    number = np.empty(len(rows))
    found = {
        name: np.empty(len(rows)) for name in ("scaled", "spread", "lower", "upper", "rank", "distance", "constant")
    }
    in_domain = np.empty(len(rows), dtype=bool)
    baselines = {name: np.empty(len(rows)) for name in BASELINES}
    for k, (fold, part) in enumerate(zip(folds, done, strict=True)):
        number[fold.test] = k
        in_domain[fold.test] = part.in_domain
        for name, values in found.items():
            values[fold.test] = getattr(part, name)
        for name, values in part.baselines.items():
            baselines[name][fold.test] = values
    restored = rows.target.restore(found["scaled"])
    predictions = _Predictions(number, predicted=restored, in_domain=in_domain, baselines=baselines, **found)
    return predictions, [part.choice for part in done], final


def _tell_fold(tell: Callable[[str], None], k: int, n: int, what: str) -> None:
    tell(f"fold {k + 1} of {n}: {what}")


@dataclass(frozen=True, eq=False)
class _FoldPart:
    """What one outer fold gives: predictions of its test rows, and what was chosen on its training rows."""

    scaled: FloatArray
    spread: FloatArray
    lower: FloatArray
    upper: FloatArray
    rank: FloatArray
    distance: FloatArray
    in_domain: BoolArray
    constant: FloatArray
    baselines: Mapping[str, FloatArray]
    choice: Choice


def _one_fold(
    rows: TrainingRows,
    fold: Fold,
    magpie: FloatArray,
    config: TrainConfig,
    how: TargetConfig,
    tell: Callable[[str], None],
) -> _FoldPart:
    assert_disjoint_papers(rows.papers, fold)
    train, test = rows[fold.train], rows[fold.test]
    choice = choose(train, config, how, lambda: tell("search"))
    tell("fit")
    ensemble = fit(train, choice, config, how)
    X, X_test = (ensemble.inputs.transform(part.frame, part.compositions) for part in (train, test))
    scaled, spread = ensemble.predict_with_spread(X_test)
    # The calibration rows of this fold are its own training rows, predicted inside it.
    calibration, _ = calibrate(train, X, choice.out_of_paper, choice.spread, level=config.level, seed=config.seed)
    difficulty = calibration.difficulty.predict(X_test, scaled, spread)
    low, high = calibration.interval(scaled, difficulty, config.level)
    rank = calibration.distributions.probability_below(test.scaled, scaled, difficulty)
    evidence = build_evidence(train, ensemble, choice.out_of_paper)
    distance, in_domain = domain_of(evidence, ensemble.inputs, test.frame, test.compositions)
    errors = train.measured - rows.target.restore(choice.out_of_paper)
    constant = np.full(len(test), PredictiveDistributions.fit(np.abs(errors)).quantile(config.level))
    tell("baselines")
    baselines = _baselines(train, test, magpie[fold.train], magpie[fold.test], config)
    return _FoldPart(scaled, spread, low, high, rank, distance, in_domain, constant, baselines, choice)


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


def _by_domain(predictions: _Predictions) -> dict[str, BoolArray]:
    return {INSIDE_DOMAIN: predictions.in_domain, OUTSIDE_DOMAIN: ~predictions.in_domain}


def _table(rows: TrainingRows, predictions: _Predictions) -> pd.DataFrame:
    columns = [
        Column.RECORD_ID,
        Column.DOI,
        Column.FORMULA,
        Column.ROLE,
        Column.WORKING_ION,
        Column.FAMILY,
        Column.IS_COMPARATOR,
    ]
    table = rows.frame[[str(c) for c in columns]].copy()
    table.insert(1, "paper", rows.papers)
    table["fold"] = predictions.fold.astype(np.int64)
    table["measured"] = rows.measured
    table["predicted"] = predictions.predicted
    table["lower"] = predictions.lower
    table["upper"] = predictions.upper
    table["rank"] = predictions.rank
    table["distance"] = predictions.distance
    table["in_domain"] = predictions.in_domain
    for name, values in predictions.baselines.items():
        table[name] = values
    return table
