"""The sections of the report of a campaign on where it stands, its progress and its predictions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hemml.active.objective import axes
from hemml.active.progress import Progress, predictions_of, quantity_of
from hemml.report.campaign_plots import objectives_plot, progress_plot
from hemml.report.campaign_prediction_plots import coverage_so_far_plot, parity_plot
from hemml.report.parts import Part, Picture, Section, Table

if TYPE_CHECKING:
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState, Recorded

SCALE = (
    "every objective is scaled to 0 at the worst and 1 at the best value measured in this campaign, the "
    "reference point is the worst corner, and 1 would be one experiment with all the best values. A new worst or best "
    "value changes the scale of the whole curve."
)
MARKS = (
    "Experiments that break a limit set no mark; those whose limits are not measured yet do. What is known today holds "
    "for all of the curve."
)


def standing_section(space: DesignSpace, state: CampaignState, progress: Progress, newest: Recorded) -> Section:
    """What the campaign wants, and how far it has come."""
    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in progress.statuses.items() if n)
    facts = [
        ("Design space", space.title),
        ("Objectives", ", ".join(map(str, space.objectives))),
        ("Batches", str(len(state.batches))),
        ("Experiments", counts or "none yet"),
        ("Results to come", ", ".join(one.id for one in state.pending) or "none"),
        ("Newest event", f"{newest.sequence}, {newest.time:%Y-%m-%d %H:%M} UTC"),
    ]
    tables = [Table.of("Where the campaign stands", ("Fact", "Value"), facts, 2)]
    if progress.best:
        rows = [
            (quantity_of(name).heading, one.experiment, state.experiments[one.experiment].formula, f"{one.value:.4g}")
            for name, one in progress.best.items()
        ]
        tables.append(Table.of("Best so far", ("Quantity", "Experiment", "Formula", "Value"), rows, 3))
    if progress.limits:
        limits = [(one.limit, ", ".join(one.met) or "-", ", ".join(one.broken) or "-") for one in progress.limits]
        tables.append(Table.of("Limits", ("Limit", "Met by", "Broken by"), limits, 3))
    return Section("standing", "Where it stands", (), (), tuple(tables))


def progress_section(state: CampaignState, progress: Progress) -> Section:
    """Curves, batches, and the objectives against each other."""
    if not progress.points:
        return Section("progress", "Progress", (), ("No quantity to improve on is measured yet.",))
    best = "; ".join(f"{quantity_of(name).heading} {one.value:.4g}" for name, one in progress.best.items())
    curves = Picture(
        "progress",
        progress_plot(progress),
        f"Results in the order in which they came, and the best so far: {best or 'none counts'}.",
        "Points: results in the order in which they came; line: best so far. Dotted lines: the first result of a "
        f"batch. {MARKS}",
    )
    text = () if progress.hypervolume is None else (f"Hypervolume {progress.hypervolume:.3f} so far: {SCALE}",)
    parts = [Part("curves", "Result by result", text, (curves,)), _batches_part(progress)]
    if len(axes(progress.objectives)) > 1:
        parts.append(_objectives_part(state, progress))
    return Section("progress", "Progress", tuple(parts))


def predictions_section(progress: Progress) -> Section:
    """Whether the predictions of proposals held."""
    parts = []
    if progress.judged:
        told = ", ".join(
            f"{quantity_of(one.quantity).label.lower()} {one.inside} of {one.n}" for one in progress.coverage
        )
        picture = Picture(
            "predictions",
            parity_plot(progress.judged),
            f"Predicted against measured values; inside their intervals: {told or 'none tested as predicted'}.",
            "Each proposal as it was predicted before it was made, with its interval; on the dashed line prediction "
            "and measurement agree. Cells tested under other conditions than predicted are shown, not counted.",
        )
        parts.append(Part("parity", "Measured against predicted", (), (picture,)))
    if progress.coverage:
        parts.append(_coverage_part(progress))
    if progress.syntheses.each:
        parts.append(_syntheses_part(progress))
    text = () if parts else ("No prediction can be judged yet.",)
    return Section("predictions", "How predictions did", tuple(parts), text)


def _batches_part(progress: Progress) -> Part:
    names = [one.quantity for one in axes(progress.objectives)]
    several = progress.hypervolume is not None
    header = [
        "Batch", "Proposed on", "Its experiments",
        *(_best_heading(name) for name in names),
        *(["Hypervolume"] if several else []),
    ]  # fmt: skip
    rows = [
        (
            str(one.number),
            f"{one.time:%Y-%m-%d}",
            ", ".join(f"{n} {status.replace('_', ' ')}" for status, n in one.statuses.items()),
            *(f"{one.best[name]:.4g}" if name in one.best else "-" for name in names),
            *([f"{one.hypervolume:.3f}"] if one.hypervolume is not None else []),
        )
        for one in progress.batches
    ]
    caption = "After each batch, with cells made outside the proposals before the next"
    return Part("batches", "Batch by batch", (), (), (Table.of(caption, header, rows, 3),))


def _best_heading(name: str) -> str:
    quantity = quantity_of(name)
    return f"Best {quantity.label.lower()}" + (f" ({quantity.unit})" if quantity.unit else "")


def _objectives_part(state: CampaignState, progress: Progress) -> Part:
    pending = {one.id: predictions_of(one) for one in state.pending if not progress.standings[one.id].is_complete}
    picture = Picture(
        "objectives",
        objectives_plot(progress, pending),
        f"Objectives against each other; Pareto set: {', '.join(progress.pareto) or 'none yet'}; "
        f"{len(pending)} pending experiments at their predictions.",
        "Pareto set: experiments that no other improves on in everything. Pending ones stand where they were predicted "
        "to be, with their intervals; what is measured already, or follows from the formula, has no bar.",
    )
    names = [one.quantity for one in axes(progress.objectives)]
    rows = [
        (name, state.experiments[name].formula, *(f"{progress.standings[name].values[q]:.4g}" for q in names))
        for name in progress.pareto
    ]
    header = ("Experiment", "Formula", *(quantity_of(name).heading for name in names))
    tables = (Table.of("Pareto set", header, rows, 2),) if rows else ()
    return Part("objectives", "Objectives against each other", (), (picture,), tables)


def _coverage_part(progress: Progress) -> Part:
    told = ", ".join(f"{quantity_of(one.quantity).label} {100 * one.share:.0f} %" for one in progress.coverage)
    picture = Picture(
        "coverage",
        coverage_so_far_plot(progress.judged),
        f"Share of measured values inside their intervals, as results came: {told}.",
        "The band is the 95 % Wilson interval of the share inside; while it holds the dashed line, the results so far "
        "do not speak against the intervals.",
    )
    rows = [
        (
            quantity_of(one.quantity).heading,
            f"{one.inside} of {one.n}",
            f"{100 * one.level:g} %",
            f"{100 * one.low:.0f} to {100 * one.high:.0f} %",
            f"{one.median_error:.3g}",
            "-" if one.median_error_before is None else f"{one.median_error_before:.3g}",
            "-" if one.median_error_of_mean is None else f"{one.median_error_of_mean:.3g}",
            str(one.n_before),
        )
        for one in progress.coverage
    ]
    header = (
        "Quantity", "Inside", "Promised", "95 % interval", "Median error", "Median error, later ones",
        "Same, of the mean", "Later ones",
    )  # fmt: skip
    text = (
        "Later ones are predictions made when values had been measured before: their error stands beside that of the "
        "mean of those values, which any model should do better than. Proposals are chosen because they look good, so "
        "predictions that were too high are among them more often than among all candidates.",
    )
    table = Table.of("Predictions tested as they were made; errors are absolute", header, rows, 1)
    return Part("coverage", "Coverage and errors", text, (picture,), (table,))


def _syntheses_part(progress: Progress) -> Part:
    made = progress.syntheses
    rows = [
        ("Syntheses with an outcome", str(len(made.each))),
        ("Single phases", str(made.single_phase)),
        ("With a predicted probability", str(made.predicted)),
        ("Of these single phases", str(made.predicted_single_phase)),
        ("Of these expected", f"{made.expected_single_phase:.1f}"),
        ("Brier score, 0 at best, 0.25 for always saying 50 %", "-" if made.brier is None else f"{made.brier:.3f}"),
    ]
    table = Table.of("Single phases made and predicted", ("Count", "Value"), rows, 1)
    return Part("syntheses", "Syntheses", (), (), (table,))
