"""Training of the voltage prior: the table of computed electrodes, honest scores, the fit on all of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, StrArray
from hemml.composition import CompositionBatch
from hemml.data import sha256_of
from hemml.errors import DataError
from hemml.evaluation import Scores, assert_disjoint_papers, bootstrap_intervals, mean_baseline, paper_folds, score
from hemml.features import FeatureSet
from hemml.features.insertion import Insertion
from hemml.features.insertion_columns import NAMES, insertion_columns, ladder_voltage
from hemml.models.regressors import Setting, build
from hemml.models.voltage_prior import VoltagePrior, known_environments, on_lithium_scale, predict_columns
from hemml.models.voltage_prior_config import PriorConfig, PriorFilter
from hemml.provenance import versions

if TYPE_CHECKING:
    import pandas as pd

SOURCE: Final = (
    "Materials Project, battery explorer, https://materialsproject.org, licence CC BY 4.0; A. Jain et al., "
    "APL Mater. 2013, 1, 011002, doi 10.1063/1.4812323"
)
HEMML: Final = "hemml"
BASELINES: Final = ("mean", "redox ladder", "extra trees on element statistics")
TEXTS: Final = ("battery_id", "working_ion", "formula_charge", "formula_discharge", "host_system")
NUMBERS: Final = (
    "average_voltage_V",
    "max_delta_volume_fraction",
    "stability_charge_eV_atom",
    "stability_discharge_eV_atom",
)
_MIN_SYSTEMS: Final = 20
_STATISTICS: Final = ("atoms_mean_*", "atoms_avg_dev_*", "atoms_range_*", "atoms_min_*", "atoms_max_*")


@dataclass(frozen=True, eq=False)
class ComputedElectrodes:
    """n computed insertion electrodes that pass the filter.

    Attributes:
        hosts: Hosts between the ends of their charge.
        discharged: Formulas at the end of discharge, (n,).
        volts: Average voltage against the metal of the ion, V, (n,).
        systems: Chemical system of each host, (n,).
        read: Rows of the table before the filter.
        table: File name.
        sha256: Of the table.
    """

    hosts: Insertion
    discharged: tuple[str, ...]
    volts: FloatArray
    systems: StrArray
    read: int
    table: str
    sha256: str

    def __len__(self) -> int:
        return len(self.volts)

    @classmethod
    def read_table(cls, path: Path, keep: PriorFilter) -> ComputedElectrodes:
        """Read a table as `hemml data fetch materials-project` writes it, and filter it.

        Raises:
            DataError: It cannot be read, lacks a column, holds texts in place of numbers, or too little of it remains.
            FormulaError: A formula cannot be read.
            InputError: The two ends of an electrode are not one host.
        """
        frame = _typed(path)
        rows = frame[_passes(frame, keep)]
        systems = rows["host_system"].to_numpy(dtype=np.str_)
        if len(set(systems)) < _MIN_SYSTEMS:
            raise DataError(
                f"table {path}: {_MIN_SYSTEMS} host systems or more must pass the filter to be judged on unseen ones, "
                f"got {len(set(systems))} in {len(rows)} of {len(frame)} rows; use more rows or a wider filter"
            )
        charged, discharged, ions = (
            rows[name].tolist() for name in ("formula_charge", "formula_discharge", "working_ion")
        )
        return cls(
            hosts=Insertion.between(charged, discharged, ions),
            discharged=tuple(discharged),
            volts=rows["average_voltage_V"].to_numpy(dtype=np.float64),
            systems=systems,
            read=len(frame),
            table=path.name,
            sha256=sha256_of(path),
        )


@dataclass(frozen=True, eq=False)
class PriorScores:
    """Scores on host systems that were kept out.

    Attributes:
        scores: Of hemml and the baselines, by name.
        intervals: 95 % intervals of each score by resampling host systems, by name.
    """

    scores: Mapping[str, Scores]
    intervals: Mapping[str, Mapping[str, tuple[float, float]]]


def train_prior(
    electrodes: ComputedElectrodes, config: PriorConfig, step: Callable[[str], None] = lambda _: None
) -> tuple[VoltagePrior, PriorScores]:
    """Judge the prior on unseen host systems and fit it on all electrodes.

    Args:
        electrodes: The computed electrodes.
        config: How to learn.
        step: Told the name of each step as it begins.
    """
    step("columns")
    X = insertion_columns(electrodes.hosts)
    scores = _judge(electrodes, X, config, step)
    step("fit on all electrodes")
    members = fit_members(X, electrodes.volts, config)
    known = known_environments(electrodes.hosts.host, config.min_hosts_of_environment)
    return VoltagePrior(members, known, _metadata(electrodes, config, scores)), scores


def fit_members(X: FloatArray, volts: FloatArray, config: PriorConfig) -> dict[str, Any]:
    """Fit the regressors on the scale of lithium.

    Args:
        X: Columns of `insertion_columns`, (n, c).
        volts: Voltages against the metal of the ion, V, (n,).
        config: Which regressors.
    """
    """Regressors by name, fitted to the voltages (n,) of n electrodes with columns X of `insertion_columns`, (n, c)."""
    setting = Setting(NAMES, (0,) * len(NAMES), config.seed, 1, config.trees)
    y = on_lithium_scale(volts, X)
    return {name: build(name, setting, config.parameters.get(name, {})).fit(X, y) for name in config.regressors}


def _judge(
    electrodes: ComputedElectrodes, X: FloatArray, config: PriorConfig, step: Callable[[str], None]
) -> PriorScores:
    y, ladder, statistics = electrodes.volts, ladder_voltage(electrodes.hosts), _element_statistics(electrodes, X)
    folds = paper_folds(electrodes.systems, config.folds, seed=config.seed)
    predicted = {name: np.empty(len(y)) for name in (HEMML, *BASELINES)}
    for k, (train, test) in enumerate(folds):
        assert_disjoint_papers(electrodes.systems, folds[k])
        step(f"fold {k + 1} of {len(folds)}")
        mean = mean_baseline(y[train], len(test))
        predicted[HEMML][test] = predict_columns(fit_members(X[train], y[train], config), X[test])
        predicted["mean"][test] = mean
        predicted["redox ladder"][test] = np.where(np.isnan(ladder[test]), mean, ladder[test])
        predicted["extra trees on element statistics"][test] = (
            _trees(config).fit(statistics[train], y[train]).predict(statistics[test])
        )
    reference = predicted["mean"]
    return PriorScores(
        {name: score(y, values, reference=reference) for name, values in predicted.items()},
        {
            name: bootstrap_intervals(
                y, values, electrodes.systems, reference=reference, n_resamples=config.bootstrap, seed=config.seed
            )
            for name, values in predicted.items()
        },
    )


def _trees(config: PriorConfig) -> Any:
    from sklearn.ensemble import ExtraTreesRegressor

    return ExtraTreesRegressor(n_estimators=config.baseline_trees, random_state=config.seed, n_jobs=1)


def _element_statistics(electrodes: ComputedElectrodes, X: FloatArray) -> FloatArray:
    """Magpie's statistics of the discharged formula, and what is known of the ion: what one would try first."""
    import fnmatch

    names = [name for name in FeatureSet.default().names if any(fnmatch.fnmatch(name, p) for p in _STATISTICS)]
    values = FeatureSet.default(names).compute(CompositionBatch.from_formulas(electrodes.discharged))
    ion = [i for i, name in enumerate(NAMES) if name.startswith("ion_")]
    return np.column_stack([np.nan_to_num(values), X[:, ion]])


def _typed(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
    except (OSError, ValueError) as err:
        raise DataError(f"table {path}: must be a readable CSV file, got: {err}") from err
    if missing := [name for name in (*TEXTS, *NUMBERS) if name not in frame.columns]:
        raise DataError(
            f"table {path}: must have the columns of computed electrodes, got none called {', '.join(missing)}; "
            "make it with hemml data fetch materials-project"
        )
    for name in NUMBERS:
        # An electrode whose energy or volume is not stated fails the filter.
        numbers = pd.to_numeric(frame[name].replace("", "nan"), errors="coerce")
        wrong = numbers.isna() & ~frame[name].str.lower().isin(["", "nan"])
        if wrong.any():
            line = int(wrong.to_numpy().argmax())
            raise DataError(
                f"table {path}, line {line + 2}: {name} must be a number, got {frame[name].iloc[line]!r}; correct it"
            )
        frame[name] = numbers.astype(np.float64)
    return frame


def _passes(frame: pd.DataFrame, keep: PriorFilter) -> BoolArray:
    low, high = keep.voltage_V
    volts = frame["average_voltage_V"].to_numpy()
    hull = frame[["stability_charge_eV_atom", "stability_discharge_eV_atom"]].to_numpy()
    volume = frame["max_delta_volume_fraction"].to_numpy()
    in_range = (volts >= low) & (volts <= high)
    return np.asarray(in_range & (volume <= keep.max_volume_change) & (hull <= keep.max_above_hull_eV_atom).all(axis=1))


def _metadata(electrodes: ComputedElectrodes, config: PriorConfig, scores: PriorScores) -> dict[str, Any]:
    ions, counts = np.unique(electrodes.hosts.ion, return_counts=True)
    return {
        "source": SOURCE,
        "table": electrodes.table,
        "table_sha256": electrodes.sha256,
        "n_read": electrodes.read,
        "n_rows": len(electrodes),
        "n_host_systems": len(set(electrodes.systems.tolist())),
        "ions": dict(zip(ions.tolist(), counts.tolist(), strict=True)),
        "scores": {name: found.to_dict() for name, found in scores.scores.items()},
        "score_intervals_95": {
            name: {metric: list(ends) for metric, ends in found.items()} for name, found in scores.intervals.items()
        },
        "config": config.model_dump(mode="json"),
        "versions": versions(),
    }
