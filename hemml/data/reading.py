"""Reading a CSV file as text, with a clear error for everything that is not one."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hemml.data.problems import Problem, plural, shorten
from hemml.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_SPREADSHEETS: Final = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")
_MAGIC: Final = {
    b"PK\x03\x04": "an Excel or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"PAR1": "a Parquet file",
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF file",
    b"\xff\xfe": "a UTF-16 text file",
    b"\xfe\xff": "a UTF-16 text file",
}
_SEPARATORS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True, eq=False)
class RawTable:
    """A table as text, before any value is read.

    Attributes:
        frame: (n, columns) text of every cell, "" where empty; rows that are in `problems` are left out.
        lines: (n,) line of the file on which each row starts; the header is line 1.
        problems: Rows whose number of cells differs from the header's.
    """

    frame: pd.DataFrame
    lines: tuple[int, ...]
    problems: tuple[Problem, ...]


def read_table(path: Path | str) -> RawTable:
    """Read a comma-separated UTF-8 file without interpreting any value.

    A byte order mark and empty lines are accepted.

    Raises:
        DataError: The file is missing, empty, no text, no CSV, or its header cannot be used.
    """
    import pandas as pd

    path = Path(path)
    text = _decode(path, _read_bytes(path))
    rows, lines = _parse(path, text)
    header, rows, lines = [name.strip() for name in rows[0]], rows[1:], lines[1:]
    _check_header(path, header, rows)
    problems = [
        Problem(
            line,
            "",
            ",".join(row),
            f"must have {plural(len(header), 'cell')} as the header has, got {len(row)}",
            "put text that holds a comma in double quotes, and write decimals with a point",
        )
        for row, line in zip(rows, lines, strict=True)
        if len(row) != len(header)
    ]
    whole = [(row, line) for row, line in zip(rows, lines, strict=True) if len(row) == len(header)]
    frame = pd.DataFrame([row for row, _ in whole], columns=header, dtype=object)
    return RawTable(frame, tuple(line for _, line in whole), tuple(problems))


def _read_bytes(path: Path) -> bytes:
    if path.suffix.lower() in _SPREADSHEETS:
        raise DataError(
            f"table {str(path)!r}: must be a CSV file, got a spreadsheet ({path.suffix}); "
            "open it, choose 'Save as' and 'CSV UTF-8 (comma delimited)', and give that file"
        )
    try:
        return path.read_bytes()
    except FileNotFoundError as err:
        raise DataError(f"table {str(path)!r}: must be an existing CSV file, found none; check the path") from err
    except IsADirectoryError as err:
        raise DataError(f"table {str(path)!r}: must be a CSV file, got a folder; give the file in it") from err
    except OSError as err:
        raise DataError(f"table {str(path)!r}: cannot be read ({err.strerror}); check the file's permissions") from err


def _decode(path: Path, raw: bytes) -> str:
    for magic, what in _MAGIC.items():
        if raw.startswith(magic):
            raise DataError(f"table {str(path)!r}: must be a UTF-8 CSV file, got {what}; save it as 'CSV UTF-8'")
    if b"\0" in raw:
        raise DataError(f"table {str(path)!r}: must be a text file, got one with zero bytes; save it as 'CSV UTF-8'")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = raw.count(b"\n", 0, err.start) + 1
        near = raw[max(err.start - 12, 0) : err.start + 12].decode("latin-1")
        raise DataError(
            f"table {str(path)!r}, line {line}: must be UTF-8 text, got byte 0x{raw[err.start]:02x} near {near!r}; "
            "save it as 'CSV UTF-8'"
        ) from err
    if not text.strip():
        raise DataError(f"table {str(path)!r}: must have a header and at least one row, got an empty file")
    return text


def _parse(path: Path, text: str) -> tuple[list[list[str]], list[int]]:
    """Non-empty rows and the line each starts on."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as err:
        raise DataError(
            f"table {str(path)!r}, row from line {start}: must be CSV, got {err}; "
            "close every double quote, and write a quote inside quoted text twice"
        ) from err
    return rows, lines


def _check_header(path: Path, header: list[str], rows: list[list[str]]) -> None:
    where = f"table {str(path)!r}, header"
    if len(header) == 1:
        first = header[0]
        if first[:1] in "{[<":
            raise DataError(
                f"{where}: must be column names, got {shorten(first)!r}; this looks like JSON or HTML, give CSV"
            )
        for separator, name in _SEPARATORS.items():
            if separator in first:
                raise DataError(
                    f"{where}: columns must be separated by commas, got {name} in {shorten(first)!r}; "
                    "save it with commas between the columns and points in the decimals"
                )
    unnamed = [str(place) for place, name in enumerate(header, start=1) if not name]
    if unnamed:
        raise DataError(
            f"{where}: every column must have a name, got none for column {', '.join(unnamed)}; name or delete it"
        )
    repeated = [name for name, count in Counter(header).items() if count > 1]
    if repeated:
        raise DataError(f"{where}: names must differ, got {', '.join(repeated)} more than once; delete or rename one")
    if not rows:
        raise DataError(f"table {str(path)!r}: must have at least one row below its header, got none; add rows")
