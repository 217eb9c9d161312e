"""What a report is made of: sections of parts of text, pictures and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_PAGE: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?:[:/?#]\S*)?")


@dataclass(frozen=True, eq=False)
class Picture:
    """A figure with the words that stand for it.

    Attributes:
        name: Stem of its file.
        figure: The figure.
        alt: What it shows, for those who cannot see it.
        caption: How to read it.
    """

    name: str
    figure: Figure
    alt: str
    caption: str

    def png(self) -> bytes:
        """The figure as PNG, the same bytes whenever the same figure is drawn."""
        stream = BytesIO()
        self.figure.savefig(stream, format="png", metadata={"Software": None})
        return stream.getvalue()


@dataclass(frozen=True)
class Cell:
    """A cell of a table; `href` is an address that was checked, or empty."""

    text: str
    href: str = ""


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes:
        caption: What it shows.
        header: Names of the columns.
        rows: Cells of each row.
        text_columns: How many columns from the left hold text; the others are aligned as numbers.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    text_columns: int = 1

    @classmethod
    def of(
        cls, caption: str, header: Sequence[str], rows: Sequence[Sequence[str | Cell]], text_columns: int = 1
    ) -> Table:
        """Make a table from plain texts and cells."""
        cells = tuple(tuple(one if isinstance(one, Cell) else Cell(one) for one in row) for row in rows)
        return cls(caption, tuple(header), cells, text_columns)


@dataclass(frozen=True)
class Part:
    """A part of a section, under a heading of its own."""

    slug: str
    title: str
    text: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()


@dataclass(frozen=True)
class Section:
    """A section of the report; `slug` is its anchor, `text` stands before its parts."""

    slug: str
    title: str
    parts: tuple[Part, ...]
    text: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def source_cell(doi: str, page: str = "") -> Cell:
    """A cell that names a source and links to it where it is a DOI or a page on the web, and to nothing else."""
    doi, page = doi.strip(), page.strip()
    if _DOI.fullmatch(doi):
        return Cell(doi, "https://doi.org/" + quote(doi, safe="/:;()._-"))
    if not doi and _PAGE.fullmatch(page):
        return Cell(page, quote(page, safe="/:?#[]@!$&'()*+,;=%._~-"))
    return Cell(doi or page or "-")
