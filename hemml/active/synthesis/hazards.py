"""Words for GHS statements."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def hazard_words() -> Mapping[str, str]:
    """GHS statement -> short words."""
    text = files("hemml.active.synthesis").joinpath("hazards.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["code"]: row["words"] for row in rows}
