"""The registered model `hemml`: a version a training, and the alias `champion` for the one to use."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from hemml.columns import Column
from hemml.errors import InputError, UnknownNameError
from hemml.tracking.served_rows import INPUTS

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL: Final = "hemml"
CHAMPION: Final = "champion"
_BUNDLES: Final = "artifacts"  # where MLflow keeps the artifacts of a model inside its folder
_PAGE: Final = 200
_NOTE: Final = (
    "Capacity, average voltage and capacity retention of high-entropy electrodes, one version a training. "
    "Serve the champion: `mlflow models serve -m models:/hemml@champion --env-manager local`. "
    "A row holds `formula` and any of these:\n\n"
)


class Registration(NamedTuple):
    """A new version, and the one that is the champion now."""

    version: int
    champion: int


@dataclass(frozen=True)
class Version:
    """A registered training.

    Attributes:
        number: Its version number.
        aliases: Names that point at it.
        registered: When it was registered, UTC.
        run: Id of the parent run of the training.
        tags: Data hash, commit and scores (`average_voltage_V.mae`, `.mae_low`, `.mae_high`, ...).
    """

    number: int
    aliases: tuple[str, ...]
    registered: datetime
    run: str
    tags: Mapping[str, str]


def register(client: MlflowClient, model_id: str, tags: Mapping[str, str], note: str) -> Registration:
    """Make a logged model the next version; it becomes the champion only where there is none.

    Args:
        client: Connected to the store.
        model_id: The logged model.
        tags: Those of the version.
        note: Description of the version, Markdown.
    """
    from mlflow.exceptions import MlflowException
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    try:
        client.create_registered_model(MODEL, description=_NOTE + _inputs())
    except MlflowException as err:
        if err.error_code not in ("RESOURCE_ALREADY_EXISTS", "ALREADY_EXISTS"):
            raise
    made = client.create_model_version(
        MODEL, f"models:/{model_id}", tags=dict(tags), description=note, model_id=model_id
    )
    number = int(made.version)
    # the page of the logged model names its versions by this tag
    client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: json.dumps([{"name": MODEL, "version": number}])})
    champion = _aliases(client).get(CHAMPION)
    if champion is None:
        client.set_registered_model_alias(MODEL, CHAMPION, str(number))
        champion = number
    return Registration(number, champion)


def versions(client: MlflowClient) -> list[Version]:
    """All versions, the newest first; none where nothing was registered."""
    names: dict[int, list[str]] = {}
    for alias, number in _aliases(client).items():
        names.setdefault(number, []).append(alias)
    found, token = [], None
    while True:
        page = client.search_model_versions(f"name = '{MODEL}'", max_results=_PAGE, page_token=token)
        found += list(page)
        token = page.token
        if not token:
            break
    made = [
        Version(
            int(one.version),
            tuple(sorted(names.get(int(one.version), []))),
            datetime.fromtimestamp(one.creation_timestamp / 1000, UTC),
            str(one.run_id or ""),
            dict(one.tags),
        )
        for one in found
    ]
    return sorted(made, key=lambda version: -version.number)


def find(client: MlflowClient, name: str) -> Version:
    """The version of a number or alias.

    Raises:
        InputError: Nothing was registered.
        UnknownNameError: There is no such version; the message lists those there are.
    """
    known = versions(client)
    if not known:
        raise InputError(
            f"model {name!r} must be a version or alias of the registered model {MODEL!r}, got none registered in this "
            "store; train with python -m hemml.train, or name another store"
        )
    for version in known:
        if name == str(version.number) or name in version.aliases:
            return version
    names = [str(version.number) for version in known] + [alias for version in known for alias in version.aliases]
    raise UnknownNameError("version or alias of the registered model", name, names)


@contextmanager
def bundles_of(client: MlflowClient, version: Version) -> Iterator[Path]:
    """The folder of a version's bundles; one on another machine is fetched and is gone at the end of the block."""
    from mlflow.artifacts import download_artifacts
    from mlflow.utils.file_utils import local_file_uri_to_path

    place = client.get_model_version_download_uri(MODEL, str(version.number))
    if place.startswith("file:") or ("://" not in place and ":/" not in place):
        yield Path(local_file_uri_to_path(place)) / _BUNDLES
        return
    with TemporaryDirectory() as folder:
        yield Path(download_artifacts(artifact_uri=place, dst_path=folder)) / _BUNDLES


def promote(client: MlflowClient, version: Version) -> int | None:
    """Make a version the champion.

    Returns:
        The version that was the champion before; None where there was none.
    """
    before = _aliases(client).get(CHAMPION)
    client.set_registered_model_alias(MODEL, CHAMPION, str(version.number))
    return before


def _aliases(client: MlflowClient) -> dict[str, int]:
    """Alias -> version."""
    return {
        str(alias): int(number)
        for model in client.search_registered_models(f"name = '{MODEL}'")
        for alias, number in model.aliases.items()
    }


def _inputs() -> str:
    return "\n".join(f"- `{name}`: {form}" for name, form in INPUTS.items() if name != Column.FORMULA)
