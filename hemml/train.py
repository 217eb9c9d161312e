"""The main job, `python -m hemml.train`: learn the targets from a table of electrodes and say how far to trust them.

Read the table, train each target (search, folds by paper, baselines, final fit), write the bundles and the report, log
the run to MLflow, print the scores.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Annotated, Final

import typer

from hemml.errors import InputError
from hemml.failures import run
from hemml.files import atomic_write_text

if TYPE_CHECKING:
    import pandas as pd
    from rich.progress import Progress, TaskID

    from hemml.config import TrainConfig
    from hemml.models.result import TrainingResult
    from hemml.models.training import Source
    from hemml.tracking import LoggedTraining, Store

DEFAULT_OUTPUT: Final = Path("models/local")
OWN_LAB: Final = Path("models/my_lab")
SCORES: Final = "scores.md"
CORRECTIONS: Final = "own_lab.md"
REPORT: Final = "report"
EFFECT_HOSTS: Final = {"full": 40, "small": 20, "none": 0}  # electrodes in which each element is tried, an ion and role


def train(
    config: Annotated[Path | None, typer.Option(help="YAML with all settings; configs/train.yaml by default.")] = None,
    target: Annotated[list[str] | None, typer.Option(help="Train this target only; may be given again.")] = None,
    data: Annotated[Path | None, typer.Option(help="Table of electrodes; the embedded data set by default.")] = None,
    output: Annotated[
        Path | None, typer.Option(help=f"Folder for the bundles; {DEFAULT_OUTPUT} by default, {OWN_LAB} with --base.")
    ] = None,
    fast: Annotated[bool, typer.Option("--fast", help="A quick run that shows that all parts work.")] = False,
    base: Annotated[
        Path | None, typer.Option(help="Trained bundles: correct them by your own measurements in --data.")
    ] = None,
) -> None:
    """Train the models, judge them on unseen papers, and log the run to MLflow.

    With --base nothing is trained anew: a handful of own measurements (--data) correct the bundles in that folder.
    """
    if base is not None:
        _correct(base, data, output or OWN_LAB, tuple(target or ()), settings=config is not None or fast)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    from hemml.config import load_config
    from hemml.data import load_table, resource_path, sha256_of
    from hemml.models.score_table import score_table
    from hemml.models.training import Source
    from hemml.provenance import git_commit, versions
    from hemml.tracking import Store

    settings = load_config(config or resource_path("configs", "train.yaml"))
    settings = settings.only(tuple(target)) if target else settings
    settings = settings.fast() if fast else settings
    table = data or resource_path("datasets", "hem_electrodes.csv")
    frame = load_table(table)
    source = Source(table.name, sha256_of(table), versions(), git_commit())
    store = Store.default()
    output = output or DEFAULT_OUTPUT
    _check_output(output)

    columns = (TextColumn("{task.description:46}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        result = _train_all(frame, settings, source, output, progress)
    # The scores come first: a tracking server that is down must not cost a training.
    scores = score_table(result)
    atomic_write_text(output / SCORES, scores)
    typer.echo(scores)
    typer.echo(
        f"Trained on {source.data} in {result.seconds:.0f} s. Every score is on papers kept out of the training."
    )
    typer.echo(f"Models:     {output} (use them with: hemml predict ... --models {output})")
    report = _write_report(result, frame, settings, output)
    typer.echo(f"Report:     {report}")
    logged = _log(result, store, report.parent)
    typer.echo(f"MLflow run: {logged.run} in {store}")
    typer.echo(f"Registered: {_registered(logged)}")
    typer.echo(f"Look at it: {store.ui_command()}")


def _correct(base: Path, data: Path | None, output: Path, targets: tuple[str, ...], *, settings: bool) -> None:
    """Correct trained bundles by own measurements, print what that gave, and log it."""
    from hemml.models.own_lab_bundles import MANY_ROWS, correct_base, own_lab_table, save_corrected
    from hemml.tracking import Store, log_own_lab

    if settings:
        raise InputError("--base corrects models as they were trained, got --config or --fast too; leave those out")
    if data is None:
        raise InputError("--base needs your own measurements, got no --data; give --data FILE")
    store = Store.default()
    found, source = correct_base(base, data, output, targets)
    _check_output(output)
    save_corrected(found, base, output)
    results = [result for _, result in found.values()]
    table = own_lab_table(results)
    atomic_write_text(output / CORRECTIONS, table)
    typer.echo(table)
    typer.echo("MAE, corrected: of each own row as corrected by the other own rows alone.")
    if (most := max(item.n_rows for item in results)) > MANY_ROWS:
        typer.echo(
            f"warning: {most} own rows are many for a correction; a training on the data set and your rows together "
            "may be better (hemml data add, then hemml train --data)",
            err=True,
        )
    typer.echo(f"Models:     {output} (use them with: hemml predict ... --models {output})")
    typer.echo(f"MLflow run: {log_own_lab(results, source, output, store=store)} in {store}")
    typer.echo(f"Look at it: {store.ui_command()}")


def _check_output(folder: Path) -> None:
    """Make the folder before the work, so that a wrong path does not cost a training.

    Raises:
        InputError: It cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as err:
        raise InputError(f"--output {folder}: must be a folder that can be written to, got: {err}") from err


def _train_all(
    frame: pd.DataFrame, config: TrainConfig, source: Source, output: Path, progress: Progress
) -> TrainingResult:
    """Train every target, then write the bundles; an interruption before the end leaves the old ones as they were."""
    from hemml.models.bundle import save_bundle
    from hemml.models.result import TrainingResult
    from hemml.models.training import steps_of, train_target

    began = time.monotonic()
    trained = []
    for column in config.targets:
        task = progress.add_task(column.label, total=steps_of(config, column))

        def step(name: str, task: TaskID = task, label: str = column.label) -> None:
            progress.update(task, advance=1, description=f"{label}: {name}")

        trained.append(train_target(frame, column, config, source, step))
        progress.update(task, completed=steps_of(config, column), description=f"{column.label}: done")
    for result, bundle, card in trained:
        save_bundle(bundle, output / result.target, card)
    return TrainingResult(
        results=tuple(result for result, _, _ in trained),
        config=config.model_dump(mode="json"),
        data_path=source.data,
        data_sha256=source.data_sha256,
        versions=source.versions,
        git_commit=source.git_commit,
        seconds=time.monotonic() - began,
        bundle_directory=output,
    )


def _registered(logged: LoggedTraining) -> str:
    if logged.version == logged.champion:
        return f"version {logged.version}, the champion (all models: hemml models list)"
    return (
        f"version {logged.version} (the champion is version {logged.champion}; compare them with: hemml models compare "
        f"champion {logged.version}, replace it with: hemml models promote {logged.version})"
    )


def _write_report(result: TrainingResult, frame: pd.DataFrame, config: TrainConfig, output: Path) -> Path:
    from hemml.explanation import element_effects
    from hemml.models import Predictor
    from hemml.models.bundle import load_bundle
    from hemml.report import write_report

    effects = None
    if hosts := EFFECT_HOSTS[config.studies]:
        predictor = Predictor({item.target: load_bundle(output / item.target) for item in result.results})
        effects = element_effects(predictor, n_hosts=hosts, seed=config.seed)
    return write_report(result, output / REPORT, data=frame, effects=effects)


def _log(result: TrainingResult, store: Store, report: Path) -> LoggedTraining:
    from hemml.models.target_figures import target_figures
    from hemml.tracking import log_training

    figures = {item.target: target_figures(item) for item in result.results}
    return log_training(result, figures, store=store, report=report)


def main(arguments: list[str] | None = None) -> int:
    """Run the training; 0, or 2 for bad input, 1 for a failure, 130 when interrupted."""
    # Waiting threads that spin make each other slow wherever other work shares the cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(train)
    return run(app, arguments, program="python -m hemml.train")


if __name__ == "__main__":
    raise SystemExit(main())
