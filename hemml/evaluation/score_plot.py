"""The figure of a model's scores beside those of the baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from hemml.columns import Column
from hemml.errors import InputError
from hemml.evaluation.metrics import Scores
from hemml.evaluation.plot_style import COLOURS, INK, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_METRIC_LABELS: Final = {
    "mae": "MAE",
    "rmse": "RMSE",
    "r2": "R²",
    "spearman": "Spearman",
    "skill": "Skill",
    "coverage_90": "90 % coverage",
    "mean_width": "Mean width",
}
_WITH_UNIT: Final = ("mae", "rmse", "mean_width")
_BASELINE: Final = "#B5B5B5"


def score_plot(
    scores: Mapping[str, Scores],
    intervals: Mapping[str, Mapping[str, tuple[float, float]]],
    target: Column,
    *,
    highlight: str,
    metrics: Sequence[str] = ("mae", "skill", "spearman"),
    subtitle: str = "unseen papers, 95 % intervals over papers",
) -> Figure:
    """Draw the scores of a model beside those of the baselines, one panel a metric.

    Args:
        scores: Scores by the name of the model or baseline, in the order to draw (first on top).
        intervals: Confidence intervals by the same names, then by metric (see `bootstrap_intervals`); where there is
            none, the bar stands without.
        target: Column of the target.
        highlight: Name of the model among the baselines.
        metrics: Fields of `Scores` to draw.
        subtitle: What the scores are, second part of the title.

    Returns:
        The figure; where a score is not defined, "n/a" stands in place of the bar.

    Raises:
        InputError: If `highlight` is not among the scores or a metric is unknown.
    """
    if highlight not in scores:
        raise InputError(f"highlight must be one of {', '.join(scores)}, got {highlight!r}")
    unknown = [name for name in metrics if name not in _METRIC_LABELS]
    if unknown or not metrics:
        raise InputError(f"metrics must be among {', '.join(_METRIC_LABELS)}, got {', '.join(unknown) or 'none'}")
    figure = new_figure(1.6 + 2.6 * len(metrics), 1.3 + 0.34 * len(scores))
    panels = figure.subplots(1, len(metrics), sharey=True, squeeze=False)[0]
    for axes, metric in zip(panels, metrics, strict=True):
        _bars(axes, metric, scores, intervals, highlight)
        unit = f" ({target.unit})" if metric in _WITH_UNIT else ""
        axes.set_xlabel(_METRIC_LABELS[metric] + unit)
    panels[0].set_yticks(range(len(scores)), list(scores))
    panels[0].invert_yaxis()
    title = f"{target.label}, n = {scores[highlight].n:,}: {subtitle}"
    figure.suptitle(title, x=0.01, ha="left", fontsize=11)
    return figure


def _bars(
    axes: Axes,
    metric: str,
    scores: Mapping[str, Scores],
    intervals: Mapping[str, Mapping[str, tuple[float, float]]],
    highlight: str,
) -> None:
    from matplotlib.ticker import MaxNLocator

    digits = ".3g" if metric in _WITH_UNIT else ".3f"
    ends = [0.0]
    for position, (name, row) in enumerate(scores.items()):
        value = getattr(row, metric)
        is_model = name == highlight
        if value is None:
            _note(axes, "n/a", 0.0, position, is_model)
            continue
        low, high = intervals.get(name, {}).get(metric, (value, value))
        ends += [low, high, value]
        axes.barh(position, value, height=0.62, color=COLOURS[0] if is_model else _BASELINE, zorder=2)
        if high > low:
            axes.plot([low, high], [position, position], color=INK, lw=1.2, marker="|", ms=5, zorder=3)
        _note(axes, f"{value:{digits}}".replace("-", "−"), max(high, value, 0), position, is_model)
    span = max(ends) - min(ends) or 1.0
    axes.set_xlim(min(ends) - (0.04 * span if min(ends) < 0 else 0), max(ends) + 0.28 * span)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.axvline(0, color=INK, lw=0.8)
    axes.tick_params(axis="y", length=0)
    tidy(axes)


def _note(axes: Axes, text: str, x: float, y: int, bold: bool) -> None:
    weight = "bold" if bold else "normal"
    axes.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", va="center", fontsize=8, fontweight=weight)
