"""Sheets for the bench: one printed page an experiment, to be filled in by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import quote

from hemml import __version__
from hemml.active.proposal import Condition, PredictedValue, Proposal
from hemml.active.synthesis.hazards import hazard_words
from hemml.active.synthesis.recipe import Recipe
from hemml.active.why import decimals
from hemml.columns import Column
from hemml.composition.hydrate import mark_parts
from hemml.files import atomic_write_text

_TEMPLATE: Final = "lab_sheet.html.j2"
_SUBSCRIPT: Final = re.compile(r"(?<=[A-Za-z)\]}□])(\d+(?:\.\d+)?(?:/\d+)?|\.\d+)")
_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_COLUMNS: Final = {str(column): column for column in Column}


@dataclass(frozen=True)
class SheetHeader:
    """What stands at the head of every sheet.

    Attributes:
        campaign: Name of the campaign.
        day: Day of the proposals.
        batch: Name or number of the batch.
    """

    campaign: str
    day: date
    batch: str


def lab_sheet_html(proposals: Sequence[Proposal], header: SheetHeader) -> str:
    """The sheets as one HTML page for A4 paper.

    It needs no other file and no network, runs no script, and escapes every text. The same input gives the same text.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("hemml.active.export"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.globals.update(
        parts=formula_parts,
        parts_of_text=_parts_of_text,
        label=_label,
        unit=_unit,
        number=_number,
        condition=_condition,
        doi_link=doi_link,
        words=_words,
    )
    return environment.get_template(_TEMPLATE).render(proposals=proposals, header=header, version=__version__)


def write_lab_sheet(path: Path | str, proposals: Sequence[Proposal], header: SheetHeader) -> None:
    """Write `lab_sheet_html`; the file holds the old page or all of the new one.

    Raises:
        OSError: The file cannot be written.
    """
    atomic_write_text(path, lab_sheet_html(proposals, header))


def formula_parts(formula: str) -> tuple[tuple[str, bool], ...]:
    """Cut a formula into (text, whether it is a subscript); numbers in front of a part, as in `·6H2O`, are not."""
    plain, _ = mark_parts(formula)
    pieces = _SUBSCRIPT.split(plain)
    return tuple((piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece)


def doi_link(doi: str) -> str:
    """Address of a DOI, "" for anything else."""
    return "https://doi.org/" + quote(doi, safe="/:;()._-") if _DOI.fullmatch(doi) else ""


def _parts_of_text(text: str, recipe: Recipe) -> tuple[tuple[str, bool], ...]:
    """Cut a step so that the formulas of the recipe in it get their subscripts."""
    formulas = sorted({one.formula for one in recipe.precursors}, key=len, reverse=True)
    if not formulas:
        return ((text, False),)
    pieces = re.split(rf"(?<![A-Za-z0-9()])({'|'.join(map(re.escape, formulas))})(?![A-Za-z0-9()])", text)
    return tuple(
        part
        for place, piece in enumerate(pieces)
        for part in (formula_parts(piece) if place % 2 else ((piece, False),))
    )


def _condition(name: str, value: Condition) -> str:
    column = _COLUMNS.get(name)
    unit = column.unit if column else ""
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{_label(name)} {text}" + (f" {unit}" if unit else "")


def _label(quantity: str) -> str:
    column = _COLUMNS.get(quantity)
    return column.label if column else quantity.replace("_", " ")


def _unit(quantity: str, predicted: PredictedValue) -> str:
    column = _COLUMNS.get(quantity)
    return predicted.unit or (column.unit if column else "")


def _number(value: float, predicted: PredictedValue) -> str:
    return f"{value:.{decimals((predicted.upper - predicted.lower) / 2.0)}f}"


def _words(codes: Sequence[str]) -> str:
    known = hazard_words()
    return "; ".join(f"{code} {known[code]}" if code in known else code for code in codes)
