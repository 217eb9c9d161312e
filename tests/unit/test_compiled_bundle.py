"""Bundles laid out for very many rows say what the bundles themselves say."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from hemml.active.space import DesignSpace
from hemml.active.surrogate.prior_blocks import with_conditions
from hemml.columns import TARGETS, Column
from hemml.data.resources import resource_path
from hemml.models.compiled.ensemble import CompiledBundle, with_columns
from hemml.models.compiled.inputs import CompositionColumns
from hemml.models.compiled.nearest import Records
from hemml.models.compiled.table import Table
from hemml.models.evidence_space import evidence_columns, known_atoms
from hemml.models.inputs import Compositions
from hemml.models.literature import literature
from hemml.models.prediction import Predictor
from hemml.uncertainty import Evidence

SPACES = ("zn_spinel_cathode", "li_rocksalt_anode", "prussian_blue_zn", "alloy_coating")


@cache
def _predictor():
    return Predictor.load()


@cache
def _laid_out(target):
    return CompiledBundle.of(_predictor().bundles[target])


@cache
def _space(name):
    return DesignSpace.load(resource_path("configs", "spaces") / f"{name}.yaml")


def _names():
    return tuple(dict.fromkeys(n for b in _predictor().bundles.values() for n in b.ensemble.inputs.features))


def _candidates(space, ranks):
    batch, frame = with_conditions(_space(space).candidates(ranks))
    return Compositions.of(batch, _names()), frame


def _check(target, compositions, frame):
    bundle, n = _predictor().bundles[target], len(compositions.values)
    inputs = bundle.ensemble.inputs
    is_cathode = frame[Column.ROLE].to_numpy(dtype=object) == "cathode"
    conditions = inputs.conditions.transform(frame)
    X = inputs.columns(
        compositions, np.broadcast_to(is_cathode, (n,)), np.broadcast_to(conditions, (n, conditions.shape[1]))
    )
    said = _laid_out(target).ask(compositions, is_cathode, conditions)
    np.testing.assert_array_equal(said.table.matrix(), X)
    told = literature(bundle, X)
    np.testing.assert_allclose(said.predicted, told.predicted, rtol=0, atol=1e-10)
    np.testing.assert_allclose(said.spread, bundle.ensemble.predict_with_spread(X)[1], rtol=0, atol=1e-9)
    np.testing.assert_allclose(said.difficulty, told.difficulty, rtol=1e-6)
    distance = bundle.evidence.nearest_distance(X[:, evidence_columns(inputs.names)])
    np.testing.assert_allclose(said.distance, distance, rtol=0, atol=1e-9)
    np.testing.assert_array_equal(bundle.evidence.in_domain(said.distance), bundle.evidence.in_domain(distance))
    np.testing.assert_allclose(said.known, known_atoms(inputs, compositions), rtol=0, atol=1e-12)
    return said


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("space", SPACES)
def test_random_candidates(space, target):
    ranks = np.random.default_rng(5).integers(_space(space).size, size=300)
    _check(target, *_candidates(space, ranks))


@pytest.mark.parametrize("target", TARGETS)
def test_adjacent_candidates_in_chunks_of_any_size(target):
    start = _space("zn_spinel_cathode").size // 3
    compositions, frame = _candidates("zn_spinel_cathode", np.arange(start, start + 1200))
    whole = _check(target, compositions, frame)
    for part in (slice(0, 1), slice(1, 4), slice(4, 1200)):
        rows = np.arange(1200)[part]
        said = _check(target, compositions[rows], frame)
        np.testing.assert_allclose(said.predicted, whole.predicted[part], rtol=0, atol=1e-10)
        np.testing.assert_allclose(said.distance, whole.distance[part], rtol=0, atol=1e-10)


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_varies(target):
    compositions, frame = _candidates("li_rocksalt_anode", [77])
    said = _check(target, compositions[np.zeros(5, dtype=np.int64)], frame)
    assert not len(said.table.varying)
    assert np.ptp(said.predicted) == 0


@pytest.mark.parametrize("target", TARGETS)
def test_conditions_and_roles_of_each_row(target):
    parts = [_candidates(space, np.arange(40)) for space in ("zn_spinel_cathode", "li_rocksalt_anode")]
    compositions = Compositions(
        parts[0][0].names,
        np.concatenate([c.values for c, _ in parts]),
        np.concatenate([c.fractions for c, _ in parts]),
    )
    frame = pd.concat([part for _, part in parts for _ in range(40)], ignore_index=True)
    frame[Column.CAPACITY_C_RATE] = np.linspace(0.1, 5.0, 80)
    frame[Column.RETENTION_CYCLES] = np.linspace(50, 500, 80)
    said = _check(target, compositions, frame)
    assert np.ptp(said.predicted) > 0


def test_bundles_share_the_columns_of_compositions():
    compositions, frame = _candidates("zn_spinel_cathode", np.arange(30))
    shared = CompositionColumns.of(compositions)
    assert set(shared.fractions) >= {"Zn", "O"}
    assert "Na" not in shared.fractions
    is_cathode = frame[Column.ROLE].to_numpy(dtype=object) == "cathode"
    for target in TARGETS:
        conditions = _laid_out(target).inputs.conditions.transform(frame)
        one, other = (_laid_out(target).ask(asked, is_cathode, conditions) for asked in (shared, compositions))
        np.testing.assert_array_equal(one.predicted, other.predicted)


def _made_up_records(rng, n=400, m=6):
    X = np.round(rng.normal(size=(n, m)), 1)
    texts = [str(i) for i in range(n)]
    return X, Evidence.fit(
        X,
        [f"d{i}" for i in range(m)],
        record_ids=texts,
        papers=texts,
        dois=texts,
        formulas=texts,
        values=np.zeros(n),
        weights=rng.uniform(0.1, 2.0, m),
    )


@pytest.mark.parametrize("fixed", [(), (0, 3), (0, 1, 2, 3, 4), (0, 1, 2, 3, 4, 5)], ids=str)
@pytest.mark.parametrize("near", [0.02, 2.0])
def test_nearest_of_made_up_records(fixed, near):
    rng = np.random.default_rng(2)
    X, evidence = _made_up_records(rng)
    asked = X[7] + near * rng.normal(size=(333, 6))
    asked[5] = X[7]
    asked[:, list(fixed)] = X[7, list(fixed)]
    # descriptors stand among other columns, in another order than the table's
    columns = (5, 2, 8, 1, 7, 4)
    table = Table.of(
        [np.ascontiguousarray(asked[:, columns.index(i)]) if i in columns else float(i) for i in range(9)], 333
    )
    distance = Records.of(evidence, columns).distance(table)
    np.testing.assert_allclose(distance, evidence.nearest_distance(asked), rtol=0, atol=1e-12)
    assert distance[5] == 0.0


def test_columns_behind_a_table():
    table = Table.of([np.array([1.0, 2.0]), 5.0], 2)
    wider = with_columns(table, np.array([7.0, 7.0]), np.array([9.0, 8.0]))
    np.testing.assert_array_equal(wider.matrix(), [[1.0, 5.0, 7.0, 9.0], [2.0, 5.0, 7.0, 8.0]])
    np.testing.assert_array_equal(wider.low, [1.0, 5.0, 7.0, 8.0])
    np.testing.assert_array_equal(wider.high, [2.0, 5.0, 7.0, 9.0])
