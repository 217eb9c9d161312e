"""The redox steps of the elements, the working ions and the alloying end members, as read from their tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from hemml.errors import UnknownNameError

ENVIRONMENTS: Final = ("oxide", "polyanion", "cyanide", "chalcogenide")


@dataclass(frozen=True)
class RedoxStep:
    """One step of one element: `charge_from` to `charge_to` at `potential_V` against Li/Li+."""

    element: str
    charge_from: int
    charge_to: int
    potential_V: float
    insertion: bool

    @property
    def electrons(self) -> int:
        """Electrons per atom that the step gives up."""
        return self.charge_to - self.charge_from


@dataclass(frozen=True)
class WorkingIon:
    """A working ion: its charge, metal potential against the hydrogen electrode, radius and usual cathode window."""

    symbol: str
    charge: int
    potential_V_SHE: float
    radius_A: float
    molar_mass_g_mol: float
    charge_limit_V: float
    discharge_limit_V: float


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = files("hemml.elements").joinpath("tables", name).read_text(encoding="utf-8")
    return csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))


@cache
def redox_steps(environment: str) -> tuple[RedoxStep, ...]:
    """Steps of all elements in an environment, by rising potential; elements without rows use their oxide rows.

    Raises:
        UnknownNameError: If the environment is not in `ENVIRONMENTS`.
    """
    if environment not in ENVIRONMENTS:
        raise UnknownNameError("redox environment", environment, ENVIRONMENTS)
    tables: dict[str, dict[tuple[str, bool], list[RedoxStep]]] = {name: {} for name in ENVIRONMENTS}
    for row in _rows("redox_steps.csv"):
        step = RedoxStep(
            element=row["element"],
            charge_from=int(row["charge_from"]),
            charge_to=int(row["charge_to"]),
            potential_V=float(row["potential_V"]),
            insertion=row["insertion"] == "1",
        )
        tables[row["environment"]].setdefault((step.element, step.charge_to <= 0), []).append(step)
    chosen = tables["oxide"] | tables[environment]
    return tuple(
        sorted((s for steps in chosen.values() for s in steps), key=lambda s: (s.potential_V, s.element, s.charge_to))
    )


@cache
def working_ions() -> dict[str, WorkingIon]:
    """Working ions by symbol."""
    return {
        row["symbol"]: WorkingIon(
            symbol=row["symbol"],
            charge=int(row["charge"]),
            potential_V_SHE=float(row["potential_V_SHE"]),
            radius_A=float(row["radius_A"]),
            molar_mass_g_mol=float(row["molar_mass_g_mol"]),
            charge_limit_V=float(row["charge_limit_V"]),
            discharge_limit_V=float(row["discharge_limit_V"]),
        )
        for row in _rows("ions.csv")
    }


@cache
def ions_per_atom(ion: str) -> dict[str, float]:
    """Ions that an atom of each alloying element stores at full depth."""
    return {row["element"]: float(row["ions_per_atom"]) for row in _rows("alloying.csv") if row["ion"] == ion}
