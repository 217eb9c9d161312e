"""The parts on intervals and on the domain of a target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.evaluation import calibration_curve
from hemml.models.score_table import amount
from hemml.report.calibration_plots import Coverage, calibration_plot, coverage_plot
from hemml.report.domain_plot import domain_plot
from hemml.report.parts import Part, Picture

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.result import TargetResult

MIN_ROWS: Final = 10


def calibration_part(item: TargetResult, level: float) -> Part:
    """Coverage by level (where ranks are known) and by group.

    Args:
        item: The target.
        level: Level of the columns lower and upper.
    """
    rows, target = item.out_of_fold, item.target
    pictures = []
    text: tuple[str, ...] = ()
    if "rank" in rows:
        rank = rows["rank"].to_numpy(dtype=float)
        curve = calibration_curve(rank, rows["paper"].to_numpy(dtype=np.str_))
        shares = ", ".join(f"{100 * o:.0f} at {100 * n:g}" for n, o in zip(curve.nominal, curve.observed, strict=True))
        pictures.append(
            Picture(
                f"{target}_calibration",
                calibration_plot(curve, rank, target),
                f"Percentage of measured values inside intervals of growing level: {shares}.",
                "Left: an interval of 80 % should hold 80 % of the measured values. The grey band is where calibrated "
                f"intervals would lie by chance, the rows counted as {curve.effective_n:,.0f} independent draws "
                "because rows of one paper resemble each other. Right: share of rows by the rank of the measured "
                "value in its predictive distribution.",
            )
        )
    else:
        text = ("Ranks within the predictive distributions were not recorded in this run: coverage by group only.",)
    groups = coverage_groups(rows)
    told = ", ".join(f"{group.label} {100 * group.inside / group.n:.0f} % of {group.n:,}" for group in groups)
    pictures.append(
        Picture(
            f"{target}_coverage",
            coverage_plot(groups, level, target),
            f"Coverage of the {100 * level:g} % intervals by group: {told}.",
            f"Share of measured values inside their {100 * level:g} % intervals, by role and working ion, for groups "
            f"of {MIN_ROWS} rows or more. Bars: 95 % Wilson intervals, rows counted as independent.",
        )
    )
    return Part("calibration", "Calibration and coverage", text, tuple(pictures))


def coverage_groups(rows: pd.DataFrame) -> list[Coverage]:
    """Rows inside their intervals: all rows, then roles and ions of 10 rows or more, most rows first."""
    inside = ((rows["measured"] >= rows["lower"]) & (rows["measured"] <= rows["upper"])).to_numpy()
    groups = [Coverage("all rows", len(rows), int(inside.sum()))]
    for column in (Column.ROLE, Column.WORKING_ION):
        labels = rows[column.value].to_numpy(dtype=np.str_)
        found = [Coverage(str(name), int((labels == name).sum()), int(inside[labels == name].sum()))
                 for name in np.unique(labels)]  # fmt: skip
        groups += sorted((one for one in found if one.n >= MIN_ROWS), key=lambda one: -one.n)
    return groups


def domain_part(item: TargetResult) -> Part:
    """Error against distance, and whether flagged rows are worse."""
    rows, target = item.out_of_fold, item.target
    title = "Applicability domain"
    if not {"distance", "in_domain"} <= set(rows):
        return Part("domain", title, ("Distances to the training records were not recorded in this run.",))
    error = (rows["predicted"] - rows["measured"]).abs().to_numpy(dtype=float)
    inside = rows["in_domain"].to_numpy(dtype=bool)
    told = _errors_of(error, inside, target)
    picture = Picture(
        f"{target}_domain",
        domain_plot(rows["distance"].to_numpy(dtype=float), error, inside, target),
        f"Absolute error against the distance to the nearest record learned from. {told}",
        "Distance 0: the same descriptors as a record learned from; 1.4: as far as two records drawn at random. Rows "
        "are flagged when no record is near enough, or when they hold elements that too few records hold; the error of "
        "flagged rows should be larger.",
    )
    return Part("domain", title, (told,), (picture,))


def _errors_of(error: FloatArray, inside: BoolArray, target: Column) -> str:
    if inside.all() or not inside.any():
        return f"{'No' if inside.all() else 'Every'} row is flagged as outside of the domain."
    known, flagged = float(error[inside].mean()), float(error[~inside].mean())
    return (
        f"MAE {amount(known)} {target.unit} inside the domain ({inside.sum():,} rows), {amount(flagged)} "
        f"{target.unit} on flagged rows ({(~inside).sum():,}): {flagged / known:.2f} times."
    )
