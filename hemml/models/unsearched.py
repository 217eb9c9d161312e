"""Models whose parameters nothing was searched for: many of them can be fitted where one searched model could."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

import numpy as np

from hemml.arrays import FloatArray
from hemml.config import TargetConfig, TrainConfig
from hemml.models.ensemble import Choice, fit
from hemml.models.training_rows import TrainingRows

T = TypeVar("T")
MAX_TREES: Final = {"full": 30, "small": 10, "none": 10}


def predict_unsearched(train: TrainingRows, test: TrainingRows, config: TrainConfig, how: TargetConfig) -> FloatArray:
    """Fit the regressors as they are configured, with equal weights and few trees, and predict other rows.

    Returns:
        Predictions of the rows of `test` in the target's unit, shape (n,).
    """
    names = how.regressors
    parameters = {name: how.parameters.get(name, {}) for name in names}
    choice = Choice(parameters, dict.fromkeys(names, 1 / len(names)), np.empty(0), np.empty(0))
    quick = config.model_copy(update={"n_jobs": 1, "trees": min(config.trees, MAX_TREES[config.studies])})
    scaled = fit(train, choice, quick, how).predict(test.frame, test.compositions)
    return train.target.restore(scaled)


def side_by_side(pieces: Sequence[Callable[[], T]], n_jobs: int) -> list[T]:
    """Run independent pieces of work on threads; which thread does what changes no number.

    Returns:
        What the pieces returned, in their order. Where one raises, those not begun are dropped and the error is raised.
    """
    with ThreadPoolExecutor(n_jobs) as pool:
        running = [pool.submit(piece) for piece in pieces]
        try:
            return [one.result() for one in running]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
