"""The score table and the figures of a training."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from hemml.evaluation import Scores
from hemml.models.score_table import NO_SKILL, score_table
from hemml.models.target_figures import target_figures


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def test_table_has_a_row_for_hemml_and_for_each_baseline_of_each_target(training_result):
    rows = cells(score_table(training_result))
    others = ["hemml, no comparators", "family median"]
    assert [row[1] for row in rows[2:]] == ["hemml", *others, f"hemml: {NO_SKILL}", *others]
    assert [row[0] for row in rows[2:]] == ["Capacity, mAh/g", "", "", "Capacity retention, %", "", ""]
    scores = training_result.results[0].scores
    assert rows[2][2] == "60"
    assert rows[2][3] == f"{scores.mae:.1f} (14.0 to 18.0)"
    assert rows[2][6] == f"{scores.skill:.2f} (0.50 to 0.70)"
    assert rows[2][7] == f"{100 * scores.coverage_90:.1f} %"
    assert rows[2][8] == "100"
    assert rows[3][2] == "50"
    assert rows[3][6].endswith("(0.40 to 0.80)")


def test_scores_that_are_not_defined_are_dashes(training_result):
    row = cells(score_table(training_result))[4]
    assert row[5] == "-"  # the family median is constant here: no rank correlation
    assert row[6] == "0.00"
    assert row[7:] == ["-", "-"]


def test_table_reads_as_plain_text_and_as_markdown(training_result):
    lines = score_table(training_result).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert set(lines[1]) == set("|-: ")
    assert lines[1].split("|")[3].strip().endswith(":")


@pytest.mark.parametrize(
    ("value", "shown"), [(0.28449, "0.284"), (1.2345, "1.23"), (75.34, "75.3"), (190.6, "191"), (12345.6, "12346")]
)
def test_amounts_keep_three_digits_without_exponent(training_result, value, shown):
    item = replace(training_result.results[0], scores=Scores(n=3, mae=value, rmse=value), intervals={}, baselines={})
    assert cells(score_table(replace(training_result, results=(item,))))[2][3] == shown


def test_a_skill_that_rounds_to_zero_has_no_minus_sign(training_result):
    item = replace(training_result.results[0], scores=Scores(n=3, mae=1.0, rmse=1.0, skill=-0.001), intervals={})
    assert cells(score_table(replace(training_result, results=(item,))))[2][6] == "0.00"


def test_figures_show_parity_residuals_and_scores_of_unseen_papers(training_result):
    figures = target_figures(training_result.results[0])
    assert list(figures) == ["parity", "residuals", "residuals_by_family", "scores"]
    assert all(isinstance(figure, Figure) for figure in figures.values())
    assert figures["parity"].axes[0].get_xscale() == "log"
    assert "n = 60" in figures["parity"].axes[0].get_title(loc="left")
    families = {label.get_text() for label in figures["residuals_by_family"].axes[1].get_yticklabels()}
    assert families == {"spinel (40)", "layered_oxide (20)"}


def test_retention_and_capacities_that_reach_zero_are_drawn_on_linear_axes(training_result):
    capacity, retention = training_result.results
    frame = capacity.out_of_fold.assign(predicted=np.r_[0.0, capacity.out_of_fold["predicted"][1:]])
    for item in (retention, replace(capacity, out_of_fold=frame)):
        assert target_figures(item)["parity"].axes[0].get_xscale() == "linear"
