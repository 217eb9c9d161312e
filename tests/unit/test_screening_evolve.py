"""A search finds what looking at all candidates finds, with a small part of the looks, the same every time."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from hemml.active.acquisition.pareto import hypervolume
from hemml.active.objective import Objective
from hemml.active.space import DesignSpace
from hemml.errors import InputError
from hemml.screening.asking import Answer
from hemml.screening.evolve.algorithm import least_violation, partitions
from hemml.screening.evolve.search import evolve
from hemml.screening.evolve.settings import EvolveSettings
from hemml.screening.job import Job
from hemml.screening.run import Progress
from hemml.screening.screener import Screener
from hemml.screening.settings import Settings

SPACE = """
title: Rock salts
working_ion: Li
role: anode
family: rocksalt
sublattices:
  - name: lithium
    kind: mobile
    elements: [Li]
    amount: {min: 0.1, max: 0.5, step: 0.1}
  - name: metals
    kind: cation
    amount: 1
    step: 0.1
    components: [3, 6]
    elements: {Mg: {max: 0.4}, Co: {max: 0.4}, Ni: {max: 0.4}, Cu: {max: 0.4}, Zn: {max: 0.4}, Mn: {max: 0.4},
               Fe: {max: 0.4}}
  - name: oxygen
    kind: anion
    fixed: {O: 1}
objectives: [cost_usd_per_kg:min, S_config_cation_R:max, radius_mismatch_pct:min]
constraints: [toxic_mass_fraction <= 0.3, amount_Cu + amount_Co >= 0.1]
"""
AXES = ("cost_usd_per_kg:min", "S_config_cation_R:max", "radius_mismatch_pct:min", "toxic_mass_fraction:min")


def screener(folder: Path, settings: Settings, *objectives: str, space: str = SPACE, inside: float = 1.0) -> Screener:
    """A screening by descriptors alone; candidates below a share of the ranks are inside the domain."""
    file = folder / "space.yaml"
    file.write_text(space, encoding="utf-8")
    drawn = DesignSpace.load(file, [Objective.parse(text) for text in objectives] or None)

    def ask(ranks, batch):
        return Answer({}, ranks / drawn.size, ranks < inside * drawn.size)

    asker = SimpleNamespace(bundles={}, ask=ask)
    return Screener(Job(drawn, settings, {}), asker)  # type: ignore[arg-type]


def front_volume(screening: Screener, rows, reference) -> float:
    return hypervolume(rows.columns(screening.axes).T, reference)


@pytest.mark.parametrize("axes", [AXES[:2], AXES[:3], AXES])
def test_most_of_the_hypervolume_with_a_tenth_of_the_candidates(tmp_path: Path, axes: tuple[str, ...]) -> None:
    screening = screener(tmp_path, Settings(pareto=True, top=50), *axes)
    size = screening.job.space.size
    assert 10_000 < size < 50_000
    every = screening.found_among(np.arange(size))
    kept = [rows[keeps].columns(screening.axes) for rows, keeps in screening.blocks(np.arange(size))]
    worst = np.concatenate(kept, axis=1).min(axis=1)
    found = evolve(screening, EvolveSettings(evaluations=size // 10, population=60, seed=1)).found
    assert found.looked_at <= size // 10
    assert front_volume(screening, found.front, worst) >= 0.95 * front_volume(screening, every.front, worst)
    assert found.best.column("score")[0] >= every.best.column("score")[-1]
    again = screening.found_among(np.sort(found.front.ranks))
    assert (again.front.values == found.front.values).all()


def test_one_number_is_searched_for_without_a_pareto_set(tmp_path: Path) -> None:
    screening = screener(tmp_path, Settings(top=5, by="radius_mismatch_pct:min"))
    size = screening.job.space.size
    every = screening.found_among(np.arange(size))
    found = evolve(screening, EvolveSettings(evaluations=1500, population=50)).found
    assert len(found.front) == 0
    assert found.best.ranks[0] == every.best.ranks[0]
    assert len(set(found.best.ranks.tolist()) & set(every.best.ranks.tolist())) >= 4


def test_a_score_that_is_no_axis_is_searched_for_too(tmp_path: Path) -> None:
    settings = Settings(pareto=True, top=5, by="toxic_mass_fraction:min")
    screening = screener(tmp_path, settings, *AXES[:2])
    every = screening.found_among(np.arange(screening.job.space.size))
    found = evolve(screening, EvolveSettings(evaluations=2000, population=50)).found
    assert found.best.column("score")[0] == every.best.column("score")[0]
    assert len(found.front) > 3


@pytest.mark.parametrize("axes", [AXES[:3], AXES])
def test_the_same_seed_gives_the_same_and_another_does_not(tmp_path: Path, axes: tuple[str, ...]) -> None:
    screening = screener(tmp_path, Settings(pareto=True), *axes)
    one, again, other = (
        evolve(screening, EvolveSettings(evaluations=1203, population=40, seed=seed)).found for seed in (3, 3, 4)
    )
    assert one.looked_at == 1203
    assert one.best.ranks.tolist() == again.best.ranks.tolist()
    assert one.front.values.tobytes() == again.front.values.tobytes()
    assert (one.feasible, one.kept) == (again.feasible, again.kept)
    assert one.best.ranks.tolist() != other.best.ranks.tolist()


def test_limits_and_the_domain_are_kept(tmp_path: Path) -> None:
    settings = Settings(pareto=True, inside_domain=True)
    screening = screener(tmp_path, settings, *AXES[:2], "radius_mismatch_pct:at_most:6", inside=0.3)
    found = evolve(screening, EvolveSettings(evaluations=2000, population=40)).found
    assert 0 < found.kept < found.feasible < found.looked_at == 2000
    for rows in (found.best, found.front):
        assert (rows.column("radius_mismatch_pct") <= 6).all()
        assert (rows.ranks < 0.3 * screening.job.space.size).all()
    assert not len(set(found.best.ranks.tolist())) < len(found.best)


def test_it_tells_how_far_it_is(tmp_path: Path) -> None:
    told: list[Progress] = []
    outcome = evolve(
        screener(tmp_path, Settings(pareto=True)), EvolveSettings(evaluations=1000, population=40), told.append
    )
    assert [one.looked_at for one in told] == sorted(one.looked_at for one in told)
    assert told[-1].looked_at == told[-1].candidates == outcome.looked_at == 1000
    assert told[-1].best == outcome.found.best.column("score")[0]


def test_a_space_beyond_64_bits(tmp_path: Path) -> None:
    fine = SPACE.replace("step: 0.1\n    components: [3, 6]", "step: 0.005\n    components: [3, 6]")
    shares = "{Al: {max: 0.5}, Ti: {max: 0.5}, V: {max: 0.5}, Cr: {max: 0.5}, Nb: {max: 0.5}, Mo: {max: 0.5}}"
    second = f"  - {{name: others, kind: cation, amount: 1, step: 0.005, elements: {shares}}}\n  - name: oxygen"
    screening = screener(tmp_path, Settings(pareto=True, top=5), space=fine.replace("  - name: oxygen", second))
    assert screening.job.space.size > 2**63
    found = evolve(screening, EvolveSettings(evaluations=600, population=40)).found
    assert found.looked_at == 600
    assert len(screening.job.space.formulas(found.best.ranks)) == 5
    assert screening.found_among(found.best.ranks).best.values.tolist() == found.best.values.tolist()


def test_what_cannot_be_searched_is_refused(tmp_path: Path) -> None:
    settings = EvolveSettings(evaluations=1000)
    with pytest.raises(InputError, match=r"evaluations must be below the .* candidates .* leave --search out"):
        evolve(screener(tmp_path, Settings()), EvolveSettings(evaluations=100_000))
    with pytest.raises(InputError, match=r"--limit is for screenings that look at all .* use --evaluations"):
        evolve(screener(tmp_path, Settings(limit=5000)), settings)
    impossible = SPACE.replace("toxic_mass_fraction <= 0.3", "toxic_mass_fraction <= -1")
    with pytest.raises(InputError, match=r"got none among 1,000: the nearest missed 1 of 2 constraints; relax"):
        evolve(screener(tmp_path, Settings(), space=impossible), settings)
    far = screener(tmp_path, Settings(), "cost_usd_per_kg:min", "cost_usd_per_kg:at_most:-1")
    with pytest.raises(InputError, match=r"met the constraints, but none of these the limits .* raise --evaluations"):
        evolve(far, settings)
    table = tmp_path / "table.csv"
    table.write_text("formula,working_ion,role,family\nMgO,Li,anode,rocksalt\nNiO,Li,anode,rocksalt\n")
    drawn = DesignSpace.load(table, [Objective("cost_usd_per_kg", "min")])
    with pytest.raises(InputError, match=r"must have a space with sublattices .* got a table of 2 candidates"):
        evolve(Screener(Job(drawn, Settings(), {}), SimpleNamespace(bundles={})), settings)  # type: ignore[arg-type]


def test_without_pymoo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymoo.core.algorithm", None)
    with pytest.raises(InputError, match=r'needs pymoo, got none installed; pip install "hemml\[search\]"'):
        evolve(screener(tmp_path, Settings()), EvolveSettings(evaluations=1000))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population": 4}, "population must be at least 8, got 4"),
        ({"patience": 0}, "patience must be at least 1 generation, got 0"),
        ({"seed": -1}, "--seed must be 0 or more, got -1"),
        ({"evaluations": 499}, r"--evaluations must be at least 500 \(5 generations of 100\), got 499"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        EvolveSettings(**settings)


def test_even_directions_fit_the_population() -> None:
    assert [partitions(4, population) for population in (8, 20, 34, 35, 100)] == [1, 3, 3, 4, 6]
    assert partitions(12, 8) == 1


def test_parents_that_miss_less_are_preferred() -> None:
    pop = SimpleNamespace(get=lambda _name: np.array([[0.0], [2.0], [1.0], [0.0]]))
    pairs = np.array([[0, 1], [1, 2], [2, 3]])
    chosen = least_violation(pop, pairs, random_state=np.random.default_rng(0))
    assert chosen[:, 0].tolist() == [0, 2, 3]
    even = least_violation(pop, np.tile([0, 3], (50, 1)), random_state=np.random.default_rng(0))
    assert set(even[:, 0].tolist()) == {0, 3}
