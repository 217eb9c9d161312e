"""What makes a material unusual beside the training records, in plain sentences, the weightiest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.models.usual import (
    ANYWHERE,
    HIGH_ENTROPY_R,
    KINDS,
    Counts,
    Range,
    Usual,
    amounts_of,
    cells_of,
    quantities,
    shares_of,
    stated,
)

if TYPE_CHECKING:
    import pandas as pd

Labels: TypeAlias = np.ndarray[tuple[int], np.dtype[np.object_]]
Sentences: TypeAlias = list[list[str]]

MOST_SENTENCES: Final = 6
FEW: Final = 5  # a species in fewer records is told with their number
FEW_OF_A_CELL: Final = 10
ENOUGH_OF_AN_ION: Final = 10  # an ion with fewer records is told itself, not each element that it lacks
BEYOND_MOST: Final = 0.05  # share of an element above the largest of the training records
RARE: Final = 0.01
UNBALANCED_E: Final = 0.01
ROWS_OF_A_QUANTILE: Final = 100  # 1 % and 99 % are told of as many records or more
_PLACES: Final = {
    "cation": "on a cation sublattice",
    "alloy": "in an alloy",
    "mobile": "as a mobile ion",
    "anion": "as an anion",
    "molecule": "as a molecule",
}
# Quantity: how it is called, its unit, and how its stored value is shown.
_SHOWN: Final[Mapping[str, tuple[str, str, Callable[[float], float]]]] = {
    "radius_mismatch_pct": ("radius mismatch", " %", float),
    "electronegativity_spread_pauling": ("electronegativity spread", "", float),
    "mean_oxidation_state": ("mean oxidation state", "", float),
    "log10_rate_C": ("rate", " C", lambda value: 10.0**value),
    "log10_cycles": ("cycle number", "", lambda value: 10.0**value - 1.0),
    "voltage_min_V": ("lower voltage limit", " V", float),
    "voltage_max_V": ("upper voltage limit", " V", float),
    "temperature_C": ("temperature", " degC", float),
}
_ONE_SIDED: Final = frozenset({"radius_mismatch_pct", "electronegativity_spread_pauling", "log10_cycles"})


def unusual_of(
    usual: Usual, batch: CompositionBatch, frame: pd.DataFrame, columns: Mapping[str, FloatArray]
) -> tuple[tuple[str, ...], ...]:
    """Say for each of n rows what the training records lack.

    Args:
        usual: What the training records hold.
        batch: The n compositions.
        frame: The rows, with role, ion and family.
        columns: Columns of the model's inputs by name, each (n,); test conditions are told where they are stated.

    Returns:
        For each row at most six sentences, the weightiest first; none where nothing is unusual.
    """
    found: Sentences = [[] for _ in range(len(frame))]
    cells, ions = cells_of(frame), frame[Column.WORKING_ION].to_numpy(dtype=object)
    values = quantities(batch, columns)
    _tell_unknown_species(found, usual, batch)
    _tell_unbalanced(found, batch, values)
    _tell_cells(found, usual, cells, frame[Column.FAMILY].to_numpy(dtype=object))
    _tell_rare_species(found, usual, batch, ions)
    _tell_entropy(found, usual, cells, values)
    _tell_shares(found, usual, batch)
    roles = frame[Column.ROLE].to_numpy(dtype=object)
    for name in _SHOWN:
        if name in values:
            _tell_range(found, usual, name, values[name], cells, roles)
    return tuple(tuple(sentences[:MOST_SENTENCES]) for sentences in found)


def unusual_tests(
    usual: Usual, frame: pd.DataFrame, columns: Mapping[str, FloatArray], label: str
) -> tuple[tuple[str, ...], ...]:
    """The part of `unusual_of` that test conditions make, told of another target than the main one.

    Args:
        usual: What the training records of that target hold.
        frame: The n rows.
        columns: Columns of its inputs by name, each (n,).
        label: Its name, put before each sentence.
    """
    found: Sentences = [[] for _ in range(len(frame))]
    cells, roles = cells_of(frame), frame[Column.ROLE].to_numpy(dtype=object)
    for name, values in stated(columns).items():
        _tell_range(found, usual, name, values, cells, roles)
    return tuple(tuple(f"{label}: {sentence}" for sentence in sentences) for sentences in found)


def _tell_unknown_species(found: Sentences, usual: Usual, batch: CompositionBatch) -> None:
    """Elements that no record contains, and species that none has on that kind of sublattice."""
    present = {kind: (labels, amounts > 0) for kind, (labels, amounts) in amounts_of(batch).items()}
    for row, names in _named(present[ANYWHERE], usual.species[ANYWHERE]):
        found[row].append(f"no training record contains {_one_of(names)}")
    for kind in KINDS:
        for row, names in _named(present[kind], usual.species[kind]):
            # an element that no record contains has been told
            known = [name for name in names if name in usual.species[ANYWHERE] or name not in batch.elements]
            if known:
                found[row].append(f"no training record has {_one_of(known)} {_PLACES[kind]}")


def _named(present: tuple[Sequence[str], BoolArray], known: Mapping[str, object]) -> Iterable[tuple[int, list[str]]]:
    """Rows with labels that are present there and not known, and these labels."""
    labels, has = present
    unknown = [j for j, label in enumerate(labels) if label not in known]
    return _by_row(has[:, unknown], [labels[j] for j in unknown])


def _by_row(hits: BoolArray, labels: Sequence[str]) -> Iterable[tuple[int, list[str]]]:
    out: dict[int, list[str]] = {}
    for row, j in np.argwhere(hits).tolist():
        out.setdefault(row, []).append(labels[j])
    return out.items()


def _tell_unbalanced(found: Sentences, batch: CompositionBatch, values: Mapping[str, FloatArray]) -> None:
    residual = np.nan_to_num(values["residual_charge_per_cation"]) * batch.cation.sum(axis=1)
    for row in np.flatnonzero(np.abs(residual) > UNBALANCED_E).tolist():
        found[row].append(f"the formula cannot be balanced: residual charge {residual[row]:.2g} e per formula unit")


def _tell_cells(found: Sentences, usual: Usual, cells: Labels, families: Labels) -> None:
    """Roles and ions, and families in them, that few or no records have."""
    everywhere = {family for counts in usual.families.values() for family in counts}
    told: dict[tuple[str, str], str | None] = {}
    for row, key in enumerate(zip(cells.tolist(), families.tolist(), strict=True)):
        if key not in told:
            told[key] = _cell_sentence(usual, *key, everywhere)
        if (sentence := told[key]) is not None:
            found[row].append(sentence)


def _cell_sentence(usual: Usual, cell: str, family: str, everywhere: set[str]) -> str | None:
    records, one = usual.cells.get(cell, 0), _cell(cell)
    if family not in everywhere:
        return f"no training record has family {family}"
    if records == 0:
        return f"no training record is a {one}"
    if records < FEW_OF_A_CELL:
        return f"only {records:,} of {usual.records:,} training records {'is a' if records == 1 else 'are'} {one}" + (
            "" if records == 1 else "s"
        )
    if (of_family := usual.families[cell].get(family, 0)) == 0:
        return f"no training record of a {one} has family {family}"
    if of_family < FEW and of_family < RARE * records:
        return f"{of_family:,} of {records:,} training records of {one}s {_have(of_family)} family {family}"
    return None


def _tell_rare_species(found: Sentences, usual: Usual, batch: CompositionBatch, ions: Labels) -> None:
    """Species in few records, and those in none with this working ion."""
    of_ion, species = _sum_by_ion(usual), amounts_of(batch)
    for kind in KINDS:
        labels, amounts = species[kind]
        known = [j for j, label in enumerate(labels) if label in usual.species[kind]]
        counts = {j: sum(usual.species[kind][labels[j]].values()) for j in known}
        for row, j in np.argwhere(amounts[:, known] > 0).tolist() if known else []:
            column = known[j]
            if counts[column] >= FEW:
                continue
            ion, name = str(ions[row]), labels[column]
            lacks = of_ion.get(ion, 0) >= ENOUGH_OF_AN_ION and ion not in usual.species[kind][name]
            end = f", none with {ion} as working ion" if lacks else ""
            found[row].append(f"{name} {_PLACES[kind]} in {_records(counts[column])}{end}")
        for ion in sorted(set(ions.tolist())):
            if of_ion.get(ion, 0) < ENOUGH_OF_AN_ION:
                continue
            without = [j for j in known if counts[j] >= FEW and ion not in usual.species[kind][labels[j]]]
            hits = (amounts[:, without] > 0) & (ions == ion)[:, None]
            for row, names in _by_row(hits, [labels[j] for j in without]):
                found[row].append(f"no training record with {ion} as working ion has {_one_of(names)} {_PLACES[kind]}")


def _tell_entropy(found: Sentences, usual: Usual, cells: Labels, values: Mapping[str, FloatArray]) -> None:
    """High-entropy materials of a role and ion that has few, and more components than is usual."""
    for row in np.flatnonzero(values["S_config_cation_R"] >= HIGH_ENTROPY_R).tolist():
        cell = str(cells[row])
        count = usual.high_entropy.get(cell, 0)
        if count < FEW_OF_A_CELL and usual.cells.get(cell, 0):
            number = f"{count:,}" if count else "no"
            noun = "training records" if count > 1 else "training record"
            verb = "are" if count > 1 else "is"
            found[row].append(
                f"{number} {noun} of a {_cell(cell)} {verb} high-entropy (S_config >= {HIGH_ENTROPY_R:g} R)"
            )
    numbers = values["n_components"].astype(np.int64)
    known = {int(number): count for number, count in usual.components.items()}
    for number in np.unique(numbers).tolist():
        as_many = sum(count for other, count in known.items() if other >= number)
        if as_many >= RARE * usual.records:
            continue
        if as_many:
            share = f"{100 * as_many / usual.records:.1g} % of the training records have more than {number - 1}"
        else:
            share = f"no training record has more than {max(known)}"
        for row in np.flatnonzero(numbers == number).tolist():
            found[row].append(f"{number} components on one sublattice; {share}")


def _tell_shares(found: Sentences, usual: Usual, batch: CompositionBatch) -> None:
    """Elements that make up more of the cations, or of an alloy, than in any record."""
    for kind, whole in (("cation", "cations"), ("alloy", "alloy")):
        labels, shares = shares_of(batch)[kind]
        most = np.array([usual.most[kind].get(label, np.inf) for label in labels])
        for row, j in np.argwhere(shares > most + BEYOND_MOST).tolist():
            found[row].append(
                f"{labels[j]} makes up {100 * shares[row, j]:.0f} % of the {whole}; "
                f"at most {100 * most[j]:.0f} % in the training records"
            )


def _tell_range(found: Sentences, usual: Usual, name: str, values: FloatArray, cells: Labels, roles: Labels) -> None:
    """Values beyond the largest or smallest of the records of their role and ion, or beyond 99 % of them."""
    for cell, role in sorted(set(zip(cells.tolist(), roles.tolist(), strict=True))):
        group = next((key for key in (cell, role, "") if name in usual.ranges.get(key, {})), None)
        if group is None:
            continue
        usual_range = usual.ranges[group][name]
        beyond = values > usual_range.high
        if name not in _ONE_SIDED:
            beyond |= values < usual_range.low
        for row in np.flatnonzero(beyond & (cells == cell)).tolist():
            sentence = _range_sentence(name, float(values[row]), usual_range, group)
            if sentence is not None:
                found[row].append(sentence)


def _range_sentence(name: str, value: float, usual: Range, group: str) -> str | None:
    called, unit, shown = _SHOWN[name]
    above = value > usual.high
    end, extreme = (usual.most, "largest") if above else (usual.least, "smallest")
    side = "above" if above else "below"
    of = f"the {usual.n:,} training records" + (f" of {_cell(group)}s" if group else "")

    def text(number: float) -> str:
        return f"{shown(number):.3g}{unit}" if abs(shown(number)) < 1000 else f"{shown(number):,.0f}{unit}"

    # A difference that does not show is none; stored ends are rounded too.
    if (value > end if above else value < end) and text(value) != text(end):
        return f"{called} {text(value)} is {side} the {extreme} of {of} ({text(end)})"
    limit = usual.high if above else usual.low
    if usual.n < ROWS_OF_A_QUANTILE or text(value) == text(limit):
        return None
    return f"{called} {text(value)} is {side} 99 % of {of} ({text(limit)})"


def _sum_by_ion(usual: Usual) -> Counts:
    out: dict[str, int] = {}
    for cell, count in usual.cells.items():
        ion = cell.split(" ", 1)[1]
        out[ion] = out.get(ion, 0) + count
    return out


def _cell(cell: str) -> str:
    """A role and ion as a chemist says it: "cathode Zn" is "Zn cathode"."""
    role, _, ion = cell.partition(" ")
    return f"{ion} {role}" if ion else role


def _one_of(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _records(count: int) -> str:
    return f"{count:,} training record{'' if count == 1 else 's'}"


def _have(count: int) -> str:
    return "has" if count == 1 else "have"
