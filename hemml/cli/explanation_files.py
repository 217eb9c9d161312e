"""The files of `hemml explain`: checked before the work, written whole or not at all."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from hemml.errors import InputError
from hemml.files import atomic_write_bytes, atomic_write_text

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def check_files(csv_file: Path | None, picture: Path | None) -> None:
    """Refuse files that cannot be written.

    Raises:
        InputError: An ending is wrong, a folder is missing, or both are the same file.
    """
    for option, path, ending in (("--csv", csv_file, ".csv"), ("--output", picture, ".png")):
        if path is None:
            continue
        if path.suffix.lower() != ending:
            raise InputError(f"{option} must be a {ending} file, got {str(path)!r}; change its ending")
        if path.is_dir() or not path.resolve().parent.is_dir():
            raise InputError(
                f"{option} must be a file in a folder that exists, got {str(path)!r}; make the folder first"
            )


def write_table(path: Path | None, table: pd.DataFrame) -> None:
    """Write a table as CSV where a path was given."""
    if path is not None:
        atomic_write_text(path, table.to_csv(index=False))


def write_figure(path: Path, figure: Figure) -> None:
    """Write a figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    atomic_write_bytes(path, buffer.getvalue())
