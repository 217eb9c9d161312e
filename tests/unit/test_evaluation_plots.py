import subprocess
import sys

import numpy as np
import pytest

from hemml.columns import Column
from hemml.evaluation import bootstrap_intervals, parity_plot, residual_plot, score, score_plot

rng = np.random.default_rng(10)
Y = rng.lognormal(5, 0.6, 200)
PREDICTED = Y * rng.lognormal(0, 0.3, 200)
ION = rng.choice(["Na", "Li", "Zn", "K", "Mg", "Ca", "Al", "NH4", "H"], 200)


def drawn_points(axes) -> int:
    return sum(len(c.get_offsets()) for c in axes.collections)


@pytest.mark.parametrize("log", [True, False])
def test_parity_plot_shows_every_row_with_unit_and_score(log, tmp_path):
    figure = parity_plot(Y, PREDICTED, Column.CAPACITY, classes=ION, classes_label="Working ion", log=log)
    (axes,) = figure.axes
    assert drawn_points(axes) == 200
    assert axes.get_xlabel() == "Measured capacity (mAh/g)"
    assert axes.get_title(loc="left").startswith(f"Capacity: MAE {score(Y, PREDICTED).mae:.3g} mAh/g, n = 200")
    assert axes.get_xscale() == ("log" if log else "linear")
    assert axes.get_xlim() == axes.get_ylim()
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert len(legend) == 7
    assert legend[-1].startswith("3 more (")
    figure.savefig(tmp_path / "parity.png")


def test_parity_plot_without_classes_has_no_legend():
    (axes,) = parity_plot(Y, PREDICTED, Column.RETENTION).axes
    assert axes.get_legend() is None
    assert axes.get_ylabel() == "Predicted capacity retention (%)"


def test_residual_plot_counts_classes_and_what_lies_outside(tmp_path):
    y = Y.copy()
    y[:2] = 1e5
    figure = residual_plot(y, PREDICTED, Column.CAPACITY, classes=ION)
    left, right = figure.axes
    assert drawn_points(left) == 200
    names = [text.get_text() for text in right.get_yticklabels()]
    assert f"Na ({(ION == 'Na').sum()})" in names
    assert len(names) == 9
    assert right.get_title(loc="left") == "By working ion\n2 rows lie outside the axes"
    figure.savefig(tmp_path / "residual.png")


def test_perfect_predictions_can_be_drawn(tmp_path):
    residual_plot(Y[:3], Y[:3], Column.VOLTAGE, classes=ION[:3]).savefig(tmp_path / "residual.png")
    parity_plot([1.0], [1.0], Column.VOLTAGE).savefig(tmp_path / "parity.png")
    assert (tmp_path / "parity.png").stat().st_size > 1000


def test_score_plot_shows_values_intervals_and_undefined_scores(tmp_path):
    constant = np.full(200, 150.0)
    scores = {
        "hemml": score(Y, PREDICTED, reference=constant),
        "family median": score(Y, constant, reference=constant),
    }
    intervals = {"hemml": bootstrap_intervals(Y, PREDICTED, np.arange(200).astype(str), n_resamples=50)}
    figure = score_plot(scores, intervals, Column.CAPACITY, highlight="hemml")
    assert [axes.get_xlabel() for axes in figure.axes] == ["MAE (mAh/g)", "Skill", "Spearman"]
    notes = [[note.get_text() for note in axes.texts] for axes in figure.axes]
    assert notes[0][0] == f"{scores['hemml'].mae:.3g}"
    assert notes[2] == [f"{scores['hemml'].spearman:.3f}", "n/a"]
    assert [patch.get_width() for patch in figure.axes[0].patches] == [s.mae for s in scores.values()]
    figure.savefig(tmp_path / "scores.png")


def test_plotting_needs_no_window_and_import_is_light():
    code = (
        "import sys, hemml.evaluation, hemml.uncertainty\n"
        "heavy = {'matplotlib', 'pandas', 'scipy', 'sklearn', 'matminer', 'pymatgen', 'xgboost', 'mlflow', 'crepes'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
        "from hemml.columns import Column\n"
        "hemml.evaluation.parity_plot([1, 2], [1, 2], Column.VOLTAGE)\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).stderr == b""
