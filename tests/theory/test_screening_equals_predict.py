"""A screening says of a candidate what `hemml predict` says of its formula."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from screenings import EXAMPLES, SPINELS, TESTS, example, feasible_ranks, screener_of, shipped

from hemml.active.objective import Objective
from hemml.active.space import Constraint, DesignSpace
from hemml.active.space.quantities import columns_of
from hemml.cli import main
from hemml.columns import TARGETS, Column
from hemml.composition import CompositionBatch
from hemml.data import typed
from hemml.models.bundle import save_bundle
from hemml.models.own_lab_bundles import correct_bundles
from hemml.models.prediction import Predictions, Predictor
from hemml.screening import Screener, screen
from hemml.screening.engine import Threads
from hemml.screening.result import Result, result_of
from hemml.screening.run import run

SAMPLE = 40
CLOSE = {"rtol": 1e-6, "atol": 1e-9}
TABLE = """formula,working_ion,role,family,capacity_current_mA_g,voltage_min_V,voltage_max_V,retention_cycles
ZnMn1.2Fe0.4Co0.4O4,Zn,cathode,spinel,100,0.8,1.9,500
ZnMn1.2Fe0.4Ni0.4O4,Zn,cathode,,500,0.8,1.8,1000
NaNi0.4Mn0.4Ti0.2O2,Na,cathode,layered_oxide,20,2,4,100
NaNi0.4Mn0.4Ti0.2O2,Na,cathode,layered_oxide,200,2,4.2,300
(Mg0.2Co0.2Ni0.2Cu0.2Zn0.2)O,Li,anode,rocksalt,200,0.01,3,300
"""


def told(space: DesignSpace, ranks: np.ndarray, predictor: Predictor, level: float = 0.9) -> Predictions:
    """What is predicted for formulas and conditions, as a user would write them into a table."""
    frame = space.candidates(ranks).conditions.copy()
    frame[Column.FORMULA] = space.formulas(ranks)
    return predictor.predict(frame, level)


def check(screener: Screener, ranks: np.ndarray, predictor: Predictor | None = None) -> None:
    space = screener.job.space
    said = told(space, ranks, predictor or shipped(), screener.job.settings.level)
    (rows,) = (rows for rows, _ in screener.blocks(ranks))
    assert rows.ranks.tolist() == ranks.tolist()
    for target in screener.asker.bundles:
        for end, value in (("predicted", said.values), ("lower", said.lower), ("upper", said.upper)):
            np.testing.assert_allclose(rows.column(f"{target}_{end}"), value[target], err_msg=target + end, **CLOSE)
    near = said.nearest_of[said.main]
    np.testing.assert_allclose(rows.column("distance"), [one.distance for one in near], rtol=0, atol=1e-6)
    assert rows.column("in_domain").astype(bool).tolist() == said.in_domain.tolist()
    named = screener.asker.nearest(ranks, space.batch(ranks))
    assert named == [(one.record_id, one.doi) for one in near]


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_space(name):
    space = example(name)
    ranks = feasible_ranks(space, SAMPLE, seed=11)
    assert len(ranks) == SAMPLE
    assert set(shipped().bundles) == set(TARGETS)
    check(screener_of(space), ranks)


def table_of(folder: Path, text: str) -> DesignSpace:
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return DesignSpace.load(path, [Objective("capacity_mAh_g", "max")])


def test_rows_of_a_table_with_their_own_conditions(tmp_path):
    screener = screener_of(table_of(tmp_path, TABLE), assume=True, level=0.8)
    check(screener, np.arange(5))
    check(screener, np.array([3]))
    (rows, _), *_ = screener.blocks(np.array([2, 3]))
    assert np.ptp(rows.column("capacity_mAh_g_predicted")) > 0  # one formula, two rates


def test_rules_decide_where_a_table_names_no_family(tmp_path):
    cells = [line.split(",") for line in TABLE.splitlines()]
    space = table_of(tmp_path, "\n".join(",".join(row[:3] + row[4:]) for row in cells))
    check(screener_of(space, assume=True), np.arange(5))


def test_conditions_that_are_assumed(tmp_path):
    path = tmp_path / "spinels.yaml"
    path.write_text(SPINELS.replace(TESTS, "{}"), encoding="utf-8")
    space = DesignSpace.load(path)
    screener = screener_of(space, assume=True)
    ranks = feasible_ranks(space, SAMPLE, seed=2)
    check(screener, ranks)
    said = told(space, ranks[:1], shipped()).assumed[0]
    for assumed in screener.asker.assumed.values():
        assert assumed.keys() <= said.keys()
        assert "voltage_max_V" in assumed


@pytest.fixture(scope="module")
def own_lab() -> Predictor:
    """The shipped bundles, corrected by six cells of a laboratory that measures less."""
    formulas = [f"ZnMn{mn:g}Fe{1.6 - mn:g}Co0.4O4" for mn in (0.6, 0.8, 1.0, 1.2, 1.3, 1.4)]
    cells = {"formula": formulas, "working_ion": "Zn", "role": "cathode", "sample": [f"S{i}" for i in range(6)]}
    cells |= {"capacity_mAh_g": ["90", "95", "99", "104", "110", "111"], "capacity_current_mA_g": "100"}
    cells |= {"average_voltage_V": "1.3", "retention_pct": "", "retention_cycles": ""}
    found = correct_bundles(shipped().bundles, typed(pd.DataFrame(cells, dtype=object)), {"data": "mine.csv"})
    return Predictor({target: bundle for target, (bundle, _) in found.items()})


def test_bundles_of_an_own_laboratory(own_lab, tmp_path, capsys):
    space = example("zn_spinel_cathode")
    ranks = feasible_ranks(space, SAMPLE, seed=3)
    check(screener_of(space, own_lab), ranks, own_lab)
    plain, corrected = (told(space, ranks, one).values[Column.CAPACITY] for one in (shipped(), own_lab))
    assert np.abs(corrected / plain - 1).min() > 0.02

    for target, bundle in own_lab.bundles.items():
        save_bundle(bundle, tmp_path / "models" / target, "# Card\n")
    (tmp_path / "small.yaml").write_text(SPINELS, encoding="utf-8")
    small = DesignSpace.load(tmp_path / "small.yaml")
    asked = ["screen", str(tmp_path / "small.yaml"), "--models", str(tmp_path / "models"), "--json"]
    assert main([*asked, "--limit", "100", "--top", "3"]) == 0
    best = json.loads(capsys.readouterr().out)["best"]
    said = told(small, np.array([row["rank"] for row in best]), own_lab)
    for target in own_lab.targets:
        np.testing.assert_allclose([row[f"{target}_upper"] for row in best], said.upper[target], rtol=1e-6)
    (frame,) = screen(small, own_lab, limit=100)
    assert frame.set_index("rank").loc[best[0]["rank"], "capacity_mAh_g_predicted"] == pytest.approx(
        best[0]["capacity_mAh_g_predicted"], rel=1e-9
    )


@pytest.fixture(scope="module")
def spinels(tmp_path_factory) -> tuple[DesignSpace, pd.DataFrame]:
    """A small space, and all that meets its constraints as predicted from formulas."""
    path: Path = tmp_path_factory.mktemp("space") / "spinels.yaml"
    path.write_text(SPINELS, encoding="utf-8")
    space = DesignSpace.load(path)
    formulas = space.formulas(np.arange(space.size))
    batch = CompositionBatch.from_formulas(formulas, ["Zn"] * space.size)
    holds = np.ones(space.size, dtype=bool)
    for constraint in map(Constraint, space.spec.constraints):
        holds &= constraint.holds(columns_of(constraint.names, batch))
    ranks = np.flatnonzero(holds)
    said = told(space, ranks, shipped())
    columns = columns_of(["cost_usd_per_kg"], batch[ranks])
    columns |= {f"{target}_{end}": getattr(said, end)[target] for target in TARGETS for end in ("lower", "upper")}
    columns |= {str(target): said.values[target] for target in TARGETS}
    probability = shipped().probability_above(said, Column.CAPACITY, 150.0)
    return space, pd.DataFrame({"rank": ranks, "in_domain": said.in_domain, "probability": probability, **columns})


def screened(space: DesignSpace, threads: int = 1, **wanted) -> tuple[Screener, Result]:
    screener = screener_of(space, **wanted)
    return screener, result_of(screener, run(screener, Threads(screener, threads)).found)


@pytest.mark.parametrize(
    ("wanted", "utility"),
    [
        ({}, lambda t: t["capacity_mAh_g"]),
        ({"by": "average_voltage_V:min"}, lambda t: -t["average_voltage_V"]),
        ({"by": "retention_pct", "acquisition": "lower"}, lambda t: t["retention_pct_lower"]),
        ({"by": "capacity_mAh_g:min", "acquisition": "upper"}, lambda t: -t["capacity_mAh_g_lower"]),
        ({"by": "cost_usd_per_kg:min"}, lambda t: -t["cost_usd_per_kg"]),
        ({"by": "capacity_mAh_g:target:150"}, lambda t: -(t["capacity_mAh_g"] - 150).abs()),
        ({"by": "energy_density_Wh_kg"}, lambda t: t["capacity_mAh_g"] * t["average_voltage_V"]),
        ({"acquisition": "probability", "best": 150.0}, lambda t: t["probability"]),
        ({"inside_domain": True}, lambda t: t["capacity_mAh_g"].where(t["in_domain"])),
    ],
    ids=str,
)
def test_the_best_of_all_candidates(spinels, wanted, utility):
    space, table = spinels
    _, result = screened(space, threads=2, top=50, **wanted)
    table = table.assign(utility=utility(table)).dropna()
    best = table.sort_values(["utility", "rank"], ascending=[False, True], kind="stable").head(50)
    np.testing.assert_allclose(result.frame["score"], best["utility"], **CLOSE)
    # rounding decides between candidates that are alike to ten digits, and nothing else does
    alike = np.isclose(best["utility"], best["utility"].iloc[-1], rtol=1e-9, atol=0)
    assert set(best["rank"][~alike]) <= set(result.frame["rank"])
    assert result.provenance["candidates"] == space.size
    assert result.provenance["feasible"] == len(spinels[1])
    assert result.provenance["kept"] == len(table)
    assert result.n_top == len(result.frame) == 50


def test_the_pareto_set_of_all_candidates(spinels):
    space, table = spinels
    _, result = screened(space, top=5, pareto=True)
    points = table[["capacity_mAh_g", "average_voltage_V"]].to_numpy()
    as_good = (points[:, None] >= points).all(axis=2)
    better = (points[:, None] > points).any(axis=2)
    front = table["rank"][~(as_good & better).any(axis=0)]
    frame = result.frame
    assert sorted(frame["rank"][frame["in_pareto_set"]]) == sorted(front)
    assert result.n_front == len(front) >= 5
    assert frame["in_top"].tolist() == [True] * 5 + [False] * (len(frame) - 5)
    assert (frame["in_top"] | frame["in_pareto_set"]).all()


def test_limits_on_predictions(spinels, tmp_path):
    limit = float(spinels[1]["average_voltage_V"].median())
    path = tmp_path / "limited.yaml"
    path.write_text(
        SPINELS.replace('"average_voltage_V:max"', f'"average_voltage_V:at_least:{limit}"'), encoding="utf-8"
    )
    _, result = screened(DesignSpace.load(path), top=2000)
    kept = spinels[1][spinels[1]["average_voltage_V"] >= limit]
    assert sorted(result.frame["rank"]) == sorted(kept["rank"])
    assert result.provenance["kept"] == len(kept) < result.provenance["feasible"]
