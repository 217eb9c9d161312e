"""How far a prediction can be trusted: calibrated intervals, applicability domain, nearest evidence."""

from hemml.uncertainty.conformal import ConformalIntervals
from hemml.uncertainty.domain import Evidence

__all__ = ["ConformalIntervals", "Evidence"]
