"""Pools, task files, orders and table of the active-learning benchmark; no peer is needed."""

import importlib
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.active.objective import Objective
from hemml.active.simulation import Plan, Played, play_all, read_pool, start_rows
from hemml.errors import InputError

FOLDER = Path(__file__).parents[2] / "benchmarks" / "active"
MODULES = ("shared", "pools", "peer_tasks", "orders", "active_table", "run")
OF_ACCURACY = ("environments", "methods", "make_tasks", "scoring", "table", "task_files")


@pytest.fixture(scope="module")
def bench():
    """The benchmark's modules by name; their folders are not part of the package."""
    paths = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    try:
        yield type("Bench", (), {name: importlib.import_module(name) for name in MODULES})
    finally:
        sys.path[:] = paths
        for name in (*MODULES, *OF_ACCURACY):
            sys.modules.pop(name, None)


@pytest.fixture
def pool(tmp_path: Path):
    rng = np.random.default_rng(0)
    metals = ("Mn", "V", "Fe", "Co", "Ni", "Cr", "Ti")
    formulas = [f"Zn{one}{1 + i % 2}{two}O{4 + i % 3}" for i, one in enumerate(metals) for two in metals if one < two]
    frame = pd.DataFrame({"formula": [*formulas, formulas[0]], "working_ion": "Zn", "role": "cathode"})
    frame["capacity_current_mA_g"] = np.arange(1.0, len(frame) + 1)
    frame["capacity_mAh_g"] = rng.uniform(50, 300, len(frame)).round(2)
    late = np.setdiff1d(np.arange(len(frame)), [start_rows(len(frame), 5, seed) for seed in (0, 1)])[-1]
    frame.loc[late, "capacity_mAh_g"] = 1000.0  # the best row is in no start
    frame.to_csv(tmp_path / "pool.csv", index=False)
    return read_pool(tmp_path / "pool.csv", [Objective("capacity_mAh_g", "max")])


def test_pools_of_the_data_set_hold_each_formula_once(bench, tmp_path: Path) -> None:
    made = bench.pools.make_pool("cathodes_zinc", tmp_path)
    assert len(made) > 50
    assert len(set(made.candidates.formulas)) == len(made)
    assert made.left_out == 0
    assert [str(objective) for objective in made.objectives] == ["capacity_mAh_g:max"]


def test_pools_of_other_tables_say_where_they_are_sought(bench, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HEMML_EXTRA_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"HEMML_EXTRA_DATA must be a folder with mp_electrodes\.csv"):
        bench.pools.make_pool("mp_zinc", tmp_path)


def test_computed_pools_keep_plausible_electrodes_of_one_ion(bench, tmp_path: Path, monkeypatch) -> None:
    row = {
        "working_ion": "Zn", "formula_discharge": "ZnMn2O4", "max_delta_volume_fraction": 0.1, "average_voltage_V": 1.2,
        "capacity_mAh_g": 200.0, "energy_Wh_kg": 240.0, "stability_charge_eV_atom": 0.1,
        "stability_discharge_eV_atom": 0.1,
    }  # fmt: skip
    changes = [{}, {"working_ion": "Mg"}, {"average_voltage_V": 7.0}, {"max_delta_volume_fraction": 0.6}]
    changes += [{"stability_charge_eV_atom": 0.3}]
    pd.DataFrame([row | change for change in changes]).to_csv(tmp_path / "mp_electrodes.csv", index=False)
    monkeypatch.setenv("HEMML_EXTRA_DATA", str(tmp_path))
    assert len(bench.pools.computed("Zn")) == 1
    assert len(bench.pools.computed("Zn", stable=False)) == 2
    assert bench.pools.computed("Zn")["energy_density_Wh_kg"].tolist() == [240.0]


def test_a_task_holds_components_of_unit_variance_and_the_conditions_that_vary(bench, pool, tmp_path: Path) -> None:
    plan = Plan(10, seeds=(0, 1))
    task = bench.peer_tasks.write_task(pool, tmp_path / "task", plan)
    features = pd.read_csv(tmp_path / "task" / "features.csv", index_col=0)
    assert list(features.columns) == [*(f"pc{i}" for i in range(1, 13)), "capacity_current_mA_g"]
    assert np.allclose(features.iloc[:, :12].std(ddof=0), 1.0)
    assert np.allclose(features.iloc[:, :12].corr(), np.eye(12), atol=1e-6)
    assert task["starts"] == [start_rows(len(pool), 5, seed).tolist() for seed in (0, 1)]
    outcomes = pd.read_csv(tmp_path / "task" / "outcomes.csv", index_col=0)
    assert np.allclose(outcomes["capacity_mAh_g"], pool.outcomes[0])


def test_a_task_is_written_anew_only_for_another_pool_or_plan(bench, pool, tmp_path: Path) -> None:
    plan = Plan(10, seeds=(0, 1))
    before = bench.peer_tasks.write_task(pool, tmp_path, plan)
    (tmp_path / "features.csv").write_text("kept", encoding="utf-8")
    assert bench.peer_tasks.write_task(pool, tmp_path, plan) == before
    assert (tmp_path / "features.csv").read_text(encoding="utf-8") == "kept"
    bench.peer_tasks.write_task(pool, tmp_path, Plan(12, seeds=(0, 1)))
    assert (tmp_path / "features.csv").read_text(encoding="utf-8") != "kept"


def test_orders_come_back_as_long_as_they_fit(bench, pool, tmp_path: Path) -> None:
    plan = Plan(10, seeds=(0, 1, 2))
    task = {"sha256": "of the task"}
    for played in play_all(pool, ["random"], plan):
        bench.orders.write_order(tmp_path, pool, plan, played, {"commit": "abc"})
    found = bench.orders.read_orders(tmp_path, pool, plan, task)
    assert found.rows.shape == (3, 10)
    assert found.about["commit"] == "abc"
    other = Plan(10, batch=4, seeds=(0, 1, 2))
    assert not len(bench.orders.read_orders(tmp_path, pool, other, task).rows)
    assert not len(bench.orders.read_orders(tmp_path, pool, Plan(11, seeds=(0,)), task).rows)
    path = tmp_path / "seed_01.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | {"rows": content["rows"][::-1]}), encoding="utf-8")
    assert len(bench.orders.read_orders(tmp_path, pool, plan, task).rows) == 1  # the seeds before the damaged one


def test_table_holds_every_strategy_and_what_was_not_reached(bench, pool) -> None:
    plan = Plan(10, seeds=(0, 1))
    best = int(pool.outcomes[0].argmax())
    orders = []
    for seed in plan.seeds:
        start = start_rows(len(pool), 5, seed)
        rest = np.setdiff1d(np.arange(len(pool)), [*start, best])
        orders.append([*start, best, *rest[:4]])
    found = {
        "hemml": bench.orders.Orders(np.array(orders), {"versions": {"hemml": "1.0"}, "seconds_a_batch": 0.25}),
        "random": bench.orders.Orders(np.stack([p.order for p in play_all(pool, ["random"], plan)]), {}),
        "baybe": bench.orders.Orders(np.empty((0, 10), dtype=np.int64), {}),
    }
    values = bench.run.judged(pool, plan, found)
    assert values["strategies"]["hemml"]["experiments_to_90"] == 10
    assert values["strategies"]["random"]["hemml_ahead_by"][0] >= 0
    assert "baybe" not in values["strategies"]
    text = bench.active_table.markdown({"pools": {"zinc": {"label": "zinc cathodes", **values}}})
    lines = text.splitlines()
    assert "**Zinc cathodes** (`zinc`)" in lines[0]
    table = [line for line in lines if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    assert table[2].startswith("| **hemml** | 2 | 10 | ")
    assert "over 10" in table[3] or values["strategies"]["random"]["experiments_to_90"] is not None
    assert "- hemml: hemml 1.0." in lines


def test_damaged_orders_are_known(bench, pool) -> None:
    plan = Plan(10, seeds=(0,))
    order = play_all(pool, ["random"], plan)[0].order
    assert bench.orders.fits(order, pool, plan, 0)
    assert not bench.orders.fits(order, pool, plan, 1)
    assert not bench.orders.fits([*order[:9], order[8]], pool, plan, 0)
    assert not bench.orders.fits([*order[:9], len(pool)], pool, plan, 0)
    assert isinstance(play_all(pool, ["random"], plan)[0], Played)


def test_unknown_pools_and_strategies_are_refused(bench, capsys) -> None:
    with pytest.raises(SystemExit) as stopped:
        bench.run.main(["--pools", "mp_gold"])
    assert stopped.value.code == 2
    assert "must be some of mp_zinc" in capsys.readouterr().err
