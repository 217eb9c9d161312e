"""What the accuracy benchmark has already: environments of peers, circumstances of a run, text between markers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "accuracy"))

from environments import InstallError, python_of
from methods import circumstances
from options import listed
from table import put_between_markers

__all__ = ["InstallError", "circumstances", "listed", "put_between_markers", "python_of"]
