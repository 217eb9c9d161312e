"""Events of a campaign in words."""

from __future__ import annotations

from collections.abc import Mapping

from hemml.active.store import (
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


def event_text(event: Event) -> str:
    """What happened, in one line: `P003: capacity_mAh_g 213, sample A; note`."""
    if isinstance(event, Created):
        return event.name
    if isinstance(event, Proposed):
        return f"batch {event.batch}: " + ", ".join(f"{one['id']} {one['formula']}" for one in event.proposals)
    if isinstance(event, Measured):
        formula = f"{event.formula}, " if event.formula else ""
        return _noted(f"{event.experiment}: {formula}{_pairs({**event.values, **event.conditions})}", event.note)
    if isinstance(event, Failed):
        formula = f"{event.formula}, " if event.formula else ""
        return _noted(f"{event.experiment}: {formula}{event.failure.replace('_', ' ')}", event.note)
    if isinstance(event, Corrected):
        changed = [text for text in (_pairs({**event.values, **event.conditions}), event.failure) if text]
        return _noted(f"event {event.sequence}: {', '.join(changed)}".removesuffix(": "), event.note)
    if isinstance(event, Accepted):
        return _noted(event.experiment, event.note)
    if isinstance(event, Skipped):
        return _noted(event.experiment, event.reason)
    assert isinstance(event, Withdrawn)  # noqa: S101 - there is no other kind
    return _noted(event.experiment or f"event {event.sequence}", event.reason)


def _pairs(values: Mapping[str, Condition]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in values.items())


def _plain(value: Condition) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _noted(text: str, note: str) -> str:
    return f"{text}; {note}" if note else text
