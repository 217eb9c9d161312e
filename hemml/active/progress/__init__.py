"""How far a campaign has come: best values, hypervolume, limits, and how well its predictions did."""

from __future__ import annotations

from hemml.active.progress.curve import Batch, Point
from hemml.active.progress.naming import Quantity, quantity_of
from hemml.active.progress.predictions import Coverage, Judged, judged_quantities, predictions_of
from hemml.active.progress.progress import Best, Limit, Progress, progress_of
from hemml.active.progress.standing import Standing
from hemml.active.progress.syntheses import Syntheses, Synthesis
from hemml.active.progress.words import shown_quantities, status_text, value_text

__all__ = [
    "Batch",
    "Best",
    "Coverage",
    "Judged",
    "Limit",
    "Point",
    "Progress",
    "Quantity",
    "Standing",
    "Syntheses",
    "Synthesis",
    "judged_quantities",
    "predictions_of",
    "progress_of",
    "quantity_of",
    "shown_quantities",
    "status_text",
    "value_text",
]
