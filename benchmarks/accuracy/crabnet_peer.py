"""CrabNet on a task; run by the Python of its own environment, which has no hemml.

CrabNet 2.0.8 takes one extra column at most: its encoder is never told of extra features, and where it is, it lays them
out for one column. The encoder here appends all condition columns to every element's vector, as CrabNet means to.
Its averaging optimizer (SWA) skips torch's own set-up, which from the second network of a process on asks for hooks.
Both are mended at run time only; nothing is changed in the installed package.

Reference: Wang et al., npj Comput. Mater. 2021, 7, 77, doi 10.1038/s41524-021-00545-1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import re
import warnings
from collections import OrderedDict
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd
import torch
from crabnet.crabnet_ import CrabNet
from crabnet.kingcrab import Encoder, SubCrab
from crabnet.utils.optim import SWA
from task_files import Task, predict_folds, read_task, write_predictions

SETTINGS = {
    "steps": 480,
    "least_epochs": 40,
    "most_epochs": 200,
    "d_model": 128,
    "dim_feedforward": 256,
    "N": 3,
    "heads": 4,
    "out_hidden": [128, 64],
    "batch_size": 128,
    "batch_size_of_few": 32,
    "few": 512,
    "val_size": 0.15,
}
QUICK = {"least_epochs": 20, "most_epochs": 20}


for _hooks in ("_optimizer_step_pre_hooks", "_optimizer_step_post_hooks"):
    setattr(SWA, _hooks, OrderedDict())


class ConditionedEncoder(Encoder):
    """CrabNet's encoder, its element vectors followed by the test conditions of the row."""

    def forward(self, src, frac, extra_features=None):
        encoded = super().forward(src, frac)
        conditions = extra_features.unsqueeze(1).expand(-1, encoded.shape[1], -1)
        return torch.cat((encoded, conditions), dim=2)


def network(n_conditions: int, settings: dict) -> SubCrab:
    shape = {key: settings[key] for key in ("d_model", "dim_feedforward", "N", "heads")}
    model = SubCrab(
        d_extend=n_conditions, compute_device=torch.device("cpu"), out_hidden=list(settings["out_hidden"]), **shape
    )
    model.encoder = ConditionedEncoder(compute_device=torch.device("cpu"), pe_resolution=5000, **shape)
    return model


def scaled(values: np.ndarray, train: np.ndarray) -> np.ndarray:
    """Columns with mean 0 and standard deviation 1 in the training rows; those that are constant there are dropped."""
    spread = values[train].std(axis=0)
    use = spread > 1e-9
    return (values[:, use] - values[train][:, use].mean(axis=0)) / spread[use]


def validation_rows(task: Task, train: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Which training rows choose the weights: about a share of them, by group as everywhere."""
    groups = np.array(task.groups)[train]
    names = np.unique(groups)
    chosen = np.random.default_rng(seed).choice(names, max(1, round(share * len(names))), replace=False)
    return np.isin(groups, chosen)


def schedule(rows: int, settings: dict) -> dict[str, int]:
    """Batch size, and epochs that make about the wanted number of steps; CrabNet's schedule has cycles of 20."""
    batch = settings["batch_size_of_few" if rows < settings["few"] else "batch_size"]
    wanted = settings["steps"] / -(-rows // batch)
    epochs = 20 * round(min(max(wanted, settings["least_epochs"]), settings["most_epochs"]) / 20)
    return {"batch_size": batch, "epochs": epochs}


def run(task: Task, folds: list[int], settings: dict, seed: int) -> tuple[np.ndarray, list[float]]:
    most = max(len(re.findall("[A-Z]", atoms)) for atoms in task.atoms)

    def fit_predict(fold: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        torch.manual_seed(seed + fold)
        np.random.seed(seed + fold)  # noqa: NPY002  (CrabNet draws from the global generator)
        conditions = scaled(task.conditions[fold], train)
        names = [f"condition_{i}" for i in range(conditions.shape[1])]
        frame = pd.DataFrame(conditions, columns=names).assign(formula=task.atoms, target=task.learned)
        validation = validation_rows(task, train, settings["val_size"], seed + fold)
        model = CrabNet(
            model=network(len(names), settings),
            compute_device="cpu",
            d_model=settings["d_model"],
            extend_features=names,
            n_elements=most,
            **schedule(int((~validation).sum()), settings),
            random_state=seed + fold,
            verbose=False,
            losscurve=False,
            learningcurve=False,
            save=False,
        )
        model.fit(frame.iloc[train[~validation]].copy(), frame.iloc[train[validation]].copy())
        # The measured values of the test rows stay here: predict only asks for a column of that name.
        return model.predict(frame.iloc[test].assign(target=0.0))

    return predict_folds(task, folds, fit_predict)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one fold with few epochs")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    warnings.filterwarnings("ignore", message="'pin_memory' argument")  # CrabNet asks for it on every machine
    task = read_task(arguments.task)
    settings = SETTINGS | QUICK if arguments.quick else SETTINGS
    folds = [0] if arguments.quick else list(range(task.folds))
    arguments.output.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(arguments.output):  # CrabNet writes its learning curve to the working directory
        predicted, seconds = run(task, folds, settings, arguments.seed)
    about = {
        "settings": settings,
        "seconds": seconds,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("crabnet", "torch", "numpy", "pandas")},
    }
    write_predictions(arguments.output, task, predicted, about)


if __name__ == "__main__":
    main()
