"""Export, scoring and table of the accuracy benchmark, on predictions made by hand; no peer is needed."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hemml.errors import InputError

FOLDER = Path(__file__).parents[2] / "benchmarks" / "accuracy"
MODULES = ("task_files", "environments", "make_tasks", "scoring", "methods", "options", "table", "run")


@pytest.fixture(scope="module")
def bench():
    """The benchmark's modules by name; their folder is not part of the package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(FOLDER)
        modules = {name: importlib.import_module(name) for name in MODULES}
        yield type("Bench", (), modules)
        for name in MODULES:
            sys.modules.pop(name)


def a_task(bench, **changes):
    """Six rows of three groups in two folds; the reference is 10 too high everywhere."""
    measured = np.array([100.0, 120.0, 80.0, 90.0, 200.0, 150.0])
    values = {
        "name": "capacity_mAh_g",
        "label": "capacity, mAh/g",
        "unit": "mAh/g",
        "scale": "log",
        "low": 1.0,
        "high": 4500.0,
        "grouped_by": "papers",
        "reference_name": "median",
        "formulas": ("NaMnO2", "NaFeO2", "Na(Mn, Fe)O2", "LiCoO2", 'Na"x"', "Li2O"),
        "atoms": tuple(f"Na{i + 1}.000000O2.000000" for i in range(6)),
        "groups": ("a", "a", "b", "b", "c", "c"),
        "measured": measured,
        "reference": measured + 10.0,
        "fold": np.array([0, 0, 1, 1, 0, 0]),
        "condition_names": ("rate", "ion_Na"),
        "conditions": np.arange(24.0).reshape(2, 6, 2),
    }
    return bench.task_files.Task(**(values | changes))


def test_a_task_comes_back_as_it_was_written(bench, tmp_path):
    task = a_task(bench)
    bench.task_files.write_task(task, tmp_path / "task")
    back = bench.task_files.read_task(tmp_path / "task")
    assert back.sha256 == task.sha256
    for field in dataclasses.fields(task):
        assert np.array_equal(getattr(back, field.name), getattr(task, field.name)), field.name


def test_files_of_two_exports_are_refused(bench, tmp_path):
    bench.task_files.write_task(a_task(bench), tmp_path)
    other = a_task(bench, measured=np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]))
    bench.task_files.write_task(other, tmp_path / "other")
    (tmp_path / "rows.csv").write_bytes((tmp_path / "other" / "rows.csv").read_bytes())
    with pytest.raises(bench.task_files.TaskError, match="must be of one export"):
        bench.task_files.read_task(tmp_path)


def test_a_group_in_two_folds_is_refused(bench):
    with pytest.raises(bench.task_files.TaskError, match="one fold only"):
        a_task(bench, fold=np.array([0, 1, 1, 1, 0, 0]))


def test_predictions_come_back_in_the_unit_and_within_the_range(bench, tmp_path):
    task = a_task(bench)
    learned = np.log(np.array([50.0, 60.0, 70.0, 80.0, 90.0, 100.0]))
    learned[0], learned[1] = -5.0, 2000.0
    bench.task_files.write_predictions(tmp_path, task, learned, {"seconds": [1.0]})
    values, about = bench.task_files.read_predictions(tmp_path, task)
    assert values == pytest.approx([1.0, 4500.0, 70.0, 80.0, 90.0, 100.0])
    assert about["seconds"] == [1.0]


def test_predictions_for_another_version_of_the_task_are_refused(bench, tmp_path):
    task = a_task(bench)
    bench.task_files.write_predictions(tmp_path, task, task.learned, {})
    moved = a_task(bench, fold=np.array([1, 1, 0, 0, 1, 1]))
    with pytest.raises(bench.task_files.TaskError, match="this version of capacity_mAh_g"):
        bench.task_files.read_predictions(tmp_path, moved)


@pytest.mark.parametrize(
    ("lines", "message"),
    [(["0,1.0", "0,2.0"], "each once"), (["6,1.0"], "0 to 5"), (["0,inf"], "must be finite, got inf in row 0")],
)
def test_bad_predictions_are_refused(bench, tmp_path, lines, message):
    task = a_task(bench)
    bench.task_files.write_predictions(tmp_path, task, task.learned, {})
    (tmp_path / "predictions.csv").write_text("\n".join(["row,predicted", *lines]))
    with pytest.raises(bench.task_files.TaskError, match=message):
        bench.task_files.read_predictions(tmp_path, task)


def test_scores_by_hand(bench):
    task = a_task(bench)
    ours, theirs = task.measured + 5.0, task.measured - 8.0
    scores = bench.scoring.score_all(task, {"hemml": ours, "magpie_rf": theirs}, resamples=50)
    assert scores["reference"]["scores"]["mae"] == pytest.approx(10.0)
    assert scores["hemml"]["scores"]["mae"] == pytest.approx(5.0)
    assert scores["hemml"]["scores"]["skill"] == pytest.approx(0.5)
    assert scores["magpie_rf"]["scores"]["spearman"] == pytest.approx(1.0)
    # Every row's error is the same, so every resample gives the same ratio of errors.
    assert scores["magpie_rf"]["lower_by"] == pytest.approx((1 - 5 / 8, 1 - 5 / 8, 1 - 5 / 8))
    assert scores["hemml"]["lower_by"] is None
    assert scores["hemml"]["n_groups"] == 3


def test_whole_folds_may_be_left_out_and_parts_of_folds_not(bench):
    task = a_task(bench)
    first = np.where(task.fold == 0, task.measured + 1.0, np.nan)
    assert bench.scoring.score_method(task, first, resamples=50)["folds"] == [0]
    first[0] = np.nan
    with pytest.raises(bench.task_files.TaskError, match="predicted whole, got 3 of 4 rows of fold 0"):
        bench.scoring.score_method(task, first, resamples=50)


def test_a_method_that_failed_stands_in_the_table_with_its_reason(bench, tmp_path):
    task = a_task(bench)
    about = {"seconds": [1.0, 2.4], "settings": {"trees": 5}, "versions": {"hemml": "1"}, "date": "2026-01-01"}
    about |= {"machine": "a machine", "commit": "0123456789abcdef+changes"}
    bench.task_files.write_predictions(tmp_path / "hemml", task, np.log(task.measured + 5.0), about)
    (tmp_path / "crabnet").mkdir()
    bench.task_files.write_json(tmp_path / "crabnet" / bench.run.FAILURE, {"failed": "no wheel | for this Python"})
    scored = bench.run.scored(task, tmp_path, ("hemml", "crabnet"), resamples=50)
    text = bench.table.markdown({"tasks": {task.name: scored}})
    assert "| **hemml** | 5.0 (5.0 to 5.0) | 0.50 (0.50 to 0.50) | 1.00 (1.00 to 1.00) |  | 3 |" in text
    assert "| CrabNet | no wheel / for this Python | | | | |" in text
    assert "| median | 10.0 (10.0 to 10.0) |  | 1.00 (1.00 to 1.00) | 50 % (50 % to 50 %) |  |" in text
    assert "6 rows, 3 papers, 2 folds" in text
    assert "- hemml: trees 5; hemml 1; 2026-01-01, a machine, commit 0123456789ab with changes." in text


def test_only_complete_predictions_of_no_quick_run_are_kept(bench, tmp_path):
    task = a_task(bench)
    assert not bench.run._is_complete(tmp_path, task)
    bench.task_files.write_predictions(tmp_path, task, task.learned, {"quick": False})
    assert bench.run._is_complete(tmp_path, task)
    bench.task_files.write_predictions(tmp_path, task, task.learned, {"quick": True})
    assert not bench.run._is_complete(tmp_path, task)
    bench.task_files.write_predictions(tmp_path, task, np.where(task.fold == 0, task.learned, np.nan), {})
    assert not bench.run._is_complete(tmp_path, task)
    bench.task_files.write_predictions(tmp_path, a_task(bench, low=1.0, scale="identity"), task.measured, {})
    assert not bench.run._is_complete(tmp_path, task)


def test_the_table_replaces_what_stands_between_the_markers(bench, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{bench.table.BEGIN}\nold\n{bench.table.END}\nafter\n")
    bench.table.put_between_markers(page, "new")
    assert page.read_text() == f"before\n{bench.table.BEGIN}\nnew\n{bench.table.END}\nafter\n"
    page.write_text("no markers")
    with pytest.raises(InputError, match="must hold the lines"):
        bench.table.put_between_markers(page, "new")


def test_only_plausible_computed_rows_are_used(bench):
    good = {
        "average_voltage_V": 3.0,
        "max_delta_volume_fraction": 0.1,
        "stability_charge_eV_atom": 0.1,
        "stability_discharge_eV_atom": 0.2,
    }
    bad = [good | {name: value} for name, value in zip(good, (6.1, 0.51, 0.21, np.nan), strict=True)]
    table = pd.DataFrame([good, *bad, good | {"average_voltage_V": -0.1}])
    assert len(bench.make_tasks.physical(table)) == 1


def test_without_the_computed_table_the_message_says_what_to_do(bench, monkeypatch, tmp_path):
    monkeypatch.setenv("HEMML_EXTRA_DATA", str(tmp_path))
    with pytest.raises(InputError, match="hemml data fetch materials-project"):
        bench.make_tasks.computed_path()


def test_unknown_methods_are_named(bench, capsys):
    with pytest.raises(SystemExit):
        bench.run.main(["--methods", "hemml,roost"])
    assert "must be some of magpie_rf, magpie_xgb, modnet, crabnet, hemml, got 'hemml,roost'" in capsys.readouterr().err


def test_a_quick_run_must_not_reach_the_documentation(bench, capsys):
    assert bench.run.main(["--quick", "--table", "docs/benchmarks.md"]) == 2
    assert "scores mean nothing" in capsys.readouterr().err
