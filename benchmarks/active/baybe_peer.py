"""BayBE on a pool; run by the Python of its own environment, which has no hemml.

Its campaign as it comes: a Pareto objective for several targets, a single-target one else, its default recommender.
The pool is one custom parameter whose labels are the rows and whose encoding is the task's features. It is told the
outcomes of the start rows, then of each batch that it recommends. One file a seed, written when the seed is done, so an
interrupted run goes on with the next seed.

Reference: Fitzner et al., Digital Discovery 2025, 4, 1991, doi 10.1039/D5DD00050E.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from baybe import Campaign, active_settings
from baybe.objectives import ParetoObjective
from baybe.parameters import CustomDiscreteParameter
from baybe.targets import NumericalTarget

PARAMETER = "material"
# Rows of the same features (polymorphs of a formula) are refused; the first feature of a repeat is moved by this much.
OFFSET = 1e-4


def distinct(features: pd.DataFrame) -> pd.DataFrame:
    """Features with repeated rows moved apart, in units of the first feature's standard deviation."""
    repeat = features.groupby(list(features.columns), sort=False).cumcount()
    first = features.columns[0]
    return features.assign(**{first: features[first] + OFFSET * features[first].std() * repeat})


def target_of(objective: dict[str, Any]) -> NumericalTarget:
    """BayBE's target of an objective; nearness to a value is its absolute match."""
    if objective["goal"] == "target":
        return NumericalTarget.match_absolute(objective["quantity"], match_value=objective["value"])
    return NumericalTarget(objective["quantity"], minimize=objective["goal"] == "min")


def order_of(
    features: pd.DataFrame, outcomes: pd.DataFrame, task: dict[str, Any], seed: int, start: list[int]
) -> tuple[list[int], list[float]]:
    """Rows in the order in which they are measured, the start rows first, and seconds a batch."""
    active_settings.random_seed = seed
    parameter = CustomDiscreteParameter(PARAMETER, features)
    targets = [target_of(objective) for objective in task["objectives"]]
    objective = ParetoObjective(targets) if len(targets) > 1 else targets[0].to_objective()
    campaign = Campaign(parameter.to_searchspace(), objective, allow_recommending_already_measured=False)
    rows, seconds = list(start), []
    measured = rows
    while len(rows) < min(task["budget"], len(features)):
        labels = [str(row) for row in measured]
        campaign.add_measurements(outcomes.iloc[measured].assign(**{PARAMETER: labels}).reset_index(drop=True))
        began = time.perf_counter()
        size = min(task["batch"], task["budget"] - len(rows), len(features) - len(rows))
        proposed = campaign.recommend(batch_size=size)
        seconds.append(round(time.perf_counter() - began, 3))
        measured = [int(label) for label in proposed[PARAMETER]]
        rows += measured
    return rows, seconds


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--task", type=Path, required=True)
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--seeds", type=int, help="at most this many of the task's seeds, the first ones")
    options.add_argument("--threads", type=int, default=1)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    task = json.loads((given.task / "task.json").read_text(encoding="utf-8"))
    features = distinct(pd.read_csv(given.task / "features.csv", index_col=0))
    features.index = features.index.astype(str)
    outcomes = pd.read_csv(given.task / "outcomes.csv", index_col=0)
    given.output.mkdir(parents=True, exist_ok=True)
    packages = ("baybe", "botorch", "gpytorch", "torch", "numpy", "pandas", "scikit-learn", "scipy")
    versions = {"python": platform.python_version()} | {name: version(name) for name in packages}
    for seed, start in list(enumerate(task["starts"]))[: given.seeds]:
        path = given.output / f"seed_{seed:02d}.json"
        if path.exists():
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["task_sha256"] == task["sha256"] and kept["start"] == start and kept["budget"] == task["budget"]:
                continue
        rows, seconds = order_of(features, outcomes, task, seed, start)
        content = {
            "seed": seed,
            "start": start,
            "budget": task["budget"],
            "rows": rows,
            "seconds": seconds,
            "task_sha256": task["sha256"],
            "versions": versions,
            "date": dt.datetime.now(tz=dt.UTC).date().isoformat(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores",
            "threads": given.threads,
        }
        part = path.with_name(f".{path.name}.part")
        part.write_text(json.dumps(content), encoding="utf-8")
        part.replace(path)
        print(f"{task['name']}: seed {seed} took {np.sum(seconds):.1f} s for {len(rows)} experiments", flush=True)


if __name__ == "__main__":
    main()
