"""What the training records hold, counted: which species on which sublattice, which cells and families, which ranges.

Small enough to stand in a bundle; `hemml.models.unusual` says from it what makes a material unusual.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from hemml.arrays import FloatArray
from hemml.columns import Column
from hemml.composition import CompositionBatch
from hemml.errors import BundleError
from hemml.features import FeatureSet
from hemml.models.inputs import Inputs, batch_of
from hemml.models.training_rows import TrainingRows

if TYPE_CHECKING:
    import pandas as pd

Counts: TypeAlias = Mapping[str, int]

FILE: Final = "usual.json"
HIGH_ENTROPY_R: Final = 1.5
ANYWHERE: Final = "anywhere"
KINDS: Final = ("cation", "alloy", "mobile", "anion", "molecule")
SHARED: Final = ("cation", "alloy")
MIN_ROWS_OF_RANGE: Final = 30  # a role and ion with fewer is compared with its role, a role with fewer with all
DESCRIPTORS: Final = (
    "S_config_cation_R",
    "n_components",
    "residual_charge_per_cation",
    "radius_mismatch_pct",
    "electronegativity_spread_pauling",
    "mean_oxidation_state",
)
# Conditions with the flag that says whether a row states them.
STATED: Final = {
    "log10_rate_C": "rate_stated",
    "log10_cycles": "cycles_stated",
    "voltage_min_V": "window_stated",
    "voltage_max_V": "window_stated",
    "temperature_C": None,
}


@dataclass(frozen=True)
class Range:
    """Values of one quantity among n training records: smallest, 1 % and 99 % quantiles, largest."""

    n: int
    least: float
    low: float
    high: float
    most: float


@dataclass(frozen=True)
class Usual:
    """Counts and ranges of the training records of one target.

    A cell is a role and a working ion, such as "cathode Zn".

    Attributes:
        records: How many there are.
        cells: Records a cell.
        families: Records a family, by cell.
        species: Records with a species on a kind of sublattice, by kind, species and working ion; the kind "anywhere"
            counts elements wherever they are.
        most: Largest share of an element among the atoms of its kind, by kind ("cation", "alloy") and element.
        high_entropy: Records with S_config of 1.5 R or more, by cell.
        components: Records a number of elements that share one sublattice.
        ranges: Range of each quantity, by cell, by role, and for all under "".
    """

    records: int
    cells: Counts
    families: Mapping[str, Counts]
    species: Mapping[str, Mapping[str, Counts]]
    most: Mapping[str, Mapping[str, float]]
    high_entropy: Counts
    components: Counts
    ranges: Mapping[str, Mapping[str, Range]]

    @classmethod
    def of(cls, rows: TrainingRows, inputs: Inputs) -> Usual:
        """Count n training rows.

        Args:
            rows: What a model learned from.
            inputs: Its columns.
        """
        batch, frame = batch_of(rows.frame), rows.frame
        cells, ions = cells_of(frame), frame[Column.WORKING_ION].to_numpy(dtype=object)
        values = quantities(batch, dict(zip(inputs.names, inputs.transform(frame, rows.compositions).T, strict=True)))
        families = frame[Column.FAMILY].to_numpy(dtype=object)
        present = {kind: (labels, amounts > 0) for kind, (labels, amounts) in amounts_of(batch).items()}
        shares = {kind: (labels, share) for kind, (labels, share) in shares_of(batch).items()}
        return cls(
            records=len(rows),
            cells=_count(cells),
            families={cell: _count(families[cells == cell]) for cell in sorted(set(cells))},
            species={
                kind: {label: _count(ions[has[:, j]]) for j, label in enumerate(labels) if has[:, j].any()}
                for kind, (labels, has) in present.items()
            },
            most={
                kind: {label: float(share[:, j].max()) for j, label in enumerate(labels) if share[:, j].any()}
                for kind, (labels, share) in shares.items()
            },
            high_entropy=_count(cells[values["S_config_cation_R"] >= HIGH_ENTROPY_R]),
            components=_count(values["n_components"].astype(np.int64).astype(np.str_)),
            ranges=_ranges(frame, {name: column for name, column in values.items() if name not in DESCRIPTORS[:3]}),
        )

    def save(self, folder: Path) -> None:
        """Write `usual.json` into a folder that exists."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1, sort_keys=True, allow_nan=False) + "\n", "utf-8")

    @classmethod
    def load(cls, folder: Path) -> Usual:
        """Read what `save` wrote.

        Raises:
            BundleError: The file is missing or damaged.
        """
        try:
            about = json.loads((folder / FILE).read_text(encoding="utf-8"))
            return cls(
                records=int(about["records"]),
                cells=_counts(about["cells"]),
                families={cell: _counts(table) for cell, table in about["families"].items()},
                species={
                    kind: {label: _counts(table) for label, table in about["species"][kind].items()}
                    for kind in (ANYWHERE, *KINDS)
                },
                most={kind: {k: float(v) for k, v in about["most"][kind].items()} for kind in SHARED},
                high_entropy=_counts(about["high_entropy"]),
                components=_counts(about["components"]),
                ranges={
                    key: {name: _range(one) for name, one in table.items()} for key, table in about["ranges"].items()
                },
            )
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as err:
            raise BundleError(
                f"{folder / FILE}: must be what hemml wrote, got {err!r}; train the bundle again"
            ) from err


def cells_of(frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    """Role and working ion of each of n rows, such as "cathode Zn", (n,)."""
    return (frame[Column.ROLE] + " " + frame[Column.WORKING_ION]).to_numpy(dtype=object)


def amounts_of(batch: CompositionBatch) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
    """For each kind of sublattice, and anywhere, the labels of its species and their amounts, (n, labels)."""
    elements = batch.elements
    return {
        ANYWHERE: (elements, batch.amounts),
        "cation": (elements, batch.cation),
        "alloy": (elements, batch.alloy),
        "mobile": (elements, batch.mobile),
        "anion": (batch.anion_species, batch.anion),
        "molecule": (batch.molecule_species, batch.molecule),
    }


def shares_of(batch: CompositionBatch) -> dict[str, tuple[tuple[str, ...], FloatArray]]:
    """Share of each element among the atoms on cation and on alloy sublattices, (n, k); 0 where there are none."""
    out = {}
    for kind, amounts in (("cation", batch.cation), ("alloy", batch.alloy)):
        total = amounts.sum(axis=1, keepdims=True)
        out[kind] = (batch.elements, amounts / np.where(total > 0, total, 1.0))
    return out


def quantities(batch: CompositionBatch, columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Descriptors and stated conditions of n rows by name, each (n,); NaN where one does not apply or is not stated.

    Args:
        batch: The n compositions.
        columns: Columns of `Inputs` by name, each (n,).
    """
    return dict(zip(DESCRIPTORS, FeatureSet.default(DESCRIPTORS).compute(batch).T, strict=True)) | stated(columns)


def stated(columns: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
    """Test conditions of n rows by name, each (n,), NaN where a row does not state one.

    Args:
        columns: Columns of `Inputs` by name, each (n,).
    """
    found = {}
    for name, flag in STATED.items():
        if name in columns:
            found[name] = columns[name] if flag is None else np.where(columns[flag] > 0, columns[name], np.nan)
    return found


def _count(labels: ArrayLike) -> dict[str, int]:
    names, counts = np.unique(np.asarray(labels, dtype=np.str_), return_counts=True)
    return dict(zip(names.tolist(), counts.tolist(), strict=True))


def _counts(table: Mapping[str, object]) -> dict[str, int]:
    return {str(name): int(str(count)) for name, count in table.items()}


def _range(about: Mapping[str, float]) -> Range:
    return Range(int(about["n"]), *(float(about[name]) for name in ("least", "low", "high", "most")))


def _ranges(frame: pd.DataFrame, values: Mapping[str, FloatArray]) -> dict[str, dict[str, Range]]:
    out: dict[str, dict[str, Range]] = {}
    for labels in (np.full(len(frame), ""), frame[Column.ROLE].to_numpy(dtype=object), cells_of(frame)):
        for label in sorted(set(labels.tolist())):
            for name, column in values.items():
                known = column[(labels == label) & np.isfinite(column)]
                if len(known) >= MIN_ROWS_OF_RANGE or (label == "" and len(known)):
                    ends = np.quantile(known, [0.0, 0.01, 0.99, 1.0])
                    out.setdefault(label, {})[name] = Range(len(known), *(float(f"{end:.6g}") for end in ends))
    return out
