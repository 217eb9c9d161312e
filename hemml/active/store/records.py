"""Events as they are kept: numbered, dated, and each chained to the one before by a hash."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final, NamedTuple

from hemml.active.store.events import EVENTS, Event
from hemml.active.store.json_values import Json, canonical
from hemml.active.store.problems import CampaignFileError
from hemml.errors import InputError

GENESIS: Final = "0" * 64  # what the first event is chained to
_TYPES: Final = {"str": str, "int": int, "Mapping": dict, "tuple": list, "Sequence": list}


@dataclass(frozen=True)
class Recorded:
    """An event in a campaign.

    Attributes:
        sequence: Its number, from 1 without gaps.
        time: When it was stored, in UTC.
        who: Who stored it; None if not said.
        event: What happened.
    """

    sequence: int
    time: datetime
    who: str | None
    event: Event


class Row(NamedTuple):
    """An event as it stands in the file; `hash` covers the rest and the hash of the row before."""

    sequence: int
    time: str
    who: str | None
    kind: str
    body: str
    hash: str


def row_of(recorded: Recorded, previous: str) -> Row:
    """The row of an event.

    Args:
        recorded: The event.
        previous: Hash of the row before; `GENESIS` for the first.
    """
    event = recorded.event
    content = {one.name: getattr(event, one.name) for one in fields(event)}
    time = recorded.time.astimezone(UTC).isoformat(timespec="microseconds")
    row = Row(recorded.sequence, time, recorded.who, event.kind, canonical(content), "")
    return row._replace(hash=row_hash(row, previous))


def row_hash(row: Row, previous: str) -> str:
    """SHA-256 of the row before's hash and this row's content, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical([previous, *row[:-1]]).encode("utf-8")).hexdigest()


def recorded_of(row: Row, previous: str, owner: str) -> Recorded:
    """The event of a row.

    Args:
        row: As read.
        previous: Hash of the row before.
        owner: What messages call the file.

    Raises:
        CampaignFileError: The row is not as it was written.
    """
    texts = [row.time, row.kind, row.body, row.hash]
    if not (isinstance(row.sequence, int) and all(isinstance(one, str) for one in texts)):
        raise _changed(owner, row, "its cells have other types")
    if not isinstance(row.who, str | None) or row_hash(row, previous) != row.hash:
        raise _changed(owner, row, "its hash does not fit its content and the event before it")
    try:
        time = datetime.fromisoformat(row.time)
        event = _event(row.kind, json.loads(row.body))
    except (InputError, ValueError, TypeError, RecursionError) as err:
        raise _changed(owner, row, str(err)) from err
    return Recorded(row.sequence, time, row.who, event)


def _event(kind: str, content: Json) -> Event:
    if kind not in EVENTS:
        raise ValueError(f"hemml knows no event {kind!r}")
    cls = EVENTS[kind]
    types = {one.name: _TYPES[str(one.type).partition("[")[0]] for one in fields(cls)}
    if not isinstance(content, dict) or content.keys() != types.keys():
        raise ValueError(f"its content must be {', '.join(types)}")
    for name, wanted in types.items():
        if not isinstance(content[name], wanted):
            raise TypeError(f"{name} must be of another type, got {content[name]!r}")
    return cls(**content)


def _changed(owner: str, row: Row, reason: str) -> CampaignFileError:
    return CampaignFileError(
        f"{owner}: event {row.sequence!r} must be as it was written, got a changed one ({reason}); "
        "the file is damaged: go on from a copy of it"
    )
