"""The tasks: three targets of the data set in folds by paper, computed voltages in folds by host chemical system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from task_files import IDENTITY, LOG, Task

from hemml.columns import Column
from hemml.config import TrainConfig
from hemml.data import load_default
from hemml.errors import InputError
from hemml.evaluation import Fold, family_median, paper_folds
from hemml.features.conditions import Conditions
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows

COMPUTED: Final = "computed_voltage_V"
TARGET_COLUMNS: Final = {str(column.value): column for column in TARGETS}
NAMES: Final = (*TARGET_COLUMNS, COMPUTED)
_COMPUTED_FILE: Final = "mp_electrodes.csv"
_LABELS: Final = {
    Column.CAPACITY: "capacity, mAh/g",
    Column.VOLTAGE: "average voltage, V",
    Column.RETENTION: "retention, %",
}


def make_task(name: str, config: TrainConfig) -> Task:
    """One task by name.

    Raises:
        InputError: The computed table is asked for and HEMML_EXTRA_DATA does not lead to it.
    """
    return computed_task(config) if name == COMPUTED else electrode_task(TARGET_COLUMNS[name], config)


def electrode_rows(column: Column, config: TrainConfig) -> TrainingRows:
    """The rows that a training with this configuration learns from, in its order."""
    how = config.targets[column]
    return TrainingRows.select(load_default(), TARGETS[column], how.features, 2 * config.outer_folds)


def electrode_task(column: Column, config: TrainConfig) -> Task:
    """Half-cell rows of a target, in the folds by paper in which its models are judged."""
    rows = electrode_rows(column, config)
    folds = rows.folds(config.outer_folds, config.seed)
    reference = np.empty(len(rows))
    conditions = []
    for fold in folds:
        train, test = rows[fold.train], rows[fold.test]
        encoder = Conditions.fit(train.frame, rows.target.protocol)
        conditions.append(encoder.transform(rows.frame))
        reference[fold.test] = family_median(train.frame, train.measured, test.frame)
    formulas = tuple(rows.frame[Column.FORMULA].tolist())
    return Task(
        name=str(column.value),
        label=_LABELS[column],
        unit=column.unit,
        # As the baselines of a training: the logarithm for capacity, else the value.
        scale=LOG if column is Column.CAPACITY else IDENTITY,
        low=rows.target.low,
        high=rows.target.high,
        grouped_by="papers",
        reference_name="median of role, ion and family",
        formulas=formulas,
        atoms=_atoms(formulas),
        groups=tuple(rows.papers.tolist()),
        measured=rows.measured,
        reference=reference,
        fold=_number(folds, len(rows)),
        condition_names=encoder.names,
        conditions=np.stack(conditions),
    )


def computed_path() -> Path:
    """Where the table of computed electrodes is.

    Raises:
        InputError: The environment variable HEMML_EXTRA_DATA does not lead to it.
    """
    folder = os.environ.get("HEMML_EXTRA_DATA", "")
    path = Path(folder) / _COMPUTED_FILE
    if not folder or not path.is_file():
        raise InputError(
            f"HEMML_EXTRA_DATA must be a folder with {_COMPUTED_FILE}, got {folder!r}; fetch the table with "
            "`hemml data fetch materials-project`, or leave this task out"
        )
    return path


def physical(table: pd.DataFrame) -> pd.DataFrame:
    """Rows whose endpoints are plausible: 0 to 6 V, at most 0.5 volume change, at most 0.2 eV/atom above the hull."""
    use = table["average_voltage_V"].between(0.0, 6.0) & (table["max_delta_volume_fraction"] <= 0.5)
    for end in ("charge", "discharge"):
        use &= table[f"stability_{end}_eV_atom"] <= 0.2
    return table[use].reset_index(drop=True)


def computed_task(config: TrainConfig) -> Task:
    """Computed average voltages; a method is told the discharged formula and the working ion."""
    # Na and NaN: without these settings sodium hosts named "NA" or a nitride would be read as missing.
    table = physical(pd.read_csv(computed_path(), keep_default_na=False, na_values=[""]))
    formulas = tuple(table["formula_discharge"].tolist())
    ions = table["working_ion"].to_numpy(dtype=np.str_)
    measured = table["average_voltage_V"].to_numpy(dtype=np.float64)
    groups = tuple(table["host_system"].tolist())
    folds = paper_folds(groups, config.outer_folds, seed=config.seed, strata=ions)
    names = tuple(sorted(set(ions.tolist())))
    one_hot = np.column_stack([ions == name for name in names]).astype(np.float64)
    reference = np.empty(len(table))
    for fold in folds:
        medians = {name: np.median(measured[fold.train][ions[fold.train] == name]) for name in names}
        reference[fold.test] = [medians[name] for name in ions[fold.test].tolist()]
    return Task(
        name=COMPUTED,
        label="computed average voltage, V",
        unit="V",
        scale=IDENTITY,
        low=0.0,
        high=6.0,
        grouped_by="host systems",
        reference_name="median of the ion",
        formulas=formulas,
        atoms=_atoms(formulas),
        groups=groups,
        measured=measured,
        reference=reference,
        fold=_number(folds, len(table)),
        condition_names=tuple(f"ion_{name}" for name in names),
        conditions=np.repeat(one_hot[None], len(folds), axis=0),
    )


def _atoms(formulas: tuple[str, ...]) -> tuple[str, ...]:
    """Formulas without brackets, as pymatgen reads them."""
    from pymatgen.core import Composition

    amounts = (Composition(formula).get_el_amt_dict() for formula in formulas)
    return tuple("".join(f"{element}{amount:.6f}" for element, amount in row.items()) for row in amounts)


def _number(folds: tuple[Fold, ...], n: int) -> np.ndarray:
    number = np.full(n, -1)
    for k, fold in enumerate(folds):
        number[fold.test] = k
    return number
