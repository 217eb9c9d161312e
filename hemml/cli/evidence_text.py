"""The domain verdict, what is unusual, and the nearest published records, as text that stays whole when copied."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from hemml.columns import Column

_DECIMALS: Final = {Column.CAPACITY: 0, Column.VOLTAGE: 2, Column.RETENTION: 1}
_COLUMNS: Final = {column.value: column for column in Column}
_GAP: Final = "  "


def evidence_lines(about: Mapping[str, Any]) -> Iterator[str]:
    """Lines on what a prediction rests on.

    Args:
        about: One prediction, as `prediction_values` gives it.
    """
    yield _verdict(about)
    if about["unusual"]:
        yield "unusual:"
        yield from (f"  - {sentence}" for sentence in about["unusual"])
    if not about["nearest"]:
        return
    targets = [_COLUMNS[name] for name in about["predictions"]]
    measured = {name for record in about["nearest"] for name in record["measured"]}
    others = [target for target in targets if target not in measured]
    head, *rows = _table([*about["nearest"], *(about["predictions"][t]["nearest"] for t in others)], targets)
    yield from ("nearest published records:", head, *rows[: len(about["nearest"])])
    for target, row in zip(others, rows[len(about["nearest"]) :], strict=True):
        yield from (f"nearest that measured {target.label.lower()}:", row)


def shown(target: Column, value: float) -> str:
    """A value of a target with the decimals that its precision allows."""
    return f"{value:.{_DECIMALS.get(target, 2)}f}"


def _verdict(about: Mapping[str, Any]) -> str:
    main = about["predictions"][about["domain_target"]]
    distance, limit = main["nearest"]["distance"], main["domain_limit"]
    where = f"the nearest record is at distance {distance:.2f}, the limit is {limit:.2f}"
    if about["in_domain"]:
        return f"inside the domain: {where}; the intervals hold as measured on unseen papers"
    if distance <= limit:
        return (
            f"OUTSIDE the domain: {where}, but it holds elements that hardly any record has; "
            "trust neither the values nor the intervals"
        )
    ratio = main["error_ratio_outside"]
    errors = f"; errors on unseen papers were {ratio:.1f} times as large out there" if ratio and ratio > 1 else ""
    return f"OUTSIDE the domain: {where}{errors}; trust neither the values nor the intervals"


def _table(records: Sequence[Mapping[str, Any]], targets: Sequence[Column]) -> Iterator[str]:
    """Aligned columns: distance, formula, a value with its test for each target, DOI and record."""
    units = [f"{target.label.lower()}{f', {target.unit}' if target.unit else ''}" for target in targets]
    rows = [["distance", "formula", *units, "DOI, record"], *(_row(record, targets) for record in records)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield _GAP + _GAP.join([*cells, row[-1]])


def _row(record: Mapping[str, Any], targets: Sequence[Column]) -> list[str]:
    cells = [_cell(record, target) for target in targets]
    source = f"{record['doi'] or 'no DOI'}, {record['record_id']}"
    return [f"{record['distance']:.2f}", record["formula"], *cells, source]


def _cell(record: Mapping[str, Any], target: Column) -> str:
    if target not in record["measured"]:
        return "-"
    test = record["tests"].get(target)
    return shown(target, record["measured"][target]) + (f" ({test})" if test else "")
