"""Options that both benchmarks of methods take."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence


def listed(known: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    """Reads some of the known names, separated by commas."""

    def read(text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        unknown = [name for name in names if name not in known]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"must be some of {', '.join(known)}, got {text!r}")
        return names

    return read
