"""Honest scores: outer folds by paper, everything chosen inside the training folds, baselines in the same folds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from threading import Event
from typing import Any, Final

import numpy as np
import pandas as pd

from hemml.arrays import BoolArray, FloatArray, IntArray
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
    """Predictions for rows whose papers were not trained on, each of shape (n,).

    Attributes:
        scaled: On the learning scale.
        spread: Spread of the regressors about them.
        lower: Lower ends of the intervals, in the target's unit.
        upper: Upper ends.
        rank: Probability given to values up to the measured one.
        distance: To the nearest training record.
        in_domain: Whether that is near enough.
        constant: Half of one width for all, in the target's unit.
        baselines: Predictions of the baselines, in the target's unit.
    """

    scaled: FloatArray
    spread: FloatArray
    lower: FloatArray
    upper: FloatArray
    rank: FloatArray
    distance: FloatArray
    in_domain: BoolArray
    constant: FloatArray
    baselines: Mapping[str, FloatArray]

    @classmethod
    def of_parts(cls, parts: Sequence[_Predictions], folds: Sequence[Fold]) -> _Predictions:
        """Put the predictions of the test rows of all folds together, in the order of the rows."""
        order = np.argsort(np.concatenate([fold.test for fold in folds]))

        def together(arrays: Iterable[Any]) -> Any:
            return np.concatenate(list(arrays))[order]

        names = [field.name for field in fields(cls) if field.name != "baselines"]
        baselines = {name: together(part.baselines[name] for part in parts) for name in BASELINES}
        return cls(**{name: together(getattr(part, name) for part in parts) for name in names}, baselines=baselines)


@dataclass(frozen=True, eq=False)
class Judgement:
    """Scores on unseen papers, and what the fit on all rows takes from the folds.

    Attributes:
        result: The scores.
        calibration: Calibrated on the out-of-paper predictions of all rows.
        choice: Parameters for the fit on all rows; it takes no part in the scores.
        out_of_paper: Predictions on the learning scale, each by a model that had not seen the row's paper, (n,).
    """

    result: TargetResult
    calibration: Calibration
    choice: Choice
    out_of_paper: FloatArray


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
    measured, predicted = rows.measured, rows.target.restore(predictions.scaled)
    reference = predictions.baselines[REFERENCE]
    everywhere = np.ones(len(rows), dtype=bool)
    samples = ~rows.frame[Column.IS_COMPARATOR].to_numpy(dtype=bool)

    def scores_of(part: BoolArray | IntArray) -> Scores:
        return score(
            measured[part],
            predicted[part],
            reference=reference[part],
            lower=predictions.lower[part],
            upper=predictions.upper[part],
        )

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

    sample_intervals = intervals_of(predicted, samples, coverage=True)
    result = TargetResult(
        target=rows.target.column,
        n_rows=len(rows),
        n_papers=len(set(rows.papers)),
        has_skill=sample_intervals.get("skill", (0.0, 0.0))[0] > 0,
        scores=scores_of(everywhere),
        intervals=intervals_of(predicted, everywhere, coverage=True),
        baselines={
            name: score(measured, values, reference=reference) for name, values in predictions.baselines.items()
        },
        baseline_intervals={
            name: intervals_of(values, everywhere, coverage=False) for name, values in predictions.baselines.items()
        },
        subsets={
            name: scores_of(mask)
            for name, mask in (_subsets(rows) | _by_domain(predictions)).items()
            if mask.sum() >= MIN_ROWS_OF_SUBSET
        },
        sample_intervals=sample_intervals,
        constant_width=score(
            measured,
            predicted,
            lower=predicted - predictions.constant,
            upper=predicted + predictions.constant,
        ),
        fold_scores=tuple(scores_of(fold.test) for fold in folds),
        fold_baselines=tuple(
            {
                name: score(measured[f.test], values[f.test], reference=reference[f.test])
                for name, values in predictions.baselines.items()
            }
            for f in folds
        ),
        fold_parameters=tuple(c.flat() for c in choices),
        parameters=final.flat(),
        out_of_fold=_table(rows, folds, predicted, predictions),
        seconds=time.monotonic() - began,
    )
    inputs = Inputs.fit(rows.frame, rows.compositions, how.features, rows.target.protocol)
    X = inputs.transform(rows.frame, rows.compositions)
    calibration = calibrate(rows, X, predictions.scaled, predictions.spread, level=config.level, seed=config.seed)
    return Judgement(result, calibration, final, predictions.scaled)


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
    predictions = _Predictions.of_parts([part for part, _ in done], folds)
    return predictions, [choice for _, choice in done], final


def _tell_fold(tell: Callable[[str], None], k: int, n: int, what: str) -> None:
    tell(f"fold {k + 1} of {n}: {what}")


def _one_fold(
    rows: TrainingRows,
    fold: Fold,
    magpie: FloatArray,
    config: TrainConfig,
    how: TargetConfig,
    tell: Callable[[str], None],
) -> tuple[_Predictions, Choice]:
    """Predictions of the test rows of a fold, and what was chosen on its training rows."""
    assert_disjoint_papers(rows.papers, fold)
    train, test = rows[fold.train], rows[fold.test]
    choice = choose(train, config, how, lambda: tell("search"))
    tell("fit")
    ensemble = fit(train, choice, config, how)
    X, X_test = (ensemble.inputs.transform(part.frame, part.compositions) for part in (train, test))
    scaled, spread = ensemble.predict_with_spread(X_test)
    # The calibration rows of this fold are its own training rows, predicted inside it.
    calibration = calibrate(train, X, choice.out_of_paper, choice.spread, level=config.level, seed=config.seed)
    difficulty = calibration.difficulty.predict(X_test, scaled, spread)
    low, high = calibration.interval(scaled, difficulty, config.level)
    rank = calibration.distributions.probability_below(test.scaled, scaled, difficulty)
    evidence = build_evidence(train, ensemble, choice.out_of_paper)
    _, distance, in_domain = domain_of(evidence, ensemble.inputs, X_test, test.compositions)
    errors = train.measured - rows.target.restore(choice.out_of_paper)
    constant = np.full(len(test), PredictiveDistributions.fit(np.abs(errors)).quantile(config.level))
    tell("baselines")
    baselines = _baselines(train, test, magpie[fold.train], magpie[fold.test], config)
    return _Predictions(scaled, spread, low, high, rank, distance, in_domain, constant, baselines), choice


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


def _table(rows: TrainingRows, folds: Sequence[Fold], predicted: FloatArray, predictions: _Predictions) -> pd.DataFrame:
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
    number = np.empty(len(rows), dtype=np.int64)
    for k, fold in enumerate(folds):
        number[fold.test] = k
    table["fold"] = number
    table["measured"] = rows.measured
    table["predicted"] = predicted
    table["lower"] = predictions.lower
    table["upper"] = predictions.upper
    table["rank"] = predictions.rank
    table["distance"] = predictions.distance
    table["in_domain"] = predictions.in_domain
    for name, values in predictions.baselines.items():
        table[name] = values
    return table
