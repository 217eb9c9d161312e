"""Proposals as files: a flat table, JSON, and sheets for the bench."""

from __future__ import annotations

from hemml.active.export.document import json_text, read_json, write_json
from hemml.active.export.lab_sheet import SheetHeader, lab_sheet_html, write_lab_sheet
from hemml.active.export.table import csv_text, write_csv

__all__ = [
    "SheetHeader",
    "csv_text",
    "json_text",
    "lab_sheet_html",
    "read_json",
    "write_csv",
    "write_json",
    "write_lab_sheet",
]
