"""Accuracy of hemml and its peers on the same rows and folds.

    python benchmarks/accuracy/run.py --methods hemml,magpie_rf,magpie_xgb,modnet,crabnet --output results.json

Every task is exported once; each method reads it and writes its predictions to the work folder; all are scored alike.
Predictions of an earlier run are kept (`--keep`) as long as the task is the same.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from make_tasks import NAMES, make_task
from methods import METHODS, MethodError, circumstances, run_method
from options import listed
from scoring import score_all
from table import markdown, put_between_markers
from task_files import Task, TaskError, read_predictions, write_json, write_task

from hemml.config import TrainConfig, load_config
from hemml.errors import HemmlError
from hemml.files import atomic_write_text

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
FAILURE = "failed.json"


def run(
    names: Sequence[str], methods: Sequence[str], work: Path, config: TrainConfig, options: argparse.Namespace
) -> dict[str, Any]:
    """Predict and score every task by every method; a method that fails is reported in its place."""
    results: dict[str, Any] = {**circumstances(), "tasks": {}}
    for name in names:
        task = make_task(name, config)
        folder = work / name
        write_task(task, folder)
        for method in methods:
            _predict(method, task, folder, config, options)
        results["tasks"][name] = scored(task, folder, methods, resamples=config.bootstrap)
    return results


def scored(task: Task, folder: Path, methods: Sequence[str], *, resamples: int) -> dict[str, Any]:
    """Scores of the methods whose predictions are in the task's folder."""
    predictions, about = {}, {}
    for method in methods:
        if (folder / method / FAILURE).exists():
            about[method] = json.loads((folder / method / FAILURE).read_text(encoding="utf-8"))
        elif (folder / method / "predictions.csv").exists():
            predictions[method], about[method] = read_predictions(folder / method, task)
    scores = score_all(task, predictions, resamples=resamples)
    return {
        "label": task.label,
        "unit": task.unit,
        "n": len(task),
        "n_groups": len(set(task.groups)),
        "grouped_by": task.grouped_by,
        "reference_name": task.reference_name,
        "folds": task.folds,
        "sha256": task.sha256,
        "methods": {name: scores.get(name, {}) | about.get(name, {}) for name in {**scores, **about}},
    }


def _predict(method: str, task: Task, folder: Path, config: TrainConfig, options: argparse.Namespace) -> None:
    output = folder / method
    if options.keep and _is_complete(output, task):
        print(f"{task.name}: {method} kept", flush=True)
        return
    output.mkdir(parents=True, exist_ok=True)
    for name in (FAILURE, "predictions.csv", "method.json"):
        (output / name).unlink(missing_ok=True)
    print(f"{task.name}: {method} ...", flush=True)
    began = time.perf_counter()
    try:
        run_method(
            method,
            task,
            folder,
            config,
            environments=options.environments,
            threads=options.threads,
            quick=options.quick,
        )
    except MethodError as err:
        write_json(output / FAILURE, {"failed": str(err)})
        print(f"{task.name}: {method} failed: {err}", file=sys.stderr, flush=True)
    else:
        print(f"{task.name}: {method} took {time.perf_counter() - began:.0f} s", flush=True)


def _is_complete(output: Path, task: Task) -> bool:
    """Whether a folder holds predictions of every row of this version of the task, from no --quick run."""
    if (output / FAILURE).exists() or not (output / "predictions.csv").exists():
        return False
    try:
        predicted, about = read_predictions(output, task)
    except TaskError as err:
        print(f"{task.name}: made again: {err}", flush=True)
        return False
    return bool(np.isfinite(predicted).all()) and not about.get("quick")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description="Accuracy of hemml and its peers on the same rows and folds.")
    made.add_argument("--methods", type=listed(METHODS), default=METHODS, help=f"some of {','.join(METHODS)}")
    made.add_argument("--targets", type=listed(NAMES), default=NAMES, help=f"some of {','.join(NAMES)}")
    made.add_argument("--work", type=Path, default=HERE / "work", help="folder for tasks and predictions")
    made.add_argument("--environments", type=Path, help="folder for the peers' environments (WORK/environments)")
    made.add_argument("--output", type=Path, help="JSON file for the results (WORK/results.json)")
    made.add_argument("--table", type=Path, help="Markdown page between whose markers the table is put")
    made.add_argument("--threads", type=int, default=1, help="threads of each method")
    made.add_argument("--keep", action="store_true", help="keep predictions that were made for the same task")
    made.add_argument("--quick", action="store_true", help="first fold, few epochs: shows that all parts work")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0, or 2 for bad input."""
    options = parser().parse_args(arguments)
    if options.quick and options.table:
        print("--table: must be left out of a --quick run, whose scores mean nothing", file=sys.stderr)
        return 2
    work = options.work.resolve()
    options.environments = (options.environments or work / "environments").resolve()
    work.mkdir(parents=True, exist_ok=True)
    (work / ".gitignore").write_text("*\n", encoding="utf-8")
    try:
        results = run(options.targets, options.methods, work, load_config(ROOT / "configs" / "train.yaml"), options)
        text = markdown(results)
        atomic_write_text(options.output or work / "results.json", json.dumps(results, indent=1) + "\n")
        if options.table:
            put_between_markers(options.table, text)
    except (HemmlError, TaskError) as err:
        print(err, file=sys.stderr)
        return 2
    print(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
