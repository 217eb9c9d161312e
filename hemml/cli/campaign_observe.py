"""`hemml campaign observe`: results, failures, decisions and corrections."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.campaign_options import AsJson, CampaignFile, NoLog, StoreOption, log, progress_metrics
from hemml.cli.output import console, print_json
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.store import CampaignState, Recorded


def observe(
    campaign: CampaignFile,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID] [COLUMN=VALUE]...",
            help="Experiment such as P003, then measured values and test conditions that differ from the campaign's.",
            show_default=False,
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option("--formula", metavar="FORMULA", help="A cell outside the proposals, instead of ID."),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="CSV file of results, one row a cell.", show_default=False),
    ] = None,
    failed: Annotated[
        str | None,
        typer.Option("--failed", metavar="KIND", help="synthesis (not made), second_phase, or test (the cell broke)."),
    ] = None,
    accept: Annotated[bool, typer.Option("--accept", help="The experiment will be made, or is tried again.")] = False,
    skip: Annotated[
        str | None,
        typer.Option("--skip", metavar="REASON", help="The experiment will not be made; it may be proposed again."),
    ] = None,
    correct: Annotated[
        int | None,
        typer.Option("--correct", metavar="EVENT", help="Number of an earlier event that said something wrong."),
    ] = None,
    withdraw: Annotated[
        str | None,
        typer.Option("--withdraw", metavar="REASON", help="The experiment ID, or --event, does not count any more."),
    ] = None,
    event: Annotated[
        int | None, typer.Option("--event", metavar="EVENT", help="Number of the event to withdraw.")
    ] = None,
    note: Annotated[str | None, typer.Option("--note", help="Free text.")] = None,
    store: StoreOption = "",
    no_log: NoLog = False,
    as_json: AsJson = False,
) -> None:
    """Record what happened: capacity today, retention in two months, a failed synthesis, a decision, a correction.

    Nothing is written when anything in the call is wrong. `hemml campaign status --events` shows the numbers of events.
    """
    began = time.perf_counter()
    from hemml.active.store import CampaignStore
    from hemml.active.store.observations import append_table
    from hemml.active.user import user
    from hemml.cli.campaign_event import Said

    said = Said(tuple(words or ()), formula, failed, accept, skip, correct, withdraw, event, note)
    if table is not None and not said.is_empty:
        raise InputError("--table: must stand alone, got other results or options beside it; give them in another call")
    meant = [said.to_event()] if table is None else []
    with CampaignStore.open(campaign) as opened:
        recorded = opened.append(meant, who=user()) if table is None else append_table(opened, table, who=user())
        state = opened.state()
        told = [_told(one, state) for one in recorded]
        if as_json:
            print_json({"campaign": str(campaign), "events": [_plain(one) for one in recorded]})
        else:
            out = console()
            for line in told:
                out.print(line, soft_wrap=True)
        if not no_log:
            _log(opened, told, store=store, began=began)


def _log(opened: object, told: list[str], *, store: str, began: float) -> None:
    from hemml.active.campaign import Campaign

    campaign = Campaign(opened)  # type: ignore[arg-type]
    note = "\n".join(f"- {line}" for line in told)
    metrics = progress_metrics(campaign)
    log(campaign, "observe", store=store, skip=False, began=began, about={"events": told}, metrics=metrics, note=note)


def _plain(recorded: Recorded) -> dict[str, object]:
    from dataclasses import fields

    content = {one.name: getattr(recorded.event, one.name) for one in fields(recorded.event)}
    return {"sequence": recorded.sequence, "time": recorded.time.isoformat(), "kind": recorded.event.kind, **content}


def _told(recorded: Recorded, state: CampaignState) -> str:
    """Such as `event 7: measured P003: capacity_mAh_g 213 (partly measured, missing retention_pct)`."""
    from hemml.active.event_text import event_text

    text = f"event {recorded.sequence}: {recorded.event.kind} {event_text(recorded.event)}"
    experiment = state.experiments.get(getattr(recorded.event, "experiment", ""))
    if experiment is None:
        return text
    waiting = f", missing {', '.join(experiment.missing)}" if experiment.is_pending and experiment.values else ""
    return f"{text} ({str(experiment.status).replace('_', ' ')}{waiting})"
