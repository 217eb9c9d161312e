"""What to weigh and what to do with it: precursors, routes and recipes for a composition."""

from __future__ import annotations

from hemml.active.synthesis.precursors import Precursor, find_precursor, precursors
from hemml.active.synthesis.recipe import Recipe, Weighing
from hemml.active.synthesis.routes import Route, choose_route, route, route_names, routes_of
from hemml.active.synthesis.settings import RecipeSettings
from hemml.active.synthesis.weighing import make_recipe, recipe_or_reason

__all__ = [
    "Precursor",
    "Recipe",
    "RecipeSettings",
    "Route",
    "Weighing",
    "choose_route",
    "find_precursor",
    "make_recipe",
    "precursors",
    "recipe_or_reason",
    "route",
    "route_names",
    "routes_of",
]
