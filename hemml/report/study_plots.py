"""Figures of what the scores depend on: papers read, groups left out, own measurements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hemml.columns import Column
from hemml.evaluation.plot_style import COLOURS, GREY, INK, new_figure, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def learning_curve_plot(table: pd.DataFrame, target: Column) -> Figure:
    """Draw error, skill and rank correlation against the number of papers learned from.

    Args:
        table: What `hemml.models.learning_curve.learning_curve` returns.
        target: Column of the target.
    """
    figure = new_figure(9.2, 4.2)
    left, right = figure.subplots(1, 2)
    papers = table["n_papers"].to_numpy()
    _with_bars(left, table, "mae", colour=COLOURS[0], marker="o", label="hemml, nothing searched")
    left.plot(papers, table["baseline_mae"], color=GREY, ls=":", marker="s", mfc="white", label="family median")
    left.set(ylabel=f"MAE on unseen papers ({target.unit})")
    _with_bars(right, table, "skill", colour=COLOURS[2], marker="^", label="skill")
    _with_bars(right, table, "spearman", colour=COLOURS[1], marker="s", label="Spearman")
    right.axhline(0, color=INK, lw=0.8)
    right.set(ylabel="Skill, Spearman")
    left.set_title(f"{target.label}: learning curve\n95 % intervals over papers", loc="left", fontsize=11)
    for axes in (left, right):
        _count_axis(axes, papers)
        axes.set_xlabel("Papers learned from (log scale)")
        tidy(axes)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8)
    return figure


def leave_out_plot(table: pd.DataFrame, known: Mapping[str, float], target: Column) -> Figure:
    """Draw the error on ions and families that were not learned from.

    Args:
        table: What `hemml.models.leave_out.leave_one_out` returns, one row or more.
        known: MAE on the rows of the same group where other papers of the group were learned from, by group.
        target: Column of the target.
    """
    kinds = [(kind, title) for kind, title in _KINDS.items() if (table["kind"] == kind).any()]
    parts = [table[table["kind"] == kind].reset_index(drop=True) for kind, _ in kinds]
    figure = new_figure(9.2, 2.0 + 0.27 * max(len(part) for part in parts))
    panels = figure.subplots(1, len(parts), squeeze=False)[0]
    for axes, part, (_, title) in zip(panels, parts, kinds, strict=True):
        places = np.arange(len(part))
        mae, baseline = part["mae"].to_numpy(), part["baseline_mae"].to_numpy()
        axes.hlines(places, np.minimum(mae, baseline), np.maximum(mae, baseline), color=GREY, lw=1.2, zorder=1)
        axes.plot(baseline, places, ls="", marker="s", mfc="white", mec=INK, ms=6, label="median of the role")
        axes.plot(mae, places, ls="", marker="o", color=COLOURS[0], ms=7, label="hemml, group left out")
        inside = [known.get(str(name), np.nan) for name in part["left_out"]]
        axes.plot(inside, places, ls="", marker="|", color=COLOURS[1], ms=11, mew=2, label="hemml, group learned from")
        axes.set_yticks(places, [f"{name} ({n:,})" for name, n in zip(part["left_out"], part["n"], strict=True)])
        axes.set(ylim=(len(part) - 0.4, -0.6), xlabel=f"MAE ({target.unit})")
        axes.set_xlim(0, 1.06 * np.nanmax([*mae, *baseline, *inside]))
        axes.set_title(f"{target.label}\nleave one {title} out", loc="left", fontsize=11)
        tidy(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def lab_curve_plot(table: pd.DataFrame, target: Column) -> Figure:
    """Draw how the error on a laboratory's other samples falls with its own measurements.

    Args:
        table: Columns k, n_papers, n_rows, mae_literature, mae_corrected, ratio_low, ratio_high; one row or more.
        target: Column of the target.
    """
    figure = new_figure(9.2, 3.7)
    left, right = figure.subplots(1, 2)
    k = table["k"].to_numpy()
    literature, corrected = (table[name].to_numpy(dtype=float) for name in ("mae_literature", "mae_corrected"))
    left.plot(k, literature, color=GREY, ls=":", marker="s", mfc="white", label="literature model")
    left.plot(k, corrected, color=COLOURS[0], marker="o", label="corrected with k own rows")
    left.set(ylabel=f"MAE on the other rows ({target.unit})", ylim=(0, 1.1 * max(literature.max(), corrected.max())))
    left.set_title(f"{target.label}: own measurements\neach paper plays a laboratory", loc="left", fontsize=11)
    left.legend(fontsize=8, loc="lower left")
    ratio = corrected / literature
    low, high = (table[name].to_numpy(dtype=float) for name in ("ratio_low", "ratio_high"))
    right.vlines(k, low, high, color=COLOURS[0], lw=1.6)
    right.plot(k, ratio, color=COLOURS[0], marker="o")
    right.axhline(1, color=INK, lw=1, ls="--")
    right.set(ylabel="MAE corrected / literature")
    right.set_title("Below 1: own rows help\n95 % intervals over papers", loc="left", fontsize=11)
    for axes in (left, right):
        axes.set_xticks(k)
        axes.set_xlabel("Own rows used, k")
        tidy(axes)
    return figure


_KINDS = {"ion": "working ion", "family": "family"}


def _with_bars(axes: Axes, table: pd.DataFrame, name: str, **style: Any) -> None:
    x, y = table["n_papers"].to_numpy(), table[name].to_numpy(dtype=float)
    low, high = (table[f"{name}_{end}"].to_numpy(dtype=float) for end in ("low", "high"))
    axes.vlines(x, low, high, color=style["colour"], lw=1.4)
    axes.plot(x, y, color=style["colour"], marker=style["marker"], label=style["label"])


def _count_axis(axes: Axes, papers: Any) -> None:
    from matplotlib.ticker import FixedLocator, NullLocator

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(papers))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(papers, [f"{value:,.0f}" for value in papers])
