"""Templates: ranks, compositions, formulas, neighbours and back again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hemml.active.space import DesignSpace
from hemml.active.space.numbers import INT64_LIMIT
from hemml.composition import CompositionBatch

SPINEL = """
title: Spinels
working_ion: Zn
role: cathode
family: spinel
sublattices:
  - {name: zinc, kind: mobile, elements: [Zn], amount: {min: 0.5, max: 1.0, step: 0.25}}
  - name: metals
    kind: cation
    amount: 2
    step: 0.25
    components: [2, 3]
    elements: {Mn: {min: 0.25}, Fe: {max: 0.5}, Co: }
  - {name: oxygen, kind: anion, fixed: {O: 4}}
conditions: {capacity_current_mA_g: 100, is_composite: true}
objectives: [capacity_mAh_g:max]
"""
DISORDERED = """
title: Disordered rock salts
working_ion: Li
role: cathode
family: disordered_rocksalt
sublattices:
  - {name: lithium, kind: mobile, elements: [Li], amount: {min: 1.1, max: 1.3, step: 0.1}}
  - {name: metals, kind: cation, amount: {total: 2, minus: lithium}, step: 0.5, elements: [Mn, Ti, Nb]}
  - {name: anions, kind: anion, amount: 2, step: 0.1, elements: {O: {min: 0.8}, F: {max: 0.2}}}
objectives: [capacity_mAh_g:max]
"""


@pytest.fixture
def load(tmp_path: Path):
    def from_text(text: str) -> DesignSpace:
        path = tmp_path / "space.yaml"
        path.write_text(text, encoding="utf-8")
        return DesignSpace.load(path)

    return from_text


def test_size_is_the_product_of_the_sublattices(load) -> None:
    space = load(SPINEL)
    # Mn 1-3 quarters, Fe 0-2, Co 0-4, all four quarters given away, two or three present.
    mixtures = [(m, f, 4 - m - f) for m in range(1, 5) for f in range(3) if 4 - m - f >= 0]
    mixtures = [way for way in mixtures if 2 <= sum(share > 0 for share in way) <= 3]
    assert space.size == 3 * len(mixtures)
    amounts = space.batch(range(space.size)).amounts
    assert len(np.unique(amounts.round(9), axis=0)) == space.size
    assert space.elements == ("O", "Mn", "Fe", "Co", "Zn")


def test_candidates_carry_compositions_conditions_and_formulas(load) -> None:
    space = load(SPINEL)
    candidates = space.candidates([0, 5, space.size - 1])
    batch = candidates.batch
    assert (batch.cation.sum(axis=1) == 2).all()
    assert (batch.anion == 4).all()
    assert batch.working_ion.tolist() == ["Zn"] * 3
    assert batch.mobile[:, batch.elements.index("Zn")].tolist() == [0.5, 0.5, 1.0]
    assert candidates.conditions["capacity_current_mA_g"].tolist() == [100.0] * 3
    assert candidates.conditions["is_composite"].tolist() == [True] * 3
    assert candidates.conditions["family"].tolist() == ["spinel"] * 3
    assert candidates.conditions.index.tolist() == [0, 1, 2]
    assert candidates.formulas[0] == "Zn0.5(Mn0.25Co0.75)2O4"
    assert candidates[1:].formulas == candidates.formulas[1:]


def test_what_a_sublattice_leaves_goes_to_the_other(load) -> None:
    space = load(DISORDERED)
    batch = space.batch(range(space.size))
    lithium = batch.mobile[:, batch.elements.index("Li")]
    np.testing.assert_allclose(lithium + batch.cation.sum(axis=1), 2.0, atol=1e-12)
    np.testing.assert_allclose(batch.anion.sum(axis=1), 2.0, atol=1e-12)
    assert space.size == 3 * 6 * 3
    assert {"Li1.1[Mn0.45Nb0.45]O1.8F0.2", "Li1.3[Ti0.7]O2"} <= set(space.formulas(range(space.size)))


@pytest.mark.parametrize("text", [SPINEL, DISORDERED])
def test_formulas_read_back_to_their_ranks(load, text: str) -> None:
    space = load(text)
    ranks = np.arange(space.size)
    assert space.rank_of(space.batch(ranks)).tolist() == ranks.tolist()
    read = CompositionBatch.from_formulas(space.formulas(ranks), space.spec.working_ion)
    assert space.rank_of(read).tolist() == ranks.tolist()


def test_what_is_no_candidate_has_no_rank(load) -> None:
    space = load(SPINEL)
    formulas = {
        "Zn0.5(Mn0.25Co0.75)2O4": 0,
        "Zn0.5[Co1.5Mn0.5]O4": 0,
        "Zn0.6(Mn0.25Co0.75)2O4": -1,
        "Zn0.5(Mn0.3Co0.7)2O4": -1,
        "Zn0.5(Fe0.25Co0.75)2O4": -1,
        "Zn0.5(Mn0.25Ni0.75)2O4": -1,
        "Zn0.5(Mn0.25Co0.75)2O3.9F0.1": -1,
        "Zn0.5(Mn0.25Co0.75)2O4·H2O": -1,
        "Zn0.5(Mn0.25Co0.75)2□0.1O4": -1,
        "Zn0.5(Mn0.25Co0.75)O4": -1,
    }
    batch = CompositionBatch.from_formulas(list(formulas), "Zn")
    assert space.rank_of(batch).tolist() == list(formulas.values())


def test_neighbours_differ_in_one_change(load) -> None:
    space = load(SPINEL)
    middle = int(space.rank_of(CompositionBatch.from_formulas(["Zn0.75(Mn0.5Fe0.25Co0.25)2O4"], "Zn"))[0])
    found = set(space.formulas(space.neighbours([middle])))
    assert found == {
        "Zn0.5(Mn0.5Fe0.25Co0.25)2O4",
        "Zn(Mn0.5Fe0.25Co0.25)2O4",
        "Zn0.75(Mn0.25Fe0.5Co0.25)2O4",
        "Zn0.75(Mn0.25Fe0.25Co0.5)2O4",
        "Zn0.75(Mn0.5Fe0.5)2O4",
        "Zn0.75(Mn0.5Co0.5)2O4",
        "Zn0.75(Mn0.75Co0.25)2O4",
        "Zn0.75(Mn0.75Fe0.25)2O4",
    }
    everywhere = space.neighbours(range(space.size))
    assert everywhere.tolist() == []
    several = space.neighbours([middle, 0])
    assert several.tolist() == sorted(set(space.neighbours([middle]).tolist()) | set(space.neighbours([0]).tolist()))


def test_elements_can_be_exchanged_where_single_steps_cannot(load) -> None:
    text = SPINEL.replace("components: [2, 3]", "components: 2\n    smallest: 0.5")
    space = load(text.replace("{Mn: {min: 0.25}, Fe: {max: 0.5}, Co: }", "[Mn, Fe, Co]"))
    start = space.rank_of(CompositionBatch.from_formulas(["Zn0.5(Mn0.5Fe0.5)2O4"], "Zn"))
    assert {"Zn0.5(Mn0.5Co0.5)2O4", "Zn0.5(Fe0.5Co0.5)2O4"} <= set(space.formulas(space.neighbours(start)))


def test_samples_are_distinct_reproducible_and_complete(load) -> None:
    space = load(SPINEL)
    ranks = space.sample(7, np.random.default_rng(5))
    assert len(set(ranks.tolist())) == 7
    assert ranks.tolist() == space.sample(7, np.random.default_rng(5)).tolist()
    assert space.sample(10_000, np.random.default_rng(5)).tolist() == list(range(space.size))


def test_json_keeps_the_space_and_its_hash(load, tmp_path: Path) -> None:
    space = load(SPINEL)
    again = DesignSpace.from_json(space.to_json())
    assert again.to_json() == space.to_json()
    assert again.sha256 == space.sha256
    assert again.formulas(range(5)) == space.formulas(range(5))
    same = load("# comment\n" + SPINEL.replace("amount: 2\n", "amount: 2.0\n").replace("Co: }", "Co: {max: 1}}"))
    assert same.sha256 == space.sha256
    other = load(SPINEL.replace("Co: }", "Co: {max: 0.75}}"))
    assert other.sha256 != space.sha256


def test_a_space_beyond_64_bits(load) -> None:
    metals = "Mn, Fe, Co, Ni, Cu, Cr, V, Ti, Al, Mg, Zr, Sn"
    space = load(
        SPINEL.replace("{Mn: {min: 0.25}, Fe: {max: 0.5}, Co: }", f"[{metals}]")
        .replace("step: 0.25\n", "step: 0.01\n")
        .replace("components: [2, 3]", "components: [1, 12]")
        .replace("amount: {min: 0.5, max: 1.0, step: 0.25}", "amount: {min: 0.5, max: 1.0, step: 0.0001}")
        .replace("fixed: {O: 4}", "amount: 4, step: 0.005, elements: [O, F, Cl]")
    )
    assert space.size > INT64_LIMIT
    ranks = space.sample(50, np.random.default_rng(0))
    assert len(set(ranks.tolist())) == 50
    read = CompositionBatch.from_formulas(space.candidates(ranks).formulas, "Zn")
    assert space.rank_of(space.batch(ranks)).tolist() == ranks.tolist()
    assert (space.batch(ranks).amounts.shape[0], len(read)) == (50, 50)
    near = space.neighbours(ranks[:2])
    assert len(near) > 100
    assert ((near >= 0) & (near < space.size)).all()


def test_objectives_constraints_and_synthesis_are_there(load) -> None:
    extra = (
        "constraints: [cation_fraction_Mn <= 0.5]\ncost: 2\n"
        "synthesis: {route: sol_gel, batch_mg: 500, precursors: {Mn: Mn(NO3)2}, options: {excess_Zn_pct: 2}}\n"
    )
    space = load(SPINEL + extra)
    assert [str(objective) for objective in space.objectives] == ["capacity_mAh_g:max"]
    assert space.constraints[0].names == ("cation_fraction_Mn",)
    assert space.costs(space.candidates([0, 1])).tolist() == [2.0, 2.0]
    assert load(SPINEL).costs(space.candidates([0])) is None
    assert space.synthesis.precursors == {"Mn": "Mn(NO3)2"}
    assert (space.synthesis.route, space.synthesis.batch_mg) == ("sol_gel", 500.0)
