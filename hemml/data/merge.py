"""Adding a table's rows to another table: what is there stays as it is written, what is new is appended."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hemml.columns import Column
from hemml.data.duplicates import key_facts
from hemml.data.loading import record_ids, sha256_of
from hemml.data.problems import Problem, Severity, errors_of, summarise
from hemml.data.reading import RawTable, read_table
from hemml.data.schema import RULES
from hemml.data.validation import validate
from hemml.errors import DataError
from hemml.files import atomic_write_text

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MergeReport:
    """What merging did.

    Attributes:
        table: The table that was added to.
        added: Record ids of the new rows.
        repeated: Line of the added file and line of the table, for each row that the table already had.
        warnings: What the check of the added file warns of.
    """

    table: Path
    added: tuple[str, ...]
    repeated: tuple[tuple[int, int], ...]
    warnings: tuple[Problem, ...]


def merge_table(file: Path | str, into: Path | str) -> MergeReport:
    """Add the rows of a file to a table, which is made if it does not exist.

    Rows whose source and facts the table already has are left out and reported. Nothing that the table holds is
    changed; the file is replaced in one step, or not at all.

    Raises:
        DataError: Either table has errors, a record id names other facts in the table, or the table changed meanwhile.
    """
    import pandas as pd

    file, into = Path(file), Path(into)
    new, problems = _checked(file)
    warnings = tuple(problem for problem in problems if problem.severity is Severity.WARNING)
    ids = list(record_ids(new.frame))
    if Column.RECORD_ID in new.frame:
        ids = [given.strip() or made for given, made in zip(new.frame[Column.RECORD_ID], ids, strict=True)]
    added = new.frame.assign(**{Column.RECORD_ID.value: ids})
    if not into.exists():
        order = [str(column) for column in RULES]
        _write(into, added.reindex(columns=order, fill_value=""))
        return MergeReport(into, tuple(ids), (), warnings)

    before = sha256_of(into)
    old, _ = _checked(into)
    repeated = _repeated(new, old)
    skipped = {line for line, _ in repeated}
    _refuse_reused_ids(file, ids, new, old, skipped)
    added = added[[line not in skipped for line in new.lines]]
    columns = [*old.frame.columns, *(str(c) for c in RULES if c in added.columns and c not in old.frame.columns)]
    merged = pd.concat([old.frame, added], ignore_index=True).reindex(columns=columns).fillna("")
    if len(added):
        if sha256_of(into) != before:
            raise DataError(f"table {str(into)!r}: changed while rows were being added, nothing was written; try again")
        _write(into, merged)
    return MergeReport(into, tuple(added[Column.RECORD_ID]), tuple(repeated), warnings)


def _checked(path: Path) -> tuple[RawTable, list[Problem]]:
    raw = read_table(path)
    problems = [*raw.problems, *validate(raw.frame, lines=raw.lines)]
    if errors_of(problems):
        raise DataError(summarise(str(path), problems), problems)
    return raw, problems


def _repeated(new: RawTable, old: RawTable) -> list[tuple[int, int]]:
    known = dict(zip(key_facts(old.frame), old.lines, strict=True))
    return [(line, known[facts]) for facts, line in zip(key_facts(new.frame), new.lines, strict=True) if facts in known]


def _refuse_reused_ids(file: Path, ids: list[str], new: RawTable, old: RawTable, skipped: set[int]) -> None:
    if Column.RECORD_ID not in old.frame:
        return
    known = dict(zip(old.frame[Column.RECORD_ID].str.strip(), old.lines, strict=True))
    problems = [
        Problem(
            line,
            Column.RECORD_ID,
            record,
            f"names other facts on line {known[record]} of the table",
            "clear it to add the row as a new record, or correct the table's row by hand",
        )
        for record, line in zip(ids, new.lines, strict=True)
        if line not in skipped and record in known
    ]
    if problems:
        raise DataError(summarise(str(file), problems), problems)


def _write(path: Path, frame: pd.DataFrame) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(frame.columns)
    writer.writerows(frame.itertuples(index=False, name=None))
    atomic_write_text(path, stream.getvalue())
