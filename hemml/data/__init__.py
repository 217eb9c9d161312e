"""Tables of electrodes: what they may hold, reading and checking them, merging, and the card of the data set."""

from hemml.data.loading import load_default, load_table, sha256_of, typed
from hemml.data.papers import half_cell, paper_ids
from hemml.data.problems import Problem, Severity
from hemml.data.reading import RawTable, read_table
from hemml.data.resources import resource_path
from hemml.data.schema import CONDITIONS, OWN_LAB, RECORDS, RULES, ColumnRule, TableKind
from hemml.data.validation import validate

__all__ = [
    "CONDITIONS",
    "OWN_LAB",
    "RECORDS",
    "RULES",
    "ColumnRule",
    "Problem",
    "RawTable",
    "Severity",
    "TableKind",
    "half_cell",
    "load_default",
    "load_table",
    "paper_ids",
    "read_table",
    "resource_path",
    "sha256_of",
    "typed",
    "validate",
]
