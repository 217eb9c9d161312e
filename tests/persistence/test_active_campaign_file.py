"""Campaign files that are not as they were written: refused, or harmless."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hemml.active.store import (
    Accepted,
    CampaignFileError,
    CampaignStore,
    Corrected,
    Created,
    Failed,
    Measured,
    Recorded,
    Skipped,
    Status,
    Withdrawn,
    format_1,
)
from hemml.active.store import file as campaign_file
from hemml.errors import HemmlError, InputError

FIXTURE = Path(__file__).parent / "data" / "campaign_format_1.sql"
PAGE = 4096
DAMAGED = r"damaged file|the file is damaged|got another kind of file|SQLite file of another program|format must be 1"


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed campaign of several pages."""
    path = tmp_path_factory.mktemp("campaign") / "zn.campaign"
    created = Created(
        "zn", {"step": 0.1}, ("capacity_mAh_g", "retention_pct"), {"working_ion": "Zn", "retention_cycles": 100}
    )
    with CampaignStore.create(path, created, who="Ada") as store:
        for batch in range(4):
            formulas = [f"ZnMn{2 - (5 * batch + x) / 20:g}Ni{(5 * batch + x) / 20:g}O4" for x in range(1, 6)]
            given = [{"formula": one, "rank": 7, "why": "it lies far from all others " * 5} for one in formulas]
            store.append_proposals(lambda _, given=given: given)
            identifiers = store.state().batches[-1].experiments
            store.append([Measured(one, values={"capacity_mAh_g": 200}) for one in identifiers[:4]])
        store.append([Failed("P005", "synthesis"), Withdrawn("spilt", "P001")])
    return path


@pytest.fixture(scope="module")
def events(whole: Path) -> tuple[Recorded, ...]:
    with CampaignStore.open(whole, read_only=True) as store:
        return store.events()


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    """A copy to damage."""
    return Path(shutil.copy(whole, tmp_path / "zn.campaign"))


def refused_or_equal(path: Path, events: tuple[Recorded, ...]) -> bool:
    """Whether the file is refused; if it is not, it must hold what was written."""
    try:
        with CampaignStore.open(path) as store:
            assert store.events() == events
    except CampaignFileError as err:
        assert str(path) in str(err)  # noqa: PT017 - not every file is refused
        return True
    return False


def test_every_flipped_byte_is_refused_or_harmless(path: Path, events: tuple[Recorded, ...]) -> None:
    chance = random.Random(5)
    good = path.read_bytes()
    header = list(range(100))
    places = [*header, *(chance.randrange(100, len(good)) for _ in range(150))]
    refused = 0
    for place in places:
        bad = bytearray(good)
        bad[place] ^= chance.randrange(1, 256)
        path.write_bytes(bad)
        refused += refused_or_equal(path, events)
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
    assert refused > 80
    text = good.index(b"it lies far from all others")
    bad = bytearray(good)
    bad[text] ^= 1
    path.write_bytes(bad)
    with pytest.raises(CampaignFileError, match="its hash does not fit its content and the event before it"):
        CampaignStore.open(path)


def test_a_file_that_is_cut_off_is_refused(path: Path, events: tuple[Recorded, ...]) -> None:
    chance = random.Random(6)
    good = path.read_bytes()
    pages = len(good) // PAGE
    assert pages > 5
    cuts = [1, 15, 16, 50, 99, 100, PAGE, PAGE + 1, (pages - 1) * PAGE, len(good) - 1]
    for cut in [*cuts, *(chance.randrange(1, len(good)) for _ in range(40))]:
        path.write_bytes(good[:cut])
        assert refused_or_equal(path, events), cut


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "must be an existing file, got none; check the path"),
        (lambda path: path.mkdir(), "must be a file, got a folder; give the file in it"),
        (lambda path: path.touch(), "must be a campaign file, got an empty file"),
        (lambda path: path.write_text("id,capacity\n"), "must be a campaign file, got another kind of file"),
        (lambda path: path.write_bytes(random.Random(1).randbytes(9999)), "got another kind of file"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "got a damaged file .it is cut off"),
        (lambda path: sql(path, "CREATE TABLE events (sequence)"), "got a SQLite file of another program"),
        (
            lambda path: sql(path, f"PRAGMA application_id = {campaign_file.APPLICATION_ID}; PRAGMA user_version = 2"),
            "format must be 1, got 2; update hemml",
        ),
        (
            lambda path: sql(path, f"PRAGMA application_id = {campaign_file.APPLICATION_ID}; PRAGMA user_version = 1"),
            "its tables are not those of its format",
        ),
    ],
)
def test_what_is_no_campaign_is_refused(tmp_path: Path, make: Callable[[Path], object], message: str) -> None:
    path = tmp_path / "zn.campaign"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    for read_only in (False, True):
        with pytest.raises(CampaignFileError, match=message):
            CampaignStore.open(path, read_only=read_only)
    assert before is None or path.read_bytes() == before


def sql(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)


def without_guards(path: Path, statement: str, *values: object) -> None:
    """What a stranger could do who takes the triggers away and puts them back."""
    triggers = [one for one in format_1.SCHEMA if one.startswith("CREATE TRIGGER")]
    with closing(sqlite3.connect(path)) as connection, connection:
        for one in triggers:
            connection.execute(f"DROP TRIGGER {one.split()[2]}")
        assert connection.execute(statement, values).rowcount > 0
        for one in triggers:
            connection.execute(one)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (
            "UPDATE events SET body = replace(body, '200', '210') WHERE sequence = 4",
            "event 4 must be as it was written",
        ),
        ("UPDATE events SET who = 'Eve' WHERE sequence = 1", "event 1 must be as it was written"),
        ("UPDATE events SET who = NULL WHERE sequence = 1", "event 1 must be as it was written"),
        ("UPDATE events SET time = '2026-01-01T00:00:00+00:00' WHERE sequence = 3", "event 3 must be as it was"),
        ("UPDATE events SET kind = 'failed' WHERE sequence = 4", "event 4 must be as it was written"),
        ("UPDATE events SET body = CAST(body AS BLOB) WHERE sequence = 4", "its cells have other types"),
        ("UPDATE events SET sequence = sequence + 1 WHERE sequence = (SELECT max(sequence) FROM events)", "event 24"),
        ("DELETE FROM events WHERE sequence = 5", "event 6 must be as it was written"),
        ("DELETE FROM events WHERE sequence = 1", "event 2 must be as it was written"),
        ("DELETE FROM events WHERE sequence > 20", "its last events are missing"),
        ("DELETE FROM events", "its last events are missing"),
        ("DELETE FROM head", "its last events are missing"),
        ("UPDATE head SET hash = 'x'", "its last events are missing"),
        ("DELETE FROM claims WHERE experiment = 'P002'", "its candidates in use are not those of its events"),
        ("UPDATE claims SET candidate = 'x' WHERE experiment = 'P002'", "its candidates in use are not those"),
        (
            "INSERT INTO events SELECT sequence + 1, time, who, kind, body, hash FROM events WHERE sequence = 23",
            "event 24 must be as it was written",
        ),
    ],
)
def test_rows_that_others_changed_are_found(path: Path, statement: str, message: str) -> None:
    without_guards(path, statement)
    with pytest.raises(CampaignFileError, match=message):
        CampaignStore.open(path)


def test_the_file_refuses_to_change_events(path: Path, events: tuple[Recorded, ...]) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement, message in (
            ("UPDATE events SET who = 'Eve'", "events are never changed; correct them by a further event"),
            ("DELETE FROM events WHERE sequence = 23", "events are never deleted; withdraw them by a further event"),
            ("INSERT INTO events VALUES (99, '', '', '', '', '')", "events are numbered without gaps"),
            ("REPLACE INTO events VALUES (5, '', '', '', '', '')", "events are numbered without gaps"),
        ):
            with pytest.raises(sqlite3.IntegrityError, match=message):
                connection.execute(statement)
    with CampaignStore.open(path) as store:
        assert store.events() == events


@pytest.mark.parametrize(
    "script",
    [
        "DROP TRIGGER events_never_go",
        "CREATE TRIGGER more AFTER INSERT ON events BEGIN DELETE FROM claims; END",
        "CREATE VIEW all_events AS SELECT * FROM events",
        "ALTER TABLE events ADD COLUMN more TEXT",
    ],
)
def test_other_tables_and_triggers_are_refused(path: Path, script: str) -> None:
    sql(path, script)
    with pytest.raises(CampaignFileError, match="its tables are not those of its format"):
        CampaignStore.open(path)


def test_damage_while_the_file_is_open_is_found(path: Path) -> None:
    with CampaignStore.open(path) as store:
        without_guards(path, "DELETE FROM events WHERE sequence > 20")
        with pytest.raises(CampaignFileError, match="its last events are missing"):
            store.append([Accepted("P010")])
        with pytest.raises(CampaignFileError, match="its last events are missing"):
            store.state()


def test_a_file_in_a_folder_that_cannot_be_written_is_read(
    path: Path, events: tuple[Recorded, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = path.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with CampaignStore.open(path, read_only=True) as store:
        assert store.events() == events
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_no_place_for_a_campaign(path: Path, events: tuple[Recorded, ...]) -> None:
    path.parent.chmod(0o555)
    try:
        if os.access(path.parent, os.W_OK):
            pytest.skip("permissions do not bind this user")
        with CampaignStore.open(path, read_only=True) as store:
            assert store.events() == events
        with pytest.raises(HemmlError, match="check the permissions of file and folder"):
            CampaignStore.open(path)
        with pytest.raises(InputError, match="must be in a folder that can be written"):
            CampaignStore.create(path.with_name("new.campaign"), Created("zn", {}, ("capacity_mAh_g",)))
    finally:
        path.parent.chmod(0o755)


def test_a_reader_goes_on_while_another_writes(path: Path) -> None:
    with CampaignStore.open(path, read_only=True) as reader, closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        before = reader.state()
        with CampaignStore.open(path, read_only=True) as another:
            assert another.state() == before
        writer.rollback()


def test_a_file_that_another_process_keeps_is_an_error_that_says_so(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(campaign_file, "BUSY_SECONDS", 0.05)
    with CampaignStore.open(path) as store, closing(sqlite3.connect(path)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(HemmlError, match=r"must be free to write within 0.05 s, got: database is locked; nothing"):
            store.append([Accepted("P010")])
        writer.rollback()
        store.append([Accepted("P010")])


def test_format_1_is_read_and_written_on(tmp_path: Path) -> None:
    """The file was written when format 1 was made; it must be readable by every later hemml."""
    path = tmp_path / "zn_spinel.campaign"
    sql(path, FIXTURE.read_text(encoding="utf-8"))
    sql(path, "PRAGMA journal_mode = WAL")
    with CampaignStore.open(path) as store:
        events, state = store.events(), store.state()
        store.append([Accepted("P004")])
    assert [one.event.kind for one in events] == [
        *("created", "proposed", "accepted", "skipped", "measured", "measured", "failed"),
        *("measured", "corrected", "withdrawn", "withdrawn"),
    ]
    assert (events[0].who, events[1].who) == ("Ada", None)
    assert events[0].time == datetime(2026, 3, 2, 8, 30, 0, 125, tzinfo=UTC)
    assert events[3].event == Skipped("P002", "no nickel, ü")
    assert events[8].event == Corrected(5, {"capacity_mAh_g": 213.4}, note="mass of the electrode")
    assert (state.name, state.space["step"], state.settings) == ("zn_spinel", 0.05, {"seed": 7})
    assert {one.id: one.status for one in state.experiments.values()} == {
        "P001": Status.MEASURED,
        "P002": Status.SKIPPED,
        "P003": Status.WITHDRAWN,
        "P004": Status.PROPOSED,
        "C001": Status.PARTLY_MEASURED,
    }
    assert state.experiments["P001"].values["capacity_mAh_g"].mean == 213.4
    assert state.experiments["P004"].rank == 2**70
    assert [one.id for one in state.pending] == ["P004", "C001"]


def test_a_new_file_does_not_take_over_the_log_of_a_deleted_one(tmp_path: Path) -> None:
    """SQLite plays a log of that name into any file, so a new campaign would hold the events of the old one."""
    path = tmp_path / "old.campaign"
    log = path.with_name(path.name + "-wal")
    log.write_bytes(b"left by a process that was killed")
    with pytest.raises(InputError, match="must not have the log of an earlier campaign beside it"):
        campaign_file.make_file(path)
    assert not path.exists()
    assert log.exists()
