"""Where the data sets, models and configurations that come with hemml lie."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal, TypeAlias

from hemml.errors import HemmlError, UnknownNameError

ResourceKind: TypeAlias = Literal["datasets", "models", "configs"]

_PACKAGE: Final = Path(__file__).resolve().parent.parent


def resource_root() -> Path:
    """The folder that holds `datasets`, `models` and `configs`: inside an installed wheel, or the top of a checkout.

    Raises:
        HemmlError: There is neither, so the installation is incomplete.
    """
    packaged = _PACKAGE / "_resources"
    if packaged.is_dir():
        return packaged
    # Beside an installed package a folder named "datasets" may belong to another project; pyproject.toml tells.
    if (_PACKAGE.parent / "pyproject.toml").is_file():
        return _PACKAGE.parent
    raise HemmlError(
        f"resources of hemml: must lie in {packaged} or beside pyproject.toml; got neither; reinstall hemml"
    )


def resource_path(kind: ResourceKind, name: str) -> Path:
    """The path of a file or folder that comes with hemml.

    Args:
        kind: The folder it lies in.
        name: Its name there, such as `hem_electrodes.csv` or `default`.

    Raises:
        UnknownNameError: There is none of that name; the message lists close names.
    """
    folder = resource_root() / kind
    path = folder / name
    if not path.exists():
        known = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
        raise UnknownNameError(f"name in {kind}", name, known)
    return path
