"""Figures of whether intervals hold what they promise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.evaluation import CalibrationCurve, wilson_interval
from hemml.evaluation.plot_style import COLOURS, GREY, INK, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_BINS: Final = 10
_BAND: Final = "#D9D9D9"


class _Style(NamedTuple):
    """How a group is marked, and what that means."""

    marker: str
    colour: str
    meaning: str


_BELOW: Final = _Style("v", COLOURS[1], "too few inside")
_HOLDS: Final = _Style("o", COLOURS[0], "holds, as far as the rows can tell")
_ABOVE: Final = _Style("^", COLOURS[2], "more inside than promised")
_STYLES: Final = (_BELOW, _HOLDS, _ABOVE)


class Coverage(NamedTuple):
    """How many rows of a group lie inside their intervals."""

    label: str
    n: int
    inside: int


def calibration_plot(curve: CalibrationCurve, rank: FloatArray, target: Column) -> Figure:
    """Draw observed against nominal coverage, and the histogram of the ranks that it follows from.

    Args:
        curve: Coverage by level.
        rank: Share of the predictive distribution at or below the measured value, (n,).
        target: Column of the target.
    """
    from scipy.stats import binom

    figure = new_figure(9.2, 4.1)
    left, right = figure.subplots(1, 2)
    nominal = 100 * curve.nominal
    left.fill_between(nominal, 100 * curve.low, 100 * curve.high, color=_BAND, lw=0, label="chance alone (95 %)")
    left.plot([0, 100], [0, 100], color=INK, lw=1, ls="--", label="calibrated")
    left.plot(nominal, 100 * curve.observed, color=COLOURS[0], lw=1.8, marker="o", ms=5, label="observed")
    left.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    left.set(xlabel="Level of the interval (%)", ylabel="Measured values inside (%)")
    left.set_title(f"{target.label}: coverage by level\nunseen papers", loc="left", fontsize=11)
    left.legend(loc="upper left", fontsize=8)
    counts, edges = np.histogram(rank, bins=_BINS, range=(0, 1))
    draws = max(1, round(curve.effective_n))
    low, high = (100 * binom.ppf(tail, draws, 1 / _BINS) / draws for tail in (0.025, 0.975))
    right.axhspan(low, high, color=_BAND, lw=0, zorder=1)
    right.bar(
        edges[:-1], 100 * counts / len(rank), width=1 / _BINS, align="edge", color=COLOURS[5], edgecolor=INK, lw=0.8
    )
    right.axhline(100 / _BINS, color=INK, lw=1, ls="--", zorder=3)
    right.set(xlim=(0, 1), xlabel="Rank of the measured value (0 low, 1 high)", ylabel="Rows (%)")
    right.set_title("Ranks: level where calibrated\nhigh at both ends: intervals too narrow", loc="left", fontsize=11)
    for axes in (left, right):
        tidy(axes)
    return figure


def coverage_plot(groups: Sequence[Coverage], level: float, target: Column) -> Figure:
    """Draw the share of measured values inside their intervals for groups of rows, with Wilson intervals.

    Args:
        groups: Groups of one row or more, first on top.
        level: Level that the intervals were made for.
        target: Column of the target.
    """
    from matplotlib.lines import Line2D

    figure = new_figure(7.0, 1.8 + 0.3 * len(groups))
    axes = figure.add_subplot()
    left_most = 100 * level
    for position, group in enumerate(groups):
        low, high = (100 * end for end in wilson_interval(group.inside, group.n))
        share = 100 * group.inside / group.n
        left_most = min(left_most, low)
        axes.plot([low, high], [position, position], color=GREY, lw=2, zorder=2, solid_capstyle="butt")
        style = _BELOW if high < 100 * level else _ABOVE if low > 100 * level else _HOLDS
        axes.plot(share, position, marker=style.marker, color=style.colour, ms=8, ls="", zorder=3, clip_on=False)
        axes.annotate(f"{share:.0f} %", (102.0, position), va="center", fontsize=8, annotation_clip=False)
    axes.axvline(100 * level, color=INK, lw=1, ls="--", zorder=1)
    axes.set(xlim=(max(0.0, min(left_most - 2, 70)), 100), ylim=(len(groups) - 0.4, -0.6))
    axes.set_yticks(range(len(groups)), [f"{group.label} ({group.n:,})" for group in groups])
    axes.set_xlabel(f"Measured values inside the {100 * level:g} % interval (%)")
    axes.set_title(f"{target.label}: coverage by group\nunseen papers", loc="left", fontsize=11)
    handles = [Line2D([], [], ls="", marker=one.marker, color=one.colour, ms=7, label=one.meaning) for one in _STYLES]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    tidy(axes)
    return figure
