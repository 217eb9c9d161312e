"""On a pool whose outcomes follow physics with scatter, the surrogate needs far fewer experiments than chance."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from hemml.active.acquisition import AcquisitionSettings, choose_batch
from hemml.active.objective import Objective
from hemml.active.surrogate.base import Measured
from hemml.active.surrogate.columns import PoolColumns
from hemml.active.surrogate.pool import PoolSurrogate
from hemml.composition import CompositionBatch
from hemml.features import FeatureSet

TOP = 3


def test_fewer_experiments_than_random() -> None:
    metals = ("Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu")
    formulas = [
        f"Li{one}{1 - x:.2f}{two}{x:.2f}O2" for one, two in combinations(metals, 2) for x in (0.2, 0.4, 0.6, 0.8)
    ]
    batch = CompositionBatch.from_formulas(formulas, "Li")
    n = len(formulas)
    physics = FeatureSet.default(("redox_potential_V", "radius_mismatch_pct", "d_electrons_spread")).compute(batch)
    physics = (physics - physics.mean(axis=0)) / physics.std(axis=0)
    columns = PoolColumns.of(batch, np.ones(n, dtype=bool))
    objective = Objective.parse("average_voltage_V:max")
    needed = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        volts = 3.0 + physics @ [0.5, -0.2, 0.1] - 0.1 * physics[:, 1] ** 2 + 0.1 * rng.standard_normal(n)
        best = np.argsort(-volts)[:TOP]
        known = rng.permutation(n)[:5]
        while not np.isin(best, known).all():
            surrogate = PoolSurrogate.fit(columns, Measured(known, volts[None, known]), [objective])
            settings = AcquisitionSettings(samples=64)
            free = np.ones(n, dtype=bool)
            chosen = choose_batch(surrogate, known, np.empty(0, dtype=np.int64), free, 5, settings, rng)
            known = np.concatenate([known, chosen.rows])
        needed.append(len(known))
    by_chance = TOP * (n + 1) / (TOP + 1)  # mean place of the last of the best in a random order
    assert np.mean(needed) < by_chance / 2
