"""Files that the commands of `hemml campaign` write: looked at before the work, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml.active.store.file import refuse_log
from hemml.errors import HemmlError, InputError

if TYPE_CHECKING:
    from hemml.active.export import SheetHeader
    from hemml.active.proposal import Proposal

SUFFIXES: Final = (".csv", ".json", ".html")
_MARKS: Final = {".csv": "id,formula,rank,", ".json": '"proposals"', ".html": ": lab sheets</title>"}
_HEAD_BYTES: Final = 4096


def check_new_campaign(path: Path) -> None:
    """Refuse a campaign file that cannot be made.

    Raises:
        InputError: Something has that name, an earlier campaign of that name left its log, or the folder is missing or
            cannot be written.
    """
    where = f"campaign file {str(path)!r}"
    if path.exists() or path.is_symlink():
        found = "a folder" if path.is_dir() else "one that exists"
        raise InputError(f"{where}: must be a new file, got {found}; choose another name")
    _check_parent(path, where)
    refuse_log(path)


def check_folder(folder: Path, batch: int) -> None:
    """Refuse a folder that a batch cannot be written to; it need not exist.

    Raises:
        InputError: It is no folder or cannot be written, or holds files of a batch of that number.
    """
    where = f"--output {str(folder)!r}"
    nearest = folder.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InputError(f"{where}: must be a folder, got a file at {str(nearest)!r}; choose another name")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InputError(f"{where}: must be a folder that can be written; choose another one")
    _refuse_existing(batch_files(folder, str(batch)))


def check_export(path: Path, campaign: Path) -> None:
    """Refuse a file that proposals cannot be written to, or whose content would be lost.

    Raises:
        InputError: The ending is none of `SUFFIXES`, the folder is missing or cannot be written, or a file of that
            name holds something else than proposals.
    """
    where, suffix = f"FILE {str(path)!r}", path.suffix.lower()
    if path.is_dir():
        raise InputError(f"{where}: must be a file, got a folder; add a file name such as proposals.csv")
    if suffix not in SUFFIXES:
        got = repr(path.suffix) if path.suffix else "no ending"
        raise InputError(f"{where}: must end in {', '.join(SUFFIXES)}, got {got}; rename it")
    _check_parent(path, where)
    if not path.exists():
        return
    is_campaign = campaign.exists() and path.samefile(campaign)
    if is_campaign or not path.is_file() or not _is_exported(path, suffix):
        raise InputError(
            f"{where}: exists and does not hold exported proposals, so it is not replaced; choose another name"
        )


def batch_files(folder: Path, batch: str) -> tuple[Path, ...]:
    """Where a batch is written in a folder."""
    return tuple(folder / f"batch_{batch}{suffix}" for suffix in SUFFIXES)


def write_batch(proposals: Sequence[Proposal], header: SheetHeader, folder: Path, campaign: Path) -> tuple[Path, ...]:
    """Write a batch that the campaign holds already.

    Raises:
        HemmlError: It cannot be written; the message says that the batch is kept.
    """
    paths = batch_files(folder, header.batch)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_existing(paths)
        for path in paths:
            write_proposals(path, proposals, header)
    except (OSError, InputError) as err:
        reason = err if isinstance(err, InputError) else err.strerror or err
        raise HemmlError(
            f"batch {header.batch} ({', '.join(one.id for one in proposals)}) is kept in {campaign}, but its files "
            f"could not be written to {folder}: {reason}; write them with hemml campaign export {campaign} FILE "
            f"--batch {header.batch}"
        ) from err
    return paths


def write_proposals(path: Path, proposals: Sequence[Proposal], header: SheetHeader) -> None:
    """Write one file in the form that its ending tells.

    Raises:
        OSError: It cannot be written; an existing file is as it was.
    """
    from hemml.active.export import write_csv, write_json, write_lab_sheet

    suffix = path.suffix.lower()
    if suffix == ".csv":
        write_csv(path, proposals)
    elif suffix == ".json":
        write_json(path, proposals)
    else:
        write_lab_sheet(path, proposals, header)


def _check_parent(path: Path, where: str) -> None:
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{where}: must be in a folder that exists, got none at {str(path.parent)!r}; make it first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{where}: must be in a folder that can be written; choose another folder")


def _refuse_existing(paths: Sequence[Path]) -> None:
    for path in paths:
        if path.exists():
            raise InputError(
                f"--output {str(path.parent)!r}: must not hold {path.name}, got one; choose another folder"
            )


def _is_exported(path: Path, suffix: str) -> bool:
    """Whether a file looks like one that was exported before; an empty one has nothing to lose."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES).decode("utf-8", errors="replace")
    return not head or (head.startswith(_MARKS[suffix]) if suffix == ".csv" else _MARKS[suffix] in head)
