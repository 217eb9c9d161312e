"""Which paper a row comes from, and which rows are half cells: the groups that splits and scores rest on."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, StrArray
from hemml.columns import Column
from hemml.data.duplicates import telling_facts

if TYPE_CHECKING:
    import pandas as pd

_TITLE_LETTERS: Final = 30  # shorter titles ("Supporting information") may belong to different papers


def paper_ids(frame: pd.DataFrame) -> StrArray:
    """The paper that each row comes from, as splits and scores group rows.

    A row's own id is its DOI in lower case, else its page, else its title, else its record id. One paper may be listed
    under a DOI in one row and under a page, a preprint or a conference abstract in another. Sources are therefore taken
    as one where a long title agrees, or where a row agrees in formula, ion, role, rate and an uneven capacity. A chance
    agreement only makes a group larger, which never flatters a score.

    Args:
        frame: A frame as `load_table` returns it.

    Returns:
        (n,) text, never empty; a group's id is the first in alphabetical order of its rows' own ids, so the order of
        the rows does not matter.
    """
    parents: dict[str, str] = {}
    seen: dict[Hashable, str] = {}
    own: list[str] = []
    cells = (frame[column] for column in (Column.DOI, Column.URL, Column.TITLE, Column.RECORD_ID))
    for doi, url, title, record, facts in zip(*cells, telling_facts(frame), strict=True):
        letters = re.sub(r"[\W_]", "", str(title).casefold())
        source = str(doi).strip().lower() or str(url).strip() or letters or str(record)
        own.append(source)
        if len(letters) >= _TITLE_LETTERS:
            _join(parents, source, seen.setdefault(letters, source))
        if facts:
            _join(parents, source, seen.setdefault(facts, source))
    return np.array([_root(parents, source) for source in own], dtype=np.str_)


def half_cell(frame: pd.DataFrame) -> BoolArray:
    """(n,) True where the row was measured in a half cell; full and pouch cells have an ambiguous mass basis."""
    return ~frame[Column.IS_FULL_CELL].to_numpy(dtype=bool)


def _root(parents: dict[str, str], source: str) -> str:
    while source in parents:
        source = parents[source]
    return source


def _join(parents: dict[str, str], one: str, other: str) -> None:
    first, last = sorted((_root(parents, one), _root(parents, other)))
    if first != last:
        parents[last] = first
