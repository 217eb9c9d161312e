"""The figures of one trained target, drawn from its predictions of unseen papers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemml.columns import Column
from hemml.evaluation import parity_plot, residual_plot, score_plot
from hemml.models.result import TargetResult

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LOGARITHMIC = (Column.CAPACITY,)


def target_figures(result: TargetResult) -> dict[str, Figure]:
    """Draw how well a target is predicted on unseen papers.

    Returns:
        Figures by a name fit for a file: "parity" by working ion, "residuals" by working ion, "residuals_by_family",
        and "scores" beside the baselines. Capacity has logarithmic axes where all values allow them.
    """
    rows = result.out_of_fold
    measured, predicted = rows["measured"].to_numpy(dtype=float), rows["predicted"].to_numpy(dtype=float)
    ions = rows[Column.WORKING_ION.value].astype(str).to_numpy(dtype=str)
    families = rows[Column.FAMILY.value].astype(str).to_numpy(dtype=str)
    log = result.target in _LOGARITHMIC and min(measured.min(), predicted.min()) > 0
    return {
        "parity": parity_plot(
            measured, predicted, result.target, classes=ions, classes_label=Column.WORKING_ION.label, log=log
        ),
        "residuals": residual_plot(measured, predicted, result.target, classes=ions),
        "residuals_by_family": residual_plot(
            measured, predicted, result.target, classes=families, classes_label=Column.FAMILY.label
        ),
        "scores": score_plot(
            {"hemml": result.scores, **result.baselines},
            {"hemml": result.intervals, **result.baseline_intervals},
            result.target,
            highlight="hemml",
        ),
    }
