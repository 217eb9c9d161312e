"""The section of one target."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import Column
from hemml.models.result import TargetResult
from hemml.models.score_table import HEADER, NO_SKILL, amount, score_cells
from hemml.models.target_figures import target_figures
from hemml.report.calibration_parts import calibration_part, domain_part
from hemml.report.element_part import element_part
from hemml.report.parts import Cell, Part, Picture, Section, Table, source_cell
from hemml.report.study_parts import lab_part, learning_part, leave_out_part

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.result import TrainingResult

WORST: Final = 20


def target_section(result: TrainingResult, item: TargetResult, effects: pd.DataFrame | None) -> Section:
    """Everything that the report says about one target.

    Args:
        result: The training.
        item: The target's part of it.
        effects: Effects of elements on all targets; None: the part is left out.
    """
    target = item.target
    level = float(result.config.get("level", 0.9))
    verdict = (
        "The model predicts unseen papers better than the family median."
        if item.has_skill
        else f"This model has {NO_SKILL}: the median of the same role, ion and family is as good."
    )
    learned = f"Judged on {item.n_rows:,} half-cell rows of {item.n_papers:,} papers, in {target.unit}."
    parts = (
        *_figure_parts(item),
        calibration_part(item, level),
        domain_part(item),
        learning_part(item),
        leave_out_part(item),
        lab_part(item),
        element_part(target, effects),
        _worst_part(item),
    )
    return Section(str(target), target.label, parts, (verdict, learned))


def _figure_parts(item: TargetResult) -> Iterator[Part]:
    target, scores = item.target, item.scores
    what, unit = target.label.lower(), target.unit
    figures = target_figures(item)
    error = f"mean absolute error {amount(scores.mae)} {unit}, {scores.n:,} rows"
    others = "; ".join(f"{name} {amount(one.mae)}" for name, one in item.baselines.items())
    yield Part(
        "scores",
        "Scores and baselines",
        pictures=(
            Picture(
                f"{target}_scores",
                figures["scores"],
                f"Bars of MAE, skill and Spearman: hemml has a {error}; MAE of the baselines: {others}.",
                "Scores on papers that were kept out of the training, hemml and the baselines in the same folds. "
                "Whiskers: 95 % bootstrap intervals over papers.",
            ),
        ),
        tables=(_subset_table(item),) if item.subsets else (),
    )
    yield Part(
        "parity",
        "Parity",
        pictures=(
            Picture(
                f"{target}_parity",
                figures["parity"],
                f"Scatter of predicted against measured {what}: {error}.",
                "Each point is a row of a paper that the model did not learn from; on the dashed line prediction and "
                "measurement agree. Colour and marker: working ion.",
            ),
        ),
    )
    by = {"residuals": ("residuals-by-ion", "ion"), "residuals_by_family": ("residuals-by-family", "family")}
    for name, (slug, kind) in by.items():
        yield Part(
            slug,
            f"Residuals by {kind}",
            pictures=(
                Picture(
                    f"{target}_{name}",
                    figures[name],
                    f"Left, residuals of the {what} against the prediction; right, one box a {kind}: {error}.",
                    "A running median or a box away from zero is a bias. Boxes: median, quartiles, 5th and 95th "
                    "percentile; single points where there are fewer than 10 rows.",
                ),
            ),
        )


def _subset_table(item: TargetResult) -> Table:
    rows = [(name, *score_cells(scores, {})) for name, scores in item.subsets.items()]
    header = ("Rows", *(name.removesuffix(" (95 % interval)") for name in HEADER[2:]))
    caption = f"Parts of the rows, MAE and mean width in {item.target.unit}; parts of fewer than 30 rows are left out"
    return Table.of(caption, header, rows)


def _worst_part(item: TargetResult) -> Part:
    rows, unit = item.out_of_fold, item.target.unit
    error = (rows["predicted"] - rows["measured"]).to_numpy()
    worst = np.argsort(-np.abs(error), kind="stable")[:WORST]
    table: list[list[str | Cell]] = []
    for position in worst:
        row = rows.iloc[position]
        paper = str(row["paper"])
        doi = str(row[Column.DOI.value]) if Column.DOI.value in rows else paper
        table.append([
            str(row[Column.FORMULA.value]),
            str(row[Column.WORKING_ION.value]),
            str(row[Column.ROLE.value]),
            str(row[Column.FAMILY.value]),
            source_cell(doi, paper),
            _signed(row["measured"]),
            _signed(row["predicted"]),
            f"{_signed(row['lower'])} to {_signed(row['upper'])}",
            _signed(error[position], plus=True),
            *([("yes" if row["in_domain"] else "flagged")] if "in_domain" in rows else []),
        ])  # fmt: skip
    header = [
        "Formula", "Ion", "Role", "Family", "Source", "Measured", "Predicted", "Interval", "Error",
        *(["In domain"] if "in_domain" in rows else []),
    ]  # fmt: skip
    caption = f"The {len(table)} rows with the largest absolute error, in {unit}"
    text = "Worth reading first: an error in the table, a measurement unlike the others, or a limit of the model."
    return Part("worst", "Worst predictions", (text,), tables=(Table.of(caption, header, table, 5),))


def _signed(value: float, *, plus: bool = False) -> str:
    sign = "−" if value < 0 else "+" if plus else ""
    return sign + amount(abs(float(value)))
