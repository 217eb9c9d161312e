"""Writing files and folders so that a reader, or a crash half-way, never meets half of one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def atomic_write_text(path: Path | str, text: str) -> None:
    r"""Write text as UTF-8 with `\n` line ends: the file holds the old text or all of the new one, never a part."""
    atomic_write_bytes(path, text.encode("utf-8"))


def atomic_write_bytes(path: Path | str, data: bytes) -> None:
    """Write bytes: the file holds the old bytes or all of the new ones, never a part.

    The permissions of a file that is replaced are kept, and a symbolic link keeps pointing to it.

    Raises:
        OSError: The folder does not exist or cannot be written; nothing is left behind.
    """
    path = Path(path).resolve()
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)


@contextmanager
def atomic_directory(path: Path | str) -> Iterator[Path]:
    """Fill a folder aside and put it in place only when the block ends well.

    An existing folder is moved aside, replaced, and only then deleted; if the block raises, it stays as it was.

    Args:
        path: The folder to make or replace; its parents are made.

    Yields:
        An empty folder beside `path` to write into.

    Raises:
        NotADirectoryError: A file of that name exists.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_dir():
        raise NotADirectoryError(f"folder {str(path)!r}: a file has that name; choose another or delete it")
    path.parent.mkdir(parents=True, exist_ok=True)
    workspace = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
    fresh, old = workspace / "new", workspace / "old"
    fresh.mkdir()
    try:
        yield fresh
        for entry in sorted(fresh.rglob("*")):
            if entry.is_file():
                _sync(entry)
        _swap(fresh, path, old)
    finally:
        shutil.rmtree(workspace)


def _swap(fresh: Path, path: Path, old: Path) -> None:
    if not path.exists():
        fresh.rename(path)
    else:
        path.rename(old)
        try:
            fresh.rename(path)
        except BaseException:
            old.rename(path)
            raise
    _sync_folder(path.parent)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a power cut; only POSIX can open a folder."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
