"""Figures of how well predictions hold, readable in print and for colour-blind readers.

Made with matplotlib's object interface only: no pyplot, no window, nothing kept between calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray, StrArray
from hemml.columns import Column
from hemml.errors import InputError
from hemml.evaluation.metrics import Scores, ScoreTable, score
from hemml.evaluation.plot_style import (
    GREY,
    INK,
    PlotClass,
    add_legend,
    by_count,
    class_labels,
    new_figure,
    plot_classes,
    scatter,
    tidy,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FEW: Final = 10  # rows below which single points say more than a box


def parity_plot(
    y: ArrayLike,
    predicted: ArrayLike,
    target: Column,
    *,
    classes: Sequence[str] | StrArray | None = None,
    classes_label: str = "",
    log: bool = False,
    subtitle: str = "unseen papers",
) -> Figure:
    """Draw predicted against measured values.

    Args:
        y: Measured values, (n,).
        predicted: Predictions, (n,).
        target: Column of the target; its label and unit stand on the axes.
        classes: Class of each row that colours it (role or ion), (n,); all but the six commonest are grey.
        classes_label: Title of the legend.
        log: Use logarithmic axes; needs positive values.
        subtitle: What the predictions are, second line of the title.

    Returns:
        The figure.

    Raises:
        HemmlError: If a prediction is not finite.
        InputError: If lengths differ, or a value is not positive on logarithmic axes.
    """
    table = ScoreTable.checked(y, predicted)
    if log and min(table.y.min(), table.predicted.min()) <= 0:
        raise InputError(
            f"parity plot of {target}: logarithmic axes need positive values, got "
            f"{min(table.y.min(), table.predicted.min()):g}; use log=False"
        )
    figure = new_figure(5.2, 5.0)
    axes = figure.add_subplot()
    low, high = _limits(np.concatenate([table.y, table.predicted]), log)
    styles = plot_classes(np.full(len(table.y), "") if classes is None else class_labels(classes, len(table.y)))
    scatter(axes, table.y, table.predicted, styles)
    axes.plot([low, high], [low, high], color=INK, lw=1, ls="--", zorder=3)
    if classes is not None:
        add_legend(axes, styles, classes_label)
    if log:
        _log_axes(axes)
    axes.set(xlim=(low, high), ylim=(low, high), aspect="equal")
    axes.set(xlabel=f"Measured {_quantity(target)}", ylabel=f"Predicted {_quantity(target)}")
    _set_title(axes, target, score(table.y, table.predicted), subtitle)
    return figure


def residual_plot(
    y: ArrayLike,
    predicted: ArrayLike,
    target: Column,
    *,
    classes: Sequence[str] | StrArray,
    classes_label: str = "Working ion",
    subtitle: str = "unseen papers",
) -> Figure:
    """Draw residuals (measured - predicted) against predictions, and their spread by class.

    Args:
        y: Measured values, (n,).
        predicted: Predictions, (n,).
        target: Column of the target.
        classes: Class of each row (working ion or family), (n,).
        classes_label: What the classes are.
        subtitle: What the predictions are.

    Returns:
        The figure: left the residuals with the running median, right one box a class in the same colours (median,
        quartiles, 5th and 95th percentile), single points where a class has fewer than 10 rows. The axes show 99 % of
        the residuals; the title counts the rest.

    Raises:
        HemmlError: If a prediction is not finite.
        InputError: If lengths differ.
    """
    table = ScoreTable.checked(y, predicted)
    residual = table.y - table.predicted
    labels = class_labels(classes, len(residual))
    styles = plot_classes(labels)
    figure = new_figure(9.2, max(3.8, 1.4 + 0.22 * len(np.unique(labels))))
    left, right = figure.subplots(1, 2, sharex=False, width_ratios=(1, 1))
    scatter(left, table.predicted, residual, styles)
    centres, medians = _running_median(table.predicted, residual)
    left.plot(centres, medians, color=INK, lw=1.8, label="running median", zorder=4)
    left.legend(loc="upper left", fontsize=8)
    left.axhline(0, color=INK, lw=1, ls="--", zorder=3)
    # single large misses would squeeze the rest
    reach = float(np.quantile(np.abs(residual), 0.99)) * 1.1 or 1.0
    outside = int((np.abs(residual) > reach).sum())
    left.set(ylim=(-reach, reach), xlabel=f"Predicted {_quantity(target)}", ylabel=f"Residual ({target.unit})")
    _set_title(left, target, score(table.y, table.predicted), subtitle)
    _boxes(right, residual, labels, styles)
    right.axvline(0, color=INK, lw=1, ls="--", zorder=1)
    right.set(xlim=(-reach, reach), xlabel=f"Measured − predicted ({target.unit})")
    note = f"{outside} rows lie outside the axes" if outside else ""
    right.set_title(f"By {classes_label.lower()}\n{note}", loc="left", fontsize=11)
    return figure


def _quantity(target: Column) -> str:
    label = target.label[0].lower() + target.label[1:]
    return f"{label} ({target.unit})" if target.unit else label


def _set_title(axes: Axes, target: Column, scores: Scores, subtitle: str) -> None:
    text = f"{target.label}: MAE {scores.mae:.3g} {target.unit}, n = {scores.n:,}\n{subtitle}"
    axes.set_title(text, loc="left", fontsize=11)


def _limits(values: FloatArray, log: bool) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    if log:
        return low / 1.15, high * 1.15
    margin = 0.04 * (high - low) or 1.0
    return low - margin, high + margin


def _log_axes(axes: Axes) -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.set_minor_formatter(NullFormatter())


def _running_median(x: FloatArray, y: FloatArray, bins: int = 15) -> tuple[FloatArray, FloatArray]:
    """Median of y in equally filled bins of x, at least 10 rows each."""
    parts = np.array_split(np.argsort(x, kind="stable"), max(1, min(bins, len(x) // 10)))
    return np.array([np.median(x[p]) for p in parts]), np.array([np.median(y[p]) for p in parts])


def _boxes(axes: Axes, residual: FloatArray, labels: StrArray, classes: Sequence[PlotClass]) -> None:
    names, counts = by_count(labels)
    colours = {c.label: c.colour for c in classes}
    for position, name in enumerate(names):
        values = residual[labels == name]
        colour = colours.get(str(name), GREY)
        if len(values) < _FEW:
            axes.scatter(values, np.full(len(values), position), s=14, c=colour, alpha=0.7, lw=0, zorder=2)
            continue
        axes.boxplot(
            values,
            positions=[position],
            orientation="horizontal",
            widths=0.6,
            whis=(5, 95),  # codespell:ignore whis
            showfliers=False,
            patch_artist=True,
            boxprops={"facecolor": colour + "40", "edgecolor": colour},
            medianprops={"color": INK, "linewidth": 1.6},
            whiskerprops={"color": colour},
            capprops={"color": colour},
        )
    axes.set_yticks(range(len(names)), [f"{name} ({n:,})" for name, n in zip(names, counts, strict=True)])
    axes.set_ylim(len(names) - 0.4, -0.6)
    tidy(axes)
