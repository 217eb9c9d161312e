"""What may happen when: an event is completed and checked against everything before it, or refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from hemml.active.store.cells import check_conditions, check_together, check_values
from hemml.active.store.events import (
    FAILURES,
    Accepted,
    Condition,
    Corrected,
    Created,
    Event,
    Failed,
    Measured,
    Proposed,
    Skipped,
    Withdrawn,
)
from hemml.active.store.problems import StaleState
from hemml.active.store.references import OPEN, key_of, located, require, require_live
from hemml.active.store.replay import Ledger
from hemml.active.store.state import Experiment, Status
from hemml.columns import TARGETS
from hemml.errors import InputError, UnknownNameError

_T = TypeVar("_T")


def complete(ledger: Ledger, event: Event) -> Event:
    """The event as it will be stored: with numbers, ids and keys, values checked and typed.

    Args:
        ledger: All events before it.
        event: As the caller made it.

    Raises:
        InputError: It cannot happen now, or holds what cannot be; the message says what to do.
        StaleState: Proposals were computed from an older state.
    """
    if isinstance(event, Created) != (ledger.created is None):
        raise InputError(
            f"campaign: created must be its first event and the only one, got {event.kind} as event "
            f"{ledger.sequence + 1}; make a new campaign file for a new campaign"
        )
    rule = _RULES.get(type(event))
    if rule is None:
        raise InputError(f"event must be one of hemml's, got {type(event).__name__}; make one of those")
    completed: Event = rule(ledger, event)
    return completed


def _created(_: Ledger, event: Created) -> Event:
    if not event.name.strip():
        raise InputError("campaign: the name must be text, got an empty one; give a short name such as zn_spinel")
    for column in event.wanted:
        if column not in TARGETS:
            raise UnknownNameError("measured column", column, TARGETS)
    if not event.wanted:
        raise InputError(
            f"campaign {event.name!r}: at least one column must be measured, got objectives that formulas alone "
            f"decide; add one of {', '.join(TARGETS)}"
        )
    return replace(event, conditions=check_conditions(event.conditions, f"campaign {event.name!r}"))


def _proposed(ledger: Ledger, event: Proposed) -> Event:
    if event.computed_from != ledger.sequence:
        raise StaleState(
            f"campaign {ledger.start.name!r}: proposals must be computed from its newest event {ledger.sequence}, got "
            f"event {event.computed_from}, it went on meanwhile; compute them again"
        )
    if not event.proposals:
        raise InputError("batch: must hold at least one proposal, got none; propose one or more")
    taken = {one.key: one.id for one in map(ledger.experiment, ledger.courses) if one.is_taken}
    first = 1 + sum(len(batch.experiments) for batch in ledger.batches)
    proposals = []
    for number, given in enumerate(event.proposals, start=first):
        proposal = _proposal(ledger, given, f"P{number:03d}")
        if (holder := taken.setdefault(proposal["key"], proposal["id"])) != proposal["id"]:
            raise InputError(
                f"proposal {proposal['formula']!r}: must be a new candidate, got that of {holder}; leave it out, or "
                f"withdraw {holder} first"
            )
        proposals.append(proposal)
    return replace(event, proposals=tuple(proposals), batch=len(ledger.batches) + 1)


def _proposal(ledger: Ledger, given: Mapping[str, Any], identifier: str) -> dict[str, Any]:
    formula, rank = given.get("formula"), given.get("rank")
    owner = f"proposal {formula!r}"
    if not isinstance(formula, str) or not formula:
        raise InputError(f"proposal: formula must be text, got {formula!r}; give the candidate's formula")
    if isinstance(rank, bool) or not isinstance(rank, int | None):
        raise InputError(f"{owner}: rank must be a whole number or None, got {rank!r}; give its number in the space")
    if "id" in given or "key" in given:
        raise InputError(f"{owner}: id and key must be left to the store, got one of them; leave them out")
    conditions = given.get("conditions") or {}
    if not isinstance(conditions, Mapping):
        raise InputError(f"{owner}: conditions must be a mapping of columns, got {conditions!r}; leave them out")
    differing = _differing(check_conditions(conditions, owner), ledger.start.conditions)
    key = key_of(ledger, formula, differing)
    return {**given, "id": identifier, "rank": rank, "conditions": differing, "key": key}


def _accepted(ledger: Ledger, event: Accepted) -> Event:
    require(ledger, event.experiment, (Status.PROPOSED, Status.SKIPPED, Status.FAILED), "accepted")
    return event


def _skipped(ledger: Ledger, event: Skipped) -> Event:
    require(ledger, event.experiment, OPEN, "skipped")
    return event


def _measured(ledger: Ledger, event: Measured) -> Event:
    owner = _owner(event)
    if not event.values:
        raise InputError(f"{owner}: must hold at least one measured value, got none; give one of {', '.join(TARGETS)}")
    wrong: list[str] = []
    values: dict[str, float] = _gathered(wrong, partial(check_values, event.values, owner), {})
    conditions: dict[str, Condition] = _gathered(wrong, partial(check_conditions, event.conditions, owner), {})
    nowhere: tuple[Measured, Experiment | None] = (event, None)
    completed, experiment = _gathered(wrong, partial(located, ledger, event, "measured"), nowhere)
    if wrong:
        raise InputError("\n".join(wrong))
    held = ledger.start.conditions if experiment is None else experiment.conditions
    check_together(values, {**held, **conditions}, owner)
    if experiment is not None and experiment.status is Status.FAILED and _last_failure(experiment) == "synthesis":
        raise InputError(
            f"{owner}: must have been made to be measured, got a failed synthesis; record accepted for the new "
            f"attempt first, or withdraw event {experiment.failures[-1].sequence}"
        )
    return replace(completed, values=values, conditions=_differing(conditions, held))


def _failed(ledger: Ledger, event: Failed) -> Event:
    if event.failure not in FAILURES:
        raise UnknownNameError("kind of failure", event.failure, FAILURES)
    return located(ledger, event, "recorded as failed")[0]


def _corrected(ledger: Ledger, event: Corrected) -> Event:
    owner = f"correction of event {event.sequence}"
    identifier = ledger.about(event.sequence)
    earlier = ledger.events[event.sequence].event
    if isinstance(earlier, Corrected):
        raise InputError(
            f"{owner}: must refer to what was measured, got a correction; correct event {earlier.sequence}"
        )
    if not isinstance(earlier, Measured | Failed):
        raise InputError(f"{owner}: only measured and failed can be corrected, got {earlier.kind}; withdraw it instead")
    require_live(ledger, event.sequence, owner)
    if isinstance(earlier, Failed):
        if event.values or event.conditions:
            raise InputError(f"{owner}: a failure has no values, got some; withdraw it and record what was measured")
        if event.failure and event.failure not in FAILURES:
            raise UnknownNameError("kind of failure", event.failure, FAILURES)
        if not (event.failure or event.note):
            raise InputError(f"{owner}: must change something, got nothing; give failure or note")
        return event
    if event.failure:
        raise InputError(f"{owner}: a measurement is no failure, got {event.failure!r}; withdraw it and record failed")
    if not (event.values or event.conditions or event.note):
        raise InputError(f"{owner}: must change something, got nothing; give values, conditions or a note")
    completed = replace(
        event, values=check_values(event.values, owner), conditions=check_conditions(event.conditions, owner)
    )
    cell = next(cell for cell in ledger.experiment(identifier).measurements if cell.sequence == event.sequence)
    check_together({**cell.values, **completed.values}, {**cell.conditions, **completed.conditions}, owner)
    return completed


def _withdrawn(ledger: Ledger, event: Withdrawn) -> Event:
    if bool(event.experiment) == bool(event.sequence):
        raise InputError(
            "withdrawal: must name an experiment or the number of an event, got "
            f"{'both' if event.experiment else 'neither'}; name one of them"
        )
    if event.experiment:
        every = tuple(status for status in Status if status is not Status.WITHDRAWN)
        require(ledger, event.experiment, every, "withdrawn")
        return event
    owner = f"withdrawal of event {event.sequence}"
    identifier = ledger.about(event.sequence)
    if not identifier:
        kind = ledger.events[event.sequence].event.kind
        remedy = "withdraw its experiments one by one" if kind == Proposed.kind else "record again what holds"
        raise InputError(f"{owner}: a {kind} event cannot be withdrawn; {remedy}")
    require_live(ledger, event.sequence, owner)
    return event


def _gathered(wrong: list[str], check: Callable[[], _T], instead: _T) -> _T:
    """What a check gives; what it finds wrong goes to a list, so that the next check is made too."""
    try:
        return check()
    except InputError as err:
        wrong.append(str(err))
        return instead


def _differing(conditions: Mapping[str, Any], usual: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in conditions.items() if name not in usual or usual[name] != value}


def _last_failure(experiment: Experiment) -> str:
    return experiment.failures[-1].failure


def _owner(event: Measured) -> str:
    return event.experiment or event.formula or event.kind


_RULES: Final[Mapping[type[Event], Callable[[Ledger, Any], Event]]] = {
    Created: _created,
    Proposed: _proposed,
    Accepted: _accepted,
    Skipped: _skipped,
    Measured: _measured,
    Failed: _failed,
    Corrected: _corrected,
    Withdrawn: _withdrawn,
}
