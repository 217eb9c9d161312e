"""Simulated campaigns: what strategies are told, what is the same whatever the number of processes, the command."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from hemml.active.objective import Objective
from hemml.active.simulation import Plan, Pool, Result, curves_figure, curves_table, play, play_all, read_pool
from hemml.active.simulation.seeds import start_rows
from hemml.active.simulation.strategies import STRATEGIES, USE_PRIOR
from hemml.cli import main
from hemml.errors import HemmlError

CAPACITY, VOLTAGE = "capacity_mAh_g", "average_voltage_V"


def table(path: Path, n: int = 40) -> Path:
    """Zinc manganates and vanadates whose outcomes follow their composition; every seventh row lacks a voltage."""
    rng = np.random.default_rng(5)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["formula", "working_ion", "role", "note", CAPACITY, VOLTAGE])
        for row in range(n):
            x, y = rng.uniform(0.1, 0.9, 2).round(3)
            capacity = 150 + 200 * x - 80 * y**2
            voltage = "" if row % 7 == 6 else f"{0.8 + 0.9 * (1 - x) + 0.2 * y:.4f}"
            formula = f"ZnMn{x:.3f}V{1 - x:.3f}Fe{y:.3f}O4"
            writer.writerow([formula, "Zn", "cathode", "measured, 300 mAh/g", f"{capacity:.3f}", voltage])
    return path


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    path = table(tmp_path_factory.mktemp("pool") / "two.csv")
    return read_pool(path, [Objective.parse(f"{VOLTAGE}:max"), Objective.parse(f"{CAPACITY}:max")])


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return read_pool(table(tmp_path_factory.mktemp("pool") / "one.csv"), [Objective.parse(f"{CAPACITY}:target:250")])


class Sealed:
    """A pool that opens only through `measure`, and keeps a list of what it gave away."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.name, self.candidates, self.objectives = pool.name, pool.candidates, pool.objectives
        self.told: list[int] = []

    def __len__(self) -> int:
        return len(self._pool)

    def measure(self, rows: np.ndarray) -> np.ndarray:
        self.told += rows.tolist()
        return self._pool.measure(rows)

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a strategy looked at {name}")


def test_rows_without_an_objective_are_left_out_and_counted(two: Pool, one: Pool) -> None:
    assert (len(two), two.left_out) == (35, 5)
    assert (len(one), one.left_out) == (40, 0)
    assert np.isfinite(two.outcomes).all()


def test_candidates_carry_nothing_that_was_measured(two: Pool) -> None:
    conditions = two.candidates.conditions
    assert conditions[[CAPACITY, VOLTAGE]].isna().all().all()
    assert "note" not in conditions.columns
    assert (conditions["notes"] == "").all()


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_strategies_are_told_of_the_rows_they_asked_for_and_no_others(two: Pool, strategy: str) -> None:
    sealed = Sealed(two)
    plan = Plan(15, batch=4, start=5, seeds=(3,))
    order = play(sealed, strategy, 3, plan).order.tolist()
    assert sealed.told == order
    assert len(set(order)) == 15
    assert order[:5] == start_rows(len(two), 5, 3).tolist()


@pytest.mark.parametrize("strategy", list(STRATEGIES))
def test_unmeasured_outcomes_do_not_change_what_is_proposed(two: Pool, strategy: str) -> None:
    plan = Plan(10, seeds=(0,))
    order = play(two, strategy, 0, plan).order
    changed = two.outcomes.copy()
    unmeasured = np.setdiff1d(np.arange(len(two)), order)
    changed[:, unmeasured] = changed[:, unmeasured[::-1]] * 3.0
    other = Pool(two.name, two.candidates, two.objectives, changed)
    assert play(other, strategy, 0, plan).order.tolist() == order.tolist()


def test_all_strategies_of_a_seed_share_their_start_and_seeds_differ(two: Pool) -> None:
    plan = Plan(10, seeds=(0, 1))
    starts = {(p.strategy, p.seed): tuple(p.order[:5]) for p in play_all(two, ["random", "forest_ucb"], plan)}
    assert starts["random", 0] == starts["forest_ucb", 0]
    assert starts["random", 0] != starts["random", 1]


def test_result_is_the_same_whatever_the_number_of_processes(two: Pool) -> None:
    plan, names = Plan(10, seeds=(0, 1)), ["hemml", "random"]
    alone = Result.of(two, plan, play_all(two, names, plan))
    ended: list[str] = []
    beside = Result.of(
        two, plan, play_all(two, names, plan, n_jobs=2, done=lambda played: ended.append(played.strategy))
    )
    assert json.dumps(alone.as_dict()) == json.dumps(beside.as_dict())
    assert sorted(ended) == sorted(names * 2)


def test_a_seed_does_not_depend_on_the_others_nor_on_the_budget(two: Pool) -> None:
    (both, *_) = play_all(two, ["hemml"], Plan(15, seeds=(4, 5)))
    (single,) = play_all(two, ["hemml"], Plan(20, seeds=(4,)))
    assert single.order[:15].tolist() == both.order.tolist()


def test_budget_beyond_the_pool_measures_all_of_it(two: Pool) -> None:
    plan = Plan(120, batch=8, seeds=(0,))
    result = Result.of(two, plan, play_all(two, ["random"], plan))
    assert sorted(result.orders["random"][0].tolist()) == list(range(len(two)))
    assert result.sizes.tolist() == [5, 13, 21, 29, 35]
    assert result.outcomes["random"].hypervolume[0, -1] == pytest.approx(1.0)


def test_target_objective_reaches_one_at_the_nearest_row(one: Pool) -> None:
    nearest = int(np.abs(one.outcomes[0] - 250).argmin())
    order = np.concatenate([np.setdiff1d(np.arange(len(one)), [nearest])[:4], [nearest]])
    result = Result(one, Plan(5, start=4, batch=1), {"by hand": order[None]})
    assert result.outcomes["by hand"].hypervolume[0, -1] == 1.0
    assert result.outcomes["by hand"].hypervolume[0, 0] < 1.0


def test_random_picks_are_as_fast_as_random_picks(two: Pool) -> None:
    plan = Plan(35, seeds=(0, 1, 2))
    result = Result.of(two, plan, play_all(two, ["random"], plan))
    assert result.acceleration("random", 90).as_list() == [1.0, 1.0, 1.0]
    assert result.ahead_of("random", "random").as_list() == [0.0, 0.0, 0.0]


def test_hemml_is_faster_than_random_on_a_smooth_pool(one: Pool) -> None:
    plan = Plan(20, seeds=tuple(range(5)))
    result = Result.of(one, plan, play_all(one, ["hemml", "random"], plan))
    assert result.ahead_of("hemml", "random").value > 0


def test_bundles_are_loaded_only_where_a_prior_is_given(
    two: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(path: Path) -> object:
        raise HemmlError(f"asked for {path.name}")

    monkeypatch.setattr("hemml.models.prediction.Predictor.load", load)
    for strategy in STRATEGIES:
        play(two, strategy, 0, Plan(10))
    for strategy in USE_PRIOR:
        with pytest.raises(HemmlError, match="asked for bundles"):
            play(two, strategy, 0, Plan(10, prior=tmp_path / "bundles"))


def test_a_strategy_that_proposes_what_is_measured_is_stopped(two: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stubborn:
        def __init__(self, brief: object) -> None: ...

        def propose(self, known, size, rng):
            return known.rows[:size]

    monkeypatch.setattr("hemml.active.simulation.playing.STRATEGIES", {"stubborn": Stubborn})
    with pytest.raises(HemmlError, match="strategy stubborn: must propose 5 different candidates"):
        play(two, "stubborn", 0, Plan(10))


def test_figure_and_table_hold_every_strategy_and_look(two: Pool) -> None:
    plan = Plan(15, seeds=(0, 1))
    result = Result.of(two, plan, play_all(two, ["forest_ucb", "random"], plan))
    axes = curves_figure(result).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["forest_ucb (2 seeds)", "random (2 seeds)"]
    lines = list(csv.DictReader(curves_table(result).splitlines()))
    assert len(lines) == 2 * 2 * 3
    assert {line["experiments"] for line in lines} == {"5", "10", "15"}
    last = [
        float(line["hypervolume"]) for line in lines if line["strategy"] == "random" and line["experiments"] == "15"
    ]
    assert np.mean(last) == pytest.approx(result.as_dict()["strategies"]["random"]["hypervolume"][-1])


def command(pool: Path, *more: str) -> list[str]:
    return ["campaign", "simulate", "--pool", str(pool), "--jobs", "1", "--objective", f"{VOLTAGE}:max", *more]


def test_command_prints_the_contract(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool = table(tmp_path / "pool.csv")
    arguments = ["--objective", f"{CAPACITY}:max", "--strategy", "hemml", "--strategy", "random", "--budget", "20"]
    arguments += ["--batch", "5", "--seeds", "2", "--json", "--output", str(tmp_path / "out")]
    assert main(command(pool, *arguments)) == 0
    captured = capsys.readouterr()
    told = json.loads(captured.out)
    assert list(told["strategies"]) == ["hemml", "random"]
    for strategy in told["strategies"].values():
        assert len(strategy["hypervolume"]) == 4  # after the start, then after three batches
        assert all(0 <= value <= 1 for value in strategy["hypervolume"])
        assert strategy["experiments_to_90"] is None or 5 <= strategy["experiments_to_90"] <= 20
    assert told["strategies"]["hemml"]["hypervolume"][0] == told["strategies"]["random"]["hypervolume"][0]
    assert told["experiments"] == [5, 10, 15, 20]
    assert told["rows_left_out"] == 5
    assert "campaigns" in captured.err
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["curves.csv", "curves.png", "result.json"]
    written = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert written["strategies"] == told["strategies"]
    assert len(written["orders"]["hemml"][0]) == 20


def test_command_prints_a_table_with_a_dash_where_a_level_is_not_reached(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pool = table(tmp_path / "pool.csv")
    assert main(command(pool, "--strategy", "random", "--budget", "5", "--seeds", "3")) == 0
    text = capsys.readouterr().out
    assert "35 rows (5 left out, they lack an objective)" in text
    assert "best found" in text
    line = next(line for line in text.splitlines() if line.startswith("random"))
    assert line.split()[-1] == "-"
