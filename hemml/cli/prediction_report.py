"""Predictions as plain values and as text: value, interval, what was assumed, domain and nearest published records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from hemml.columns import CONDITION_COLUMNS, Column

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from hemml.models.prediction import Predictions, Predictor

_DECIMALS: Final = {Column.CAPACITY: 0, Column.VOLTAGE: 2, Column.RETENTION: 1}
_COLUMNS: Final = {column.value: column for column in Column}
_NO_SKILL: Final = "no skill on unseen papers"
_OTHER: Final = {True: "near records that measured it", False: "no near record measured it"}
_INSIDE: Final = "inside the domain: published records are near, the intervals hold as measured on unseen papers"
_OUTSIDE: Final = "OUTSIDE the domain: no published record is near, trust neither the values nor the intervals"


def prediction_values(predictions: Predictions, predictor: Predictor, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """One mapping a row, as `--json` prints it.

    Args:
        predictions: Of n rows.
        predictor: What made them; its bundles say which targets have skill.
        frame: The n rows before anything was assumed, as `hemml.data.typed` returns them.
    """
    stated = stated_conditions(frame)
    formulas = predictions.frame[Column.FORMULA].tolist()
    return [
        {
            "formula": formula,
            "conditions": stated[row],
            "assumed_conditions": {str(name): value for name, value in predictions.assumed[row].items()},
            "predictions": {
                str(target): {
                    "value": float(predictions.values[target][row]),
                    "lower": float(predictions.lower[target][row]),
                    "upper": float(predictions.upper[target][row]),
                    "level": predictions.level,
                    "unit": target.unit,
                    "has_skill": has_skill(predictor, target),
                    "in_domain": bool(predictions.domain_of[target][row]),
                }
                for target in predictor.targets
            },
            "in_domain": bool(predictions.in_domain[row]),
            "nearest": [
                {
                    "record_id": record.record_id,
                    "doi": record.doi,
                    "distance": record.distance,
                    "formula": record.formula,
                    "measured": {str(name): value for name, value in record.values.items()},
                }
                for record in predictions.nearest[row]
            ],
        }
        for row, formula in enumerate(formulas)
    ]


def stated_conditions(frame: pd.DataFrame) -> list[dict[str, object]]:
    """What each row states of its test: cells that are neither empty nor a flag that is not set."""
    columns = [str(column) for column in CONDITION_COLUMNS if column in frame.columns]
    return [
        {name: value for name, value in zip(columns, row, strict=True) if _is_stated(value)}
        for row in frame[columns].itertuples(index=False, name=None)
    ]


def _is_stated(value: object) -> bool:
    # 0 V and 0 degC are stated; a flag that is not set, an empty text and NaN are not.
    return value == value and value != "" and value is not False


def has_skill(predictor: Predictor, target: Column) -> bool:
    """Whether the model of a target beat the family median on papers that it had not seen."""
    return bool(predictor.bundles[target].metadata.get("has_skill", True))


def print_predictions(values: Sequence[Mapping[str, Any]]) -> None:
    """Print each prediction as a block of text."""
    from hemml.cli.output import console

    out = console()
    for place, about in enumerate(values):
        if place:
            out.print()
        _print_one(out, about)


def _print_one(out: Console, about: Mapping[str, Any]) -> None:
    from rich.table import Table

    out.print(about["formula"], style="bold")
    levels = {row["level"] for row in about["predictions"].values()}
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("")
    table.add_column("predicted", justify="right", no_wrap=True)
    table.add_column(f"{100 * max(levels):g} % interval", justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("")
    for name, row in about["predictions"].items():
        target = _COLUMNS[name]
        interval = f"{_value(target, row['lower'])} to {_value(target, row['upper'])}"
        notes = [] if row["has_skill"] else [_NO_SKILL]
        notes += [] if row["in_domain"] == about["in_domain"] else [_OTHER[row["in_domain"]]]
        table.add_row(target.label, _value(target, row["value"]), interval, target.unit, "; ".join(notes))
    out.print(table)
    for title, conditions in (("given", about["conditions"]), ("assumed", about["assumed_conditions"])):
        if conditions:
            _print_whole(out, f"{title}: {', '.join(_condition(name, value) for name, value in conditions.items())}")
    out.print(_INSIDE if about["in_domain"] else _OUTSIDE)
    if about["nearest"]:
        _print_nearest(out, about["nearest"])


def _print_nearest(out: Console, nearest: Sequence[Mapping[str, Any]]) -> None:
    """Two lines a record, so that formulas, DOIs and ids stay whole and can be copied."""
    out.print("nearest published records, by distance:")
    for record in nearest:
        measured = [_measured(_COLUMNS[name], value) for name, value in record["measured"].items()]
        _print_whole(out, f"  {record['distance']:.2f}  {record['formula']}: {', '.join(measured)}")
        _print_whole(out, f"        {record['doi'] or 'no DOI'}, record {record['record_id']}")


def _print_whole(out: Console, text: str) -> None:
    out.print(text, soft_wrap=True)


def _measured(target: Column, value: float) -> str:
    return f"{target.label.lower()} {_value(target, value)} {target.unit}"


def _value(target: Column, value: float) -> str:
    return f"{value:.{_DECIMALS.get(target, 2)}f}"


def _condition(name: str, value: object) -> str:
    """A condition with its label and unit, such as `Temperature 25 degC`."""
    column = _COLUMNS.get(name)
    if column is None:
        return f"{name} {value}"
    if column is Column.IS_COMPOSITE:
        return "composite"
    shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{column.label} {shown} {column.unit}".rstrip()
