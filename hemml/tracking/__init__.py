"""Trainings and campaigns in MLflow: where runs are kept, what is logged, and the model as MLflow serves it."""

from hemml.tracking.campaign_runs import log_step
from hemml.tracking.own_lab_run import log_own_lab
from hemml.tracking.store import Store
from hemml.tracking.training_runs import LoggedTraining, log_training

__all__ = ["LoggedTraining", "Store", "log_own_lab", "log_step", "log_training"]
