"""A periodic table of element effects that a colour-blind reader and a grey printer can read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import TARGETS, Column
from hemml.elements.periodic import ATOMIC_NUMBER, SYMBOLS
from hemml.errors import InputError, UnknownNameError
from hemml.evaluation.plot_style import GREY, INK, new_figure
from hemml.explanation.changes import change_unit

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

_SHOWN: Final = SYMBOLS[:83]
_FEW: Final = 5
_NOBLE: Final = (2, 10, 18, 36, 54)
_LANTHANIDES: Final = (57, 71)
_LANTHANIDE_ROW: Final = 7.4
# Blue to orange through white (Okabe and Ito): told apart with any colour vision; in grey the printed sign tells.
_BELOW, _ABOVE = "#D55E00", "#0072B2"


def place_of(symbol: str) -> tuple[int, float]:
    """Column (1 to 18) and row of an element in the table; lanthanides have a row of their own below the others."""
    z = ATOMIC_NUMBER[symbol]
    if _LANTHANIDES[0] <= z <= _LANTHANIDES[1]:
        return 4 + z - _LANTHANIDES[0], _LANTHANIDE_ROW
    period = 1 + sum(z > noble for noble in _NOBLE)
    first = (0, *_NOBLE)[period - 1]
    place = z - first
    if period == 1:
        return (1 if z == 1 else 18), 1
    if period <= 3:
        return (place if place <= 2 else place + 10), period
    return (place - 14 if period == 6 and z > _LANTHANIDES[1] else place), period


def periodic_table_figure(effects: pd.DataFrame, target: str, ion: str, role: str = "") -> Figure:
    """Draw the effects on one target for one ion.

    Each cell shows symbol and effect with its sign; bold where the interval leaves 0 out, a star where fewer than 5
    records of that ion and role hold the element on cation sites, hatched where nothing is known.

    Args:
        effects: As `hemml.explanation.element_effects` returns them.
        target: Column of the target.
        ion: Working ion.
        role: Role; by default the one with more hosts.

    Raises:
        InputError: The table has no effects of that target, ion and role.
        UnknownNameError: The target is unknown.
    """
    columns: dict[str, Column] = {str(column): column for column in TARGETS}
    if target not in columns:
        raise UnknownNameError("target", target, columns)
    column = columns[target]
    own = effects[(effects["target"] == target) & (effects["ion"] == ion)]
    if not role and len(own):
        role = str(own.groupby("role")["n_hosts"].sum().idxmax())
    own = own[own["role"] == role]
    if own.empty:
        raise InputError(
            f"effects must hold {column.label.lower()} for {ion} {role}".rstrip() + ", got none; ask element_effects "
            "for that ion, role and target"
        )
    figure = new_figure(11.0, 5.7)
    axes = figure.add_subplot()
    known = own.set_index("element")
    known = known[np.isfinite(known["effect"].to_numpy(dtype=np.float64))]
    # The colour ends at the 90th percentile, so that one extreme does not leave the others pale; numbers stay exact.
    reach = float(np.quantile(np.abs(known["effect"]), 0.9)) if len(known) else 1.0
    _draw_cells(axes, known, reach or 1.0)
    _colour_bar(figure, axes, reach or 1.0, column)
    _finish(axes, column, ion, role, own)
    return figure


def _draw_cells(axes: Axes, known: pd.DataFrame, reach: float) -> None:
    from matplotlib.patches import Rectangle

    colours = _colours()
    for symbol in _SHOWN:
        x, y = place_of(symbol)
        if symbol not in known.index:
            axes.add_patch(
                Rectangle(
                    (x - 0.47, y - 0.47), 0.94, 0.94, facecolor="white", edgecolor="#C8C8C8", hatch="////", lw=0.5
                )
            )
            axes.text(x, y, symbol, ha="center", va="center", fontsize=9, color=GREY, bbox=_HALO)
            continue
        row = known.loc[symbol].to_dict()
        effect = float(row["effect"])
        colour = colours(0.5 + 0.5 * np.clip(effect / reach, -1.0, 1.0))
        axes.add_patch(Rectangle((x - 0.47, y - 0.47), 0.94, 0.94, facecolor=colour, edgecolor="#6E6E6E", lw=0.6))
        ink = "white" if _luminance(colour) < 0.42 else INK
        sure = row["lower"] > 0 or row["upper"] < 0
        star = "*" if row["n_own"] < _FEW else ""
        axes.text(x, y - 0.17, symbol + star, ha="center", va="center", fontsize=10, color=ink, weight="bold")
        text = _signed(effect, reach)
        axes.text(
            x, y + 0.22, text, ha="center", va="center", fontsize=8, color=ink, weight="bold" if sure else "normal"
        )


_HALO: Final = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}


def _signed(effect: float, reach: float) -> str:
    digits = 0 if reach >= 20 else 1 if reach >= 1 else 2
    text = f"{effect:+.{digits}f}"
    return "0" if float(text) == 0 else text.replace("-", "−")


def _colours() -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("hemml_effects", [_BELOW, "#FFFFFF", _ABOVE])


def _luminance(colour: tuple[float, ...]) -> float:
    return 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]


def _colour_bar(figure: Figure, axes: Axes, reach: float, target: Column) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(-reach, reach), _colours())
    bar = figure.colorbar(scale, ax=axes, orientation="horizontal", shrink=0.45, aspect=32, pad=0.01, extend="both")
    bar.set_label(f"average change ({change_unit(target)})", fontsize=9)
    bar.ax.tick_params(labelsize=8)


def _finish(axes: Axes, target: Column, ion: str, role: str, own: pd.DataFrame) -> None:
    axes.set(xlim=(0.4, 18.6), ylim=(_LANTHANIDE_ROW + 0.6, 0.4), aspect="equal")
    axes.axis("off")
    hosts = int(own["n_hosts"].max())
    axes.set_title(
        f"{target.label} of {ion} {role}s: what the model expects of 20 % of an element on the cation sites\n"
        f"average over up to {hosts} published hosts, each compared with itself",
        loc="left",
        fontsize=11,
    )
    axes.text(3, 1.35, f"bold: interval over hosts leaves out 0     *: fewer than {_FEW} records of the ion and role\n"
              "hatched: too few records, or not balanced     learned from literature, not causal",
              fontsize=8, va="top", color=INK)  # fmt: skip
