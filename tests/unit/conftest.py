"""A training result with made-up numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.columns import Column
from hemml.evaluation import score
from hemml.models.result import TargetResult, TrainingResult


def _target(column: Column, size: float, *, has_skill: bool, n: int = 60) -> TargetResult:
    rng = np.random.default_rng(7)
    measured = size * rng.uniform(0.5, 1.5, n)
    predicted = measured + size * rng.normal(0, 0.1, n)
    median = np.full(n, np.median(measured))
    lower, upper = predicted - size / 4, predicted + size / 4
    fold = np.arange(n) % 3
    frame = pd.DataFrame(
        {
            "record_id": [f"row-{i}" for i in range(n)],
            "paper": [f"10.1/{i // 2}" for i in range(n)],
            "formula": "NaMnO2",
            "role": "cathode",
            "working_ion": np.where(np.arange(n) % 2, "Na", "Zn"),
            "family": np.where(fold, "spinel", "layered_oxide"),
            "fold": fold,
            "measured": measured,
            "predicted": predicted,
            "lower": lower,
            "upper": upper,
            "family median": median,
        }
    )
    parts = [fold == k for k in range(3)]
    return TargetResult(
        target=column,
        n_rows=n,
        n_papers=n // 2,
        has_skill=has_skill,
        scores=score(measured, predicted, reference=median, lower=lower, upper=upper),
        intervals={"mae": (0.07 * size, 0.09 * size), "skill": (0.5 if has_skill else -0.1, 0.7)},
        baselines={"family median": score(measured, median, reference=median)},
        baseline_intervals={"family median": {"mae": (0.2 * size, 0.3 * size)}},
        subsets={
            "no comparators": score(measured[:50], predicted[:50], reference=median[:50]),
            "high-entropy": score(measured[:30], predicted[:30]),
            "ion Na": score(measured[1::2], predicted[1::2]),
        },
        sample_intervals={"mae": (0.06 * size, 0.1 * size), "skill": (0.4 if has_skill else -0.2, 0.8)},
        fold_scores=tuple(score(measured[p], predicted[p], reference=median[p]) for p in parts),
        fold_baselines=tuple({"family median": score(measured[p], median[p])} for p in parts),
        fold_parameters=({"ridge alpha": 1.0},) * 3,
        parameters={"ridge alpha": 2.0, "regressors": "ridge"},
        out_of_fold=frame,
        seconds=12.5,
    )


@pytest.fixture(scope="session")
def training_result() -> TrainingResult:
    """Two targets, capacity with skill and retention without, three folds each."""
    return TrainingResult(
        results=(
            _target(Column.CAPACITY, 200.0, has_skill=True),
            _target(Column.RETENTION, 80.0, has_skill=False),
        ),
        config={"seed": 3, "targets": {"capacity_mAh_g": {"regressors": ["ridge", "xgboost"], "trials": {}}}},
        data_path="table.csv",
        data_sha256="ab" * 32,
        versions={"python": "3.11.7", "hemml": "0.1.0"},
        git_commit="0123456789abcdef",
        seconds=30.0,
        bundle_directory=Path("models/local"),
    )
