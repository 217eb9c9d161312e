"""Tables of others: maps from their columns to hemml's, and the conversion that keeps what passes hemml's checks."""

from hemml.data.sources.column_map import Block, ColumnMap, Reading
from hemml.data.sources.conversion import Conversion, Reject, convert_table
from hemml.data.sources.map_files import load_map, map_names
from hemml.data.sources.row_tests import RowTest

__all__ = [
    "Block",
    "ColumnMap",
    "Conversion",
    "Reading",
    "Reject",
    "RowTest",
    "convert_table",
    "load_map",
    "map_names",
]
