"""Test conditions as numbers: one rate scale from C and mA/g, cycles, window, electrolyte, ion, family and row quality.

What a row does not state is set to the typical value of its role, ion and family among the training rows, and a flag
says that it was; `assumed` names these values for the user.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from hemml.arrays import BoolArray, FloatArray
from hemml.columns import CAPACITY_KINDS, FAMILIES, WORKING_IONS, Column
from hemml.elements.redox_table import working_ions
from hemml.errors import BundleError
from hemml.features.base import Feature, divide

if TYPE_CHECKING:
    import pandas as pd

ROOM_TEMPERATURE_C: Final = 25.0
AQUEOUS_IONS: Final = ("Zn", "NH4", "H")
_AQUEOUS_WORDS: Final = r"aqueous|water|h2o|znso4|zn\(cf3so3\)2|zn\(otf\)2"
_NON_AQUEOUS_WORDS: Final = "non-aqueous|nonaqueous|organic|acetonitrile|carbonate|glyme|ec[:/]"
_KEY: Final = (Column.ROLE, Column.WORKING_ION, Column.FAMILY)
_ROWS_OF_A_TYPICAL_VALUE: Final = 5
_NOMINAL: Final = "nominal_capacity_mAh_g"
_TYPICAL: Final = (_NOMINAL, "log10_rate_C", "log10_cycles", "voltage_min_V", "voltage_max_V")


@dataclass(frozen=True)
class Protocol:
    """The columns in which a target's test conditions stand.

    Attributes:
        current: Column of the current density, mA/g.
        c_rate: Column of the C-rate.
        cycles: Column of the cycle number, None where the target has none.
        kind: Whether the kind of capacity (initial, reversible, after cycles) matters.
        falling: Condition in which the target cannot rise whatever the composition, None where there is none.
        tested: Whether rate, cycles, window and row quality matter, or role, ion and family alone.
        treated: Whether carbon, coating and doping that sample name and notes mention matter.
    """

    current: Column
    c_rate: Column
    cycles: Column | None
    kind: bool
    falling: str | None
    tested: bool = True
    treated: bool = False


# Conversion anodes gain capacity over hundreds of cycles, so only the rate fixes a sign for capacity.
CAPACITY_PROTOCOL: Final = Protocol(
    Column.CAPACITY_CURRENT, Column.CAPACITY_C_RATE, Column.CAPACITY_AFTER_CYCLES, kind=True, falling="log10_rate_C"
)
RETENTION_PROTOCOL: Final = Protocol(
    Column.RETENTION_CURRENT,
    Column.RETENTION_C_RATE,
    Column.RETENTION_CYCLES,
    kind=False,
    falling="log10_cycles",
    treated=True,
)
VOLTAGE_PROTOCOL: Final = Protocol(
    Column.CAPACITY_CURRENT,
    Column.CAPACITY_C_RATE,
    Column.CAPACITY_AFTER_CYCLES,
    kind=False,
    falling=None,
    tested=False,
)


def _feature(name: str, label: str, unit: str, formula: str) -> Feature:
    return Feature(name, label, unit, formula, "test conditions as published", "conditions")


NUMERIC: Final = (
    _feature("log10_rate_C", "Rate", "log10(C)", "C-rate, or current density over the typical capacity"),
    _feature("rate_stated", "Rate is stated", "", "1 where a current density or C-rate is given"),
    _feature("log10_cycles", "Cycles", "log10(1 + cycles)", "cycles before the value; 0 for a fresh cell"),
    _feature("cycles_stated", "Cycles are stated", "", "1 where a cycle number is given"),
    _feature("voltage_min_V", "Lower voltage limit", "V", "lower limit of the test window"),
    _feature("voltage_max_V", "Upper voltage limit", "V", "upper limit of the test window"),
    _feature("window_stated", "Window is stated", "", "1 where a test window is given"),
    _feature("temperature_C", "Temperature", "degC", "25 where none is given"),
    _feature("is_cathode", "Cathode", "", "1 for a cathode"),
    _feature("ion_charge", "Charge of the working ion", "e", "formal charge"),
    _feature("ion_radius_A", "Radius of the working ion", "angstrom", "Shannon radius, six-coordinate"),
    _feature("ion_potential_V_SHE", "Potential of the working-ion metal", "V", "standard potential"),
    _feature("is_aqueous", "Aqueous electrolyte", "", "1 where the electrolyte or the working ion says so"),
    _feature("is_composite", "Composite", "", "1 where carbon or another second phase is mentioned"),
    _feature("is_comparator", "Comparator", "", "1 for the unmodified baseline of a paper"),
    _feature("is_host", "Host of a doped sample", "", "1 where the formula is the host's"),
    _feature("is_nominal", "Nominal formula", "", "1 where an amount is assumed"),
    _feature("value_is_approximate", "Approximate value", "", "1 for 'about', 'over', 'up to'"),
)  # fmt: skip
CATEGORIES: Final = (
    *(_feature(f"ion_{ion}", f"Working ion {ion}", "", "1 for this ion") for ion in WORKING_IONS),
    *(_feature(f"family_{name}", f"Family {name}", "", "1 for this family") for name in FAMILIES),
)
_CELL: Final = ("is_cathode", "ion_charge", "ion_radius_A", "ion_potential_V_SHE")
KINDS: Final = tuple(_feature(f"kind_{kind}", f"Capacity: {kind}", "", "1 for this kind") for kind in CAPACITY_KINDS)
_TREATMENT_WORDS: Final = {
    "has_carbon": r"(?i:carbon(?!ate)|graphene|graphite|\brgo\b|cnts?\b|nanotube)|[@/]C\b",
    "is_coated": r"(?i:\bcoat)",
    "is_doped": r"(?i:dop(?:ed|ing)\b|substitut|modif)",
}
TREATMENTS: Final = (
    _feature("has_carbon", "Carbon composite", "", "1 where sample name or notes mention carbon, graphene, CNT, /C"),
    _feature("is_coated", "Coated", "", "1 where sample name or notes mention a coating"),
    _feature("is_doped", "Doped or modified", "", "1 where sample name or notes say doped, substituted or modified"),
)

PROTOCOLS: Final[Mapping[str, Protocol]] = {
    "capacity": CAPACITY_PROTOCOL,
    "voltage": VOLTAGE_PROTOCOL,
    "retention": RETENTION_PROTOCOL,
}


@dataclass(frozen=True)
class Conditions:
    """Turns the condition columns of a table into numbers, with typical values learned from training rows.

    Attributes:
        protocol: Columns in which the target's conditions stand.
        typical: Quantity -> "role/ion/family", "role/ion", "role" or "" -> typical value.
    """

    protocol: Protocol
    typical: Mapping[str, Mapping[str, float]]

    @classmethod
    def fit(cls, frame: pd.DataFrame, protocol: Protocol) -> Conditions:
        """Learn typical capacity, rate, window and cycle number from n training rows."""
        capacity, low, high = (
            frame[column].to_numpy(dtype=np.float64)
            for column in (Column.CAPACITY, Column.VOLTAGE_MIN, Column.VOLTAGE_MAX)
        )
        nominal = _typical(frame, capacity)
        rate = cls(protocol, {_NOMINAL: nominal})._rate(frame)
        known = (rate, _cycles(frame, protocol), low, high)
        tables = (nominal, *(_typical(frame, values) for values in known))
        return cls(protocol, dict(zip(_TYPICAL, tables, strict=True)))

    @property
    def features(self) -> tuple[Feature, ...]:
        """Metadata of the c columns."""
        if not self.protocol.tested:
            return tuple(feature for feature in NUMERIC if feature.name in _CELL) + CATEGORIES
        kinds, treatments = KINDS if self.protocol.kind else (), TREATMENTS if self.protocol.treated else ()
        return NUMERIC + CATEGORIES + kinds + treatments

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the c columns."""
        return tuple(feature.name for feature in self.features)

    def transform(self, frame: pd.DataFrame) -> FloatArray:
        """Conditions as numbers, shape (n, c), without NaN.

        Args:
            frame: n rows with all columns of `Column`, typed as by `hemml.data.typed`.
        """
        rate, cycles = self._rate(frame), _cycles(frame, self.protocol)
        low, high = (frame[c].to_numpy(dtype=np.float64) for c in (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX))
        temperature = frame[Column.TEMPERATURE].to_numpy(dtype=np.float64)
        ions = working_ions()
        quality = frame[Column.FORMULA_QUALITY].to_numpy(dtype=object)
        ion = frame[Column.WORKING_ION].to_numpy(dtype=object)
        columns = [
            self._filled(frame, "log10_rate_C", rate),
            np.isfinite(rate),
            self._filled(frame, "log10_cycles", cycles),
            np.isfinite(cycles),
            self._filled(frame, "voltage_min_V", low),
            self._filled(frame, "voltage_max_V", high),
            np.isfinite(high),
            np.where(np.isfinite(temperature), temperature, ROOM_TEMPERATURE_C),
            frame[Column.ROLE].to_numpy(dtype=object) == "cathode",
            np.array([ions[i].charge for i in ion]),
            np.array([ions[i].radius_A for i in ion]),
            np.array([ions[i].potential_V_SHE for i in ion]),
            is_aqueous(frame),
            frame[Column.IS_COMPOSITE].to_numpy(dtype=bool),
            frame[Column.IS_COMPARATOR].to_numpy(dtype=bool),
            quality == "host",
            quality == "nominal",
            frame[Column.VALUE_IS_APPROXIMATE].to_numpy(dtype=bool),
            *(ion == name for name in WORKING_IONS),
            *(frame[Column.FAMILY].to_numpy(dtype=object) == name for name in FAMILIES),
        ]
        if self.protocol.kind:
            kind = frame[Column.CAPACITY_KIND].to_numpy(dtype=object)
            columns += [kind == name for name in CAPACITY_KINDS]
        if self.protocol.treated:
            text = frame[Column.SAMPLE].astype(str) + " ; " + frame[Column.NOTES].astype(str)
            columns += [text.str.contains(_TREATMENT_WORDS[f.name]).to_numpy(dtype=bool) for f in TREATMENTS]
        values = np.column_stack([np.asarray(c, dtype=np.float64) for c in columns])
        if self.protocol.tested:
            return values
        return values[:, [f.name in _CELL or f in CATEGORIES for f in NUMERIC + CATEGORIES]]

    def assumed(self, frame: pd.DataFrame) -> list[dict[str, float]]:
        """For each row the typical values that stand in for conditions it does not state, by name with unit."""
        rate, cycles = self._rate(frame), _cycles(frame, self.protocol)
        low, high = (frame[c].to_numpy(dtype=np.float64) for c in (Column.VOLTAGE_MIN, Column.VOLTAGE_MAX))
        filled_rate = 10 ** self._filled(frame, "log10_rate_C", rate)
        filled_cycles = np.round(10 ** self._filled(frame, "log10_cycles", cycles) - 1)
        filled_low, filled_high = (
            self._filled(frame, n, v) for n, v in (("voltage_min_V", low), ("voltage_max_V", high))
        )
        out: list[dict[str, float]] = []
        for i in range(len(frame)):
            row: dict[str, float] = {}
            if not np.isfinite(rate[i]):
                row[self.protocol.c_rate] = float(f"{filled_rate[i]:.3g}")
            if self.protocol.cycles is Column.RETENTION_CYCLES and not np.isfinite(cycles[i]):
                row[Column.RETENTION_CYCLES] = float(filled_cycles[i])
            if not np.isfinite(low[i]):
                row[Column.VOLTAGE_MIN] = round(float(filled_low[i]), 2)
            if not np.isfinite(high[i]):
                row[Column.VOLTAGE_MAX] = round(float(filled_high[i]), 2)
            out.append(row)
        return out

    def to_json(self) -> dict[str, object]:
        """Plain numbers and text, for a bundle's metadata."""
        return {
            "protocol": next(name for name, protocol in PROTOCOLS.items() if protocol == self.protocol),
            "typical": {name: dict(table) for name, table in self.typical.items()},
        }

    @classmethod
    def from_json(cls, about: Mapping[str, object]) -> Conditions:
        """Read what `to_json` gave.

        Raises:
            BundleError: Keys are missing or not of the right kind.
        """
        tables = about.get("typical")
        if not isinstance(tables, Mapping) or set(tables) != set(_TYPICAL):
            raise BundleError(
                f"conditions of the bundle must hold typical values of {', '.join(_TYPICAL)}; train it again"
            )
        try:
            protocol = PROTOCOLS[str(about["protocol"])]
            typical = {str(k): {str(a): float(b) for a, b in t.items()} for k, t in tables.items()}
        except (KeyError, TypeError, ValueError, AttributeError) as err:
            raise BundleError(
                f"conditions of the bundle must be what hemml wrote, got {err!r}; train it again"
            ) from err
        if without := [name for name, table in typical.items() if "" not in table]:
            raise BundleError(f"conditions of the bundle must hold a typical {without[0]} of all rows; train it again")
        return cls(protocol, typical)

    def _rate(self, frame: pd.DataFrame) -> FloatArray:
        """log10 of the C-rate, NaN where neither C-rate nor current is stated, shape (n,)."""
        c_rate = frame[self.protocol.c_rate].to_numpy(dtype=np.float64)
        current = frame[self.protocol.current].to_numpy(dtype=np.float64)
        if self.protocol == RETENTION_PROTOCOL:
            # A paper that names one current means it for the cycling too.
            unstated = ~np.isfinite(c_rate) & ~np.isfinite(current)
            c_rate = np.where(unstated, frame[Column.CAPACITY_C_RATE].to_numpy(dtype=np.float64), c_rate)
            current = np.where(unstated, frame[Column.CAPACITY_CURRENT].to_numpy(dtype=np.float64), current)
        # Without any measured capacity among the training rows a current says nothing about the C-rate.
        by_current = divide(current, _look_up(frame, self.typical[_NOMINAL]))
        return np.asarray(np.log10(np.where(np.isfinite(c_rate), c_rate, by_current)))

    def _filled(self, frame: pd.DataFrame, name: str, values: FloatArray) -> FloatArray:
        missing: BoolArray = ~np.isfinite(values)
        if not missing.any():
            return values
        return np.where(missing, _look_up(frame, self.typical[name]), values)


def is_aqueous(frame: pd.DataFrame) -> BoolArray:
    """Whether the electrolyte is aqueous, by its text or, where it is not stated, by the working ion; shape (n,)."""
    text = frame[Column.ELECTROLYTE].str.lower()
    organic = text.str.contains(_NON_AQUEOUS_WORDS).to_numpy(dtype=bool)
    water = text.str.contains(_AQUEOUS_WORDS).to_numpy(dtype=bool) & ~organic
    by_ion = frame[Column.WORKING_ION].isin(AQUEOUS_IONS).to_numpy() & (text == "").to_numpy()
    return np.asarray(water | by_ion)


def _cycles(frame: pd.DataFrame, protocol: Protocol) -> FloatArray:
    """log10(1 + cycles) before the value, NaN where it is not known, shape (n,)."""
    if protocol.cycles is None:
        return np.zeros(len(frame))
    cycles: FloatArray = np.log10(1 + frame[protocol.cycles].to_numpy(dtype=np.float64))
    if protocol.kind:
        cycled = frame[Column.CAPACITY_KIND].to_numpy(dtype=object) == "after_cycles"
        cycles = np.where(cycled, cycles, 0.0)
    return cycles


def _typical(frame: pd.DataFrame, values: FloatArray) -> dict[str, float]:
    """Medians by role/ion/family (5 rows or more), role/ion (5 or more), role, and of all (0 where none is known)."""
    known = np.isfinite(values)
    table: dict[str, float] = {"": float(np.median(values[known])) if known.any() else 0.0}
    for depth in (1, 2, 3):
        columns = [str(c) for c in _KEY[:depth]]
        grouped = (
            frame.loc[known, columns].assign(value=values[known]).groupby(columns)["value"].agg(["median", "size"])
        )
        for key, median, size in grouped.itertuples():
            if depth == 1 or size >= _ROWS_OF_A_TYPICAL_VALUE:
                table["/".join(key) if isinstance(key, tuple) else str(key)] = float(median)
    return table


def _look_up(frame: pd.DataFrame, table: Mapping[str, float]) -> FloatArray:
    keys = zip(*(frame[c].to_numpy(dtype=object) for c in _KEY), strict=True)
    found: dict[tuple[str, ...], float] = {}
    out = np.empty(len(frame))
    for i, key in enumerate(keys):
        if key not in found:
            names = ("/".join(key), "/".join(key[:2]), key[0], "")
            found[key] = next(table[name] for name in names if name in table)
        out[i] = found[key]
    return out
