"""Acquisition: which candidates are worth an experiment, on arrays alone (utilities: larger is better)."""

from hemml.active.acquisition.choice import Chosen, Predictor, choose_batch
from hemml.active.acquisition.gaussian import (
    expected_improvement,
    log_expected_improvement,
    upper_confidence_bound,
)
from hemml.active.acquisition.pareto import hypervolume, nondominated
from hemml.active.acquisition.scale import Scale
from hemml.active.acquisition.settings import NAMES, AcquisitionSettings
from hemml.active.acquisition.weights import (
    log_probability_within,
    probability_within,
    sampled_probability_within,
)

__all__ = [
    "NAMES",
    "AcquisitionSettings",
    "Chosen",
    "Predictor",
    "Scale",
    "choose_batch",
    "expected_improvement",
    "hypervolume",
    "log_expected_improvement",
    "log_probability_within",
    "nondominated",
    "probability_within",
    "sampled_probability_within",
    "upper_confidence_bound",
]
