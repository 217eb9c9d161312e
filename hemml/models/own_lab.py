"""A few own measurements correct a model of the literature: offset and slope of the laboratory, and a local part.

The correction is the posterior of the Gaussian process in `lab_prior` given the own residuals, in closed form. With an
offset alone and n own rows it is the textbook shrinkage n tau^2 / (n tau^2 + sigma^2) of their mean residual.
Source: Rasmussen and Williams, Gaussian Processes for Machine Learning, 2006, eqs. 2.25, 2.26 and 5.12.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import FloatArray, IntArray, StrArray
from hemml.errors import BundleError
from hemml.models.lab_posterior import LabPosterior
from hemml.models.lab_prior import LabPrior, Points, by_role

if TYPE_CHECKING:
    from collections.abc import Sequence

LAB_FILE: Final = "lab.json"
_FORMAT: Final = 1


@dataclass(frozen=True, eq=False)
class LabCorrection:
    """n own measurements of one target, and what follows from them for others.

    Attributes:
        prior: What the literature says of laboratories.
        names: Names of the c columns of the model's inputs.
        X: Columns of the own rows, (n, c).
        roles: Their roles, (n,).
        predicted: Predictions of the literature model on the learning scale, (n,).
        measured: Measured values on the learning scale, (n,).
    """

    prior: LabPrior
    names: tuple[str, ...]
    X: FloatArray
    roles: StrArray
    predicted: FloatArray
    measured: FloatArray

    def __len__(self) -> int:
        return len(self.measured)

    def correct(self, X: FloatArray, roles: StrArray, predicted: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Correct predictions of the literature model.

        Args:
            X: Columns of m rows, (m, c).
            roles: Their roles, (m,).
            predicted: Predictions of the literature model on the learning scale, (m,).

        Returns:
            What to add to the predictions, (m,), and the factor by which errors become smaller, above 0 and at most 1,
            (m,). Rows of a role that was not measured stay as they are.
        """
        shift, factor = np.zeros(len(predicted)), np.ones(len(predicted))
        own, asked = self._points(self.names, self.X, self.predicted), self._points(self.names, X, predicted)
        for role, rows in by_role(self.roles).items():
            wanted = np.flatnonzero(roles == role)
            posterior = self._posterior(role, own[rows], rows)
            shift[wanted] = posterior.shift(asked[wanted])
            factor[wanted] = posterior.factor(asked[wanted])
        return shift, factor

    def leave_one_out(self) -> FloatArray:
        """Corrected prediction of each own row by the other own rows alone, (n,)."""
        out = self.predicted.copy()
        own = self._points(self.names, self.X, self.predicted)
        for role, rows in by_role(self.roles).items():
            left, _ = self._posterior(role, own[rows], rows).leave_one_out()
            out[rows] = self.measured[rows] - left
        return out

    def _points(self, names: Sequence[str], X: FloatArray, predicted: FloatArray) -> Points:
        return self.prior.space.points(names, X, predicted)

    def _posterior(self, role: str, own: Points, rows: IntArray) -> LabPosterior:
        return LabPosterior.of(self.prior.kernel(role), own, (self.measured - self.predicted)[rows])

    def save(self, folder: Path) -> None:
        """Write `lab.json` into a folder that exists."""
        about = {
            "format": _FORMAT,
            "prior": self.prior.to_json(),
            "names": list(self.names),
            "roles": self.roles.tolist(),
            "X": self.X.tolist(),
            "predicted": self.predicted.tolist(),
            "measured": self.measured.tolist(),
        }
        (folder / LAB_FILE).write_text(json.dumps(about, allow_nan=False) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> LabCorrection:
        """Read what `save` wrote.

        Raises:
            BundleError: The file is missing, damaged or of another format.
        """
        path = folder / LAB_FILE
        try:
            about: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if about["format"] != _FORMAT:
                raise BundleError(
                    f"{path}: format must be {_FORMAT}, got {about['format']!r}; use the hemml that wrote it"
                )
            prior = LabPrior.from_json(about["prior"])
            X, predicted, measured = (
                np.array(about[name], dtype=np.float64) for name in ("X", "predicted", "measured")
            )
            names, roles = tuple(str(name) for name in about["names"]), np.array(about["roles"], dtype=np.str_)
        except (OSError, KeyError, TypeError, ValueError) as err:
            raise BundleError(f"{path}: must be the correction that hemml wrote, got {err!r}; make it again") from err
        n = len(roles)
        if X.shape != (n, len(names)) or predicted.shape != (n,) or measured.shape != (n,) or n == 0:
            raise BundleError(
                f"{path}: must hold as many rows everywhere, got X {X.shape}, roles {roles.shape}, "
                f"predicted {predicted.shape}, measured {measured.shape}; make it again"
            )
        if not all(np.isfinite(values).all() for values in (X, predicted, measured)):
            raise BundleError(f"{path}: numbers must be finite, got NaN or infinity; make it again")
        return cls(prior, names, X, roles, predicted, measured)
