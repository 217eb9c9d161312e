"""The parts on what the scores of a target depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hemml.columns import Column
from hemml.models.score_table import amount, ratio
from hemml.report.parts import Part, Picture, Table
from hemml.report.study_plots import lab_curve_plot, learning_curve_plot, leave_out_plot

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.result import TargetResult


def learning_part(item: TargetResult) -> Part:
    """How the error falls with the number of papers."""
    slug, title = "learning-curve", "Learning curve"
    table = None if item.studies is None else item.studies.learning_curve
    if table is None or table.empty:
        return Part(slug, title, ("No learning curve was made in this run (setting `studies`).",))
    unit = item.target.unit
    told = ", ".join(f"{amount(row['mae'])} with {row['n_papers']:,.0f}" for row in table.to_dict("records"))
    picture = Picture(
        f"{item.target}_learning_curve",
        learning_curve_plot(table, item.target),
        f"Error, skill and rank correlation against the number of papers. MAE in {unit}: {told} papers.",
        "The same unseen papers predicted by models that read a growing, nested share of the other papers; regressors "
        "as configured, small forests, nothing searched, so the last point is near the scores above but not equal. "
        "A curve that still falls says that more papers would help; skill is against the family median of the same "
        "papers.",
    )
    return Part(slug, title, pictures=(picture,))


def leave_out_part(item: TargetResult) -> Part:
    """The error on ions and families that were not learned from."""
    slug, title = "leave-out", "Leave one ion or one family out"
    table = None if item.studies is None else item.studies.leave_out
    if table is None:
        return Part(slug, title, ("No group was left out in this run (setting `studies`).",))
    if table.empty:
        return Part(slug, title, ("No ion or family has rows enough to be left out.",))
    known = known_errors(item)
    unit = item.target.unit
    told = ", ".join(f"{row['left_out']} {amount(row['mae'])}" for row in table.to_dict("records"))
    picture = Picture(
        f"{item.target}_leave_out",
        leave_out_plot(table, known, item.target),
        f"MAE in {unit} on groups that were left out: {told}.",
        "Circles: all papers on the ion or family were kept out of the training. Squares: the median of the same role. "
        "Bars: the error where other papers on the group were learned from. A circle right of its square means that "
        "the rest of the data say nothing about the group.",
    )
    rows = [
        (
            f"{row['kind']} {row['left_out']}",
            f"{row['n']:,.0f}",
            f"{row['n_papers']:,.0f}",
            amount(row["mae"]),
            amount(row["baseline_mae"]),
            amount(known[row["left_out"]]) if row["left_out"] in known else "-",
            _ratio(row["skill"]),
            _ratio(row["spearman"]),
        )
        for row in table.to_dict("records")
    ]
    header = ("Left out", "n", "Papers", "MAE", "MAE of the median", "MAE if learned from", "Skill", "Spearman")
    caption = f"Groups left out, MAE in {unit}; skill is against the median of the same role"
    return Part(slug, title, pictures=(picture,), tables=(Table.of(caption, header, rows),))


def lab_part(item: TargetResult) -> Part:
    """How the error falls with own measurements."""
    slug, title = "own-lab", "Own-lab calibration"
    table = None if item.studies is None else item.studies.lab_curve
    if table is None:
        return Part(slug, title, ("The effect of own measurements was not studied in this run.",))
    table = table[table["n_papers"] > 0]
    if table.empty:
        return Part(slug, title, ("No paper has rows enough to play a laboratory.",))
    pairs = [
        f"k = {row['k']:g}: {amount(row['mae_literature'])} to {amount(row['mae_corrected'])}"
        for row in table.to_dict("records")
    ]
    picture = Picture(
        f"{item.target}_own_lab",
        lab_curve_plot(table, item.target),
        f"MAE in {item.target.unit} on a paper's other rows before and after correction: {'; '.join(pairs)}.",
        "Papers with several rows play a laboratory with few own measurements: k of a paper's rows correct the model, "
        "its other rows are predicted. Each such paper counts the same; a larger k leaves fewer papers.",
    )
    rows = [
        (
            f"{row['k']:g}",
            f"{row['n_papers']:,.0f}",
            f"{row['n_rows']:,.0f}",
            amount(row["mae_literature"]),
            amount(row["mae_corrected"]),
            _ratio(row["mae_corrected"] / row["mae_literature"])
            + f" ({_ratio(row['ratio_low'])} to {_ratio(row['ratio_high'])})",
        )
        for row in table.to_dict("records")
    ]
    header = ("k", "Papers", "Rows", "MAE before", "MAE after", "Ratio (95 % interval)")
    caption = f"Error on a paper's other rows, in {item.target.unit}"
    return Part(slug, title, pictures=(picture,), tables=(Table.of(caption, header, rows),))


def known_errors(item: TargetResult) -> dict[str, float]:
    """MAE on unseen papers by working ion and by family."""
    rows: pd.DataFrame = item.out_of_fold
    error = (rows["predicted"] - rows["measured"]).abs()
    found: dict[str, float] = {}
    for column in (Column.WORKING_ION.value, Column.FAMILY.value):
        found |= {str(name): float(value) for name, value in error.groupby(rows[column]).mean().items()}
    return found


def _ratio(value: float) -> str:
    return ratio(float(value) if np.isfinite(value) else None)
