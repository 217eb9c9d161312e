"""Proposals as CSV: one row each, flat columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hemml.active.proposal import Condition, Proposal
from hemml.active.synthesis.recipe import Weighing
from hemml.files import atomic_write_text

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(proposals: Sequence[Proposal]) -> str:
    r"""The table as text with `\n` line ends.

    Columns: id, formula, rank, the test conditions, for each quantity `<quantity>_predicted`, `_lower`, `_upper` and
    `_level`, acquisition, `probability_<name>`, why, nearest_record, nearest_doi, nearest_formula, nearest_distance,
    the descriptors, and the recipe in words. Numbers keep every digit; what does not apply is empty. Text that a
    spreadsheet would run as a formula gets an apostrophe in front.
    """
    rows = [_row(one) for one in proposals]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return stream.getvalue()


def write_csv(path: Path | str, proposals: Sequence[Proposal]) -> None:
    """Write `csv_text`; the file holds the old table or all of the new one.

    Raises:
        OSError: The file cannot be written.
    """
    atomic_write_text(path, csv_text(proposals))


def _row(one: Proposal) -> dict[str, Condition]:
    row: dict[str, Condition] = {"id": one.id, "formula": one.formula, "rank": one.rank}
    row.update({name: value for name, value in one.conditions.items() if name not in row})
    for name, value in one.predicted.items():
        row |= {
            f"{name}_predicted": value.value,
            f"{name}_lower": value.lower,
            f"{name}_upper": value.upper,
            f"{name}_level": value.level,
        }
    row["acquisition"] = one.acquisition
    row |= {f"probability_{name}": value for name, value in one.probabilities.items()}
    near = one.nearest
    row |= {
        "why": one.why,
        "nearest_record": near.record_id if near else None,
        "nearest_doi": near.doi if near else None,
        "nearest_formula": near.formula if near else None,
        "nearest_distance": near.distance if near else None,
    }
    row.update({name: value for name, value in one.descriptors.items() if name not in row})
    return row | _recipe(one)


def _recipe(one: Proposal) -> dict[str, Condition]:
    recipe = one.recipe
    return {
        "route": recipe.route if recipe else None,
        "batch_mg": recipe.batch_mg if recipe else None,
        "precursors": _masses(recipe.precursors) if recipe else None,
        "precursors_total_mg": round(recipe.total_mg, 1) if recipe else None,
        "excess": ", ".join(f"{symbol} {percent:g} %" for symbol, percent in recipe.excess_pct.items())
        if recipe
        else None,
        "reagents": _masses(recipe.reagents) if recipe else None,
        "no_recipe": one.no_recipe,
    }


def _masses(lines: Sequence[Weighing]) -> str:
    return "; ".join(f"{line.formula} {line.mass_mg:.1f} mg" for line in lines)


def _cell(value: Condition) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")  # a lone carriage return would end the row
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
