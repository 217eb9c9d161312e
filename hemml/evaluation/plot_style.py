"""What the figures share: colours, classes, scatter, legend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito, Color Universal Design, 2008 (jfly.uni-koeln.de/color); yellow is left out: too pale on white
COLOURS: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_MARKERS: Final = ("o", "s", "^", "D", "v", "P")
GREY: Final = "#7F7F7F"
INK: Final = "#262626"
_DPI: Final = 150
_SLICES: Final = 12


class PlotClass(NamedTuple):
    """How one class of rows is drawn; `rows` is a mask, (n,)."""

    label: str
    colour: str
    marker: str
    rows: BoolArray


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure; width and height in inches."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), dpi=_DPI, layout="constrained")


def class_labels(classes: Sequence[str] | StrArray, length: int) -> StrArray:
    """Return the class of each row as an array, checked against the number of rows."""
    labels = np.asarray(classes, dtype=np.str_)
    if labels.shape != (length,):
        raise InputError(f"classes must have one entry a row ({length},), got shape {labels.shape}")
    return labels


def by_count(labels: StrArray) -> tuple[StrArray, IntArray]:
    """Return the distinct labels and their counts, commonest first."""
    names, counts = np.unique(labels, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return names[order], counts[order]


def plot_classes(labels: StrArray) -> list[PlotClass]:
    """Give the six commonest classes a colour and a marker, the rest grey."""
    names, _ = by_count(labels)
    kept = names[: len(COLOURS)]
    styles = [
        PlotClass(str(name), colour, marker, labels == name)
        for name, colour, marker in zip(kept, COLOURS, _MARKERS, strict=False)
    ]
    if len(kept) < len(names):
        styles.append(PlotClass(f"{len(names) - len(kept)} more", GREY, "X", ~np.isin(labels, kept)))
    return styles


def scatter(axes: Axes, x: FloatArray, y: FloatArray, classes: Sequence[PlotClass]) -> None:
    """Draw points in slices of a fixed shuffle, so that no class hides another."""
    size = 18 if len(x) <= 500 else 11
    order = np.random.default_rng(0).permutation(len(x))
    for part in np.array_split(order, min(_SLICES, len(order))):
        for item in classes:
            rows = part[item.rows[part]]
            axes.scatter(x[rows], y[rows], s=size, c=item.colour, marker=item.marker, alpha=0.6, lw=0, zorder=2)
    tidy(axes)


def add_legend(axes: Axes, classes: Sequence[PlotClass], title: str) -> None:
    """List the classes with their number of rows."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker=c.marker, color=c.colour, ms=5, label=f"{c.label} ({c.rows.sum():,})")
        for c in classes
    ]
    axes.legend(handles=handles, title=title or None, loc="lower right", fontsize=8, title_fontsize=8, framealpha=0.9)


def tidy(axes: Axes) -> None:
    """Leave the two axes that are read and a pale grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#E6E6E6", lw=0.6, zorder=0)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
