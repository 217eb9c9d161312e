"""The descriptors in which the distance to published records is measured."""

from __future__ import annotations

from typing import Final

import numpy as np

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.features.expected import EXPECTED
from hemml.models.ensemble import Ensemble
from hemml.models.inputs import FRACTION_PREFIX
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import Evidence

# Moving a tenth of all atoms from one element to another counts like two standard deviations of the expected capacity,
# another ion, role or family somewhat more.
_FRACTION_WEIGHT: Final = 200.0
_CLASS_WEIGHT: Final = 2.0


def evidence_columns(names: tuple[str, ...]) -> tuple[int, ...]:
    """Positions of the columns of `Inputs` that distances are measured in."""
    expected = {feature.name for feature in EXPECTED}
    return tuple(
        i
        for i, name in enumerate(names)
        if name in expected or name == "is_cathode" or name.startswith((FRACTION_PREFIX, "ion_", "family_"))
        if name not in ("ion_charge", "ion_radius_A", "ion_potential_V_SHE")
        if not name.startswith("ion_limited")
    )


def build_evidence(rows: TrainingRows, ensemble: Ensemble) -> Evidence:
    """Training records of a model, placed where distances to them can be measured."""
    columns = evidence_columns(ensemble.inputs.names)
    names = tuple(ensemble.inputs.names[i] for i in columns)
    X = ensemble.inputs.transform(rows.frame, rows.compositions)[:, columns]
    frame = rows.frame
    return Evidence.fit(
        X,
        names,
        record_ids=frame[Column.RECORD_ID].tolist(),
        papers=rows.papers.tolist(),
        dois=[doi or url for doi, url in zip(frame[Column.DOI], frame[Column.URL], strict=True)],
        formulas=frame[Column.FORMULA].tolist(),
        values=rows.measured,
        weights=_weights(names, X),
    )


def _weights(names: tuple[str, ...], X: FloatArray) -> FloatArray:
    """Weights that undo the standardising of fractions and classes, where a rare one would count most."""
    variance = X.var(axis=0)
    weights = np.ones(len(names))
    for i, name in enumerate(names):
        if name.startswith(FRACTION_PREFIX):
            weights[i] = _FRACTION_WEIGHT * variance[i]
        elif name == "is_cathode" or name.startswith(("ion_", "family_")):
            weights[i] = _CLASS_WEIGHT * variance[i]
    return weights
