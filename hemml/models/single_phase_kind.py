"""The single-phase model of one kind of material: oxides and other compounds, or alloys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.models.single_phase_columns import parse_column
from hemml.models.single_phase_logistic import log_odds_of, log_odds_of_share

_SURE: Final = 1e-6


@dataclass(frozen=True, eq=False)
class KindModel:
    """Log odds of a single phase from d standardised columns.

    Attributes:
        columns: Names, as `parse_column` reads them.
        center: Mean of each column in the table, (d,).
        scale: Standard deviation of each, (d,).
        weights: Of 1 and the standardised columns, (d + 1,).
        weights_covariance: How well they are known, (d + 1, d + 1).
        booster: Fitted trees that give the probability; None where the logistic regression was better.
        calibration: What is added to the log odds, and by what they are multiplied before.
        base_rate: Share of single phases where nothing else is known.
        table_rate: Share of single phases in the table.
        rows: Rows of the table: no odds beyond that many to 1 are believed.
    """

    columns: tuple[str, ...]
    center: FloatArray
    scale: FloatArray
    weights: FloatArray
    weights_covariance: FloatArray
    booster: Any
    calibration: tuple[float, float]
    base_rate: float
    table_rate: float
    rows: int

    @property
    def base_log_odds(self) -> float:
        """Log odds of the base rate."""
        return log_odds_of_share(self.base_rate)

    def basis(self, values: FloatArray) -> FloatArray:
        """1 and the standardised columns, (n, d + 1); a descriptor that does not apply says nothing, so it counts 0.

        Args:
            values: Columns of `columns_of`, (n, d).
        """
        standardised = (values - self.center) / self.scale
        return np.column_stack([np.ones(len(values)), np.where(np.isnan(standardised), 0.0, standardised)])

    def log_odds(self, basis: FloatArray) -> FloatArray:
        """Log odds of n materials without own outcomes, (n,).

        Args:
            basis: As `basis` gives it, (n, d + 1).
        """
        raw = basis @ self.weights if self.booster is None else boosted_log_odds(self.booster, basis)
        added, factor = self.calibration
        shifted = added + factor * raw + self.base_log_odds - log_odds_of_share(self.table_rate)
        limit = float(np.log(self.rows))
        return np.clip(shifted, -limit, limit)

    def to_json(self) -> dict[str, Any]:
        """Everything but the trees as plain values for JSON."""
        return {
            "columns": list(self.columns),
            "center": self.center.tolist(),
            "scale": self.scale.tolist(),
            "weights": self.weights.tolist(),
            "weights_covariance": self.weights_covariance.tolist(),
            "calibration": list(self.calibration),
            "base_rate": self.base_rate,
            "table_rate": self.table_rate,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, about: Mapping[str, Any], booster: Any) -> KindModel:
        """Read what `to_json` wrote.

        Raises:
            KeyError: Something is missing.
            TypeError: A value is of another type.
            ValueError: A value cannot be, or shapes do not fit.
            UnknownNameError: A column is no descriptor of this hemml.
        """
        columns = tuple(str(name) for name in about["columns"])
        for name in columns:
            parse_column(name)
        d = len(columns)
        arrays = {}
        shapes = {"center": (d,), "scale": (d,), "weights": (d + 1,), "weights_covariance": (d + 1, d + 1)}
        for name, shape in shapes.items():
            arrays[name] = np.asarray(about[name], dtype=np.float64)
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} of shape {arrays[name].shape}")
        if not (arrays["scale"] > 0).all():
            raise ValueError(f"scale {about['scale']}")
        covariance = arrays["weights_covariance"]
        if not np.allclose(covariance, covariance.T) or np.linalg.eigvalsh(covariance).min() <= 0:
            raise ValueError("weights_covariance that is none")
        if booster is not None and booster.n_features_in_ != d:
            raise ValueError(f"trees of {booster.n_features_in_} columns")
        added, factor = (float(value) for value in about["calibration"])
        base, table, rows = float(about["base_rate"]), float(about["table_rate"]), int(about["rows"])
        if not (0 < base < 1 and 0 < table < 1 and rows > 1 and np.isfinite([added, factor]).all()):
            raise ValueError(f"base_rate {base}, table_rate {table}, rows {rows}, calibration {added}, {factor}")
        return cls(
            columns=columns,
            booster=booster,
            calibration=(added, factor),
            base_rate=base,
            table_rate=table,
            rows=rows,
            **arrays,
        )


def boosted_log_odds(booster: Any, basis: FloatArray) -> FloatArray:
    """Log odds of fitted trees, (n,).

    Args:
        booster: Fitted regressor of a 0 to 1 outcome.
        basis: 1, which trees do not need, and the standardised columns, (n, d + 1).
    """
    probability = np.asarray(booster.predict(basis[:, 1:]), dtype=np.float64)
    return log_odds_of(np.clip(probability, _SURE, 1.0 - _SURE))
