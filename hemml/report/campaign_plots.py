"""Figures of a campaign: progress, and the objectives against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final, Literal

from hemml.active.objective import Objective, axes
from hemml.active.progress import Point, Progress, quantity_of
from hemml.active.proposal import PredictedValue
from hemml.evaluation.plot_style import GREY, INK, tidy
from hemml.report.campaign_panels import BLUE, GREEN, ORANGE, arms, columns, figure_with, panels_of, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_PAIRS: Final = 6


def progress_plot(progress: Progress) -> Figure:
    """Draw each result, the best so far, and the hypervolume, in the order of the results; one result or more."""
    improved = axes(progress.objectives)
    panels = panels_of(len(improved) + (progress.hypervolume is not None))
    for place, (one, panel) in enumerate(zip(improved, panels, strict=False)):
        _draw_best(panel, progress.points, one)
        panel.set_title(f"{quantity_of(one.quantity).label}: {_wanted(one)}", loc="left", fontsize=10, pad=14)
        if place == 0:
            panel.legend(fontsize=8, loc="best", framealpha=0.9)
    if progress.hypervolume is not None:
        values = [one.hypervolume or 0.0 for one in progress.points]
        numbers = range(1, len(values) + 1)
        panels[-1].step(numbers, values, where="post", color=BLUE, lw=1.8)
        panels[-1].plot(numbers, values, ls="", marker="o", ms=4, color=BLUE)
        panels[-1].set(ylim=(0, 1.05), ylabel="Share of the box")
        panels[-1].set_title("Hypervolume", loc="left", fontsize=10, pad=14)
    for panel in panels:
        _mark_batches(panel, progress.points)
        panel.set_xlabel("Results so far")
        tidy(panel)
    return figure_with(panels)


def objectives_plot(progress: Progress, pending: Mapping[str, Mapping[str, PredictedValue]]) -> Figure:
    """Draw each pair of objectives: measured experiments, the Pareto set, and what pending ones are predicted to give.

    Args:
        progress: With two objectives or more, one complete result or more, or a pending experiment.
        pending: Predictions of the pending experiments without a complete result, by id.
    """
    improved = axes(progress.objectives)
    pairs = list(combinations(improved, 2))[:_MOST_PAIRS]
    panels = panels_of(len(pairs), height=4.3)
    for panel, pair in zip(panels, pairs, strict=True):
        _draw_pair(panel, pair, progress, pending, join=len(improved) == 2)
        panel.set(xlabel=quantity_of(pair[0].quantity).heading, ylabel=quantity_of(pair[1].quantity).heading)
        tidy(panel)
    handles, labels = panels[0].get_legend_handles_labels()
    figure = figure_with(panels)
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _draw_best(panel: Axes, points: Sequence[Point], objective: Objective) -> None:
    name = objective.quantity
    numbered = list(enumerate(points, start=1))
    best = [(number, one.best[name]) for number, one in numbered if name in one.best]
    if best:
        x, y = zip(*best, strict=True)
        panel.step([*x, len(points)], [*y, y[-1]], where="post", color=BLUE, lw=1.8, label="best so far", zorder=2)
    kinds = (
        ("measured", "o", GREY, [n for n, one in numbered if one.counts and one.batch is not None]),
        ("not proposed", "s", GREY, [n for n, one in numbered if one.counts and one.batch is None]),
        ("breaks a limit", "x", ORANGE, [n for n, one in numbered if not one.counts]),
    )
    for label, marker, colour, numbers in kinds:
        kept = [number for number in numbers if name in points[number - 1].values]
        if kept:
            values = [points[number - 1].values[name] for number in kept]
            panel.plot(kept, values, ls="", marker=marker, ms=5, color=colour, label=label, zorder=3)
    if objective.goal == "target" and objective.value is not None:
        panel.axhline(objective.value, color=INK, lw=1, ls="--", label="wanted")
    panel.set_ylabel(quantity_of(name).heading)


def _draw_pair(
    panel: Axes,
    pair: tuple[Objective, Objective],
    progress: Progress,
    pending: Mapping[str, Mapping[str, PredictedValue]],
    *,
    join: bool,
) -> None:
    x, y = (one.quantity for one in pair)
    complete = [one for one in progress.standings.values() if one.is_complete]
    groups = (
        ("measured", "o", GREY, 5, [one for one in complete if one.counts and one.id not in progress.pareto]),
        ("breaks a limit", "x", ORANGE, 6, [one for one in complete if not one.counts]),
        ("Pareto set", "o", BLUE, 8, [one for one in complete if one.id in progress.pareto]),
    )
    for label, marker, colour, size, shown in groups:
        points = [(one.values[x], one.values[y]) for one in shown]
        panel.plot(*columns(points), ls="", marker=marker, ms=size, color=colour, label=label, zorder=3)
    front = sorted((one.values[x], one.values[y], one.id) for one in complete if one.id in progress.pareto)
    for left, up, name in front:
        panel.annotate(name, (left, up), xytext=(5, 5), textcoords="offset points", fontsize=7, color=INK)
    if join and all(one.goal in ("max", "min") for one in pair):
        where: Literal["pre", "post"] = "pre" if pair[0].goal == "max" else "post"
        panel.step(*columns([(a, b) for a, b, _ in front]), where=where, color=BLUE, lw=1, alpha=0.6, zorder=2)
    _draw_pending(panel, x, y, progress, pending)


def _draw_pending(
    panel: Axes, x: str, y: str, progress: Progress, pending: Mapping[str, Mapping[str, PredictedValue]]
) -> None:
    label = "pending, as predicted"
    for name, predicted in pending.items():
        known = progress.standings[name].values
        if all(quantity in known or quantity in predicted for quantity in (x, y)):
            centre = [known[q] if q in known else predicted[q].value for q in (x, y)]
            bars = [arms(predicted[q]) if q not in known else None for q in (x, y)]
            panel.errorbar(
                [centre[0]], [centre[1]], xerr=bars[0], yerr=bars[1], fmt="D", ms=5, mfc="white", color=GREEN,
                elinewidth=0.8, alpha=0.8, label=label, zorder=1,
            )  # fmt: skip
            label = "_nolegend_"


def _mark_batches(panel: Axes, points: Sequence[Point]) -> None:
    """Pale lines where results of another batch begin to come."""
    newest = 0
    for number, one in enumerate(points, start=1):
        if one.batch is not None and one.batch > newest:
            newest = one.batch
            panel.axvline(number - 0.5, color=GREY, lw=0.8, ls=":", zorder=0)
            panel.annotate(
                f"batch {newest}" if newest == 1 else str(newest), (number - 0.4, 1.0), va="bottom", fontsize=7,
                xycoords=("data", "axes fraction"), color=GREY, annotation_clip=False,
            )  # fmt: skip
    whole_numbers(panel, len(points))


def _wanted(objective: Objective) -> str:
    words = {"max": "maximise", "min": "minimise"}
    return words.get(objective.goal) or f"near {objective.value:g}"
