"""The CSV files of `hemml predict`: checked before the work, written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from hemml.errors import InputError
from hemml.files import atomic_write_text

_NOT_CSV: Final = (".xlsx", ".xls", ".xlsm", ".ods", ".json", ".parquet", ".gz", ".zip")


def check_output_paths(read: Path, written: Mapping[str, Path | None], marks: Iterable[frozenset[str]]) -> None:
    """Refuse outputs that cannot be written, or that would destroy something.

    Args:
        read: The file that is read.
        written: Option -> file to write, None where it was not given.
        marks: Sets of columns by which a file that hemml wrote is known; any other existing file is kept.

    Raises:
        InputError: A folder is missing, two options name one file, or an existing file holds something else.
    """
    marks = list(marks)
    seen = {"--input": read}
    for option, path in written.items():
        if path is None:
            continue
        for other, earlier in seen.items():
            if _same(path, earlier):
                raise InputError(f"{option} must be another file than {other}, got {str(path)!r} for both; rename one")
        seen[option] = path
        _check_one(option, path, marks)


def _check_one(option: str, path: Path, marks: Sequence[frozenset[str]]) -> None:
    where = f"{option} {str(path)!r}"
    if path.suffix.lower() in _NOT_CSV:
        raise InputError(f"{where}: must be a CSV file, got {path.suffix}; name it {path.with_suffix('.csv').name!r}")
    if path.is_dir():
        raise InputError(f"{where}: must be a file, got a folder; add a file name")
    folder = path.resolve().parent
    if not folder.is_dir():
        raise InputError(f"{where}: must be in a folder that exists, got none at {str(path.parent)!r}; make it first")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{where}: must be in a folder that can be written; choose another folder")
    if not path.exists():
        return
    if not path.is_file():
        raise InputError(f"{where}: must be an ordinary file; leave out --output to print the table")
    if path.stat().st_size and not any(mark <= _header(path) for mark in marks):
        raise InputError(
            f"{where}: exists and was not written by hemml predict, so it is not replaced; "
            "choose another name, or delete the file"
        )


def _same(one: Path, other: Path) -> bool:
    return one.resolve() == other.resolve() or (one.exists() and other.exists() and one.samefile(other))


def _header(path: Path) -> frozenset[str]:
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        try:
            return frozenset(next(csv.reader(stream), []))
        except csv.Error:
            return frozenset()


def csv_text(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Cells as CSV with `\n` line ends; every cell reads back as it is, line breaks in it included."""
    buffer = io.StringIO()
    # A lone carriage return in a cell is quoted only if the line end holds one.
    writer = csv.writer(buffer, lineterminator="\r\n")
    lines = []
    for row in (header, *rows):
        writer.writerow(row)
        lines.append(buffer.getvalue().removesuffix("\r\n"))
        buffer.seek(0)
        buffer.truncate()
    return "\n".join([*lines, ""])


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table in one step.

    Raises:
        OSError: It cannot be written; an existing file is as it was.
    """
    atomic_write_text(path, csv_text(header, rows))
