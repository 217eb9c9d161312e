"""Predicting the rows of a CSV file: every column is kept as written, predictions are added beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from hemml.cli.conditions import fill_conditions
from hemml.cli.model_choice import load_predictor
from hemml.cli.output import print_json
from hemml.cli.output_files import check_output_paths, csv_text, write_csv
from hemml.cli.prediction_report import prediction_values
from hemml.cli.thresholds import Threshold, chances, threshold_column
from hemml.columns import CONDITION_COLUMNS, TARGETS, Column
from hemml.data import CONDITIONS, RULES, Problem, RawTable, Severity, read_table, typed, validate
from hemml.data.problems import errors_of, plural
from hemml.errors import DataError
from hemml.features.usable_rows import unusable_rows

if TYPE_CHECKING:
    import pandas as pd

    from hemml.arrays import FloatArray
    from hemml.cli.conditions import Texts
    from hemml.models.prediction import Predictions

_PREDICTED: Final = {target: tuple(f"{target}_{end}" for end in ("predicted", "lower", "upper")) for target in TARGETS}
_EVIDENCE: Final = ("in_domain", "nearest_record", "nearest_doi")
_REJECTED: Final = ("rejected_line", "rejected_reason")
# The other columns of the data set are kept as they are, and not checked: a wrong DOI does not stop a prediction.
_READ: Final = (Column.FORMULA, Column.FORMULA_QUALITY, *CONDITION_COLUMNS)
_SHOWN_WARNINGS: Final = 5


def predict_table(
    source: Path,
    output: Path | None,
    rejects: Path | None,
    *,
    conditions: Texts,
    level: float,
    above: Sequence[Threshold] = (),
    models: Path | None,
    as_json: bool,
) -> None:
    """Predict every row of a table.

    Args:
        source: The CSV file to read.
        output: The CSV file to write; None: the table, or with `as_json` a list of predictions, goes to stdout.
        rejects: The CSV file for rows that cannot be used; None: one such row fails the run.
        conditions: Conditions for rows that do not state them.
        level: Probability that an interval covers the value.
        above: Values to give the probability of being exceeded for.
        models: Folder of bundles; None: those that come with hemml.
        as_json: Print JSON: the predictions, or with `output` a summary.

    Raises:
        DataError: Rows, or the table as a whole, cannot be used; nothing is written then.
        InputError: The outputs cannot be written.
    """
    marks = [frozenset((_PREDICTED[TARGETS[0]][0], *_EVIDENCE)), frozenset(_REJECTED)]
    check_output_paths(source, {"--output": output, "--rejects": rejects}, marks)
    raw = read_table(source)
    _refuse_own_columns(source, raw, above, with_rejects=rejects is not None)
    frame, reasons = _checked(source, raw, conditions, keep_going=rejects is not None)
    good = [place for place, line in enumerate(raw.lines) if line not in reasons]
    if rejects is not None and not good:
        write_csv(rejects, (*_REJECTED, *raw.frame.columns), _rejected(raw, reasons))
        count = plural(len(reasons), "row")
        raise DataError(f"{source}: no row can be predicted; {count} with the reason in {rejects}; correct them")

    predictor = load_predictor(models)  # after the table is known to be usable: it is slow to import
    predictions = predictor.predict(frame, level)
    _tell_assumed_ions(source, predictions)
    if rejects is not None:
        write_csv(rejects, (*_REJECTED, *raw.frame.columns), _rejected(raw, reasons))
    kept = raw.frame.iloc[good]
    asked = chances(predictor, predictions, above)
    predicted = (name for target in predictor.targets for name in _PREDICTED[target])
    header = [*kept.columns, *predicted, *_EVIDENCE, *map(threshold_column, asked)]
    added = _added(predictions, predictor.targets, asked)
    rows = [[*cells, *new] for cells, new in zip(kept.itertuples(index=False, name=None), added, strict=True)]
    if output is not None:
        write_csv(output, header, rows)
        _report(source, output, rejects, predictions, reasons, as_json=as_json)
    elif as_json:
        values = prediction_values(predictions, predictor, frame, asked)
        lines = [raw.lines[place] for place in good]
        print_json([{"line": line, **row} for line, row in zip(lines, values, strict=True)])
    else:
        typer.echo(csv_text(header, rows), nl=False)


def _refuse_own_columns(source: Path, raw: RawTable, above: Sequence[Threshold], *, with_rejects: bool) -> None:
    own = {name for names in _PREDICTED.values() for name in names} | set(_EVIDENCE)
    own |= {threshold_column(threshold) for threshold in above}
    if with_rejects:
        own |= set(_REJECTED)
    if taken := [name for name in raw.frame.columns if name in own]:
        raise DataError(
            f"{source}: must not have the columns that a prediction adds, got {', '.join(taken)}; "
            "delete or rename them, or give the table without predictions"
        )


def _checked(
    source: Path, raw: RawTable, conditions: Texts, *, keep_going: bool
) -> tuple[pd.DataFrame, dict[int, str]]:
    """The usable rows as a typed frame, and for each line that is not usable the reason."""
    kept = [name for name in raw.frame.columns if name in _READ or name not in RULES]
    problems = [*raw.problems, *validate(raw.frame[kept], lines=raw.lines, kind=CONDITIONS)]
    _print_warnings(source, [problem for problem in problems if problem.severity is Severity.WARNING])
    errors = errors_of(problems)
    if any(problem.row is None for problem in errors):
        raise DataError(_all_problems(source, errors), errors)
    bad = {problem.row for problem in errors}
    places = [place for place, line in enumerate(raw.lines) if line not in bad]
    read = [name for name in raw.frame.columns if name in _READ or name == Column.RECORD_ID]
    frame = typed(fill_conditions(raw.frame.iloc[places][read].reset_index(drop=True), conditions))
    unusable = unusable_rows(frame)
    for row, err in unusable.items():
        cell = raw.frame[Column.FORMULA].iloc[places[row]]
        reason, _, remedy = str(err).partition("; ")
        errors.append(Problem(raw.lines[places[row]], Column.FORMULA, cell, reason, remedy))
    if errors and not keep_going:
        raise DataError(_all_problems(source, errors), errors)
    reasons: dict[int, str] = {}
    for problem in errors:
        line = problem.row or 0
        told = f"{problem.column}: " if problem.column else ""
        text = f"{told}{problem.reason}; {problem.remedy}"
        reasons[line] = f"{reasons[line]} | {text}" if line in reasons else text
    usable = [row for row in range(len(frame)) if row not in unusable]
    return frame.iloc[usable].reset_index(drop=True), reasons


def _all_problems(source: Path, errors: Sequence[Problem]) -> str:
    ordered = sorted(errors, key=lambda problem: problem.row or 0)
    lines = [f"  {problem}" for problem in ordered]
    rows = len({problem.row for problem in errors if problem.row is not None})
    way_out = ["nothing was written; correct these rows, or give --rejects FILE to set them aside"] if rows else []
    head = f"{source}: {plural(len(errors), 'error')}" + (f" in {plural(rows, 'row')}" if rows else "")
    return "\n".join([head, *lines, *way_out])


def _print_warnings(source: Path, warnings: Sequence[Problem]) -> None:
    ordered = sorted(warnings, key=lambda problem: problem.row or 0)
    for problem in ordered[:_SHOWN_WARNINGS]:
        typer.echo(f"warning: {source}, {problem}", err=True)
    if len(ordered) > _SHOWN_WARNINGS:
        typer.echo(f"warning: {source}, and {plural(len(ordered) - _SHOWN_WARNINGS, 'more warning')}", err=True)


def _tell_assumed_ions(source: Path, predictions: Predictions) -> None:
    """The table has no place for what was assumed; an ion is too much to assume without a word."""
    ion = str(Column.WORKING_ION)
    found = Counter(str(assumed[ion]) for assumed in predictions.assumed if ion in assumed)
    for name, count in found.items():
        typer.echo(f"warning: {source}, {plural(count, 'row')} without {ion}: {name} found or assumed", err=True)


def _rejected(raw: RawTable, reasons: Mapping[int, str]) -> list[list[str]]:
    """Rows of the table of rejects, in the order of the lines."""
    cells = dict(zip(raw.lines, raw.frame.itertuples(index=False, name=None), strict=True))
    # A row with the wrong number of cells has no columns to stand in: its whole text goes into the reason.
    torn = {problem.row: problem.value for problem in raw.problems}
    empty = ("",) * len(raw.frame.columns)
    rows = []
    for line, reason in sorted(reasons.items()):
        told = f"{reason} | row as found: {torn[line]}" if line in torn else reason
        rows.append([str(line), told, *cells.get(line, empty)])
    return rows


def _added(
    predictions: Predictions, targets: Sequence[Column], asked: Mapping[Threshold, FloatArray]
) -> list[list[str]]:
    """The cells that a prediction adds to each row."""
    ends = (predictions.values, predictions.lower, predictions.upper)
    columns = [[f"{value:.6g}" for value in end[target]] for target in targets for end in ends]
    first = [records[0] if records else None for records in predictions.nearest]
    columns.append([str(int(inside)) for inside in predictions.in_domain])
    columns.append(["" if record is None else record.record_id for record in first])
    columns.append(["" if record is None else record.doi for record in first])
    columns += [[f"{chance:.4g}" for chance in probability] for probability in asked.values()]
    return [list(cells) for cells in zip(*columns, strict=True)]


def _report(
    source: Path,
    output: Path,
    rejects: Path | None,
    predictions: Predictions,
    reasons: Mapping[int, str],
    *,
    as_json: bool,
) -> None:
    outside = int((~predictions.in_domain).sum())
    count = len(predictions.in_domain)
    if as_json:
        print_json(
            {
                "input": str(source),
                "output": str(output),
                "rejects": None if rejects is None else str(rejects),
                "predicted": count,
                "rejected": len(reasons),
                "outside_domain": outside,
            }
        )
        return
    typer.echo(f"{output}: {plural(count, 'row')} predicted, {outside:,} outside the domain")
    if rejects is not None:
        typer.echo(f"{rejects}: {plural(len(reasons), 'row')} set aside")
