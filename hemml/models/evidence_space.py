"""The descriptors in which the distance to published records is measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray, IntArray, StrArray
from hemml.columns import Column
from hemml.elements.periodic import SYMBOLS
from hemml.errors import InputError
from hemml.features.expected import EXPECTED
from hemml.models.ensemble import Ensemble
from hemml.models.inputs import FRACTION_PREFIX, Compositions, Inputs
from hemml.models.targets import Target
from hemml.models.training_rows import TrainingRows
from hemml.uncertainty import Evidence

if TYPE_CHECKING:
    import pandas as pd

OWN_LAB: Final = "own lab"  # stands where a published record has its DOI
UNKNOWN_ATOMS: Final = 0.01
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


def build_evidence(rows: TrainingRows, ensemble: Ensemble, out_of_paper: FloatArray | None = None) -> Evidence:
    """Training records of a model, placed where distances to them can be measured.

    Args:
        rows: The n rows that the model learned from.
        ensemble: The model.
        out_of_paper: Predictions of the rows on the learning scale by models that had not seen their papers, (n,);
            they show by how much errors grow outside the domain.
    """
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
        tests=_tests(frame, rows.target),
        values=rows.measured,
        errors=None if out_of_paper is None else rows.scaled - out_of_paper,
        weights=_weights(names, X),
    )


def add_own_records(evidence: Evidence, rows: TrainingRows, inputs: Inputs) -> Evidence:
    """Evidence with own measurements behind the published records; limits of the domain stay as they are.

    Args:
        evidence: Training records of the model.
        rows: Own measurements of its target; `papers` says of each where it comes from.
        inputs: Columns of the model.

    Raises:
        InputError: A record id of the own measurements is that of a published record.
    """
    frame = rows.frame
    ids = frame[Column.RECORD_ID].tolist()
    if taken := sorted(set(ids) & set(evidence.record_ids.tolist())):
        raise InputError(
            f"record_id of own rows must differ from those of the published records, got {taken[0]!r}, which is one; "
            "leave the column out, and take out rows that were copied from the literature"
        )
    X = inputs.transform(frame, rows.compositions)[:, evidence_columns(inputs.names)]

    def behind(known: StrArray, own: list[str]) -> StrArray:
        return np.concatenate([known, np.array(own, dtype=np.str_)])

    return replace(
        evidence,
        matrix=np.concatenate([evidence.matrix, evidence.placed(X)]),
        values=np.concatenate([evidence.values, rows.measured]),
        record_ids=behind(evidence.record_ids, ids),
        papers=behind(evidence.papers, rows.papers.tolist()),
        dois=behind(evidence.dois, [OWN_LAB] * len(rows)),
        formulas=behind(evidence.formulas, frame[Column.FORMULA].tolist()),
        tests=behind(evidence.tests, _tests(frame, rows.target)),
    )


def domain_of(
    evidence: Evidence, inputs: Inputs, X: FloatArray, compositions: Compositions
) -> tuple[IntArray, FloatArray, BoolArray]:
    """Nearest training record of n rows, its distance, and whether they are inside the domain, each (n,).

    A row is inside if a record is near enough and nearly all of its atoms are of elements that the model has learned.

    Args:
        evidence: Training records of the model.
        inputs: Columns of the model.
        X: Columns of the rows, (n, c).
        compositions: What follows from their formulas.
    """
    records, found = evidence.nearest(X[:, evidence_columns(inputs.names)], k=1)
    distances = found[:, 0]
    return records[:, 0], distances, evidence.in_domain(distances) & knows_elements(known_atoms(inputs, compositions))


def knows_elements(known: FloatArray) -> BoolArray:
    """Whether nearly all atoms are of known elements, (n,), from what `known_atoms` gave."""
    return np.asarray(known >= 1.0 - UNKNOWN_ATOMS)


def known_atoms(inputs: Inputs, compositions: Compositions) -> FloatArray:
    """Fraction of the atoms that are of elements which the training rows hold often enough to be learned from, (n,)."""
    known = [SYMBOLS.index(symbol) for symbol in inputs.elements]
    return np.asarray(compositions.fractions[:, known].sum(axis=1), dtype=np.float64)


def _tests(frame: pd.DataFrame, target: Target) -> list[str]:
    """How each record was tested, such as `100 mA/g, 500 cycles`; what is not stated is left out."""
    protocol = target.protocol
    if not protocol.tested:
        return [""] * len(frame)
    columns = [(protocol.c_rate, "C"), (protocol.current, "mA/g")]
    if protocol.cycles is not None:
        columns.append((protocol.cycles, "cycles"))
    out: list[list[str]] = [[] for _ in range(len(frame))]
    for column, unit in columns:
        for told, value in zip(out, frame[column].tolist(), strict=True):
            # a rate stands in C or in mA/g; both are shown only where both are printed
            if np.isfinite(value):
                told.append(f"{value:g} {unit}")
    return [", ".join(told) for told in out]


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
