"""Figure of what the table of electrodes covers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import FAMILIES, ROLES, WORKING_IONS, Column
from hemml.evaluation.plot_style import INK, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

_DARK: Final = 0.5  # share of the colour scale below which text is white


def data_coverage_plot(frame: pd.DataFrame) -> Figure:
    """Draw the number of rows of each role, family and working ion.

    Args:
        frame: Rows with the columns role, family and working_ion, one or more.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    counts = count_rows(frame)
    families = [name for name in counts[0].index if sum(table.loc[name].sum() for table in counts)]
    ions = [name for name in counts[0].columns if sum(table[name].sum() for table in counts)]
    most = max(int(table.to_numpy().max()) for table in counts)
    scale, colours = LogNorm(1, max(2, most)), colormaps["cividis"]
    figure = new_figure(2.4 + 0.46 * len(ions) * len(counts), 1.6 + 0.27 * len(families))
    panels = figure.subplots(1, len(counts), sharey=True, squeeze=False)[0]
    for axes, table, role in zip(panels, counts, ROLES, strict=True):
        values = table.loc[families, ions].to_numpy()
        axes.imshow(np.where(values > 0, values, np.nan), norm=scale, cmap=colours, aspect="auto")
        for (row, column), value in np.ndenumerate(values):
            if value:
                ink = "white" if scale(value) < _DARK else INK
                axes.text(column, row, f"{value}", ha="center", va="center", fontsize=8, color=ink)
        axes.set_xticks(range(len(ions)), ions)
        axes.set_yticks(range(len(families)), families)
        axes.set_title(f"{role.capitalize()}s ({values.sum():,} rows)", loc="left", fontsize=11)
        axes.set_xlabel(Column.WORKING_ION.label)
        axes.tick_params(labelsize=8, length=0)
        axes.spines[:].set_visible(False)
    figure.colorbar(ScalarMappable(scale, colours), ax=list(panels), label="Rows (log scale)", shrink=0.8)
    return figure


def count_rows(frame: pd.DataFrame) -> list[pd.DataFrame]:
    """Rows by family (index) and working ion (columns), one table a role of `ROLES`; families with most rows first."""
    import pandas as pd

    families = frame[Column.FAMILY].value_counts()
    order = sorted({*families.index, *FAMILIES}, key=lambda name: (-int(families.get(name, 0)), name))
    ions = [*WORKING_IONS, *sorted(set(frame[Column.WORKING_ION]) - set(WORKING_IONS))]
    tables = []
    for role in ROLES:
        rows = frame[frame[Column.ROLE] == role]
        counts = pd.crosstab(rows[Column.FAMILY], rows[Column.WORKING_ION])
        tables.append(counts.reindex(index=order, columns=ions, fill_value=0).astype(int))
    return tables
