"""Learning the targets: inputs, regressors, honest scores, bundles and predictions."""

from __future__ import annotations

from hemml.models.bundle import Bundle, load_bundle, load_bundles
from hemml.models.prediction import NearestRecord, Predictions, Predictor
from hemml.models.result import TargetResult, TrainingResult

__all__ = [
    "Bundle",
    "NearestRecord",
    "Predictions",
    "Predictor",
    "TargetResult",
    "TrainingResult",
    "load_bundle",
    "load_bundles",
]
