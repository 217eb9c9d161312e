"""Where MLflow keeps runs: the user's tracking server or database if one is named, else a SQLite file by the run."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hemml.errors import InputError

DATABASE: Final = "mlflow.db"
ARTIFACTS: Final = "mlartifacts"
EXPERIMENT: Final = "hemml"
TRACKING_URI: Final = "MLFLOW_TRACKING_URI"
_SQLITE: Final = "sqlite:///"
_SERVERS: Final = ("http://", "https://")


@dataclass(frozen=True)
class Store:
    """A place for runs; nothing is opened or made before something is logged.

    Attributes:
        tracking_uri: What MLflow calls the tracking URI.
        artifact_location: URI under which a new experiment keeps its files; None: the store decides.
    """

    tracking_uri: str
    artifact_location: str | None = None

    @classmethod
    def default(cls, directory: Path | None = None) -> Store:
        """The store of `MLFLOW_TRACKING_URI` where that is set, else `mlflow.db` in a folder.

        Args:
            directory: The folder; None: the current one.
        """
        named = os.environ.get(TRACKING_URI, "").strip()
        return cls.at(named or directory or Path())

    @classmethod
    def at(cls, place: Path | str) -> Store:
        """The store at a place.

        Args:
            place: A tracking URI (`sqlite:///...`, `http://...`, `postgresql://...`), a SQLite file, or the folder of
                one called `mlflow.db`. Files of runs are kept in `mlartifacts` beside a SQLite file.

        Raises:
            InputError: The path holds a "?", which a database URI cannot.
        """
        text = str(place)
        if "://" in text and not text.startswith(_SQLITE):
            return cls(text)
        path = Path(text.removeprefix(_SQLITE))
        if not text.startswith(_SQLITE) and not (path.is_file() or path.suffix == ".db"):
            path /= DATABASE
        path = path.resolve()
        if "?" in str(path):
            raise InputError(f"tracking store {str(path)!r}: the path must be without '?'; use another folder")
        return cls(_SQLITE + path.as_posix(), (path.parent / ARTIFACTS).as_uri())

    @property
    def database(self) -> Path | None:
        """The SQLite file; None for other stores."""
        return Path(self.tracking_uri.removeprefix(_SQLITE)) if self.tracking_uri.startswith(_SQLITE) else None

    @property
    def is_server(self) -> bool:
        """Whether runs go to a tracking server, which has a page of its own."""
        return self.tracking_uri.startswith(_SERVERS)

    def __str__(self) -> str:
        """The tracking URI without user name and password."""
        return re.sub(r"(?<=://)[^/@]*@", "", self.tracking_uri)

    def ui_command(self) -> str:
        """The command that opens the MLflow UI on this store, as the user can type it in the current folder."""
        if self.is_server:
            return f"open {self} in a browser"
        return " ".join([_hemml(), "ui", *self._ui_options()])

    def _ui_options(self) -> list[str]:
        if self == Store.default():
            return []
        place = self.tracking_uri if self.database is None else str(self.database)
        return ["--store", shlex.quote(place)]


def _hemml() -> str:
    """`hemml` where that is the one running now, else the interpreter of the environment that is."""
    python = Path(sys.executable)
    command = shutil.which("hemml")
    if command is not None and Path(command).parent == python.parent:
        return "hemml"
    here = Path.cwd()
    shown = python.relative_to(here) if python.is_relative_to(here) else python
    return f"{shlex.quote(str(shown))} -m hemml"
