"""Survivors of constraints, looked for in stages: the truth is that of every constraint on every candidate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import Constraint, DesignSpace, columns_of, survivors
from hemml.active.space.quantities import needs_ladder
from hemml.composition import CompositionBatch

SPACES = sorted((Path(__file__).parents[2] / "configs" / "spaces").glob("*.yaml"))


@pytest.mark.parametrize("path", SPACES, ids=lambda path: path.stem)
def test_survivors_meet_every_constraint_and_no_other_candidate_does(path: Path) -> None:
    space = DesignSpace.load(path)
    rng = np.random.default_rng(3)
    ranks = rng.permutation(space.sample(3000, rng))
    batch = space.batch(ranks)
    holds = np.array([one.holds(columns_of(one.names, batch)) for one in space.constraints])
    left = survivors(space.constraints, batch)
    np.testing.assert_array_equal(left.rows, np.flatnonzero(holds.all(axis=0)))

    cheap = [i for i, one in enumerate(space.constraints) if not any(needs_ladder(name) for name in one.names)]
    order = [*cheap, *(i for i in range(len(space.constraints)) if i not in cheap)]
    expected = np.zeros(len(order), dtype=np.int64)
    there = np.ones(len(ranks), dtype=bool)
    for i in order:
        expected[i] = (there & ~holds[i]).sum()
        there &= holds[i]
    assert left.removed.tolist() == expected.tolist()
    assert left.removed.sum() + len(left.rows) == len(ranks)

    parts = [survivors(space.constraints, batch[start : start + 700]) for start in range(0, len(ranks), 700)]
    assert sum(part.removed for part in parts).tolist() == expected.tolist()


def test_oxidation_states_come_last() -> None:
    free = ("S_config_cation_R", "cost_usd_per_kg", "cation_fraction_Mn", "amount_O", "atoms_mean_Row", "omega")
    assert not any(map(needs_ladder, free))
    assert all(map(needs_ladder, ("charge_balanced", "radius_mismatch_pct", "jahn_teller_fraction")))


def test_a_quantity_that_does_not_apply_removes() -> None:
    batch = CompositionBatch.from_formulas(["LiCoO2", "[CoCrFeNi]"], [None, None])
    left = survivors([Constraint("mixing_enthalpy_kJ_mol <= 100")], batch)
    assert (left.rows.tolist(), left.removed.tolist()) == ([1], [1])


def test_without_constraints_or_candidates() -> None:
    batch = CompositionBatch.from_formulas(["LiCoO2", "NaCoO2"])
    assert survivors([], batch).rows.tolist() == [0, 1]
    assert survivors([Constraint("vec > 0")], batch[:0]).rows.tolist() == []
    none = survivors([Constraint("vec > 0"), Constraint("cost_usd_per_kg < 0")], batch)
    assert (none.rows.tolist(), none.removed.tolist()) == ([], [0, 2])
