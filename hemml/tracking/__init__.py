"""Trainings in MLflow: where runs are kept, what is logged, and the model as MLflow serves it."""

from hemml.tracking.store import Store
from hemml.tracking.training_runs import log_training

__all__ = ["Store", "log_training"]
