"""The design space that an argument names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SPACE_HELP: Final = (
    "YAML file of a design space, CSV file of candidates, or the name of a space that comes with hemml, such as "
    "zn_spinel_cathode."
)


def space_file(space: Path) -> Path:
    """The file that is meant: the path itself or, where there is none, the space of that name that comes with hemml."""
    from hemml.data import resource_path

    if not space.exists() and len(space.parts) == 1:
        shipped = resource_path("configs", "spaces") / f"{space.stem}.yaml"
        if shipped.is_file():
            return shipped
    return space
