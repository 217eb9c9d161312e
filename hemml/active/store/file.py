"""Campaign files: making, opening and checking them, and telling what is wrong with one."""

from __future__ import annotations

import errno
import os
import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from hemml.active.store import format_1
from hemml.active.store.problems import CampaignFileError, StaleState
from hemml.errors import HemmlError, InputError

APPLICATION_ID: Final = 0x48454D4C  # "HEML"
BUSY_SECONDS: Final = 30.0
READERS: Final[Mapping[int, ModuleType]] = MappingProxyType({format_1.NUMBER: format_1})
NEWEST: Final = max(READERS)

_MAGIC: Final = b"SQLite format 3\0"
_HEADER_BYTES: Final = 100
_FORMAT_AT: Final = 60  # user_version and application_id, https://www.sqlite.org/fileformat.html
_APPLICATION_AT: Final = 68
_RESTORE: Final = "go on from a copy of it"
_TRANSIENT: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
    }
)


def make_file(path: Path) -> None:
    """Make a campaign file without events; it appears under its name only when it is whole.

    Raises:
        InputError: A file of that name exists, or the folder cannot be written.
    """
    with new_file(path) as fresh, told(path), closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN")
        for statement in format_1.SCHEMA:
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {format_1.NUMBER}")
        connection.execute("COMMIT")


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file aside to fill, put in place when the block ends well and only if no file has that name.

    Raises:
        InputError: A file of that name exists, or the folder cannot be written.
    """
    owner = f"campaign file {str(path)!r}"
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent) as folder:
            fresh = Path(folder) / "new"
            _refuse_existing(path)
            refuse_log(path)
            yield fresh
            _place(fresh, path)
    except FileExistsError as err:
        raise InputError(f"{owner}: must be a new file, got one that exists; choose another name") from err
    except OSError as err:
        raise InputError(
            f"{owner}: must be in a folder that can be written, got: {err.strerror}; choose another folder"
        ) from err


def open_file(path: Path, *, read_only: bool) -> tuple[sqlite3.Connection, ModuleType]:
    """Open and check a campaign file.

    Returns:
        The connection, without a transaction, and the reader of the file's format.

    Raises:
        CampaignFileError: It is missing, foreign, damaged or of a newer format.
        HemmlError: It cannot be reached now, or not be written.
    """
    reader = READERS[_format_of(path)]
    with told(path):
        connection = _connect(path, read_only=read_only)
        try:
            _check(connection, path, reader)
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL")  # another program may have switched it off
        except BaseException:
            connection.close()
            raise
    return connection, reader


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into hemml's words.

    Raises:
        StaleState: The file's own guards refuse what would be there twice.
        HemmlError: The file cannot be used now: locked, not writable, disk full.
        CampaignFileError: SQLite finds it damaged.
    """
    owner = f"campaign file {str(path)!r}"
    try:
        yield
    except sqlite3.Error as err:
        code = getattr(err, "sqlite_errorcode", None)
        primary = None if code is None else code & 0xFF
        if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise HemmlError(
                f"{owner}: must be free to write within {BUSY_SECONDS:g} s, got: {err}; nothing was written, wait for "
                "the other process"
            ) from err
        if primary == sqlite3.SQLITE_CONSTRAINT:
            raise StaleState(
                f"{owner}: candidates, and numbers of events, must not be in use, got: {err}; nothing was written, "
                "compute them again"
            ) from err
        if primary in _TRANSIENT:
            raise HemmlError(
                f"{owner}: must be a file that can be read and written, got: {err}; nothing was written, check the "
                "permissions of file and folder and the space on the disk"
            ) from err
        raise CampaignFileError(f"{owner}: must be whole, got a damaged file ({err}); {_RESTORE}") from err
    except UnicodeDecodeError as err:
        raise CampaignFileError(f"{owner}: must be whole, got a damaged file ({err}); {_RESTORE}") from err


def damaged(path: Path, reason: str) -> CampaignFileError:
    """The error for a file whose parts do not fit together."""
    return CampaignFileError(f"campaign file {str(path)!r}: must be whole, got a damaged file ({reason}); {_RESTORE}")


def _format_of(path: Path) -> int:
    """The format number, from the file's first bytes, before SQLite touches it."""
    owner = f"campaign file {str(path)!r}"
    try:
        with path.open("rb") as stream:
            header = stream.read(_HEADER_BYTES)
    except FileNotFoundError as err:
        raise CampaignFileError(
            f"{owner}: must be an existing file, got none; check the path, or begin with hemml campaign new"
        ) from err
    except IsADirectoryError as err:
        raise CampaignFileError(f"{owner}: must be a file, got a folder; give the file in it") from err
    except OSError as err:
        raise CampaignFileError(f"{owner}: cannot be read ({err.strerror}); check the file's permissions") from err
    if not header:
        raise CampaignFileError(f"{owner}: must be a campaign file, got an empty file; {_RESTORE}")
    if not header.startswith(_MAGIC):
        raise CampaignFileError(f"{owner}: must be a campaign file, got another kind of file; check the path")
    if len(header) < _HEADER_BYTES:
        raise damaged(path, "it is cut off")
    (application,) = struct.unpack_from(">I", header, _APPLICATION_AT)
    (number,) = struct.unpack_from(">I", header, _FORMAT_AT)
    if application != APPLICATION_ID:
        raise CampaignFileError(
            f"{owner}: must be a campaign file, got a SQLite file of another program (application id "
            f"{application:#010x}); check the path"
        )
    if number not in READERS:
        known = ", ".join(map(str, READERS))
        remedy = "update hemml" if number > NEWEST else _RESTORE
        raise CampaignFileError(f"{owner}: format must be {known}, got {number}; {remedy}")
    return int(number)


def _connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    address = path.resolve().as_uri()
    folder_writable = os.access(path.resolve().parent, os.W_OK)
    if not read_only or folder_writable:
        mode = "mode=rw"  # a reader too: mode=ro would leave -wal and -shm files behind
    elif path.with_name(path.name + "-wal").exists():
        mode = "mode=ro"
    else:
        mode = "mode=ro&immutable=1"  # SQLite cannot make the -shm file that it shares with writers
    connection = sqlite3.connect(f"{address}?{mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        else:
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection, path: Path, reader: ModuleType) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damaged(path, str(found))
    query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    if {sql for (sql,) in connection.execute(query)} != set(reader.SCHEMA):
        raise damaged(path, "its tables are not those of its format")


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def refuse_log(path: Path) -> None:
    """Refuse to make a file beside the log of an earlier one: SQLite would play that log into it.

    Raises:
        InputError: There is such a log.
    """
    log = path.with_name(path.name + "-wal")
    if log.exists():
        raise InputError(
            f"campaign file {str(path)!r}: must not have the log of an earlier campaign beside it, got {log.name!r}, "
            "which may hold results; bring the earlier file back, choose another name, or delete the log"
        )


def _place(fresh: Path, path: Path) -> None:
    """Give a finished file its name unless another has it."""
    with fresh.open("rb") as stream:
        os.fsync(stream.fileno())
    try:
        os.link(fresh, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        _refuse_existing(path)
        fresh.rename(path)
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
