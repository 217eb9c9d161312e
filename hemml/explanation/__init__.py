"""Why a model predicts what it does: contributions of physical ideas, and what each element does."""

from __future__ import annotations

from hemml.explanation.contributions import Contributions, Step, contributions
from hemml.explanation.element_effects import element_effects
from hemml.explanation.ideas import IDEAS, Idea, idea_of
from hemml.explanation.line import line_table
from hemml.explanation.periodic_figure import periodic_table_figure
from hemml.explanation.swaps import swap_table

__all__ = [
    "IDEAS",
    "Contributions",
    "Idea",
    "Step",
    "contributions",
    "element_effects",
    "idea_of",
    "line_table",
    "periodic_table_figure",
    "swap_table",
]
