"""The pools of the benchmark: tables with known outcomes, and what is improved on each."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from hemml.active.objective import Objective
from hemml.active.simulation import Pool, read_pool
from hemml.columns import ENERGY_DENSITY, Column
from hemml.data import half_cell, load_default
from hemml.errors import InputError

CAPACITY, VOLTAGE, RETENTION = str(Column.CAPACITY), str(Column.VOLTAGE), str(Column.RETENTION)
VOLUME: Final = "max_delta_volume_fraction"
_BOTH: Final = (f"{VOLTAGE}:max", f"{CAPACITY}:max")
_STABLE_EV_ATOM: Final = 0.2


@dataclass(frozen=True)
class PoolSource:
    """One pool of the benchmark.

    Attributes:
        label: What the table of results calls it.
        table: Makes the table.
        objectives: As on the command line.
        budget: Experiments, the start rows counted.
    """

    label: str
    table: Callable[[], pd.DataFrame]
    objectives: tuple[str, ...]
    budget: int


def computed(ion: str, *, stable: bool = True) -> pd.DataFrame:
    """Computed insertion electrodes of an ion: 0 to 6 V, volume change at most 0.5; one row an electrode.

    With `stable` both ends are also within 0.2 eV/atom of the hull. The formula is the discharged one.
    """
    # NA and nan are formulas here
    table = pd.read_csv(_extra("mp_electrodes.csv"), keep_default_na=False, na_values=[""])
    use = (table["working_ion"] == ion) & table["average_voltage_V"].between(0.0, 6.0)
    use &= table["max_delta_volume_fraction"] <= 0.5
    if stable:
        for end in ("charge", "discharge"):
            use &= table[f"stability_{end}_eV_atom"] <= _STABLE_EV_ATOM
    rows = table[use]
    return pd.DataFrame(
        {
            str(Column.FORMULA): rows["formula_discharge"],
            str(Column.WORKING_ION): ion,
            str(Column.ROLE): "cathode",
            VOLTAGE: rows["average_voltage_V"],
            CAPACITY: rows["capacity_mAh_g"],
            ENERGY_DENSITY: rows["energy_Wh_kg"],
            VOLUME: rows["max_delta_volume_fraction"],
        }
    )


def doped_nmc() -> pd.DataFrame:
    """Doped NMC cathodes: initial capacity and retention after 50 cycles at a stated current and window."""
    rows = pd.read_csv(_extra("nmc_doped.csv"))
    return pd.DataFrame(
        {
            str(Column.FORMULA): rows["formula"],
            str(Column.WORKING_ION): "Li",
            str(Column.ROLE): "cathode",
            str(Column.VOLTAGE_MIN): rows["V_min"],
            str(Column.VOLTAGE_MAX): rows["V_max"],
            str(Column.CAPACITY_CURRENT): rows["CD_mA_g"],
            str(Column.RETENTION_CYCLES): 50,
            CAPACITY: rows["IC_mAh_g"],
            RETENTION: rows["retention50_pct"],
        }
    )


def cathodes(ion: str) -> pd.DataFrame:
    """Cathodes of the data set in half cells: one row a formula, with the median of its published capacities.

    Papers differ in current and window and often do not state them, so that a row a measurement would ask for the same
    experiment many times.
    """
    rows = load_default()
    rows = rows[half_cell(rows) & (rows["role"] == "cathode") & (rows["working_ion"] == ion)]
    medians = rows.dropna(subset=[CAPACITY]).groupby("formula", sort=True)[CAPACITY].median().reset_index()
    return medians.assign(working_ion=ion, role="cathode")


POOLS: Final = {
    "mp_zinc": PoolSource(
        "computed Zn electrodes: voltage and capacity up", lambda: computed("Zn", stable=False), _BOTH, 120
    ),
    "nmc_doped": PoolSource(
        "doped NMC: initial capacity and retention up", doped_nmc, (f"{CAPACITY}:max", f"{RETENTION}:max"), 80
    ),
    "cathodes_zinc": PoolSource("Zn cathodes: capacity up", lambda: cathodes("Zn"), (f"{CAPACITY}:max",), 50),
    "mp_zinc_energy": PoolSource(
        "computed Zn electrodes: energy density up",
        lambda: computed("Zn", stable=False),
        (f"{ENERGY_DENSITY}:max",),
        80,
    ),
    "cathodes_lithium": PoolSource("Li cathodes: capacity up", lambda: cathodes("Li"), (f"{CAPACITY}:max",), 80),
    "mp_magnesium": PoolSource("computed Mg electrodes: voltage and capacity up", lambda: computed("Mg"), _BOTH, 80),
    "cathodes_sodium": PoolSource("Na cathodes: capacity up", lambda: cathodes("Na"), (f"{CAPACITY}:max",), 80),
    "mp_zinc_volume": PoolSource(
        "computed Zn electrodes: voltage and capacity up, volume change down",
        lambda: computed("Zn", stable=False),
        (*_BOTH, f"{VOLUME}:min"),
        50,
    ),
    "mp_calcium": PoolSource("computed Ca electrodes: voltage and capacity up", lambda: computed("Ca"), _BOTH, 80),
    "mp_sodium": PoolSource("computed Na electrodes: voltage and capacity up", lambda: computed("Na"), _BOTH, 80),
}


def make_pool(name: str, folder: Path) -> Pool:
    """Write the table of a pool to `folder`/NAME.csv and read it as `hemml campaign simulate` does.

    Raises:
        InputError: HEMML_EXTRA_DATA does not lead to the table that it is made from.
    """
    source = POOLS[name]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.csv"
    source.table().to_csv(path, index=False, lineterminator="\n")
    return read_pool(path, [Objective.parse(text) for text in source.objectives], name=name)


def _extra(file: str) -> Path:
    folder = os.environ.get("HEMML_EXTRA_DATA", "")
    path = Path(folder) / file
    if not folder or not path.is_file():
        raise InputError(
            f"HEMML_EXTRA_DATA must be a folder with {file}, got {folder!r}; docs/benchmarks.md says where it comes "
            "from, or leave its pools out"
        )
    return path
