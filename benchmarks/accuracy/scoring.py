"""Scores of every method alike: same rows, same reference, same resamples of groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from task_files import Task, TaskError

from hemml.evaluation import bootstrap_intervals, score


def predicted_rows(task: Task, predicted: np.ndarray) -> np.ndarray:
    """Which rows are predicted: whole folds only, so that no method is scored on rows of its choice.

    Raises:
        TaskError: A fold is predicted in part, or none is.
    """
    known: np.ndarray = np.isfinite(predicted)
    for fold in range(task.folds):
        rows = task.test(fold)
        if 0 < known[rows].sum() < len(rows):
            raise TaskError(
                f"{task.name}: a fold must be predicted whole, got {known[rows].sum()} of {len(rows)} rows of fold "
                f"{fold}"
            )
    if not known.any():
        raise TaskError(f"{task.name}: at least one fold must be predicted, got none")
    return known


def score_method(
    task: Task, predicted: np.ndarray, ours: np.ndarray | None = None, *, resamples: int = 1000, seed: int = 0
) -> dict[str, Any]:
    """Scores of one method with 95 % intervals over groups.

    Args:
        task: The task.
        predicted: Predictions in the task's unit, NaN in the rows of folds that were left out, (n,).
        ours: hemml's predictions, (n,): adds by how much hemml's error is lower, in the same resamples.
        resamples: Resamples of groups.
        seed: Seed of the resampling.

    Returns:
        scores, intervals, n, n_groups, folds, and lower_by: (value, low, high) or None.
    """
    known = predicted_rows(task, predicted)
    y, values, reference = task.measured[known], predicted[known], task.reference[known]
    groups = np.array(task.groups)[known]
    scores = score(y, values, reference=reference)
    intervals = bootstrap_intervals(y, values, groups, reference=reference, n_resamples=resamples, seed=seed)
    lower_by = None
    if ours is not None and np.isfinite(ours[known]).all():
        both = bootstrap_intervals(y, ours[known], groups, reference=values, n_resamples=resamples, seed=seed)
        lower_by = (score(y, ours[known], reference=values).skill, *both["skill"])
    return {
        "scores": {name: value for name, value in scores.to_dict().items() if value is not None},
        "intervals": {name: list(ends) for name, ends in intervals.items()},
        "n": int(known.sum()),
        "n_groups": len(set(groups.tolist())),
        "folds": sorted(set(task.fold[known].tolist())),
        "lower_by": lower_by,
    }


def score_all(task: Task, predictions: Mapping[str, np.ndarray], *, resamples: int = 1000) -> dict[str, dict[str, Any]]:
    """Scores by method, the reference first; hemml's own entry is compared with none."""
    ours = predictions.get("hemml")
    everything = {"reference": task.reference, **predictions}
    return {
        name: score_method(task, values, None if name == "hemml" else ours, resamples=resamples)
        for name, values in everything.items()
    }
