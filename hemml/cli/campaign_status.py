"""`hemml campaign status`: where a campaign stands, from its file alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.campaign_options import AsJson, CampaignFile
from hemml.cli.output import console, print_json

if TYPE_CHECKING:
    from rich.console import Console

    from hemml.active.progress import Progress
    from hemml.active.store import CampaignState, Recorded


def status(
    campaign: CampaignFile,
    events: Annotated[
        bool, typer.Option("--events", help="List all events with their numbers, which corrections need.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show where a campaign stands: experiments, best values so far, how well predictions did, and what comes next.

    Nothing is written, no model is read, and others may go on writing meanwhile.
    """
    from hemml.active.campaign import Campaign
    from hemml.active.progress import progress_of
    from hemml.active.store import replay
    from hemml.cli.campaign_values import campaign_values, next_step

    with Campaign.open(campaign, read_only=True) as opened:
        recorded = opened.store.events()
        space, path = opened.space, str(campaign)
    state = replay(recorded)  # not the file's: others may have added events meanwhile
    progress = progress_of(space, state)
    if as_json:
        print_json(campaign_values(path, space, state, progress, recorded if events else None))
        return
    out = console()
    newest = recorded[-1]
    out.print(state.name, style="bold")
    out.print(f"{space.title}; event {newest.sequence}, {newest.time:%Y-%m-%d %H:%M} UTC", soft_wrap=True)
    if state.experiments:
        _print_experiments(out, state, progress)
    _print_progress(out, state, progress)
    if events:
        _print_events(out, recorded)
    out.print(f"next: {next_step(path, state)}", soft_wrap=True)


def _print_experiments(out: Console, state: CampaignState, progress: Progress) -> None:
    from rich.table import Table

    from hemml.active.progress import quantity_of, shown_quantities, status_text, value_text

    names = shown_quantities(state, progress)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("", "status", *(quantity_of(name).heading.replace(" (", "\n(") for name in names)):
        table.add_column(title, no_wrap=True)
    table.add_column("formula", overflow="fold")
    batch = None
    for one in state.experiments.values():
        if one.batch not in (None, batch):
            batch = one.batch
            table.add_row(f"batch {batch}")
        values = [value_text(one, name, progress) for name in names]
        table.add_row(one.id, status_text(one), *values, one.formula)
    out.print(table)
    out.print("measured (predicted); *: outside of the interval that was predicted; !: breaks a limit")


def _print_progress(out: Console, state: CampaignState, progress: Progress) -> None:
    from hemml.active.progress import quantity_of

    counts = ", ".join(f"{n} {name.replace('_', ' ')}" for name, n in progress.statuses.items() if n)
    out.print(f"experiments: {counts or 'none yet'}; {progress.pending} with results to come", soft_wrap=True)
    for name, best in progress.best.items():
        quantity = quantity_of(name)
        unit = f" {quantity.unit}" if quantity.unit else ""
        formula = state.experiments[best.experiment].formula
        out.print(f"best {quantity.label.lower()}: {best.value:.4g}{unit}, {best.experiment} {formula}", soft_wrap=True)
    if progress.hypervolume is not None and progress.pareto:
        out.print(
            f"Pareto set: {', '.join(progress.pareto)}; hypervolume {progress.hypervolume:.3f} of the box between the "
            "worst and the best measured values",
            soft_wrap=True,
        )
    for limit in progress.limits:
        out.print(f"limit {limit.limit}: met by {len(limit.met)}, broken by {len(limit.broken)}", soft_wrap=True)
    for one in progress.coverage:
        quantity = quantity_of(one.quantity)
        out.print(
            f"predictions of {quantity.label.lower()}: {one.inside} of {one.n} inside their {100 * one.level:g} % "
            f"interval ({100 * one.low:.0f} to {100 * one.high:.0f} %), median error {one.median_error:.3g} "
            f"{quantity.unit}".rstrip(),
            soft_wrap=True,
        )
    made = progress.syntheses
    if made.each:
        expected = f", {made.expected_single_phase:.1f} of {made.predicted} expected" if made.predicted else ""
        out.print(f"single phases: {made.single_phase} of {len(made.each)} syntheses{expected}", soft_wrap=True)


def _print_events(out: Console, recorded: Sequence[Recorded]) -> None:
    from rich.table import Table

    from hemml.active.event_text import event_text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("event", "time (UTC)", "who", "kind"):
        table.add_column(title, no_wrap=True)
    table.add_column("what", overflow="fold")
    for one in recorded:
        table.add_row(
            str(one.sequence),
            f"{one.time:%Y-%m-%d %H:%M:%S}",
            one.who or "-",
            one.event.kind,
            event_text(one.event),
        )
    out.print(table)
