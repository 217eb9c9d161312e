"""The design space that an argument names."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Final

from hemml.errors import UnknownNameError

_YAML: Final = ".yaml"
SPACE_HELP: Final = (
    "YAML file of a design space, CSV file of candidates, or the name of a space that comes with hemml, such as "
    "zn_spinel_cathode."
)


def space_file(space: Path) -> Path:
    """The file that is meant: the path itself or, where there is none, the space of that name that comes with hemml.

    Raises:
        UnknownNameError: It is neither a file nor the name of a space, but looks like a name.
    """
    from hemml.data import resource_path

    if space.exists() or len(space.parts) != 1 or space.suffix not in ("", _YAML):
        return space
    shipped = {path.stem: path for path in resource_path("configs", "spaces").glob(f"*{_YAML}")}
    if space.stem in shipped:
        return shipped[space.stem]
    # a file of the user's own that is missing is no misspelt name
    if space.suffix and not get_close_matches(space.stem, shipped):
        return space
    raise UnknownNameError("file or design space", str(space), shipped)
