"""Figure of how the error grows with the distance to what was learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.evaluation.plot_style import COLOURS, GREY, INK, new_figure, tidy
from hemml.models.score_table import amount

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS: Final = 12
_ROWS_A_BIN: Final = 10


def domain_plot(distance: FloatArray, error: FloatArray, in_domain: BoolArray, target: Column) -> Figure:
    """Draw the absolute error of each row against its distance to the nearest record that was learned from.

    Args:
        distance: Distance in descriptor space, (n,).
        error: Absolute error in the target's unit, (n,).
        in_domain: Whether the row counts as inside the domain, (n,).
        target: Column of the target.
    """
    figure = new_figure(7.6, 4.8)
    axes = figure.add_subplot()
    styles = (("inside the domain", in_domain, COLOURS[5], "o"), ("flagged", ~in_domain, COLOURS[1], "^"))
    for label, rows, colour, marker in styles:
        if not rows.any():
            continue
        text = f"{label} ({rows.sum():,}): MAE {amount(float(error[rows].mean()))} {target.unit}"
        axes.scatter(distance[rows], error[rows], s=14, c=colour, marker=marker, alpha=0.6, lw=0, label=text, zorder=2)
    centres, medians, quartiles = binned(distance, error)
    axes.fill_between(centres, *quartiles, color=GREY, alpha=0.25, lw=0, label="middle half of the rows", zorder=3)
    axes.plot(centres, medians, color=INK, lw=1.8, marker=".", label="median", zorder=4)
    # single large misses would squeeze the rest
    reach = float(np.quantile(error, 0.95)) * 1.1 or 1.0
    outside = int((error > reach).sum())
    axes.set(ylim=(0, reach), xlim=(0, None), xlabel="Distance to the nearest record learned from")
    axes.set_ylabel(f"Absolute error ({target.unit})")
    note = f"unseen papers; rows above the axes: {outside:,}" if outside else "unseen papers"
    axes.set_title(f"{target.label}: error and distance\n{note}", loc="left", fontsize=11)
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    tidy(axes)
    return figure


def binned(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Medians of x and y and the quartiles of y (2, bins) in equally filled bins of x, 10 rows or more each."""
    parts = np.array_split(np.argsort(x, kind="stable"), max(1, min(_BINS, len(x) // _ROWS_A_BIN)))
    centres = np.array([np.median(x[part]) for part in parts])
    medians = np.array([np.median(y[part]) for part in parts])
    return centres, medians, np.array([np.quantile(y[part], (0.25, 0.75)) for part in parts]).T
