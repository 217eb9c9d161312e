"""`hemml campaign observe`: results, failures, decisions and corrections."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hemml.cli.campaign_options import AsJson, CampaignFile, NoLog, StoreOption, log
from hemml.cli.output import console, print_json
from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.active.store import CampaignState, Event, Recorded


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
        str, typer.Option("--formula", metavar="FORMULA", help="A cell outside the proposals, instead of ID.")
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option("--table", metavar="FILE", help="CSV file of results, one row a cell.", show_default=False),
    ] = None,
    failed: Annotated[
        str,
        typer.Option("--failed", metavar="KIND", help="synthesis (not made), second_phase, or test (the cell broke)."),
    ] = "",
    accept: Annotated[bool, typer.Option("--accept", help="The experiment will be made, or is tried again.")] = False,
    skip: Annotated[
        str, typer.Option("--skip", metavar="REASON", help="The experiment will not be made; it may be proposed again.")
    ] = "",
    correct: Annotated[
        int, typer.Option("--correct", metavar="EVENT", help="Number of an earlier event that said something wrong.")
    ] = 0,
    withdraw: Annotated[
        str,
        typer.Option("--withdraw", metavar="REASON", help="The experiment ID, or --event, does not count any more."),
    ] = "",
    event: Annotated[int, typer.Option("--event", metavar="EVENT", help="Number of the event to withdraw.")] = 0,
    note: Annotated[str, typer.Option("--note", help="Free text.")] = "",
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

    identifier, pairs = _divided(words or [])
    if table is None:
        made = _event(identifier, pairs, formula, failed, accept, skip, correct, withdraw, event, note)
    elif identifier or pairs or formula or failed or accept or skip or correct or withdraw or event:
        raise InputError("--table must stand alone, got other results beside it; give them in another call")
    with CampaignStore.open(campaign) as opened:
        from hemml.active.user import user

        recorded = append_table(opened, table, who=user()) if table else opened.append([made], who=user())
        state = opened.state()
        _log(opened, state, recorded, store=store, skip=no_log, began=began)
    if as_json:
        print_json({"campaign": str(campaign), "events": [_plain(one) for one in recorded]})
        return
    out = console()
    for one in recorded:
        out.print(f"event {one.sequence}: {_told(one, state)}", soft_wrap=True)


def _divided(words: list[str]) -> tuple[str, list[str]]:
    """The experiment and the pairs."""
    if words and "=" not in words[0]:
        return words[0], words[1:]
    return "", words


def _event(
    identifier: str,
    pairs: list[str],
    formula: str,
    failed: str,
    accept: bool,
    skip: str,
    correct: int,
    withdraw: str,
    event: int,
    note: str,
) -> Event:
    from hemml.active.store import Accepted, Corrected, Failed, Skipped, Withdrawn
    from hemml.active.store.observations import parse_observation

    asked = {
        "--failed": bool(failed), "--accept": accept, "--skip": bool(skip), "--correct": bool(correct),
        "--withdraw": bool(withdraw),
    }  # fmt: skip
    given = [name for name, is_given in asked.items() if is_given]
    if len(given) > 1:
        raise InputError(f"one thing at a time: got {' and '.join(given)}; give them in two calls")
    if event and not withdraw:
        raise InputError(f"--event {event}: must stand with --withdraw REASON; say why it does not count")
    if pairs and given and given != ["--correct"]:
        raise InputError(f"{given[0]}: takes no values, got {pairs[0]!r}; give them in another call")
    if given and given[0] in ("--accept", "--skip") and not identifier:
        raise InputError(f"{given[0]}: must name an experiment, got none; write its id, such as P003")
    if accept:
        return Accepted(identifier, note)
    if skip:
        return Skipped(identifier, skip)
    if withdraw:
        return Withdrawn(withdraw, identifier, event)
    if failed:
        return Failed(identifier, failed, note, formula)
    if correct:
        if identifier:
            raise InputError(f"--correct {correct}: names the event already, got {identifier} too; leave the id out")
        changed = parse_observation(pairs) if pairs else None
        if changed is None:
            return Corrected(correct, note=note)
        return Corrected(correct, changed.values, changed.conditions, note=note)
    if not pairs:
        raise InputError("nothing to record; write ID COLUMN=VALUE, such as P003 capacity_mAh_g=213, or an option")
    return parse_observation(pairs, experiment=identifier, formula=formula, note=note)


def _log(
    opened: object, state: CampaignState, recorded: tuple[Recorded, ...], *, store: str, skip: bool, began: float
) -> None:
    from hemml.active.campaign import Campaign

    if skip:
        return
    campaign = Campaign(opened)  # type: ignore[arg-type]
    done = sum(not one.missing for one in state.experiments.values())
    metrics = {"experiments_measured": float(done), "experiments_pending": float(len(state.pending))}
    about = {"events": [_told(one, state) for one in recorded]}
    log(campaign, "observe", store=store, skip=skip, began=began, about=about, metrics=metrics)


def _plain(recorded: Recorded) -> dict[str, object]:
    from dataclasses import fields

    content = {one.name: getattr(recorded.event, one.name) for one in fields(recorded.event)}
    return {"sequence": recorded.sequence, "time": recorded.time.isoformat(), "kind": recorded.event.kind, **content}


def _told(recorded: Recorded, state: CampaignState) -> str:
    """Such as `measured P003: capacity_mAh_g 213 (partly measured, missing retention_pct)`."""
    event = recorded.event
    identifier = getattr(event, "experiment", "")
    text = f"{event.kind} {identifier}".rstrip()
    if getattr(event, "sequence", 0):
        text += f" event {event.sequence}"  # type: ignore[attr-defined]
    if getattr(event, "failure", ""):
        text += f": {event.failure}"  # type: ignore[attr-defined]
    values = getattr(event, "values", None)
    if values:
        text += ": " + ", ".join(f"{name} {value:g}" for name, value in values.items())
    experiment = state.experiments.get(identifier)
    if experiment is not None:
        waiting = f", missing {', '.join(experiment.missing)}" if experiment.is_pending and experiment.values else ""
        text += f" ({str(experiment.status).replace('_', ' ')}{waiting})"
    return text
