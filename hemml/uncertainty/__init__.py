"""How far a prediction can be trusted: calibrated intervals, applicability domain, nearest evidence."""

from hemml.uncertainty.domain import Evidence
from hemml.uncertainty.predictive import PredictiveDistributions

__all__ = ["Evidence", "PredictiveDistributions"]
