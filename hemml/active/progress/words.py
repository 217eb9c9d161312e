"""Experiments in words, for tables that people read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hemml.active.objective import limits
from hemml.active.progress.predictions import predictions_of
from hemml.active.store import Status
from hemml.active.why import decimals, interval_text

if TYPE_CHECKING:
    from hemml.active.progress.progress import Progress
    from hemml.active.store import CampaignState, Experiment

OUTSIDE = "*"
BROKEN = "!"


def shown_quantities(state: CampaignState, progress: Progress) -> tuple[str, ...]:
    """Quantities of the objectives, then the measured columns that they rest on."""
    return tuple(dict.fromkeys([*(one.quantity for one in progress.objectives), *state.wanted]))


def status_text(experiment: Experiment) -> str:
    """Such as "failed: second phase"."""
    text = str(experiment.status).replace("_", " ")
    if experiment.status is Status.FAILED:
        text += f": {experiment.failures[-1].failure.replace('_', ' ')}"
    return text


def value_text(experiment: Experiment, quantity: str, progress: Progress) -> str:
    """Measured value and, in brackets, what was predicted: `213* (240 ± 20)`.

    A star: outside of the interval; an exclamation mark: a limit is broken.
    """
    standing = progress.standings[experiment.id]
    measured = standing.values.get(quantity)
    if measured is None and quantity in experiment.values:
        measured = experiment.values[quantity].mean
    predicted = predictions_of(experiment).get(quantity)
    if predicted is None:
        return "-" if measured is None else f"{measured:.4g}{_mark(experiment, quantity, progress)}"
    said = f"({interval_text(replace(predicted, unit=''))})"
    if measured is None:
        return f"- {said}"
    digits = decimals((predicted.upper - predicted.lower) / 2.0)
    return f"{measured:.{digits}f}{_mark(experiment, quantity, progress)} {said}"


def _mark(experiment: Experiment, quantity: str, progress: Progress) -> str:
    met = progress.standings[experiment.id].limits
    broken = any(met.get(str(one)) is False for one in limits(progress.objectives) if one.quantity == quantity)
    outside = any(
        not one.inside and one.same_test
        for one in progress.judged
        if (one.experiment, one.quantity) == (experiment.id, quantity)
    )
    return (OUTSIDE if outside else "") + (BROKEN if broken else "")
