"""What each element does: every element on the cation sites swapped for every other, one at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.columns import Column
from hemml.composition import Material
from hemml.errors import InputError
from hemml.explanation.changes import balanced, changes, charge_strains, pair_differences_of, predict_as
from hemml.explanation.substitution import (
    RARE,
    alternatives,
    exchangeable,
    kind_of_site,
    site_counts,
    swapped,
    with_amounts,
)

if TYPE_CHECKING:
    import pandas as pd

    from hemml.models.prediction import Predictor

FIXED: Final = ("sublattice", "removed", "added", "formula", "charge_balanced", "n_records", "rare", "in_domain")
PARTS: Final = ("value", "change", "lower", "upper", "chance_of_rise")


def swap_table(predictor: Predictor, frame: pd.DataFrame, level: float = 0.9) -> pd.DataFrame:
    """Swap the whole amount of each element on cation or alloy sites for each alternative; all else stays the same.

    Alternatives are the elements that stand on that kind of site in 5 training records or more. Oxygen, mobile ions and
    the test conditions stay, so an element of another charge is balanced by the others on the redox ladder; where they
    cannot, `charge_balanced` is False.

    Args:
        predictor: The models.
        frame: One row typed as by `hemml.data.typed`.
        level: Wanted coverage of the intervals of the changes.

    Returns:
        One row a swap: sublattice, removed, added, formula, charge_balanced, n_records (training records with the added
        element on such sites), rare (fewer than 20), in_domain; and for each target `<target>_value`, `_change`,
        `_lower`, `_upper` and `_chance_of_rise` (changes in % for capacity, else in the target's unit; NaN where the
        models hold no calibration of differences).

    Raises:
        InputError: The material has no cations, or nothing to swap them for, or the level is too high.
        FormulaError: The formula cannot be read.
    """
    import pandas as pd

    if len(frame) != 1:
        raise InputError(f"rows to explain by swaps must be one, got {len(frame)}; give them one at a time")
    full = predictor.complete(frame)
    ion = str(full[Column.WORKING_ION].iloc[0])
    material = Material.parse(str(full[Column.FORMULA].iloc[0]), ion)
    rows = _candidates(material, site_counts(predictor))
    if not rows:
        raise InputError(
            f"formula {material.formula!r} must hold an element that training records replace, got none; train on "
            "records of such materials"
        )
    formulas = [material.formula, *(row[3] for row in rows)]
    charge = charge_strains(formulas, ion)
    predicted = predict_as(predictor, full, formulas)
    sublattice, removed, added, texts, counts = zip(*rows, strict=True)
    columns: dict[str, object] = {
        "sublattice": sublattice,
        "removed": removed,
        "added": added,
        "formula": texts,
        "charge_balanced": balanced(charge[1:], charge[0]),
        "n_records": counts,
        "rare": np.array(counts) < RARE,
        "in_domain": predicted.in_domain[1:],
    }
    for target, bundle in predictor.bundles.items():
        values = predicted.values[target]
        found = changes(target, float(values[0]), values[1:], pair_differences_of(bundle), level)
        parts = (values[1:], found.change, found.lower, found.upper, found.chance_of_rise)
        columns |= {f"{target}_{name}": part for name, part in zip(PARTS, parts, strict=True)}
    return pd.DataFrame(columns)


def _candidates(material: Material, counts: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str, str, str, int]]:
    """Sublattice, removed element, added element, formula and number of records of each swap."""
    rows = []
    for sublattice in exchangeable(material):
        place = material.sublattices.index(sublattice)
        known = counts[kind_of_site(sublattice)]
        for removed in sublattice.amounts:
            for added in alternatives(known, without=(removed,)):
                formula = with_amounts(material, place, swapped(sublattice.amounts, removed, added))
                if formula is not None:
                    rows.append((sublattice.label, removed, added, formula, int(known[added])))
    return rows
