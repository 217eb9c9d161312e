"""Format 1 of campaign files: tables, triggers, and how rows are read and written."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from hemml.active.store.records import Row

NUMBER: Final = 1

SCHEMA: Final = (
    """CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    who TEXT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
)""",
    """CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL
)""",
    """CREATE TABLE claims (
    candidate TEXT NOT NULL PRIMARY KEY,
    experiment TEXT NOT NULL UNIQUE
) WITHOUT ROWID""",
    """CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed; correct them by a further event');
END""",
    """CREATE TRIGGER events_never_go BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted; withdraw them by a further event');
END""",
    """CREATE TRIGGER events_have_no_gaps BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events)
BEGIN
    SELECT RAISE(ABORT, 'events are numbered without gaps');
END""",
)


def read_rows(connection: sqlite3.Connection, after: int) -> list[Row]:
    """The events after a sequence number, in order."""
    query = "SELECT sequence, time, who, kind, body, hash FROM events WHERE sequence > ? ORDER BY sequence"
    return [Row(*cells) for cells in connection.execute(query, (after,))]


def read_head(connection: sqlite3.Connection) -> tuple[int, int, str] | None:
    """Number of events, and what is noted apart from them: number and hash of the last one; None before the first."""
    query = "SELECT (SELECT COUNT(*) FROM events), sequence, hash FROM head"
    found: tuple[int, int, str] | None = connection.execute(query).fetchone()
    return found


def read_claims(connection: sqlite3.Connection) -> dict[str, str]:
    """Key -> experiment of every candidate that must not be proposed again."""
    return dict(connection.execute("SELECT candidate, experiment FROM claims").fetchall())


def write_rows(connection: sqlite3.Connection, rows: list[Row]) -> None:
    """Add events and note the last one."""
    connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (rows[-1].sequence, rows[-1].hash))


def write_claims(connection: sqlite3.Connection, claims: Mapping[str, str]) -> None:
    """Bring the claims up to date; a candidate that another experiment holds is refused by the table itself."""
    before = read_claims(connection)
    gone = [pair for pair in before.items() if claims.get(pair[0]) != pair[1]]
    fresh = [pair for pair in claims.items() if before.get(pair[0]) != pair[1]]
    connection.executemany("DELETE FROM claims WHERE candidate = ? AND experiment = ?", gone)
    connection.executemany("INSERT INTO claims VALUES (?, ?)", fresh)
