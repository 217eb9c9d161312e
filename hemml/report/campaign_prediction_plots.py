"""Figures of how the predictions of a campaign did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.progress import Judged, judged_quantities, quantity_of
from hemml.evaluation import wilson_interval
from hemml.evaluation.plot_style import GREY, INK, tidy
from hemml.report.campaign_panels import BLUE, ORANGE, arms, figure_with, panels_of, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BAND: Final = "#D9D9D9"


def parity_plot(judged: Sequence[Judged]) -> Figure:
    """Draw predicted values with their intervals against measured ones, a panel a quantity; one or more."""
    names = judged_quantities(judged)
    panels = panels_of(len(names), height=4.0)
    for panel, name in zip(panels, names, strict=True):
        shown = [one for one in judged if one.quantity == name]
        _draw_parity(panel, shown)
        quantity = quantity_of(name)
        unit = f" ({quantity.unit})" if quantity.unit else ""
        panel.set_title(quantity.label, loc="left", fontsize=10)
        panel.set(xlabel=f"Measured{unit}", ylabel=f"Predicted{unit}")
        tidy(panel)
    figure = figure_with(panels)
    found = {
        label: handle for panel in panels for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)
    }
    figure.legend(found.values(), found.keys(), loc="outside lower center", ncols=4, fontsize=8)
    return figure


def coverage_so_far_plot(judged: Sequence[Judged]) -> Figure:
    """Draw the share of measured values inside their intervals as results come; one fair prediction or more."""
    fair = [one for one in judged if one.same_test]
    names = judged_quantities(fair)
    panels = panels_of(len(names), height=3.0)
    for panel, name in zip(panels, names, strict=True):
        shown = [one for one in fair if one.quantity == name]
        inside = np.cumsum([one.inside for one in shown])
        count = np.arange(1, len(shown) + 1)
        ends = np.array([wilson_interval(int(i), int(n)) for i, n in zip(inside, count, strict=True)])
        level = float(np.mean([one.predicted.level for one in shown]))
        panel.fill_between(count, 100 * ends[:, 0], 100 * ends[:, 1], color=_BAND, lw=0, label="95 % Wilson interval")
        panel.axhline(100 * level, color=INK, lw=1, ls="--", label="promised")
        panel.plot(count, 100 * inside / count, color=BLUE, marker="o", ms=4, lw=1.5, label="inside so far")
        panel.set(ylim=(0, 105), xlabel="Predictions measured", ylabel="Inside (%)")
        panel.set_title(quantity_of(name).label, loc="left", fontsize=10)
        whole_numbers(panel, len(shown))
        tidy(panel)
    panels[0].legend(fontsize=8, loc="lower right", framealpha=0.9)
    return figure_with(panels)


def _draw_parity(panel: Axes, judged: Sequence[Judged]) -> None:
    groups = (
        ("inside the interval", "o", BLUE, [one for one in judged if one.same_test and one.inside]),
        ("outside", "^", ORANGE, [one for one in judged if one.same_test and not one.inside]),
        ("tested in another way", "s", GREY, [one for one in judged if not one.same_test]),
    )
    for label, marker, colour, shown in groups:
        if shown:
            lengths = np.hstack([arms(one.predicted) for one in shown])
            x, y = [one.measured for one in shown], [one.predicted.value for one in shown]
            panel.errorbar(x, y, yerr=lengths, fmt=marker, ms=5, color=colour, elinewidth=0.9, alpha=0.85, label=label)
    for one in judged:
        if one.same_test and not one.inside:
            panel.annotate(
                one.experiment, (one.measured, one.predicted.value), xytext=(5, 0), textcoords="offset points",
                fontsize=7, va="center", color=INK,
            )  # fmt: skip
    low = min(one.measured for one in judged)
    high = max(one.measured for one in judged)
    pad = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    ends = [low - pad, high + pad]
    panel.plot(ends, ends, color=INK, lw=1, ls="--", zorder=1, label="predicted = measured")
    panel.set_xlim(*ends)
