"""A small training, logged to a fresh store."""

from __future__ import annotations

import contextlib
import io
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from hemml.columns import Column
from hemml.config import TrainConfig
from hemml.data import load_default
from hemml.models.bundle import save_bundle
from hemml.models.result import TrainingResult
from hemml.models.target_figures import target_figures
from hemml.models.training import Source, train_target
from hemml.tracking import LoggedTraining, Store, log_training

TARGET = Column.VOLTAGE
QUICK = {
    "outer_folds": 2,
    "inner_folds": 2,
    "trees": 10,
    "baseline_trees": 10,
    "n_jobs": 1,
    "bootstrap": 50,
    "studies": "none",
    "targets": {str(TARGET): {"regressors": ["ridge"]}},
}


@dataclass(frozen=True)
class Logged:
    """A training that has been logged."""

    result: TrainingResult
    store: Store
    training: LoggedTraining
    printed: str
    seconds: float

    @property
    def run(self) -> str:
        return self.training.run

    @property
    def folder(self) -> Path:
        return self.store.database.parent

    @property
    def model(self) -> Path:
        """The folder of the logged model."""
        (found,) = (self.folder / "mlartifacts" / "models").glob("*/artifacts")
        return found


@pytest.fixture(scope="session")
def trained(tmp_path_factory) -> TrainingResult:
    output = tmp_path_factory.mktemp("models")
    config = TrainConfig.model_validate(QUICK)
    frame = load_default()
    frame = frame[frame[TARGET].notna()].head(80)
    source = Source("table.csv", "cd" * 32, {"python": "3.11.7"}, "0123456789abcdef")
    item, bundle, card = train_target(frame, TARGET, config, source, lambda _: None)
    save_bundle(bundle, output / TARGET, card)
    return TrainingResult(
        results=(item,),
        config=config.model_dump(mode="json"),
        data_path=source.data,
        data_sha256=source.data_sha256,
        versions=source.versions,
        git_commit=source.git_commit,
        seconds=item.seconds,
        bundle_directory=output,
    )


@pytest.fixture(scope="session")
def logged(trained, tmp_path_factory) -> Logged:
    # characters that a URI escapes
    store = Store.at(tmp_path_factory.mktemp("runs") / "my runs #1 50%")
    store.database.parent.mkdir()
    figures = {item.target: target_figures(item) for item in trained.results}
    printed = io.StringIO()
    began = time.monotonic()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
        logged = log_training(trained, figures, store=store)
    return Logged(trained, store, logged, printed.getvalue(), time.monotonic() - began)
