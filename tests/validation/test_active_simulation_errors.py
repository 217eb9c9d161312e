"""Pools, plans and options that cannot be simulated are refused with what to do."""

from pathlib import Path

import pytest

from hemml.active.objective import Objective
from hemml.active.simulation import Plan, play_all, read_pool
from hemml.cli import main
from hemml.errors import DataError, InputError, UnknownNameError

HEADER = "formula,working_ion,role,capacity_mAh_g\n"
GOOD = HEADER + "ZnMn2O4,Zn,cathode,150\nZnV2O4,Zn,cathode,200\nZnFe2O4,Zn,cathode,120\n"
CAPACITY = [Objective("capacity_mAh_g", "max")]


def pool_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "pool.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = (
        HEADER + "ZnMn2O4,Zn,cathode,150\nZnQq2,Zn,cathode,1\nZnV2O4,Xx,cathode,2\nZnFe2O4,Zn,,3\nZnO,Zn,cathode,many\n"
    )
    with pytest.raises(DataError, match="4 errors") as caught:
        read_pool(pool_of(tmp_path, text), CAPACITY)
    message = str(caught.value)
    for part in ("line 3, formula", "line 4, working_ion", "line 5, role", "line 6, capacity_mAh_g = 'many'"):
        assert part in message
    assert len(caught.value.problems) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("working_ion", "ion"), "working_ion"),
        (HEADER + "ZnMn2O4,Zn,cathode,150\nZnV2O4,Zn,cathode,\n", "at least 2 rows with every objective, got 1 of 2"),
        (GOOD.replace("200", "inf"), "must be a finite number or empty"),
    ],
)
def test_tables_that_cannot_be_a_pool(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_pool(pool_of(tmp_path, text), CAPACITY)


def test_an_objective_that_does_not_vary_is_refused(tmp_path: Path) -> None:
    text = HEADER + "ZnMn2O4,Zn,cathode,150\nZnV2O4,Zn,cathode,150\n"
    with pytest.raises(InputError, match="must differ between at least two rows, got 1 distinct in 2 rows"):
        read_pool(pool_of(tmp_path, text), CAPACITY)


def test_unknown_objective_names_the_close_column(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown column of the pool 'capacity'; did you mean 'capacity_mAh_g'"):
        read_pool(pool_of(tmp_path, GOOD), [Objective("capacity", "max")])


@pytest.mark.parametrize(
    ("objectives", "message"),
    [
        ([], "at least one is needed"),
        ([Objective("capacity_mAh_g", "at_least", 100.0)], "leave rows beyond the limit out of the pool"),
        (CAPACITY * 2, "capacity_mAh_g more than once"),
    ],
)
def test_objectives_that_cannot_be_simulated(tmp_path: Path, objectives: list[Objective], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_pool(pool_of(tmp_path, GOOD), objectives)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"budget": 3}, "must be at least the 5 start rows"),
        ({"budget": 10, "batch": 0}, "batch: must be at least 1, got 0"),
        ({"budget": 10, "start": 1}, "start: must be at least 2, got 1"),
        ({"budget": 10, "seeds": ()}, "seeds: must be different numbers"),
        ({"budget": 10, "seeds": (1, 1)}, "seeds: must be different numbers"),
    ],
)
def test_plans_that_cannot_be_played(numbers: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Plan(**numbers)


def test_strategies_must_be_known_and_each_once(tmp_path: Path) -> None:
    pool = read_pool(pool_of(tmp_path, GOOD), CAPACITY)
    with pytest.raises(UnknownNameError, match="did you mean 'greedy'"):
        play_all(pool, ["gredy"], Plan(5))
    with pytest.raises(InputError, match="each once, got random, random"):
        play_all(pool, ["random", "random"], Plan(5))
    with pytest.raises(InputError, match="at least one is needed"):
        play_all(pool, [], Plan(5))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--strategy", "gredy"], "did you mean 'greedy'"),
        (["--seeds", "0"], "--seeds must be at least 1"),
        (["--jobs", "0"], "--jobs must be at least 1"),
        (["--prior", "nowhere"], "--prior must be a folder of bundles, got none at 'nowhere'"),
        (["--budget", "2"], "budget: must be at least the 5 start rows"),
        (["--objective", "capacity_mAh_g"], "objective must be QUANTITY:GOAL"),
    ],
)
def test_command_ends_with_2_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], message: str
) -> None:
    pool = pool_of(tmp_path, GOOD)
    arguments = ["campaign", "simulate", "--pool", str(pool), "--objective", "capacity_mAh_g:max", *more]
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_output_that_is_a_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pool = pool_of(tmp_path, GOOD)
    arguments = ["campaign", "simulate", "--pool", str(pool), "--objective", "capacity_mAh_g:max"]
    assert main([*arguments, "--output", str(pool)]) == 2
    assert "--output must be a folder that can be made" in capsys.readouterr().err
    assert pool.read_text(encoding="utf-8") == GOOD


def test_an_objective_without_a_bundle_is_refused_with_a_prior(tmp_path: Path) -> None:
    text = GOOD.replace("capacity_mAh_g", "hardness")
    pool = read_pool(pool_of(tmp_path, text), [Objective("hardness", "max")])
    with pytest.raises(InputError, match="with a prior it must be one of capacity_mAh_g"):
        play_all(pool, ["hemml"], Plan(3, start=2, seeds=(0,), prior=tmp_path))
