"""A training as MLflow runs: one parent with the model, and under it one child a target with scores, plots, bundle."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hemml.columns import Column
from hemml.errors import HemmlError
from hemml.models.bundle import read_metadata
from hemml.models.result import TargetResult, TrainingResult
from hemml.models.score_table import score_table
from hemml.tracking.connection import connected, experiment_id
from hemml.tracking.logged_model import log_model
from hemml.tracking.registry import register
from hemml.tracking.run_contents import (
    Value,
    detail_metrics,
    overall_metrics,
    parameters,
    target_tags,
    training_metrics,
    training_tags,
    version_tags,
)
from hemml.tracking.store import Store

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from mlflow import MlflowClient

_METRICS_A_CALL: Final = 1000  # limits of MLflow's interface
_PARAMETERS_A_CALL: Final = 100
_PARENT: Final = "mlflow.parentRunId"


class LoggedTraining(NamedTuple):
    """Where a training is kept: its parent run, its registered version, and the version that is the champion."""

    run: str
    version: int
    champion: int


def log_training(
    result: TrainingResult,
    figures: Mapping[Column, Mapping[str, Figure]],
    *,
    store: Store | None = None,
    report: Path | None = None,
) -> LoggedTraining:
    """Log a training: a parent run with the configuration, data hash, versions and commit, a child run a target.

    A child has the scores of every fold (the step is the number of the fold), of all folds together, of the baselines
    and subsets, intervals over papers, the figures, `out_of_fold.csv` and the bundle. The parent has the model that
    answers for all targets; it becomes the next version of the registered model, and the champion if there is none.

    Args:
        result: What the training gave; its bundles are read from `bundle_directory`.
        figures: For each target figures by the name of their file.
        store: Where to log; None: `Store.default()`.
        report: Folder of the report, logged with the parent as `report/`.

    Raises:
        HemmlError: The store cannot be reached or refuses; the runs begun are marked as failed.
        BundleError: A bundle cannot be read.
    """
    store = Store.default() if store is None else store
    for item in result.results:  # before anything is logged
        read_metadata(result.bundle_directory / item.target)
    try:
        with connected(store) as client:
            return _log(client, experiment_id(client, store), result, figures, report)
    except OSError as err:
        raise HemmlError(f"tracking store {store}: must be reachable and writable, got: {err}") from err


def _log(
    client: MlflowClient,
    experiment: str,
    result: TrainingResult,
    figures: Mapping[Column, Mapping[str, Figure]],
    report: Path | None,
) -> LoggedTraining:
    name = f"training {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with _run(client, experiment, name, result.seconds, training_tags(result)) as parent:
        _log_parameters(client, parent, parameters(result.config))
        client.log_dict(parent, dict(result.config), "config.yaml")
        client.log_dict(parent, dict(result.versions), "versions.json")
        client.log_text(parent, score_table(result), "scores.md")
        if report is not None:
            client.log_artifacts(parent, str(report), "report")
        for item in result.results:
            _log_target(client, experiment, parent, result, item, figures.get(item.target, {}))
        bundles = {item.target: result.bundle_directory / item.target for item in result.results}
        model = log_model(client, parent, experiment, bundles, result.results[0].out_of_fold)
        _log_metrics(client, parent, training_metrics(result), model=model)
    return LoggedTraining(parent, *register(client, model, version_tags(result), score_table(result)))


def _log_target(
    client: MlflowClient,
    experiment: str,
    parent: str,
    result: TrainingResult,
    item: TargetResult,
    figures: Mapping[str, Figure],
) -> None:
    bundle = result.bundle_directory / item.target
    tags = {_PARENT: parent, **target_tags(item)}
    with _run(client, experiment, str(item.target), item.seconds, tags) as run:
        _log_parameters(client, run, parameters(item.parameters))
        for name, figure in figures.items():
            client.log_figure(run, figure, f"figures/{name}.png")
        client.log_text(run, item.out_of_fold.to_csv(index=False), "out_of_fold.csv")
        client.log_dict(run, {"folds": [dict(chosen) for chosen in item.fold_parameters]}, "fold_parameters.json")
        client.log_artifacts(run, str(bundle), "bundle")
        _log_metrics(client, run, overall_metrics(item))
        _log_metrics(client, run, detail_metrics(item))


@contextmanager
def _run(client: MlflowClient, experiment: str, name: str, seconds: float, tags: Mapping[str, str]) -> Iterator[str]:
    """A run that began when the work began; it ends as finished, or as failed if the block raises."""
    began = int(1000 * (time.time() - seconds))
    run = str(client.create_run(experiment, start_time=began, tags=dict(tags), run_name=name).info.run_id)
    try:
        yield run
    except BaseException as err:
        client.set_terminated(run, "FAILED" if isinstance(err, Exception) else "KILLED")
        raise
    client.set_terminated(run)


def _log_parameters(client: MlflowClient, run: str, values: Mapping[str, str]) -> None:
    from mlflow.entities import Param

    made = [Param(name, value) for name, value in values.items()]
    for part in _parts(made, _PARAMETERS_A_CALL):
        client.log_batch(run, params=part)


def _log_metrics(client: MlflowClient, run: str, values: Sequence[Value], *, model: str | None = None) -> None:
    """Log values of metrics; with a model they stand on its page too."""
    from mlflow.entities import Metric

    now = int(1000 * time.time())
    made = [Metric(value.key, value.value, now, value.step, model_id=model) for value in values]
    for part in _parts(made, _METRICS_A_CALL):
        client.log_batch(run, metrics=part)


def _parts(values: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
