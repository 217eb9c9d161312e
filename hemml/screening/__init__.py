"""Screening of design spaces: candidates stream by in chunks, the best stay."""

from __future__ import annotations

from hemml.screening.job import Job
from hemml.screening.library import screen
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings

__all__ = ["Job", "Screener", "Settings", "screen"]
