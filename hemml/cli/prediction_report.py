"""Predictions as plain values and as text: value, interval, what was assumed, domain and nearest published records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from hemml.cli.evidence_text import evidence_lines, shown
from hemml.columns import CONDITION_COLUMNS, Column

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from hemml.arrays import FloatArray
    from hemml.cli.thresholds import Threshold
    from hemml.models.prediction import NearestRecord, Predictions, Predictor

_COLUMNS: Final = {column.value: column for column in Column}
_NO_SKILL: Final = "no skill on unseen papers"
_OTHER: Final = {True: "near records that measured it", False: "no near record measured it"}


def prediction_values(
    predictions: Predictions,
    predictor: Predictor,
    frame: pd.DataFrame,
    above: Mapping[Threshold, FloatArray] | None = None,
) -> list[dict[str, Any]]:
    """One mapping a row, as `--json` prints it.

    Args:
        predictions: Of n rows.
        predictor: What made them; its bundles say which targets have skill.
        frame: The n rows before anything was assumed, as `hemml.data.typed` returns them.
        above: Probabilities that were asked for, as `hemml.cli.thresholds.chances` returns them.
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
                    "own_rows": own_rows(predictor, target),
                    "in_domain": bool(predictions.domain_of[target][row]),
                    "domain_limit": predictions.limits[target],
                    "error_ratio_outside": predictions.error_ratios[target],
                    "nearest": _record(predictions.nearest_of[target][row]),
                    **_above(target, row, above or {}),
                }
                for target in predictor.targets
            },
            "in_domain": bool(predictions.in_domain[row]),
            "domain_target": str(predictions.main),
            "unusual": list(predictions.unusual[row]),
            "nearest": [_record(record) for record in predictions.nearest[row]],
        }
        for row, formula in enumerate(formulas)
    ]


def _record(record: NearestRecord) -> dict[str, Any]:
    return {
        "record_id": record.record_id,
        "doi": record.doi,
        "distance": record.distance,
        "formula": record.formula,
        "measured": {str(name): value for name, value in record.values.items()},
        "tests": {str(name): test for name, test in record.tests.items()},
    }


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


def own_rows(predictor: Predictor, target: Column) -> int:
    """Number of own measurements that correct the model of a target; 0 for one of the literature alone."""
    about = predictor.bundles[target].metadata.get("own_lab", {})
    return int(about["n_rows"]) if about.get("corrected") else 0


def _above(target: Column, row: int, above: Mapping[Threshold, FloatArray]) -> dict[str, Any]:
    asked = [(value, chance[row]) for (column, value), chance in above.items() if column is target]
    return {"above": [{"value": value, "probability": float(chance)} for value, chance in asked]} if asked else {}


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
        interval = f"{shown(target, row['lower'])} to {shown(target, row['upper'])}"
        notes = [] if row["has_skill"] else [_NO_SKILL]
        notes += [f"corrected by {row['own_rows']} own rows"] if row["own_rows"] else []
        notes += [] if row["in_domain"] == about["in_domain"] else [_OTHER[row["in_domain"]]]
        table.add_row(target.label, shown(target, row["value"]), interval, target.unit, "; ".join(notes))
    out.print(table)
    for name, row in about["predictions"].items():
        for asked in row.get("above", ()):
            target = _COLUMNS[name]
            chance = f"{100 * asked['probability']:.0f} %"
            _print_whole(out, f"probability of {target.label.lower()} above {asked['value']:g} {target.unit}: {chance}")
    for title, conditions in (("given", about["conditions"]), ("assumed", about["assumed_conditions"])):
        if conditions:
            _print_whole(out, f"{title}: {', '.join(_condition(name, value) for name, value in conditions.items())}")
    for line in evidence_lines(about):
        _print_whole(out, line)


def _print_whole(out: Console, text: str) -> None:
    out.print(text, soft_wrap=True)


def _condition(name: str, value: object) -> str:
    """A condition with its label and unit, such as `Temperature 25 degC`."""
    column = _COLUMNS.get(name)
    if column is None:
        return f"{name} {value}"
    if column is Column.IS_COMPOSITE:
        return "composite"
    text = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{column.label} {text} {column.unit}".rstrip()
