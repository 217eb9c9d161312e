"""Regressors and their checksums in the folder of a bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from hemml.data import sha256_of
from hemml.errors import BundleError
from hemml.models.skops_files import load_skops, save_skops

METADATA: Final = "metadata.json"


def save_member(name: str, member: Any, folder: Path) -> str:
    """Write a fitted regressor and return the name of its file."""
    if name == "xgboost":
        member.save_model(folder / "xgboost.ubj")
        return "xgboost.ubj"
    save_skops(member, folder / f"{name}.skops")
    return f"{name}.skops"


def load_member(path: Path) -> Any:
    """Read a regressor.

    Raises:
        BundleError: The file is no regressor that hemml wrote, or holds a type that hemml does not trust.
    """
    if path.suffix != ".ubj":
        return load_skops(path)
    from xgboost import XGBRegressor
    from xgboost.core import XGBoostError

    model = XGBRegressor()
    try:
        model.load_model(path)
    except (XGBoostError, ValueError) as err:
        raise BundleError(
            f"{path}: must be a model that hemml wrote, got: {str(err).splitlines()[0]}; copy the bundle again"
        ) from err
    return model


def hashes_of(folder: Path) -> dict[str, str]:
    """SHA-256 of every file in a folder, by name."""
    return {path.name: sha256_of(path) for path in sorted(folder.iterdir())}


def check_files(folder: Path, about: Mapping[str, Any]) -> None:
    """Compare the files of a bundle with the SHA-256 that its metadata states.

    Raises:
        BundleError: A file is missing, damaged, or lies outside of the folder, or a regressor has no checksum.
    """
    hashes = about.get("files")
    if not isinstance(hashes, dict) or not hashes:
        raise BundleError(f"{folder / METADATA}: must list its files with their SHA-256, got {hashes!r}")
    for name, expected in hashes.items():
        if Path(name).name != name:
            raise BundleError(f"{folder / METADATA}: files must lie in the folder of the bundle, got {name!r}")
        path = folder / name
        found = sha256_of(path) if path.is_file() else "no file"
        if found != expected:
            raise BundleError(f"{path}: SHA-256 must be {expected}, got {found}; the bundle is damaged, copy it again")
    if unlisted := sorted(set(about.get("members", {}).values()) - set(hashes)):
        raise BundleError(f"{folder / METADATA}: every regressor must be among its files, got {unlisted[0]!r}")
