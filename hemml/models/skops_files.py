"""Regressors as skops files: the same regressor gives the same bytes, and reading one never runs code."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from hemml.errors import BundleError

# All that a hemml regressor needs beyond skops' own list; the list in a file is never believed.
TRUSTED_TYPES: Final = (
    "hemml.models.scaling.BlockScaler",
    "hemml.models.scaling.SlopeFirst",
    "hemml.models.starting_point.StartFrom",
    "sklearn._loss.link.IdentityLink",
    "sklearn._loss.link.Interval",
    "sklearn._loss.loss.HalfSquaredError",
    "sklearn.gaussian_process.kernels.ConstantKernel",
    "sklearn.gaussian_process.kernels.Matern",
    "sklearn.gaussian_process.kernels.Product",
    "sklearn.gaussian_process.kernels.Sum",
    "sklearn.gaussian_process.kernels.WhiteKernel",
    "sklearn.tree._tree.Tree",
)
_SCHEMA: Final = "schema.json"
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def save_skops(model: Any, path: Path) -> None:
    """Write a fitted regressor.

    skops numbers parts by their memory address and dates them; here they are numbered in order and not dated.
    """
    from skops.io import dumps

    with zipfile.ZipFile(io.BytesIO(dumps(model))) as source:
        schema = json.loads(source.read(_SCHEMA))
        names = _renumber(schema)
        parts = {new: source.read(old) for old, new in names.items()}
    parts[_SCHEMA] = json.dumps(schema, indent=1).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content, zipfile.ZIP_DEFLATED, 9)


def load_skops(path: Path) -> Any:
    """Read a regressor.

    Raises:
        BundleError: The file is no skops file, or holds a type that hemml does not trust.
    """
    from skops.io import get_untrusted_types, load

    try:
        unknown = sorted(set(get_untrusted_types(file=path)) - set(TRUSTED_TYPES))
        if not unknown:
            return load(path, trusted=list(TRUSTED_TYPES))
    except (zipfile.BadZipFile, OSError, KeyError, TypeError, ValueError, AttributeError, ImportError) as err:
        raise BundleError(f"{path}: must be a regressor that hemml wrote, got {err!r}; copy the bundle again") from err
    raise BundleError(f"{path}: types must be those hemml trusts, got {', '.join(unknown)}; do not use this file")


def _renumber(schema: Any) -> dict[str, str]:
    """Replace memory addresses in a schema by numbers in order of appearance; old and new names of its files."""
    numbers: dict[int, int] = {}
    names: dict[str, str] = {}
    for node in _nodes(schema):
        if "__id__" in node:
            node["__id__"] = numbers.setdefault(node["__id__"], len(numbers) + 1)
        if "file" in node:
            old = node["file"]
            node["file"] = names.setdefault(old, f"{len(names) + 1}{Path(old).suffix}")
    return names


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from _nodes(inner)
