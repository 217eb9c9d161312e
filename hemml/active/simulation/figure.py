"""The curves of a simulation: share of the pool's hypervolume against experiments, with bands over seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hemml.active.simulation.bands import mean_band
from hemml.active.simulation.result import Result
from hemml.evaluation.plot_style import COLOURS, GREY, INK, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LEVEL: Final = 0.9


def curves_figure(result: Result) -> Figure:
    """Mean over seeds with its 95 % band, one line a strategy."""
    figure = new_figure(6.4, 4.0)
    axes = figure.subplots()
    colours = COLOURS * (1 + len(result.orders) // len(COLOURS))
    for (name, outcome), colour in zip(result.outcomes.items(), colours, strict=False):
        sizes = result.sizes[: outcome.hypervolume.shape[1]]
        mean, low, high = mean_band(outcome.hypervolume)
        shown = GREY if name == "random" else colour
        axes.fill_between(sizes, low, high, color=shown, alpha=0.18, lw=0)
        axes.plot(sizes, mean, color=shown, lw=1.6, label=f"{name} ({len(outcome.hypervolume)} seeds)")
    axes.axhline(_LEVEL, color=INK, lw=0.7, ls=":")
    axes.set_xlim(0, result.sizes[-1])
    axes.set_ylim(top=1.02)
    axes.set_xlabel("Experiments, the start rows counted", fontsize=9)
    one = len(result.pool.objectives) == 1
    label = "Best found, 0: worst of the pool, 1: best" if one else "Share of the pool's hypervolume"
    axes.set_ylabel(label, fontsize=9)
    aims = ", ".join(str(objective) for objective in result.pool.objectives)
    axes.set_title(f"{result.pool.name}: {aims}; {len(result.pool):,} rows", fontsize=9, color=INK, loc="left")
    axes.legend(loc="lower right", fontsize=8, framealpha=0.9)
    tidy(axes)
    return figure
