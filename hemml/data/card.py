"""The card of the shipped data set: what each column means, how full it is, and where the data mislead.

Meanings and biases are written by hand; every number is counted from the file, so the card cannot go stale unnoticed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from hemml.columns import TARGETS, Column
from hemml.data.loading import load_table, sha256_of
from hemml.data.papers import half_cell, paper_ids
from hemml.data.schema import RULES, ColumnRule, ValueType
from hemml.files import atomic_write_text

if TYPE_CHECKING:
    import pandas as pd

Metadata: TypeAlias = dict[str, Any]

_LICENCE: Final = {"name": "CC BY 4.0", "url": "https://creativecommons.org/licenses/by/4.0/"}
_CITATION: Final = "hem_electrodes data set, The hemml developers, 2026, CC BY 4.0"
_DESCRIPTION: Final = (
    "Capacities, average voltages and capacity retentions of battery electrodes with their test conditions, collected "
    "from published papers: facts with the DOI or page of their source. One row is a sample and a measured condition. "
    "An empty cell means that the source text does not state the value; nothing is imputed."
)
_COUNTED: Final = (
    Column.WORKING_ION,
    Column.ROLE,
    Column.FAMILY,
    Column.ENTROPY_CLASS,
    Column.CAPACITY_KIND,
    Column.EVIDENCE,
    Column.FORMULA_QUALITY,
)


def describe_dataset(path: Path | str) -> Metadata:
    """The metadata of a data set as plain values.

    Raises:
        DataError: The table has errors.
    """
    path = Path(path)
    frame = load_table(path)
    return {
        "name": path.stem,
        "title": "Measured battery electrodes, high-entropy materials and the low-entropy ones they are compared with",
        "description": _DESCRIPTION,
        "file": path.name,
        "sha256": sha256_of(path),
        "licence": dict(_LICENCE),
        "citation": _CITATION,
        "rows": len(frame),
        "papers": len(set(paper_ids(frame))),
        "formulas": int(frame[Column.FORMULA].nunique()),
        "years": [int(frame[Column.YEAR].min()), int(frame[Column.YEAR].max())],
        "columns": [_describe_column(frame, rule) for rule in RULES.values()],
        "counts": {str(column): _counts(frame, column) for column in _COUNTED},
        "known_biases": _biases(frame),
        "quality": _quality(frame),
    }


def card_text(metadata: Metadata) -> str:
    """The metadata as Markdown."""
    licence = metadata["licence"]
    lines = [
        f"# {metadata['name']}",
        "",
        f"{metadata['title']}.",
        "",
        metadata["description"],
        "",
        f"- Rows: {metadata['rows']:,} from {metadata['papers']:,} papers of {metadata['years'][0]} to "
        f"{metadata['years'][1]}, {metadata['formulas']:,} distinct formulas",
        f"- Licence: [{licence['name']}]({licence['url']})",
        f"- Cite as: {metadata['citation']}; and cite the source of each row that you use",
        f"- File: `{metadata['file']}`, SHA-256 `{metadata['sha256']}`",
        "",
        "## Columns",
        "",
        "| column | meaning | unit | allowed | filled | in the data |",
        "|---|---|---|---|---:|---|",
    ]
    for column in metadata["columns"]:
        cells = (
            f"`{column['name']}`",
            column["meaning"],
            column["unit"] or "",
            column["allowed"],
            f"{column['filled']:,}",
            _observed_text(column["observed"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "## What the rows are", ""]
    for name, counts in metadata["counts"].items():
        stated = ", ".join(f"{word or 'not stated'} {count:,}" for word, count in counts.items())
        lines.append(f"- `{name}`: {stated}")
    lines += ["", "## Known biases", "", *(f"- {bias}" for bias in metadata["known_biases"])]
    lines += ["", "## Quality", "", *(f"- {point}" for point in metadata["quality"])]
    return "\n".join([*lines, ""])


def write_card(data: Path | str, folder: Path | str | None = None) -> tuple[Path, Path]:
    """Write `<name>.json` and `<name>.card.md` from a data set.

    Args:
        data: The CSV file.
        folder: Where to write; by default beside the file.

    Returns:
        The paths of the metadata and of the card.
    """
    data = Path(data)
    folder = data.parent if folder is None else Path(folder)
    metadata = describe_dataset(data)
    json_path, card_path = folder / f"{data.stem}.json", folder / f"{data.stem}.card.md"
    atomic_write_text(json_path, json.dumps(metadata, indent=2, ensure_ascii=False) + "\n")
    atomic_write_text(card_path, card_text(metadata))
    return json_path, card_path


def _describe_column(frame: pd.DataFrame, rule: ColumnRule) -> Metadata:
    values = frame[rule.column]
    numeric = rule.type in (ValueType.NUMBER, ValueType.INTEGER)
    filled = values.notna() if numeric else values != "" if rule.type is not ValueType.FLAG else values | ~values
    observed: Metadata = {}
    if numeric and filled.any():
        known = values[filled].astype(float)
        observed = {"min": float(known.min()), "median": float(known.median()), "max": float(known.max())}
    elif rule.type is ValueType.FLAG:
        observed = {"ones": int(values.sum())}
    elif rule.type is ValueType.TEXT:
        observed = {"distinct": int(values[filled].nunique())}
    return {
        "name": str(rule.column),
        "label": rule.column.label,
        "meaning": rule.meaning,
        "unit": rule.column.unit or None,
        "type": str(rule.type),
        "allowed": rule.allowed,
        "filled": int(filled.sum()),
        "observed": observed,
    }


def _observed_text(observed: Metadata) -> str:
    if "median" in observed:
        return f"{observed['min']:g} to {observed['max']:g}, median {observed['median']:g}"
    return ", ".join(f"{count:,} {name}" for name, count in observed.items())


def _counts(frame: pd.DataFrame, column: Column) -> dict[str, int]:
    """Rows a word, the most frequent first."""
    counts = frame[column].value_counts()
    return {str(word): int(count) for word, count in sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))}


def _biases(frame: pd.DataFrame) -> list[str]:
    total = len(frame)
    ion = frame[Column.WORKING_ION]
    called_high = frame[Column.ENTROPY_CLASS] == "high"
    zinc_high = int((called_high & (ion == "Zn") & (frame[Column.ROLE] == "cathode")).sum())
    abstracts = int((frame[Column.EVIDENCE] == "abstract").sum())
    capacity = frame[Column.CAPACITY].notna()
    no_rate = int((capacity & frame[Column.CAPACITY_CURRENT].isna() & frame[Column.CAPACITY_C_RATE].isna()).sum())
    late = frame[Column.CAPACITY_KIND] == "after_cycles"
    no_cycles = int((late & frame[Column.CAPACITY_AFTER_CYCLES].isna()).sum())
    baseline = int(frame[Column.IS_COMPARATOR].sum())
    inexact = int((frame[Column.FORMULA_QUALITY] != "exact").sum())
    window = int((frame[Column.VOLTAGE_MIN].notna() & frame[Column.VOLTAGE_MAX].notna()).sum())
    no_address = int(((frame[Column.DOI] == "") & (frame[Column.URL] == "")).sum())
    return [
        f"{abstracts:,} of {total:,} rows were read from abstracts, which print the good numbers and rarely the "
        f"baseline's: only {baseline:,} rows are the unmodified comparator of their paper.",
        f"Most rows are low-entropy materials: {int(called_high.sum()):,} are called high-entropy by their paper, "
        f"{zinc_high or 'none'} of them zinc cathodes.",
        f"Sodium is over-represented: {int((ion == 'Na').sum()):,} rows, against {int((ion == 'Li').sum()):,} of "
        f"lithium and {int((ion == 'Zn').sum()):,} of zinc.",
        f"Conditions are often missing: {no_rate:,} of {int(capacity.sum()):,} capacities state neither current nor "
        f"C-rate, {total - window:,} rows no complete voltage window, {no_cycles:,} of {int(late.sum()):,} capacities "
        "after cycling no cycle number.",
        f"{inexact:,} formulas are not the exact composition measured: an amount is assumed, or the host of a doped or "
        "composite sample is given.",
        f"{int(frame[Column.IS_COMPOSITE].sum()):,} rows mention carbon, a coating or another phase; whether their "
        "capacity counts it is often unclear.",
        f"{int(frame[Column.IS_FULL_CELL].sum()):,} rows are full cells with an ambiguous mass basis; keep them out of "
        "half-cell models.",
        f"Of the {int(frame[Column.VOLTAGE].notna().sum()):,} average voltages about half are plateau values.",
        f"{no_address:,} rows name their source by title alone.",
    ]


def _quality(frame: pd.DataFrame) -> list[str]:
    cathode = repeat_difference(frame, Column.CAPACITY, "cathode")
    retention = repeat_difference(frame, Column.RETENTION)
    return [
        "An independent re-reading of 129 rows found every capacity (121), rate (104), retention, cycle number (61), "
        "role and ion (129) right, 95 % of the formulas and 80 % of the structures.",
        f"Papers differ: predicting a half-cell value by the median of the same formula, ion and role in other papers "
        f"misses a cathode's capacity by {cathode[0]:.0f} mAh/g on average ({cathode[1]:,} rows, any rate) and a "
        f"retention by {retention[0]:.0f} points ({retention[1]:,} rows, any cycle number).",
        "One paper may appear under two addresses (DOI, page, preprint, conference abstract); `hemml.data.paper_ids` "
        "joins them for splits, and `hemml data check` lists the rows that repeat.",
    ]


def repeat_difference(frame: pd.DataFrame, target: Column, role: str | None = None) -> tuple[float, int]:
    """How far a value lies from the median of the same material in other papers: the scatter between papers.

    Args:
        frame: A frame as `load_table` returns it.
        target: The measured column.
        role: Only rows of this role; None means both.

    Returns:
        Mean absolute difference in the unit of the column, and the number of half-cell rows that have such a median.

    Raises:
        ValueError: The column is no target.
    """
    if target not in TARGETS:
        raise ValueError(f"target must be one of {', '.join(TARGETS)}, got {target!r}")
    keep = half_cell(frame) & frame[target].notna().to_numpy()
    if role is not None:
        keep &= (frame[Column.ROLE] == role).to_numpy()
    rows = frame[keep].assign(paper=paper_ids(frame)[keep])
    differences: list[float] = []
    for _, material in rows.groupby([Column.FORMULA, Column.WORKING_ION, Column.ROLE]):
        for _, own in material.groupby("paper"):
            others = material.loc[material["paper"] != own["paper"].iloc[0], target]
            if len(others):
                differences += [abs(value - float(others.median())) for value in own[target]]
    mean = sum(differences) / len(differences) if differences else float("nan")
    return mean, len(differences)
