"""A prediction task as files that every method reads, whatever its Python environment: only numpy is needed.

A task folder holds `rows.csv` (one line a row), `conditions.npz` (test conditions as numbers, encoded from the training
rows of each fold) and `task.json` (names, unit, scale). A method writes `predictions.csv` (row, predicted value on the
learning scale) and `method.json` (settings, versions, seconds).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LOG, IDENTITY = "log", "identity"
_COLUMNS = ("row", "group", "formula", "atoms", "measured", "reference", "fold")


class TaskError(ValueError):
    """A task, or a file of predictions for it, is not what it must be."""


@dataclass(frozen=True, eq=False)
class Task:
    """n measured rows in k folds by group; no group is in two folds.

    Attributes:
        name: File name of the task.
        label: What is predicted, with its unit, as the table says it.
        unit: Unit of the values.
        scale: "log" where methods learn the logarithm, else "identity".
        low: Smallest value that a prediction may take.
        high: Largest value that a prediction may take.
        grouped_by: What the groups are, in plural.
        reference_name: What the reference predictions are.
        formulas: As in the table, (n,).
        atoms: The same as element symbols and amounts without brackets, (n,).
        groups: Group of each row, (n,).
        measured: Values in the unit, (n,).
        reference: Reference predictions from the training rows of each row's fold, (n,).
        fold: Fold in which each row is tested, (n,).
        condition_names: Names of the c condition columns.
        conditions: Condition columns, encoded anew from the training rows of each fold, (k, n, c).
    """

    name: str
    label: str
    unit: str
    scale: str
    low: float
    high: float
    grouped_by: str
    reference_name: str
    formulas: tuple[str, ...]
    atoms: tuple[str, ...]
    groups: tuple[str, ...]
    measured: np.ndarray
    reference: np.ndarray
    fold: np.ndarray
    condition_names: tuple[str, ...]
    conditions: np.ndarray

    def __post_init__(self) -> None:
        n, folds = len(self.measured), self.conditions.shape[0]
        shapes = {len(self.formulas), len(self.atoms), len(self.groups), len(self.reference), len(self.fold)}
        if shapes != {n} or self.conditions.shape != (folds, n, len(self.condition_names)):
            raise TaskError(f"task {self.name}: all columns must have {n} rows, got {shapes}, {self.conditions.shape}")
        if sorted(set(self.fold.tolist())) != list(range(folds)):
            raise TaskError(f"task {self.name}: folds must be 0 to {folds - 1}, got {sorted(set(self.fold.tolist()))}")
        if self.scale not in (LOG, IDENTITY):
            raise TaskError(f"task {self.name}: scale must be {LOG} or {IDENTITY}, got {self.scale!r}")
        pairs = set(zip(self.groups, self.fold.tolist(), strict=True))
        if len(pairs) != len(set(self.groups)):
            raise TaskError(f"task {self.name}: a group must be in one fold only; make the folds by group")

    def __len__(self) -> int:
        return len(self.measured)

    @property
    def folds(self) -> int:
        return len(self.conditions)

    @property
    def learned(self) -> np.ndarray:
        """Measured values on the learning scale, (n,)."""
        return np.log(self.measured) if self.scale == LOG else self.measured

    def restore(self, learned: np.ndarray) -> np.ndarray:
        """Values in the unit, within the range, from values on the learning scale."""
        values: np.ndarray = np.exp(np.minimum(learned, 700.0)) if self.scale == LOG else learned
        return values.clip(self.low, self.high)

    def train(self, fold: int) -> np.ndarray:
        """Rows to fit on, ascending."""
        return np.flatnonzero(self.fold != fold)

    def test(self, fold: int) -> np.ndarray:
        """Rows to predict, ascending."""
        return np.flatnonzero(self.fold == fold)

    @property
    def sha256(self) -> str:
        """Hash of everything that a method sees: predictions of another version of the task are of no use."""
        digest = hashlib.sha256(_rows_text(self).encode())
        digest.update(np.ascontiguousarray(self.conditions, dtype=np.float64).tobytes())
        digest.update(json.dumps([self.scale, list(self.condition_names)]).encode())
        return digest.hexdigest()


def write_task(task: Task, folder: Path) -> None:
    """Write a task to a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    _put(folder / "rows.csv", _rows_text(task).encode())
    stream = io.BytesIO()
    np.savez_compressed(stream, conditions=task.conditions, names=np.array(task.condition_names, dtype=np.str_))
    _put(folder / "conditions.npz", stream.getvalue())
    fields = ("name", "label", "unit", "scale", "low", "high", "grouped_by", "reference_name", "sha256")
    write_json(folder / "task.json", {name: getattr(task, name) for name in fields})


def read_task(folder: Path) -> Task:
    """Read what `write_task` wrote.

    Raises:
        TaskError: The files do not belong together.
    """
    about = json.loads((folder / "task.json").read_text(encoding="utf-8"))
    with (folder / "rows.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    with np.load(folder / "conditions.npz", allow_pickle=False) as arrays:
        conditions, names = arrays["conditions"], tuple(arrays["names"].tolist())
    expected = about.pop("sha256")
    task = Task(
        **about,
        formulas=tuple(row["formula"] for row in rows),
        atoms=tuple(row["atoms"] for row in rows),
        groups=tuple(row["group"] for row in rows),
        measured=np.array([float(row["measured"]) for row in rows]),
        reference=np.array([float(row["reference"]) for row in rows]),
        fold=np.array([int(row["fold"]) for row in rows]),
        condition_names=names,
        conditions=conditions,
    )
    if task.sha256 != expected:
        raise TaskError(f"task folder {folder}: files must be of one export, got another hash; export the task again")
    return task


def predict_folds(
    task: Task, folds: Sequence[int], fit_predict: Callable[[int, np.ndarray, np.ndarray], np.ndarray]
) -> tuple[np.ndarray, list[float]]:
    """Predict the test rows of the folds, by a function of fold, training rows and test rows.

    Returns:
        Predictions on the learning scale, NaN in rows of other folds, (n,); seconds a fold.
    """
    predicted, seconds = np.full(len(task), np.nan), []
    for fold in folds:
        began = time.perf_counter()
        predicted[task.test(fold)] = fit_predict(fold, task.train(fold), task.test(fold))
        seconds.append(round(time.perf_counter() - began, 2))
        print(f"{task.name}: fold {fold + 1} of {task.folds} took {seconds[-1]:.1f} s", flush=True)
    return predicted, seconds


def write_predictions(folder: Path, task: Task, predicted: np.ndarray, about: Mapping[str, Any]) -> None:
    """Write predictions on the learning scale, NaN where a row was not predicted, and how they were made."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["row,predicted", *(f"{row},{value!r}" for row, value in enumerate(predicted.tolist()) if value == value)]
    _put(folder / "predictions.csv", ("\n".join(lines) + "\n").encode())
    write_json(folder / "method.json", {**about, "task_sha256": task.sha256})


def read_predictions(folder: Path, task: Task) -> tuple[np.ndarray, dict[str, Any]]:
    """Read predictions for a task.

    Returns:
        Predictions in the task's unit, NaN where a row was not predicted, (n,); how they were made.

    Raises:
        TaskError: They were made for another version of the task, twice for one row, or are not finite.
    """
    about = json.loads((folder / "method.json").read_text(encoding="utf-8"))
    if about["task_sha256"] != task.sha256:
        raise TaskError(f"{folder}: predictions must be of this version of {task.name}, got another; run it again")
    learned = np.full(len(task), np.nan)
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            row, value = int(line["row"]), float(line["predicted"])
            if not 0 <= row < len(task) or np.isfinite(learned[row]):
                raise TaskError(f"{folder}: rows must be 0 to {len(task) - 1}, each once, got {row} again or outside")
            if not np.isfinite(value):
                raise TaskError(f"{folder}: predictions must be finite, got {value} in row {row}")
            learned[row] = value
    known = np.isfinite(learned)
    learned[known] = task.restore(learned[known])
    return learned, about


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    _put(path, (json.dumps(content, indent=1, sort_keys=True) + "\n").encode())


def _rows_text(task: Task) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    columns = (task.groups, task.formulas, task.atoms, task.measured.tolist(), task.reference.tolist())
    writer.writerows(
        (row, *cells, int(fold)) for row, (*cells, fold) in enumerate(zip(*columns, task.fold.tolist(), strict=True))
    )
    return stream.getvalue()


def _put(path: Path, content: bytes) -> None:
    """Write a file at once: readers find the old one or the new one."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)
