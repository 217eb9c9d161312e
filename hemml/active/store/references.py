"""What an event refers to: its experiment, found by id or by formula, which must be at the right status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from hemml.active.store.events import Condition, Failed, Measured
from hemml.active.store.keys import candidate_key
from hemml.active.store.replay import Ledger
from hemml.active.store.state import FREE, Experiment, Status
from hemml.columns import Column
from hemml.errors import InputError

Result = TypeVar("Result", Measured, Failed)

OPEN = (Status.PROPOSED, Status.ACCEPTED)
_HAS_RESULTS = (*OPEN, Status.PARTLY_MEASURED, Status.MEASURED, Status.FAILED)


def located(ledger: Ledger, event: Result, done: str) -> tuple[Result, Experiment | None]:
    """The event with the id of its experiment, and that experiment; None where a new one begins.

    Args:
        ledger: All events before it.
        event: Names its experiment by id, by formula, or both.
        done: What the event says of the experiment, for messages.

    Raises:
        InputError: It names none, another one than its formula says, or one that is not at the right status.
    """
    if not event.experiment and not event.formula:
        raise InputError(f"{event.kind}: must name an experiment or a formula, got neither; give its id, such as P001")
    key = key_of(ledger, event.formula, {}) if event.formula else ""
    if not event.experiment:
        known = [one for one in map(ledger.experiment, ledger.courses) if one.status not in FREE]
        same = next((one for one in known if one.key == key), None)
        if same is None:
            cells = sum(course.batch is None for course in ledger.courses.values())
            return replace(event, experiment=f"C{cells + 1:03d}", key=key), None
        return replace(event, experiment=same.id, key=""), same
    experiment = require(ledger, event.experiment, _HAS_RESULTS, done)
    if key and key != key_of(ledger, experiment.formula, {}):
        raise InputError(
            f"{experiment.id}: formula must be {experiment.formula!r}, got {event.formula!r}; "
            "correct one of them, or leave the id out if it is another cell"
        )
    return replace(event, key=""), experiment


def require(ledger: Ledger, identifier: str, allowed: tuple[Status, ...], done: str) -> Experiment:
    """The experiment of an id.

    Args:
        ledger: All events so far.
        identifier: Its id.
        allowed: Where it may stand.
        done: What is to be done with it, for messages.

    Raises:
        InputError: There is none, or it stands elsewhere.
    """
    experiment = ledger.experiment(identifier)
    if experiment.status not in allowed:
        remedy = {
            Status.SKIPPED: "record it as accepted first",
            Status.WITHDRAWN: "propose the candidate again, or give its formula without an id",
        }.get(experiment.status, "withdraw the event that was wrong, if one was")
        states = ", ".join(status.replace("_", " ") for status in allowed)
        raise InputError(
            f"{experiment.id} ({experiment.formula}): to be {done} it must be {states}, got "
            f"{experiment.status.replace('_', ' ')}; {remedy}"
        )
    return experiment


def require_live(ledger: Ledger, sequence: int, owner: str) -> None:
    """Check that an event counts, and its experiment too.

    Raises:
        InputError: One of them was withdrawn.
    """
    course = ledger.course(ledger.about(sequence))
    if sequence in ledger.withdrawn or course.withdrawn is not None:
        what = "event" if sequence in ledger.withdrawn else f"experiment {course.id}"
        raise InputError(f"{owner}: must not be withdrawn, got a withdrawn {what}; record again what holds")


def key_of(ledger: Ledger, formula: str, conditions: Mapping[str, Condition]) -> str:
    """The key of a candidate of the campaign; its working ion decides what is mobile."""
    return candidate_key(formula, str(ledger.start.conditions.get(Column.WORKING_ION, "")), conditions)
