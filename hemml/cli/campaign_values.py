"""A campaign's standing as plain values, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from hemml.active.event_text import event_text
from hemml.active.plain import to_plain
from hemml.active.progress import predictions_of
from hemml.active.store import Status

if TYPE_CHECKING:
    from hemml.active.progress import Progress
    from hemml.active.space import DesignSpace
    from hemml.active.store import CampaignState, Experiment, Recorded


def next_step(path: str, state: CampaignState) -> str:
    """The command that most likely comes next."""
    waiting = [one for one in state.pending if not one.values]
    partly = [one for one in state.pending if one.values]
    propose = f"hemml campaign propose {path}"
    if waiting:
        one = waiting[0]
        column = one.missing[0] if one.missing else "COLUMN"
        return (
            f"{len(waiting)} of the experiments wait for a first result: hemml campaign observe {path} {one.id} "
            f"{column}=VALUE"
        )
    if partly:
        missing = ", ".join(f"{one.id} {' and '.join(one.missing)}" for one in partly[:3])
        more = f" and {len(partly) - 3} more" if len(partly) > 3 else ""
        return f"still missing: {missing}{more}; the next batch need not wait: {propose}"
    return propose


def campaign_values(
    path: str, space: DesignSpace, state: CampaignState, progress: Progress, recorded: Sequence[Recorded] | None
) -> dict[str, Any]:
    """All of it as dicts, lists, text and numbers.

    Args:
        path: Of the campaign's file, as the user gave it.
        space: Its design space.
        state: Where it stands.
        progress: How far it has come.
        recorded: Its events; None: left out.
    """
    values = {
        "campaign": path,
        "name": state.name,
        "space": space.title,
        "space_sha256": state.space_sha256,
        "objectives": [str(one) for one in space.objectives],
        "settings": to_plain(state.settings),
        "sequence": state.sequence,
        "experiments": [_experiment(one, progress) for one in state.experiments.values()],
        "pending": [one.id for one in state.pending],
        "progress": _progress(progress),
        "next": next_step(path, state),
    }
    if recorded is not None:
        values["events"] = [_event(one) for one in recorded]
    return values


def _experiment(experiment: Experiment, progress: Progress) -> dict[str, Any]:
    standing = progress.standings[experiment.id]
    values = {name: value.mean for name, value in experiment.values.items()}
    failed = experiment.status is Status.FAILED
    notes = [cell.note for cell in experiment.measurements] + [failure.note for failure in experiment.failures]
    return {
        "id": experiment.id,
        "formula": experiment.formula,
        "batch": experiment.batch,
        "status": str(experiment.status),
        "values": {**standing.values, **values},
        "cells": {name: value.count for name, value in experiment.values.items()},
        "missing": list(experiment.missing),
        "limits": dict(standing.limits),
        "predicted": to_plain(predictions_of(experiment)),
        "probabilities": to_plain(experiment.proposal.get("probabilities", {})),
        "why": experiment.proposal.get("why"),
        "failure": experiment.failures[-1].failure if failed else None,
        "notes": [note for note in notes if note],
        "reason": experiment.reason,
    }


def _progress(progress: Progress) -> dict[str, Any]:
    plain: dict[str, Any] = to_plain(progress)
    plain["objectives"] = [str(one) for one in progress.objectives]
    del plain["standings"]  # told with the experiments
    for one, batch in zip(plain["batches"], progress.batches, strict=True):
        one["time"] = batch.time.isoformat()
    for one, judged in zip(plain["judged"], progress.judged, strict=True):
        one["inside"] = judged.inside
    for one, coverage in zip(plain["coverage"], progress.coverage, strict=True):
        one["share"] = coverage.share
    return plain


def _event(recorded: Recorded) -> dict[str, Any]:
    event = recorded.event
    content = {one.name: to_plain(getattr(event, one.name)) for one in fields(event)}
    return {
        "sequence": recorded.sequence,
        "time": recorded.time.isoformat(),
        "who": recorded.who,
        "kind": event.kind,
        "text": event_text(event),
        "content": content,
    }
