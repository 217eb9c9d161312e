"""The file that a screening leaves: Parquet, with the provenance in its metadata."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.errors import InputError
from hemml.files import atomic_write_bytes
from hemml.screening.checkpoint import SUFFIX
from hemml.screening.rows import Rows
from hemml.screening.screener import IN_DOMAIN, Screener

if TYPE_CHECKING:
    import pandas as pd

PROVENANCE: Final = "hemml"
"""Key of the provenance in the metadata of the Parquet file."""


def frame_of(screener: Screener, rows: Rows, *, formulas: bool = True) -> pd.DataFrame:
    """Candidates as a table: rank, formula, predictions with intervals, domain, quantities and score.

    Args:
        screener: The screening.
        rows: m candidates.
        formulas: Whether to write formulas, which cost more than the predictions.
    """
    import pandas as pd

    space = screener.job.space
    data: dict[str, Any] = {"rank": rows.ranks.astype(np.str_) if rows.ranks.dtype == object else rows.ranks}
    if formulas:
        data["formula"] = space.formulas(rows.ranks)
    for name, values in zip(rows.names, rows.values, strict=True):
        data[name] = values.astype(np.bool_) if name == IN_DOMAIN else values
    return pd.DataFrame(data)


def check_output(path: Path) -> None:
    """Refuse an output file that could not be written, before hours are spent.

    Raises:
        InputError: The folder does not exist or cannot be written, or the name is no Parquet file's.
    """
    if path.suffix != ".parquet":
        raise InputError(f"--output must end in .parquet, got {str(path)!r}; rename it")
    try:
        if path.is_dir():
            raise InputError(f"--output must be a file, got the folder {str(path)!r}; name a file in it")
        # the longest name that will be written there
        prefix = f".{path.name}{SUFFIX}."
        with tempfile.NamedTemporaryFile(prefix=prefix, suffix=".part", dir=path.parent) as probe:
            probe.write(b"\0" * 4096)
            probe.flush()
    except OSError as err:
        raise InputError(f"--output {path}: its folder must be writable, got: {err}; choose another") from err
    if path.exists() and not _is_ours(path):
        raise InputError(
            f"--output {path}: must be a new file or one that hemml screen wrote, got another file; choose another name"
        )


def _is_ours(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return PROVENANCE.encode() in (pq.read_schema(path).metadata or {})
    except (pa.ArrowInvalid, OSError):
        return False


def write_parquet(path: Path, frame: pd.DataFrame, provenance: Mapping[str, Any]) -> None:
    """Write a table with its provenance; the file appears whole or not at all, and the same table gives the same bytes.

    Raises:
        InputError: It cannot be written; an older file of that name is left as it was.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    about = json.dumps(provenance, sort_keys=True, ensure_ascii=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), PROVENANCE: about})
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd")
    try:
        atomic_write_bytes(path, sink.getvalue().to_pybytes())
    except OSError as err:
        raise InputError(
            f"--output {path}: must be writable, got: {err}; free space or choose another folder, then go on with "
            "--resume"
        ) from err
