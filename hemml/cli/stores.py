"""The option `--store`: which store of trainings a command looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hemml.errors import InputError

if TYPE_CHECKING:
    from hemml.tracking.store import Store

StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="DIR_OR_URI",
        help="Folder with mlflow.db, or an MLflow URI; by default MLFLOW_TRACKING_URI, else the current folder.",
        show_default=False,
    ),
]


def chosen(store: str) -> Store:
    """The store of the option; the default one where it is not given."""
    from hemml.tracking.store import Store

    return Store.at(store) if store else Store.default()


def check_store(store: Store) -> None:
    """Refuse a SQLite store that is not there; MLflow would make an empty one.

    Raises:
        InputError: There is no such file.
    """
    if store.database is not None and not store.database.is_file():
        raise InputError(
            f"tracking store must be a file that exists, got none at {str(store.database)!r}; train first with "
            "python -m hemml.train, or name the folder of a training with --store"
        )
