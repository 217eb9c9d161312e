"""What the figures of a campaign share: panels, error bars, axes of whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.active.proposal import PredictedValue
from hemml.arrays import FloatArray
from hemml.evaluation.plot_style import COLOURS, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN = COLOURS[:3]
HEIGHT: Final = 3.5
_WIDTH: Final = 9.2


def panels_of(count: int, height: float = HEIGHT) -> list[Axes]:
    """Axes of a new figure: three in a row if there are three, else two."""
    across = 3 if count == 3 else min(count, 2)
    down = -(-count // across)
    figure = new_figure(_WIDTH, height * down)
    found = figure.subplots(down, across, squeeze=False).ravel()
    for spare in found[count:]:
        spare.remove()
    return list(found[:count])


def figure_with(panels: Sequence[Axes]) -> Figure:
    """The figure that panels are in."""
    figure = panels[0].get_figure()
    assert figure is not None  # noqa: S101 - each was made in one
    return figure  # type: ignore[return-value]


def arms(predicted: PredictedValue) -> FloatArray:
    """Lengths of the two halves of an interval, (2, 1)."""
    return np.array([[predicted.value - predicted.lower], [predicted.upper - predicted.value]])


def columns(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Points as x and y."""
    return [x for x, _ in points], [y for _, y in points]


def whole_numbers(panel: Axes, count: int) -> None:
    """Let the x axis count from 1."""
    from matplotlib.ticker import MaxNLocator

    panel.set_xlim(0.5, count + 0.5)
    panel.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
