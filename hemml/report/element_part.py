"""The part on what the model makes of each element."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hemml.columns import Column
from hemml.explanation import periodic_table_figure
from hemml.models.score_table import amount
from hemml.report.parts import Part, Picture, Table

if TYPE_CHECKING:
    import pandas as pd

STRONGEST: Final = 8


def element_part(target: Column, effects: pd.DataFrame | None) -> Part:
    """A periodic table and the strongest effects for each working ion.

    Args:
        target: Column of the target.
        effects: What `hemml.explanation.element_effects` returns; of each ion the role with more hosts is shown.
    """
    slug, title = "elements", "Element effects"
    own = None if effects is None else effects[effects["target"] == str(target)]
    if own is None or own.empty:
        return Part(slug, title, ("Element effects were not computed in this run.",))
    pictures: list[Picture] = []
    tables: list[Table] = []
    for ion in dict.fromkeys(own["ion"]):
        of_ion = own[own["ion"] == ion]
        role = str(of_ion.groupby("role")["n_hosts"].sum().idxmax())
        shown = of_ion[(of_ion["role"] == role) & np.isfinite(of_ion["effect"].to_numpy(dtype=float))]
        if shown.empty:
            continue
        order = np.argsort(-np.abs(shown["effect"].to_numpy(dtype=float)), kind="stable")[:STRONGEST]
        rows = shown.iloc[order].to_dict("records")
        unit = str(rows[0]["unit"])
        told = ", ".join(f"{row['element']} {_signed(row['effect'])}" for row in rows)
        pictures.append(
            Picture(
                f"{target}_elements_{len(pictures) + 1}",
                periodic_table_figure(own, target, str(ion), role),
                f"Periodic table of effects on the {target.label.lower()} of {ion} {role}s. Strongest, in {unit}: "
                f"{told}.",
                f"Average change of the predicted {target.label.lower()} ({unit}) when an element takes a fifth of the "
                f"cation sites of published {ion} {role}s. It is what the model learned, not a law: elements come with "
                "families, papers and methods.",
            )
        )
        caption = f"Strongest effects on the {target.label.lower()} of {ion} {role}s, in {unit}"
        tables.append(Table.of(caption, ("Element", "Effect", "Interval over hosts", "Hosts", "Records"), _rows(rows)))
    return Part(slug, title, (), tuple(pictures), tuple(tables))


def _rows(rows: list[dict[Hashable, Any]]) -> list[tuple[str, ...]]:
    return [
        (
            str(row["element"]),
            _signed(row["effect"]),
            f"{_signed(row['lower'])} to {_signed(row['upper'])}",
            f"{row['n_hosts']:,}",
            f"{row['n_records']:,}",
        )
        for row in rows
    ]


def _signed(value: float) -> str:
    return ("−" if value < 0 else "+") + amount(abs(float(value)))
