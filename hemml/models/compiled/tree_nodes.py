"""How the trees of a fitted ensemble lie in memory."""

from __future__ import annotations

from typing import Final

import numpy as np

LEAF: Final = -1
"""Column of a leaf."""

NODE: Final = np.dtype([("column", "<i4"), ("threshold", "<f4"), ("left", "<i4"), ("right", "<i4")])
"""A node: rows whose column is at most the threshold go left. A leaf holds the place of its value as `left`."""
