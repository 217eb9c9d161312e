"""Explanations as plain values and as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.cli.output import console
from hemml.columns import Column

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from hemml.explanation.contributions import Contributions
    from hemml.models.prediction import Predictor

_COLUMNS: Final = {column.value: column for column in Column}
_DECIMALS: Final = {Column.CAPACITY: 0, Column.VOLTAGE: 2, Column.RETENTION: 1}
_HONEST: Final = "These are effects in models that learned from literature. They show what goes with what, not causes."


def contribution_values(found: Mapping[Column, Contributions]) -> dict[str, Any]:
    """For each target the base value, the prediction and what each idea adds, largest first, as `--json` prints it."""
    out: dict[str, Any] = {}
    for target, one in found.items():
        steps = one.steps(0)
        out[str(target)] = {
            "unit": target.unit,
            "base": steps[0].before,
            "predicted": steps[-1].after,
            "base_scaled": one.base,
            "predicted_scaled": float(one.scaled[0]),
            "contributions": [
                {
                    "idea": step.idea.name,
                    "label": step.idea.label,
                    "scaled": step.scaled,
                    "change": step.after - step.before,
                    "change_pct": step.change_pct if target is Column.CAPACITY else None,
                    "value_after": step.after,
                }
                for step in steps
            ],
        }
    return out


def print_contributions(formula: str, values: Mapping[str, Any]) -> None:
    """Print what each idea adds to each prediction."""
    out = console()
    out.print(formula, style="bold")
    for name, about in values.items():
        target = _COLUMNS[name]
        out.print(
            f"{target.label}: {_value(target, about['predicted'])} {target.unit}, "
            f"from {_value(target, about['base'])} where nothing is known of the electrode"
        )
        table = _table(("adds", "right"), ("to reach", "right"), ("", "left"))
        for item in about["contributions"]:
            percent = item["change_pct"]
            added = f"{_signed(target, item['change'])} {_unit(target)}" if percent is None else f"{percent:+.1f} %"
            table.add_row(added, f"{_value(target, item['value_after'])} {target.unit}", item["label"])
        out.print(table)


def print_swaps(predictor: Predictor, table: pd.DataFrame, level: float, shown: int) -> None:
    """Print for each element and target the swaps with the largest rises and falls that balance."""
    out = console()
    for target, bundle in predictor.bundles.items():
        out.print(
            f"Swaps, change of {target.label.lower()} ({_unit(target)}), {100 * level:g} % interval of the change:"
        )
        _print_note(out, bundle.metadata.get("pair_differences"))
        printed = _table(("swap", "left"), ("change", "right"), ("interval", "right"), ("rise", "right"), ("", "left"))
        for (site, removed), group in table.groupby(["sublattice", "removed"], sort=False):
            kept = group[group["charge_balanced"].to_numpy()].sort_values(f"{target}_change", ascending=False)
            ends = kept if len(kept) <= 2 * shown else kept.iloc[[*range(shown), *range(-shown, 0)]]
            for _, row in ends.iterrows():
                printed.add_row(f"{removed} to {row['added']} ({site})", *_change_cells(target, row), _notes(row))
            if len(group) > len(kept):
                printed.add_row(f"{removed}: {len(group) - len(kept)} more not charge balanced", "", "", "", "")
        out.print(printed)
    out.print("rise: probability that the measured change is a rise. All swaps: --json or --csv.")
    out.print(_HONEST)


def print_line(targets: Sequence[Column], table: pd.DataFrame, level: float) -> None:
    """Print the predictions along a line."""
    out = console()
    printed = _table(("share", "right"), *((f"{t.label} ({t.unit})", "right") for t in targets), ("formula", "left"))
    for _, row in table.iterrows():
        cells = [
            f"{_value(t, row[f'{t}_value'])} ({_value(t, row[f'{t}_lower'])} to {_value(t, row[f'{t}_upper'])})"
            for t in targets
        ]
        printed.add_row(f"{row['share']:.3g}", *cells, f"{row['formula']} {_notes(row)}".rstrip())
    out.print(f"in brackets the {100 * level:g} % interval of each value; ion, role, family and test stay the same")
    out.print(printed)
    out.print(_HONEST)


def print_effects(table: pd.DataFrame, level: float) -> None:
    """Print the average effect of each element, largest first."""
    out = console()
    for (role, name), group in table.groupby(["role", "target"], sort=False):
        target = _COLUMNS[str(name)]
        ion, hosts = group["ion"].iloc[0], int(group["n_hosts"].max())
        out.print(
            f"{target.label} of {ion} {role}s: average change ({_unit(target)}) with 20 % of the element on the cation "
            f"sites, over up to {hosts} published hosts, {100 * level:g} % interval of that average"
        )
        printed = _table(
            ("element", "left"), ("change", "right"), ("interval", "right"), ("records", "right"), ("", "left")
        )
        known = group[np.isfinite(group["effect"].to_numpy(dtype=np.float64))].sort_values("effect", ascending=False)
        for _, row in known.iterrows():
            note = f"only {row['n_own']} with {ion} as {role}" if row["n_own"] < 5 else ""
            printed.add_row(
                str(row["element"]),
                _change(target, row["effect"]),
                f"{_change(target, row['lower'])} to {_change(target, row['upper'])}",
                str(row["n_records"]),
                note,
            )
        out.print(printed)
    out.print(_HONEST)


def _print_note(out: Console, stored: Any) -> None:
    """Say what the intervals of changes rest on."""
    if not stored:
        out.print("  no intervals: these models were trained without a calibration of differences; train them again")
        return
    where = "pairs measured in the same paper" if stored["one_paper"] else "rows of different papers (too wide)"
    out.print(f"  calibrated on {where}, {stored['papers']} papers")
    if stored["one_paper"] and stored["n_direction"]:
        out.print(
            f"  in {stored['n_direction']} unseen papers that compare samples of their own, the predicted direction "
            f"was right in {100 * stored['direction']:.0f} % (50 % is chance)"
        )


def _change_cells(target: Column, row: Any) -> tuple[str, str, str]:
    change = _change(target, row[f"{target}_change"])
    low, high, rise = row[f"{target}_lower"], row[f"{target}_upper"], row[f"{target}_chance_of_rise"]
    if not np.isfinite(rise):
        return change, "-", "-"
    return change, f"{_change(target, low)} to {_change(target, high)}", f"{100 * rise:.0f} %"


def _notes(row: Any) -> str:
    notes = [] if row["charge_balanced"] else ["not charge balanced"]
    notes += [] if row["in_domain"] else ["outside the domain"]
    if row.get("rare", False):
        notes.append(f"rare: {row['n_records']} records")
    return "; ".join(notes)


def _unit(target: Column) -> str:
    return "%" if target is Column.CAPACITY else "points" if target is Column.RETENTION else target.unit


def _change(target: Column, value: float) -> str:
    return f"{value:+.0f}" if target is Column.CAPACITY and abs(value) >= 10 else _signed(target, value)


def _signed(target: Column, value: float) -> str:
    digits = 1 if target is Column.CAPACITY else _DECIMALS.get(target, 2)
    return f"{value:+.{digits}f}"


def _value(target: Column, value: float) -> str:
    return f"{value:.{_DECIMALS.get(target, 2)}f}"


def _table(*columns: tuple[str, Any]) -> Any:
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0))
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=name != "formula", overflow="fold")
    return table
