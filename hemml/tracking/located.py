"""Where the bundles of a model lie that a user names: in a folder, with hemml, or in the registry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hemml.data import resource_path
from hemml.errors import InputError
from hemml.tracking.connection import connected
from hemml.tracking.registry import MODEL, Version, bundles_of, find
from hemml.tracking.store import Store

DEFAULT: Final = "default"
# 3, v3, champion, @champion, models:/hemml/3, models:/hemml@champion
_NAME: Final = re.compile(r"(?:models:/+(?P<model>[^/@]+)[/@]|@|v(?=\d+$))?(?P<name>[^/@\\]+)")


@dataclass(frozen=True)
class Located:
    """A model that was found.

    Attributes:
        name: How to call it: "default", "version 3", or the folder.
        folder: Holds one bundle folder a target.
        version: The registered version; None for a folder.
    """

    name: str
    folder: Path
    version: Version | None = None


@contextmanager
def located(name: str, store: Store) -> Iterator[Located]:
    """Find a model; inside the block its bundles can be read.

    Args:
        name: A folder, "default", or a version number or alias, also as MLflow writes them
            (`models:/hemml@champion`). A folder that is there comes first.
        store: Where registered models are.

    Raises:
        InputError: There is none of that name.
        HemmlError: The store cannot be read.
    """
    if Path(name).is_dir():
        yield Located(name, Path(name))
        return
    if name == DEFAULT:
        yield Located(DEFAULT, resource_path("models", "default"))
        return
    parts = _NAME.fullmatch(name)
    if parts is None:
        raise InputError(
            f"model {name!r} must be a folder of bundles, {DEFAULT!r}, or a version or alias of the registered model "
            f"{MODEL!r}, got no such folder; correct the path, or list the models with hemml models list"
        )
    if parts["model"] not in (None, MODEL):
        raise InputError(f"registered model must be {MODEL!r}, got {parts['model']!r}; write models:/{MODEL}@champion")
    if store.database is not None and not store.database.is_file():
        raise InputError(
            f"model {name!r} must be a folder of bundles, or registered in a store that exists, got neither such a "
            f"folder nor {str(store.database)!r}; train with python -m hemml.train, or name its folder"
        )
    with connected(store) as client:
        version = find(client, parts["name"])
        with bundles_of(client, version) as folder:
            yield Located(f"version {version.number}", folder, version)
