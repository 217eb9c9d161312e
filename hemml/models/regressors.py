"""The candidate regressors, by name: each takes the columns of `Inputs` and learns on the target's scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.errors import ConfigError, UnknownNameError
from hemml.models.inputs import FRACTION_PREFIX, Inputs
from hemml.models.voltage_prior import VOLTAGE_PRIOR

if TYPE_CHECKING:
    from optuna import Trial

Parameters = Mapping[str, float | int | str]

PRIOR_SHARE: Final = "prior_share"
"""Parameter of a regressor: share of the voltage prior that it starts from, 0 to 1."""


@dataclass(frozen=True)
class Setting:
    """What a regressor is built for.

    Attributes:
        names: Names of the c input columns.
        monotone: Sign of the response that physics fixes for each, 0 for none.
        seed: Seed of the regressor's own randomness.
        n_jobs: Threads.
        trees: Trees of a forest.
    """

    names: tuple[str, ...]
    monotone: tuple[int, ...]
    seed: int
    n_jobs: int
    trees: int

    @classmethod
    def of(cls, inputs: Inputs, *, seed: int, n_jobs: int, trees: int) -> Setting:
        """Setting for the columns of `inputs`."""
        return cls(inputs.names, inputs.monotone, seed, n_jobs, trees)


def build(name: str, setting: Setting, parameters: Parameters) -> Any:
    """A regressor that is not fitted yet.

    Raises:
        UnknownNameError: The name is not in `REGRESSORS`; the message lists close names.
    """
    if name not in REGRESSORS:
        raise UnknownNameError("regressor", name, REGRESSORS)
    if PRIOR_SHARE in parameters:
        return _from_prior(name, setting, parameters)
    try:
        return REGRESSORS[name](setting, parameters)
    except TypeError as err:
        raise ConfigError(f"parameters of {name}: must be those it takes, got {dict(parameters)}: {err}") from err


def _from_prior(name: str, setting: Setting, parameters: Parameters) -> Any:
    """A regressor that learns what a share of the voltage prior leaves."""
    from hemml.models.starting_point import StartFrom

    share = parameters[PRIOR_SHARE]
    if name == "xgboost" or VOLTAGE_PRIOR not in setting.names:
        raise ConfigError(
            f"parameters of {name}: {PRIOR_SHARE} must be given to a forest or kernel regressor that takes "
            f"{VOLTAGE_PRIOR} among its features; leave it out or name that feature"
        )
    if isinstance(share, str) or not 0 <= share <= 1:
        raise ConfigError(f"parameters of {name}: {PRIOR_SHARE} must be a number from 0 to 1, got {share!r}")
    rest = {key: value for key, value in parameters.items() if key != PRIOR_SHARE}
    return StartFrom(build(name, setting, rest), column=setting.names.index(VOLTAGE_PRIOR), share=float(share))


def _ridge(setting: Setting, parameters: Parameters) -> Any:
    from sklearn.linear_model import RidgeCV

    return _on_slopes(setting, RidgeCV(alphas=np.logspace(-1, 4, 11), **parameters))


def _svr(setting: Setting, parameters: Parameters) -> Any:
    from sklearn.svm import SVR

    return _on_slopes(setting, SVR(**{"C": 2.0, "gamma": 0.005, "epsilon": 0.1, **parameters}))


def _gaussian_process(setting: Setting, parameters: Parameters) -> Any:
    """A Gaussian process; `length_scale` and `noise` fix its kernel, which else is found by marginal likelihood."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    given: dict[str, Any] = dict(parameters)
    length, noise = given.pop("length_scale", None), given.pop("noise", None)
    kernel = ConstantKernel(1.0, (0.05, 20.0)) * Matern(8.0, (2.0, 100.0), nu=0.5) + WhiteKernel(0.2, (0.02, 1.0))
    if length is not None or noise is not None:
        kernel.set_params(k1__k2__length_scale=length or 8.0, k2__noise_level=noise or 0.2)
        given["optimizer"] = None
    return _on_slopes(setting, GaussianProcessRegressor(kernel, normalize_y=True, random_state=setting.seed, **given))


def _random_forest(setting: Setting, parameters: Parameters) -> Any:
    from sklearn.ensemble import RandomForestRegressor

    return RandomForestRegressor(**_forest(setting, {"min_samples_leaf": 2, "max_features": 0.4, **parameters}))


def _extra_trees(setting: Setting, parameters: Parameters) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(**_forest(setting, {"min_samples_leaf": 3, "max_features": 0.5, **parameters}))


def _xgboost(setting: Setting, parameters: Parameters) -> Any:
    from xgboost import XGBRegressor

    defaults = {
        "n_estimators": 400,
        "max_depth": 5,
        "learning_rate": 0.04,
        "subsample": 0.7,
        "colsample_bytree": 0.3,
        "min_child_weight": 3,
    }
    # XGBoost only warns of a parameter that it does not know.
    if unknown := sorted(set(parameters) - set(XGBRegressor().get_params())):
        raise UnknownNameError("parameter of xgboost", unknown[0], XGBRegressor().get_params())
    return XGBRegressor(
        tree_method="hist",
        random_state=setting.seed,
        n_jobs=setting.n_jobs,
        monotone_constraints=setting.monotone,
        **{**defaults, **parameters},
    )


REGRESSORS: Final[Mapping[str, Callable[[Setting, Parameters], Any]]] = {
    "extra_trees": _extra_trees,
    "gaussian_process": _gaussian_process,
    "random_forest": _random_forest,
    "ridge": _ridge,
    "svr": _svr,
    "xgboost": _xgboost,
}


def suggest(name: str, trial: Trial, rows: int) -> dict[str, float | int | str]:
    """Parameters of one Optuna trial; regressors without a search space keep their defaults.

    Args:
        name: One of `REGRESSORS`.
        trial: The trial.
        rows: Training rows; small tables are not offered large models.
    """
    if name == "xgboost":
        return {
            "max_depth": trial.suggest_int("max_depth", 2 if rows < 500 else 3, 4 if rows < 500 else 7),
            "learning_rate": trial.suggest_float("learning_rate", 0.02, 0.08, log=True),
            "n_estimators": trial.suggest_int("n_estimators", 150, 450, step=50),
            "min_child_weight": trial.suggest_int("min_child_weight", 2, 10),
            "subsample": trial.suggest_float("subsample", 0.5, 0.9),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.15, 0.6),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.5, 10.0, log=True),
        }
    if name in ("extra_trees", "random_forest"):
        return {
            "min_samples_leaf": trial.suggest_int("min_samples_leaf", 2, 8),
            "max_features": trial.suggest_float("max_features", 0.25, 0.75),
        }
    if name == "svr":
        return {
            "C": trial.suggest_float("C", 0.3, 8.0, log=True),
            "gamma": trial.suggest_float("gamma", 0.001, 0.02, log=True),
        }
    return {}


SEARCHED: Final = ("extra_trees", "random_forest", "svr", "xgboost")


def _forest(setting: Setting, parameters: Parameters) -> dict[str, Any]:
    signs = list(setting.monotone) if any(setting.monotone) else None
    return {
        "n_estimators": setting.trees,
        "random_state": setting.seed,
        "n_jobs": setting.n_jobs,
        "monotonic_cst": signs,
        **parameters,
    }


def _on_slopes(setting: Setting, regressor: Any) -> Any:
    from sklearn.pipeline import make_pipeline

    from hemml.models.scaling import BlockScaler, SlopeFirst

    names = setting.names
    fractions = [i for i, name in enumerate(names) if name.startswith(FRACTION_PREFIX)]
    known = (fractions or [len(names)])[0]
    scaler = BlockScaler(fractions=fractions, features=list(range(min(known, len(names)))) if fractions else [])
    scaled = make_pipeline(scaler, regressor)
    columns = [i for i, sign in enumerate(setting.monotone) if sign]
    if not columns:
        return scaled
    return SlopeFirst(scaled, columns=columns, switch=names.index("is_cathode"))
