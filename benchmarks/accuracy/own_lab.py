"""What a few own measurements are worth on papers of other tables, which state more samples each than the data set.

    HEMML_EXTRA_DATA=folder python benchmarks/accuracy/own_lab.py

The literature model and its prior of laboratories come from the data set without the papers of the other table; of each
paper with enough rows, k rows correct the model for its other rows. The same papers serve every k of a table.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hemml.columns import Column
from hemml.config import TargetConfig, TrainConfig, load_config
from hemml.data import load_default, paper_ids, read_table, typed
from hemml.data.sources import convert_table, load_map
from hemml.evaluation import paper_folds
from hemml.models.ensemble import Choice, fit
from hemml.models.evidence_space import build_evidence
from hemml.models.inputs import Compositions, batch_of
from hemml.models.lab_curve import choices_of, errors_of, summary
from hemml.models.lab_prior import LabSpace, by_role
from hemml.models.lab_prior_fit import fit_kernels
from hemml.models.targets import TARGETS
from hemml.models.training_rows import TrainingRows

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("na_layered_textmined", "nmc_doped")
COLUMNS = (Column.CAPACITY, Column.RETENTION)
REGRESSORS = ("extra_trees", "xgboost")
DRAWS = 20
SIZES = (1, 2, 3, 5)


def literature(rows: TrainingRows, config: TrainConfig, how: TargetConfig) -> tuple[np.ndarray, Any]:
    """Out-of-paper predictions in 5 folds, and the model of all rows; no search."""
    choice = Choice(
        {n: how.parameters.get(n, {}) for n in REGRESSORS}, dict.fromkeys(REGRESSORS, 0.5), np.empty(0), np.empty(0)
    )
    predicted = np.empty(len(rows))
    for train, test in paper_folds(rows.papers, 5, seed=config.seed):
        part = rows[test]
        predicted[test] = fit(rows[train], choice, config, how).predict(part.frame, part.compositions)
    return predicted, fit(rows, choice, config, how)


def curves(table: str, column: Column, folder: Path, config: TrainConfig) -> list[dict[str, Any]]:
    """Rows of the result for one table and target."""
    how = config.targets[column]
    other = typed(convert_table(read_table(folder / f"{table}.csv"), load_map(table), table).frame)
    other = other[other[column].notna()].reset_index(drop=True)
    records = load_default()
    unseen = ~records[Column.DOI].isin(set(other[Column.DOI])).to_numpy()
    rows = TrainingRows.select(records[unseen].reset_index(drop=True), TARGETS[column], how.features, 10)
    out_of_paper, ensemble = literature(rows, config, how)

    inputs = ensemble.inputs
    space = LabSpace.of(inputs, build_evidence(rows, ensemble))
    roles = rows.frame[Column.ROLE].to_numpy(dtype=np.str_)
    known = space.points(inputs.names, inputs.transform(rows.frame, rows.compositions), out_of_paper)
    residuals = rows.scaled - out_of_paper
    kernels = [fit_kernels(known, residuals, rows.papers, roles, local=local)["cathode"] for local in (True, False)]
    width = float(np.quantile(np.abs(residuals[roles == "cathode"]), 0.9))

    X = inputs.transform(other, Compositions.of(batch_of(other), how.features))
    points = space.points(inputs.names, X, ensemble.predict_columns(X))
    measured = rows.target.to_scale(other[column].to_numpy(dtype=np.float64))
    laboratories = [chosen for chosen in by_role(paper_ids(other)).values() if len(chosen) >= 5]
    found = []
    for least in (5, 6):
        serving = [chosen for chosen in laboratories if len(chosen) >= least]
        for k in [size for size in SIZES if size < least]:
            rng = np.random.default_rng(config.seed)
            values = [
                errors_of(points[c], measured[c], choices_of(len(c), k, DRAWS, rng), kernels, width, rows.target)
                for c in serving
            ]
            if len(values) > 1:
                row = summary(k, sum(len(chosen) for chosen in serving), np.array(values), rng)
                found.append({"table": table, "target": str(column), "rows of a paper": f">= {least}", **row})
    return found


def main(arguments: Sequence[str]) -> int:
    folder = os.environ.get("HEMML_EXTRA_DATA", "")
    if arguments or not folder:
        print(__doc__, file=sys.stderr)
        return 2
    config = load_config(ROOT / "configs" / "train.yaml").model_copy(update={"n_jobs": 1})
    rows = [row for table in TABLES for column in COLUMNS for row in curves(table, column, Path(folder), config)]
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
