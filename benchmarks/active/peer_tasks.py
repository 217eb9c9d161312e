"""A pool as files that a peer reads, whatever its Python environment: features, outcomes, and what to do.

A task folder holds `features.csv` and `outcomes.csv` (a line a row of the pool) and `task.json` (objectives, budget,
batch, the start rows of every seed). A peer writes `seed_00.json` and so on, with the rows in the order measured.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from hemml.active.simulation import Plan, Pool, start_rows
from hemml.evaluation import magpie_matrix
from hemml.files import atomic_write_text

COMPONENTS: Final = 12
_CONDITIONS: Final = ("capacity_current_mA_g", "voltage_min_V", "voltage_max_V", "retention_cycles")


def features_of(pool: Pool) -> pd.DataFrame:
    """The first 12 principal components of the pool's Magpie features, each of unit variance, and its conditions.

    A Gaussian process is at its best on few columns that are not correlated. Conditions are the numeric ones that are
    stated everywhere and vary.
    """
    from sklearn.decomposition import PCA

    magpie = magpie_matrix(pool.candidates.formulas)
    magpie = magpie[:, np.isfinite(magpie).all(axis=0)]
    magpie = magpie[:, magpie.std(axis=0) > 1e-12]
    standard = (magpie - magpie.mean(axis=0)) / magpie.std(axis=0)
    scores = PCA(min(COMPONENTS, *standard.shape), svd_solver="full").fit_transform(standard)
    columns = {f"pc{i + 1}": values for i, values in enumerate((scores / scores.std(axis=0)).round(9).T)}
    for name in _CONDITIONS:
        values = pool.candidates.conditions[name].to_numpy(dtype=np.float64)
        if np.isfinite(values).all() and values.std() > 0:
            columns[name] = values
    return pd.DataFrame(columns)


def write_task(pool: Pool, folder: Path, plan: Plan) -> dict[str, Any]:
    """Write a pool to a task folder, which is made; what was written for the same pool and plan is kept.

    So the last digit of a feature, which another linear algebra library may change, costs no finished run of a peer.
    """
    folder.mkdir(parents=True, exist_ok=True)
    starts = [start_rows(len(pool), plan.start, seed).tolist() for seed in plan.seeds]
    task = {
        "name": pool.name,
        "objectives": [
            {"quantity": objective.quantity, "goal": objective.goal, "value": objective.value}
            for objective in pool.objectives
        ],
        "budget": int(plan.sizes(len(pool))[-1]),
        "batch": plan.batch,
        "starts": starts,
        "pool_sha256": pool.sha256,
    }
    path = folder / "task.json"
    if path.exists():
        written: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if {**written, "sha256": None} == {**task, "sha256": None}:
            return written
    features = features_of(pool).to_csv(lineterminator="\n")
    quantities = [objective.quantity for objective in pool.objectives]
    outcomes = pd.DataFrame(pool.outcomes.T, columns=quantities).to_csv(lineterminator="\n")
    task["sha256"] = hashlib.sha256(f"{features}{pool.sha256}{plan.batch}".encode()).hexdigest()
    atomic_write_text(folder / "features.csv", features)
    atomic_write_text(folder / "outcomes.csv", outcomes)
    atomic_write_text(path, json.dumps(task, indent=1) + "\n")
    return task
