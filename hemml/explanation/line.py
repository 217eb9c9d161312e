"""What lies between two compositions: predictions along the straight line of all amounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import Column
from hemml.composition import Material, Sublattice
from hemml.composition.writing import write_formula
from hemml.errors import InputError
from hemml.explanation.changes import balanced, charge_strains, predict_as

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor

_OPTIONAL: Final = ("proton", "mobile", "molecule")
_MOST_STEPS: Final = 1001


def line_table(
    predictor: Predictor, frame: pd.DataFrame, end: str, steps: int = 11, level: float = 0.9
) -> pd.DataFrame:
    """Predict compositions along the line from the formula of a row to another, all conditions as in the row.

    Each amount changes linearly per formula unit as written, so write both formulas for the same amount of anions.

    Args:
        predictor: The models.
        frame: One row typed as by `hemml.data.typed`.
        end: Formula at the other end.
        steps: Compositions on the line, both ends included.
        level: Wanted coverage of the intervals.

    Returns:
        One row a composition: share of the second end (0 to 1), formula, charge_balanced (no more charge left over than
        at the worse end), in_domain, and for each target `<target>_value`, `_lower`, `_upper`.

    Raises:
        InputError: The ends hold different mobile ions or have different sublattices, or steps are too few or many.
        FormulaError: A formula cannot be read.
    """
    import pandas as pd

    if len(frame) != 1:
        raise InputError(f"rows to draw a line from must be one, got {len(frame)}; give them one at a time")
    if not 2 <= steps <= _MOST_STEPS:
        raise InputError(f"steps of a line must be 2 to {_MOST_STEPS}, got {steps}")
    full = predictor.complete(frame)
    ion = str(full[Column.WORKING_ION].iloc[0])
    first, last = Material.parse(str(full[Column.FORMULA].iloc[0]), ion), Material.parse(end, ion)
    _check_ends(first, last)
    shares = np.linspace(0.0, 1.0, steps)
    formulas = [
        first.formula,
        *(write_formula(_between(first, last, float(share)), ion) for share in shares[1:-1]),
        last.formula,
    ]
    charge = charge_strains(formulas, ion)
    predicted = predict_as(predictor, full, formulas, level)
    columns: dict[str, object] = {
        "share": shares,
        "formula": formulas,
        "charge_balanced": balanced(charge, max(charge[0], charge[-1])),
        "in_domain": predicted.in_domain,
    }
    for target in predictor.targets:
        for name, values in (("value", predicted.values), ("lower", predicted.lower), ("upper", predicted.upper)):
            columns[f"{target}_{name}"] = values[target]
    return pd.DataFrame(columns)


def _check_ends(first: Material, last: Material) -> None:
    ions = [{s for part in m.of_kind("mobile") for s in part.amounts} for m in (first, last)]
    if ions[0] and ions[1] and ions[0] != ions[1]:
        raise InputError(
            f"both ends of a line must hold the same mobile ion, got {', '.join(sorted(ions[0]))} in {first.formula!r} "
            f"and {', '.join(sorted(ions[1]))} in {last.formula!r}; compare them with hemml predict"
        )
    labels = [{s.label for s in m.sublattices if s.label not in _OPTIONAL} for m in (first, last)]
    if labels[0] != labels[1]:
        raise InputError(
            f"both ends of a line must have the same sublattices, got {', '.join(sorted(labels[0]))} in "
            f"{first.formula!r} and {', '.join(sorted(labels[1]))} in {last.formula!r}; write both with "
            "brackets around the same sites"
        )


def _between(first: Material, last: Material, share: float) -> list[Sublattice]:
    """Sublattices whose amounts and vacancies are the weighted means of those of two materials."""
    parts = [(s, 1.0 - share) for s in first.sublattices] + [(s, share) for s in last.sublattices]
    out = []
    for label in dict.fromkeys(s.label for s, _ in parts):
        same = [(s, weight) for s, weight in parts if s.label == label]
        amounts: dict[str, float] = {}
        for s, weight in same:
            for species, amount in s.amounts.items():
                amounts[species] = amounts.get(species, 0.0) + weight * amount
        vacancy = sum(weight * s.vacancy for s, weight in same)
        out.append(Sublattice(same[0][0].kind, label, amounts, vacancy))
    return out
