"""How each method predicts a task: hemml and the two forests here, the peers by the Python of their environments."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import time
from pathlib import Path
from typing import Any, Final

import numpy as np
from environments import InstallError, python_of
from make_tasks import COMPUTED, TARGET_COLUMNS, computed_path, electrode_rows
from task_files import LOG, Task, predict_folds, write_json, write_predictions

from hemml.config import TrainConfig
from hemml.evaluation import forest_baseline, magpie_matrix, xgboost_baseline
from hemml.provenance import git_commit, versions

HERE: Final = Path(__file__).parent
LABELS: Final = {
    "reference": "median",
    "magpie_rf": "random forest on Magpie",
    "magpie_xgb": "XGBoost on Magpie",
    "modnet": "MODNet",
    "crabnet": "CrabNet",
    "hemml": "hemml",
}
METHODS: Final = tuple(name for name in LABELS if name != "reference")
PEERS: Final = ("modnet", "crabnet")


class MethodError(RuntimeError):
    """A method gave no predictions for a task; the message says what happened."""


def run_method(
    name: str, task: Task, folder: Path, config: TrainConfig, *, environments: Path, threads: int, quick: bool
) -> None:
    """Predict a task and write the predictions to `folder`/`name`.

    Raises:
        MethodError: The method cannot do this task, or failed.
    """
    output = folder / name
    began = time.perf_counter()
    if name in PEERS:
        _run_peer(name, folder, output, config.seed, environments=environments, threads=threads, quick=quick)
        written = json.loads((output / "method.json").read_text(encoding="utf-8"))
        write_json(output / "method.json", {**written, "threads": threads, "quick": quick, **circumstances()})
        return
    folds = [0] if quick else list(range(task.folds))
    if name == "hemml":
        predicted, settings = _hemml(task, config.model_copy(update={"n_jobs": threads}), quick=quick)
        seconds = [round(time.perf_counter() - began, 2)]
    else:
        predicted, seconds, settings = _on_magpie(name, task, folds, config, threads)
    about = {"settings": settings, "seconds": seconds, "versions": _versions(), "threads": threads}
    about |= {"quick": quick, **circumstances()}
    write_predictions(output, task, predicted, about)


def _on_magpie(
    name: str, task: Task, folds: list[int], config: TrainConfig, threads: int
) -> tuple[np.ndarray, list[float], dict[str, Any]]:
    model = {"magpie_rf": forest_baseline, "magpie_xgb": xgboost_baseline}[name]
    magpie = magpie_matrix(task.formulas)
    trees, seed = config.baseline_trees, config.seed

    def fit_predict(fold: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        X = np.column_stack([magpie, task.conditions[fold]])
        return model(X[train], task.learned[train], X[test], n_jobs=threads, n_estimators=trees, seed=seed)

    predicted, seconds = predict_folds(task, folds, fit_predict)
    settings = {"trees": trees, "features": magpie.shape[1], "condition columns": task.conditions.shape[2]}
    return predicted, seconds, settings


def _hemml(task: Task, config: TrainConfig, *, quick: bool) -> tuple[np.ndarray, dict[str, Any]]:
    """Predictions of hemml's own nested procedure: parameters and weights are chosen inside each training fold."""
    if task.name == COMPUTED:
        predicted, settings = _voltage_prior(task)
    else:
        from hemml.models.crossval import judge

        column = TARGET_COLUMNS[task.name]
        how = config.targets[column]
        if quick:
            how = config.fast().targets[column]
            config = config.model_copy(update={"trees": 40, "inner_folds": 2, "baseline_trees": 30, "bootstrap": 50})
        table = judge(electrode_rows(column, config), config, how).result.out_of_fold
        if not np.array_equal(table["fold"].to_numpy(), task.fold):
            raise MethodError(f"hemml: folds must be those of the task {task.name}, got others; export the task again")
        predicted = table["predicted"].to_numpy(dtype=np.float64)
        settings = {"configuration": "configs/train.yaml" + (" without search" if quick else "")}
    return np.log(predicted) if task.scale == LOG else predicted, settings


def _voltage_prior(task: Task) -> tuple[np.ndarray, dict[str, Any]]:
    """Predictions of the voltage prior for unseen host systems, from the discharged formula alone, as the peers.

    It learns from both ends of the training electrodes; that is what the voltage prior is made of. Ions that hemml has
    no cells for (Rb, Cs, Y) get the median of the training rows of the ion.
    """
    from hemml.columns import WORKING_IONS
    from hemml.composition import CompositionBatch
    from hemml.data import resource_path
    from hemml.features.insertion_columns import insertion_columns
    from hemml.models.voltage_prior import VoltagePrior, known_environments
    from hemml.models.voltage_prior_config import load_prior_config
    from hemml.models.voltage_prior_training import ComputedElectrodes, fit_members

    config = load_prior_config(resource_path("configs", "voltage_prior.yaml"))
    electrodes = ComputedElectrodes.read_table(computed_path(), config.filter)
    if list(electrodes.discharged) != list(task.formulas):
        raise MethodError(f"hemml: electrodes must be those of the task {task.name}, got others; export the task again")
    X = insertion_columns(electrodes.hosts)
    ions = electrodes.hosts.ion
    usable = np.flatnonzero(np.isin(ions, WORKING_IONS))
    batch = CompositionBatch.from_formulas([electrodes.discharged[i] for i in usable], ions[usable].tolist())
    predicted = np.empty(len(electrodes))
    for k in range(int(task.fold.max()) + 1):
        train, test = np.flatnonzero(task.fold != k), np.flatnonzero(task.fold == k)
        known = known_environments(electrodes.hosts.host[train], config.min_hosts_of_environment)
        prior = VoltagePrior(fit_members(X[train], electrodes.volts[train], config), known, {})
        for ion in set(ions[test]) - set(WORKING_IONS):
            predicted[test[ions[test] == ion]] = np.median(electrodes.volts[train][ions[train] == ion])
        of_batch = np.flatnonzero(np.isin(usable, test))
        predicted[usable[of_batch]] = prior.predict(batch[of_batch])
    return predicted, {"configuration": "configs/voltage_prior.yaml"}


def _run_peer(
    name: str, folder: Path, output: Path, seed: int, *, environments: Path, threads: int, quick: bool
) -> None:
    try:
        python = python_of(name, environments)
    except InstallError as err:
        raise MethodError(str(err)) from err
    command = [str(python), str(HERE / f"{name}_peer.py"), "--task", str(folder), "--output", str(output)]
    command += ["--seed", str(seed), "--threads", str(threads), *(["--quick"] if quick else [])]
    output.mkdir(parents=True, exist_ok=True)
    log = output / "log.txt"
    with log.open("w", encoding="utf-8") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
        raise MethodError(f"{name} on {folder.name} ended with {done.returncode}: {lines[-1][:300] if lines else ''}")


def _versions() -> dict[str, str]:
    wanted = ("python", "hemml", "numpy", "scikit-learn", "xgboost", "matminer", "pymatgen")
    return {name: found for name, found in versions().items() if name in wanted}


def circumstances() -> dict[str, str]:
    """When, on what and from which checkout a method runs; written beside its predictions."""
    return {
        "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
        "commit": git_commit() or "none",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
    }
