"""The section on the table that was learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray
from hemml.columns import ROLES, Column
from hemml.data import half_cell
from hemml.models.result import TrainingResult
from hemml.report.data_plot import count_rows, data_coverage_plot
from hemml.report.parts import Part, Picture, Section, Table

if TYPE_CHECKING:
    import pandas as pd

_RATE: Final = (Column.CAPACITY_CURRENT, Column.CAPACITY_C_RATE)
_CYCLING: Final = (Column.RETENTION_CURRENT, Column.RETENTION_C_RATE)
# A condition counts as stated where any of its columns is filled.
_CONDITIONS: Final[Mapping[str, Mapping[Column | None, tuple[Column, ...]]]] = {
    "Current density or C-rate": {None: _RATE, Column.RETENTION: _CYCLING},
    "Upper or lower voltage limit": {None: (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX)},
    "Temperature": {None: (Column.TEMPERATURE,)},
    "Electrolyte": {None: (Column.ELECTROLYTE,)},
    "Cycle number": {None: (Column.CAPACITY_AFTER_CYCLES,), Column.RETENTION: (Column.RETENTION_CYCLES,)},
}
_HIGH_ENTROPY: Final = "high-entropy"


def data_section(result: TrainingResult, frame: pd.DataFrame | None) -> Section:
    """What the table covers: rows by role, family and ion, stated conditions, high-entropy rows.

    Args:
        result: The training.
        frame: The checked table; None: only what the result itself tells.
    """
    parts = [_rows_part(frame), _conditions_part(result, frame), _entropy_part(result, frame)]
    text = ("A prediction is as good as the records near it: look here first for what the model has seen little of.",)
    return Section("data", "Data coverage", tuple(parts), text)


def _rows_part(frame: pd.DataFrame | None) -> Part:
    slug, title = "rows", "Rows by family, working ion and role"
    if frame is None or frame.empty:
        return Part(slug, title, ("The table was not given to the report.",))
    totals = [int(table.to_numpy().sum()) for table in count_rows(frame)]
    told = ", ".join(f"{n:,} of {role}s" for role, n in zip(ROLES, totals, strict=True))
    pairs = (frame[Column.FAMILY.value] + " with " + frame[Column.WORKING_ION.value]).value_counts().head(3)
    top = ", ".join(f"{pair} {n:,}" for pair, n in pairs.items())
    picture = Picture(
        "data_coverage",
        data_coverage_plot(frame),
        f"Heat map of {len(frame):,} rows by family and working ion: {told}. Most: {top}.",
        "Number of rows of all targets together; an empty field has none.",
    )
    return Part(slug, title, pictures=(picture,))


def _conditions_part(result: TrainingResult, frame: pd.DataFrame | None) -> Part:
    slug, title = "conditions", "Test conditions that the sources state"
    if frame is None or frame.empty:
        return Part(slug, title, ("The table was not given to the report.",))
    used = half_cell(frame)
    targets = [item.target for item in result.results if item.target.value in frame]
    masks = {target: used & frame[target.value].notna().to_numpy() for target in targets}
    rows = []
    for name, columns in _CONDITIONS.items():
        shares = [_share(frame, columns.get(target, columns[None]), masks[target]) for target in targets]
        rows.append((name, *shares))
    rows.append(("Rows", *(f"{int(mask.sum()):,}" for mask in masks.values())))
    text = "What is not stated is set to what is typical of the role, ion and family, and the prediction says so."
    caption = "Share of the half-cell rows of each target that state a condition"
    return Part(slug, title, (text,), tables=(Table.of(caption, ("Condition", *(t.label for t in targets)), rows),))


def _share(frame: pd.DataFrame, columns: tuple[Column, ...], rows: BoolArray) -> str:
    present = [column.value for column in columns if column.value in frame]
    if not present or not rows.any():
        return "-"
    filled = np.zeros(len(frame), dtype=bool)
    for name in present:
        filled |= (frame[name].notna() & (frame[name].astype(str) != "")).to_numpy()
    return f"{100 * filled[rows].mean():.0f} %"


def _entropy_part(result: TrainingResult, frame: pd.DataFrame | None) -> Part:
    rows = []
    for item in result.results:
        part = item.subsets.get(_HIGH_ENTROPY)
        cells = ("fewer than 30", "-") if part is None else (f"{part.n:,}", f"{100 * part.n / item.n_rows:.1f} %")
        rows.append((item.target.label, f"{item.n_rows:,}", *cells))
    text = ["High-entropy rows are those that the paper calls so, and those with 1.5 R or more on the cation sites."]
    if frame is not None and len(frame):
        called = int((frame[Column.ENTROPY_CLASS.value] == "high").sum())
        text.append(
            f"Papers call {called:,} of all {len(frame):,} rows high-entropy ({100 * called / len(frame):.1f} %)."
        )
    table = Table.of("Share of high-entropy rows", ("Target", "Rows", "High-entropy", "Share"), rows)
    return Part("high-entropy", "High-entropy materials", tuple(text), tables=(table,))
