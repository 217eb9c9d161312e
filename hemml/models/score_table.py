"""The score table: the same text in the terminal, in the README and in the tracking store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from hemml.evaluation.metrics import Scores
from hemml.models.result import NO_COMPARATORS, TargetResult, TrainingResult

NO_SKILL: Final = "no skill on unseen papers"
HEADER: Final = (
    "Target",
    "Model",
    "n",
    "MAE (95 % interval)",
    "R2",
    "Spearman",
    "Skill (95 % interval)",
    "90 % coverage",
    "Mean width",
)
_TEXT_COLUMNS: Final = 2
_NONE: Final = "-"


def score_table(result: TrainingResult) -> str:
    """Write the scores on unseen papers as a Markdown table that reads as plain text too.

    Each target has a row for hemml, one for hemml on the rows that are no comparators, and one for each baseline.
    MAE and mean width are in the target's unit, intervals
    are over papers, skill is 1 - MAE / MAE of the family median; a target whose skill may be zero says so.

    Returns:
        Lines of equal length with a line end each; "-" where a score is not defined.
    """
    return _layout([HEADER, *score_rows(result)])


def score_rows(result: TrainingResult) -> list[tuple[str, ...]]:
    """The cells of the table, one tuple a row in the order of `HEADER`; the target stands in its first row only."""
    rows: list[tuple[str, ...]] = []
    for item in result.results:
        rows.append((_target(item), _model(item), *score_cells(item.scores, item.intervals)))
        if NO_COMPARATORS in item.subsets:
            rows.append(
                ("", f"hemml, {NO_COMPARATORS}", *score_cells(item.subsets[NO_COMPARATORS], item.sample_intervals))
            )
        for name, scores in item.baselines.items():
            rows.append(("", name, *score_cells(scores, item.baseline_intervals.get(name, {}))))
    return rows


def _target(item: TargetResult) -> str:
    return f"{item.target.label}, {item.target.unit}"


def _model(item: TargetResult) -> str:
    return "hemml" if item.has_skill else f"hemml: {NO_SKILL}"


def score_cells(scores: Scores, intervals: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """Scores as text in the order of `HEADER` from "n" on; "-" where one is not defined."""
    return (
        str(scores.n),
        _with_interval(scores.mae, intervals.get("mae"), in_unit=True),
        ratio(scores.r2),
        ratio(scores.spearman),
        _with_interval(scores.skill, intervals.get("skill"), in_unit=False),
        _NONE if scores.coverage_90 is None else f"{100 * scores.coverage_90:.1f} %",
        _NONE if scores.mean_width is None else amount(scores.mean_width),
    )


def _with_interval(value: float | None, interval: tuple[float, float] | None, *, in_unit: bool) -> str:
    if value is None:
        return _NONE
    write = amount if in_unit else ratio
    return write(value) if interval is None else f"{write(value)} ({write(interval[0])} to {write(interval[1])})"


def ratio(value: float | None) -> str:
    """Two decimals, "-" for None."""
    # adding 0 turns -0.00 into 0.00
    return _NONE if value is None else f"{round(value, 2) + 0.0:.2f}"


def amount(value: float) -> str:
    """Three digits of a positive number, but no exponent and no digits cut before the decimal point."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{decimals}f}"


def _layout(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(HEADER))]
    rule = tuple("-" * w if i < _TEXT_COLUMNS else "-" * (w - 1) + ":" for i, w in enumerate(widths))
    lines = []
    for row in (rows[0], rule, *rows[1:]):
        cells = (
            cell.ljust(width) if i < _TEXT_COLUMNS else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        lines.append(f"| {' | '.join(cells)} |\n")
    return "".join(lines)
