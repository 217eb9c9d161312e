"""A quiet connection to a store: no telemetry, no progress bars, no log lines below a warning, nothing left changed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from hemml.errors import HemmlError
from hemml.tracking.store import EXPERIMENT, TRACKING_URI, Store

if TYPE_CHECKING:
    from mlflow import MlflowClient

# MLflow reads these when it is imported, the server that it starts too; they stay set.
NO_TELEMETRY: Final[Mapping[str, str]] = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
_QUIET: Final[Mapping[str, str]] = {
    "GIT_PYTHON_REFRESH": "quiet",  # hemml finds the commit itself; git need not be installed
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_UV_AUTO_DETECT": "false",  # a lock file in the current folder says nothing of the model
}
_RETRIES: Final = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"
# The MLflow UI asks what an experiment is for unless this says so.
_KIND: Final[Mapping[str, str]] = {"mlflow.experimentKind": "custom_model_development"}


def forbid_telemetry() -> None:
    """Tell MLflow, before it is imported, to send nothing about its use."""
    os.environ.update(NO_TELEMETRY)


@contextmanager
def connected(store: Store) -> Iterator[MlflowClient]:
    """Connect to a store; MLflow's global settings are those of the store inside the block and as before after it.

    Raises:
        HemmlError: MLflow, or the store, refused something inside the block.
    """
    forbid_telemetry()
    # four retries take half a minute; MLflow's own seven would keep a user waiting for four minutes
    with _environment({**_QUIET, _RETRIES: os.environ.get(_RETRIES, "4")}):
        mlflow = _mlflow()
        logger = logging.getLogger("mlflow")
        # the variable is taken away first: MLflow counts it as a setting of its own
        level, variable = logger.level, os.environ.pop(TRACKING_URI, None)
        uri = mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
        logger.setLevel(max(level, logging.WARNING))
        try:
            mlflow.set_tracking_uri(store.tracking_uri)
            yield mlflow.MlflowClient(store.tracking_uri)
        except _refusals() as err:
            raise HemmlError(
                f"tracking store {store}: must take what is logged, got: {str(err).strip()}; "
                f"check the address in {TRACKING_URI} (unset, hemml makes a new file)"
            ) from err
        finally:
            mlflow.set_tracking_uri(uri)
            if variable is None:
                os.environ.pop(TRACKING_URI, None)
            else:
                os.environ[TRACKING_URI] = variable
            logger.setLevel(level)


def experiment_id(client: MlflowClient, store: Store, name: str = EXPERIMENT) -> str:
    """Id of the experiment of a name, made where there is none.

    Raises:
        HemmlError: The experiment was deleted.
    """
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=store.artifact_location, tags=dict(_KIND)))
        except MlflowException as err:
            if err.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        found = client.get_experiment_by_name(name)  # another process was faster
    if found.lifecycle_stage != "active":
        raise HemmlError(
            f"tracking store {store}: experiment {name!r} must be active, got deleted; restore it with "
            f"mlflow experiments restore --experiment-id {found.experiment_id}"
        )
    return str(found.experiment_id)


def _mlflow() -> Any:
    """MLflow with its pyfunc module, which warns about MLflow's own type hints while it is imported."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)
        import mlflow.pyfunc
    return mlflow


def _refusals() -> tuple[type[Exception], ...]:
    """What a store raises; a database that cannot be opened at all comes past MLflow's own errors."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
