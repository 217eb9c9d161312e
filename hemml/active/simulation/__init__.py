"""Campaigns played on pools with known outcomes: strategies compared by what they find, and how soon."""

from __future__ import annotations

from hemml.active.simulation.bands import Band, mean_band, median_band, ratio_band
from hemml.active.simulation.curves import curves_table
from hemml.active.simulation.figure import curves_figure
from hemml.active.simulation.outcomes import LEVELS, TOP_PERCENT, Outcome
from hemml.active.simulation.playing import Plan, Played, play, play_all
from hemml.active.simulation.pool import Pool, read_pool
from hemml.active.simulation.result import Result, simulate
from hemml.active.simulation.seeds import start_rows, strategy_rng
from hemml.active.simulation.strategies import STRATEGIES, USE_PRIOR, check_strategies
from hemml.active.simulation.strategy import Brief, Strategy

__all__ = [
    "LEVELS",
    "STRATEGIES",
    "TOP_PERCENT",
    "USE_PRIOR",
    "Band",
    "Brief",
    "Outcome",
    "Plan",
    "Played",
    "Pool",
    "Result",
    "Strategy",
    "check_strategies",
    "curves_figure",
    "curves_table",
    "mean_band",
    "median_band",
    "play",
    "play_all",
    "ratio_band",
    "read_pool",
    "simulate",
    "start_rows",
    "strategy_rng",
]
