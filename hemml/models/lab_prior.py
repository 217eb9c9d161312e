"""How measurements of one laboratory stray together from a model of the literature: a Gaussian process over residuals.

Measured - predicted = offset + slope * (predicted - center) + local part + noise, on the learning scale. The offset and
the slope belong to the laboratory; the local part is shared by like compositions under like tests. Their variances are
learned from the literature, where a paper stands for a laboratory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.arrays import FloatArray, StrArray
from hemml.errors import BundleError

if TYPE_CHECKING:
    from hemml.models.inputs import Inputs
    from hemml.uncertainty import Evidence

POOLED: Final = "all"
# Test conditions in which own cells may differ; one unit counts as one length. The condition in which a target cannot
# rise is left out, so that a corrected prediction cannot rise in it either.
TEST_COLUMNS: Final = (
    "log10_rate_C",
    "log10_cycles",
    "voltage_min_V",
    "voltage_max_V",
    "is_composite",
    "is_comparator",
    "is_host",
    "is_nominal",
    "value_is_approximate",
    "kind_initial",
    "kind_reversible",
    "kind_after_cycles",
)


@dataclass(frozen=True)
class LabSpace:
    """Where likeness of two cells is measured.

    Attributes:
        composition: Column of `Inputs` -> weight; what tells compositions, ions and families apart.
        test: The same for test conditions.
    """

    composition: Mapping[str, float]
    test: Mapping[str, float]

    @classmethod
    def of(cls, inputs: Inputs, evidence: Evidence) -> LabSpace:
        """The space of a model: compositions as in its evidence, tests in decades, volts and flags."""
        weights = np.sqrt(evidence.weights) / evidence.scale
        falling = inputs.conditions.protocol.falling
        test = [name for name in TEST_COLUMNS if name in inputs.names and name != falling]
        return cls(dict(zip(evidence.names, weights.tolist(), strict=True)), dict.fromkeys(test, 1.0))

    def points(self, names: Sequence[str], X: FloatArray, predicted: FloatArray) -> Points:
        """Place n rows.

        Args:
            names: Names of the c columns.
            X: Columns of `Inputs`, (n, c).
            predicted: Predictions of the literature model on the learning scale, (n,).

        Raises:
            BundleError: A column of the space is not among the names.
        """
        place = {name: i for i, name in enumerate(names)}
        if unknown := [name for name in (*self.composition, *self.test) if name not in place]:
            raise BundleError(
                f"lab prior: its columns must be inputs of the model, got {unknown[0]!r}; train the base again"
            )
        parts = [
            X[:, [place[name] for name in block]] * np.array(list(block.values()))
            for block in (self.composition, self.test)
        ]
        return Points(np.asarray(predicted, dtype=np.float64), *parts)


@dataclass(frozen=True, eq=False)
class Points:
    """Cells in the space of a `LabSpace`; leading axes stand for several laboratories of n cells.

    Attributes:
        predicted: Predictions of the literature model, (..., n).
        composition: Coordinates, (..., n, p).
        test: Coordinates, (..., n, q).
    """

    predicted: FloatArray
    composition: FloatArray
    test: FloatArray

    def __len__(self) -> int:
        return int(self.predicted.shape[-1])

    def __getitem__(self, rows: Any) -> Points:
        """Some cells, or with an index array of two axes several laboratories."""
        return Points(self.predicted[rows], self.composition[rows], self.test[rows])


@dataclass(frozen=True)
class LabKernel:
    """Covariance of the residuals of one laboratory and role; standard deviations on the learning scale.

    Attributes:
        center: Prediction about which the slope turns.
        offset: Of the offset.
        slope: Of the slope, without unit.
        local: Of the local part.
        noise: Of what no other measurement shares.
        composition_length: Distance over which the local part changes with composition.
        test_length: The same with test conditions.
    """

    center: float
    offset: float
    slope: float
    local: float
    noise: float
    composition_length: float
    test_length: float

    def covariance(self, one: Points, other: Points) -> FloatArray:
        """Covariance of the residuals without noise, (..., n, m)."""
        return self.of_distances(one.predicted, other.predicted, *squares(one, other))

    def of_distances(self, one: FloatArray, other: FloatArray, composition: FloatArray, test: FloatArray) -> FloatArray:
        """The same from predictions, (..., n) and (..., m), and squared distances, each (..., n, m)."""
        slopes = (one - self.center)[..., :, None] * (other - self.center)[..., None, :]
        distance = np.sqrt(composition / self.composition_length**2 + test / self.test_length**2)
        return np.asarray(self.offset**2 + self.slope**2 * slopes + self.local**2 * np.exp(-distance))

    def variance(self, points: Points) -> FloatArray:
        """Variance of the residuals with noise before anything is measured, (..., n)."""
        turned = self.slope**2 * (points.predicted - self.center) ** 2
        return np.asarray(self.offset**2 + turned + self.local**2 + self.noise**2)

    def measured_covariance(self, points: Points) -> FloatArray:
        """Covariance of measured residuals, with noise, (..., n, n)."""
        return self.covariance(points, points) + self.noise**2 * np.eye(len(points))


@dataclass(frozen=True)
class LabPrior:
    """What the literature says of the residuals of a laboratory that it does not know.

    Attributes:
        space: Where likeness is measured.
        kernels: Role -> kernel; `POOLED` serves roles with few papers.
    """

    space: LabSpace
    kernels: Mapping[str, LabKernel]

    def kernel(self, role: str) -> LabKernel:
        """The kernel of a role."""
        return self.kernels.get(role, self.kernels[POOLED])

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and text, for a bundle's metadata."""
        return {
            "space": {"composition": dict(self.space.composition), "test": dict(self.space.test)},
            "kernels": {role: asdict(kernel) for role, kernel in self.kernels.items()},
        }

    @classmethod
    def from_json(cls, about: object) -> LabPrior:
        """Read what `to_json` gave.

        Raises:
            BundleError: It is missing or not of that form.
        """
        if about is None:
            raise BundleError(
                "the base must hold what the literature says of laboratories (lab_prior), got a bundle without it: an "
                "older hemml wrote it, or no paper of its table has two rows; train it again with python -m hemml.train"
            )
        try:
            space = LabSpace(*(_weights(about["space"][name]) for name in ("composition", "test")))  # type: ignore[index]
            kernels = {str(role): _kernel(values) for role, values in about["kernels"].items()}  # type: ignore[index]
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise BundleError(f"lab_prior must be what hemml wrote, got {err!r}; train the base again") from err
        if POOLED not in kernels:
            raise BundleError(f"lab_prior must hold a kernel {POOLED!r}, got {sorted(kernels)}; train the base again")
        return cls(space, kernels)


def solve(kernel: LabKernel, points: Points, residuals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Inverse of the measured covariance, (n, n), and that inverse times the residuals, (n,)."""
    inverse: FloatArray = np.linalg.inv(kernel.measured_covariance(points)).astype(np.float64)
    return inverse, inverse @ residuals


def squares(one: Points, other: Points) -> tuple[FloatArray, FloatArray]:
    """Squared distances of compositions and of tests, each (..., n, m)."""
    return _squares(one.composition, other.composition), _squares(one.test, other.test)


def by_role(roles: StrArray) -> dict[str, Any]:
    """Rows of each role."""
    return {str(role): np.flatnonzero(roles == role) for role in np.unique(roles)}


def _squares(a: FloatArray, b: FloatArray) -> FloatArray:
    """Squared distances, (..., n, m); in the form of products, which needs no (n, m, p) array."""
    lengths = (a**2).sum(axis=-1)[..., :, None] + (b**2).sum(axis=-1)[..., None, :]
    squared = lengths - 2 * a @ np.swapaxes(b, -1, -2)
    # Rounding leaves 1e-16 of the lengths between equal points, whose root would count.
    return np.where(squared < 1e-9 * (1 + lengths), 0.0, squared)


def _weights(values: Mapping[str, Any]) -> dict[str, float]:
    weights = {str(name): float(value) for name, value in values.items()}
    if not all(math.isfinite(weight) for weight in weights.values()):
        raise ValueError("weights must be finite")
    return weights


def _kernel(values: Mapping[str, Any]) -> LabKernel:
    numbers = {field.name: float(values[field.name]) for field in fields(LabKernel)}
    kernel = LabKernel(**numbers)
    positive = (kernel.noise, kernel.composition_length, kernel.test_length)
    if not all(map(math.isfinite, numbers.values())) or min(positive) <= 0 or min(list(numbers.values())[1:]) < 0:
        raise ValueError(f"kernel must be finite and not negative, got {numbers}")
    return kernel
