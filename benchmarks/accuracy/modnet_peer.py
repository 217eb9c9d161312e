"""MODNet on a task; run by the Python of its own environment, which has no hemml.

Composition features by MODNet's own fast preset, chosen by its relevance and redundancy within the training rows; the
test conditions stand beside them. One architecture instead of the genetic search, the mean of a few networks.

Reference: De Breuck et al., npj Comput. Mater. 2021, 7, 83, doi 10.1038/s41524-021-00552-2.
"""

from __future__ import annotations

import argparse
import os
import platform
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
import pandas as pd
import tensorflow as tf
from modnet.featurizers.presets.matminer_2024_fast import Matminer2024FastFeaturizer
from modnet.models import MODNetModel
from modnet.preprocessing import MODData, get_cross_nmi
from pymatgen.core import Composition
from task_files import Task, predict_folds, read_task, write_predictions

SETTINGS = {
    "features": 100,
    "num_neurons": [[128], [64], [16], [16]],
    "act": "elu",
    "loss": "mae",
    "lr": 0.001,
    "batch_size": 64,
    "epochs": 120,
    "xscale": "minmax",
    "networks": 3,
    "cross_nmi_formulas": 400,
}
QUICK = {"features": 20, "epochs": 10, "networks": 1, "cross_nmi_formulas": 150}
TARGET = "target"


def featurized(atoms: tuple[str, ...]) -> pd.DataFrame:
    """Composition features of each distinct formula, index: the formula; columns that are constant are dropped."""
    distinct = sorted(set(atoms))
    featurizer = Matminer2024FastFeaturizer()
    featurizer.structure_featurizers = ()
    featurizer.set_n_jobs(1)
    data = MODData([Composition(formula) for formula in distinct], structure_ids=distinct, featurizer=featurizer)
    data.featurize(n_jobs=1)
    features = data.df_featurized
    return features.loc[:, varying(features)]


def varying(frame: pd.DataFrame) -> pd.Series:
    """Which columns hold more than one value."""
    return frame.max() > frame.min()


def redundancy(features: pd.DataFrame, most: int, seed: int) -> pd.DataFrame:
    """Mutual information between features, from a sample of formulas; no target takes part."""
    sample = features.sample(min(most, len(features)), random_state=seed)
    return get_cross_nmi(sample, drop_thr=0.2, n_jobs=1, random_state=seed + 1)


def run(task: Task, folds: list[int], settings: dict, seed: int) -> tuple[np.ndarray, list[float]]:
    features = featurized(task.atoms)
    cross_nmi = redundancy(features, settings["cross_nmi_formulas"], seed)
    ids = [f"row{i}" for i in range(len(task))]
    compositions = features.loc[list(task.atoms)].set_axis(ids, axis=0)

    def fit_predict(fold: int, train: np.ndarray, test: np.ndarray) -> np.ndarray:
        conditions = pd.DataFrame(task.conditions[fold], index=ids, columns=list(task.condition_names))
        conditions = conditions.loc[:, varying(conditions.iloc[train])]
        frame = compositions.join(conditions)

        def part(rows: np.ndarray, values: np.ndarray) -> MODData:
            return MODData(
                df_featurized=frame.iloc[rows], targets=values, target_names=[TARGET], structure_ids=frame.index[rows]
            )

        known = part(train, task.learned[train])
        known.feature_selection(n=settings["features"], cross_nmi=cross_nmi, random_state=seed)
        # Conditions are columns that a user states; they are not up for selection.
        known.optimal_features = [*conditions.columns, *known.optimal_features]
        unknown = part(test, np.zeros(len(test)))
        total = np.zeros(len(test))
        for network in range(settings["networks"]):
            tf.keras.utils.set_random_seed(seed + 100 * fold + network)
            model = MODNetModel(
                [[[TARGET]]],
                {TARGET: 1.0},
                num_neurons=settings["num_neurons"],
                n_feat=len(known.optimal_features),
                act=settings["act"],
            )
            fitting = {key: settings[key] for key in ("loss", "lr", "batch_size", "epochs", "xscale")}
            model.fit(known, **fitting)
            total += model.predict(unknown)[TARGET].to_numpy(dtype=np.float64)
            tf.keras.backend.clear_session()
        return total / settings["networks"]

    return predict_folds(task, folds, fit_predict)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--task", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="one fold with few features and epochs")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    task = read_task(arguments.task)
    settings = SETTINGS | QUICK if arguments.quick else SETTINGS
    folds = [0] if arguments.quick else list(range(task.folds))
    predicted, seconds = run(task, folds, settings, arguments.seed)
    names = ("modnet", "tensorflow-cpu", "matminer", "pymatgen", "scikit-learn", "numpy", "pandas")
    about = {
        "settings": settings,
        "seconds": seconds,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in names},
    }
    write_predictions(arguments.output, task, predicted, about)


if __name__ == "__main__":
    main()
